// What the link-layer header says of the protocol that it carries.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr Field kEtherType{Anchor::kLinkProtocol, 0, 2};
constexpr Field kLlcSaps{Anchor::kPayload, 0, 2};  // destination and source
constexpr Field kLlcDestination{Anchor::kPayload, 0, 1};
constexpr Field kSnapType{Anchor::kPayload, 6, 2};

// LINUX_SLL's own values in place of an Ethernet type.
constexpr std::uint32_t kCookedRaw8023 = 1;
constexpr std::uint32_t kCookedLlc = 4;

// Both addresses of an 802.3 frame without 802.2 header, as Novell sent them.
constexpr std::uint32_t kNovellSaps = 0xffff;

// AF_INET is the same everywhere. For AF_INET6 libpcap takes the system's own on interfaces; a file may be
// from elsewhere, so there it takes those of Darwin, NetBSD and OpenBSD, and FreeBSD, in this order.
constexpr std::array<std::uint32_t, 1> kFamilyInet = {2};
constexpr std::array<std::uint32_t, 1> kFamilyInet6 = {10};
constexpr std::array<std::uint32_t, 3> kFamilyInet6InFiles = {30, 24, 28};
constexpr std::uint32_t kIpnetInet = 2;
constexpr std::uint32_t kIpnetInet6 = 26;  // Solaris's AF_INET6

// ARCnet's system codes: of RFC 1201, and the old ones of RFC 1051.
constexpr std::uint32_t kArcnetIpOld = 0xf0;
constexpr std::uint32_t kArcnetArpOld = 0xf1;
constexpr std::uint32_t kArcnetIp = 0xd4;
constexpr std::uint32_t kArcnetArp = 0xd5;
constexpr std::uint32_t kArcnetRarp = 0xd6;
constexpr std::uint32_t kArcnetAppleTalk = 0xdd;
constexpr std::uint32_t kArcnetIp6 = 0xc4;

// Compressed IP over PPP (RFC 1332), as it is and with its header uncompressed.
constexpr std::uint32_t kPppCompressed = 0x2d;
constexpr std::uint32_t kPppUncompressed = 0x2f;

// The control byte of an unnumbered frame, before Frame Relay's network-layer protocol identifier.
constexpr std::uint32_t kUnnumbered = 0x03;
constexpr std::uint32_t kFrameRelayIp = 0xcc;
constexpr std::uint32_t kFrameRelayIp6 = 0x8e;

// The traffic types of an ATM pseudo-header.
constexpr std::uint32_t kAtmLlc = 2;

// Protocols that are recognised by both service access points being theirs.
constexpr bool UsesBothSaps(std::uint32_t protocol) {
  return protocol == kSapOsi || protocol == kSapIp || protocol == kSapNetbeui;
}

// AppleTalk is sent with Apple's organization code, its address resolution without.
constexpr std::uint32_t SnapOrganization(std::uint32_t protocol) {
  return protocol == kEtherAppleTalk ? 0x080007 : 0;
}

constexpr std::uint32_t PppProtocol(std::uint32_t protocol) {
  switch (protocol) {
    case kEtherIp:
      return kPppIp;
    case kEtherIp6:
      return kPppIp6;
    case kEtherDecnet:
      return kPppDecnet;
    case kEtherAppleTalk:
      return kPppAppleTalk;
    case kEtherNs:
      return kPppNs;
    case kSapOsi:
      return kPppOsi;
    case kSapStp:
      return kPppBridge;
    case kSapIpx:
      return kPppIpx;
    default:
      return protocol;
  }
}

constexpr std::uint32_t SwapBytes(std::uint32_t network_word) {
  return (network_word & 0xff) << 24 | (network_word & 0xff00) << 8 | (network_word >> 8 & 0xff00) |
         network_word >> 24;
}

}  // namespace

