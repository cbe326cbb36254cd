// How a call that takes long is ended before its time.
//
//   std::stop_source source;
//   bpfopt::CompileOptions options;
//   options.interruption.stop = source.get_token();
//   options.interruption.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
//   // Another thread may call source.request_stop().
//   bpfopt::Expected<bpfopt::CompileResult> result = bpfopt::Compile("tcp port 80", options);
//   const bool ended = !result && result.error().code == bpfopt::ErrorCode::kCancelled;
//
// A call that was asked to stop returns kCancelled, soon, and never a lesser result: what does come out is
// what would have come out without. So only with a deadline does it depend on the machine and its load
// whether there is a result; which one never does. To bound the work in the same way everywhere, see Budgets.
#ifndef BPFOPT_INTERRUPTION_H
#define BPFOPT_INTERRUPTION_H

#include <chrono>
#include <optional>
#include <stop_token>

namespace bpfopt {

struct Interruption {
  std::stop_token stop;  // by default of no source: never
  std::optional<std::chrono::steady_clock::time_point> deadline;

  // Once true, always true.
  bool IsRequested() const {
    return stop.stop_requested() || (deadline && std::chrono::steady_clock::now() >= *deadline);
  }
  bool IsPossible() const { return stop.stop_possible() || deadline.has_value(); }
};

}  // namespace bpfopt

#endif  // BPFOPT_INTERRUPTION_H
