// Each rule with a function that breaks it and one beside it that does not.
#include "ir/check.h"

#include "ir/available_guards.h"
#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "random_function.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

// The rules that are broken and where, such as "no-loop b3", one a line.
std::string Broken(const Function& function) {
  std::string text;
  for (const BrokenInvariant& broken : Check(function)) {
    EXPECT_FALSE(broken.detail.empty());
    text += (text.empty() ? "" : "\n") + broken.rule + " " + broken.place;
  }
  return text;
}

struct Row {
  const char* name;
  const char* body;  // from the first block on
  const char* broken;
};

void CheckRows(const char* target, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string text = std::string("fn ") + target + " {\n" + row.body + "\n}\n";
    const Expected<Function> function = Parse(text);
    ASSERT_TRUE(function.has_value()) << row.name << ": " << function.error().message;
    EXPECT_EQ(Broken(*function), row.broken) << row.name;
  }
}

TEST(Check, Structure) {
  CheckRows("pcap",
            {
                {"nothing", "b0:\n return 0", ""},
                {"entry with a parameter", "b0(%0):\n return 0", "entry-without-parameters b0"},
                {"loop", "b0:\n jump b1\nb1:\n if len == 1 then b0 else b2\nb2:\n return 0", "no-loop b1"},
                {"self loop", "b0:\n if len == 1 then b0 else b1\nb1:\n return 0", "no-loop b0"},
                {"a loop that nothing reaches", "b0:\n return 0\nb1:\n jump b1", ""},
                {"too few arguments", "b0:\n jump b1\nb1(%0):\n return %0", "edge-arity b0"},
                {"too many arguments", "b0:\n jump b1(1, 2)\nb1(%0):\n return %0", "edge-arity b0"},
                {"enough arguments", "b0:\n jump b1(1)\nb1(%0):\n return %0", ""},
            });
}

TEST(Check, Dominance) {
  CheckRows(
      "linux",
      {
          {"parameter of another path",
           "b0:\n if len == 1 then b1(2) else b2\nb1(%0):\n return 0\nb2:\n return %0",
           "parameter-not-dominating b2"},
          {"parameter at a join",
           "b0:\n if len == 1 then b1(2) else b2\nb1(%0):\n jump b2\nb2:\n return %0 + 1",
           "parameter-not-dominating b2"},
          {"parameter before its block", "b0:\n jump b1(%0)\nb1(%0):\n return 0",
           "parameter-not-dominating b0"},
          {"parameter further down", "b0:\n jump b1(2)\nb1(%0):\n jump b2\nb2:\n return -%0", ""},
          {"effect of another path",
           "b0:\n if len == 1 then b1 else b2\nb1:\n %0 = draw 1\n return 0\nb2:\n return 0", ""},
          {"effect of an earlier block", "b0:\n %0 = draw 1\n jump b1\nb1:\n nonzero %0\n return %0", ""},
          {"effect after effect", "b0:\n %0 = draw 1\n %1 = nlattr 2(%0, _)\n return %1", ""},
      });
}

TEST(Check, EffectsInOneBlockAreInOrder) {
  Function f(Target::kLinux);
  const Value* first = f.NewEffect(EffectKind::kDraw, 0, nullptr, nullptr);
  const Value* second = f.NewEffect(EffectKind::kNlattr, 1, first, nullptr);
  Block* block = f.NewBlock();
  block->terminator = Return{second};
  block->effects = {second, first};
  EXPECT_EQ(Broken(f), "parameter-not-dominating b0");
  block->effects = {first, second};
  EXPECT_EQ(Broken(f), "");
  block->guards = {Guard::NonZero(first)};  // guards come first
  EXPECT_EQ(Broken(f), "parameter-not-dominating b0");
}