Outcome Lowering::TestLinkProtocol(Flow in, std::uint32_t protocol) {
  if (layout_.mpls_labels > 0) return TestMplsPayload(in, protocol);
  switch (layout_.link->protocol_field) {
    case ProtocolField::kNone:
      return Fail(
          fmt::format("what a packet of {} carries cannot be told; test bytes of it, as in 'link[0] = 1'",
                      NameOf(*layout_.link)));
    case ProtocolField::kEthernet: {
      Conjunction both(in);
      both.Add(TestLaneData(both.next()));
      both.Add(TestEthernetProtocol(both.next(), protocol));
      return both.outcome();
    }
    case ProtocolField::kLinuxCooked:
      return TestCookedProtocol(in, protocol);
    case ProtocolField::kEthernetType:
      return TestEqual(in, kEtherType, protocol);
    case ProtocolField::kCiscoHdlc:
      return TestEqual(in, kEtherType, protocol == kSapOsi ? kSapOsi << 8 | kSapOsi : protocol);
    case ProtocolField::kPpp:
      return TestEqual(in, kEtherType, PppProtocol(protocol));
    case ProtocolField::kPppBsdos:
      if (protocol != kEtherIp) return TestEqual(in, kEtherType, PppProtocol(protocol));
      return TestAnyOf(in, kEtherType, {kPppIp, kPppCompressed, kPppUncompressed});
    case ProtocolField::kLlc:
      return TestLlcProtocol(in, protocol);
    case ProtocolField::kWlan: {
      Conjunction both(in);
      both.Add(TestWlanData(both.next()));
      both.Add(TestLlcProtocol(both.next(), protocol));
      return both.outcome();
    }
    case ProtocolField::kAtm: {
      Conjunction both(in);
      both.Add(TestAtmTraffic(both.next(), kAtmLlc));
      both.Add(TestLlcProtocol(both.next(), protocol));
      return both.outcome();
    }
    case ProtocolField::kFamilyNetwork:
    case ProtocolField::kFamilyHost:
      return TestFamily(in, protocol);
    case ProtocolField::kFamilyByte:
      return TestFamilyByte(in, protocol, kFamilyInet[0], kFamilyInet6[0]);
    case ProtocolField::kIpnet:
      return TestFamilyByte(in, protocol, kIpnetInet, kIpnetInet6);
    case ProtocolField::kArcnet:
      return TestArcnetProtocol(in, protocol);
    case ProtocolField::kFrameRelay:
      return TestFrameRelayProtocol(in, protocol);
    case ProtocolField::kMarker:
      return TestEqual(in, Field{Anchor::kLinkHeader, 0, 4}, layout_.link->marker->value,
                       layout_.link->marker->mask);
    case ProtocolField::kIpVersion:
      return TestIpVersion(in, Anchor::kLinkHeader, protocol);
    case ProtocolField::kAlwaysIpv4:
      return flow_.Constant(in, protocol == kEtherIp);
    case ProtocolField::kAlwaysIpv6:
      return flow_.Constant(in, protocol == kEtherIp6);
    case ProtocolField::kAlwaysAppleTalk:
      return flow_.Constant(in, protocol == kEtherAppleTalk);
  }
  return FailInternally("an unknown protocol field");
}

