// What `bpfopt report` knows of a filter, as the JSON of docs/report.md.
#ifndef BPFOPT_CLI_REPORT_DATA_H
#define BPFOPT_CLI_REPORT_DATA_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <string>

namespace bpfopt::cli {

struct ReportData {
  CompileResult result;
  std::string json;
};

// Compiles the filter, by itself and by libpcap, bounds and explains it. `options.observer` is not called.
// Errors: those of Compile.
Expected<ReportData> MakeReportData(const std::string& filter, CompileOptions options);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_REPORT_DATA_H
