// The encoder allows what a run does: with the bytes of a packet given, a value's term can be the word that
// the value has there.
#include "passes/encode.h"

#include "smt/solver.h"

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

constexpr std::uint32_t kPacketBytes = 8;

// A value of the IR that reads `packet` at constant offsets only; nothing where targets differ.
std::optional<std::uint32_t> Word(const Value* value, const std::vector<std::uint8_t>& packet) {
  if (value->IsConstant()) return value->constant();
  if (value->opcode() == Opcode::kLoad) {
    std::uint32_t word = 0;
    for (unsigned i = 0; i < value->width(); ++i) word = word << 8 | packet[value->offset() + i];
    return word;
  }
  const auto a = Word(value->lhs(), packet);
  const auto b = value->rhs() == nullptr ? 0U : Word(value->rhs(), packet);
  if (!a || !b) return std::nullopt;
  const ir::FoldResult folded = ir::Fold(value->opcode(), *a, *b);
  if (!folded.known) return std::nullopt;
  return folded.value;
}

TEST(Encoder, AllowsWhatIs) {
  std::mt19937 random(9);
  std::size_t exact = 0;
  for (int round = 0; round < 150; ++round) {
    ir::Function function(Target::kPcap);
    std::vector<const Value*> values;
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned width = 1U << random() % 3;
      values.push_back(
          function.MakeLoad(nullptr, static_cast<std::uint32_t>(random() % (kPacketBytes - 3)), width));
      values.push_back(function.MakeConstant(random() % 40));
    }
    for (int i = 0; i < 5; ++i) {
      const auto opcode = static_cast<Opcode>(static_cast<unsigned>(Opcode::kNeg) + random() % 11);
      const Value* a = values[random() % values.size()];
      const Value* b = values[random() % values.size()];
      values.push_back(opcode == Opcode::kNeg ? function.MakeUnary(opcode, a)
                                              : function.MakeBinary(opcode, a, b));
    }
    std::vector<std::uint8_t> packet;
    for (std::uint32_t i = 0; i < kPacketBytes; ++i) packet.push_back(static_cast<std::uint8_t>(random()));

    smt::Context terms;
    Encoder encoder(terms);
    smt::Solver solver(terms);
    for (std::uint32_t i = 0; i < kPacketBytes; ++i) {
      const smt::Term byte = encoder.Encode(function.MakeLoad(nullptr, i, 1));
      solver.Assert(terms.Eq(byte, terms.Constant(packet[i], 32)));
    }
    const Value* value = values.back();
    const auto word = Word(value, packet);
    if (!word) continue;
    const smt::Term is_word = encoder.IsIn(encoder.Encode(value), RangeSet::Of(*word));
    ASSERT_EQ(solver.Check(is_word, 0), smt::Answer::kSat) << "round " << round;
    exact += solver.Check(terms.Not(is_word), 0) == smt::Answer::kUnsat ? 1 : 0;
  }
  EXPECT_GT(exact, 80U);
}

TEST(Encoder, LeavesOpenWhatRunsMayDisagreeOn) {
  ir::Function function(Target::kPcap);
  smt::Context terms;
  Encoder encoder(terms);
  smt::Solver solver(terms);
  const auto may_be = [&](const Value* value, std::uint32_t word) {
    return solver.Check(encoder.IsIn(encoder.Encode(value), RangeSet::Of(word)), 0) == smt::Answer::kSat;
  };
  // A shift by 32 is 0 on one target and by nothing on the other.
  const Value* one = function.MakeConstant(1);
  const Value* shift = function.MakeBinary(Opcode::kShl, one, function.MakeConstant(32));
  EXPECT_TRUE(may_be(shift, 0));
  EXPECT_TRUE(may_be(shift, 1));
  EXPECT_FALSE(may_be(function.MakeBinary(Opcode::kShl, one, function.MakeConstant(31)), 0));
  // Loads of two widths at a base that may be anything.
  const Value* base = function.NewParameter();
  const Value* wide = function.MakeLoad(base, 0, 2);
  const Value* narrow = function.MakeLoad(base, 0, 1);
  solver.Assert(encoder.IsIn(encoder.Encode(wide), RangeSet::Of(0x100)));
  EXPECT_TRUE(may_be(narrow, 7));
  EXPECT_FALSE(may_be(narrow, 0x100));
}

TEST(Encoder, SourcesTellBitsApart) {
  ir::Function function(Target::kPcap);
  const Value* load = function.MakeLoad(nullptr, 12, 2);
  const auto masked = [&](std::uint32_t mask) {
    return SourcesOf(function.MakeBinary(Opcode::kAnd, load, function.MakeConstant(mask)), 100).list;
  };
  const std::vector<Source> high = masked(0xf000);
  const std::vector<Source> low = masked(0x0fff);
  ASSERT_EQ(high.size(), 1U);
  ASSERT_EQ(low.size(), 2U);
  EXPECT_FALSE(high[0].Shares(low[0]));
  EXPECT_TRUE(masked(0x1000)[0].Shares(high[0]));
  EXPECT_TRUE(SourcesOf(function.MakeConstant(7), 100).list.empty());
  EXPECT_FALSE(SourcesOf(function.MakeBinary(Opcode::kAdd, load, function.MakeWireLength()), 2).is_complete);
}

}  // namespace
}  // namespace bpfopt::passes
