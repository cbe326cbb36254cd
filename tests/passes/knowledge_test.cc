// The transfer functions against brute force: for random knowledge of operands, every pair of words that
// satisfies it gives a result that satisfies Forward's, and where the result satisfies more, the operands
// satisfy Backward's. Words are taken from both ends of the 32 bits, so that sums wrap.
#include "passes/knowledge.h"

#include "ir/function.h"

#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

using ir::Opcode;

constexpr Opcode kOpcodes[] = {Opcode::kNeg, Opcode::kAdd, Opcode::kSub, Opcode::kMul,
                               Opcode::kDiv, Opcode::kMod, Opcode::kAnd, Opcode::kOr,
                               Opcode::kXor, Opcode::kShl, Opcode::kShr};

// Small words, words near 2^32, and words of high bits.
std::vector<std::uint32_t> Alphabet() {
  std::vector<std::uint32_t> words;
  for (std::uint32_t word = 0; word < 20; ++word) words.push_back(word);
  for (std::uint32_t word = 1; word < 12; ++word) words.push_back(0 - word);
  for (const std::uint32_t word :
       {31U, 32U, 33U, 0x7fffffffU, 0x80000000U, 0x80000001U, 0x0fff0000U, 0xff00U}) {
    words.push_back(word);
  }
  return words;
}

Knowledge RandomKnowledge(std::mt19937& random, const std::vector<std::uint32_t>& words) {
  const auto word = [&] { return words[random() % words.size()]; };
  if (random() % 5 == 0) return Knowledge::Exactly(word());
  Knowledge knowledge;
  std::vector<Range> ranges;
  for (unsigned i = 0; i <= random() % 3; ++i) {
    const std::uint32_t a = word();
    const std::uint32_t b = word();
    ranges.push_back({std::min(a, b), std::max(a, b)});
  }
  if (random() % 4 != 0) knowledge.range = RangeSet::FromRanges(ranges);
  if (random() % 2 == 0) {
    const std::uint32_t known = word() & word();
    const std::uint32_t value = word();
    knowledge.zeros = known & ~value;
    knowledge.ones = known & value;
  }
  return random() % 2 == 0 ? Knowledge::Reduced(knowledge) : knowledge;
}

std::vector<std::uint32_t> WordsIn(const Knowledge& knowledge, const std::vector<std::uint32_t>& words) {
  std::vector<std::uint32_t> result;
  for (const std::uint32_t word : words) {
    if (knowledge.Contains(word)) result.push_back(word);
  }
  return result;
}

TEST(Knowledge, TransferFunctionsAreSound) {
  const std::vector<std::uint32_t> words = Alphabet();
  std::mt19937 random(3);
  std::size_t checked = 0;
  for (int round = 0; round < 3000; ++round) {
    const Opcode opcode = kOpcodes[static_cast<std::size_t>(round) % std::size(kOpcodes)];
    const Knowledge a = RandomKnowledge(random, words);
    const Knowledge b = RandomKnowledge(random, words);
    const Knowledge asked = RandomKnowledge(random, words);
    const Knowledge forward = Forward(opcode, a, b);
    const Knowledge result = forward.And(asked);
    const Knowledge lhs = BackwardLhs(opcode, result, a, b);
    const Knowledge rhs = BackwardRhs(opcode, result, a, b);
    const std::vector<std::uint32_t> b_words = WordsIn(b, words);
    for (const std::uint32_t x : WordsIn(a, words)) {
      for (const std::uint32_t y : b_words) {
        const ir::FoldResult folded = ir::Fold(opcode, x, y);
        if (!folded.known) continue;
        ASSERT_TRUE(forward.Contains(folded.value))
            << ir::OpcodeName(opcode) << " " << x << " " << y << " in round " << round;
        if (!asked.Contains(folded.value)) continue;
        ++checked;
        ASSERT_TRUE(lhs.Contains(x)) << ir::OpcodeName(opcode) << " " << x << " " << y << " in round "
                                     << round;
        ASSERT_TRUE(!ir::IsBinary(opcode) || rhs.Contains(y))
            << ir::OpcodeName(opcode) << " " << x << " " << y << " in round " << round;
      }
    }
  }
  EXPECT_GT(checked, 10000U);
}

TEST(Knowledge, LatticeOperationsAreSound) {
  const std::vector<std::uint32_t> words = Alphabet();
  std::mt19937 random(4);
  for (int round = 0; round < 5000; ++round) {
    const Knowledge a = RandomKnowledge(random, words);
    const Knowledge b = RandomKnowledge(random, words);
    const Knowledge both = a.And(b);
    const Knowledge either = a.Or(b);
    const Knowledge reduced = Knowledge::Reduced(a);
    EXPECT_EQ(Knowledge::Reduced(reduced), reduced);
    for (const std::uint32_t word : words) {
      ASSERT_EQ(both.Contains(word), a.Contains(word) && b.Contains(word));
      ASSERT_TRUE(either.Contains(word) || !(a.Contains(word) || b.Contains(word)));
      ASSERT_EQ(reduced.Contains(word), a.Contains(word));
    }
  }
}

TEST(Knowledge, BitsAndRangesTightenOneAnother) {
  EXPECT_EQ(Knowledge::In(RangeSet::Of(0x800, 0x8ff)).ones, 0x800U);
  EXPECT_EQ(Knowledge::In(RangeSet::Of(0x800, 0x8ff)).zeros, 0xfffff700U);
  EXPECT_EQ(Knowledge::WithBits(0xffffffc3, 0).range, RangeSet::Of(0, 60));
  EXPECT_EQ(Knowledge::Reduced({0x3, 0, RangeSet::Of(1, 59)}).range, RangeSet::Of(4, 56));
  EXPECT_TRUE(Knowledge::Reduced({0x3, 0, RangeSet::Of(5, 7)}).IsContradiction());
  EXPECT_TRUE(Knowledge::Reduced({1, 1}).IsContradiction());
  EXPECT_TRUE(Knowledge::Reduced({1, 1}).range.IsEmpty());
}

TEST(Knowledge, KeepsABoundedNumberOfRanges) {
  std::vector<Range> ranges;
  for (std::uint32_t i = 0; i < 1000; ++i) ranges.push_back({i * i, i * i});
  const RangeSet squares = RangeSet::FromRanges(ranges);
  const Knowledge knowledge = Knowledge::In(squares);
  EXPECT_LE(knowledge.range.ranges().size(), kMaxRanges);
  EXPECT_TRUE(knowledge.range.ContainsAll(squares));
}

}  // namespace
}  // namespace bpfopt::passes
