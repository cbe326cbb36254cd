// The exact figures of every row of the corpus, kept in a file: a change tells which rows it makes better or
// worse.
#ifndef BPFOPT_BENCH_BASELINE_H
#define BPFOPT_BENCH_BASELINE_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <string>

namespace bpfopt::bench {

struct BaselineOptions {
  std::string path;
  bool update = false;  // write the figures of today instead of comparing with them
};

// Compiles the corpus under the balanced and the speed objective and under the strict relation, and compares
// with the file, row by row: instructions, for Ethernet rows the instructions executed over the packets of
// MakeTraffic, and both of tcpdump's. The report is bad when a figure differs or a program is not proven: a
// row that is better belongs into the file, with the change that made it so. Rows are named with their
// figures of both times. Errors: the file cannot be read or written, or is none.
Expected<ModeReport> HoldToBaseline(const Corpus& corpus, const CompileOptions& options,
                                    const BaselineOptions& how);

// Is it of another libpcap than this program's? Its programs are other sources and yardsticks, so there is
// nothing to compare. Errors: the file cannot be read, or names no libpcap.
Expected<bool> IsOfAnotherLibpcap(const std::string& path);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_BASELINE_H
