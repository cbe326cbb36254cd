#include "bench/parts.h"

#include "bench/ablation.h"
#include "bench/executed.h"
#include "bench/levels.h"
#include "bench/rates.h"
#include "bench/report.h"
#include "bench/seccomp.h"

#include <algorithm>
#include <utility>

namespace bpfopt::bench {
namespace {

CompileOptions Strict(CompileOptions options) {
  options.relation = Relation::kStrict;
  return options;
}

CompileOptions Quick(CompileOptions options) {
  options.objective = Objective::kSpeed;
  return options;
}

}  // namespace

const std::vector<Part>& Parts() {
  using Options = CompileOptions;
  static const std::vector<Part> parts = {
      {.name = "sizes",
       .member = "comparison",
       .title = "Instructions",
       .command = "bpfopt-bench",
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions&) { return CompareSizes(corpus, options); }},
      {.name = "strict",
       .member = "strict",
       .title = "Instructions, strict",
       .command = "bpfopt-bench --equal strict",
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions&) { return CompareSizes(corpus, Strict(options)); }},
      {.name = "executed",
       .member = "executed",
       .title = "Instructions executed a packet",
       .command = "bpfopt-bench --executed",
       .measure =
           [](const Corpus& corpus, const Options& options, const PartOptions& how) {
             return CompareExecuted(corpus, options, {.seed = how.seed});
           }},
      {.name = "executed-speed",
       .member = "executed_speed",
       .title = "Instructions executed a packet, compiled for speed",
       .command = "bpfopt-bench --executed --objective speed",
       .measure =
           [](const Corpus& corpus, const Options& options, const PartOptions& how) {
             return CompareExecuted(corpus, Quick(options), {.seed = how.seed});
           }},
      {.name = "captures",
       .member = "captures",
       .title = "Instructions executed a packet of captures",
       .command = "bpfopt-bench --executed --captures DIRECTORY",
       .needs_captures = true,
       .measure =
           [](const Corpus& corpus, const Options& options, const PartOptions& how) {
             return CompareExecuted(corpus, options, {.captures = how.captures});
           }},
      {.name = "captures-speed",
       .member = "captures_speed",
       .title = "Instructions executed a packet of captures, compiled for speed",
       .command = "bpfopt-bench --executed --objective speed --captures DIRECTORY",
       .needs_captures = true,
       .measure =
           [](const Corpus& corpus, const Options& options, const PartOptions& how) {
             return CompareExecuted(corpus, Quick(options), {.captures = how.captures});
           }},
      {.name = "seccomp",
       .member = "seccomp",
       .title = "Lists of system calls",
       .command = "bpfopt-bench --seccomp",
       .measure = [](const Corpus&, const Options&, const PartOptions&) { return CompareWithLibseccomp(); }},
      {.name = "ablation",
       .member = "ablation",
       .title = "What each pass is worth",
       .command = "bpfopt-bench --ablation",
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions&) { return CompareWithoutPasses(corpus, options); }},
      {.name = "levels",
       .member = "levels",
       .title = "What -O3 gains",
       .command = "bpfopt-bench --levels",
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions&) { return CompareLevels(corpus, options); }},
      {.name = "times",
       .member = "times",
       .title = "Time and memory to compile",
       .command = "bpfopt-bench --times",
       .is_exact = false,
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions& how) { return MeasureTimes(corpus, options, how.times); }},
      {.name = "rates",
       .member = "rates",
       .title = "Time per packet",
       .command = "bpfopt-bench --rates",
       .is_exact = false,
       .measure = [](const Corpus& corpus, const Options& options,
                     const PartOptions&) { return CompareRates(corpus, options); }},
      {.name = "sets",
       .member = "sets",
       .title = "Filters of many entries",
       .command = "bpfopt-bench --sets",
       .is_exact = false,
       .measure = [](const Corpus&, const Options& options,
                     const PartOptions& how) { return CompareSets(options, how.sets); }},
  };
  return parts;
}

Expected<std::vector<MeasuredPart>> MeasureParts(const std::vector<std::string>& names, const Corpus& corpus,
                                                 const CompileOptions& options, const PartOptions& how,
                                                 const std::function<void(const Part&)>& begins) {
  for (const std::string& name : names) {
    const auto part = std::ranges::find(Parts(), name, &Part::name);
    if (part == Parts().end()) return InvalidInput("there is no part called " + name);
    if (part->needs_captures && !how.captures) return InvalidInput(name + " needs --captures");
  }
  std::vector<MeasuredPart> measured;
  for (const Part& part : Parts()) {
    if (!names.empty() && std::ranges::find(names, part.name) == names.end()) continue;
    if (part.needs_captures && !how.captures) continue;
    begins(part);
    auto report = part.measure(corpus, options, how);
    if (!report) return tl::unexpected(report.error());
    measured.push_back({&part, std::move(*report)});
  }
  return measured;
}

bool IsBad(const std::vector<MeasuredPart>& parts) {
  return std::ranges::any_of(parts, [](const MeasuredPart& each) { return each.report.is_bad; });
}

const ModeReport* FindPart(const std::vector<MeasuredPart>& parts, std::string_view name) {
  const auto found =
      std::ranges::find_if(parts, [&](const MeasuredPart& each) { return each.part->name == name; });
  return found == parts.end() ? nullptr : &found->report;
}

}  // namespace bpfopt::bench
