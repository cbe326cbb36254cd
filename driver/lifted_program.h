// The front half of the pipeline for bytecode.
#ifndef BPFOPT_DRIVER_LIFTED_PROGRAM_H
#define BPFOPT_DRIVER_LIFTED_PROGRAM_H

#include "bpfopt/error.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"
#include "driver/stage_log.h"
#include "ir/function.h"

namespace bpfopt::driver {

// What a program computes, as IR; the step is called "lift". An error when it has no meaning.
Expected<ir::Function> LiftProgram(const Program& program, Target target, StageLog& log);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_LIFTED_PROGRAM_H
