// Differences are listed one by one; what has a message is grouped by the message's shape.
#include "bench/language_report.h"

#include "bpfopt/libpcap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

using Outcome = LanguageOutcome;

// How many groups of an outcome are brought down, for a link type and at all. The others are only counted.
constexpr std::size_t kMostOfLinkType = 3;
constexpr std::size_t kMostGroups = 60;

bool BothTake(Outcome outcome) {
  return outcome == Outcome::kEqual || outcome == Outcome::kMeaningless || outcome == Outcome::kDifferent ||
         outcome == Outcome::kUndecided;
}

bool IsOneSided(Outcome outcome) {
  return outcome == Outcome::kOnlyLibpcap || outcome == Outcome::kOnlyBpfopt;
}

bool IsListed(Outcome outcome) {
  return outcome != Outcome::kEqual && outcome != Outcome::kBothRefuse && outcome != Outcome::kMeaningless;
}

std::string Shape(const JudgedFilter& judged) {
  const LanguageJudgement& judgement = judged.judgement;
  if (IsOneSided(judgement.outcome)) return MessageShape(DecidingMessage(judgement));
  if (judgement.outcome == Outcome::kFailed) return MessageShape(judgement.ours);
  return judged.site.link_type + '\n' + judged.filter.text;
}

class Groups {
 public:
  void Add(const JudgedFilter& judged, const std::string& shape) {
    const ExplainedDifference* explanation =
        judged.judgement.outcome == Outcome::kEqual ? nullptr : Explanation(judged);
    const auto key = std::make_tuple(judged.judgement.outcome, shape, explanation);
    const auto [known, is_new] = groups_.try_emplace(key);
    LanguageGroup& group = known->second;
    if (is_new) {
      group.outcome = judged.judgement.outcome;
      group.shape = shape;
      group.explanation = explanation;
    }
    if (is_new || judged.filter.text.size() < group.shortest.filter.text.size()) group.shortest = judged;
    ++group.filters;
    group.link_types.insert(judged.site.link_type);
  }

  std::vector<LanguageGroup> Take() {
    std::vector<LanguageGroup> all;
    for (auto& [key, group] : groups_) all.push_back(std::move(group));
    std::stable_sort(all.begin(), all.end(), [](const LanguageGroup& a, const LanguageGroup& b) {
      return a.outcome != b.outcome ? a.outcome < b.outcome : a.filters > b.filters;
    });
    return all;
  }

 private:
  std::map<std::tuple<Outcome, std::string, const ExplainedDifference*>, LanguageGroup> groups_;
};

// Those that came down to filters of one shape are one.
void MergeShortened(std::vector<LanguageGroup>& groups) {
  std::vector<LanguageGroup> merged;
  for (LanguageGroup& group : groups) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const LanguageGroup& each) {
      return each.outcome == group.outcome && !each.shortened.empty() && !group.shortened.empty() &&
             MessageShape(each.shortened) == MessageShape(group.shortened) &&
             each.explanation == group.explanation;
    });
    if (same == merged.end()) {
      merged.push_back(std::move(group));
      continue;
    }
    same->filters += group.filters;
    same->link_types.insert(group.link_types.begin(), group.link_types.end());
  }
  std::stable_partition(merged.begin(), merged.end(),
                        [](const LanguageGroup& group) { return !group.shortened.empty(); });
  groups = std::move(merged);
}

// With the packet of the filter as it is printed.
Expected<void> ShortenGroup(LanguageGroup& group, const LanguageOptions& options) {
  auto shortened = Shorten(group.shortest, options);
  if (!shortened) return tl::unexpected(shortened.error());
  group.shortened = std::move(*shortened);
  if (group.outcome != Outcome::kDifferent) return {};
  const auto judgement = JudgeInChild(group.shortened, group.shortest.site, options);
  if (!judgement) return tl::unexpected(judgement.error());
  if (!judgement->packet.empty()) group.shortest.judgement.packet = judgement->packet;
  return {};
}

