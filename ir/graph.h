// The control-flow graph as LLVM's graph algorithms see it, and the analyses that passes ask for. Each
// is computed once by a Compute call, indexed by block id, and stale as soon as an edge changes.
#ifndef BPFOPT_IR_GRAPH_H
#define BPFOPT_IR_GRAPH_H

#include "ir/function.h"
#include "ir/value_set.h"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <llvm/ADT/GraphTraits.h>
#include <llvm/ADT/iterator_range.h>

namespace bpfopt::ir {

// One edge with where it starts; `index` counts the block's outgoing edges.
struct EdgeRef {
  Block* from = nullptr;
  std::uint32_t index = 0;

  Edge& edge() const { return from->edge(index); }
  friend bool operator==(const EdgeRef&, const EdgeRef&) = default;
};

// Reachable blocks, every block before its successors (reverse post-order, where the target of the then-edge
// comes before that of the else-edge when the graph allows it). Iterative: depth does not grow with the
// graph. Edges have targets. In a graph with a loop, which only Check() meets, some edge leads backwards.
std::vector<Block*> TopologicalOrder(const Function& function);

// Incoming edges of reachable blocks, by block id.
std::vector<std::vector<EdgeRef>> ComputePredecessors(const Function& function);

// Of a loop-free function. O(edges * log(blocks)).
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

// What a value is computed from: a load's base, the operands of an operation. A parameter or an effect is
// computed by its block, so it has none here; what a block hands to its effects is in UsedValues.
inline std::array<const Value*, 2> OperandsOf(const Value* value) {
  if (value->opcode() == Opcode::kEffect) return {nullptr, nullptr};
  return {value->lhs(), value->rhs()};
}

// Calls visit(value) once for each value that `root` is made of, operands before users, root last.
// Iterative.
template <typename Visit>
void ForEachOperand(const Value* root, Visit visit) {
  ValueSet seen(root);
  std::vector<std::pair<const Value*, unsigned>> path;  // a value and how many of its operands are done
  path.reserve(8);
  path.emplace_back(root, 0U);
  while (!path.empty()) {
    auto& [value, done] = path.back();
    if (done == 2) {
      const Value* finished = value;
      path.pop_back();
      visit(finished);
      continue;
    }
    const Value* operand = OperandsOf(value)[done++];
    if (operand != nullptr && seen.insert(operand)) path.emplace_back(operand, 0U);
  }
}

// The values a block uses directly, in the order of their use: guards' values, effects' operands, the
// terminator's and the edges' values. A value may occur more than once.
std::vector<const Value*> UsedValues(const Block& block);
// The last part of these: what is used after the guards and effects.
std::vector<const Value*> UsedByTerminator(const Block& block);

}  // namespace bpfopt::ir

#include "ir/graph_traits.h"

#endif  // BPFOPT_IR_GRAPH_H
