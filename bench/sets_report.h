// The comparison of filters of many entries as a table and as JSON.
#ifndef BPFOPT_BENCH_SETS_REPORT_H
#define BPFOPT_BENCH_SETS_REPORT_H

#include "bench/kernel_rate.h"
#include "bench/set_filters.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

struct SetRow {
  SetFilter filter;
  std::size_t ours = 0;  // instructions; 0: no program
  std::string error = {};
  bool proven = false;
  double quick = 0;       // milliseconds at -O1
  double with_proof = 0;  // milliseconds
  double megabytes = 0;   // that memory grew by at most; 0: not known
  double executed = 0;
  std::size_t kernel_bytes = 0;
  std::size_t theirs = 0;  // 0: none, or not asked for
  bool libpcap_over_time = false;
  double their_time = 0;
  double their_executed = 0;
};

struct SetKernelRun {
  std::size_t entries = 0;
  std::size_t ours = 0;
  std::size_t theirs = 0;
  KernelRate rate;
};

struct SetsReport {
  std::chrono::seconds libpcap_limit{};
  std::vector<SetRow> rows;  // by series, from the smallest on
  std::optional<SetKernelRun> kernel;
  std::string kernel_error;  // why there is no run; empty when none was asked for
};

// The exponents by which times grow from 500 to 2000 entries stand below, with what is worst of all.
std::string FormatSetsText(const SetsReport& report);
// A table of `or` filters of random entries, as Markdown.
std::string FormatSetsSummary(const SetsReport& report);
nlohmann::ordered_json SetsData(const SetsReport& report);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SETS_REPORT_H
