// The scratch words in which libpcap's programs keep the lengths of variable headers. They are written at the
// start and read before each test of what lies behind such a header. libpcap hands out the same words to
// arithmetic: on 802.11 with radiotap, `len > 100 and ip` compares 100 with 100 and takes it for the header's
// length. A program that loses its lengths in this way does not mean what its filter says.
#ifndef BPFOPT_FRONTEND_HEADER_WORDS_H
#define BPFOPT_FRONTEND_HEADER_WORDS_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"
#include "frontend/ast.h"
#include "frontend/lower.h"

namespace bpfopt::frontend {

// `program` is libpcap's, unoptimized, for `filter`, which can be lowered under `options`.
bool OverwritesHeaderLengths(const Program& program, const Ast& filter, const LowerOptions& options);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_HEADER_WORDS_H
