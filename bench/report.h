// The comparison of sizes as a table for people and as JSON.
#ifndef BPFOPT_BENCH_REPORT_H
#define BPFOPT_BENCH_REPORT_H

#include "bench/corpus.h"
#include "bench/measure.h"
#include "bench/mode.h"

#include <vector>

namespace bpfopt::bench {

// As text: the worst rows first, then what is not compared, then the means.
ModeReport ReportSizes(const std::vector<Row>& rows);

// MeasureCorpus, and that.
Expected<ModeReport> CompareSizes(const Corpus& corpus, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_REPORT_H
