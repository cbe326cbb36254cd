// Names to addresses and numbers. The only step of a compile that may ask the system.
#ifndef BPFOPT_FRONTEND_RESOLVE_H
#define BPFOPT_FRONTEND_RESOLVE_H

#include "bpfopt/error.h"
#include "bpfopt/resolver.h"
#include "frontend/ast.h"

namespace bpfopt::frontend {

// Replaces every Name by what it stands for under its qualifiers, as libpcap's gen_scode chooses. An unknown
// name is an error at its place.
Expected<Ast> ResolveNames(Ast filter, const Resolver& resolver);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_RESOLVE_H
