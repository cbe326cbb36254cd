// Addresses and ports are those set aside for documentation, or of no service.
#include "cli/example_packets.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace bpfopt::cli {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kShortestFrame = 60;  // of Ethernet, without its checksum
constexpr std::uint16_t kIp = 0x0800;
constexpr std::uint16_t kArp = 0x0806;
constexpr std::uint16_t kIp6 = 0x86dd;

Bytes Join(std::initializer_list<Bytes> all) {
  Bytes joined;
  for (const Bytes& each : all) joined.insert(joined.end(), each.begin(), each.end());
  return joined;
}

Bytes Word(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

// Ports 40312 to 8080; PSH and ACK; six bytes of data.
Bytes Tcp() {
  return {0x9d, 0x78, 0x1f, 0x90, 0x00, 0x00, 0x10, 0x01, 0x00, 0x00, 0x20, 0x01, 0x50,
          0x18, 0x01, 0xf6, 0x00, 0x00, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o',  '\n'};
}

Bytes Udp() { return {0x9d, 0x78, 0x1f, 0x90, 0x00, 0x0e, 0x00, 0x00, 'h', 'e', 'l', 'l', 'o', '\n'}; }

// An echo request, as of ICMP (8) and of ICMPv6 (128).
Bytes Echo(std::uint8_t type) { return {type, 0, 0, 0, 0x12, 0x34, 0, 1, 'h', 'e', 'l', 'l', 'o', '\n'}; }

Bytes Ip(std::uint8_t protocol, const Bytes& payload) {
  return Join({{0x45, 0x00},
               Word(20 + payload.size()),
               {0x1c, 0x46, 0x40, 0x00, 0x40, protocol, 0x00, 0x00},
               {198, 51, 100, 7},
               {203, 0, 113, 9},
               payload});
}

Bytes Ip6(std::uint8_t protocol, const Bytes& payload) {
  return Join({{0x60, 0x00, 0x00, 0x00},
               Word(payload.size()),
               {protocol, 0x40},
               {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7},
               {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9},
               payload});
}

Bytes Arp() {
  return Join({{0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01},
               {0x02, 0x00, 0x00, 0x00, 0x00, 0x07},
               {198, 51, 100, 7},
               {0, 0, 0, 0, 0, 0},
               {198, 51, 100, 1}});
}

// What follows the link header, with its Ethernet type.
struct Payload {
  std::uint16_t type = 0;
  Bytes bytes;
};

std::vector<Payload> Payloads() {
  return {{kIp, Ip(6, Tcp())},   {kIp, Ip(17, Udp())},       {kIp6, Ip6(6, Tcp())}, {kIp6, Ip6(17, Udp())},
          {kIp, Ip(1, Echo(8))}, {kIp6, Ip6(58, Echo(128))}, {kArp, Arp()}};
}

Bytes Ethernet(const Payload& payload, const Bytes& tag = {}) {
  Bytes frame = Join({{0x02, 0x00, 0x00, 0x00, 0x00, 0x09},
                      {0x02, 0x00, 0x00, 0x00, 0x00, 0x07},
                      tag,
                      Word(payload.type),
                      payload.bytes});
  if (frame.size() < kShortestFrame) frame.resize(kShortestFrame);
  return frame;
}

Bytes LinuxSll(const Payload& payload) {
  return Join({{0x00, 0x00, 0x00, 0x01, 0x00, 0x06},
               {0x02, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00},
               Word(payload.type),
               payload.bytes});
}

Bytes LinuxSll2(const Payload& payload) {
  return Join({Word(payload.type),
               {0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x06},
               {0x02, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00},
               payload.bytes});
}

// A beacon, and a frame of data from a station to the access point.
std::vector<Bytes> Wireless() {
  const Bytes point = {0x02, 0x00, 0x00, 0x00, 0x00, 0x09};
  const Bytes station = {0x02, 0x00, 0x00, 0x00, 0x00, 0x07};
  const Bytes all = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const Bytes snap = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00};
  const Bytes beacon = Join({{0x80, 0x00, 0x00, 0x00},
                             all,
                             point,
                             point,
                             {0x10, 0x00},
                             Bytes(12),
                             {0x00, 0x04},
                             {'t', 'e', 's', 't'}});
  const Bytes data =
      Join({{0x08, 0x01, 0x00, 0x00}, point, station, point, {0x20, 0x00}, snap, Word(kIp), Ip(6, Tcp())});
  return {data, beacon};
}

std::vector<Bytes> Everyday(std::string_view link_type) {
  std::vector<Bytes> all;
  if (link_type == "IEEE802_11") return Wireless();
  if (link_type == "IEEE802_11_RADIO") {
    for (const Bytes& frame : Wireless()) all.push_back(Join({{0x00, 0x00, 0x08, 0x00, 0, 0, 0, 0}, frame}));
    return all;
  }
  for (const Payload& payload : Payloads()) {
    if (link_type == "EN10MB") {
      all.push_back(Ethernet(payload));
    } else if (link_type == "RAW" && payload.type != kArp) {
      all.push_back(payload.bytes);
    } else if (link_type == "LINUX_SLL") {
      all.push_back(LinuxSll(payload));
    } else if (link_type == "LINUX_SLL2") {
      all.push_back(LinuxSll2(payload));
    }
  }
  if (link_type == "EN10MB") {
    const Bytes tag = {0x81, 0x00, 0x00, 0x01};
    for (const Payload& payload : Payloads()) all.push_back(Ethernet(payload, tag));
  }
  if (all.empty()) all.emplace_back(128);
  return all;
}

}  // namespace

std::vector<ExamplePacket> EverydayPackets(const std::string& link_type) {
  std::vector<ExamplePacket> packets;
  for (Bytes& bytes : Everyday(link_type)) packets.push_back({std::move(bytes)});
  return packets;
}

}  // namespace bpfopt::cli
