// The embedded language of bpfopt/filter.h as a tree.
#ifndef BPFOPT_FRONTEND_EMBEDDED_H
#define BPFOPT_FRONTEND_EMBEDDED_H

#include "bpfopt/error.h"
#include "bpfopt/filter.h"
#include "frontend/ast.h"

namespace bpfopt::frontend {

// The tree of an embedded filter; nodes have no ranges. Arguments that are no addresses are errors here.
Expected<Ast> BuildAst(const filter::Predicate& filter);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_EMBEDDED_H
