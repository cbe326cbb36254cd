// What repeated measurements, and those of many rows, come to.
#ifndef BPFOPT_BENCH_SPREAD_H
#define BPFOPT_BENCH_SPREAD_H

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
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

// The least of the values that `share` of them are not above, such as 0.9; of at least one value.
inline double QuantileOf(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

// Of positive values, as they come.
class GeometricMean {
 public:
  void Add(double value) {
    ++count_;
    log_sum_ += std::log(value);
  }
  std::size_t count() const { return count_; }
  // Of no values there is none.
  std::optional<double> value() const {
    return count_ == 0 ? std::nullopt : std::optional(std::exp(log_sum_ / static_cast<double>(count_)));
  }

 private:
  std::size_t count_ = 0;
  double log_sum_ = 0;
};

inline GeometricMean GeometricMeanOf(const std::vector<double>& values) {
  GeometricMean mean;
  for (const double value : values) mean.Add(value);
  return mean;
}

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SPREAD_H
