// Print and parse are inverse, on text and on random trees.
#include "frontend/print.h"

#include "frontend/parser.h"
#include "random_filter.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

TEST(Print, RandomTreesRoundTrip) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomScope scope;
    scope.extensions = seed % 2 == 0;
    scope.names = true;
    scope.words = static_cast<RandomWords>(seed % 7);
    const Ast tree = RandomFilter(seed, scope).Tree(1 + static_cast<unsigned>(seed % 12));
    const std::string text = PrintFilter(tree);
    const Expected<Ast> again = ParseFilter(text);
    ASSERT_TRUE(again) << text << ": " << again.error().message;
    EXPECT_TRUE(SameFilter(tree, *again)) << text << "\n" << PrintFilter(*again);
  }
}

TEST(Print, RandomTextRoundTrips) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomFilter random(seed, {});
    const std::string text = random.Text(1 + static_cast<unsigned>(seed % 6));
    const Expected<Ast> tree = ParseFilter(text);
    if (!tree) continue;
    const Expected<Ast> again = ParseFilter(PrintFilter(*tree));
    ASSERT_TRUE(again) << text;
    EXPECT_TRUE(SameFilter(*tree, *again)) << text;
  }
}

TEST(Print, MarksNamesThatNeedIt) {
  const auto print = [](const char* name) {
    Ast tree;
    tree.Add(frontend::Test{{AddressKind::kHost, Protocol::kDefault, Direction::kDefault}, Name{name}});
    return PrintFilter(tree);
  };
  EXPECT_EQ(print("box0"), "host box0");
  EXPECT_EQ(print("tcp"), "host \\tcp");
  EXPECT_EQ(print("1.2"), "host \\1.2");
}

TEST(Print, ProbabilitiesHaveNoExponent) {
  Ast tree;
  tree.Add(Rand{1e-9});
  EXPECT_EQ(PrintFilter(tree), "rand(0.000000001)");
}

TEST(Print, KnowsExtensions) {
  EXPECT_TRUE(UsesExtensions(*ParseFilter("tcp and when(ip, tcp, udp)")));
  EXPECT_TRUE(UsesExtensions(*ParseFilter("rand(0.5)")));
  EXPECT_FALSE(UsesExtensions(*ParseFilter("ip & udp & host(\"localhost\")")));
  EXPECT_FALSE(UsesExtensions(Ast{}));
}

}  // namespace
}  // namespace bpfopt::frontend
