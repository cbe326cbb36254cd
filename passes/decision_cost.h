// What decisions on fields cost, given what the registers hold before them.
#ifndef BPFOPT_PASSES_DECISION_COST_H
#define BPFOPT_PASSES_DECISION_COST_H

#include "ir/graph.h"
#include "passes/partition.h"

#include <cstddef>
#include <vector>

namespace bpfopt::passes {

// The load that the accumulator holds and the base that the index register holds; null where not known.
struct Held {
  const ir::Value* accumulator = nullptr;
  const ir::Value* index = nullptr;
};

// The load that a decision on a field looks at, or the value of another decision.
const ir::Value* LoadOf(const Partition& partition);

Held HeldAfter(const Partition& partition);
// What all decisions that these edges come from leave behind.
Held HeldBefore(ir::Function& function, const std::vector<ir::EdgeRef>& edges);

// Instructions of the decision: of the load unless it is held, of the mask unless a jump on bits spares it,
// and of the tests.
std::size_t CostAfter(const Held& held, const Partition& partition);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_DECISION_COST_H
