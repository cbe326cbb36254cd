// How fast the running kernel rejects packets by a program.
#ifndef BPFOPT_BENCH_KERNEL_RATE_H
#define BPFOPT_BENCH_KERNEL_RATE_H

#include "bench/spread.h"
#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <chrono>
#include <cstdint>
#include <vector>

namespace bpfopt::bench {

struct KernelRate {
  double ours = 0;  // packets a second, the median of the runs
  double theirs = 0;
  Spread ratio;  // ours / theirs, of pairs of runs one after the other
};

struct KernelRuns {
  int pairs = 9;
  std::chrono::milliseconds each{200};
};

// Sends frames that both programs reject through two socketpairs that have the programs attached, by turns.
// An error, which says why, when there are no sockets or the kernel does not take a program.
Expected<KernelRate> CompareInKernel(const Program& ours, const Program& theirs,
                                     const std::vector<std::vector<std::uint8_t>>& frames,
                                     const KernelRuns& runs = {});

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_KERNEL_RATE_H