Expected<void> ShortenAll(std::vector<LanguageGroup>& groups, const LanguageOptions& options) {
  std::map<Outcome, std::size_t> done;
  std::map<std::pair<Outcome, std::string>, std::size_t> of_link_type;
  for (LanguageGroup& group : groups) {
    if (group.explanation != nullptr || done[group.outcome] >= kMostGroups) continue;
    if (++of_link_type[{group.outcome, group.shortest.site.link_type}] > kMostOfLinkType) continue;
    ++done[group.outcome];
    if (auto shortened = ShortenGroup(group, options); !shortened) return shortened;
  }
  MergeShortened(groups);
  return {};
}

std::string_view OriginText(PacketOrigin origin) {
  switch (origin) {
    case PacketOrigin::kSavefile:
      return ", from a file";
    case PacketOrigin::kSwappedSavefile:
      return ", from a file of the other byte order";
    case PacketOrigin::kInterface:
      break;
  }
  return "";
}

std::string LinkTypesText(const std::set<std::string>& names) {
  constexpr std::size_t kMost = 6;
  std::string text;
  std::size_t left = kMost;
  for (const std::string& name : names) {
    if (left-- == 0) return text + fmt::format(", ... ({} link types)", names.size());
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

const std::string& FilterOf(const LanguageGroup& group) {
  return group.shortened.empty() ? group.shortest.filter.text : group.shortened;
}

std::string Indented(const std::string& text) {
  std::string indented;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    indented += "      " + text.substr(at, end - at) + '\n';
    at = end + 1;
  }
  return indented;
}

std::string GroupText(const LanguageGroup& group) {
  const JudgedFilter& shortest = group.shortest;
  const LanguageJudgement& judgement = shortest.judgement;
  std::string text = fmt::format("  {} x {}{}: {}\n", group.filters, shortest.site.link_type,
                                 OriginText(shortest.site.origin), FilterOf(group));
  text += fmt::format("      on {}\n", LinkTypesText(group.link_types));
  if (!judgement.ours.empty()) text += fmt::format("      bpfopt: {}\n", judgement.ours);
  if (!judgement.theirs.empty()) text += fmt::format("      libpcap: {}\n", judgement.theirs);
  if (group.explanation != nullptr) text += fmt::format("      because {}\n", group.explanation->reason);
  return text + Indented(judgement.packet);
}

std::string GroupsText(const LanguageReport& report, Outcome outcome, std::string_view heading,
                       bool explained) {
  std::string text;
  std::size_t printed = 0;
  std::size_t others = 0;
  for (const LanguageGroup& group : report.groups) {
    if (group.outcome != outcome || (group.explanation != nullptr) != explained) continue;
    if (++printed <= kMostGroups) {
      text += GroupText(group);
    } else {
      others += group.filters;
    }
  }
  if (others > 0) text += fmt::format("  and {} others\n", others);
  return text.empty() ? "" : fmt::format("{}:\n{}\n", heading, text);
}

std::string OptimizedText(const LanguageReport& report) {
  const double mean =
      report.compared == 0 ? 1 : std::exp(report.log_ratio / static_cast<double>(report.compared));
  return fmt::format(
      "optimized: {}, proven: {}, against libpcap's program: {}\n"
      "of {} that libpcap optimizes too: smaller than libpcap's {}, larger {}, geometric mean {:.4f}\n",
      report.optimized, report.proven, report.from_libpcap, report.compared, report.smaller, report.larger,
      mean);
}

std::string MeaninglessText(const LanguageReport& report) {
  std::string text;
  for (const LanguageGroup& group : report.meaningless) {
    text += fmt::format("  {} x {}\n      such as {}: {}\n", group.filters, group.shape,
                        group.shortest.site.link_type, group.shortest.filter.text);
  }
  return text.empty() ? "" : "Programs of libpcap that have no meaning:\n" + text + "\n";
}

std::string CoverageLine(const LanguageReport& report, std::size_t production) {
  const ProductionCoverage& coverage = report.coverage[production];
  return fmt::format("{:>7} {:>5}  {}\n", coverage.filters, coverage.link_types.size(),
                     Name(Productions()[production]));
}

std::string UnreachedText(const LanguageReport& report) {
  std::string text;
  for (const std::size_t production : report.Unreached()) text += CoverageLine(report, production);
  return text.empty() ? "" : "NOT REACHED:\n" + text;
}

std::string Sentence(const LanguageReport& report) {
  const std::size_t unreached = report.Unreached().size();
  return fmt::format(
      "{} filters on {} link types: {} wrong, {} undecided and {} of one side alone that nothing explains; "
      "{} of {} "
      "productions "
      "reached\n",
      report.filters, report.link_types.size(), report.Wrong(), report.Undecided(), report.Unexplained(),
      report.coverage.size() - unreached, report.coverage.size());
}

}  // namespace

