// Pass `guards`: every block states the guards of its own loads, and no others but those that nothing else
// performs.
//
//   b0: need [12]:2; need [20]:1                    b0: need [12]:2
//       if ldh[12] == 0x800 then b1 else b2   =>        if ldh[12] == 0x800 then b1 else b2
//   b1: if ldb[20] == 6 ...                         b1: need [20]:1; if ldb[20] == 6 ...
//
// A guard that a block does not need for itself goes when it has been performed before or will be on every
// path to an accepting return; under the faithful relation a bounds guard goes in any case. Blocks that
// compute alike then look alike, and an edge can skip a block without taking a guard along that a later load
// relies on.

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/passes.h"

#include <algorithm>

namespace bpfopt::passes {
namespace {

bool Contains(const std::vector<ir::Guard>& guards, const ir::Guard& guard) {
  return std::ranges::find(guards, guard) != guards.end();
}

void AppendMissing(const std::vector<ir::Guard>& more, std::vector<ir::Guard>& guards) {
  for (const ir::Guard& guard : more) {
    if (!Contains(guards, guard)) guards.push_back(guard);
  }
}

// The guards that `block` demands first; then those of its present ones that must stay in addition.
std::vector<ir::Guard> LocalGuards(const ir::Block& block, const std::vector<GuardSet>& anticipated,
                                   const GuardSet& available, Relation relation) {
  std::vector<ir::Guard> guards = DemandedGuards(block);
  GuardSet performed = available;
  for (const ir::Guard& guard : guards) performed.Add(guard);
  GuardSet later =
      GuardsMayCrossEffects(block) && block.edge_count() != 0 ? GuardSet::Everything() : GuardSet();
  for (const ir::Edge* edge : block.edges()) {
    later.Meet(anticipated[edge->target->id()].BeforeEdge(*edge));
  }
  if (AlwaysRejects(block)) later = GuardSet::Everything();
  // From the farthest back: a later guard of the list may cover an earlier one, never rely on one that goes.
  std::vector<ir::Guard> extra;
  for (const ir::Guard& guard : block.guards) {
    if (!IsObservable(guard, relation) || Contains(guards, guard)) continue;
    if (NeverFails(guard) || performed.Covers(guard) || later.Covers(guard)) continue;
    performed.Add(guard);
    extra.push_back(guard);
  }
  std::vector<ir::Guard> kept;
  for (std::size_t i = 0; i < extra.size(); ++i) {
    GuardSet rest;
    for (std::size_t j = i + 1; j < extra.size(); ++j) rest.Add(extra[j]);
    if (!rest.Covers(extra[i])) kept.push_back(extra[i]);
  }
  for (const ir::Guard& guard : kept) {
    if (guard.value != nullptr) AppendMissing(DemandedGuards(guard.value), guards);
    guards.push_back(guard);
  }
  return guards;
}

}  // namespace

bool RunGuards(ir::Function& function, Context& context) {
  bool changed = false;
  std::vector<GuardSet> anticipated = ComputeAnticipatedGuards(function);
  std::vector<GuardSet> available(function.block_count(), GuardSet::Everything());
  available[function.entry()->id()] = GuardSet();
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    std::vector<ir::Guard> guards =
        LocalGuards(*block, anticipated, available[block->id()], context.relation);
    if (guards != block->guards) {
      ++context.counters["guards.blocks"];
      block->guards = std::move(guards);
      changed = true;
    }
    GuardSet out = available[block->id()];
    for (const ir::Guard& guard : block->guards) out.Add(guard);
    for (const ir::Edge* edge : block->edges()) available[edge->target->id()].Meet(out);
  }
  return changed;
}

}  // namespace bpfopt::passes
