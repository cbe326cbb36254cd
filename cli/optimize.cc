// bpfopt optimize FILE|-: a program in any format in, a proven program that is no larger out.
#include "bpfopt/format.h"
#include "bpfopt/optimizer.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/inspection.h"
#include "cli/output_format.h"

#include <string>
#include <vector>

namespace bpfopt::cli {
namespace {

class Optimizer {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line(
        "Optimizes a classic BPF program in any of the formats; what comes out is proven equal to what went "
        "in and "
        "never larger.",
        "bpfopt optimize FILE|-");
    line.AddOption(
        "-y,--link-type", link_type_,
        "link type of the packets, by name or number (EN10MB); cooked captures have rules of their own");
    effort_.AddTo(line);
    output_.AddTo(line);
    inspection_.AddTo(line);
    return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
      if (words.size() != 1) return ReportError(std::string("optimize takes one file, or '-'"));
      return OptimizeFile(words[0]);
    });
  }

 private:
  int OptimizeFile(const std::string& path) {
    OptimizeOptions options;
    if (const auto applied = Apply(options); !applied) return ReportError(applied.error());
    const auto text = ReadInput(path);
    if (!text) return ReportError(text.error());
    const NamedText source{path == "-" ? "standard input" : path, *text};
    const auto program = ParseProgram(*text, output_.byte_order);
    if (!program) return ReportError(program.error(), source);
    if (!inspection_.stop_after().empty()) return PrintIr(*program, options);
    return PrintProgram(*program, options);
  }

  Expected<void> Apply(OptimizeOptions& options) const {
    if (auto valid = inspection_.CheckSteps(); !valid) return valid;
    const auto link_type = FindLinkType(link_type_);
    if (!link_type) return tl::unexpected(link_type.error());
    options.link_type = link_type->number;
    options.target = effort_.target;
    options.level = effort_.level;
    options.relation = effort_.relation;
    options.objective = effort_.objective;
    options.limit = effort_.limit;
    options.proof = effort_.proof;
    options.disabled_passes = effort_.disabled_passes;
    options.observer = inspection_.Observer();
    return {};
  }

  int PrintIr(const Program& program, const OptimizeOptions& options) const {
    const auto ir = OptimizeToIr(program, options, inspection_.stop_after());
    return ir ? Print(*ir) : ReportError(ir.error());
  }

  int PrintProgram(const Program& program, const OptimizeOptions& options) const {
    const auto result = Optimize(program, options);
    if (!result) return ReportError(result.error());
    for (const Diagnostic& diagnostic : result->diagnostics) Report(diagnostic, {});
    NoteMissingProof(*result, options.level, options.proof);
    inspection_.PrintFigures(*result, options.target);
    const auto text = output_.Write(result->program);
    return text ? Print(*text) : ReportError(text.error());
  }

  static int Print(const std::string& text) {
    const auto written = WriteStandardOutput(text);
    return written ? kDone : ReportError(written.error());
  }

  std::string link_type_ = "EN10MB";
  EffortArguments effort_{Relation::kStrict};
  OutputArguments output_;
  InspectionArguments inspection_{{"lift", "emit"}};
};

}  // namespace

int OptimizeCommand(int argc, const char* const* argv) { return Optimizer().Main(argc, argv); }

}  // namespace bpfopt::cli
