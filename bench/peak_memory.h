// How much memory a piece of work takes in this process.
#ifndef BPFOPT_BENCH_PEAK_MEMORY_H
#define BPFOPT_BENCH_PEAK_MEMORY_H

#include <cstddef>
#include <optional>

namespace bpfopt::bench {

// What was resident at most since it was made, beyond what was then: a process that has been forked begins
// with its parent's memory. Memory that was freed before is given back first, so that work which takes it
// again is counted. One at a time in a process.
class PeakMemory {
 public:
  PeakMemory();
  // Nothing where the kernel does not tell (proc(5): /proc/self/clear_refs, VmHWM).
  std::optional<std::size_t> kibibytes() const;

 private:
  std::optional<std::size_t> before_;
};

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_PEAK_MEMORY_H
