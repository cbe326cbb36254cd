// Hash-consing, folding, the canonical form of switches, clones.
#include "ir/function.h"

#include "ir/print.h"

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

TEST(Values, EqualStructureIsOneObject) {
  Function f(Target::kPcap);
  const Value* a = f.MakeLoad(nullptr, 12, 2);
  const Value* b = f.MakeLoad(nullptr, 14, 1);
  EXPECT_EQ(f.MakeLoad(nullptr, 12, 2), a);
  EXPECT_NE(f.MakeLoad(nullptr, 12, 4), a);
  EXPECT_NE(f.MakeLoad(nullptr, 13, 2), a);
  EXPECT_NE(f.MakeLoad(b, 12, 2), a);
  EXPECT_EQ(f.MakeLoad(b, 12, 2), f.MakeLoad(b, 12, 2));
  EXPECT_EQ(f.MakeConstant(7), f.MakeConstant(7));
  EXPECT_EQ(f.MakeWireLength(), f.MakeWireLength());
  EXPECT_EQ(f.MakeAncillary(4), f.MakeAncillary(4));
  EXPECT_NE(f.MakeAncillary(4), f.MakeAncillary(8));
  EXPECT_EQ(f.MakeUnary(Opcode::kNeg, a), f.MakeUnary(Opcode::kNeg, a));
}

TEST(Values, CommutativeOperandsAreOrdered) {
  Function f(Target::kPcap);
  const Value* a = f.MakeLoad(nullptr, 12, 2);
  const Value* b = f.MakeLoad(nullptr, 14, 1);
  const Value* constant = f.MakeConstant(1);
  for (const Opcode opcode : {Opcode::kAdd, Opcode::kMul, Opcode::kAnd, Opcode::kOr, Opcode::kXor}) {
    const Value* sum = f.MakeBinary(opcode, b, a);
    EXPECT_EQ(sum, f.MakeBinary(opcode, a, b));
    EXPECT_EQ(sum->lhs(), a);
    EXPECT_EQ(f.MakeBinary(opcode, constant, a)->rhs(), constant);
    EXPECT_EQ(f.MakeBinary(opcode, constant, a), f.MakeBinary(opcode, a, constant));
  }
  for (const Opcode opcode : {Opcode::kSub, Opcode::kDiv, Opcode::kMod, Opcode::kShl, Opcode::kShr}) {
    EXPECT_NE(f.MakeBinary(opcode, a, b), f.MakeBinary(opcode, b, a));
    EXPECT_EQ(f.MakeBinary(opcode, constant, a)->lhs(), constant);
  }
}

TEST(Values, ParametersAndEffectsHaveIdentity) {
  Function f(Target::kLinux);
  EXPECT_NE(f.NewParameter(), f.NewParameter());
  EXPECT_NE(f.NewEffect(EffectKind::kDraw, 3, nullptr, nullptr),
            f.NewEffect(EffectKind::kDraw, 3, nullptr, nullptr));
}

TEST(Values, IdsCountUpAndIndex) {
  Function f(Target::kPcap);
  const Value* a = f.MakeLoad(nullptr, 12, 2);
  const Value* p = f.NewParameter();
  const Value* sum = f.MakeBinary(Opcode::kAdd, p, a);
  EXPECT_EQ(a->id(), 0U);
  EXPECT_EQ(p->id(), 1U);
  EXPECT_EQ(sum->id(), 2U);
  for (std::uint32_t id = 0; id < f.value_count(); ++id) EXPECT_EQ(f.value(id)->id(), id);
}

