// Pass `merge-blocks`: blocks that do the same become one, from the returns upwards, so that equal sub-graphs
// merge whole.
//
//   b1: if ldb[20] == 6 then b3 else b4        b1: if ldb[20] == 6 then b3 else b3
//   b3: return 0x40000                    =>   b3: return 0x40000
//   b4: return 0x40000

#include "ir/graph.h"
#include "passes/passes.h"
#include "passes/terminators.h"

#include <map>

namespace bpfopt::passes {

bool RunMergeBlocks(ir::Function& function, Context& context) {
  std::map<std::vector<std::uint64_t>, ir::Block*> seen;
  std::vector<ir::Block*> replacement(function.block_count(), nullptr);
  bool changed = false;
  std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    for (ir::Edge* edge : (*block)->edges()) {
      ir::Block* merged = replacement[edge->target->id()];
      if (merged != edge->target) changed = true;
      edge->target = merged;
    }
    if (auto* choice = std::get_if<ir::Switch>(&(*block)->terminator)) choice->Canonicalize();
    auto [found, inserted] = seen.emplace(BlockKey(**block), *block);
    replacement[(*block)->id()] = found->second;
    if (!inserted) ++context.counters["merge-blocks.blocks"];
  }
  if (changed) function.RemoveUnreachable();
  return changed;
}

}  // namespace bpfopt::passes
