// The median of repeated measurements, and how far they are apart.
#ifndef BPFOPT_BENCH_SPREAD_H
#define BPFOPT_BENCH_SPREAD_H

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace bpfopt::bench {

struct Spread {
  double first_quartile = 0;
  double median = 0;
  double third_quartile = 0;
};

// Of at least one value.
inline Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t last = values.size() - 1;
  return {values[last / 4], values[values.size() / 2], values[last - last / 4]};
}

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SPREAD_H
