#include "cli/inspection.h"

#include "cli/statistics.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bpfopt::cli {

void InspectionArguments::AddTo(CommandLine& line) {
  const std::vector<std::string_view> before_passes(steps_.begin(), steps_.end() - 1);
  line.AddRepeatedOption("--print-after", print_after_, "STEP",
                         fmt::format("print what a step made: {} or a pass", fmt::join(steps_, ", ")));
  line.AddFlag("--print-after-all", print_after_all_, "print what each step made");
  line.AddOption("--stop-after", stop_after_,
                 fmt::format("print what is there after {} or the first run of a pass, and stop",
                             fmt::join(before_passes, ", ")));
  line.AddFlag("--stats", stats_, "print what was done how often");
  line.AddFlag("--time-passes", time_passes_, "print where the time went");
}

Expected<void> InspectionArguments::CheckSteps() const {
  const auto passes = Passes();
  for (const std::string& name : print_after_) {
    const bool is_known =
        std::find(steps_.begin(), steps_.end(), name) != steps_.end() ||
        std::any_of(passes.begin(), passes.end(), [&](const PassInfo& pass) { return pass.name == name; });
    if (!is_known) return InvalidInput("unknown step '" + name + "' (--list-passes lists the passes)");
  }
  return {};
}

std::function<void(const StageReport&)> InspectionArguments::Observer() const {
  const bool times = time_passes_ && !stop_after_.empty();
  if (!print_after_all_ && print_after_.empty() && !times) return {};
  return [this, times](const StageReport& report) {
    PrintStage(report);
    if (times) std::fputs(FormatTime(report.name, report.time).c_str(), stderr);
  };
}

void InspectionArguments::PrintStage(const StageReport& report) const {
  const bool wanted = print_after_all_ ||
                      std::find(print_after_.begin(), print_after_.end(), report.name) != print_after_.end();
  if (!wanted || !report.text) return;
  const std::string text = report.text();
  std::fputs(fmt::format("; after {}{}\n{}{}", report.name, report.changed ? "" : ": nothing changed", text,
                         text.empty() || text.back() == '\n' ? "" : "\n")
                 .c_str(),
             stderr);
}

void InspectionArguments::PrintFigures(const CompileResult& result, Target target) const {
  if (stats_) std::fputs(FormatStatistics(result, target).c_str(), stderr);
  if (time_passes_) std::fputs(FormatTimings(result.statistics).c_str(), stderr);
}

}  // namespace bpfopt::cli