std::vector<std::size_t> LanguageReport::Unreached() const {
  std::vector<std::size_t> unreached;
  const auto productions = Productions();
  for (std::size_t i = 0; i < coverage.size(); ++i) {
    const bool can_be_taken = productions[i].taken == Taken::kOnSomeLinkType;
    if (coverage[i].filters == 0 || (can_be_taken && coverage[i].link_types.empty())) unreached.push_back(i);
  }
  return unreached;
}

std::size_t LanguageReport::Unexplained() const {
  return std::accumulate(groups.begin(), groups.end(), std::size_t{0},
                         [](std::size_t sum, const LanguageGroup& group) {
                           const bool counts = IsOneSided(group.outcome) && group.explanation == nullptr;
                           return sum + (counts ? group.filters : 0);
                         });
}

std::size_t LanguageReport::Undecided() const {
  return std::accumulate(
      groups.begin(), groups.end(), std::size_t{0}, [](std::size_t sum, const LanguageGroup& group) {
        const bool counts = group.outcome == Outcome::kUndecided && group.explanation == nullptr;
        return sum + (counts ? group.filters : 0);
      });
}

std::size_t LanguageReport::Wrong() const {
  std::size_t wrong = 0;
  for (const Outcome outcome :
       {Outcome::kDifferent, Outcome::kFailed, Outcome::kCrashed, Outcome::kEndless}) {
    wrong += counts[static_cast<std::size_t>(outcome)];
  }
  return wrong;
}

LanguageReport MakeReport(const std::vector<JudgedFilter>& judged) {
  LanguageReport report;
  report.libpcap = LibpcapVersion();
  report.coverage.resize(Productions().size());
  Groups groups;
  Groups meaningless;
  Groups unproven;
  Groups larger;
  for (const JudgedFilter& each : judged) {
    const LanguageJudgement& judgement = each.judgement;
    const bool both = BothTake(judgement.outcome);
    ++report.filters;
    report.milliseconds += judgement.milliseconds;
    if (judgement.milliseconds > report.slowest.judgement.milliseconds) report.slowest = each;
    if (each.filter.is_mutant) ++report.mutants;
    ++report.counts[static_cast<std::size_t>(judgement.outcome)];
    auto& of_link_type = report.link_types[each.site.link_type];
    ++of_link_type.filters;
    if (both) ++of_link_type.both;
    if (judgement.outcome == Outcome::kEqual) ++of_link_type.equal;
    for (const std::size_t production : each.filter.productions) {
      ++report.coverage[production].filters;
      if (both) report.coverage[production].link_types.insert(each.site.link_type);
    }
    if (IsListed(judgement.outcome)) groups.Add(each, Shape(each));
    if (judgement.outcome == Outcome::kMeaningless) meaningless.Add(each, MessageShape(judgement.theirs));
    if (!judgement.is_optimized) continue;
    ++report.optimized;
    if (judgement.from_libpcap) ++report.from_libpcap;
    if (judgement.is_proven) {
      ++report.proven;
    } else {
      unproven.Add(each, each.site.link_type + each.filter.text);
    }
    if (judgement.libpcap_size == 0) continue;
    ++report.compared;
    if (judgement.size < judgement.libpcap_size) ++report.smaller;
    report.log_ratio +=
        std::log(static_cast<double>(judgement.size) / static_cast<double>(judgement.libpcap_size));
    if (!judgement.is_larger) continue;
    ++report.larger;
    larger.Add(each, each.site.link_type + each.filter.text);
  }
  report.groups = groups.Take();
  report.meaningless = meaningless.Take();
  report.unproven = unproven.Take();
  report.not_smaller = larger.Take();
  return report;
}

Expected<void> ShortenGroups(LanguageReport& report, const LanguageOptions& options) {
  auto done = ShortenAll(report.groups, options);
  if (!done) return done;
  return ShortenAll(report.not_smaller, options);
}