const std::vector<Row> kGuardRows = {
    {"no guard", "b0:\n return ldb[0]", "load-without-guard b0"},
    {"a guard", "b0:\n need [0]:1\n return ldb[0]", ""},
    {"a wider guard", "b0:\n need [0]:4\n return ldb[3]", ""},
    {"a guard that ends later covers what is before it", "b0:\n need [40]:1\n return ld[0]", ""},
    {"a guard that ends earlier", "b0:\n need [0]:4\n return ldh[3]", "load-without-guard b0"},
    {"guard on one path",
     "b0:\n if len == 1 then b1 else b2\nb1:\n need [0]:1\n jump b2\nb2:\n return ldb[0]",
     "load-without-guard b2"},
    {"guards on both paths",
     "b0:\n if len == 1 then b1 else b2\nb1:\n need [0]:1\n jump b3\nb2:\n need [0]:2\n jump b3\nb3:\n "
     "return ldb[0]",
     ""},
    {"the lesser of both guards",
     "b0:\n if len == 1 then b1 else b2\nb1:\n need [0]:1\n jump b3\nb2:\n need [0]:2\n jump b3\nb3:\n "
     "return ldb[1]",
     "load-without-guard b3"},
    {"an argument is used before the edge", "b0:\n jump b1(ldb[0])\nb1(%0):\n need [0]:1\n return %0",
     "load-without-guard b0"},
    {"a guard's own value", "b0:\n need [ldb[0] + 0]:1\n need [0]:1\n return ldb[0]",
     "load-without-guard b0"},
    {"a guard's own value, guarded before", "b0:\n need [0]:1\n need [ldb[0] + 0]:1\n return ldb[ldb[0] + 0]",
     ""},
    {"a based load's base", "b0:\n need [0]:1\n return ldb[ldb[0] + 0]", "load-without-guard b0"},
    {"a guard on another base", "b0:\n need [0]:2\n need [ldb[0] + 9]:1\n return ldb[ldb[1] + 0]",
     "load-without-guard b0"},
    {"a small base's later guard", "b0:\n need [0]:1\n need [ldb[0] + 9]:1\n return ldb[ldb[0] + 0]", ""},
    {"a deep load", "b0:\n return ((ldb[0] + 1) * 2) - 3", "load-without-guard b0"},
    {"two loads, two reports", "b0:\n if ldb[0] == ldb[1] then b1 else b1\nb1:\n return 0",
     "load-without-guard b0\nload-without-guard b0"},
    {"no divisor's guard", "b0:\n return 7 / len", "division-without-guard b0"},
    {"no modulus' guard", "b0:\n return 7 % len", "division-without-guard b0"},
    {"a divisor's guard", "b0:\n nonzero len\n return (7 / len) + (9 % len)", ""},
    {"another divisor's guard", "b0:\n nonzero len\n return 7 / -len", "division-without-guard b0"},
    {"a constant divisor", "b0:\n return len / 3", ""},
    {"the constant divisor 0", "b0:\n return len / 0", "division-without-guard b0"},
    {"the constant divisor 0, guarded", "b0:\n nonzero 0\n return len / 0", ""},
    {"division in a sibling",
     "b0:\n if len == 0 then b1 else b2\nb1:\n nonzero len\n return 1 / len\nb2:\n return 1 / len",
     "division-without-guard b2"},
};

TEST(Check, GuardsOnBothTargets) {
  CheckRows("pcap", kGuardRows);
  CheckRows("linux", kGuardRows);
}

// Where base + offset can wrap or be negative, a guard stands for itself alone.
TEST(Check, GuardsOnAnyBase) {
  const Row later = {"a later guard", "b0:\n need [0]:4\n need [ld[0] + 9]:1\n return ldb[ld[0] + 0]", ""};
  const Row same = {"the same guard", "b0:\n need [0]:4\n need [ld[0] + 9]:1\n return ldb[ld[0] + 9]", ""};
  const Row wider = {"a wider guard", "b0:\n need [0]:4\n need [ld[0] + 9]:4\n return ldb[ld[0] + 9]", ""};
  const Row negative = {"a later guard, far up", "b0:\n need [0xfff00010]:1\n return ldb[0xfff00000]", ""};
  const Row small_parameter = {"a small parameter",
                               "b0:\n need [0]:1\n if len == 1 then b1(40) else b1(ldb[0])\n"
                               "b1(%0):\n need [%0 + 9]:1\n return ldb[%0 + 0]",
                               ""};
  const auto refused = [](Row row) {
    row.broken = "load-without-guard b0";
    return row;
  };
  // Programs for pcap run in the kernel too.
  for (const char* target : {"pcap", "linux"}) {
    CheckRows(target, {refused(later), same, refused(wider), refused(negative), small_parameter});
  }
}

