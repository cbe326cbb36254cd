// IP packets with chains of headers as `protochain` follows them, and how long such a chain is. libpcap's
// program for it is a loop, which some packets never leave.
#ifndef BPFOPT_TESTS_FRONTEND_CHAIN_PACKETS_H
#define BPFOPT_TESTS_FRONTEND_CHAIN_PACKETS_H

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace bpfopt::frontend {

inline constexpr unsigned kEndless = 1000;

// How many headers libpcap's loop goes behind in a packet that starts with its IP header, before it finds
// `protocol`, comes to an end or reads past the packet; kEndless for that many and more.
unsigned HeadersFollowed(std::span<const std::uint8_t> packet, std::uint32_t protocol);

class ChainPackets {
 public:
  // The same seed gives the same packets.
  explicit ChainPackets(std::uint32_t seed) : random_(seed) {}

  // An IP header, mostly a chain of `headers` headers, and `last` as what the last of them announces.
  std::vector<std::uint8_t> Next(bool ip6, unsigned headers, std::uint8_t last);
  std::uint32_t Below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

 private:
  std::mt19937 random_;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_CHAIN_PACKETS_H
