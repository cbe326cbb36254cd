// How fast the running kernel rejects packets by a program.
#ifndef BPFOPT_BENCH_KERNEL_RATE_H
#define BPFOPT_BENCH_KERNEL_RATE_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <cstdint>
#include <vector>

namespace bpfopt::bench {

struct KernelRate {
  double ours = 0;  // packets a second, the median of the runs
  double theirs = 0;
  double ratio = 0;  // ours / theirs, the median of pairs of runs one after the other
};

// Sends frames that both programs reject through two socketpairs that have the programs attached, by turns.
// An error when the kernel does not take a program.
Expected<KernelRate> CompareInKernel(const Program& ours, const Program& theirs,
                                     const std::vector<std::vector<std::uint8_t>>& frames);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_KERNEL_RATE_H
