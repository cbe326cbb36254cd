// bpfopt [compile] EXPR...: prints the program.
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/inspection.h"
#include "cli/output_format.h"

#include <string>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr const char* kFooter =
    "Subcommands (as the first word; each has --help):\n"
    "  compile EXPR...         a filter to a program; the default\n"
    "  disasm FILE             print a program that is given in any of the formats\n"
    "  optimize FILE           a program in any of the formats to a smaller one\n"
    "  verify SOURCE RESULT    are two programs equal?\n"
    "  implies A B             does B accept all that A accepts?\n"
    "  run -r IN EXPR...       filter a capture\n"
    "  compare EXPR...         side by side with libpcap's program\n"
    "  graph EXPR...           the control-flow graph\n"
    "  report EXPR... -o FILE  all of this on one HTML page\n"
    "  exec -- COMMAND...      run a program whose filters bpfopt compiles\n"
    "Options end at '--'. Exit status: 0 done, equal, implied; 1 different, not implied; 2 wrong usage or\n"
    "input; 3 undecided; 4 does not fit --limit; 5 a bug of bpfopt.";

class Compiler {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line("Compiles pcap filters to classic BPF, each program proven equal to its filter.",
                     "bpfopt [compile] EXPR...");
    line.AddFooter(kFooter);
    meaning_.AddTo(line, /*with_link_type=*/true);
    effort_.AddTo(line);
    filter_.AddTo(line);
    output_.AddTo(line);
    inspection_.AddTo(line);
    line.AddFlag("-L,--list-link-types", list_link_types_, "list the link types that filters compile for");
    line.AddFlag("--list-passes", list_passes_, "list the passes");
    line.AddFlag("--version", version_,
                 "print the versions of bpfopt and of the libpcap whose meaning it follows");
    return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
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
    if (const auto valid = inspection_.CheckSteps(); !valid) return ReportError(valid.error());
    const auto filter = filter_.Read(words);
    if (!filter) return ReportError(filter.error());
    CompileOptions options;
    effort_.Apply(options);
    if (const auto applied = meaning_.Apply(options); !applied) return ReportError(applied.error());
    options.observer = inspection_.Observer();
    if (!inspection_.stop_after().empty()) return PrintIr(*filter, options);
    return PrintProgram(*filter, options);
  }

  int PrintIr(const NamedText& filter, const CompileOptions& options) const {
    const auto ir = CompileToIr(filter.text, options, inspection_.stop_after());
    return ir ? Print(*ir) : ReportError(ir.error(), filter);
  }

  int PrintProgram(const NamedText& filter, const CompileOptions& options) const {
    const auto result = Compile(filter.text, options);
    if (!result) return ReportError(result.error(), filter);
    for (const Diagnostic& diagnostic : result->diagnostics) Report(diagnostic, filter);
    NoteMissingProof(*result, options.level, options.proof);
    inspection_.PrintFigures(*result, options.target);
    const auto text = output_.Write(result->program);
    return text ? Print(*text) : ReportError(text.error());
  }

  MeaningArguments meaning_;
  EffortArguments effort_{Relation::kFaithful};
  FilterArguments filter_;
  OutputArguments output_;
  InspectionArguments inspection_{{"parse", "resolve", "lower", "emit"}};
  bool list_link_types_ = false;
  bool list_passes_ = false;
  bool version_ = false;
};

}  // namespace

int CompileCommand(int argc, const char* const* argv) { return Compiler().Main(argc, argv); }

}  // namespace bpfopt::cli
