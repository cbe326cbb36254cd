// Terminators as partitions: each spelling gives the same words to the same edges, and goes back to the
// simplest terminator.
#include "passes/partition.h"

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

using ir::Branch;
using ir::Compare;

class PartitionTest : public testing::Test {
 protected:
  PartitionTest() {
    for (ir::Block*& block : blocks_) block = function_.NewBlock();
  }
  ir::Edge To(std::size_t index) const { return {blocks_[index], {}}; }
  const ir::Value* Constant(std::uint32_t word) { return function_.MakeConstant(word); }

  // A switch of these first words, each with the index of its target.
  Partition Cases(std::vector<std::pair<std::uint32_t, std::uint32_t>> cases) const {
    Partition partition{value_, {}, {To(0), To(1), To(2)}};
    for (const auto& [first, edge] : cases) partition.cases.push_back({first, edge});
    return partition;
  }
  static const ir::Edge& EdgeFor(const Partition& partition, std::uint32_t word) {
    for (std::uint32_t i = 0; i < partition.edges.size(); ++i) {
      if (WordsFor(partition, i).Contains(word)) return partition.edges[i];
    }
    return partition.edges.at(partition.edges.size());
  }
  // Which of the blocks a terminator on `value_` (or on its mask) goes to.
  const ir::Block* Target(const ir::Terminator& terminator, std::uint32_t word) const {
    if (const auto* jump = std::get_if<ir::Jump>(&terminator)) return jump->edge.target;
    if (const auto* choice = std::get_if<ir::Switch>(&terminator)) return choice->EdgeFor(word).target;
    const auto& branch = std::get<Branch>(terminator);
    return (ir::Holds(branch.compare, word, branch.rhs->constant()) ? branch.then_edge : branch.else_edge)
        .target;
  }

  ir::Function function_{Target::kPcap};
  ir::Block* blocks_[3] = {};
  const ir::Value* value_ = function_.MakeLoad(nullptr, 12, 2);
};

TEST_F(PartitionTest, BranchesGiveWordsToEdges) {
  const struct {
    Compare compare;
    std::uint32_t constant;
    RangeSet words;
  } kRows[] = {
      {Compare::kEqual, 0, RangeSet::Of(0)},
      {Compare::kEqual, 7, RangeSet::Of(7)},
      {Compare::kEqual, 0xffffffff, RangeSet::Of(0xffffffff)},
      {Compare::kGreater, 7, RangeSet::Of(8, 0xffffffff)},
      {Compare::kGreater, 0xffffffff, RangeSet()},
      {Compare::kGreaterEqual, 0, RangeSet::Full()},
      {Compare::kGreaterEqual, 7, RangeSet::Of(7, 0xffffffff)},
  };
  for (const auto& row : kRows) {
    const auto partition =
        PartitionOf(function_, Branch{row.compare, value_, Constant(row.constant), To(0), To(1)});
    ASSERT_TRUE(partition.has_value());
    EXPECT_EQ(partition->value, value_);
    EXPECT_EQ(partition->cases.front().first, 0U);
    EXPECT_EQ(WordsFor(*partition, 0), row.words);
    EXPECT_EQ(WordsFor(*partition, 1), row.words.Complement());
  }
}

TEST_F(PartitionTest, ABranchOnBitsDecidesTheMaskedValue) {
  const Branch branch{Compare::kAnySet, value_, Constant(0x1fff), To(0), To(1)};
  const auto partition = PartitionOf(function_, branch);
  ASSERT_TRUE(partition.has_value());
  EXPECT_EQ(partition->value, function_.MakeBinary(ir::Opcode::kAnd, value_, Constant(0x1fff)));
  EXPECT_EQ(WordsFor(*partition, 1), RangeSet::Of(0));
  const auto back = std::get<Branch>(ToTerminator(function_, *partition));
  EXPECT_EQ(back.compare, Compare::kAnySet);
  EXPECT_EQ(back.lhs, value_);
  EXPECT_EQ(back.rhs, Constant(0x1fff));
  EXPECT_EQ(back.then_edge, To(0));
  EXPECT_EQ(back.else_edge, To(1));
}

TEST_F(PartitionTest, OtherTerminatorsAreNoPartitions) {
  EXPECT_FALSE(PartitionOf(function_, ir::Return{value_}).has_value());
  EXPECT_FALSE(PartitionOf(function_, ir::Jump{To(0)}).has_value());
  EXPECT_FALSE(
      PartitionOf(function_, Branch{Compare::kEqual, value_, function_.MakeWireLength(), To(0), To(1)})
          .has_value());
}

