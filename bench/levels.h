// What -O3 gains over -O2, and what it costs.
#ifndef BPFOPT_BENCH_LEVELS_H
#define BPFOPT_BENCH_LEVELS_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

namespace bpfopt::bench {

// Compiles each row at both levels: a table of the rows that become smaller, the sums, and the times. Rows
// that do not compile are left out.
Expected<ModeReport> CompareLevels(const Corpus& corpus, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LEVELS_H
