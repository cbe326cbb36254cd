// Fits the scratch words of machine code, numbered without bound, into the machine's sixteen.
#ifndef BPFOPT_BACKEND_SCRATCH_H
#define BPFOPT_BACKEND_SCRATCH_H

#include "backend/machine.h"
#include "bpfopt/error.h"

namespace bpfopt::backend {

// Two words share one when never both are live. Removes stores that nothing reads. kTooLarge when more than
// sixteen are live at a time.
Expected<void> AllocateScratch(MachineFunction& function);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SCRATCH_H
