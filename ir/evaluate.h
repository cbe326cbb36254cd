// Runs a function on a packet: the IR's reference meaning, for tests of everything that transforms it.
#ifndef BPFOPT_IR_EVALUATE_H
#define BPFOPT_IR_EVALUATE_H

#include "bpf/interpreter.h"
#include "ir/function.h"

namespace bpfopt::ir {

// End::kReturn, kFault, kDivision or kNoDevice; `executed` counts blocks. Effects ask `ancillary`, a draw by
// its identity.
bpf::Outcome Evaluate(const Function& function, const bpf::Packet& packet,
                      const bpf::Ancillary& ancillary = {});

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_EVALUATE_H
