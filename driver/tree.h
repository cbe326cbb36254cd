// Walking the frontend's trees.
#ifndef BPFOPT_DRIVER_TREE_H
#define BPFOPT_DRIVER_TREE_H

#include "frontend/ast.h"

#include <cstddef>
#include <type_traits>
#include <variant>
#include <vector>

namespace bpfopt::driver {

// Calls apply(child) for each child of a node, in the order of writing. `kind` is a NodeKind, const or not;
// so is the child's id that is handed over.
template <typename Kind, typename Apply>
void ForEachChild(Kind& kind, Apply apply) {
  const auto visit = [&]<typename Node>(Node& node) {
    using Type = std::remove_const_t<Node>;
    if constexpr (std::is_same_v<Type, frontend::When>) {
      apply(node.condition);
      apply(node.then);
      apply(node.otherwise);
    } else if constexpr (std::is_same_v<Type, frontend::Accessor>) {
      apply(node.index);
    } else if constexpr (requires { node.operand; }) {
      apply(node.operand);
    } else if constexpr (requires { node.lhs; }) {
      apply(node.lhs);
      apply(node.rhs);
    }
  };
  std::visit(visit, kind);
}

// and, or, not, when.
inline bool IsPredicateParent(const frontend::Node& node) {
  return std::holds_alternative<frontend::And>(node.kind) ||
         std::holds_alternative<frontend::Or>(node.kind) ||
         std::holds_alternative<frontend::Not>(node.kind) ||
         std::holds_alternative<frontend::When>(node.kind);
}

// The operands of the chain of one connective that starts at `root`.
inline std::vector<frontend::NodeId> Operands(const frontend::Ast& filter, frontend::NodeId root) {
  std::vector<frontend::NodeId> operands;
  std::vector<frontend::NodeId> open{root};
  const std::size_t connective = filter.nodes[root].kind.index();
  while (!open.empty()) {
    const frontend::NodeId id = open.back();
    open.pop_back();
    if (filter.nodes[id].kind.index() != connective) {
      operands.push_back(id);
      continue;
    }
    ForEachChild(filter.nodes[id].kind, [&](frontend::NodeId child) { open.push_back(child); });
  }
  return operands;
}

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_TREE_H
