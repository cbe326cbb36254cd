// The control-flow graph as LLVM's graph algorithms see it, and the analyses that passes ask for. Each
// is computed once by a Compute call, indexed by block id, and stale as soon as an edge changes.
#ifndef BPFOPT_IR_GRAPH_H
#define BPFOPT_IR_GRAPH_H

#include <cstdint>
#include <vector>

#include "ir/function.h"

#include <llvm/ADT/GraphTraits.h>
#include <llvm/ADT/iterator_range.h>

namespace bpfopt::ir {

// One edge with where it starts; `index` counts the block's outgoing edges.
struct EdgeRef {
  Block* from = nullptr;
  std::uint32_t index = 0;

  Edge& edge() const { return *from->edges()[index]; }
  friend bool operator==(const EdgeRef&, const EdgeRef&) = default;
};

// Reachable blocks, every block before its successors (reverse post-order, then-edges first). Iterative:
// depth does not grow with the graph.
std::vector<Block*> TopologicalOrder(const Function& function);

// Incoming edges of reachable blocks, by block id.
std::vector<std::vector<EdgeRef>> ComputePredecessors(const Function& function);

class Dominators {
 public:
  explicit Dominators(const Function& function);
  // Null for the entry and for unreachable blocks.
  Block* ImmediateDominator(const Block* block) const { return immediate_[block->id()]; }
  // Every block dominates itself.
  bool Dominates(const Block* a, const Block* b) const;
  // Blocks whose immediate dominator is `block`, in topological order.
  const std::vector<Block*>& Children(const Block* block) const { return children_[block->id()]; }

 private:
  std::vector<Block*> immediate_;
  std::vector<std::vector<Block*>> children_;
  std::vector<std::uint32_t> enter_;  // pre-order intervals in the dominator tree
  std::vector<std::uint32_t> leave_;
};

// Calls visit(value) once for each value that `root` is made of, operands before users, root last.
// Iterative.
template <typename Visit>
void ForEachOperand(const Value* root, Visit visit);

// The values a block uses directly: guards' values, effects' operands, the terminator's and edges' values.
std::vector<const Value*> UsedValues(const Block& block);

}  // namespace bpfopt::ir

#include "ir/graph_traits.h"

#endif  // BPFOPT_IR_GRAPH_H
