// What may be asked of what, whatever the link type: which protocols qualify which addresses, and which
// values fit.
#ifndef BPFOPT_FRONTEND_CHECK_H
#define BPFOPT_FRONTEND_CHECK_H

#include "frontend/ast.h"

#include <optional>
#include <string>

namespace bpfopt::frontend {

// Why the node cannot stand in any filter; nothing when it can. A Test is judged by its qualifier and the
// kind of its id, before names are resolved as well as after. Children are not looked into, but for the
// literals of a Binary.
std::optional<std::string> FindFault(const Ast& filter, const Node& node);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_CHECK_H
