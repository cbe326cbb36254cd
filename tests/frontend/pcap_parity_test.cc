// The language against libpcap itself, on Ethernet: the same texts are filters, and printed filters keep
// their program.
#include "bpfopt/resolver.h"
#include "frontend/parser.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "pcap_program.h"
#include "random_filter.h"

#include <fstream>
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

TEST(PcapParity, SameTextsAreFilters) {
  const auto resolver = SystemResolver();
  unsigned accepted = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomFilter random(seed, {});
    std::string text = random.Text(1 + static_cast<unsigned>(seed % 6));
    if (seed % 2 == 1) text = random.Mutate(text);
    const Expected<Ast> tree =
        ParseFilter(text).and_then([&](Ast parsed) { return ResolveNames(std::move(parsed), *resolver); });
    std::string error;
    const bool libpcap_accepts = PcapProgram(text, DLT_EN10MB, &error).has_value();
    if (tree && !libpcap_accepts && IsRefusalByAccident(error)) continue;
    EXPECT_EQ(tree.has_value(), libpcap_accepts)
        << text << "\nlibpcap: " << error << "\nbpfopt: " << (tree ? "" : tree.error().message);
    accepted += libpcap_accepts ? 1 : 0;
  }
  EXPECT_GT(accepted, 300U);
}

void ExpectSameProgram(const std::string& text) {
  const auto program = PcapProgram(text, DLT_EN10MB);
  if (!program) return;
  const Expected<Ast> tree = ParseFilter(text);
  if (!tree) return;
  std::string error;
  const auto printed = PcapProgram(PrintFilter(*tree), DLT_EN10MB, &error);
  ASSERT_TRUE(printed) << PrintFilter(*tree) << ": " << error;
  EXPECT_EQ(*printed, *program) << text << "\n" << PrintFilter(*tree);
}

TEST(PcapParity, PrintedFiltersKeepTheirProgram) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    ExpectSameProgram(RandomFilter(seed, {}).Text(1 + static_cast<unsigned>(seed % 6)));
  }
}

TEST(PcapParity, RandomTreesAreFiltersOfLibpcap) {
  RandomScope scope;
  scope.names = true;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::string text =
        PrintFilter(RandomFilter(seed, scope).Tree(1 + static_cast<unsigned>(seed % 10)));
    std::string error;
    const bool accepted = PcapProgram(text, DLT_EN10MB, &error).has_value();
    EXPECT_TRUE(accepted || IsRefusalByAccident(error)) << text << ": " << error;
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
