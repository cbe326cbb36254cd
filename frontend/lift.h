// Bytecode to IR. No producer's habits are assumed: any program that the structural check accepts has a
// function of the same meaning.
//
//   (000) ldh [12]                          b0:
//   (001) jeq #0x800  jt 2 jf 4               need [12]:2
//   (002) ldxb 4*([14]&0xf)                   if ldh[12] == 0x800 then b1 else b2
//   (003) ja 5                              b1:
//   (004) ldx #40                             need [14]:1
//   (005) ldh [x + 14]                        jump b3((ldb[14] & 0xf) << 0x2)
//   (006) ret a                             b2:
//                                             jump b3(0x28)
//                                           b3(%0):
//                                             need [%0 + 14]:2
//                                             return ldh[%0 + 14]
#ifndef BPFOPT_FRONTEND_LIFT_H
#define BPFOPT_FRONTEND_LIFT_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"
#include "ir/function.h"

#include <cstddef>

namespace bpfopt::frontend {

// Registers and scratch words become values, where paths bring different ones to an instruction that may
// still read them, block parameters. Loads and divisions become guards, in the program's order; ancillary
// loads with identity become effects, and a draw's identity is the number of its instruction. An error names
// the first instruction that bpf::Check refuses; a program may have any number of them up to `limit`. Linear
// in the program, times the number of registers.
Expected<ir::Function> Lift(const Program& program, Target target, std::size_t limit = 1'000'000);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LIFT_H
