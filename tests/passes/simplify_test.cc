// Pass `simplify`: values and decisions, text in and text out, and its meaning on random functions.
#include "bpf/interpreter.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/passes.h"
#include "random_function.h"

#include <cstdint>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

// The function of `text` after the pass, printed; both keep the invariants.
std::string Simplified(const std::string& text, const Context& context = {}) {
  Expected<ir::Function> function = ir::Parse(text);
  if (!function) return "parse error: " + function.error().message + "\n" + text;
  for (const auto& broken : ir::Check(*function)) ADD_FAILURE() << "input: " << broken.rule << "\n" << text;
  Context used = context;
  const std::string before = ir::Print(*function);
  const bool changed = RunSimplify(*function, used);
  const std::string after = ir::Print(*function);
  for (const auto& broken : ir::Check(*function)) ADD_FAILURE() << broken.rule << "\n" << before << after;
  EXPECT_TRUE(changed || before == after) << before << after;
  EXPECT_FALSE(RunSimplify(*function, used)) << "again changes\n" << after << ir::Print(*function);
  return after;
}

std::string ValueProgram(const std::string& value, const std::string& target = "pcap") {
  return fmt::format("fn {}{}", target,
                     " {\nb0:\n  need [0]:64\n  nonzero ldb[9]\n  return " + value + "\n}\n");
}

// The value that `return value` becomes.
std::string SimpleValue(const std::string& value, const std::string& target = "pcap",
                        const Context& context = {}) {
  const std::string printed = Simplified(ValueProgram(value, target), context);
  const std::size_t begin = printed.find("return ");
  if (begin == std::string::npos) return printed;
  return printed.substr(begin + 7, printed.find('\n', begin) - begin - 7);
}

