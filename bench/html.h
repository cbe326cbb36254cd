// The page of `bpfopt-bench --html`.
#ifndef BPFOPT_BENCH_HTML_H
#define BPFOPT_BENCH_HTML_H

#include "bench/measure.h"
#include "bench/scaling.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <string>
#include <vector>

namespace bpfopt::bench {

struct PageData {
  std::vector<Row> rows;
  std::string executed;        // as CompareExecuted prints it in Form::kJson
  bool from_captures = false;  // are its packets those of captures, or generated?
  std::vector<ScalingSeries> scaling;
};

// The JSON of docs/report.md, and the page that has it in it.
std::string FormatPageData(const PageData& data, const CompileOptions& options);
// Could the page be written? An error says why not: to be asked before all is measured.
Expected<void> CheckWritable(const std::string& path);
// Under another name until it is complete.
Expected<void> WritePage(const std::string& path, const PageData& data, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_HTML_H
