// Facts along the control-flow graph: what the tests on the way to a point tell about values there.
#ifndef BPFOPT_PASSES_FLOW_FACTS_H
#define BPFOPT_PASSES_FLOW_FACTS_H

#include "ir/function.h"
#include "passes/facts.h"

#include <optional>
#include <vector>

namespace bpfopt::passes {

// What holds when `block` is left by its edge `index`, given what holds at its entry. Contradictory when
// the edge cannot be taken. Says what is known of the target's parameters too.
Facts FactsOnEdge(ir::Function& function, const ir::Block& block, std::size_t index, const Facts& at_entry);

// Adds what the arguments of `edge` tell of its target's parameters.
void LearnArguments(const ir::Edge& edge, Facts& facts);

// What holds at the entry of each reachable block, by block id: what all incoming edges agree on.
std::vector<Facts> ComputeFlowFacts(ir::Function& function);

// The one edge that `block` can be left by when `facts` hold at its terminator, if they leave only one.
std::optional<std::size_t> DecidedEdge(ir::Function& function, const ir::Block& block, const Facts& facts);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_FLOW_FACTS_H