TEST(Simplify, Values) {
  const struct {
    const char* value;
    const char* expected;
  } kRows[] = {
      // Identities.
      {"ld[0] + 0x0", "ld[0]"},
      {"ld[0] - 0x0", "ld[0]"},
      {"0x0 - ld[0]", "-ld[0]"},
      {"-(-ld[0])", "ld[0]"},
      {"ld[0] * 0x1", "ld[0]"},
      {"ld[0] * 0x0", "0x0"},
      {"ld[0] * 0x8", "ld[0] << 0x3"},
      {"ld[0] / 0x1", "ld[0]"},
      {"ld[0] / 0x8", "ld[0] >> 0x3"},
      {"ld[0] % 0x8", "ld[0] & 0x7"},
      {"ld[0] % 0x1", "0x0"},
      {"ldb[0] % 0x100", "ldb[0]"},
      {"ldb[0] % 0x12c", "ldb[0]"},
      {"(ld[0] / 0x3) / 0x5", "ld[0] / 0xf"},
      {"(ld[0] / 0x10001) / 0x10001", "0x0"},
      {"ldb[0] / 0x12c", "0x0"},
      {"ldb[9] / ldb[9]", "0x1"},
      {"ldb[9] % ldb[9]", "0x0"},
      {"0x0 / ldb[9]", "0x0"},
      {"0x0 >> ldb[9]", "0x0"},
      {"ld[0] & ld[0]", "ld[0]"},
      {"ld[0] | ld[0]", "ld[0]"},
      {"ld[0] ^ ld[0]", "0x0"},
      {"ld[0] - ld[0]", "0x0"},
      {"ld[0] & 0x0", "0x0"},
      {"ld[0] & 0xffffffff", "ld[0]"},
      {"ld[0] | 0xffffffff", "0xffffffff"},
      {"ld[0] | 0x0", "ld[0]"},
      {"ld[0] ^ 0x0", "ld[0]"},
      {"ld[0] << 0x0", "ld[0]"},
      // Constants meet.
      {"(ld[0] + 0x3) + 0x4", "ld[0] + 0x7"},
      {"(ld[0] - 0x3) + 0x4", "ld[0] + 0x1"},
      {"0x5 - (0x3 - ld[0])", "ld[0] + 0x2"},
      {"(ld[0] & 0xff0) & 0xff", "ld[0] & 0xf0"},
      {"(ld[0] | 0xf0) | 0xf", "ld[0] | 0xff"},
      {"(ld[0] ^ 0xf0) ^ 0xff", "ld[0] ^ 0xf"},
      {"(ld[0] << 0x3) << 0x4", "ld[0] << 0x7"},
      {"(ld[0] >> 0x3) >> 0x4", "ld[0] >> 0x7"},
      {"(ld[0] << 0x14) << 0x14", "0x0"},
      {"(ld[0] >> 0x14) >> 0x14", "0x0"},
      {"(ld[0] * 0x3) * 0x5", "ld[0] * 0xf"},
      {"(ld[0] + 0x1) << 0x3", "(ld[0] << 0x3) + 0x8"},
      // Known bits.
      {"ldb[0] & 0xff", "ldb[0]"},
      {"ldb[0] & 0xf0f", "ldb[0] & 0xf"},
      {"ldb[0] & 0xf00", "0x0"},
      {"ldb[0] >> 0x8", "0x0"},
      {"(ldb[0] | 0xf0) & 0xf0", "0xf0"},
      {"(ldb[0] | 0xf0) & 0xf", "ldb[0] & 0xf"},
      {"(ldb[0] ^ 0xf0) & 0xf", "ldb[0] & 0xf"},
      {"(ldb[0] & 0x3c) | 0xff", "0xff"},
      {"(ldb[0] & 0x3f) | 0x3", "(ldb[0] & 0x3c) | 0x3"},
      {"(ldb[0] + 0x100) & 0xff", "ldb[0]"},
      // Masks and shifts.
      {"(ldb[0] << 0x2) & 0x3c", "(ldb[0] & 0xf) << 0x2"},
      {"(ldb[0] & 0xf) << 0x2", "(ldb[0] & 0xf) << 0x2"},
      {"(ldb[0] & 0xf) * 0x4", "(ldb[0] & 0xf) << 0x2"},
      {"(ldb[0] & 0xf0) >> 0x4", "ldb[0] >> 0x4"},
      {"(ldb[0] & 0xf0) >> 0x2", "(ldb[0] >> 0x2) & 0x3c"},
      {"(ldb[0] >> 0x4) << 0x2", "(ldb[0] >> 0x2) & 0x3c"},
      {"((ldb[0] >> 0x4) & 0xf) << 0x2", "(ldb[0] >> 0x2) & 0x3c"},
      {"((ldb[0] >> 0x4) & 0x7) << 0x2", "(ldb[0] >> 0x2) & 0x1c"},
      {"(ld[0] >> 0x4) << 0x4", "ld[0] & 0xfffffff0"},
      {"(ld[0] << 0x4) >> 0x4", "ld[0] & 0xfffffff"},
      // Parts of loads.
      {"ldh[8] & 0xff", "ldb[9]"},
      {"ldh[8] >> 0x8", "ldb[8]"},
      {"(ldh[8] & 0xff00) >> 0x8", "ldb[8]"},
      {"ld[26] >> 0x18", "ldb[26]"},
      {"ld[26] >> 0x10", "ldh[26]"},
      {"(ld[26] >> 0x10) & 0xff", "ldb[27]"},
      {"(ld[26] >> 0x8) & 0xffff", "ldh[27]"},
      {"ld[26] & 0xffff", "ldh[28]"},
      {"(ld[26] & 0xff00) >> 0x8", "ldb[28]"},
      {"ld[26] & 0xff00", "ld[26] & 0xff00"},
      {"ld[26] & 0xffffff", "ld[26] & 0xffffff"},
      {"ld[26] >> 0x8", "ld[26] >> 0x8"},
      // Sums.
      {"(ldb[0] + ldb[1]) - ldb[0]", "ldb[1]"},
      {"(ldb[0] - ldb[1]) - ldb[2]", "(ldb[0] - ldb[1]) - ldb[2]"},
      {"ldb[0] - (ldb[1] + ldb[2])", "(ldb[0] - ldb[1]) - ldb[2]"},
      {"ldb[0] + ldb[0]", "ldb[0] << 0x1"},
      {"(ldb[0] << 0x2) + ldb[0]", "ldb[0] * 0x5"},
      {"(ldb[0] << 0x2) - (ldb[0] * 0x4)", "0x0"},
      {"(ldb[0] * 0x4) + (ldb[1] * 0x4)", "(ldb[0] + ldb[1]) << 0x2"},
      {"(ldb[0] + ldb[1]) * 0x4", "(ldb[0] + ldb[1]) << 0x2"},
      {"0x5 - ldb[0]", "0x5 - ldb[0]"},
  };
  for (const auto& row : kRows) EXPECT_EQ(SimpleValue(row.value), row.expected) << row.value;
}

