// Packets that reach deep into filters: a few of each link type built from headers, their truncations at
// every length, and copies with random bytes changed.
#ifndef BPFOPT_TESTS_DRIVER_SAMPLE_PACKETS_H
#define BPFOPT_TESTS_DRIVER_SAMPLE_PACKETS_H

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace bpfopt {

using Bytes = std::vector<std::uint8_t>;

inline Bytes Concatenate(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// The link-layer header that announces an Ethernet type.
inline Bytes LinkHeader(int dlt, std::uint16_t type) {
  const auto high = static_cast<std::uint8_t>(type >> 8);
  const auto low = static_cast<std::uint8_t>(type);
  const bool ip6 = type == 0x86dd;
  switch (dlt) {
    case 1:
      return {2, 0, 0x5e, 0x10, 0, 2, 2, 0, 0x5e, 0x10, 0, 1, high, low};  // EN10MB
    case 0:
      return {static_cast<std::uint8_t>(ip6 ? 10 : 2), 0, 0, 0};  // NULL, little-endian host
    case 108:
      return {0, 0, 0, static_cast<std::uint8_t>(ip6 ? 10 : 2)};  // LOOP
    case 9:
      return {0xff, 0x03, 0x00, static_cast<std::uint8_t>(ip6 ? 0x57 : 0x21)};  // PPP
    case 113:
      return {0, 0, 0, 1, 0, 6, 2, 0, 0x5e, 0x10, 0, 1, 0, 0, high, low};  // LINUX_SLL
    case 276:
      return {high, low, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0x5e, 0x10, 0, 1, 0, 0};  // LINUX_SLL2
    default:
      return {};  // raw IP
  }
}

inline Bytes Ipv4(std::uint8_t protocol, const Bytes& payload) {
  const auto length = static_cast<std::uint8_t>(20 + payload.size());
  return Concatenate(
      {{0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 17, 198, 51, 100, 9}, payload});
}

inline Bytes Ipv6(std::uint8_t protocol, const Bytes& payload) {
  Bytes header = {0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(payload.size()), protocol, 64};
  for (const std::uint8_t last : {0x17, 0x09}) {
    const Bytes address = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
    header.insert(header.end(), address.begin(), address.end());
  }
  return Concatenate({header, payload});
}

// A TCP segment, of which UDP and SCTP read the ports alone.
inline Bytes Segment(std::uint16_t source, std::uint16_t destination) {
  const auto high = [](std::uint16_t port) { return static_cast<std::uint8_t>(port >> 8); };
  const auto low = [](std::uint16_t port) { return static_cast<std::uint8_t>(port); };
  return {high(source),
          low(source),
          high(destination),
          low(destination),
          0,
          0,
          0,
          1,
          0,
          0,
          0,
          0,
          0x50,
          0x02,
          0,
          0,
          0,
          0,
          0,
          0,
          'G',
          'E',
          'T',
          ' '};
}

inline std::vector<Bytes> CompletePackets(int dlt) {
  std::vector<Bytes> packets;
  for (const std::uint8_t protocol : {1, 2, 6, 17, 50, 58, 112, 132}) {
    for (const std::uint16_t port : {22, 53, 80, 443, 6000}) {
      packets.push_back(Concatenate({LinkHeader(dlt, 0x0800), Ipv4(protocol, Segment(40000, port))}));
      packets.push_back(Concatenate({LinkHeader(dlt, 0x86dd), Ipv6(protocol, Segment(port, 40000))}));
    }
  }
  const Bytes arp = {0,   1, 8, 0,  6, 4, 0, 1, 2, 0, 0x5e, 0x10, 0, 1,
                     192, 0, 2, 17, 0, 0, 0, 0, 0, 0, 192,  0,    2, 1};
  packets.push_back(Concatenate({LinkHeader(dlt, 0x0806), arp}));
  const Bytes vlan = {0x00, 0x64, 0x08, 0x00};  // VLAN 100, IPv4
  packets.push_back(Concatenate({LinkHeader(dlt, 0x8100), vlan, Ipv4(6, Segment(40000, 443))}));
  return packets;
}

inline std::vector<Bytes> SamplePackets(int dlt) {
  const std::vector<Bytes> complete = CompletePackets(dlt);
  std::vector<Bytes> packets = complete;
  for (const std::size_t index : {std::size_t{4}, std::size_t{5}, complete.size() - 1}) {
    for (std::size_t size = 1; size < complete[index].size(); ++size) {
      packets.emplace_back(complete[index].begin(), complete[index].begin() + size);
    }
  }
  std::mt19937 random(20240229);
  for (const Bytes& base : complete) {
    Bytes changed = base;
    for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    packets.push_back(std::move(changed));
  }
  return packets;
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_DRIVER_SAMPLE_PACKETS_H
