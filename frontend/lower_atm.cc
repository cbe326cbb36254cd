// Raw ATM: the pseudo-header of a cell, the circuits that have words, signalling messages, and LAN emulation.
#include "frontend/lowering.h"

#include <initializer_list>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kTrafficMask = 0x0f;
constexpr std::uint32_t kTrafficLane = 1;

// Virtual circuits of path 0 that are reserved (ITU-T I.361).
constexpr std::uint32_t kMetaSignalling = 1;
constexpr std::uint32_t kBroadcastSignalling = 2;
constexpr std::uint32_t kSegmentFlow = 3;
constexpr std::uint32_t kEndToEndFlow = 4;
constexpr std::uint32_t kSignalling = 5;
constexpr std::uint32_t kIlmi = 16;

// Message types of Q.2931, in the signalling message.
constexpr std::uint32_t kMessageTypeOffset = 5;
constexpr std::uint32_t kCallProceeding = 0x02;
constexpr std::uint32_t kSetup = 0x05;
constexpr std::uint32_t kConnect = 0x07;
constexpr std::uint32_t kConnectAcknowledge = 0x0f;
constexpr std::uint32_t kRelease = 0x4d;
constexpr std::uint32_t kReleaseComplete = 0x5a;

// A LAN emulation frame: two bytes of its own before the Ethernet header.
constexpr std::uint32_t kLaneHeaderLength = 2;

}  // namespace

bool Lowering::RequireAtm(std::string_view word) {
  if (options_.link_type->atm) return true;
  Fail(fmt::format("'{}' is about cells of raw ATM (SUNATM), which {} has not", word, NameOf(*layout_.link)));
  return false;
}

Outcome Lowering::TestAtmTraffic(Flow in, std::uint32_t traffic) {
  return TestEqual(in, Field{Anchor::kLinkHeader, options_.link_type->atm->protocol, 1}, traffic,
                   kTrafficMask);
}

Outcome Lowering::TestCircuits(Flow in, std::initializer_list<std::uint32_t> circuits) {
  const AtmHeader& header = *options_.link_type->atm;
  Conjunction both(in);
  both.Add(TestEqual(both.next(), Field{Anchor::kLinkHeader, header.vpi, 1}, 0));
  both.Add(TestAnyOf(both.next(), Field{Anchor::kLinkHeader, header.vci, 2}, circuits));
  return both.outcome();
}

// Messages of a circuit that set up or release connections.
Outcome Lowering::TestSignalling(Flow in, std::uint32_t circuit,
                                 std::initializer_list<std::uint32_t> messages) {
  const Field type{Anchor::kLinkHeader, options_.link_type->atm->payload + kMessageTypeOffset, 1};
  Conjunction both(in);
  both.Add(TestCircuits(both.next(), {circuit}));
  both.Add(TestAnyOf(both.next(), type, messages));
  return both.outcome();
}

Outcome Lowering::TestAtm(Flow in, const AtmTest& test) {
  if (!RequireAtm(AtmWord(test.kind))) return {};
  switch (test.kind) {
    case AtmKind::kMetac:
      return TestCircuits(in, {kMetaSignalling});
    case AtmKind::kBcc:
      return TestCircuits(in, {kBroadcastSignalling});
    case AtmKind::kOamf4Segment:
      return TestCircuits(in, {kSegmentFlow});
    case AtmKind::kOamf4EndToEnd:
      return TestCircuits(in, {kEndToEndFlow});
    case AtmKind::kSc:
      return TestCircuits(in, {kSignalling});
    case AtmKind::kIlmic:
      return TestCircuits(in, {kIlmi});
    case AtmKind::kOam:
    case AtmKind::kOamf4:
      return TestCircuits(in, {kSegmentFlow, kEndToEndFlow});
    case AtmKind::kConnectMessage:
      return TestSignalling(
          in, kSignalling,
          {kReleaseComplete, kRelease, kConnectAcknowledge, kConnect, kSetup, kCallProceeding});
    case AtmKind::kMetaConnect:
      return TestSignalling(in, kMetaSignalling,
                            {kReleaseComplete, kRelease, kConnect, kSetup, kCallProceeding});
    case AtmKind::kLane:
      return TestLane(in);
  }
  return FailInternally("an unknown kind of ATM cell");
}

// What follows is tested in the Ethernet frame that is emulated.
Outcome Lowering::TestLane(Flow in) {
  const Outcome lane = TestAtmTraffic(in, kTrafficLane);
  const std::uint32_t payload = options_.link_type->atm->payload;
  const LinkType& ethernet = EthernetLinkType();
  // libpcap looks for control frames where the innermost header of raw ATM would have them.
  layout_.lane_frame.reset();
  if (layout_.link == options_.link_type) {
    layout_.lane_frame = Place{.slot = Slot::kNone, .constant = layout_.link_header.constant + payload};
  }
  layout_.link = &ethernet;
  layout_.in_geneve = false;
  layout_.link_header = {Slot::kNone, payload + kLaneHeaderLength};
  layout_.link_protocol = Place{Slot::kNone, layout_.link_header.constant + *ethernet.protocol_offset};
  layout_.payload = {Slot::kNone, layout_.link_header.constant + ethernet.payload_offset};
  layout_.network = ethernet.network_offset;
  layout_.network_llc = ethernet.network_offset_llc;
  return lane;
}

Outcome Lowering::TestAtmField(Flow in, const AtmFieldTest& test) {
  if (!RequireAtm(test.field == AtmField::kVpi ? "vpi" : "vci")) return {};
  const AtmHeader& header = *options_.link_type->atm;
  const Field field = test.field == AtmField::kVpi ? Field{Anchor::kLinkHeader, header.vpi, 1}
                                                   : Field{Anchor::kLinkHeader, header.vci, 2};
  return TestOrdered(in, field, test.op, test.value, 0xffffffff);
}

}  // namespace bpfopt::frontend
