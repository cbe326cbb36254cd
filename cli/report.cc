// bpfopt report EXPR -o FILE.html: all there is to know about a filter's program on one page.
#include "bpfopt/compiler.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/report_data.h"
#include "web/page.h"

#include <string>
#include <vector>

namespace bpfopt::cli {
namespace {

class Reporter {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line(
        "Writes a page that shows the program beside libpcap's, how it came about, how it was proven, and "
        "what\n"
        "both do with a packet. It is one file, and asks the network for nothing.",
        "bpfopt report EXPR...");
    meaning_.AddTo(line, /*with_link_type=*/true);
    effort_.AddTo(line);
    filter_.AddTo(line);
    line.AddRequiredOption("-o,--output", output_, "the page to write, '-': standard output");
    line.AddFlag("--json", json_, "write the page's data alone (docs/report.md)");
    return line.Run(argc, argv, [&](const std::vector<std::string>& words) { return Write(words); });
  }

 private:
  int Write(const std::vector<std::string>& words) {
    if (words.empty() && filter_.file.empty()) return ReportError(std::string("a filter is missing"));
    const auto filter = filter_.Read(words);
    if (!filter) return ReportError(filter.error());
    CompileOptions options;
    effort_.Apply(options);
    if (const auto applied = meaning_.Apply(options); !applied) return ReportError(applied.error());
    const auto data = MakeReportData(filter->text, options);
    if (!data) return ReportError(data.error(), *filter);
    for (const Diagnostic& diagnostic : data->result.diagnostics) Report(diagnostic, *filter);
    NoteMissingProof(data->result, options.level, options.proof);
    const std::string text = json_ ? data->json + "\n" : web::FinishPage(web::Page::kReport, data->json);
    const auto written = output_ == "-" ? WriteStandardOutput(text) : WriteFile(output_, text);
    return written ? kDone : ReportError(written.error());
  }

  MeaningArguments meaning_;
  EffortArguments effort_{Relation::kFaithful};
  FilterArguments filter_;
  std::string output_;
  bool json_ = false;
};

}  // namespace

int ReportCommand(int argc, const char* const* argv) { return Reporter().Main(argc, argv); }

}  // namespace bpfopt::cli
