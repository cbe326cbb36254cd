// All measurements in one document, docs/results.md: what the README's figures are taken from.
#ifndef BPFOPT_BENCH_RESULTS_H
#define BPFOPT_BENCH_RESULTS_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bench/sets.h"
#include "bench/times.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <optional>
#include <string>

namespace bpfopt::bench {

struct ResultsOptions {
  TimesOptions times;
  SetsOptions sets;
  std::optional<std::string> captures;  // beside generated traffic: a directory of savefiles
};

// Sizes, instructions executed, times, rates and large filters, each as its own way of running prints it, in
// Markdown, under a head that names the machine, the versions and the day. Bad when one of them is.
Expected<ModeReport> MakeResults(const Corpus& corpus, const CompileOptions& options,
                                 const ResultsOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_RESULTS_H
