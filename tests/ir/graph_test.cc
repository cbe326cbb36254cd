// Orders and dominators against brute force on random graphs, and their cost on large ones.
#include "ir/graph.h"

#include "ir/available_guards.h"
#include "ir/check.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/upper_bounds.h"
#include "random_function.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <llvm/ADT/DepthFirstIterator.h>

namespace bpfopt::ir {
namespace {

void Connect(Function& f, Block* from, Block* first, Block* second) {
  if (first == second) {
    from->terminator = Jump{{first, {}}};
  } else {
    from->terminator =
        Branch{Compare::kEqual, f.MakeWireLength(), f.MakeConstant(from->id()), {first, {}}, {second, {}}};
  }
}

// Edges lead to larger ids; some blocks cannot be reached.
Function RandomGraph(std::mt19937& random, unsigned count) {
  Function f(Target::kPcap);
  for (unsigned i = 0; i < count; ++i) f.NewBlock();
  for (unsigned i = 0; i < count; ++i) {
    Block* block = f.block(i);
    const unsigned left = count - i - 1;
    if (left == 0 || random() % 8 == 0) {
      block->terminator = Return{f.MakeConstant(i)};
    } else {
      Connect(f, block, f.block(i + 1 + random() % left), f.block(i + 1 + random() % std::min(left, 4U)));
    }
  }
  return f;
}

// The ids of blocks reached from the entry without passing `without`.
std::set<std::uint32_t> Reached(const Function& f, const Block* without) {
  std::set<std::uint32_t> reached;
  std::vector<const Block*> pending{f.entry()};
  while (!pending.empty()) {
    const Block* block = pending.back();
    pending.pop_back();
    if (block == without || !reached.insert(block->id()).second) continue;
    for (const Block* successor : Successors(block)) pending.push_back(successor);
  }
  return reached;
}

TEST(TopologicalOrder, PutsBlocksBeforeTheirSuccessors) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const Function f = RandomGraph(random, 1 + seed % 40);
    const std::vector<Block*> order = TopologicalOrder(f);
    std::set<std::uint32_t> seen;
    for (const Block* block : order) {
      EXPECT_TRUE(seen.insert(block->id()).second);
      for (const Block* successor : Successors(block)) EXPECT_EQ(seen.count(successor->id()), 0U);
    }
    EXPECT_EQ(seen, Reached(f, nullptr));
  }
}

TEST(TopologicalOrder, ThenComesFirst) {
  Function f(Target::kPcap);
  Block* entry = f.NewBlock();
  Block* otherwise = f.NewBlock();
  Block* then = f.NewBlock();
  Connect(f, entry, then, otherwise);
  EXPECT_EQ(TopologicalOrder(f), (std::vector<Block*>{entry, then, otherwise}));
}

TEST(Predecessors, AreTheIncomingEdges) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    const Function f = RandomGraph(random, 1 + seed % 30);
    const std::set<std::uint32_t> reached = Reached(f, nullptr);
    const auto predecessors = ComputePredecessors(f);
    std::size_t incoming = 0;
    std::size_t outgoing = 0;
    for (std::uint32_t id = 0; id < f.block_count(); ++id) {
      incoming += predecessors[id].size();
      if (reached.count(id) != 0) outgoing += f.block(id)->edge_count();
      for (const EdgeRef& edge : predecessors[id]) {
        EXPECT_EQ(edge.edge().target, f.block(id));
        EXPECT_EQ(reached.count(edge.from->id()), 1U);
      }
    }
    EXPECT_EQ(incoming, outgoing);
  }
}

TEST(Dominators, MatchBruteForce) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const Function f = RandomGraph(random, 1 + seed % 40);
    const Dominators dominators(f);
    const std::set<std::uint32_t> reached = Reached(f, nullptr);
    for (std::uint32_t a = 0; a < f.block_count(); ++a) {
      const std::set<std::uint32_t> around = Reached(f, f.block(a));
      for (std::uint32_t b = 0; b < f.block_count(); ++b) {
        const bool both_reached = reached.count(a) != 0 && reached.count(b) != 0;
        const bool expected = a == b || (both_reached && around.count(b) == 0);
        ASSERT_EQ(dominators.Dominates(f.block(a), f.block(b)), expected)
            << "seed " << seed << ": " << a << " " << b;
      }
      const Block* immediate = dominators.ImmediateDominator(f.block(a));
      ASSERT_EQ(immediate == nullptr, a == f.entry()->id() || reached.count(a) == 0);
      if (immediate == nullptr) continue;
      // Each other strict dominator dominates the immediate one.
      for (const std::uint32_t b : reached) {
        const bool is_strict = b != a && dominators.Dominates(f.block(b), f.block(a));
        EXPECT_TRUE(!is_strict || dominators.Dominates(f.block(b), immediate));
      }
      const auto& siblings = dominators.Children(immediate);
      EXPECT_EQ(std::count(siblings.begin(), siblings.end(), f.block(a)), 1);
    }
  }
}

TEST(GraphTraits, LetLlvmWalkTheGraph) {
  std::mt19937 random(3);
  const Function f = RandomGraph(random, 30);
  struct VisitedSet {
    std::set<std::uint32_t> ids;
    std::pair<bool, bool> insert(const Block* block) {
      const bool is_new = ids.insert(block->id()).second;
      return {is_new, is_new};
    }
    void completed(const Block*) {}
  } visited;
  std::size_t count = 0;
  for (const Block* block : llvm::depth_first_ext(&f, visited)) {
    EXPECT_EQ(visited.ids.count(block->id()), 1U);
    ++count;
  }
  EXPECT_EQ(count, visited.ids.size());
  EXPECT_EQ(visited.ids, Reached(f, nullptr));
}

