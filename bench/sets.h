// Filters of many entries: what their programs come to and what making them takes, ours beside libpcap's.
#ifndef BPFOPT_BENCH_SETS_H
#define BPFOPT_BENCH_SETS_H

#include "bench/mode.h"
#include "bench/set_filters.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct SetsOptions {
  std::vector<std::string> kinds;  // by name; none: all
  std::vector<std::size_t> sizes;  // none: 10, 100, 500, 1000, 2000
  // Of processor time for one filter on libpcap's side; where it has run out, larger filters of the same
  // series are not tried. 0: libpcap is not asked.
  std::chrono::seconds libpcap_limit{10};
  bool has_variants = true;  // negated ones, and clustered entries, too
  bool asks_kernel = true;   // run 500 hosts in the running kernel
};

// Each filter is compiled in a process of its own: for the time without a proof at -O1, then for the time and
// the program with one. Instructions executed are the mean over random packets that match none of the
// entries. The report is bad when a program is missing or not proven. Errors: an unknown kind; no process
// can be made.
Expected<ModeReport> CompareSets(const CompileOptions& options, const SetsOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SETS_H
