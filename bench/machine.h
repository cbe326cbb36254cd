// What figures were measured on, and with.
#ifndef BPFOPT_BENCH_MACHINE_H
#define BPFOPT_BENCH_MACHINE_H

#include <string>

namespace bpfopt::bench {

// As the kernel names it; "unknown" where it does not.
std::string ProcessorName();
// Today, such as 2026-01-31, in UTC.
std::string Today();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_MACHINE_H
