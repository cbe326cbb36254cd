// Looks for the packets whose certificate of a lower bound bears out the most instructions. Nothing here is
// trusted: bound_checker.h counts.
#ifndef BPFOPT_VERIFIER_BOUND_SEARCH_H
#define BPFOPT_VERIFIER_BOUND_SEARCH_H

#include "bpfopt/lower_bound.h"
#include "verifier/bound_checker.h"

#include <cstddef>

namespace bpfopt::verifier {

// Deterministic. `hint` is equal to the source: packets are looked for along its paths. At most about `runs`
// runs of the source.
LowerBound SearchLowerBound(const BoundedSource& source, const Program& hint, std::size_t runs);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_BOUND_SEARCH_H
