// What a filter gets: a program of bpfopt's, or libpcap's turn.
//
// How much is done for it depends on the filter alone, not on time, so that the same filter gets the same
// program on every machine. Unless the environment names a level or a proof:
//
//   -O1 makes a first program without a solver, in a millisecond or so.
//   Up to kSmall instructions, -O2 makes the final one, with its proof.
//   Up to kProvenAtOnce, the first program is the final one, and is proven.
//   Beyond that it is not proven: programs wait for their filter before they capture. The log says so.
#ifndef BPFOPT_PRELOAD_DECIDE_H
#define BPFOPT_PRELOAD_DECIDE_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"
#include "preload/request.h"
#include "preload/settings.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace bpfopt::preload {

inline constexpr std::size_t kSmall = 200;      // instructions of the first program
inline constexpr std::size_t kMostAsked = 600;  // instructions of a source that libpcap's optimizer is set on
inline constexpr std::size_t kKernelLimit = 4096;           // instructions
inline constexpr std::size_t kProvenAtOnce = kKernelLimit;  // instructions of the first program
// Where more are needed, libpcap runs the program itself; it does not offer the kernel more than this.
inline constexpr std::size_t kLibpcapLimit = 65535;

struct Outcome {
  std::optional<Program> program;  // nothing: libpcap compiles the filter
  std::string reason;              // why libpcap does, or what is to be said of the program
  bool is_proven = false;
  int level = 0;
  Target target = Target::kPcap;
  // Instructions of the program that it was proven against, or would have been.
  std::size_t source_instructions = 0;
  // False when addresses were looked up by name: they may be others the next time.
  bool is_lasting = true;
};

// libpcap's program for the filter on the handle that it is meant for; its message when it refuses.
using AskLibpcap = std::function<Expected<Program>(bool optimize)>;

// May throw std::bad_alloc and what else the standard library throws.
Outcome Decide(const Request& request, const Settings& settings, const AskLibpcap& libpcap);

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_DECIDE_H
