// The run over random filters of the whole language, on every link type, in several processes at once.
#ifndef BPFOPT_BENCH_LANGUAGE_RUN_H
#define BPFOPT_BENCH_LANGUAGE_RUN_H

#include "bench/filter_text.h"
#include "bench/language_judge.h"
#include "bpfopt/error.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct JudgedFilter {
  FilterSite site;
  FilterText filter;
  LanguageJudgement judgement;
};

struct LanguageRunOptions {
  std::size_t filters = 0;
  std::uint64_t seed = 1;
  std::vector<KnownLinkType> link_types = {};
  unsigned jobs = 2;  // processes at a time, each waited for by a thread
  LanguageOptions judge = {};
  std::function<void(std::size_t done)> progress = {};  // called from several threads
};

// The filter with a number depends on the seed, the link types and libpcap alone.
FilterSite SiteAt(const LanguageRunOptions& run, std::size_t index);
FilterText TextAt(const LanguageRunOptions& run, std::size_t index);

// In the order of their numbers. An error when no process can be made.
Expected<std::vector<JudgedFilter>> RunLanguage(const LanguageRunOptions& run);

// A filter for each of these, judged in a process of its own.
Expected<LanguageJudgement> JudgeInChild(const std::string& filter, const FilterSite& site,
                                         const LanguageOptions& options);

// The filter with as many tokens taken away as the outcome and the shape of its messages stand.
Expected<std::string> Shorten(const JudgedFilter& judged, const LanguageOptions& options);

// A message without its numbers and quoted words.
std::string MessageShape(const std::string& message);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LANGUAGE_RUN_H
