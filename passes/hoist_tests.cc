// Pass `hoist-tests`: a test that all ways out of a decision begin with is made once, before the decision.
//
//   b0: switch ld[26] { A -> b1; B -> b2; else -> b9 }      b0: if ldb[23] == 6 then b3 else b9
//   b1: if ldb[23] == 6 then b4 else b9                =>   b3: switch ld[26] { A -> b4; B -> b5; else -> b9
//   } b2: if ldb[23] == 6 then b5 else b9
//
// All but one of the ways lead to blocks that do nothing but this test, and leave it for one place where it
// fails; the other way, if there is one, leads to that place at once. Packets that go there may now fault
// first: so it rejects them, or the guards of the test have been performed before the decision.

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

// A two-way decision as the place that it is left for, and the words for which it goes on.
struct Test {
  const ir::Value* value = nullptr;
  RangeSet words;
  ir::Edge onward;
  ir::Edge exit;
};

class Hoister {
 public:
  Hoister(ir::Function& function, Context& context)
      : function_(function), context_(context), incoming_(function.block_count(), 0) {}

  std::size_t Run() {
    std::vector<ir::Block*> order = ir::TopologicalOrder(function_);
    for (const ir::Block* block : order) {
      for (const ir::Edge* edge : block->edges()) ++incoming_[edge->target->id()];
    }
    std::size_t hoisted = 0;
    // From the last on, so that a test climbs over all decisions that it can.
    for (auto block = order.rbegin(); block != order.rend(); ++block) {
      if (HoistOver(**block)) ++hoisted;
    }
    return hoisted;
  }

 private:
  bool HoistOver(ir::Block& block) {
    const ir::Block* some = FirstTester(block);
    if (some == nullptr) return false;
    for (const std::size_t exit : {0U, 1U}) {
      const std::optional<Test> test = TestOf(*some, exit);
      if (!test || !IsMadeByAll(block, *test) || !MayComeFirst(block, *some, *test)) continue;
      Hoist(block, *test);
      return true;
    }
    return false;
  }

  const ir::Block* FirstTester(const ir::Block& block) const {
    if (block.edge_count() < 2) return nullptr;
    for (const ir::Edge* edge : block.edges()) {
      if (IsTester(*edge->target)) return edge->target;
    }
    return nullptr;
  }

  // Does the block nothing but decide, for one block before it alone?
  bool IsTester(const ir::Block& block) const {
    return incoming_[block.id()] == 1 && block.edge_count() == 2 && block.parameters.empty() &&
           block.effects.empty() && !HasGuardBesideDemanded(block, context_.relation);
  }

  std::optional<Test> TestOf(const ir::Block& block, std::size_t exit) {
    std::optional<Partition> partition = PartitionOf(function_, block.terminator);
    if (!partition || !HasConstantArguments(block)) return std::nullopt;
    const auto onward = static_cast<std::uint32_t>(1 - exit);
    return Test{partition->value, WordsFor(*partition, onward), block.edge(onward), block.edge(exit)};
  }

  // Others would be computed, and their loads guarded, where not all ways need them.
  static bool HasConstantArguments(const ir::Block& block) {
    return std::ranges::all_of(block.edges(), [](const ir::Edge* edge) {
      return std::ranges::all_of(edge->arguments, [](const ir::Value* value) { return value->IsConstant(); });
    });
  }

  // Is `test` what all edges but those to its exit begin with, at least two of them?
  bool IsMadeByAll(const ir::Block& block, const Test& test) {
    std::size_t count = 0;
    for (const ir::Edge* edge : block.edges()) {
      if (*edge == test.exit) {
        // Now these packets are asked more than before.
        if (context_.objective == Objective::kSpeed) return false;
        continue;
      }
      if (!IsTester(*edge->target) || !OnwardOf(*edge->target, test)) return false;
      ++count;
    }
    return count >= 2;
  }

  // Where `block` goes on when it makes `test`; nothing when it makes another.
  std::optional<ir::Edge> OnwardOf(const ir::Block& block, const Test& test) {
    for (const std::size_t exit : {0U, 1U}) {
      const std::optional<Test> other = TestOf(block, exit);
      const bool is_same =
          other && other->exit == test.exit && other->value == test.value && other->words == test.words;
      if (is_same) return other->onward;
    }
    return std::nullopt;
  }

  bool MayComeFirst(const ir::Block& block, const ir::Block& tester, const Test& test) {
    if (!GuardsMayCrossEffects(block)) return false;
    if (AlwaysRejects(*test.exit.target)) return true;
    if (!available_) available_ = ComputeAvailableGuards(function_);
    GuardSet performed = (*available_)[block.id()];
    for (const ir::Guard& guard : block.guards) performed.Add(guard);
    return std::ranges::all_of(tester.guards,
                               [&](const ir::Guard& guard) { return performed.Covers(guard); });
  }

  // `block` makes the test, and a new block decides what it has decided.
  void Hoist(ir::Block& block, const Test& test) {
    ir::Block* below = function_.NewBlock();
    incoming_.resize(function_.block_count(), 1);
    below->terminator = block.terminator;
    for (std::size_t i = 0; i < below->edge_count(); ++i) {
      ir::Edge& edge = below->edge(i);
      if (edge == test.exit) continue;
      edge = *OnwardOf(*edge.target, test);
    }
    if (auto* choice = std::get_if<ir::Switch>(&below->terminator)) choice->Canonicalize();
    below->guards = DemandedGuards(*below);
    block.terminator = ToTerminator(function_, TwoWay(test.value, test.words, {below, {}}, test.exit));
    for (const ir::Guard& guard : DemandedGuards(block)) {
      if (std::ranges::find(block.guards, guard) == block.guards.end()) block.guards.push_back(guard);
    }
  }

  ir::Function& function_;
  Context& context_;
  std::optional<std::vector<GuardSet>> available_;  // before each block; made when it is asked for
  std::vector<std::uint32_t> incoming_;
};

}  // namespace

bool RunHoistTests(ir::Function& function, Context& context) {
  const std::size_t hoisted = Hoister(function, context).Run();
  if (hoisted == 0) return false;
  function.RemoveUnreachable();
  context.counters["hoist-tests.tests"] += hoisted;
  return true;
}

}  // namespace bpfopt::passes