// Where targets differ, or a result is not what arithmetic says, values stay.
TEST(Simplify, LeavesWhatTargetsDifferIn) {
  for (const char* value : {"ld[0] << 0x20", "ld[0] >> 0x21", "ld[0] >> ldb[1]"}) {
    EXPECT_EQ(SimpleValue(value), value);
  }
}

TEST(Simplify, PartsOfLoadsAreThoseThatThereAre) {
  // In a cooked link header only some loads are right.
  Context cooked;
  cooked.cooked = bpf::CookedHeaderOf(113);
  ASSERT_EQ(cooked.cooked.header_bytes, 16U);
  EXPECT_EQ(SimpleValue("ldh[14] & 0xff", "pcap", cooked), "ldh[14] & 0xff");
  EXPECT_EQ(SimpleValue("ld[0] >> 0x10", "pcap", cooked), "ldh[0]");
  EXPECT_EQ(SimpleValue("ldh[16] & 0xff", "pcap", cooked), "ldb[17]");
  // To the kernel a based load may be at an address that is no packet's, and programs for pcap meet it too.
  EXPECT_EQ(SimpleValue("ldh[8] & 0xff", "linux"), "ldb[9]");
  EXPECT_EQ(Simplified("fn linux {\nb0:\n  need [len + 4]:2\n  return ldh[len + 4] & 0xff\n}\n"),
            "fn linux {\nb0:\n  need [len + 4]:2\n  return ldh[len + 4] & 0xff\n}\n");
  EXPECT_EQ(Simplified("fn pcap {\nb0:\n  need [len + 4]:2\n  return ldh[len + 4] & 0xff\n}\n"),
            "fn pcap {\nb0:\n  need [len + 4]:2\n  return ldh[len + 4] & 0xff\n}\n");
  EXPECT_EQ(
      Simplified("fn pcap {\nb0:\n  need [0]:1\n  need [ldb[0] + 4]:2\n  return ldh[ldb[0] + 4] & 0xff\n}\n"),
      "fn pcap {\nb0:\n  need [0]:1\n  need [ldb[0] + 4]:2\n  return ldb[ldb[0] + 5]\n}\n");
  // Seccomp loads words alone.
  EXPECT_EQ(Simplified("fn seccomp {\nb0:\n  return ld[4] >> 0x18\n}\n"),
            "fn seccomp {\nb0:\n  return ld[4] >> 0x18\n}\n");
}

TEST(Simplify, AddressesTakeTheConstantsOfTheirBase) {
  EXPECT_EQ(Simplified("fn pcap {\nb0:\n  need [0]:1\n  need [(ldb[0] + 0x4) + 14]:2\n"
                       "  return ldh[(ldb[0] + 0x4) + 14]\n}\n"),
            "fn pcap {\nb0:\n  need [0]:1\n  need [ldb[0] + 18]:2\n  return ldh[ldb[0] + 18]\n}\n");
  EXPECT_EQ(Simplified("fn pcap {\nb0:\n  need [0x5 + 14]:2\n  return ldh[0x5 + 14]\n}\n"),
            "fn pcap {\nb0:\n  need [19]:2\n  return ldh[19]\n}\n");
  // A sum that may wrap is no address.
  const std::string wraps =
      "fn pcap {\nb0:\n  need [(len + 0x4) + 14]:2\n  return ldh[(len + 0x4) + 14]\n}\n";
  EXPECT_EQ(Simplified(wraps), wraps);
  const std::string below =
      "fn pcap {\nb0:\n  need [0]:1\n  need [(ldb[0] + 0xfffffffc) + 14]:2\n"
      "  return ldh[(ldb[0] + 0xfffffffc) + 14]\n}\n";
  EXPECT_EQ(Simplified(below), below);
}

