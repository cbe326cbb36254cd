// The superoptimizer: replaces windows of a program (backend/window.h) by shorter code that is found by
// search (backend/synthesis.h) and proven (verifier/window_proof.h), as long as there is any.
//
// Examples come first from the solver, one packet for each way out of a window and its neighbours, then from
// proofs that fail: a packet that tells a candidate from the window is one more example, and the search goes
// on.
#ifndef BPFOPT_DRIVER_SUPEROPTIMIZE_H
#define BPFOPT_DRIVER_SUPEROPTIMIZE_H

#include "bpfopt/compiler.h"
#include "driver/candidate.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace bpfopt::driver {

// What it may spend: a count of examples looked at, of candidates for each window that may turn out wrong,
// and of the solver's resource units for each question.
struct SuperoptimizerBudget {
  std::uint64_t steps = 60'000'000;
  std::uint64_t steps_per_window = 8'000'000;
  std::size_t refutations = 40;
  std::uint64_t smt_steps_per_example = 30'000;
  std::uint64_t smt_steps_per_proof = 400'000;
  std::uint64_t smt_steps = 4'000'000;
};

struct Superoptimized {
  Built built;
  std::size_t windows = 0;   // looked at
  std::size_t refuted = 0;   // candidates that some packet refuted
  std::size_t replaced = 0;  // windows that became shorter
};

// `judge` says whether a program as a whole is proven: windows are proven for complete packets, so a
// candidate may yet fault where it must not. Each step has passed it and bpf::Check, and is better by the
// objective. Deterministic.
Superoptimized Superoptimize(const Built& built, const Subject& subject, const CompileOptions& options,
                             const SuperoptimizerBudget& budget,
                             const std::function<bool(const Built&)>& judge);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_SUPEROPTIMIZE_H
