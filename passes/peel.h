// Decisions on computed values as decisions on what they are computed from, where that is exact.
#ifndef BPFOPT_PASSES_PEEL_H
#define BPFOPT_PASSES_PEEL_H

#include "passes/partition.h"
#include "passes/value_simplifier.h"

namespace bpfopt::passes {

// The same decision on a smaller value: through a prefix mask, shifts, additions of a constant, subtraction
// from one, exclusive-or, products that do not wrap and quotients; restricted to words that the value can
// have, by structure. A decision on `v & mask` for any bit becomes {0} against the rest.
//
//   (ld[26] & 0xff000000) == 0xa000000    =>   ld[26] in 0xa000000..0xaffffff
//   (ldb[0] + 4) >= 10                    =>   ldb[0] >= 6
Partition Peel(ValueSimplifier& values, Partition partition);

// A decision of {0} against the rest, on a difference as a comparison of two values, on `a & b` as a test for
// any bit; else ToTerminator's.
ir::Terminator ToSimplestTerminator(ValueSimplifier& values, Partition partition);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PEEL_H
