// From a model of the difference of two programs to a packet that shows it. The interpreter has the last
// word: a packet that does not make the two programs differ there is no counterexample.
#ifndef BPFOPT_VERIFIER_COUNTEREXAMPLE_H
#define BPFOPT_VERIFIER_COUNTEREXAMPLE_H

#include "bpfopt/program.h"
#include "smt/term.h"
#include "verifier/equivalence.h"
#include "verifier/unknowns.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace bpfopt::verifier {

// In what the programs differ.
enum class Difference {
  kVerdict,          // the verdicts
  kCompleteVerdict,  // the verdicts in the meanings S* and R*
  kNewFault,         // the source accepts, the result faults
  kPermission,       // the source permits more than the result (verifier/permission.h)
};

// How the draws of both programs are named in Unknowns.
std::string SourceDrawName(std::size_t instruction);
std::string ResultDrawName(std::size_t instruction, const Options& options);

// The value of an unknown (of a boolean: 0 or 1) in a model.
using Valuation = std::function<std::uint64_t(smt::Term)>;

// Of longer captures only the bytes that are not 0 are held.
inline constexpr std::uint32_t kLongestCapture = 1 << 20;

// The two programs of a proof, and how to run them.
struct Pair {
  const Program& source;
  const Program& result;
  const Options& options;
  Target rules;
};

// The packet of a model, made small; nothing when the programs do not differ on it.
std::optional<Counterexample> ConfirmedCounterexample(const Pair& pair, Difference difference,
                                                      const smt::Context& terms, const Unknowns& unknowns,
                                                      const Valuation& valuation);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_COUNTEREXAMPLE_H
