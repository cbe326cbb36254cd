// How long compiling takes, and how much memory, ours beside libpcap's.
#ifndef BPFOPT_BENCH_TIMES_H
#define BPFOPT_BENCH_TIMES_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <string>

namespace bpfopt::bench {

struct TimesOptions {
  std::string command;  // the `bpfopt` to be run
};

// Each row of the corpus in this process (processor time): by bpfopt at -O1, at -O2 without and with the
// proof, the proof alone, and by libpcap with and without its optimizer; and as a whole process (wall time
// and peak memory): `bpfopt` at -O1, -O2 and -O3 and `tcpdump -ddd`. All ways take turns on a row, so that
// what else the machine does falls on all of them, and the best turn counts. The report is bad when bpfopt
// has no program for a row, or one that is not proven. Errors: a command cannot be run.
Expected<ModeReport> MeasureTimes(const Corpus& corpus, const CompileOptions& options,
                                  const TimesOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TIMES_H
