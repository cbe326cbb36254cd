// Minimised filters of one outcome, symptom and shape are one finding; the shortest of them stands for all.
#include "bench/findings.h"

#include "bench/minimise.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace bpfopt::bench {
namespace {

// Judges filters again and again that differ little, so many come twice.
class SymptomCache {
 public:
  explicit SymptomCache(const JudgeOptions& options) : options_(options) {}

  // Empty for a filter with nothing wrong; what cannot be judged at all is kept in failure().
  std::string SymptomOf(const std::string& filter, const std::string& link_type) {
    const std::string key = link_type + '\n' + filter;
    if (const auto known = symptoms_.find(key); known != symptoms_.end()) return known->second;
    // Each process that judges starts with a copy of this one, which had better be small.
    if (symptoms_.size() > kMost) symptoms_.clear();
    const auto judgement = JudgeLibpcap(filter, link_type, options_);
    if (!judgement) {
      failure_ = judgement.error();
      return {};
    }
    return symptoms_[key] = Key(*judgement);
  }

  const std::optional<Error>& failure() const { return failure_; }

  static std::string Key(const Judgement& judgement) {
    const std::string symptom = Symptom(judgement);
    return symptom.empty() ? "" : std::to_string(static_cast<int>(judgement.outcome)) + symptom;
  }

 private:
  static constexpr std::size_t kMost = 50'000;

  const JudgeOptions& options_;
  std::unordered_map<std::string, std::string> symptoms_;
  std::optional<Error> failure_;
};

Expected<FilterNode> MinimiseWith(SymptomCache& cache, const FilterNode& filter,
                                  const std::string& link_type) {
  const std::string wanted = cache.SymptomOf(ToText(filter), link_type);
  FilterNode small = filter;
  if (!wanted.empty()) {
    small = Minimise(
        filter, [&](const FilterNode& cut) { return cache.SymptomOf(ToText(cut), link_type) == wanted; });
  }
  if (cache.failure()) return tl::unexpected(*cache.failure());
  return small;
}

void Count(const Judgement& judgement, Findings& findings) {
  ++findings.rows;
  ++findings.counts[judgement.outcome];
  findings.milliseconds.insert(findings.milliseconds.end(), judgement.milliseconds.begin(),
                               judgement.milliseconds.end());
}

bool IsListed(Outcome outcome) { return outcome != Outcome::kEqual && outcome != Outcome::kRefused; }

bool IsShorter(const std::string& a, const std::string& b) {
  return std::make_tuple(a.size(), std::cref(a)) < std::make_tuple(b.size(), std::cref(b));
}

class RandomRun {
 public:
  RandomRun(const RandomOptions& random, const JudgeOptions& options)
      : random_(random), options_(options), cache_(options) {}

  Expected<Findings> Run() {
    for (std::size_t i = 0; i < random_.filters; ++i) {
      if (random_.progress) random_.progress(i);
      const std::string& link_type = random_.profiles[i % random_.profiles.size()].name;
      if (auto judged = JudgeOne(RandomFilterAt(random_, i), link_type); !judged) {
        return tl::unexpected(judged.error());
      }
    }
    for (auto& [key, finding] : merged_) findings_.found.push_back(std::move(finding));
    std::stable_sort(findings_.found.begin(), findings_.found.end(), [](const Finding& a, const Finding& b) {
      if (a.judgement.outcome != b.judgement.outcome) return a.judgement.outcome < b.judgement.outcome;
      return a.filters != b.filters ? a.filters > b.filters : IsShorter(a.filter, b.filter);
    });
    return std::move(findings_);
  }

 private:
  Expected<void> JudgeOne(const FilterNode& filter, const std::string& link_type) {
    const std::string text = ToText(filter);
    auto judgement = JudgeLibpcap(text, link_type, options_);
    if (!judgement) return tl::unexpected(judgement.error());
    Count(*judgement, findings_);
    if (!IsListed(judgement->outcome)) return {};
    FilterNode small = filter;
    if (!Symptom(*judgement).empty()) {
      auto minimised = MinimiseWith(cache_, filter, link_type);
      if (!minimised) return tl::unexpected(minimised.error());
      small = std::move(*minimised);
      judgement = JudgeLibpcap(ToText(small), link_type, options_);
      if (!judgement) return tl::unexpected(judgement.error());
    }
    Merge(small, link_type, text, std::move(*judgement));
    return {};
  }

  // Which findings are one. A message says all there is; what has no symptom is listed filter by filter.
  static std::string MergeKey(const FilterNode& small, const Judgement& judgement) {
    const std::string key = SymptomCache::Key(judgement) + '\n';
    if (key.size() == 1) return key + ToText(small);
    return judgement.packet ? key + Shape(small) : key;
  }

  void Merge(const FilterNode& small, const std::string& link_type, const std::string& first,
             Judgement judgement) {
    const std::string key = MergeKey(small, judgement);
    Finding finding{.id = {},
                    .filter = ToText(small),
                    .link_type = link_type,
                    .judgement = std::move(judgement),
                    .first = first};
    finding.link_types.insert(link_type);
    const auto [known, is_new] = merged_.try_emplace(key, finding);
    if (is_new) return;
    finding.filters += known->second.filters;
    finding.link_types.insert(known->second.link_types.begin(), known->second.link_types.end());
    if (IsShorter(finding.filter, known->second.filter)) {
      known->second = std::move(finding);
    } else {
      known->second.filters = finding.filters;
      known->second.link_types = std::move(finding.link_types);
    }
  }

  const RandomOptions& random_;
  const JudgeOptions& options_;
  SymptomCache cache_;
  Findings findings_;
  std::map<std::string, Finding> merged_;
};

}  // namespace

Expected<Findings> JudgeCorpus(const std::vector<CorpusRow>& rows, const JudgeOptions& options) {
  Findings findings;
  for (const CorpusRow& row : rows) {
    auto judgement = JudgeLibpcap(row.filter, row.link_type, options);
    if (!judgement) return tl::unexpected(judgement.error());
    Count(*judgement, findings);
    if (judgement->outcome == Outcome::kEqual) continue;
    findings.found.push_back({row.id, row.filter, row.link_type, std::move(*judgement)});
  }
  std::stable_sort(findings.found.begin(), findings.found.end(), [](const Finding& a, const Finding& b) {
    return a.judgement.outcome < b.judgement.outcome;
  });
  return findings;
}

FilterNode RandomFilterAt(const RandomOptions& random, std::size_t index) {
  // Any two filters get seeds that have nothing to do with one another.
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  const std::uint64_t seed = (random.seed + 1) * kGolden ^ (index + 1) * (kGolden >> 1 | 1);
  return FilterGenerator(seed, random.profiles[index % random.profiles.size()]).Filter(random.size);
}

Expected<Findings> JudgeRandom(const RandomOptions& random, const JudgeOptions& options) {
  return RandomRun(random, options).Run();
}

Expected<FilterNode> MinimiseFinding(const FilterNode& filter, const std::string& link_type,
                                     const JudgeOptions& options) {
  SymptomCache cache(options);
  return MinimiseWith(cache, filter, link_type);
}

}  // namespace bpfopt::bench
