// How both compilers cope with filters that name many things.
#ifndef BPFOPT_BENCH_SCALING_H
#define BPFOPT_BENCH_SCALING_H

#include "bpfopt/compiler.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct ScalingFigures {
  std::size_t instructions = 0;
  double milliseconds = 0;  // of one compile in this process; ours with its proof
};

struct ScalingPoint {
  std::size_t entries = 0;
  std::optional<ScalingFigures> ours;  // nothing: no program, or a smaller filter took too long already
  std::optional<ScalingFigures> libpcap;
};

struct ScalingSeries {
  std::string name;  // such as "hosts"
  std::vector<ScalingPoint> points;
};

// Random hosts, networks and pairs of a source and a port, or-ed, for Ethernet; the same ones in every run. A
// compiler that takes more than a few seconds for one filter is asked for no larger one of that series.
// Up to `largest` entries; 0 measures nothing. Times are processor time.
std::vector<ScalingSeries> MeasureScaling(const CompileOptions& options, std::size_t largest);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SCALING_H
