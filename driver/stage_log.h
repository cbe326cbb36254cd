// Times the steps of a compile and tells the observer of each as it ends.
#ifndef BPFOPT_DRIVER_STAGE_LOG_H
#define BPFOPT_DRIVER_STAGE_LOG_H

#include "bpfopt/compiler.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace bpfopt::driver {

class StageLog {
 public:
  using Observer = std::function<void(const StageReport&)>;

  // `observer` may be empty; both must outlive the log.
  StageLog(const Observer& observer, CompileStatistics& statistics)
      : observer_(observer), statistics_(statistics) {}

  // Runs one step and returns its result. `text` makes the observer's text from that result.
  template <typename Step, typename Text>
  auto Run(std::string_view name, Step step, Text text) {
    const auto begin = Clock::now();
    auto result = step();
    const auto time = Clock::now() - begin;
    Record({name, true, time, [&] { return text(result); }});
    return result;
  }
  // A step that makes IR.
  template <typename Step, typename Text, typename MakeGraph>
  auto Run(std::string_view name, Step step, Text text, MakeGraph graph) {
    const auto begin = Clock::now();
    auto result = step();
    const auto time = Clock::now() - begin;
    Record({name, true, time, [&] { return text(result); }, [&] { return graph(result); }});
    return result;
  }
  template <typename Step>
  auto Run(std::string_view name, Step step) {
    const auto begin = Clock::now();
    auto result = step();
    Record({name, true, Clock::now() - begin, {}});
    return result;
  }

  // A step that timed itself.
  void Record(const StageReport& report);

  CompileStatistics& statistics() { return statistics_; }

 private:
  using Clock = std::chrono::steady_clock;

  const Observer& observer_;
  CompileStatistics& statistics_;
};

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_STAGE_LOG_H
