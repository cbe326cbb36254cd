// Pass `form-switches`: a chain of tests of one value becomes one decision on that value.
//
//   b0: if ld[26] == 0xa000001 then b9 else b1
//   b1: if ld[26] == 0xa000002 then b9 else b8   =>   b0: switch ld[26] { 0xa000001..0xa000002 -> b9; else ->
//   b8 }
//
// A block is taken into the decision before it when nothing else reaches it and it does nothing but decide on
// the same value. passes/decision_diagram.cc gathers tests that are farther apart.

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <map>

namespace bpfopt::passes {
namespace {

// Replaces the words of `outer` that take edge `through` by what `inner`, a decision on the same value, does
// with them.
Partition Compose(const Partition& outer, std::uint32_t through, const Partition& inner) {
  Partition result;
  result.value = outer.value;
  result.edges = outer.edges;
  const auto shift = static_cast<std::uint32_t>(outer.edges.size());
  result.edges.insert(result.edges.end(), inner.edges.begin(), inner.edges.end());
  std::size_t at = 0;  // the case of `inner` that covers the current word
  for (std::size_t i = 0; i < outer.cases.size(); ++i) {
    const ir::Switch::Case& covering = outer.cases[i];
    if (covering.edge != through) {
      result.cases.push_back(covering);
      continue;
    }
    const std::uint64_t end = i + 1 < outer.cases.size() ? outer.cases[i + 1].first : std::uint64_t{1} << 32;
    while (at + 1 < inner.cases.size() && inner.cases[at + 1].first <= covering.first) ++at;
    result.cases.push_back({covering.first, inner.cases[at].edge + shift});
    for (; at + 1 < inner.cases.size() && inner.cases[at + 1].first < end; ++at) {
      result.cases.push_back({inner.cases[at + 1].first, inner.cases[at + 1].edge + shift});
    }
  }
  return result;
}

bool GuardsCovered(const ir::Block& block, const ir::Block& by) {
  GuardSet performed;
  for (const ir::Guard& guard : by.guards) performed.Add(guard);
  for (const ir::Guard& guard : block.guards) {
    if (!performed.Covers(guard)) return false;
  }
  return true;
}

// Takes one successor into `block`'s decision; false when there is none to take.
bool AbsorbOne(ir::Function& function, ir::Block& block, std::vector<std::uint32_t>& incoming) {
  std::optional<Partition> outer = PartitionOf(function, block.terminator);
  if (!outer) return false;
  for (std::uint32_t i = 0; i < outer->edges.size(); ++i) {
    const ir::Block& next = *outer->edges[i].target;
    if (incoming[next.id()] != 1 || !next.parameters.empty() || !next.effects.empty()) continue;
    std::optional<Partition> inner = PartitionOf(function, next.terminator);
    if (!inner || inner->value != outer->value || !GuardsCovered(next, block)) continue;
    for (const ir::Edge& edge : inner->edges) {
      // Shared targets are counted once an edge; the joined decision has one edge for both.
      bool shared = false;
      for (const ir::Edge& present : outer->edges) shared = shared || present == edge;
      if (shared) --incoming[edge.target->id()];
    }
    block.terminator = ToTerminator(function, Compose(*outer, i, *inner));
    return true;
  }
  return false;
}

}  // namespace

bool RunFormSwitches(ir::Function& function, Context& context) {
  std::vector<std::uint32_t> incoming(function.block_count(), 0);
  std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  for (ir::Block* block : order) {
    for (const ir::Edge* edge : block->edges()) ++incoming[edge->target->id()];
  }
  bool changed = false;
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    while (AbsorbOne(function, **block, incoming)) {
      ++context.counters["form-switches.tests"];
      changed = true;
    }
  }
  if (changed) function.RemoveUnreachable();
  return changed;
}

}  // namespace bpfopt::passes
