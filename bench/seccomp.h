// libseccomp's exports beside what the optimizer makes of them.
#ifndef BPFOPT_BENCH_SECCOMP_H
#define BPFOPT_BENCH_SECCOMP_H

#include "bpfopt/error.h"

#include <string>

namespace bpfopt::bench {

// A table: instructions, and instructions executed in the mean over system calls, of libseccomp's two forms
// and of the linear one optimized. Errors are the optimizer's.
Expected<std::string> CompareWithLibseccomp();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SECCOMP_H
