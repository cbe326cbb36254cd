// The guarantee: of the programs that were made of a source, the best one that is proven.
#ifndef BPFOPT_DRIVER_GUARANTEE_H
#define BPFOPT_DRIVER_GUARANTEE_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "driver/candidate.h"
#include "driver/source.h"
#include "driver/stage_log.h"

#include <functional>
#include <optional>

namespace bpfopt::driver {

// Fills the program, its proof, the candidates and notes into a result that is new but for the statistics of
// `log`. A program that a proof shows to be wrong is an internal error with the packet; a proof without an
// answer makes the next best candidate's turn, down to the source itself, which needs none.
// `explain` says, when no program fits the limit, which part is to blame: of the smallest one's instructions,
// or 0 when there is none.
using SizeExplainer = std::function<std::optional<Diagnostic>(std::size_t instructions)>;
Expected<CompileResult> ChooseProven(const Subject& subject, Source source, const CompileOptions& options,
                                     StageLog& log, const SizeExplainer& explain);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_GUARANTEE_H