TEST(Check, SeccompDataNeedsNoGuard) {
  CheckRows("seccomp", {{"the last word", "b0:\n return ld[60]", ""},
                        {"past the end", "b0:\n return ld[64]", "load-without-guard b0"},
                        {"over the end", "b0:\n return ld[62]", "load-without-guard b0"}});
}

TEST(Check, MissingTarget) {
  Function empty(Target::kPcap);
  EXPECT_EQ(Broken(empty), "missing-target function");

  Function f(Target::kPcap);
  Function other(Target::kPcap);
  Block* block = f.NewBlock();
  block->terminator = Jump{};
  EXPECT_EQ(Broken(f), "missing-target b0");
  block->terminator = Jump{{other.NewBlock(), {}}};
  EXPECT_EQ(Broken(f), "missing-target b0");
  block->terminator = Return{f.MakeConstant(0)};
  EXPECT_EQ(Broken(f), "");
  f.SetEntry(other.entry());
  EXPECT_EQ(Broken(f), "missing-target function");
}

TEST(Check, ForeignValue) {
  Function f(Target::kPcap);
  Function other(Target::kPcap);
  const Value* own = f.MakeWireLength();
  const Value* foreign = other.MakeUnary(Opcode::kNeg, other.MakeWireLength());
  Block* block = f.NewBlock();
  Block* next = f.NewBlock();
  next->terminator = Return{own};
  EXPECT_EQ(Broken(f), "foreign-value b0");  // no verdict
  block->terminator = Return{foreign};
  EXPECT_EQ(Broken(f), "foreign-value b0");
  block->terminator = Return{f.MakeUnary(Opcode::kNeg, foreign)};
  EXPECT_EQ(Broken(f), "foreign-value b0");
  block->terminator = Branch{Compare::kEqual, own, nullptr, {next, {}}, {next, {}}};
  EXPECT_EQ(Broken(f), "foreign-value b0");
  block->terminator = Jump{{next, {}}};
  block->guards = {Guard::NonZero(nullptr)};
  EXPECT_EQ(Broken(f), "foreign-value b0");
  block->guards = {};
  block->effects = {own};
  EXPECT_EQ(Broken(f), "foreign-value b0");
  block->effects = {};
  next->parameters = {own};
  block->terminator = Jump{{next, {own}}};
  EXPECT_EQ(Broken(f), "foreign-value b1");
}

TEST(Check, SharedParameter) {
  Function f(Target::kPcap);
  Block* block = f.NewBlock();
  Block* first = f.NewBlock();
  Block* second = f.NewBlock();
  const Value* parameter = f.NewParameter();
  const Value* zero = f.MakeConstant(0);
  block->terminator = Branch{Compare::kEqual, zero, zero, {first, {zero}}, {second, {zero}}};
  first->terminator = second->terminator = Return{zero};
  first->parameters = {parameter};
  second->parameters = {parameter};
  EXPECT_EQ(Broken(f), "shared-parameter b2");
  second->parameters = {f.NewParameter()};
  EXPECT_EQ(Broken(f), "");
  second->effects = {f.NewEffect(EffectKind::kDraw, 0, nullptr, nullptr)};
  second->effects.push_back(second->effects[0]);
  EXPECT_EQ(Broken(f), "shared-parameter b2");
}

