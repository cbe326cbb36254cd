// What each pass is worth: the corpus compiled without it.
#ifndef BPFOPT_BENCH_ABLATION_H
#define BPFOPT_BENCH_ABLATION_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

namespace bpfopt::bench {

// A table: with all passes, and with each one left out of every candidate, the instructions of all programs
// together, the geometric mean of ours / tcpdump's, the rows that grow and shrink, and the rows that grow
// most. Over the rows that tcpdump has a right program for. Without proofs: sizes are all that is looked at.
// An error when there is no tcpdump.
Expected<ModeReport> CompareWithoutPasses(const Corpus& corpus, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_ABLATION_H
