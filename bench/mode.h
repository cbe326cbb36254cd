// What the ways to run bpfopt-bench have in common.
#ifndef BPFOPT_BENCH_MODE_H
#define BPFOPT_BENCH_MODE_H

#include <string>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

// One measurement, made once and told in each form.
struct ModeReport {
  std::string text;                  // for a terminal
  std::string summary = {};          // Markdown: its main figures; may be empty
  nlohmann::ordered_json data = {};  // docs/bench.schema.json
  bool is_bad = false;               // a row has no program, or one that is not proven
};

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_MODE_H
