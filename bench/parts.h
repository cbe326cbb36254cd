// The measurements that make up the whole comparison. Each can be made by itself, and all of them in one run.
#ifndef BPFOPT_BENCH_PARTS_H
#define BPFOPT_BENCH_PARTS_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bench/sets.h"
#include "bench/times.h"
#include "bench/traffic.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

struct PartOptions {
  TimesOptions times;
  SetsOptions sets;
  std::optional<std::string> captures = {};  // a directory of savefiles
  std::uint64_t seed = kTrafficSeed;         // of generated traffic
};

struct Part {
  std::string_view name;     // as on the command line
  std::string_view member;   // of the page's JSON
  std::string_view title;    // in docs/results.md
  std::string_view command;  // what prints this part alone
  bool is_exact = true;      // the same on every machine with this libpcap
  bool needs_captures = false;
  std::function<Expected<ModeReport>(const Corpus&, const CompileOptions&, const PartOptions&)> measure;
};

// In the order in which they are told.
const std::vector<Part>& Parts();

struct MeasuredPart {
  const Part* part = nullptr;
  ModeReport report;
};

// `names` in any order; none: all. Those that need captures are left out of all where there are none.
// `begins` is told each part as its turn comes. Errors: a name that there is not, captures missing for one
// that was named, and those of the measurements.
Expected<std::vector<MeasuredPart>> MeasureParts(const std::vector<std::string>& names, const Corpus& corpus,
                                                 const CompileOptions& options, const PartOptions& how,
                                                 const std::function<void(const Part&)>& begins);

bool IsBad(const std::vector<MeasuredPart>& parts);
// Nothing when it was not measured.
const ModeReport* FindPart(const std::vector<MeasuredPart>& parts, std::string_view name);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_PARTS_H