TEST(Check, SwitchNotCanonical) {
  Function f(Target::kPcap);
  Block* block = f.NewBlock();
  const Edge a{f.NewBlock(), {}};
  const Edge b{f.NewBlock(), {}};
  a.target->terminator = b.target->terminator = Return{f.MakeConstant(0)};
  using Cases = std::vector<Switch::Case>;
  const std::pair<Cases, std::vector<Edge>> wrong[] = {
      {{}, {}},                            // nothing covered
      {{{1, 0}}, {a}},                     // 0 not covered
      {{{0, 1}}, {a}},                     // no such edge
      {{{0, 0}, {9, 1}, {5, 0}}, {a, b}},  // out of order
      {{{0, 0}, {5, 1}, {5, 0}}, {a, b}},  // an empty case
      {{{0, 0}, {5, 0}}, {a}},             // neighbours
      {{{0, 0}, {5, 1}}, {a, a}},          // equal edges
      {{{0, 0}}, {a, b}},                  // an unused edge
      {{{0, 1}, {5, 0}}, {a, b}},          // not numbered by first use
  };
  for (const auto& [cases, edges] : wrong) {
    block->terminator = Switch{f.MakeWireLength(), cases, edges};
    EXPECT_EQ(Broken(f), "switch-not-canonical b0");
  }
  block->terminator = Switch{f.MakeWireLength(), {{0, 0}, {5, 1}, {6, 0}}, {a, b}};
  EXPECT_EQ(Broken(f), "");
}

// Drops guards at random: what Check still lets pass must run without a load or a division that no guard saw.
TEST(Check, LetsNothingUnguardedPass) {
  unsigned passed = 0;
  unsigned refused = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    RandomOptions options;
    options.target = seed % 2 == 0 ? Target::kPcap : Target::kLinux;
    Function f = RandomFunction(random, options);
    for (std::uint32_t id = 0; id < f.block_count(); ++id) {
      std::erase_if(f.block(id)->guards, [&](const Guard&) { return random() % 8 == 0; });
    }
    if (!Check(f).empty()) {
      ++refused;
      continue;
    }
    ++passed;
    const PacketSource source(f);
    bpf::Ancillary ancillary;
    ancillary.negative = [&](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
      if ((k ^ width) % 3 == 0) return std::nullopt;
      return k;
    };
    for (int i = 0; i < 60; ++i) {
      const RandomPacket packet = source.Next(random);
      const bpf::Outcome outcome = Evaluate(f, {packet.captured, packet.wire_length, nullptr}, ancillary);
      ASSERT_NE(outcome.end, bpf::End::kMalformed) << "seed " << seed << "\n" << Print(f);
    }
  }
  EXPECT_GT(passed, 200U);
  EXPECT_GT(refused, 200U);
}

// A guard that the analysis calls implied never fails when the block is reached.
TEST(AvailableGuards, ImpliedGuardsHold) {
  unsigned implied = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    std::mt19937 random(seed);
    RandomOptions options;
    options.target = seed % 2 == 0 ? Target::kPcap : Target::kLinux;
    Function f = RandomFunction(random, options);
    Function without = f.Clone();
    const AvailableGuards available(f);
    for (const Block* block : TopologicalOrder(f)) {
      GuardFacts facts = available.AtStart(block);
      std::vector<Guard> kept;
      for (std::size_t i = 0; i < block->guards.size(); ++i) {
        if (facts.Implies(block->guards[i])) {
          ++implied;
        } else {
          kept.push_back(without.block(block->id())->guards[i]);
        }
        facts.Add(block->guards[i]);
      }
      without.block(block->id())->guards = kept;
    }
    ASSERT_EQ(Broken(without), "") << Print(f) << Print(without);
    const PacketSource source(f);
    for (int i = 0; i < 20; ++i) {
      const RandomPacket bytes = source.Next(random);
      const bpf::Packet packet{bytes.captured, bytes.wire_length, nullptr};
      ASSERT_EQ(Evaluate(without, packet), Evaluate(f, packet)) << "seed " << seed << "\n" << Print(f);
    }
  }
  EXPECT_GT(implied, 50U);
}

}  // namespace
}  // namespace bpfopt::ir