TEST_F(PartitionTest, TerminatorsAreCanonical) {
  // Equal to a word, from a branch with the edges either way round.
  for (const std::uint32_t word : {0U, 7U, 0xffffffffU}) {
    const auto branch =
        std::get<Branch>(ToTerminator(function_, TwoWay(value_, RangeSet::Of(word), To(1), To(0))));
    EXPECT_EQ(branch.compare, Compare::kEqual);
    EXPECT_EQ(branch.rhs, Constant(word));
    EXPECT_EQ(branch.then_edge, To(1));
    EXPECT_EQ(branch.else_edge, To(0));
  }
  // A bound: below or above makes no difference.
  for (const bool below : {false, true}) {
    const RangeSet words = below ? RangeSet::Of(0, 7) : RangeSet::Of(8, 0xffffffff);
    const auto branch = std::get<Branch>(
        ToTerminator(function_, TwoWay(value_, words, To(below ? 1 : 0), To(below ? 0 : 1))));
    EXPECT_EQ(branch.compare, Compare::kGreaterEqual);
    EXPECT_EQ(branch.rhs, Constant(8));
    EXPECT_EQ(branch.then_edge, To(0));
  }
  // One edge under two names is a jump; edges with different arguments are two.
  EXPECT_TRUE(std::holds_alternative<ir::Jump>(
      ToTerminator(function_, TwoWay(value_, RangeSet::Of(7), To(0), To(0)))));
  EXPECT_TRUE(std::holds_alternative<Branch>(ToTerminator(
      function_, TwoWay(value_, RangeSet::Of(7), {blocks_[0], {Constant(1)}}, {blocks_[0], {Constant(2)}}))));
  EXPECT_TRUE(std::holds_alternative<ir::Jump>(ToTerminator(function_, Cases({{0, 2}}))));
  // A range in the middle, or three edges, take a switch.
  EXPECT_TRUE(std::holds_alternative<ir::Switch>(
      ToTerminator(function_, TwoWay(value_, RangeSet::Of(7, 8), To(0), To(1)))));
  EXPECT_TRUE(std::holds_alternative<ir::Switch>(ToTerminator(function_, Cases({{0, 0}, {7, 1}, {8, 2}}))));
  // A constant has one edge.
  Partition constant = Cases({{0, 0}, {7, 1}});
  constant.value = Constant(9);
  EXPECT_EQ(std::get<ir::Jump>(ToTerminator(function_, constant)).edge, To(1));
}

TEST_F(PartitionTest, RestrictionPrefersOneComparison) {
  const struct {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> cases;
    RangeSet possible;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> expected;
  } kRows[] = {
      // Only one edge is left.
      {{{0, 0}, {7, 1}, {8, 0}}, RangeSet::Of(7), {{0, 1}}},
      {{{0, 0}, {7, 1}, {8, 0}}, RangeSet::Of(8, 9), {{0, 0}}},
      // A single comparison stays as it is.
      {{{0, 0}, {7, 1}, {8, 0}}, RangeSet::Of(7, 9), {{0, 0}, {7, 1}, {8, 0}}},
      {{{0, 0}, {7, 1}}, RangeSet::Of(6, 9), {{0, 0}, {7, 1}}},
      // One word is left against the rest.
      {{{0, 0}, {7, 1}, {8, 2}, {9, 0}}, RangeSet::Of(8, 9), {{0, 0}, {8, 2}, {9, 0}}},
      {{{0, 0}, {7, 1}, {8, 2}, {9, 0}}, RangeSet::Of(7, 8), {{0, 2}, {7, 1}, {8, 2}}},
      {{{0, 0}, {7, 1}, {10, 0}}, RangeSet::Of(9, 12), {{0, 0}, {9, 1}, {10, 0}}},
      // A bound is left.
      {{{0, 0}, {7, 1}, {10, 0}}, RangeSet::Of(8, 12), {{0, 1}, {10, 0}}},
      // Words that cannot be join their neighbours.
      {{{0, 0}, {7, 1}, {8, 2}, {9, 1}}, RangeSet::Of(0, 7).Union(RangeSet::Of(9, 12)), {{0, 0}, {7, 1}}},
      // Nothing is possible.
      {{{0, 0}, {7, 1}, {8, 2}, {9, 1}}, RangeSet(), {{0, 0}}},
  };
  for (const auto& row : kRows) {
    const Partition restricted = Restrict(Cases(row.cases), row.possible);
    EXPECT_EQ(restricted.cases, Cases(row.expected).cases)
        << row.possible.Count() << " possible, first case " << row.cases.back().first;
  }
}

TEST_F(PartitionTest, RandomPartitionsKeepTheirMeaning) {
  std::mt19937 random(2);
  for (int round = 0; round < 5000; ++round) {
    constexpr std::uint32_t kBound = 12;
    Partition partition = Cases({{0, random() % 3}});
    for (std::uint32_t word = 1; word < kBound; ++word) {
      if (random() % 2 == 0) partition.cases.push_back({word, static_cast<std::uint32_t>(random() % 3)});
    }
    std::vector<Range> possible_ranges;
    for (std::uint32_t word = 0; word < kBound; ++word) {
      if (random() % 3 == 0) possible_ranges.push_back({word, word});
    }
    const RangeSet possible = RangeSet::FromRanges(possible_ranges);
    const Partition restricted = Restrict(partition, possible);
    EXPECT_LE(restricted.cases.size(), partition.cases.size() + 1);
    EXPECT_EQ(Restrict(restricted, possible).cases, restricted.cases);
    const ir::Terminator terminator = ToTerminator(function_, restricted);
    for (std::uint32_t word = 0; word < kBound; ++word) {
      if (possible.Contains(word)) {
        EXPECT_EQ(EdgeFor(restricted, word), EdgeFor(partition, word));
      }
      EXPECT_EQ(Target(terminator, word), EdgeFor(restricted, word).target);
    }
    // The same terminator comes from what it says itself.
    if (const auto again = PartitionOf(function_, terminator)) {
      EXPECT_EQ(ToTerminator(function_, *again).index(), terminator.index());
    }
  }
}

}  // namespace
}  // namespace bpfopt::passes