// The line of the branch or switch on `test`, with blocks b1 and b2.
std::string SimpleTest(const std::string& test) {
  const std::string printed = Simplified("fn pcap {\nb0:\n  need [0]:64\n  " + test +
                                         "\nb1:\n  return 0x1\nb2:\n  return 0x2\nb3:\n  return 0x3\n}\n");
  const std::string guard = "  need [0]:64\n  ";
  const std::size_t begin = printed.find(guard);
  if (begin == std::string::npos) return printed;
  const std::size_t line = begin + guard.size();
  std::string result = printed.substr(line, printed.find('\n', line) - line);
  // Which return is which: blocks are named in the order of their first use.
  const std::size_t first = printed.find("return 0x", line) + 9;
  return result + " # b1 returns " + printed[first];
}

TEST(Simplify, Decisions) {
  const struct {
    const char* test;
    const char* expected;
  } kRows[] = {
      {"if 0x800 == ldh[12] then b1 else b2", "if ldh[12] == 0x800 then b1 else b2 # b1 returns 1"},
      {"if 0x800 > ldh[12] then b1 else b2", "if ldh[12] >= 0x800 then b1 else b2 # b1 returns 2"},
      {"if 0x800 >= ldh[12] then b1 else b2", "if ldh[12] >= 0x801 then b1 else b2 # b1 returns 2"},
      {"if ldh[12] > 0x7ff then b1 else b2", "if ldh[12] >= 0x800 then b1 else b2 # b1 returns 1"},
      // Decided.
      {"if ldb[12] == 0x800 then b1 else b2", "jump b1 # b1 returns 2"},
      {"if ldb[12] >= 0x0 then b1 else b2", "jump b1 # b1 returns 1"},
      {"if ldb[12] == ldb[12] then b1 else b2", "jump b1 # b1 returns 1"},
      {"if ldb[12] > ldb[12] then b1 else b2", "jump b1 # b1 returns 2"},
      {"if (ldb[0] + 0x100) > ldb[1] then b1 else b2", "jump b1 # b1 returns 1"},
      {"if ldb[12] == 0x1 then b1 else b1", "jump b1 # b1 returns 1"},
      {"if (ldh[12] & 0xff00) == 0x801 then b1 else b2", "jump b1 # b1 returns 2"},
      // Computed values.
      {"if (ldb[0] + 0x4) == 0xa then b1 else b2", "if ldb[0] == 0x6 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] + 0x4) >= 0xa then b1 else b2", "if ldb[0] >= 0x6 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] - 0x4) > 0xa then b1 else b2",
       "switch ldb[0] { 0x4..0xe -> b2; else -> b1 } # b1 returns 1"},
      {"if (0x14 - ldb[0]) == 0xa then b1 else b2", "if ldb[0] == 0xa then b1 else b2 # b1 returns 1"},
      {"if (-ldb[0]) == 0xfffffff6 then b1 else b2", "if ldb[0] == 0xa then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] ^ 0xff) == 0xa then b1 else b2", "if ldb[0] == 0xf5 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] | 0x100) == 0x10a then b1 else b2", "if ldb[0] == 0xa then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] >> 0x4) == 0x4 then b1 else b2",
       "switch ldb[0] { 0x40..0x4f -> b2; else -> b1 } # b1 returns 2"},
      {"if (ldb[0] & 0xf0) == 0x40 then b1 else b2",
       "switch ldb[0] { 0x40..0x4f -> b2; else -> b1 } # b1 returns 2"},
      {"if (ldb[0] << 0x2) == 0x14 then b1 else b2", "if ldb[0] == 0x5 then b1 else b2 # b1 returns 1"},
      {"if (ld[0] << 0x2) == 0x14 then b1 else b2",
       "if (ld[0] & 0x3fffffff) == 0x5 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] << 0x2) == 0x15 then b1 else b2", "jump b1 # b1 returns 2"},
      {"if ((ldb[0] & 0xf) << 0x2) == 0x14 then b1 else b2",
       "if (ldb[0] & 0xf) == 0x5 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] * 0x3) > 0xa then b1 else b2", "if ldb[0] >= 0x4 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] / 0x3) == 0x0 then b1 else b2", "if ldb[0] >= 0x3 then b1 else b2 # b1 returns 2"},
      {"if (ld[26] & 0xff000000) == 0xa000000 then b1 else b2",
       "switch ld[26] { 0xa000000..0xaffffff -> b2; else -> b1 } # b1 returns 2"},
      // Bits.
      {"if (ldh[20] & 0x1fff) == 0x0 then b1 else b2",
       "if ldh[20] anyset 0x1fff then b1 else b2 # b1 returns 2"},
      {"if ldb[0] anyset 0x1 then b1 else b2", "if ldb[0] anyset 0x1 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] & 0x2) == 0x2 then b1 else b2", "if ldb[0] anyset 0x2 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] & 0x6) >= 0x1 then b1 else b2", "if ldb[0] anyset 0x6 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] & 0x6) == 0x6 then b1 else b2", "if (ldb[0] & 0x6) == 0x6 then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] & ldb[1]) == 0x0 then b1 else b2",
       "if ldb[0] anyset ldb[1] then b1 else b2 # b1 returns 2"},
      {"if ldb[0] anyset ldb[1] then b1 else b2", "if ldb[0] anyset ldb[1] then b1 else b2 # b1 returns 1"},
      // Two sides.
      {"if (ldb[0] - ldb[1]) == 0x0 then b1 else b2", "if ldb[0] == ldb[1] then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] ^ ldb[1]) == 0x0 then b1 else b2", "if ldb[0] == ldb[1] then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] + ldb[2]) == (ldb[1] + ldb[2]) then b1 else b2",
       "if ldb[0] == ldb[1] then b1 else b2 # b1 returns 1"},
      {"if (ldb[0] + 0x4) == (ldb[0] + 0x5) then b1 else b2", "jump b1 # b1 returns 2"},
      {"if (ldb[0] + ldb[1]) == ldb[0] then b1 else b2", "if ldb[1] == 0x0 then b1 else b2 # b1 returns 1"},
      {"if ((ldh[16] - ((ldb[14] & 0xf) << 0x2)) - ldb[46]) == 0x0 then b1 else b2",
       "if ldh[16] == (ldb[46] + ((ldb[14] & 0xf) << 0x2)) then b1 else b2 # b1 returns 1"},
      {"if ldb[1] > ldb[0] then b1 else b2", "if ldb[1] > ldb[0] then b1 else b2 # b1 returns 1"},
      // Switches.
      {"switch ldb[0] + 0x1 { 0x2 -> b1; 0x3 -> b2; else -> b3 }",
       "switch ldb[0] { 0x1 -> b2; 0x2 -> b3; else -> b1 } # b1 returns 3"},
      {"switch ldb[0] & 0x1 { 0x0 -> b1; 0x3 -> b2; else -> b3 }",
       "if ldb[0] anyset 0x1 then b1 else b2 # b1 returns 3"},
      {"switch ldb[0] { 0x100 -> b1; 0x3 -> b2; else -> b3 }",
       "if ldb[0] == 0x3 then b1 else b2 # b1 returns 2"},
  };
  for (const auto& row : kRows) EXPECT_EQ(SimpleTest(row.test), row.expected) << row.test;
}

