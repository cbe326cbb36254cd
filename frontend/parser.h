// Filter text to tree: a lexer and a hand-written parser with libpcap's precedence (and/or on one level,
// left to right; not binds tighter) and bpfopt's own spellings; docs/language.md has the grammar.
#ifndef BPFOPT_FRONTEND_PARSER_H
#define BPFOPT_FRONTEND_PARSER_H

#include "bpfopt/error.h"
#include "bpfopt/file_reader.h"
#include "frontend/ast.h"

#include <string_view>

namespace bpfopt::frontend {

// Linear in the text, in time and memory; depth of nesting costs heap, not stack. Names stay names. Sets
// become tests joined by `or`; `read_file` reads those that are in files.
Expected<Ast> ParseFilter(std::string_view text, const FileReader& read_file = {});

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PARSER_H
