// The language against libpcap itself, on a link type for each family of words: the same texts are filters,
// and printed filters keep their program.
#include "bpfopt/resolver.h"
#include "frontend/parser.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "pcap_program.h"
#include "random_filter.h"
#include "random_words.h"

#include <fstream>
#include <nss.h>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

// libpcap looks for a constant zero, or for a shift by 32 and more, in the first thing that the right operand
// loads, which is the index in `1 / ip[0]`. Such refusals are its bugs.
bool IsRefusalByAccident(std::string_view error) {
  return error == "division by zero" || error == "modulus by zero" || error == "shift by more than 31 bits";
}

// What libpcap says of filters that mean nothing on this link type, or would not be compiled for it. Lowering
// is asked about these; the language is not.
bool IsRefusalOfTheLinkType(std::string_view error) {
  for (const std::string_view part :
       {"supported only on", "only supported on", "not supported for", "not implemented",
        "no VLAN support for", "not present in capture", "not a broadcast link"}) {
    if (error.find(part) != std::string_view::npos) return true;
  }
  return false;
}

// libpcap cuts DECnet addresses down to what fits; docs/language.md has the difference.
bool IsDeliberateRefusal(std::string_view message) {
  return message.find("DECnet address") != std::string_view::npos;
}

struct Family {
  const char* name;
  RandomWords words;
  int link_type;
  unsigned least_accepted;  // by libpcap, of kTexts
};
constexpr unsigned kTexts = 1200;

class PcapParityOf : public testing::TestWithParam<Family> {
 protected:
  // Mutated filters ask for hosts of any name; no name server is to be waited for.
  static void SetUpTestSuite() { __nss_configure_lookup("hosts", "files"); }

  RandomScope Scope() const {
    RandomScope scope;
    scope.words = GetParam().words;
    return scope;
  }
};

TEST_P(PcapParityOf, SameTextsAreFilters) {
  const auto resolver = SystemResolver();
  unsigned accepted = 0;
  for (std::uint64_t seed = 0; seed < kTexts; ++seed) {
    RandomFilter random(seed, Scope());
    std::string text = random.Text(1 + static_cast<unsigned>(seed % 6));
    if (seed % 2 == 1) text = random.Mutate(text);
    const Expected<Ast> tree =
        ParseFilter(text).and_then([&](Ast parsed) { return ResolveNames(std::move(parsed), *resolver); });
    std::string error;
    const bool libpcap_accepts = PcapProgram(text, GetParam().link_type, &error).has_value();
    if (tree && !libpcap_accepts && (IsRefusalByAccident(error) || IsRefusalOfTheLinkType(error))) continue;
    if (!tree && libpcap_accepts && IsDeliberateRefusal(tree.error().message)) continue;
    EXPECT_EQ(tree.has_value(), libpcap_accepts)
        << text << "\nlibpcap: " << error << "\nbpfopt: " << (tree ? "" : tree.error().message);
    accepted += libpcap_accepts ? 1 : 0;
  }
  EXPECT_GT(accepted, GetParam().least_accepted);
}

void ExpectSameProgram(const std::string& text, int link_type = DLT_EN10MB) {
  const auto program = PcapProgram(text, link_type);
  if (!program) return;
  const Expected<Ast> tree = ParseFilter(text);
  if (!tree) return;
  std::string error;
  const auto printed = PcapProgram(PrintFilter(*tree), link_type, &error);
  ASSERT_TRUE(printed) << text << "\n" << PrintFilter(*tree) << ": " << error;
  EXPECT_EQ(*printed, *program) << text << "\n" << PrintFilter(*tree);
}

TEST_P(PcapParityOf, PrintedFiltersKeepTheirProgram) {
  for (std::uint64_t seed = 0; seed < kTexts / 2; ++seed) {
    ExpectSameProgram(RandomFilter(seed, Scope()).Text(1 + static_cast<unsigned>(seed % 3)),
                      GetParam().link_type);
  }
}

TEST_P(PcapParityOf, RandomTreesAreFiltersOfLibpcap) {
  RandomScope scope = Scope();
  scope.names = true;
  for (std::uint64_t seed = 0; seed < kTexts / 3; ++seed) {
    const std::string text =
        PrintFilter(RandomFilter(seed, scope).Tree(1 + static_cast<unsigned>(seed % 10)));
    std::string error;
    const bool accepted = PcapProgram(text, GetParam().link_type, &error).has_value();
    EXPECT_TRUE(accepted || IsRefusalByAccident(error) || IsRefusalOfTheLinkType(error))
        << text << ": " << error;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, PcapParityOf,
                         testing::Values(Family{"Common", RandomWords::kNone, DLT_EN10MB, 100},
                                         Family{"Ethernet", RandomWords::kEthernet, DLT_EN10MB, 100},
                                         Family{"Wlan", RandomWords::kWlan, DLT_IEEE802_11, 100},
                                         Family{"PfLog", RandomWords::kPfLog, DLT_PFLOG, 100},
                                         Family{"Atm", RandomWords::kAtm, DLT_SUNATM, 100},
                                         Family{"Ss7", RandomWords::kSs7, DLT_MTP2, 50},
                                         Family{"Arcnet", RandomWords::kArcnet, DLT_ARCNET, 100}),
                         [](const auto& family) { return std::string(family.param.name); });

TEST(PcapParity, EveryWordIsDrawn) {
  std::set<std::string> drawn;
  for (const RandomWords words : {RandomWords::kEthernet, RandomWords::kWlan, RandomWords::kPfLog,
                                  RandomWords::kAtm, RandomWords::kSs7, RandomWords::kArcnet}) {
    RandomScope scope;
    scope.words = words;
    for (std::uint64_t seed = 0; seed < kTexts; ++seed) {
      RandomFilter random(seed, scope);
      random.Text(1 + static_cast<unsigned>(seed % 6));
      drawn.insert(random.drawn().begin(), random.drawn().end());
    }
  }
  for (const WordRule& rule : kWordRules) {
    for (const std::string_view alternative : rule.alternatives) {
      EXPECT_TRUE(drawn.contains(std::string(rule.symbol) + ": " + std::string(alternative)))
          << rule.symbol << ": " << alternative;
    }
  }
}

// "id | link type | filter" in each line.
TEST(PcapParity, CorpusKeepsItsPrograms) {
  unsigned rows = 0;
  for (const char* name : {"common.txt", "redundant.txt", "libpcap-bugs.txt"}) {
    std::ifstream file(std::string(BPFOPT_SOURCE_DIR "/bench/corpus/") + name);
    ASSERT_TRUE(file) << name;
    for (std::string line; std::getline(file, line);) {
      const std::size_t first = line.find(" | ");
      if (line.starts_with('#') || first == std::string::npos) continue;
      const std::size_t second = line.find(" | ", first + 3);
      if (second == std::string::npos || line.substr(first + 3, second - first - 3) != "EN10MB") continue;
      const std::string filter = line.substr(second + 3);
      EXPECT_TRUE(ParseFilter(filter)) << filter;
      ExpectSameProgram(filter);
      ++rows;
    }
  }
  EXPECT_GT(rows, 100U);
}

}  // namespace
}  // namespace bpfopt::frontend
