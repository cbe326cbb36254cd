// Filters that only one of bpfopt and libpcap takes, and why that is as it should be. docs/language.md says
// the same to users.
#ifndef BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H
#define BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H

#include "bench/language_run.h"

#include <span>
#include <string_view>

namespace bpfopt::bench {

struct ExplainedDifference {
  LanguageOutcome outcome;   // kOnlyLibpcap or kOnlyBpfopt
  std::string_view message;  // a regular expression that the refusing side's message holds
  std::string_view filter;   // one that the filter holds; empty: any
  std::string_view reason;
};

std::span<const ExplainedDifference> ExplainedDifferences();

// Null when nothing explains that only one side takes the filter.
const ExplainedDifference* Explanation(const JudgedFilter& judged);

// Of the side that refuses, for an outcome of one side alone.
const std::string& RefusingMessage(const LanguageJudgement& judgement);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H