TEST(Values, ConstantOperandsFold) {
  struct Row {
    Opcode opcode;
    std::uint32_t lhs, rhs, result;
  };
  constexpr Row kRows[] = {
      {Opcode::kAdd, 0xffffffff, 2, 1},
      {Opcode::kSub, 1, 2, 0xffffffff},
      {Opcode::kMul, 0x10001, 0x10000, 0x10000},
      {Opcode::kDiv, 7, 2, 3},
      {Opcode::kMod, 7, 4, 3},
      {Opcode::kAnd, 0xff, 0x3c, 0x3c},
      {Opcode::kOr, 0xf0, 0xf, 0xff},
      {Opcode::kXor, 0xff, 0xf, 0xf0},
      {Opcode::kShl, 0xffffffff, 31, 0x80000000},
      {Opcode::kShr, 0x80000000, 31, 1},
      {Opcode::kDiv, 0xffffffff, 1, 0xffffffff},
  };
  Function f(Target::kPcap);
  for (const Row& row : kRows) {
    const Value* value = f.MakeBinary(row.opcode, f.MakeConstant(row.lhs), f.MakeConstant(row.rhs));
    EXPECT_TRUE(value->IsConstant(row.result)) << OpcodeName(row.opcode);
  }
  EXPECT_TRUE(f.MakeUnary(Opcode::kNeg, f.MakeConstant(1))->IsConstant(0xffffffff));
}

TEST(Values, WhatTargetsDisagreeOnIsNotFolded) {
  Function f(Target::kPcap);
  const Value* one = f.MakeConstant(1);
  EXPECT_EQ(f.MakeBinary(Opcode::kDiv, one, f.MakeConstant(0))->opcode(), Opcode::kDiv);
  EXPECT_EQ(f.MakeBinary(Opcode::kMod, one, f.MakeConstant(0))->opcode(), Opcode::kMod);
  EXPECT_EQ(f.MakeBinary(Opcode::kShl, one, f.MakeConstant(32))->opcode(), Opcode::kShl);
  EXPECT_EQ(f.MakeBinary(Opcode::kShr, one, f.MakeConstant(0xffffffff))->opcode(), Opcode::kShr);
}

TEST(Values, NothingDeeperIsFolded) {
  Function f(Target::kPcap);
  const Value* a = f.MakeLoad(nullptr, 0, 4);
  EXPECT_EQ(f.MakeBinary(Opcode::kAnd, a, f.MakeConstant(0))->opcode(), Opcode::kAnd);
  EXPECT_EQ(f.MakeBinary(Opcode::kXor, a, a)->opcode(), Opcode::kXor);
  EXPECT_EQ(f.MakeLoad(f.MakeConstant(4), 4, 1)->base()->constant(), 4U);
}

TEST(Compares, Hold) {
  EXPECT_TRUE(Holds(Compare::kEqual, 5, 5));
  EXPECT_FALSE(Holds(Compare::kGreater, 5, 5));
  EXPECT_TRUE(Holds(Compare::kGreater, 0x80000000, 5));
  EXPECT_TRUE(Holds(Compare::kGreaterEqual, 5, 5));
  EXPECT_TRUE(Holds(Compare::kAnySet, 6, 3));
  EXPECT_FALSE(Holds(Compare::kAnySet, 4, 3));
}

TEST(Switches, CanonicalForm) {
  Function f(Target::kPcap);
  Block* a = f.NewBlock();
  Block* b = f.NewBlock();
  Switch choice;
  choice.value = f.MakeWireLength();
  choice.edges = {{b, {}}, {a, {}}, {f.NewBlock(), {}}, {a, {}}};
  choice.cases = {{0, 1}, {5, 3}, {10, 0}, {11, 0}, {20, 1}};
  choice.Canonicalize();
  const std::vector<Switch::Case> expected = {{0, 0}, {10, 1}, {20, 0}};
  EXPECT_EQ(choice.cases, expected);
  ASSERT_EQ(choice.edges.size(), 2U);
  EXPECT_EQ(choice.edges[0].target, a);
  EXPECT_EQ(choice.edges[1].target, b);
  for (const auto& [word, target] : std::vector<std::pair<std::uint32_t, Block*>>{
           {0, a}, {9, a}, {10, b}, {19, b}, {20, a}, {0xffffffff, a}}) {
    EXPECT_EQ(choice.EdgeFor(word).target, target) << word;
  }
}

