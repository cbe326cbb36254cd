// bpfopt [compile] EXPR...: prints the program.
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/output_format.h"
#include "cli/statistics.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr const char* kFooter =
    "Subcommands (as the first word; each has --help):\n"
    "  compile EXPR...         a filter to a program; the default\n"
    "  disasm FILE             print a program that is given in any of the formats\n"
    "  verify SOURCE RESULT    are two programs equal?\n"
    "  implies A B             does B accept all that A accepts?\n"
    "  run -r IN EXPR...       filter a capture\n"
    "  compare EXPR...         side by side with libpcap's program\n"
    "  graph EXPR...           the control-flow graph\n"
    "Options end at '--'. Exit status: 0 done, equal, implied; 1 different, not implied; 2 wrong usage or\n"
    "input; 3 undecided; 4 does not fit --limit; 5 a bug of bpfopt.";

struct InspectionArguments {
  std::vector<std::string> print_after;
  bool print_after_all = false;
  std::string stop_after;
  bool stats = false;
  bool time_passes = false;

  void AddTo(CLI::App& app) {
    app.add_option("--print-after", print_after, "print what a step made: parse, resolve, lower, PASS, emit")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--print-after-all", print_after_all, "print what each step made");
    app.add_option("--stop-after", stop_after, "print the IR after the first run of a pass, or after lower");
    app.add_flag("--stats", stats, "print what was done how often");
    app.add_flag("--time-passes", time_passes, "print where the time went");
  }
};

bool IsKnownStep(const std::string& name) {
  static constexpr std::array<std::string_view, 4> kSteps = {"parse", "resolve", "lower", "emit"};
  if (std::find(kSteps.begin(), kSteps.end(), name) != kSteps.end()) return true;
  const auto passes = Passes();
  return std::any_of(passes.begin(), passes.end(), [&](const PassInfo& pass) { return pass.name == name; });
}

class Compiler {
 public:
  int Main(int argc, const char* const* argv) {
    CLI::App app("Compiles pcap filters to classic BPF, each program proven equal to its filter.",
                 "bpfopt [compile] EXPR...");
    app.footer(kFooter);
    meaning_.AddTo(app, /*with_link_type=*/true);
    effort_.AddTo(app);
    filter_.AddTo(app);
    output_.AddTo(app);
    inspection_.AddTo(app);
    app.add_flag("-L,--list-link-types", list_link_types_, "list the link types that filters compile for");
    app.add_flag("--list-passes", list_passes_, "list the passes");
    app.add_flag("--version", version_,
                 "print the versions of bpfopt and of the libpcap whose meaning it follows");
    return ParseAndRun(app, argc, argv, [&](const std::vector<std::string>& words) {
      if (version_) return Print(fmt::format("bpfopt {}\n{}\n", Version(), LibpcapVersion()));
      if (list_link_types_) return PrintLinkTypes();
      if (list_passes_) return PrintPasses();
      if (words.empty() && filter_.file.empty()) {
        return ReportError(std::string("a filter is missing; bpfopt --help lists the options"));
      }
      return CompileWords(words);
    });
  }

 private:
  static int Print(const std::string& text) {
    const auto written = WriteStandardOutput(text);
    return written ? kDone : ReportError(written.error());
  }

  static int PrintLinkTypes() {
    std::string text;
    for (const LinkTypeInfo& type : LinkTypes()) {
      text += fmt::format("{:<16} {:>3}  {}\n", type.name, type.number, type.description);
    }
    return Print(text);
  }

  static int PrintPasses() {
    std::string text;
    for (const PassInfo& pass : Passes()) text += fmt::format("{:<28} {}\n", pass.name, pass.description);
    return Print(text);
  }

  int CompileWords(const std::vector<std::string>& words) {
    for (const std::string& name : inspection_.print_after) {
      if (!IsKnownStep(name))
        return ReportError("unknown step '" + name + "' (--list-passes lists the passes)");
    }
    const auto filter = filter_.Read(words);
    if (!filter) return ReportError(filter.error());
    CompileOptions options;
    effort_.Apply(options);
    if (const auto applied = meaning_.Apply(options); !applied) return ReportError(applied.error());
    if (inspection_.print_after_all || !inspection_.print_after.empty()) {
      options.observer = [this](const StageReport& report) { PrintStage(report); };
    }
    if (!inspection_.stop_after.empty()) return PrintIr(*filter, options);
    return PrintProgram(*filter, options);
  }

  void PrintStage(const StageReport& report) const {
    const auto& names = inspection_.print_after;
    const bool wanted =
        inspection_.print_after_all || std::find(names.begin(), names.end(), report.name) != names.end();
    if (!wanted || !report.text) return;
    const std::string text = report.text();
    std::fputs(fmt::format("; after {}{}\n{}{}", report.name, report.changed ? "" : ": nothing changed", text,
                           text.empty() || text.back() == '\n' ? "" : "\n")
                   .c_str(),
               stderr);
  }

  int PrintIr(const NamedText& filter, const CompileOptions& options) const {
    const auto ir = CompileToIr(filter.text, options, inspection_.stop_after);
    return ir ? Print(*ir) : ReportError(ir.error(), filter);
  }

  int PrintProgram(const NamedText& filter, const CompileOptions& options) const {
    const auto result = Compile(filter.text, options);
    if (!result) return ReportError(result.error(), filter);
    for (const Diagnostic& diagnostic : result->diagnostics) Report(diagnostic, filter);
    NoteMissingProof(*result, options);
    if (inspection_.stats) std::fputs(FormatStatistics(*result).c_str(), stderr);
    if (inspection_.time_passes) std::fputs(FormatTimings(result->statistics).c_str(), stderr);
    return Print(FormatProgram(result->program, output_.Chosen()));
  }

  MeaningArguments meaning_;
  EffortArguments effort_;
  FilterArguments filter_;
  OutputArguments output_;
  InspectionArguments inspection_;
  bool list_link_types_ = false;
  bool list_passes_ = false;
  bool version_ = false;
};

}  // namespace

int CompileCommand(int argc, const char* const* argv) { return Compiler().Main(argc, argv); }

}  // namespace bpfopt::cli
