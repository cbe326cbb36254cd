// The comparison as a table for people and as JSON.
#ifndef BPFOPT_BENCH_REPORT_H
#define BPFOPT_BENCH_REPORT_H

#include "bench/measure.h"

#include <string>
#include <vector>

namespace bpfopt::bench {

// Worst rows first, then what is not compared, then the means.
std::string FormatTable(const std::vector<Row>& rows);
std::string FormatJson(const std::vector<Row>& rows);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_REPORT_H
