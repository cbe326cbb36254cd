// bpfopt compare EXPR: our program beside what libpcap's optimizer makes of the same filter.
#include "bpfopt/compiler.h"
#include "bpfopt/format.h"
#include "bpfopt/lower_bound.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/lines.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

// tcpdump puts a tab before "jf", which would tear the columns apart.
std::string WithoutTabs(std::string line) {
  std::replace(line.begin(), line.end(), '\t', ' ');
  return line;
}

std::string SideBySide(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::size_t width = 0;
  for (const std::string& line : left) width = std::max(width, line.size());
  std::string text;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string row = fmt::format("{:<{}}  {}", i < left.size() ? WithoutTabs(left[i]) : "", width,
                                        i < right.size() ? WithoutTabs(right[i]) : "");
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::vector<std::string> Column(const std::string& heading, const std::string& body) {
  std::vector<std::string> lines = Lines(body);
  lines.insert(lines.begin(), heading);
  return lines;
}

std::string OurHeading(const CompileResult& result, const CompileOptions& options) {
  const char* relation = options.relation == Relation::kStrict ? "strict" : "faithful";
  const LowerBound bound =
      FindLowerBound(result.source, result.program, {.target = options.target, .relation = options.relation});
  return fmt::format("bpfopt: {} instructions of at least {}, {}", result.program.size(), bound.instructions,
                     result.proven ? fmt::format("proven {}", relation) : std::string("not proven"));
}

class Comparer {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line("Prints the program beside the one that libpcap's optimizer makes.",
                     "bpfopt compare EXPR...");
    meaning_.AddTo(line, /*with_link_type=*/true);
    effort_.AddTo(line);
    filter_.AddTo(line);
    return line.Run(argc, argv, [&](const std::vector<std::string>& words) { return Compare(words); });
  }

 private:
  int Compare(const std::vector<std::string>& words) {
    const auto filter = filter_.Read(words);
    if (!filter) return ReportError(filter.error());
    CompileOptions options;
    effort_.Apply(options);
    if (const auto applied = meaning_.Apply(options); !applied) return ReportError(applied.error());
    const auto ours = Compile(filter->text, options);
    if (!ours) return ReportError(ours.error(), *filter);
    for (const Diagnostic& diagnostic : ours->diagnostics) Report(diagnostic, *filter);

    const auto theirs = LibpcapProgram(filter->text, options, /*optimize=*/true);
    const auto right = theirs ? Column(fmt::format("libpcap: {} instructions", theirs->size()),
                                       FormatProgram(*theirs, Format::kAssembly))
                              : Column("libpcap refuses:", theirs.error().message);
    const auto left = Column(OurHeading(*ours, options), FormatProgram(ours->program, Format::kAssembly));
    const auto written = WriteStandardOutput(SideBySide(left, right));
    return written ? kDone : ReportError(written.error());
  }

  MeaningArguments meaning_;
  EffortArguments effort_{Relation::kFaithful};
  FilterArguments filter_;
};

}  // namespace

int CompareCommand(int argc, const char* const* argv) { return Comparer().Main(argc, argv); }

}  // namespace bpfopt::cli