Outcome Lowering::TestEthernetProtocol(Flow in, std::uint32_t protocol) {
  const auto test_length = [this](Flow flow) {
    return Invert(TestField(flow, kEtherType, ir::Compare::kGreater, kEthernetMaximumLength));
  };
  if (protocol == kSapIpx) {
    Disjunction any(in);
    any.Add(TestEqual(any.next(), kEtherType, kEtherIpx));
    Conjunction frame(any.next());
    frame.Add(test_length(frame.next()));
    Disjunction kind(frame.next());
    kind.Add(TestSnap(kind.next(), 0, kEtherIpx));
    kind.Add(TestEqual(kind.next(), kLlcDestination, kSapIpx));
    kind.Add(TestEqual(kind.next(), kLlcSaps, kNovellSaps));
    frame.Add(kind.outcome());
    any.Add(frame.outcome());
    return any.outcome();
  }
  if (protocol == kEtherAppleTalk || protocol == kEtherAarp) {
    Disjunction any(in);
    any.Add(TestEqual(any.next(), kEtherType, protocol));
    Conjunction frame(any.next());
    frame.Add(test_length(frame.next()));
    frame.Add(TestSnap(frame.next(), SnapOrganization(protocol), protocol));
    any.Add(frame.outcome());
    return any.outcome();
  }
  if (protocol > kEthernetMaximumLength) return TestEqual(in, kEtherType, protocol);

  Conjunction frame(in);
  frame.Add(test_length(frame.next()));
  if (UsesBothSaps(protocol)) {
    frame.Add(TestEqual(frame.next(), kLlcSaps, protocol << 8 | protocol));
  } else {
    frame.Add(TestEqual(frame.next(), Field{Anchor::kLinkProtocol, 2, 1}, protocol));
  }
  return frame.outcome();
}

Outcome Lowering::TestCookedProtocol(Flow in, std::uint32_t protocol) {
  if (protocol == kSapIpx) {
    Disjunction any(in);
    any.Add(TestEqual(any.next(), kEtherType, kEtherIpx));
    any.Add(TestEqual(any.next(), kEtherType, kCookedRaw8023));
    Conjunction frame(any.next());
    frame.Add(TestEqual(frame.next(), kEtherType, kCookedLlc));
    Disjunction kind(frame.next());
    kind.Add(TestEqual(kind.next(), kLlcDestination, kSapIpx));
    kind.Add(TestSnap(kind.next(), 0, kEtherIpx));
    frame.Add(kind.outcome());
    any.Add(frame.outcome());
    return any.outcome();
  }
  if (protocol == kEtherAppleTalk || protocol == kEtherAarp) {
    Disjunction any(in);
    any.Add(TestEqual(any.next(), kEtherType, protocol));
    Conjunction frame(any.next());
    frame.Add(TestEqual(frame.next(), kEtherType, kCookedLlc));
    frame.Add(TestSnap(frame.next(), SnapOrganization(protocol), protocol));
    any.Add(frame.outcome());
    return any.outcome();
  }
  if (protocol > kEthernetMaximumLength) return TestEqual(in, kEtherType, protocol);

  Conjunction frame(in);
  frame.Add(TestEqual(frame.next(), kEtherType, kCookedLlc));
  if (UsesBothSaps(protocol)) {
    frame.Add(TestEqual(frame.next(), kLlcSaps, protocol << 8 | protocol));
  } else {
    frame.Add(TestEqual(frame.next(), kLlcDestination, protocol));
  }
  return frame.outcome();
}

Outcome Lowering::TestIpVersion(Flow in, Anchor anchor, std::uint32_t protocol) {
  if (protocol != kEtherIp && protocol != kEtherIp6) return flow_.Constant(in, false);
  return TestEqual(in, Field{anchor, 0, 1}, protocol == kEtherIp ? 0x40 : 0x60, 0xf0);
}

Outcome Lowering::TestFamily(Flow in, std::uint32_t protocol) {
  if (protocol != kEtherIp && protocol != kEtherIp6) return flow_.Constant(in, false);
  const bool little_endian =
      (std::endian::native == std::endian::little) != (options_.origin == PacketOrigin::kSwappedSavefile);
  const bool swap = layout_.link->protocol_field == ProtocolField::kFamilyHost && little_endian;
  const bool in_file = options_.origin != PacketOrigin::kInterface;
  std::span<const std::uint32_t> families = kFamilyInet;
  if (protocol == kEtherIp6) families = kFamilyInet6;
  if (protocol == kEtherIp6 && in_file) families = kFamilyInet6InFiles;
  Disjunction any(in);
  for (const std::uint32_t family : families) {
    any.Add(TestEqual(any.next(), Field{Anchor::kLinkHeader, 0, 4}, swap ? SwapBytes(family) : family));
  }
  return any.outcome();
}

