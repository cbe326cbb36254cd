// The error of a call that was asked to end.
#ifndef BPFOPT_DRIVER_INTERRUPTED_H
#define BPFOPT_DRIVER_INTERRUPTED_H

#include "bpfopt/error.h"
#include "bpfopt/interruption.h"

namespace bpfopt::driver {

// The layers below take an interruption for an exhausted budget, and end with less than they could have: so
// whoever hands out what they made looks here last.
inline Expected<void> CheckInterruption(const Interruption& interruption) {
  if (!interruption.IsRequested()) return {};
  return MakeError(ErrorCode::kCancelled,
                   interruption.stop.stop_requested() ? "the call was cancelled" : "the deadline has passed");
}

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_INTERRUPTED_H
