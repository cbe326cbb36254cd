// The grammar of the language and the filters made from it: whole, reachable from end to end, the same
// everywhere.
#include "bench/filter_grammar.h"

#include "bench/filter_text.h"
#include "bench/language_run.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

TEST(FilterGrammarTest, HasNoMistakes) {
  for (const std::string& mistake : FilterGrammar().Mistakes()) ADD_FAILURE() << mistake;
}

TEST(FilterGrammarTest, ProductionsAndPoolsAreThereOnce) {
  std::set<std::string> seen;
  for (const Production& production : Productions()) {
    EXPECT_TRUE(seen.insert(Name(production)).second) << Name(production);
    EXPECT_GT(production.weight, 0U) << Name(production);
  }
  for (const Pool& pool : Pools()) EXPECT_TRUE(seen.insert(std::string(pool.name)).second) << pool.name;
}

// Nothing is compiled here: what the grammar cannot make at all is a mistake of the grammar.
TEST(FilterGrammarTest, FiltersReachEveryProduction) {
  const std::vector<std::string> link_types = {"EN10MB", "IEEE802_11", "PFLOG", "SUNATM", "MTP2", "ARCNET"};
  std::vector<std::size_t> hits(Productions().size());
  constexpr std::uint64_t kFilters = 12'000;
  for (std::uint64_t seed = 0; seed < kFilters; ++seed) {
    TextGenerator generator(seed, {.link_type = link_types[seed % link_types.size()]});
    for (const std::size_t production : generator.Filter().productions) ++hits[production];
  }
  for (std::size_t i = 0; i < hits.size(); ++i) EXPECT_GT(hits[i], 0U) << Name(Productions()[i]);
}

std::string TextOf(std::uint64_t seed, TextOptions options = {.link_type = "EN10MB"}) {
  return TextGenerator(seed, std::move(options)).Filter().text;
}

TEST(FilterTextTest, ASeedGivesTheSameFiltersEverywhere) { EXPECT_EQ(TextOf(1), "! llc"); }

TEST(FilterTextTest, WordsComeUpMostWhereTheyBelong) {
  std::vector<std::size_t> logs;
  for (const char* link_type : {"EN10MB", "PFLOG"}) {
    logs.push_back(0);
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const std::string text = TextOf(seed, {.link_type = link_type});
      if (text.find("reason") != std::string::npos) ++logs.back();
    }
  }
  EXPECT_GT(logs[1], 4 * logs[0]);
  EXPECT_TRUE(HasWordsOfItsOwn("PFLOG"));
  EXPECT_FALSE(HasWordsOfItsOwn("RAW"));
  EXPECT_FALSE(HasWordsOfItsOwn(""));
}

TEST(FilterTextTest, PrimitivesAreDrawnUntilTheyAreTaken) {
  const auto has_word = [](const std::string& text) { return text.find("port") != std::string::npos; };
  std::size_t with = 0;
  std::size_t without = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TextOptions options = {.link_type = "EN10MB", .misfits = 0, .mutants = 0};
    if (has_word(TextGenerator(seed, options, has_word).Filter().text)) ++with;
    if (has_word(TextGenerator(seed, options).Filter().text)) ++without;
  }
  EXPECT_GT(with, 160U);
  EXPECT_LT(without, 150U);
}

TEST(FilterTextTest, MutantsAreMarkedAndCountForNoProduction) {
  std::size_t mutants = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const FilterText filter = TextGenerator(seed, {.link_type = "RAW", .mutants = 50}).Filter();
    EXPECT_EQ(filter.productions.empty(), filter.is_mutant) << filter.text;
    EXPECT_TRUE(std::is_sorted(filter.productions.begin(), filter.productions.end()));
    if (filter.is_mutant) ++mutants;
  }
  EXPECT_GT(mutants, 60U);
  EXPECT_LT(mutants, 140U);
}

}  // namespace
}  // namespace bpfopt::bench
