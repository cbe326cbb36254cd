#include "chain_packets.h"

#include <algorithm>
#include <array>

namespace bpfopt::frontend {
namespace {

constexpr std::array<std::uint8_t, 4> kExtensions = {0, 43, 44, 60};
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kNone = 59;

bool IsExtension(std::uint8_t header) {
  return std::find(kExtensions.begin(), kExtensions.end(), header) != kExtensions.end();
}

}  // namespace

unsigned HeadersFollowed(std::span<const std::uint8_t> packet, std::uint32_t protocol) {
  if (packet.empty()) return 0;
  const bool ip6 = packet[0] >> 4 == 6;
  const std::size_t field = ip6 ? 6 : 9;
  if (field >= packet.size()) return 0;
  std::uint8_t next = packet[field];
  std::size_t at = ip6 ? 40 : 4 * (packet[0] & 0xf);
  for (unsigned followed = 0;; ++followed) {
    if (next == protocol || next == kNone) return followed;
    const bool extension = ip6 && IsExtension(next);
    if (!extension && next != kAuthentication) return followed;
    if (at + 1 >= packet.size()) return followed;
    if (followed == kEndless) return kEndless;
    next = packet[at];
    at = extension ? at + 8 * (packet[at + 1] + 1) : 4 * (packet[at + 1] + 2);
  }
}

std::vector<std::uint8_t> ChainPackets::Next(bool ip6, unsigned headers, std::uint8_t last) {
  std::vector<std::uint8_t> packet(40 + Below(300));
  for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random_());
  packet[0] = static_cast<std::uint8_t>(ip6 ? 0x60 : 0x45 + Below(3));
  std::size_t field = ip6 ? 6 : 9;
  std::size_t at = ip6 ? 40 : 4 * (packet[0] & 0xf);
  for (unsigned i = 0; i < headers; ++i) {
    const bool extension = ip6 && Below(3) != 0;
    packet[field] = extension ? kExtensions[Below(kExtensions.size())] : kAuthentication;
    if (at + 1 >= packet.size()) return packet;
    // Now and then a length from anywhere. Else short ones, or for an AH one that leads on: its place is its
    // length alone.
    const std::size_t ahead = extension ? 0 : at / 4;
    const std::size_t units = Below(12) == 0 ? Below(256) : ahead + Below(3);
    packet[at + 1] = static_cast<std::uint8_t>(units);
    field = at;
    at = extension ? at + 8 * (packet[at + 1] + 1) : 4 * (packet[at + 1] + 2);
  }
  if (field < packet.size()) packet[field] = last;
  return packet;
}

}  // namespace bpfopt::frontend
