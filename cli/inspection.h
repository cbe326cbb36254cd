// --print-after, --stop-after, --stats, --time-passes: looking into a compile.
#ifndef BPFOPT_CLI_INSPECTION_H
#define BPFOPT_CLI_INSPECTION_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "cli/command_line.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::cli {

class InspectionArguments {
 public:
  // `steps` are the steps of this kind of compile that are no passes, the last but one of them making the
  // first IR: {"parse", "resolve", "lower", "emit"}.
  explicit InspectionArguments(std::vector<std::string_view> steps) : steps_(std::move(steps)) {}

  void AddTo(CommandLine& line);
  // Are the steps to be printed there?
  Expected<void> CheckSteps() const;
  // Prints what was asked for on standard error as steps end; empty when nothing was. This object must
  // outlive it.
  std::function<void(const StageReport&)> Observer() const;
  // On standard error, what was asked for.
  void PrintFigures(const CompileResult& result, Target target) const;

  const std::string& stop_after() const { return stop_after_; }

 private:
  void PrintStage(const StageReport& report) const;

  std::vector<std::string_view> steps_;
  std::vector<std::string> print_after_;
  bool print_after_all_ = false;
  std::string stop_after_;
  bool stats_ = false;
  bool time_passes_ = false;
};

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_INSPECTION_H
