#include "driver/learn_rules.h"

#include "backend/membership_lowering.h"
#include "bpfopt/compiler.h"
#include "driver/candidate.h"
#include "driver/lowered_filter.h"
#include "driver/stage_log.h"
#include "frontend/parser.h"

#include <algorithm>
#include <utility>

namespace bpfopt::driver {
namespace {

// What the filter's switches ask for when they are lowered.
Expected<std::vector<backend::WordSet>> MissingOf(const LearnedFrom& from) {
  CompileOptions options;
  options.link_type = from.link_type;
  options.netmask = 0;
  CompileStatistics unused;
  const StageLog::Observer nobody;
  StageLog log(nobody, unused);
  const auto parsed = frontend::ParseFilter(from.filter);
  if (!parsed) return tl::unexpected(parsed.error());
  auto lowered = LowerFilter(*parsed, options, log);
  if (!lowered) return tl::unexpected(lowered.error());
  const Recipe recipe = MainRecipe(options, /*is_lifted=*/false);
  if (auto done = RunPasses(lowered->function, recipe, options, lowered->cooked, {}, log); !done) {
    return tl::unexpected(done.error());
  }
  std::vector<backend::WordSet> missing;
  backend::LowerMemberships(lowered->function,
                            {.steps = kFewMembershipSteps, .rules = {}, .missing = &missing});
  return missing;
}

}  // namespace

Expected<std::vector<backend::MembershipRule>> LearnRules(const std::vector<LearnedFrom>& filters,
                                                          std::uint64_t steps) {
  std::vector<backend::WordSet> sets;
  std::vector<backend::MembershipRule> rules;
  for (const LearnedFrom& from : filters) {
    const auto missing = MissingOf(from);
    if (!missing) return tl::unexpected(missing.error());
    for (const backend::WordSet& set : *missing) {
      if (std::find(sets.begin(), sets.end(), set) != sets.end()) continue;
      sets.push_back(set);
      std::uint64_t left = steps;
      const auto test = backend::SearchMembershipTest(set, left);
      // Whole values can be tested one by one as well.
      if (!test || (set.is_whole && test->cost() >= set.words.size())) continue;
      rules.push_back({set, *test});
    }
  }
  return rules;
}

std::string FormatRules(const std::vector<backend::MembershipRule>& rules) {
  std::string text =
      "# Written by `bpfopt-learn-rules`; do not edit. How to test whether a value is one of a few words, "
      "for sets\n"
      "# that a compile would search too long for (backend/membership.h).\n";
  for (const backend::MembershipRule& rule : rules) text += backend::FormatRule(rule) + "\n";
  return text;
}

}  // namespace bpfopt::driver
