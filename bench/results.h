// All measurements in one document, docs/results.md, and the same figures in other documents.
#ifndef BPFOPT_BENCH_RESULTS_H
#define BPFOPT_BENCH_RESULTS_H

#include "bench/parts.h"
#include "bpfopt/error.h"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

// Markdown: under a head that names the machine, the versions and the day a table of the main figures, then
// each part with the command that prints it alone.
std::string FormatResults(const std::vector<MeasuredPart>& parts, const nlohmann::ordered_json& environment);

// How a line begins behind which figures stand in a document.
inline constexpr std::string_view kFiguresBegin = "<!-- bpfopt-bench ";

// Puts new figures into a document. What stands between the lines
//
//   <!-- bpfopt-bench NAME -->
//   <!-- end of bpfopt-bench -->
//
// is replaced by the summary of the part of that name, or for `in-short` by the table of the main figures.
// Parts that were not measured keep what they have, and so does that table unless all of it was. Errors, with
// the line: a block without an end, a name that is no part's.
Expected<std::string> ReplaceFigures(const std::string& document, const std::vector<MeasuredPart>& parts);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_RESULTS_H
