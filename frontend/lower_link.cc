// What the link-layer header says: the protocol that it carries, 802.2 frames, MAC addresses.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>
#include <bit>
#include <cstdint>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr Field kEtherType{Anchor::kLinkProtocol, 0, 2};
constexpr Field kLlcSaps{Anchor::kPayload, 0, 2};  // destination and source
constexpr Field kLlcDestination{Anchor::kPayload, 0, 1};
constexpr Field kLlcControl{Anchor::kPayload, 2, 1};

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

constexpr std::array<std::uint8_t, 6> kBroadcastMac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

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

// How the control byte of an 802.2 frame shows its type.
struct LlcType {
  std::string_view name;
  std::uint32_t value;
  std::uint32_t mask;
};
constexpr std::uint32_t kSupervisoryMask = 0x0f;
constexpr std::uint32_t kUnnumberedMask = 0xef;  // without poll/final
constexpr LlcType kLlcTypes[] = {
    {"s", 0x01, 0x03},
    {"u", 0x03, 0x03},
    {"rr", 0x01, kSupervisoryMask},
    {"rnr", 0x05, kSupervisoryMask},
    {"rej", 0x09, kSupervisoryMask},
    {"ui", 0x03, kUnnumberedMask},
    {"ua", 0x63, kUnnumberedMask},
    {"disc", 0x43, kUnnumberedMask},
    {"dm", 0x0f, kUnnumberedMask},
    {"sabme", 0x6f, kUnnumberedMask},
    {"test", 0xe3, kUnnumberedMask},
    {"xid", 0xaf, kUnnumberedMask},
    {"frmr", 0x87, kUnnumberedMask},
};

bool SameWord(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

Outcome Lowering::TestLinkProtocol(Flow in, std::uint32_t protocol) {
  if (layout_.mpls_labels > 0) return TestMplsPayload(in, protocol);
  switch (layout_.link->protocol_field) {
    case ProtocolField::kEthernet:
      return TestEthernetProtocol(in, protocol);
    case ProtocolField::kLinuxCooked:
      return TestCookedProtocol(in, protocol);
    case ProtocolField::kEthernetType:
      return TestEqual(in, kEtherType, protocol);
    case ProtocolField::kPpp:
      return TestEqual(in, kEtherType, PppProtocol(protocol));
    case ProtocolField::kFamilyNetwork:
    case ProtocolField::kFamilyHost:
      return TestFamily(in, protocol);
    case ProtocolField::kIpVersion:
      return TestIpVersion(in, Anchor::kLinkHeader, protocol);
    case ProtocolField::kAlwaysIpv4:
      return flow_.Constant(in, protocol == kEtherIp);
    case ProtocolField::kAlwaysIpv6:
      return flow_.Constant(in, protocol == kEtherIp6);
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

Outcome Lowering::TestLlcFrame(Flow in) {
  if (!layout_.link->has_llc) return Fail(fmt::format("'llc' is not supported on {}", layout_.link->name));
  Conjunction both(in);
  both.Add(Invert(TestField(both.next(), kEtherType, ir::Compare::kGreater, kEthernetMaximumLength)));
  both.Add(Invert(TestEqual(both.next(), kLlcSaps, kNovellSaps)));
  return both.outcome();
}

Outcome Lowering::TestLlc(Flow in, const Llc& llc) {
  Conjunction both(in);
  both.Add(TestLlcFrame(both.next()));
  if (llc.type.empty()) return both.outcome();

  if (SameWord(llc.type, "i")) {  // information frames have the lowest bit clear
    both.Add(Invert(TestField(both.next(), kLlcControl, ir::Compare::kAnySet, 1)));
    return both.outcome();
  }
  for (const LlcType& type : kLlcTypes) {
    if (!SameWord(llc.type, type.name)) continue;
    both.Add(TestEqual(both.next(), kLlcControl, type.value, type.mask));
    return both.outcome();
  }
  return FailInternally("an unknown type of LLC frame");
}

// A Geneve payload without a link-layer header has its payload where that header would start.
Outcome Lowering::TestGeneveHasLink(Flow in) {
  const Cursor cursor = flow_.Join(in);
  const ir::Value* header = flow_.SlotValue(cursor, layout_.link_header.slot);
  const ir::Value* payload = flow_.SlotValue(cursor, layout_.payload.slot);
  return Invert(flow_.Branch(cursor, ir::Compare::kEqual, header, payload, header));
}

Outcome Lowering::TestMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction) {
  const MacAddresses fields = *layout_.link->mac;
  Conjunction both(in);
  if (layout_.in_geneve) both.Add(TestGeneveHasLink(both.next()));
  both.Add(TestSides(both.next(), direction, [&](Flow flow, bool source) {
    return TestBytes(flow, Anchor::kLinkHeader, source ? fields.source : fields.destination, address);
  }));
  return both.outcome();
}

Outcome Lowering::TestBroadcast(Flow in, Protocol protocol) {
  if (protocol == Protocol::kDefault || protocol == Protocol::kLink) {
    if (!layout_.link->mac) return Fail(fmt::format("{} has no broadcast address", layout_.link->name));
    return TestMac(in, kBroadcastMac, Direction::kDst);
  }
  if (protocol != Protocol::kIp) return FailInternally("a protocol without broadcasts");
  // libpcap's PCAP_NETMASK_UNKNOWN is this mask, too.
  if (!options_.netmask || *options_.netmask == 0xffffffff) {
    return Fail("'ip broadcast' needs the netmask of the network, which is not known");
  }
  const std::uint32_t host_bits = ~*options_.netmask;
  constexpr Field kDestination{Anchor::kNetwork, 16, 4};
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), kEtherIp));
  Disjunction either(both.next());
  either.Add(TestEqual(either.next(), kDestination, 0, host_bits));
  either.Add(TestEqual(either.next(), kDestination, host_bits, host_bits));
  both.Add(either.outcome());
  return both.outcome();
}

Outcome Lowering::TestMulticast(Flow in, Protocol protocol) {
  Conjunction both(in);
  switch (protocol) {
    case Protocol::kDefault:
    case Protocol::kLink:
      if (!layout_.link->mac) return Fail(fmt::format("{} has no multicast addresses", layout_.link->name));
      if (layout_.in_geneve) both.Add(TestGeneveHasLink(both.next()));
      both.Add(TestField(both.next(), Field{Anchor::kLinkHeader, layout_.link->mac->destination, 1},
                         ir::Compare::kAnySet, 1));
      return both.outcome();
    case Protocol::kIp:
      both.Add(TestLinkProtocol(both.next(), kEtherIp));
      both.Add(TestField(both.next(), Field{Anchor::kNetwork, 16, 1}, ir::Compare::kGreaterEqual, 224));
      return both.outcome();
    case Protocol::kIp6:
      both.Add(TestLinkProtocol(both.next(), kEtherIp6));
      both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, 24, 1}, 255));
      return both.outcome();
    default:
      return FailInternally("a protocol without multicasts");
  }
}

}  // namespace bpfopt::frontend
