// Runs a function on a packet: the IR's reference meaning, for tests of everything that transforms it.
#ifndef BPFOPT_IR_EVALUATE_H
#define BPFOPT_IR_EVALUATE_H

#include "bpf/interpreter.h"
#include "ir/function.h"

namespace bpfopt::ir {

// Always ends, whatever the function: broken invariants that a run meets (a load that is used and not
// guarded, a loop, a value that no block defines) end it with End::kMalformed. A failed bounds guard is
// End::kFault, a failed non-zero guard End::kDivision. `executed` counts blocks. Random draws ask `ancillary`
// by their identity. Loads, addresses, shifts and continuations follow bpf/interpreter.h for the function's
// target.
bpf::Outcome Evaluate(const Function& function, const bpf::Packet& packet,
                      const bpf::Ancillary& ancillary = {});

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_EVALUATE_H
