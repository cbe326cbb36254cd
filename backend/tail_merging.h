// Blocks that end in the same instructions share them.
//
//   b1: ldb [23]; jeq #0x11 b3 b4      b1: ldb [23]; (falls into b2)
//   b2: jeq #0x11 b3 b4                b2: jeq #0x11 b3 b4
//
// Only where instructions are saved after the jumps that it costs, of which the layout avoids one for each
// target.
#ifndef BPFOPT_BACKEND_TAIL_MERGING_H
#define BPFOPT_BACKEND_TAIL_MERGING_H

#include "backend/machine.h"

namespace bpfopt::backend {

// `function` is simplified, before and after.
void MergeTails(MachineFunction& function);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_TAIL_MERGING_H
