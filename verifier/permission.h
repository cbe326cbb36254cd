// How much a verdict permits, for the question whether one program implies another. Of a packet filter:
// nothing when it is 0. Of a filter of system calls: what its action ranks in the kernel's precedence
// (kernel/seccomp.c, seccomp_run_filters: the lowest action of all filters wins, as a signed number). An
// action that the kernel does not know kills the process (__seccomp_filter, its default case) and so ranks
// lowest; the data bits below an action do not matter.
#ifndef BPFOPT_VERIFIER_PERMISSION_H
#define BPFOPT_VERIFIER_PERMISSION_H

#include "bpfopt/program.h"
#include "smt/term.h"

#include <cstdint>

namespace bpfopt::verifier {

// Ranks are 0, ..., HighestPermission(rules).
unsigned HighestPermission(Target rules);
unsigned PermissionOf(std::uint32_t verdict, Target rules);
// Does the verdict, a term of 32 bits, rank at least so high? `least` is not 0.
smt::Term PermitsAtLeast(smt::Term verdict, unsigned least, Target rules, smt::Context& terms);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_PERMISSION_H
