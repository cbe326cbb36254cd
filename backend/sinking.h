// Loads of the index register that only one way of a branch needs are made on that way.
//
//   b1: ld [20]; and #0x1fff00ff; ldxb 4*([14]&0xf); jump b3        b1: ld [20]; and #0x1fff00ff
//   b2: ldb [20]; ldx #0x28; jump b3                           =>       jeq #0x6 then b4 else b9
//   b3: jeq #0x6 then b5 else b9                                    b4: ldxb 4*([14]&0xf); jump b5
//                                                                   b2: ldb [20]; ldx #0x28
//                                                                       jeq #0x6 then b5 else b9
//
// A block that only tests is copied to what jumps to it: the jump would be an instruction as well.
#ifndef BPFOPT_BACKEND_SINKING_H
#define BPFOPT_BACKEND_SINKING_H

#include "backend/machine.h"
#include "bpfopt/options.h"

namespace bpfopt::backend {

// Makes each move that lowers the cost under the objective. A load that can fault is moved past a test only
// where the way that does without it rejects at once. `function` is simplified before and after.
void SinkLoads(MachineFunction& function, Objective objective);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SINKING_H
