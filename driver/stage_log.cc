// Sums the times of steps by name.
#include "driver/stage_log.h"

#include <algorithm>

namespace bpfopt::driver {

void StageLog::Record(const StageReport& report) {
  auto& timings = statistics_.timings;
  auto found = std::find_if(timings.begin(), timings.end(),
                            [&](const auto& timing) { return timing.name == report.name; });
  if (found == timings.end()) {
    found = timings.insert(timings.end(), {std::string(report.name), 0, std::chrono::nanoseconds{0}});
  }
  ++found->runs;
  found->time += report.time;
  if (observer_) observer_(report);
}

}  // namespace bpfopt::driver
