// Parameters that nothing needs, dropped with the arguments for them.
#ifndef BPFOPT_IR_DEAD_PARAMETERS_H
#define BPFOPT_IR_DEAD_PARAMETERS_H

#include "ir/function.h"

#include <cstddef>

namespace bpfopt::ir {

// A parameter is needed when a guard, an effect or a terminator uses it, or an argument for a parameter that
// is needed. Returns how many were dropped. Linear in the function.
std::size_t DropDeadParameters(Function& function);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_DEAD_PARAMETERS_H
