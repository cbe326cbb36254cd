// The guarantee: of the programs that were made of a filter, the best one that is proven.
#ifndef BPFOPT_DRIVER_GUARANTEE_H
#define BPFOPT_DRIVER_GUARANTEE_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "driver/lowered_filter.h"
#include "driver/source.h"
#include "driver/stage_log.h"

namespace bpfopt::driver {

// Fills the program, its proof, the candidates and notes into a result that is new but for the statistics of
// `log`. A program that a proof shows to be wrong is an internal error with the packet; a proof without an
// answer makes the next best candidate's turn, down to the source itself, which needs none.
Expected<CompileResult> ChooseProven(const LoweredFilter& lowered, Source source,
                                     const CompileOptions& options, StageLog& log);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_GUARANTEE_H
