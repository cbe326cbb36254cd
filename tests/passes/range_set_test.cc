// Range sets against plain sets of words: every operation on sets over both ends of the 32-bit words.
#include "passes/range_set.h"

#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

// The words that the tests look at: 16 around the wrap from 0xffffffff to 0. Ranges stay between them.
constexpr int kWords = 16;
std::uint32_t WordAt(int index) { return static_cast<std::uint32_t>(index) - kWords / 2; }

RangeSet SetOf(unsigned bits) {
  std::vector<Range> ranges;
  for (int i = 0; i < kWords; ++i) {
    if ((bits >> i & 1) != 0) ranges.push_back({WordAt(i), WordAt(i)});
  }
  return RangeSet::FromRanges(ranges);
}

unsigned BitsOf(const RangeSet& set) {
  unsigned bits = 0;
  for (int i = 0; i < kWords; ++i) {
    if (set.Contains(WordAt(i))) bits |= 1U << i;
  }
  return bits;
}

// Sorted, disjoint and not adjacent.
void ExpectNormal(const RangeSet& set) {
  for (std::size_t i = 0; i < set.ranges().size(); ++i) {
    EXPECT_LE(set.ranges()[i].first, set.ranges()[i].last);
    if (i > 0) {
      EXPECT_GT(set.ranges()[i].first, std::uint64_t{set.ranges()[i - 1].last} + 1);
    }
  }
}

TEST(RangeSet, AgreesWithPlainSets) {
  constexpr unsigned kAll = (1U << kWords) - 1;
  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    const unsigned a_bits = random() & random() & kAll;
    const unsigned b_bits = (random() | random()) & kAll;
    const RangeSet a = SetOf(a_bits);
    const RangeSet b = SetOf(b_bits);
    for (const RangeSet& result : {a.Union(b), a.Intersect(b), a.Complement(), a.Subtract(b)})
      ExpectNormal(result);
    EXPECT_EQ(BitsOf(a.Union(b)), a_bits | b_bits);
    EXPECT_EQ(BitsOf(a.Intersect(b)), a_bits & b_bits);
    EXPECT_EQ(BitsOf(a.Complement()), ~a_bits & kAll);
    EXPECT_EQ(a.Complement().Complement(), a);
    EXPECT_EQ(BitsOf(a.Subtract(b)), a_bits & ~b_bits);
    EXPECT_EQ(a.Intersects(b), (a_bits & b_bits) != 0);
    EXPECT_EQ(a.ContainsAll(b), (b_bits & ~a_bits) == 0);
    EXPECT_EQ(b.ContainsAll(a.Intersect(b)), true);
    EXPECT_EQ(a.Count(), static_cast<std::uint64_t>(__builtin_popcount(a_bits)));
    EXPECT_EQ(a.Complement().Count(), (std::uint64_t{1} << 32) - a.Count());
    EXPECT_EQ(a.IsSingle(), __builtin_popcount(a_bits) == 1);

    const int delta = static_cast<int>(random() % kWords) - kWords / 2;
    const RangeSet rotated = a.Rotate(static_cast<std::uint32_t>(delta));
    ExpectNormal(rotated);
    EXPECT_EQ(rotated.Count(), a.Count());
    EXPECT_EQ(rotated.Rotate(static_cast<std::uint32_t>(-delta)), a);
    for (int i = 0; i < kWords; ++i) {
      EXPECT_EQ(rotated.Contains(WordAt(i + delta)), a.Contains(WordAt(i)));
    }

    const std::size_t limit = 1 + random() % 4;
    const RangeSet coarse = a.Coarsen(limit);
    ExpectNormal(coarse);
    EXPECT_TRUE(coarse.ContainsAll(a));
    EXPECT_LE(coarse.ranges().size(), limit);
    if (a.ranges().size() <= limit) {
      EXPECT_EQ(coarse, a);
    }
  }
}

TEST(RangeSet, KnowsItsEnds) {
  EXPECT_TRUE(RangeSet().IsEmpty());
  EXPECT_TRUE(RangeSet::Full().IsFull());
  EXPECT_FALSE(RangeSet::Of(0, 0xfffffffe).IsFull());
  EXPECT_EQ(RangeSet::Full().Complement(), RangeSet());
  EXPECT_EQ(RangeSet().Complement(), RangeSet::Full());
  EXPECT_EQ(RangeSet::Full().Rotate(5), RangeSet::Full());
  EXPECT_EQ(RangeSet::Of(0xfffffff0, 0xffffffff).Union(RangeSet::Of(0, 3)).Rotate(16), RangeSet::Of(0, 19));
  EXPECT_EQ(RangeSet::FromRanges({{7, 9}, {1, 2}, {3, 3}, {8, 20}}),
            RangeSet::Of(1, 3).Union(RangeSet::Of(7, 20)));
}

TEST(RangeSet, CoarsenFillsTheNarrowestGaps) {
  const RangeSet set = RangeSet::FromRanges({{0, 0}, {10, 10}, {12, 12}, {100, 100}});
  EXPECT_EQ(set.Coarsen(3), RangeSet::FromRanges({{0, 0}, {10, 12}, {100, 100}}));
  EXPECT_EQ(set.Coarsen(2), RangeSet::FromRanges({{0, 12}, {100, 100}}));
  EXPECT_EQ(set.Coarsen(1), RangeSet::Of(0, 100));
}

}  // namespace
}  // namespace bpfopt::passes