std::string FormatLanguageReport(const LanguageReport& report) {
  std::string text = "hits, link types on which both take it, production:\n";
  for (std::size_t i = 0; i < report.coverage.size(); ++i) text += CoverageLine(report, i);
  text += "\n";
  text += fmt::format("{:<32} {:>8} {:>8} {:>8}\n", "link type", "filters", "both", "equal");
  for (const auto& [name, counts] : report.link_types) {
    text += fmt::format("{:<32} {:>8} {:>8} {:>8}\n", name, counts.filters, counts.both, counts.equal);
  }
  text += "\n" + MeaninglessText(report);
  text += GroupsText(report, Outcome::kOnlyBpfopt, "Only bpfopt takes, explained", true);
  text += GroupsText(report, Outcome::kOnlyLibpcap, "Only libpcap takes, explained", true);
  text += GroupsText(report, Outcome::kUndecided, "Undecided, explained", true);
  text += GroupsText(report, Outcome::kUndecided, "UNDECIDED", false);
  text += GroupsText(report, Outcome::kOnlyLibpcap, "ONLY LIBPCAP TAKES", false);
  text += GroupsText(report, Outcome::kOnlyBpfopt, "ONLY BPFOPT TAKES", false);
  text += GroupsText(report, Outcome::kEndless, "ENDLESS", false);
  text += GroupsText(report, Outcome::kCrashed, "CRASHED", false);
  text += GroupsText(report, Outcome::kFailed, "FAILED", false);
  text += GroupsText(report, Outcome::kDifferent, "DIFFERENT", false);
  std::string sizes;
  for (const LanguageGroup& group : report.not_smaller) {
    sizes += fmt::format("  {} x {}: {}\n      {} instructions, libpcap {}\n", group.filters,
                         group.shortest.site.link_type, FilterOf(group), group.shortest.judgement.size,
                         group.shortest.judgement.libpcap_size);
  }
  if (!sizes.empty()) text += "Larger than libpcap's (sizes before shortening):\n" + sizes + "\n";
  std::string unproven;
  for (const LanguageGroup& group : report.unproven) {
    unproven += fmt::format("  {}: {}\n", group.shortest.site.link_type, group.shortest.filter.text);
  }
  if (!unproven.empty()) text += "Not proven:\n" + unproven + "\n";
  text += UnreachedText(report);
  text += report.libpcap + "\n";
  for (std::size_t i = 0; i < kLanguageOutcomes; ++i) {
    text += fmt::format("{:<32} {:>8}\n", Name(static_cast<Outcome>(i)), report.counts[i]);
  }
  text += fmt::format("{:<32} {:>8}\n", "mutants among them", report.mutants);
  text += fmt::format("time: {:.0f} s, {:.0f} s of it for {}: {}\n", report.milliseconds / 1000,
                      report.slowest.judgement.milliseconds / 1000, report.slowest.site.link_type,
                      report.slowest.filter.text);
  return text + OptimizedText(report) + Sentence(report);
}

std::string FormatLanguageMarkdown(const LanguageReport& report) {
  std::string text = fmt::format("{}.\n\n| outcome | filters |\n| --- | --- |\n", report.libpcap);
  for (std::size_t i = 0; i < kLanguageOutcomes; ++i) {
    text += fmt::format("| {} | {} |\n", Name(static_cast<Outcome>(i)), report.counts[i]);
  }
  text += "\n" + Sentence(report) + "\n" + OptimizedText(report) + "\n";
  text += "| taken by | filters | why | example |\n| --- | --- | --- | --- |\n";
  for (const LanguageGroup& group : report.groups) {
    if (!IsOneSided(group.outcome)) continue;
    const std::string_view reason =
        group.explanation == nullptr ? std::string_view("unexplained") : group.explanation->reason;
    std::string filter = FilterOf(group);
    for (std::size_t at = filter.find('|'); at != std::string::npos; at = filter.find('|', at + 2)) {
      filter.insert(at, 1, '\\');
    }
    text += fmt::format("| {} | {} | {} | `{}` |\n", Name(group.outcome), group.filters, reason, filter);
  }
  return text;
}

}  // namespace bpfopt::bench
