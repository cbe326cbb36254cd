// A tree as filter text that parses to the same tree, always fully parenthesised. Where the tree uses no
// extension of ours the text is one that libpcap compiles, with the same meaning.
#ifndef BPFOPT_FRONTEND_PRINT_H
#define BPFOPT_FRONTEND_PRINT_H

#include "frontend/ast.h"

#include <string>

namespace bpfopt::frontend {

std::string PrintFilter(const Ast& filter);
// The words before an id: "tcp dst port".
std::string PrintQualifier(const Qualifier& qualifier);
// Does it use when() or rand(), which libpcap does not have?
bool UsesExtensions(const Ast& filter);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PRINT_H
