// An outcome, with what the log wants to know of libpcap.
#ifndef BPFOPT_PRELOAD_COMPILED_H
#define BPFOPT_PRELOAD_COMPILED_H

#include "preload/decide.h"

#include <cstddef>
#include <optional>

namespace bpfopt::preload {

struct Compiled {
  Outcome outcome;
  // Of libpcap's optimized program, where that was asked for.
  std::optional<std::size_t> libpcap_instructions;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_COMPILED_H
