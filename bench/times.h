// How long compiling takes.
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

// Each row of the corpus at -O1 in this process (processor time), and by the command at -O2 and -O3 as a
// whole process, proof included; the best of a few runs, since a machine has other things to do. Medians and
// the worst rows. Rows that bpfopt has no program for are left out. An error when the command cannot be run.
Expected<ModeReport> MeasureTimes(const Corpus& corpus, const CompileOptions& options,
                                  const TimesOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TIMES_H
