// Trees of tests against the switches that they were made from, and against the fewest tests there can be.
#include "backend/switch_lowering.h"

#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/graph.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

using Case = ir::Switch::Case;

// Switches on the first `width` bytes; edge i returns i + 1.
ir::Function SwitchFunction(unsigned width, std::vector<Case> cases) {
  ir::Function function(Target::kPcap);
  ir::Block* block = function.NewBlock();
  block->guards.push_back(ir::Guard::Bounds(nullptr, 0, width));
  ir::Switch choice;
  choice.value = function.MakeLoad(nullptr, 0, width);
  std::uint32_t edges = 0;
  for (const Case& c : cases) edges = std::max(edges, c.edge + 1);
  for (std::uint32_t i = 0; i < edges; ++i) {
    ir::Block* end = function.NewBlock();
    end->terminator = ir::Return{function.MakeConstant(i + 1)};
    choice.edges.push_back({end, {}});
  }
  choice.cases = std::move(cases);
  choice.Canonicalize();
  block->terminator = std::move(choice);
  return function;
}

std::uint32_t VerdictFor(const ir::Function& function, unsigned width, std::uint32_t word) {
  std::array<std::uint8_t, 4> bytes{};
  for (unsigned i = 0; i < width; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (8 * (width - 1 - i)));
  return ir::Evaluate(function, {std::span(bytes).first(width), 0, {}}).verdict;
}

std::size_t TestCount(const ir::Function& function) {
  std::size_t count = 0;
  for (const ir::Block* block : ir::TopologicalOrder(function)) count += block->edge_count() > 1 ? 1 : 0;
  return count;
}

// The fewest tests by trying all: cases still possible are the bits of `possible`.
class Exhaustive {
 public:
  Exhaustive(const std::vector<Case>& cases, std::uint32_t largest) : cases_(cases), largest_(largest) {}

  std::size_t Fewest(unsigned possible) {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if ((possible >> i & 1) != 0) left.push_back(i);
    }
    const auto same_edge = [&](std::size_t i) { return cases_[i].edge == cases_[left[0]].edge; };
    if (std::all_of(left.begin(), left.end(), same_edge)) return 0;
    if (const auto known = known_.find(possible); known != known_.end()) return known->second;
    std::size_t best = 100;
    for (const std::size_t i : left) {
      const unsigned below = possible & ((1U << i) - 1);
      if (below != 0) best = std::min(best, 1 + Fewest(below) + Fewest(possible & ~below));
      const std::uint32_t end = i + 1 < cases_.size() ? cases_[i + 1].first - 1 : largest_;
      if (cases_[i].first == end) best = std::min(best, 1 + Fewest(possible & ~(1U << i)));
    }
    known_[possible] = best;
    return best;
  }

 private:
  const std::vector<Case>& cases_;
  std::uint32_t largest_;
  std::map<unsigned, std::size_t> known_;
};

std::vector<Case> RandomCases(std::mt19937& random, std::uint32_t largest, std::size_t count,
                              std::uint32_t edges, std::uint32_t step) {
  std::vector<std::uint32_t> firsts{0};
  for (std::size_t i = 1; i < count; ++i) {
    const bool is_next = random() % 2 == 0;  // single words are frequent
    const auto first = is_next ? firsts.back() + step : static_cast<std::uint32_t>(random()) / step * step;
    firsts.push_back(largest == 0xffffffff ? first : first % (largest + 1));
  }
  std::sort(firsts.begin(), firsts.end());
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  std::vector<Case> cases;
  for (const std::uint32_t first : firsts)
    cases.push_back({first, static_cast<std::uint32_t>(random() % edges)});
  for (std::uint32_t i = 0; i < edges && i < cases.size(); ++i) cases[i].edge = i;  // every edge is used
  return cases;
}

