// Walking the frontend's trees.
#ifndef BPFOPT_DRIVER_TREE_H
#define BPFOPT_DRIVER_TREE_H

#include "frontend/ast.h"

#include <type_traits>
#include <variant>

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

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_TREE_H
