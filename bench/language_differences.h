// Filters that only one of bpfopt and libpcap takes, and why that is as it should be. docs/language.md says
// the same to users.
#ifndef BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H
#define BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H

#include "bench/language_run.h"

#include <span>
#include <string_view>

namespace bpfopt::bench {

struct ExplainedDifference {
  LanguageOutcome outcome;   // kOnlyLibpcap, kOnlyBpfopt or kUndecided
  std::string_view message;  // a regular expression that the deciding message holds
  std::string_view filter;   // one that the filter holds; empty: any
  std::string_view reason;
};

std::span<const ExplainedDifference> ExplainedDifferences();

// Null when nothing explains the outcome.
const ExplainedDifference* Explanation(const JudgedFilter& judged);

// Of the side that refuses, for an outcome of one side alone; why there is no proof.
const std::string& DecidingMessage(const LanguageJudgement& judgement);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LANGUAGE_DIFFERENCES_H
