// What a run over the language came to: counts, each difference, the groups of filters that one side alone
// takes, and how much of the grammar was reached.
#ifndef BPFOPT_BENCH_LANGUAGE_REPORT_H
#define BPFOPT_BENCH_LANGUAGE_REPORT_H

#include "bench/language_differences.h"
#include "bench/language_run.h"
#include "bpfopt/error.h"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bpfopt::bench {

// Filters with one outcome and one shape of message; of what no message tells, one filter brought down to
// what matters.
struct LanguageGroup {
  LanguageOutcome outcome = LanguageOutcome::kDifferent;
  std::string shape;
  std::size_t filters = 0;
  std::set<std::string> link_types;
  JudgedFilter shortest;  // the first of the shortest
  std::string shortened;  // empty unless shortened
  const ExplainedDifference* explanation = nullptr;
};

struct ProductionCoverage {
  std::size_t filters = 0;
  std::set<std::string> link_types;  // on which both take a filter with it
};

struct LanguageReport {
  std::string libpcap;  // its version
  std::size_t filters = 0;
  std::size_t mutants = 0;
  std::array<std::size_t, kLanguageOutcomes> counts{};
  struct PerLinkType {
    std::size_t filters = 0;
    std::size_t both = 0;  // take it
    std::size_t equal = 0;
  };
  std::map<std::string, PerLinkType> link_types;

  std::size_t optimized = 0;
  std::size_t proven = 0;
  std::size_t from_libpcap = 0;
  std::size_t compared = 0;  // with an optimized program of libpcap's
  std::size_t smaller = 0;
  std::size_t larger = 0;
  double log_ratio = 0;  // the sum of the logarithms of the sizes' ratios

  double milliseconds = 0;  // of one processor, for all filters
  JudgedFilter slowest;

  std::vector<LanguageGroup> groups;  // by outcome, the most frequent first
  std::vector<LanguageGroup> unproven;
  std::vector<LanguageGroup> not_smaller;
  std::vector<LanguageGroup> meaningless;    // by reason
  std::vector<ProductionCoverage> coverage;  // by production

  // Productions that no filter has, or that both sides never took together though libpcap can.
  std::vector<std::size_t> Unreached() const;
  std::size_t Unexplained() const;  // filters that one side alone takes, and nothing explains why
  std::size_t Undecided() const;    // the same of those that no proof was found for
  std::size_t Wrong() const;        // different, failed, crashed or endless
};

LanguageReport MakeReport(const std::vector<JudgedFilter>& judged);

// Brings the filters of the groups down to what matters.
Expected<void> ShortenGroups(LanguageReport& report, const LanguageOptions& options);

std::string FormatLanguageReport(const LanguageReport& report);
std::string FormatLanguageMarkdown(const LanguageReport& report);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LANGUAGE_REPORT_H
