// Numbers of the protocols that filters name: Ethernet types, LLC service access points, PPP protocols,
// IP protocols and OSI network-layer protocol identifiers.
#ifndef BPFOPT_FRONTEND_PROTOCOL_NUMBERS_H
#define BPFOPT_FRONTEND_PROTOCOL_NUMBERS_H

#include <cstdint>

namespace bpfopt::frontend {

// Ethernet types. Numbers up to 1500 are no types but lengths, so filters use them for LLC SAPs.
inline constexpr std::uint32_t kEthernetMaximumLength = 1500;
inline constexpr std::uint32_t kEtherNs = 0x0600;
inline constexpr std::uint32_t kEtherIp = 0x0800;
inline constexpr std::uint32_t kEtherArp = 0x0806;
inline constexpr std::uint32_t kEtherMopDl = 0x6001;
inline constexpr std::uint32_t kEtherMopRc = 0x6002;
inline constexpr std::uint32_t kEtherDecnet = 0x6003;
inline constexpr std::uint32_t kEtherLat = 0x6004;
inline constexpr std::uint32_t kEtherSca = 0x6007;
inline constexpr std::uint32_t kEtherTransparentBridging = 0x6558;
inline constexpr std::uint32_t kEtherRarp = 0x8035;
inline constexpr std::uint32_t kEtherAppleTalk = 0x809b;
inline constexpr std::uint32_t kEtherAarp = 0x80f3;
inline constexpr std::uint32_t kEtherVlan = 0x8100;
inline constexpr std::uint32_t kEtherIpx = 0x8137;
inline constexpr std::uint32_t kEtherIp6 = 0x86dd;
inline constexpr std::uint32_t kEtherMpls = 0x8847;
inline constexpr std::uint32_t kEtherPppoeDiscovery = 0x8863;
inline constexpr std::uint32_t kEtherPppoeSession = 0x8864;
inline constexpr std::uint32_t kEtherVlanService = 0x88a8;  // 802.1ad
inline constexpr std::uint32_t kEtherVlanQinq = 0x9100;

// LLC service access points.
inline constexpr std::uint32_t kSapIp = 0x06;
inline constexpr std::uint32_t kSapStp = 0x42;
inline constexpr std::uint32_t kSapSnap = 0xaa;
inline constexpr std::uint32_t kSapIpx = 0xe0;
inline constexpr std::uint32_t kSapNetbeui = 0xf0;
inline constexpr std::uint32_t kSapOsi = 0xfe;

// PPP protocols.
inline constexpr std::uint32_t kPppIp = 0x0021;
inline constexpr std::uint32_t kPppOsi = 0x0023;
inline constexpr std::uint32_t kPppNs = 0x0025;
inline constexpr std::uint32_t kPppDecnet = 0x0027;
inline constexpr std::uint32_t kPppAppleTalk = 0x0029;
inline constexpr std::uint32_t kPppIpx = 0x002b;
inline constexpr std::uint32_t kPppBridge = 0x0031;
inline constexpr std::uint32_t kPppIp6 = 0x0057;
inline constexpr std::uint32_t kPppMpls = 0x0281;

// IP protocols.
inline constexpr std::uint32_t kIpProtocolHopByHop = 0;
inline constexpr std::uint32_t kIpProtocolIcmp = 1;
inline constexpr std::uint32_t kIpProtocolIgmp = 2;
inline constexpr std::uint32_t kIpProtocolTcp = 6;
inline constexpr std::uint32_t kIpProtocolIgrp = 9;
inline constexpr std::uint32_t kIpProtocolUdp = 17;
inline constexpr std::uint32_t kIpProtocolRouting = 43;
inline constexpr std::uint32_t kIpProtocolFragment = 44;
inline constexpr std::uint32_t kIpProtocolEsp = 50;
inline constexpr std::uint32_t kIpProtocolAh = 51;
inline constexpr std::uint32_t kIpProtocolIcmp6 = 58;
inline constexpr std::uint32_t kIpProtocolNone = 59;  // no next header
inline constexpr std::uint32_t kIpProtocolDestinationOptions = 60;
inline constexpr std::uint32_t kIpProtocolPim = 103;
inline constexpr std::uint32_t kIpProtocolVrrp = 112;  // and CARP
inline constexpr std::uint32_t kIpProtocolSctp = 132;

// OSI network-layer protocol identifiers.
inline constexpr std::uint32_t kOsiClnp = 0x81;
inline constexpr std::uint32_t kOsiEsis = 0x82;
inline constexpr std::uint32_t kOsiIsis = 0x83;

inline constexpr std::uint32_t kGenevePort = 6081;

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PROTOCOL_NUMBERS_H