TEST(Simplify, GuardsFollowTheirValues) {
  // Guards stay where what they guard is gone; a divisor that is a constant needs none.
  EXPECT_EQ(
      Simplified(
          "fn pcap {\nb0:\n  need [1000]:1\n  nonzero ldb[1000] | 0x1\n  nonzero ldb[1000] - ldb[1000]\n"
          "  return (ldb[1000] & 0x0) / (ldb[1000] | 0x1)\n}\n"),
      "fn pcap {\nb0:\n  need [1000]:1\n  nonzero ldb[1000] | 0x1\n  nonzero 0x0\n  return 0x0\n}\n");
  EXPECT_EQ(Simplified("fn pcap {\nb0:\n  need [0]:1\n  nonzero (ldb[0] & 0x0) | 0x3\n"
                       "  return ldb[0] / ((ldb[0] & 0x0) | 0x3)\n}\n"),
            "fn pcap {\nb0:\n  need [0]:1\n  return ldb[0] / 0x3\n}\n");
}

TEST(Simplify, EffectsAndArgumentsAreRewritten) {
  EXPECT_EQ(
      Simplified("fn linux {\nb0:\n  need [0]:1\n  %0 = nlattr 1(ldb[0] & 0xff, 0x1 + 0x1)\n"
                 "  if len > 0x5 then b1(%0 + 0x0) else b1(ldb[0] * 0x1)\nb1(%1):\n  return %1 | 0x0\n}\n"),
      "fn linux {\nb0:\n  need [0]:1\n  %0 = nlattr 1(ldb[0], 0x2)\n"
      "  if len >= 0x6 then b1(%0) else b1(ldb[0])\nb1(%1):\n  return %1\n}\n");
}

