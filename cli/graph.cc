// bpfopt graph EXPR: the optimized control-flow graph for Graphviz.
#include "bpfopt/compiler.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"

#include <csignal>
#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace bpfopt::cli {
namespace {

constexpr int kShellFoundNoCommand = 127;

enum class Picture { kDot, kSvg };

// dot(1) writes to our standard output.
int DrawSvg(const std::string& dot) {
  std::FILE* pipe = popen("dot -Tsvg 2>/dev/null", "w");
  if (pipe == nullptr) return ReportError(std::string("cannot start dot(1) of Graphviz"));
  // A dot(1) that is missing or fails shows in its exit status, not by ending us with the broken pipe.
  std::signal(SIGPIPE, SIG_IGN);
  std::fwrite(dot.data(), 1, dot.size(), pipe);
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return kDone;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kShellFoundNoCommand) {
    return ReportError(std::string("--format svg needs dot(1) of Graphviz, which is not installed"));
  }
  return ReportError(std::string("dot(1) of Graphviz failed"));
}

int Graph(const FilterArguments& arguments, const std::vector<std::string>& words,
          const CompileOptions& options, Picture picture) {
  const auto filter = arguments.Read(words);
  if (!filter) return ReportError(filter.error());
  const auto dot = CompileToDot(filter->text, options);
  if (!dot) return ReportError(dot.error(), *filter);
  if (picture == Picture::kSvg) return DrawSvg(*dot);
  const auto written = WriteStandardOutput(*dot);
  return written ? kDone : ReportError(written.error());
}

}  // namespace

int GraphCommand(int argc, const char* const* argv) {
  CommandLine line("Prints the control-flow graph at the end of the passes.", "bpfopt graph EXPR...");
  MeaningArguments meaning;
  EffortArguments effort{Relation::kFaithful};
  FilterArguments filter;
  Picture picture = Picture::kDot;
  meaning.AddTo(line, /*with_link_type=*/true);
  effort.AddTo(line);
  filter.AddTo(line);
  line.AddChoice("--format", picture, {{"dot", Picture::kDot}, {"svg", Picture::kSvg}},
                 "dot (default) or svg");
  return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
    CompileOptions options;
    effort.Apply(options);
    if (const auto applied = meaning.Apply(options); !applied) return ReportError(applied.error());
    return Graph(filter, words, std::move(options), picture);
  });
}

}  // namespace bpfopt::cli
