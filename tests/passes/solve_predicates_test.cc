// Pass `solve-predicates`: tests that only the solver decides, their twins that stay, and the budget.
#include "bpf/interpreter.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/passes.h"
#include "random_function.h"
#include "sanitized.h"

#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

struct Solved {
  std::string text;
  bool changed = false;
  std::size_t questions = 0;
  std::uint64_t steps_left = 0;
};

Solved Solve(const std::string& text, std::uint64_t steps = 10'000'000) {
  Expected<ir::Function> function = ir::Parse(text);
  if (!function) return {"parse error: " + function.error().message, false, 0, 0};
  EXPECT_TRUE(ir::Check(*function).empty()) << text;
  const std::string before = ir::Print(*function);
  Context context;
  context.smt_steps = steps;
  Solved solved;
  solved.changed = RunSolvePredicates(*function, context);
  EXPECT_TRUE(ir::Check(*function).empty());
  solved.text = ir::Print(*function);
  EXPECT_EQ(solved.changed, before != solved.text);
  solved.questions = context.counters["solve-predicates.questions"];
  solved.steps_left = context.smt_steps;
  return solved;
}

// b0 and then b1 test; both fail to b3. The test of b1 is answered by `b1` alone where it is decided.
std::string Chain(const std::string& first, const std::string& second) {
  return "fn pcap {\nb0:\n  need [0]:64\n  nonzero ldb[60]\n  if " + first + " then b1 else b3\nb1:\n  if " +
         second + " then b2 else b3\nb2:\n  return 0x1\nb3:\n  return 0x0\n}\n";
}

enum class Outcome { kOpen, kTrue, kFalse };

Outcome OutcomeOf(const std::string& text) {
  const Solved solved = Solve(text);
  EXPECT_GT(solved.questions, 0U) << text;
  if (!solved.changed) return Outcome::kOpen;
  // The decided test is a jump to one of the two returns.
  if (solved.text.find("jump") == std::string::npos) ADD_FAILURE() << solved.text;
  return solved.text.find("return 0x1") != std::string::npos ? Outcome::kTrue : Outcome::kFalse;
}

TEST(SolvePredicates, DecidesWhatFactsLeaveOpen) {
  const struct {
    const char* first;
    const char* second;
    Outcome outcome;
  } kRows[] = {
      // A chain of relations, and its twin.
      {"ldh[16] >= ldb[20]", "ldb[20] > (ldh[16] + ldb[21])", Outcome::kFalse},
      {"ldh[16] >= ldb[20]", "ldb[20] >= (ldh[16] + ldb[21])", Outcome::kOpen},
      // A range of one byte that is no prefix, and the word that contains it.
      {"ldb[26] >= 0xe1", "ld[26] == 0xe0000001", Outcome::kFalse},
      {"ldb[26] >= 0xd0", "ld[26] == 0xe0000001", Outcome::kOpen},
      // Words of a masked value, and a field of it.
      {"(ld[20] & 0x1fff00ff) >= 0x12", "ld[20] == 0x11", Outcome::kFalse},
      {"(ld[20] & 0x1fff00ff) >= 0x11", "ld[20] == 0x11", Outcome::kOpen},
      // Arithmetic.
      {"(ldh[16] - ((ldb[14] & 0xf) << 0x2)) == 0x0", "ldh[16] > 0x3c", Outcome::kFalse},
      {"(ldh[16] - ((ldb[14] & 0xf) << 0x2)) == 0x0", "ldh[16] > 0x3b", Outcome::kOpen},
      {"ldb[0] == ldb[1]", "(ldb[0] + ldb[1]) anyset 0x1", Outcome::kFalse},
      {"(ldb[0] ^ ldb[1]) >= 0x1", "ldb[0] == ldb[1]", Outcome::kFalse},
      // One source twice needs no condition.
      {"len > 0x1", "(ldb[0] * (ldb[0] + 0x1)) anyset 0x1", Outcome::kFalse},
      {"len > 0x1", "(ldb[0] * (ldb[0] + 0x2)) anyset 0x1", Outcome::kOpen},
      // A divisor is not 0.
      {"len > 0x1", "(ldb[60] + (ldb[60] & 0x1)) >= 0x1", Outcome::kTrue},
      // Parameters, the wire length and loads at a base.
      {"len >= ldh[16]", "ldh[16] > len", Outcome::kFalse},
      {"len > ldh[16]", "len == 0x0", Outcome::kFalse},
      // Shifts by 32 and more are anything.
      {"ldb[0] >= 0x20", "(ldb[1] >> ldb[0]) > ldb[1]", Outcome::kOpen},
      {"0x20 > ldb[0]", "(ldb[1] >> ldb[0]) > ldb[1]", Outcome::kFalse},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(OutcomeOf(Chain(row.first, row.second)), row.outcome) << row.first << "; " << row.second;
  }
}

