// A run of a program on a packet that says of each test which bits decided it: what would have to be written
// into the packet to have the test come out the other way.
#ifndef BPFOPT_CLI_TRACED_RUN_H
#define BPFOPT_CLI_TRACED_RUN_H

#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::cli {

struct ExamplePacket {
  std::vector<std::uint8_t> bytes;  // captured whole
  friend auto operator<=>(const ExamplePacket&, const ExamplePacket&) = default;
};

// Bits of the packet, or its length when `width` is 0, and the value to be put there.
struct PacketEdit {
  std::size_t address = 0;
  unsigned width = 0;  // bytes
  std::uint32_t mask = 0;
  std::uint32_t value = 0;
};

struct TracedRun {
  bool accepts = false;
  std::size_t executed = 0;
  std::vector<PacketEdit> turns;  // in the order of the tests; of those that are understood
};

// Ancillary words are 0. A test is understood whose left side is a load, or the length, under masks and less
// constants.
TracedRun TraceRun(const Program& program, const ExamplePacket& packet, Target target);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_TRACED_RUN_H
