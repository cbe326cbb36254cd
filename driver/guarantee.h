// The guarantee: of the programs that were made of a source, the best one that is proven.
#ifndef BPFOPT_DRIVER_GUARANTEE_H
#define BPFOPT_DRIVER_GUARANTEE_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/verify.h"
#include "driver/candidate.h"
#include "driver/source.h"
#include "driver/stage_log.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

namespace bpfopt::driver {

// A program that a proof showed to be another one than its source.
struct Refutation {
  std::string_view candidate;
  Counterexample counterexample;
  Source source;  // handed back
};

// `explain` says, when no program fits the limit, which part is to blame: of the smallest one's instructions,
// or 0 when there is none.
using SizeExplainer = std::function<std::optional<Diagnostic>(std::size_t instructions)>;

// Fills the program, its proof, the candidates and notes into a result that is new but for the statistics of
// `log`. The first program that a proof shows to be wrong ends it; a proof without an answer makes the next
// best candidate's turn, down to the source itself, which needs none.
Expected<std::variant<CompileResult, Refutation>> ChooseProven(const Subject& subject, Source source,
                                                               const CompileOptions& options, StageLog& log,
                                                               const SizeExplainer& explain);

// The internal error that a refutation is where the source means what bpfopt takes it to mean.
Error MistakeOf(const Refutation& refutation);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_GUARANTEE_H
