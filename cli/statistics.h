// What --stats and --time-passes print.
#ifndef BPFOPT_CLI_STATISTICS_H
#define BPFOPT_CLI_STATISTICS_H

#include "bpfopt/compiler.h"

#include <chrono>
#include <string>
#include <string_view>

namespace bpfopt::cli {

// Such as "chosen, proven".
const char* OutcomeName(Candidate::Outcome outcome);

// What the program needs in a kernel is said unless the target is seccomp, which charges no socket.
std::string FormatStatistics(const CompileResult& result, Target target);
std::string FormatTimings(const CompileStatistics& statistics);
// One line for one step.
std::string FormatTime(std::string_view step, std::chrono::nanoseconds time);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_STATISTICS_H