Outcome Lowering::TestFamilyByte(Flow in, std::uint32_t protocol, std::uint32_t inet, std::uint32_t inet6) {
  if (protocol != kEtherIp && protocol != kEtherIp6) return flow_.Constant(in, false);
  return TestEqual(in, Field{Anchor::kLinkHeader, 1, 1}, protocol == kEtherIp ? inet : inet6);
}

Outcome Lowering::TestArcnetProtocol(Flow in, std::uint32_t protocol) {
  constexpr Field kSystemCode{Anchor::kLinkProtocol, 0, 1};
  switch (protocol) {
    case kEtherIp:
      return TestAnyOf(in, kSystemCode, {kArcnetIp, kArcnetIpOld});
    case kEtherArp:
      return TestAnyOf(in, kSystemCode, {kArcnetArp, kArcnetArpOld});
    case kEtherIp6:
      return TestEqual(in, kSystemCode, kArcnetIp6);
    case kEtherRarp:
      return TestEqual(in, kSystemCode, kArcnetRarp);
    case kEtherAppleTalk:
      return TestEqual(in, kSystemCode, kArcnetAppleTalk);
    default:
      return flow_.Constant(in, false);
  }
}

Outcome Lowering::TestFrameRelayNetwork(Flow in, std::uint32_t identifier) {
  return TestEqual(in, Field{Anchor::kLinkHeader, 2, 2}, kUnnumbered << 8 | identifier);
}

Outcome Lowering::TestFrameRelayProtocol(Flow in, std::uint32_t protocol) {
  switch (protocol) {
    case kEtherIp:
      return TestFrameRelayNetwork(in, kFrameRelayIp);
    case kEtherIp6:
      return TestFrameRelayNetwork(in, kFrameRelayIp6);
    case kSapOsi: {
      Disjunction any(in);
      for (const std::uint32_t identifier : {kOsiClnp, kOsiEsis, kOsiIsis}) {
        any.Add(TestFrameRelayNetwork(any.next(), identifier));
      }
      return any.outcome();
    }
    default:
      return flow_.Constant(in, false);
  }
}

// Where every frame has an 802.2 header.
Outcome Lowering::TestLlcProtocol(Flow in, std::uint32_t protocol) {
  if (UsesBothSaps(protocol)) return TestEqual(in, kLlcSaps, protocol << 8 | protocol);
  if (protocol == kEtherAppleTalk) return TestSnap(in, SnapOrganization(protocol), protocol);
  // An access point, or the type behind a SNAP header, which is not looked at itself.
  return protocol <= kEthernetMaximumLength ? TestEqual(in, kLlcDestination, protocol)
                                            : TestEqual(in, kSnapType, protocol);
}

// Behind the last label there is no protocol field: its bottom-of-stack bit and the IP version tell.
Outcome Lowering::TestMplsPayload(Flow in, std::uint32_t protocol) {
  if (protocol != kEtherIp && protocol != kEtherIp6) {
    return Fail("only ip and ip6 can be told behind an MPLS label");
  }
  Conjunction both(in);
  both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, static_cast<std::uint32_t>(-2), 1}, 1, 1));
  both.Add(TestIpVersion(both.next(), Anchor::kNetwork, protocol));
  return both.outcome();
}

Outcome Lowering::TestSnap(Flow in, std::uint32_t organization, std::uint32_t protocol) {
  constexpr std::uint8_t kUnnumberedInformation = 0x03;
  const std::array<std::uint8_t, 8> header = {
      kSapSnap,
      kSapSnap,
      kUnnumberedInformation,
      static_cast<std::uint8_t>(organization >> 16),
      static_cast<std::uint8_t>(organization >> 8),
      static_cast<std::uint8_t>(organization),
      static_cast<std::uint8_t>(protocol >> 8),
      static_cast<std::uint8_t>(protocol),
  };
  return TestBytes(in, Anchor::kPayload, 0, header);
}

}  // namespace bpfopt::frontend
