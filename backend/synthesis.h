// Finds the shortest code that does what a window does on examples: all sequences of loads, operations and
// tests are tried, shorter ones first. Constants of tests are computed from the examples, those of operations
// tried or computed from what the next test needs:
//
//   values 6, 17, 132 -> exit 0, all other bytes -> exit 1:
//   or #0xffffff00    one of a few constants that the window suggests
//   mul #0x411        tried, 1, 3, 5, ...
//   jset #0x1c818     the bits that no product of exit 0's values has
//
// Examples are not all packets: whoever asks proves the code, and asks again with the packet that refutes it.
#ifndef BPFOPT_BACKEND_SYNTHESIS_H
#define BPFOPT_BACKEND_SYNTHESIS_H

#include "backend/selection.h"
#include "backend/window.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::backend {

struct Example {
  std::uint32_t a = 0;              // when the window is entered
  std::vector<std::uint8_t> bytes;  // of the window's addresses
  Departure wanted;
};

// At most `most` instructions; nothing when there is none, or when `steps` (examples looked at) run out.
// Loads stay within the window's bytes and follow `rules`.
std::optional<Program> Synthesize(const Window& window, const std::vector<Example>& examples,
                                  const Rules& rules, std::size_t most, std::uint64_t& steps);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SYNTHESIS_H