TEST(ForEachOperand, OperandsFirstAndOnce) {
  Function f(Target::kPcap);
  const Value* byte = f.MakeLoad(nullptr, 14, 1);
  const Value* low = f.MakeBinary(Opcode::kAnd, byte, f.MakeConstant(0xf));
  const Value* load = f.MakeLoad(low, 14, 2);
  const Value* sum = f.MakeBinary(Opcode::kSub, load, byte);
  std::vector<const Value*> visited;
  ForEachOperand(sum, [&](const Value* value) { visited.push_back(value); });
  EXPECT_EQ(visited, (std::vector<const Value*>{byte, low->rhs(), low, load, sum}));
}

TEST(ForEachOperand, StopsAtEffects) {
  Function f(Target::kLinux);
  const Value* effect = f.NewEffect(EffectKind::kNlattr, 0, f.MakeWireLength(), f.MakeConstant(1));
  std::size_t count = 0;
  ForEachOperand(f.MakeUnary(Opcode::kNeg, effect), [&](const Value*) { ++count; });
  EXPECT_EQ(count, 2U);
}

TEST(UsedValues, InOrderOfUse) {
  Function f(Target::kLinux);
  Block* a = f.NewBlock();
  Block* b = f.NewBlock();
  std::vector<const Value*> v;
  for (std::uint32_t i = 0; i < 7; ++i) v.push_back(f.MakeConstant(i));
  a->guards = {Guard::Bounds(nullptr, 1, 1), Guard::NonZero(v[0])};
  a->effects = {f.NewEffect(EffectKind::kNlattr, 0, v[1], v[2])};
  a->terminator = Branch{Compare::kEqual, v[3], v[4], {b, {v[5]}}, {b, {v[6]}}};
  EXPECT_EQ(UsedValues(*a), v);
  EXPECT_EQ(UsedByTerminator(*a), std::vector<const Value*>(v.begin() + 3, v.end()));
}

TEST(UpperBounds, FollowStructureAndParameters) {
  const Expected<Function> f = Parse(R"(fn linux {
b0:
  need [0]:8
  if ldb[0] == 0x1 then b1(0x28, ld[0]) else b1((ldb[0] & 0xf) << 0x2, ldh[2] * 0x2)
b1(%0, %1):
  if %0 == %1 then b2 else b3
b2:
  return ((ldb[1] | 0x100) % 0x50) + (%0 >> 0x1)
b3:
  return (ldb[1] - 0x1) / 0x10
}
)");
  ASSERT_TRUE(f.has_value()) << f.error().message;
  const UpperBounds bounds(*f);
  EXPECT_EQ(bounds.Of(f->block(1)->parameters[0]), 0x3cU);
  EXPECT_EQ(bounds.Of(f->block(1)->parameters[1]), 0xffffffffU);
  EXPECT_EQ(bounds.Of(std::get<Return>(f->block(2)->terminator).value), 0x4fU + 0x1eU);
  EXPECT_EQ(bounds.Of(std::get<Return>(f->block(3)->terminator).value), 0x0fffffffU);
}

// A chain of tests with shared outcomes at both of its ends: what makes naive dominators quadratic.
TEST(Graph, LargeFunctions) {
  constexpr unsigned kChain = 100000;
  constexpr unsigned kOutcomes = 1000;
  Function f(Target::kPcap);
  for (unsigned i = 0; i < kChain + kOutcomes; ++i) f.NewBlock();
  f.block(0)->guards = {Guard::Bounds(nullptr, 0, 4)};
  const Value* word = f.MakeLoad(nullptr, 0, 4);
  for (unsigned i = 0; i < kChain; ++i) {
    Block* outcome = f.block(kChain + i % kOutcomes);
    Block* next = i + 1 < kChain ? f.block(i + 1) : outcome;
    f.block(i)->terminator = Branch{Compare::kEqual, word, f.MakeConstant(i), {outcome, {}}, {next, {}}};
  }
  const Value* deep = word;  // as deep as the chain is long
  for (unsigned i = 0; i < kChain / 2; ++i) {
    deep = f.MakeBinary(Opcode::kAdd, f.MakeUnary(Opcode::kNeg, deep), word);
  }
  for (unsigned i = 0; i < kOutcomes; ++i) {
    f.block(kChain + i)->terminator = Return{i == 0 ? deep : f.MakeConstant(i)};
  }
  EXPECT_TRUE(Check(f).empty());
  EXPECT_EQ(TopologicalOrder(f).size(), std::size_t{kChain + kOutcomes});
  const Dominators dominators(f);
  EXPECT_EQ(dominators.ImmediateDominator(f.block(kChain + 5)), f.block(5));
  EXPECT_TRUE(dominators.Dominates(f.block(77), f.block(kChain - 1)));
  const std::string text = Print(f);
  const Expected<Function> parsed = Parse(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(Print(*parsed), text);
  Function copy = f.Clone();
  copy.RemoveUnreachable();
  EXPECT_EQ(copy.block_count(), f.block_count());
}

}  // namespace
}  // namespace bpfopt::ir
