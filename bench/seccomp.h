// libseccomp's exports beside what the optimizer makes of them.
#ifndef BPFOPT_BENCH_SECCOMP_H
#define BPFOPT_BENCH_SECCOMP_H

#include "bench/mode.h"
#include "bpfopt/error.h"

namespace bpfopt::bench {

// A table: instructions, and instructions executed in the mean over system calls, of libseccomp's two forms
// and of the linear one optimized. Errors are the optimizer's.
Expected<ModeReport> CompareWithLibseccomp();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SECCOMP_H