TEST(SolvePredicates, DropsCasesOfASwitch) {
  const std::string text = R"(fn pcap {
b0:
  need [0]:64
  if ldb[26] >= 0xe1 then b1 else b4
b1:
  switch ld[26] { 0xe0000001 -> b2; 0xe1000001 -> b3; else -> b4 }
b2:
  return 0x2
b3:
  return 0x3
b4:
  return 0x0
}
)";
  const std::string expected = R"(fn pcap {
b0:
  need [0]:64
  if ldb[26] >= 0xe1 then b1 else b2
b1:
  if ld[26] == 0xe1000001 then b3 else b2
b2:
  return 0x0
b3:
  return 0x3
}
)";
  Expected<ir::Function> canonical = ir::Parse(expected);
  ASSERT_TRUE(canonical.has_value());
  EXPECT_EQ(Solve(text).text, ir::Print(*canonical));
}

TEST(SolvePredicates, AsksNothingAboutIndependentTests) {
  // The tests of an everyday filter: other bytes, or the same value again.
  EXPECT_EQ(Solve(Chain("ldh[12] == 0x800", "ldb[23] == 0x6")).questions, 0U);
  EXPECT_EQ(Solve(Chain("ldh[12] >= 0x800", "ldh[12] == 0x806")).questions, 0U);
  EXPECT_EQ(Solve(Chain("ldb[23] == 0x6", "ldb[50] == ldb[51]")).questions, 0U);
  // Other bits of one byte.
  EXPECT_EQ(Solve(Chain("ldb[47] anyset 0x6", "ldb[47] anyset 0x11")).questions, 0U);
  // Bits that are fixed, under a wider load.
  EXPECT_EQ(Solve(Chain("ldb[16] anyset 0x10", "ld[14] == 0x3e8000")).questions, 0U);
  EXPECT_EQ(Solve(Chain("(ld[14] & 0xfffff000) == 0x3e8000", "ldb[16] == 0x87")).questions, 0U);
  EXPECT_GT(Solve(Chain("(ld[14] & 0xfffff001) > 0x3e8000", "ldb[16] == 0x87")).questions, 0U);
}

TEST(SolvePredicates, ConditionsOfEdgesThatDoNotDominateAreNotAssumed) {
  // b2 is reached from both outcomes of b0.
  const std::string text = R"(fn pcap {
b0:
  need [0]:64
  if ldb[26] >= 0xe1 then b1 else b2
b1:
  if len > 0x64 then b2 else b4
b2:
  if ld[26] == 0xe0000001 then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)";
  EXPECT_FALSE(Solve(text).changed);
}

TEST(SolvePredicates, StaysWithinItsBudget) {
  const std::string text = Chain("ldb[26] >= 0xe1", "ld[26] == 0xe0000001");
  EXPECT_FALSE(Solve(text, 0).changed);
  EXPECT_EQ(Solve(text, 0).questions, 0U);
  const Solved solved = Solve(text);
  EXPECT_TRUE(solved.changed);
  EXPECT_LE(solved.steps_left, 10'000'000U);
  // A hard question ends without an answer: factors of a product of two primes.
  const Solved hard = Solve(Chain("ldh[0] >= 0x2", "((ldh[0] * ldh[4]) == 0xfff5fff5)"), 2'000);
  EXPECT_FALSE(hard.changed);
}

TEST(SolvePredicates, MeaningIsKept) {
  std::mt19937 random(11);
  std::size_t changed = 0;
  for (int round = 0; round < FewerIfSanitized(120); ++round) {
    ir::RandomOptions options;
    options.target = round % 3 == 0 ? Target::kLinux : Target::kPcap;
    options.max_offset = 4;
    options.depth = 2;
    options.arithmetic = round % 2 == 0;
    const ir::Function before = ir::RandomFunction(random, options);
    ir::Function after = before.Clone();
    Context context;
    context.smt_steps = 3'000'000;
    changed += RunSolvePredicates(after, context) ? 1 : 0;
    ASSERT_TRUE(ir::Check(after).empty());
    const ir::PacketSource packets(before);
    for (int i = 0; i < 100; ++i) {
      const ir::RandomPacket packet = packets.Next(random);
      const bpf::Packet view{packet.captured, packet.wire_length, nullptr};
      const bpf::Outcome expected = ir::Evaluate(before, view);
      const bpf::Outcome actual = ir::Evaluate(after, view);
      ASSERT_EQ(actual.verdict, expected.verdict) << ir::Print(before) << ir::Print(after);
      ASSERT_EQ(actual.end, expected.end) << ir::Print(before) << ir::Print(after);
    }
  }
  EXPECT_GT(changed, FewerIfSanitized(10U));
}

}  // namespace
}  // namespace bpfopt::passes