TEST(Simplify, DeepValuesAreIterative) {
  ir::Function function(Target::kPcap);
  ir::Block* block = function.NewBlock();
  block->guards.push_back(ir::Guard::Bounds(nullptr, 0, 64));
  const ir::Value* value = function.MakeLoad(nullptr, 0, 4);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const ir::Value* other = function.MakeLoad(nullptr, i % 60, 1);
    value = function.MakeBinary(ir::Opcode::kXor, function.MakeBinary(ir::Opcode::kMul, value, other), other);
    value = function.MakeBinary(ir::Opcode::kAdd, value, function.MakeConstant(i));
    value = function.MakeBinary(ir::Opcode::kShl, value, function.MakeConstant(1));
  }
  block->terminator = ir::Return{value};
  Context context;
  RunSimplify(function, context);
  EXPECT_TRUE(ir::Check(function).empty());
}

class SimplifyProperty : public testing::TestWithParam<Target> {};

TEST_P(SimplifyProperty, MeaningIsKept) {
  std::mt19937 random(7);
  std::size_t changed = 0;
  for (int round = 0; round < 1500; ++round) {
    ir::RandomOptions options;
    options.target = GetParam();
    options.depth = 2 + static_cast<unsigned>(round % 4);
    options.blocks = 6;
    options.max_offset = 10;
    options.ancillary = GetParam() == Target::kLinux && round % 2 == 0;
    const ir::Function before = ir::RandomFunction(random, options);
    ir::Function after = before.Clone();
    Context context;
    context.relation = Relation::kStrict;
    changed += RunSimplify(after, context) ? 1 : 0;
    const auto broken = ir::Check(after);
    ASSERT_TRUE(broken.empty()) << broken[0].rule << " " << broken[0].detail << "\n"
                                << ir::Print(before) << ir::Print(after);
    const ir::PacketSource packets(before);
    for (int i = 0; i < 60; ++i) {
      const ir::RandomPacket packet = packets.Next(random);
      bpf::Packet view{packet.captured, packet.wire_length, nullptr};
      if (i % 3 == 0) view.continuation = [](std::uint64_t at) { return static_cast<std::uint8_t>(at * 7); };
      bpf::Ancillary ancillary;
      ancillary.word = [](std::uint32_t offset) { return offset * 3; };
      ancillary.random = [](std::size_t draw) { return static_cast<std::uint32_t>(draw * 12345); };
      ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
        return offset + a * 3 + x;
      };
      ancillary.has_device = i % 4 != 0;
      const bpf::Outcome expected = ir::Evaluate(before, view, ancillary);
      const bpf::Outcome actual = ir::Evaluate(after, view, ancillary);
      ASSERT_EQ(actual.verdict, expected.verdict) << "round " << round << "\n"
                                                  << ir::Print(before) << ir::Print(after);
      ASSERT_EQ(actual.end, expected.end) << "round " << round << "\n"
                                          << ir::Print(before) << ir::Print(after);
    }
  }
  EXPECT_GT(changed, 500U);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimplifyProperty, testing::Values(Target::kPcap, Target::kLinux),
                         [](const auto& info) { return info.param == Target::kPcap ? "pcap" : "linux"; });

}  // namespace
}  // namespace bpfopt::passes
