// Link-layer addresses: MAC addresses where they stand still, those of 802.11 frames, ARCnet's, and what goes
// to all or to many stations.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::array<std::uint8_t, 6> kBroadcastMac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::uint8_t kArcnetBroadcast = 0;
constexpr std::uint32_t kGroupBit = 0x01;

bool IsWlanDirection(Direction direction) {
  switch (direction) {
    case Direction::kAddress1:
    case Direction::kAddress2:
    case Direction::kAddress3:
    case Direction::kAddress4:
    case Direction::kReceiver:
    case Direction::kTransmitter:
      return true;
    default:
      return false;
  }
}

}  // namespace

// A Geneve payload without a link-layer header has its payload where that header would start.
Outcome Lowering::TestGeneveHasLink(Flow in) {
  const Cursor cursor = flow_.Join(in);
  const ir::Value* header = flow_.SlotValue(cursor, layout_.link_header.slot);
  const ir::Value* payload = flow_.SlotValue(cursor, layout_.payload.slot);
  return Invert(flow_.Branch(cursor, ir::Compare::kEqual, header, payload, header));
}

// The frames of LAN emulation that are data, not control.
Outcome Lowering::TestLaneData(Flow in) {
  constexpr std::uint32_t kControlMarker = 0xff00;
  if (!layout_.lane_frame) return {in, {}};
  const Field marker{Anchor::kPacket, layout_.lane_frame->constant, 2};
  return Invert(TestEqual(in, marker, kControlMarker));
}

// Is there a frame with MAC addresses?
Outcome Lowering::TestHasMac(Flow in) {
  if (layout_.in_geneve) return TestGeneveHasLink(in);
  return TestLaneData(in);
}

Outcome Lowering::TestMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction) {
  const MacAddresses fields = *layout_.link->mac;
  if (fields.is_wlan) return TestWlanMac(in, address, direction);
  if (IsWlanDirection(direction)) {
    return Fail(
        fmt::format("addr1 to addr4, ra and ta are addresses of 802.11 frames; those of {} are src and dst",
                    NameOf(*layout_.link)));
  }
  Conjunction both(in);
  both.Add(TestHasMac(both.next()));
  both.Add(TestSides(both.next(), direction, [&](Flow flow, bool source) {
    return TestBytes(flow, Anchor::kLinkHeader, source ? fields.source : fields.destination, address);
  }));
  return both.outcome();
}

Outcome Lowering::TestArcnet(Flow in, std::uint8_t address, Direction direction) {
  if (!layout_.link->has_arcnet_addresses) {
    return Fail(fmt::format("{} has no ARCnet addresses", NameOf(*layout_.link)));
  }
  if (IsWlanDirection(direction)) return Fail("addr1 to addr4, ra and ta are addresses of 802.11 frames");
  return TestSides(in, direction, [&](Flow flow, bool source) {
    return TestEqual(flow, Field{Anchor::kLinkHeader, source ? 0U : 1U, 1}, address);
  });
}

Outcome Lowering::TestBroadcast(Flow in, Protocol protocol) {
  if (protocol == Protocol::kDefault || protocol == Protocol::kLink) {
    if (layout_.link->has_arcnet_addresses) return TestArcnet(in, kArcnetBroadcast, Direction::kDst);
    if (!layout_.link->mac) return Fail(fmt::format("{} has no broadcast address", NameOf(*layout_.link)));
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

Outcome Lowering::TestLinkMulticast(Flow in) {
  if (layout_.link->has_arcnet_addresses) return TestArcnet(in, kArcnetBroadcast, Direction::kDst);
  if (!layout_.link->mac) return Fail(fmt::format("{} has no multicast addresses", NameOf(*layout_.link)));
  const auto test_group = [this](Flow flow, std::uint32_t offset) {
    return TestField(flow, Field{Anchor::kLinkHeader, offset, 1}, ir::Compare::kAnySet, kGroupBit);
  };
  if (layout_.link->mac->is_wlan) return TestWlanDestination(in, test_group);
  Conjunction both(in);
  both.Add(TestHasMac(both.next()));
  both.Add(test_group(both.next(), layout_.link->mac->destination));
  return both.outcome();
}

Outcome Lowering::TestMulticast(Flow in, Protocol protocol) {
  Conjunction both(in);
  switch (protocol) {
    case Protocol::kDefault:
    case Protocol::kLink:
      return TestLinkMulticast(in);
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
