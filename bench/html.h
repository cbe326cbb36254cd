// The page of `bpfopt-bench --html`.
#ifndef BPFOPT_BENCH_HTML_H
#define BPFOPT_BENCH_HTML_H

#include "bench/parts.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

// The JSON of docs/report.md: the environment, and each part that was measured under its member.
nlohmann::ordered_json MakePageData(const std::vector<MeasuredPart>& parts,
                                    nlohmann::ordered_json environment);

// The page that has it in it.
std::string FormatPage(const nlohmann::ordered_json& data);

// One line; bytes of filters that are no UTF-8 are replaced.
std::string FormatData(const nlohmann::ordered_json& data, int indent = -1);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_HTML_H
