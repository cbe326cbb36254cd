// What the command's exit status says; the same for every subcommand.
#ifndef BPFOPT_CLI_EXIT_STATUS_H
#define BPFOPT_CLI_EXIT_STATUS_H

#include "bpfopt/error.h"

namespace bpfopt::cli {

inline constexpr int kDone = 0;       // also: equal, implied
inline constexpr int kDifferent = 1;  // also: not implied
inline constexpr int kBadInput = 2;   // wrong usage, a wrong filter, a file that cannot be read or written
inline constexpr int kUndecided = 3;
inline constexpr int kTooLarge = 4;
inline constexpr int kBug = 5;  // bpfopt contradicts itself; the message has what to report

// Of `exec`, as env(1) has them.
inline constexpr int kCannotRun = 126;
inline constexpr int kNoCommand = 127;

inline int ExitStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return kBadInput;
    case ErrorCode::kTooLarge:
      return kTooLarge;
    case ErrorCode::kUndecided:
    case ErrorCode::kCancelled:
      return kUndecided;
    case ErrorCode::kInternal:
      break;
  }
  return kBug;
}

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_EXIT_STATUS_H
