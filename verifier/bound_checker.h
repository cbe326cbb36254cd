// What a certificate of a lower bound bears out. Everything is found anew by running the source on the
// witnesses, so that a bound rests on this file, witness.h, load_cover.h, the interpreter and
// docs/lower-bounds.md alone, and not on the search for witnesses.
#ifndef BPFOPT_VERIFIER_BOUND_CHECKER_H
#define BPFOPT_VERIFIER_BOUND_CHECKER_H

#include "bpfopt/lower_bound.h"
#include "verifier/witness.h"

#include <cstddef>
#include <vector>

namespace bpfopt::verifier {

// The instructions that one witness bears out; at least 1.
std::size_t InstructionsFor(const BoundedSource& source, const BoundWitness& witness);

// The instructions that a certificate bears out; at least 1.
std::size_t BorneOut(const BoundedSource& source, const std::vector<BoundWitness>& witnesses);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_BOUND_CHECKER_H
