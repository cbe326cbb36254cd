// What measuring compiles came to, as text, in Markdown and as JSON (docs/bench.schema.json).
#ifndef BPFOPT_BENCH_TIMES_REPORT_H
#define BPFOPT_BENCH_TIMES_REPORT_H

#include "bench/corpus.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

enum class Measure {
  kInProcess,     // processor time, ms
  kWholeProcess,  // wall time of a command, ms
  kPeakMemory,    // of a command, KiB
};

// One way to compile, over all rows.
struct TimesSeries {
  Measure measure = Measure::kInProcess;
  bool is_ours = true;
  std::string name;         // no other series of the measure has it
  std::string beside = {};  // the series of the measure that it is divided by; empty: none
  std::vector<std::optional<double>> values = {};  // by row; nothing: no program
};

// Instructions of all rows that compile.
struct LevelSums {
  std::size_t rows = 0;
  std::size_t first = 0;   // at -O1
  std::size_t second = 0;  // at -O2
};

struct TimesFigures {
  std::vector<CorpusRow> rows;
  std::vector<TimesSeries> series;  // those of a measure one after the other
  LevelSums levels;
};

std::string FormatTimesText(const TimesFigures& figures);
std::string FormatTimesMarkdown(const TimesFigures& figures);  // the series alone
nlohmann::ordered_json TimesToJson(const TimesFigures& figures);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TIMES_REPORT_H