TEST(Switches, EdgesWithOtherArgumentsStayApart) {
  Function f(Target::kPcap);
  Block* a = f.NewBlock();
  Switch choice;
  choice.edges = {{a, {f.MakeConstant(1)}}, {a, {f.MakeConstant(2)}}, {a, {f.MakeConstant(1)}}};
  choice.cases = {{0, 0}, {1, 1}, {2, 2}};
  choice.Canonicalize();
  EXPECT_EQ(choice.edges.size(), 2U);
  EXPECT_EQ(choice.cases.size(), 3U);
}

TEST(Blocks, EdgesInOrder) {
  Function f(Target::kPcap);
  Block* a = f.NewBlock();
  Block* b = f.NewBlock();
  Block* c = f.NewBlock();
  EXPECT_EQ(f.entry(), a);
  EXPECT_EQ(a->edge_count(), 0U);
  a->terminator = Branch{Compare::kEqual, f.MakeWireLength(), f.MakeConstant(1), {b, {}}, {c, {}}};
  ASSERT_EQ(a->edges().size(), 2U);
  EXPECT_EQ(a->edges()[0]->target, b);
  EXPECT_EQ(&a->edge(1), a->edges()[1]);
  a->edge(1).target = b;
  EXPECT_EQ(std::get<Branch>(a->terminator).else_edge.target, b);
}

TEST(Functions, RemoveUnreachableRenumbers) {
  Function f(Target::kPcap);
  f.NewBlock();  // dropped
  Block* last = f.NewBlock();
  Block* entry = f.NewBlock();
  f.SetEntry(entry);
  entry->terminator = Jump{{last, {}}};
  last->terminator = Return{f.MakeConstant(0)};
  f.RemoveUnreachable();
  ASSERT_EQ(f.block_count(), 2U);
  EXPECT_EQ(f.block(0), entry);
  EXPECT_EQ(f.block(1), last);
  EXPECT_EQ(last->id(), 1U);
}

TEST(Functions, CloneIsDeepAndKeepsIds) {
  Function f(Target::kLinux);
  Block* a = f.NewBlock();
  Block* b = f.NewBlock();
  const Value* p = f.NewParameter();
  b->parameters = {p};
  const Value* draw = f.NewEffect(EffectKind::kNlattr, 4, f.MakeWireLength(), nullptr);
  a->guards = {Guard::Bounds(nullptr, 12, 2), Guard::NonZero(f.MakeWireLength())};
  a->effects = {draw};
  a->terminator = Jump{{b, {draw}}};
  b->terminator = Return{f.MakeBinary(Opcode::kAdd, p, draw)};
  const std::string text = Print(f);

  Function copy = f.Clone();
  EXPECT_EQ(Print(copy), text);
  EXPECT_EQ(copy.target(), Target::kLinux);
  ASSERT_EQ(copy.value_count(), f.value_count());
  EXPECT_EQ(copy.block(1)->parameters[0]->id(), p->id());
  EXPECT_NE(copy.block(1)->parameters[0], p);
  EXPECT_EQ(copy.MakeWireLength(), copy.value(f.MakeWireLength()->id()));
  EXPECT_EQ(copy.value_count(), f.value_count());
  copy.block(1)->terminator = Return{copy.MakeConstant(9)};
  EXPECT_EQ(Print(f), text);
}

TEST(Functions, MoveKeepsPointers) {
  Function f(Target::kPcap);
  const Value* length = f.MakeWireLength();
  Block* block = f.NewBlock();
  Function moved(std::move(f));
  EXPECT_EQ(moved.MakeWireLength(), length);
  EXPECT_EQ(moved.entry(), block);
}

}  // namespace
}  // namespace bpfopt::ir
