// Packets that get somewhere: random bytes and well-formed headers, then bent until the conditional jumps of
// a program go both ways.
#ifndef BPFOPT_TESTS_FRONTEND_STEERED_PACKETS_H
#define BPFOPT_TESTS_FRONTEND_STEERED_PACKETS_H

#include "bpfopt/program.h"

#include <cstdint>
#include <random>
#include <vector>

namespace bpfopt::frontend {

using PacketBytes = std::vector<std::uint8_t>;

class SteeredPackets {
 public:
  // For programs on link type `dlt`. The same seed gives the same packets.
  SteeredPackets(const Program& program, int dlt, std::uint32_t seed);

  // A whole packet, up to some 250 bytes.
  PacketBytes Next();
  // A wire length for it: its own, or near one that the program compares with.
  std::uint32_t WireLength(std::size_t captured);

 private:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  std::uint32_t SomeConstant();
  void AppendWord(PacketBytes* packet, std::uint32_t value, unsigned width);
  void AppendLink(PacketBytes* packet, bool ip6);
  void AppendIp(PacketBytes* packet, bool ip6);
  // Changes bytes so that one of the jumps that the packet meets may go the other way.
  void Bend(PacketBytes* packet);

  const Program& program_;
  int dlt_;
  std::mt19937 random_;
  std::vector<std::uint32_t> constants_;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_STEERED_PACKETS_H
