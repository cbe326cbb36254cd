// What --stats and --time-passes print.
#ifndef BPFOPT_CLI_STATISTICS_H
#define BPFOPT_CLI_STATISTICS_H

#include "bpfopt/compiler.h"

#include <string>

namespace bpfopt::cli {

std::string FormatStatistics(const CompileResult& result);
std::string FormatTimings(const CompileStatistics& statistics);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_STATISTICS_H
