// The scratch words in which libpcap's programs keep the places of headers that vary: lengths of radio
// headers and of 802.11 headers, computed at the start, and the places of what Geneve carries. They are read
// before each test of what lies behind such a header. libpcap hands out the same words to arithmetic: on
// 802.11 with radiotap, `len > 100 and ip` stores the 100 where the header's length was. A program that reads
// such leftovers does not mean what its filter says.
#ifndef BPFOPT_FRONTEND_HEADER_WORDS_H
#define BPFOPT_FRONTEND_HEADER_WORDS_H

#include "bpfopt/program.h"
#include "frontend/ast.h"
#include "frontend/lower.h"

namespace bpfopt::frontend {

// `program` is libpcap's, unoptimized and with jumps forward only, for `filter`, which can be lowered under
// `options`.
bool LosesHeaderPlaces(const Program& program, const Ast& filter, const LowerOptions& options);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_HEADER_WORDS_H
