// Ethernet frames for measuring programs where no capture is at hand: a mix as on the uplink of an office or
// a small data centre, the same on every machine.
//
// | what | share |
// | --- | --- |
// | frames with an 802.1Q tag; the rest of this table holds behind it too | 4 % |
// | IPv4, IPv6, ARP, other types (LLDP, STP, MPLS, PPPoE) | 74, 20, 4, 2 % |
// | in IPv4: TCP, UDP, ICMP, others (GRE, ESP, IGMP) | 76, 19, 3, 2 % |
// | in IPv6: TCP, UDP, ICMPv6, behind an extension header | 70, 24, 5, 1 % |
// | IPv4 packets that are later fragments, that have options | 1, 1 % |
// | of TCP flows, the server's port: 443, 80, 22, a mail port, 8080, any | 60, 14, 6, 6, 4, 10 % |
// | of UDP flows: 443, 53, 123, 67 and 68, any | 30, 30, 8, 4, 28 % |
// | TCP flags: ACK, PSH ACK, SYN, SYN ACK, FIN ACK, RST | 58, 32, 3, 3, 3, 1 % |
// | frames of up to 100, 600, 1514 bytes | 45, 15, 40 % |
//
// Packets belong to a few hundred flows, of which the first are the busiest, between hosts of the local nets
// (192.0.2.0/24 and 10.0.0.0/16, 2001:db8:1::/64, whose addresses stand for one's own in the corpus too) and
// hosts anywhere; one flow in five stays local.
#ifndef BPFOPT_BENCH_TRAFFIC_H
#define BPFOPT_BENCH_TRAFFIC_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::bench {

struct Frame {
  std::vector<std::uint8_t> bytes;  // captured
  std::uint32_t wire_length = 0;
};

// What all measurements take.
inline constexpr std::size_t kTrafficFrames = 4000;
inline constexpr std::uint64_t kTrafficSeed = 1;

// Depends on its arguments alone.
std::vector<Frame> MakeTraffic(std::size_t count, std::uint64_t seed);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TRAFFIC_H