TEST(SwitchLowering, AgreesWithTheSwitchOnEveryByte) {
  std::mt19937 random(7);
  for (unsigned i = 0; i < 600; ++i) {
    const auto cases = RandomCases(random, 0xff, 1 + i % 40, 1 + i % 4, i % 5 == 0 ? 16 : 1);
    const ir::Function original = SwitchFunction(1, cases);
    for (const Objective objective : {Objective::kSize, Objective::kBalanced, Objective::kSpeed}) {
      ir::Function lowered = original.Clone();
      LowerSwitches(lowered, {}, {objective, true});
      lowered.RemoveUnreachable();
      ASSERT_TRUE(ir::Check(lowered).empty()) << i;
      for (std::uint32_t word = 0; word <= 0xff; ++word) {
        ASSERT_EQ(VerdictFor(lowered, 1, word), VerdictFor(original, 1, word)) << i << " at " << word;
      }
    }
  }
}

TEST(SwitchLowering, AgreesWithTheSwitchNearItsBoundaries) {
  std::mt19937 random(8);
  for (unsigned i = 0; i < 300; ++i) {
    constexpr std::array<std::uint32_t, 5> kSteps = {1, 0x100, 0x10000, 0x1000000, 0x1000};
    const auto cases = RandomCases(random, 0xffffffff, 1 + i % 60, 1 + i % 3, kSteps[i % 5]);
    const ir::Function original = SwitchFunction(4, cases);
    ir::Function lowered = original.Clone();
    LowerSwitches(lowered, {}, {Objective::kBalanced, true});
    lowered.RemoveUnreachable();
    ASSERT_TRUE(ir::Check(lowered).empty()) << i;
    for (const Case& c : cases) {
      for (const std::uint32_t word : {c.first - 1, c.first, c.first + 1}) {
        ASSERT_EQ(VerdictFor(lowered, 4, word), VerdictFor(original, 4, word)) << i << " at " << word;
      }
    }
  }
}

TEST(SwitchLowering, MakesTheFewestTests) {
  std::mt19937 random(9);
  for (unsigned i = 0; i < 2000; ++i) {
    const ir::Function original = SwitchFunction(1, RandomCases(random, 0xff, 2 + i % 8, 2 + i % 3, 1));
    const auto& choice = std::get<ir::Switch>(original.entry()->terminator);
    ir::Function lowered = original.Clone();
    LowerSwitches(lowered, {}, {Objective::kSize, false});
    const std::size_t fewest = Exhaustive(choice.cases, 0xff).Fewest((1U << choice.cases.size()) - 1);
    EXPECT_LE(TestCount(lowered), fewest) << i;
  }
}

TEST(SwitchLowering, NarrowsLoadsWhoseUpperBytesDecide) {
  // 10.0.0.0/8 in one word.
  const std::vector<Case> cases = {{0, 0}, {0x0a000000, 1}, {0x0b000000, 0}};
  ir::Function faithful = SwitchFunction(4, cases);
  LowerSwitches(faithful, {}, {});
  const auto& narrow = std::get<ir::Branch>(faithful.entry()->terminator);
  EXPECT_EQ(narrow.lhs, faithful.MakeLoad(nullptr, 0, 1));
  EXPECT_TRUE(narrow.rhs->IsConstant(0x0a));

  Rules strict;
  strict.relation = Relation::kStrict;
  ir::Function function = SwitchFunction(4, cases);
  LowerSwitches(function, strict, {});
  EXPECT_EQ(TestCount(function), 2U);
}

TEST(SwitchLowering, TradesTestsForDepthInLargeSwitches) {
  std::vector<Case> cases{{0, 0}};
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    cases.push_back({i * 1000003, 1});
    cases.push_back({i * 1000003 + 1, 0});
  }
  ir::Function small = SwitchFunction(4, cases);
  LowerSwitches(small, {}, {Objective::kSize, true});
  EXPECT_EQ(TestCount(small), 1000U);
  ir::Function balanced = SwitchFunction(4, cases);
  LowerSwitches(balanced, {}, {Objective::kBalanced, true});
  EXPECT_LE(TestCount(balanced), 1120U);
  bpf::Packet none;
  const std::array<std::uint8_t, 4> bytes = {0x12, 0x34, 0x56, 0x78};
  none.captured = bytes;
  EXPECT_LE(ir::Evaluate(balanced, none).executed, 22U);
}

}  // namespace
}  // namespace bpfopt::backend
