// A function as a decision diagram: each path tests each value at most once, and nodes that decide alike are
// one. passes/decision_diagram.cc has an example; passes/order_tests.cc looks for a good order.
#ifndef BPFOPT_PASSES_DIAGRAM_BUILDER_H
#define BPFOPT_PASSES_DIAGRAM_BUILDER_H

#include "bpfopt/options.h"
#include "ir/function.h"

#include <cstddef>
#include <vector>

namespace bpfopt::passes {

struct DiagramOptions {
  Relation relation = Relation::kFaithful;
  std::size_t max_nodes = 4000;
  // The order in which paths test these values, as far as all accepting paths load them anyway, so that a
  // test made earlier faults nowhere anew. Empty: the order in which each path tests them already. Values
  // that are not in it come before all others, comparisons of two values stay where they are.
  std::vector<const ir::Value*> order;
};

struct Diagram {
  ir::Block* root = nullptr;  // null when there would be more nodes than allowed
  std::size_t nodes = 0;      // made while building
};

// Not with parameters, effects or guards that are observable under the faithful relation, nor of large ones.
bool CanBuildDiagram(const ir::Function& function);

// Adds the diagram's blocks to the function, which keeps its entry. Equal to the function under the relation.
Diagram BuildDiagram(ir::Function& function, const DiagramOptions& options);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_DIAGRAM_BUILDER_H
