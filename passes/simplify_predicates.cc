// Pass `simplify-predicates`: what the tests on every path to a block have told decides its own test, in part
// or whole, by the cheap domain of passes/facts.h.
//
//   b0: if ldh[12] == 0x800 then b1 else b2
//   b1: switch ldh[12] { 0x800 -> b3; 0x86dd -> b4; else -> b5 }   =>   b1: jump b3
//
// passes/solve_predicates.cc asks the solver about what this leaves.

#include "ir/graph.h"
#include "passes/flow_facts.h"
#include "passes/partition.h"
#include "passes/passes.h"

namespace bpfopt::passes {
namespace {

bool SimplifyTerminator(ir::Function& function, ir::Block& block, const Facts& facts) {
  if (block.edge_count() < 2) return false;
  if (std::optional<std::size_t> decided = DecidedEdge(function, block, facts)) {
    ir::Edge edge = block.edge(*decided);
    block.terminator = ir::Jump{std::move(edge)};
    return true;
  }
  std::optional<Partition> partition = PartitionOf(function, block.terminator);
  if (!partition) return false;
  Partition restricted = Restrict(*partition, facts.Of(partition->value).range);
  ir::Terminator simpler = ToTerminator(function, std::move(restricted));
  if (simpler == block.terminator) return false;
  block.terminator = std::move(simpler);
  return true;
}

}  // namespace

bool RunSimplifyPredicates(ir::Function& function, Context& context) {
  std::vector<Facts> facts = ComputeFlowFacts(function);
  bool changed = false;
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    if (!SimplifyTerminator(function, *block, facts[block->id()])) continue;
    ++context.counters["simplify-predicates.tests"];
    changed = true;
  }
  if (changed) function.RemoveUnreachable();
  return changed;
}

}  // namespace bpfopt::passes
