// The words that open an encapsulation: vlan, mpls, pppoed, pppoes and geneve. Each is a test, and moves the
// layout for all that is written after it.
#include "bpf/opcode.h"
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kVlanTagLength = 4;
constexpr std::uint32_t kVlanIdMask = 0x0fff;
constexpr std::uint32_t kMplsLabelLength = 4;
constexpr std::uint32_t kPppoeHeaderLength = 6;
constexpr std::uint32_t kPppProtocolLength = 2;
constexpr std::uint32_t kIp6HeaderLength = 40;
constexpr std::uint32_t kUdpHeaderLength = 8;
constexpr std::uint32_t kGeneveHeaderLength = 8;  // without options
constexpr std::uint32_t kMacAddressesLength = 12;
constexpr std::uint32_t kEtherTypeLength = 2;

}  // namespace

Outcome Lowering::TestEncapsulation(Flow in, const Encapsulated& word) {
  switch (word.kind) {
    case Encapsulation::kVlan:
      return TestVlan(in, word);
    case Encapsulation::kMpls:
      return TestMpls(in, word);
    case Encapsulation::kPppoeDiscovery:
      return TestLinkProtocol(in, kEtherPppoeDiscovery);
    case Encapsulation::kPppoeSession:
      return TestPppoeSession(in, word);
    case Encapsulation::kGeneve:
      return TestGeneve(in, word);
  }
  return FailInternally("an unknown encapsulation");
}

Outcome Lowering::TestVlan(Flow in, const Encapsulated& word) {
  if (layout_.mpls_labels > 0) return Fail("'vlan' cannot be told behind an MPLS label");
  if (!layout_.link->has_vlan)
    return Fail(fmt::format("'vlan' is not supported on {}", NameOf(*layout_.link)));
  const bool may_be_stripped = KernelStripsTag();
  ++layout_.vlan_tags;
  if (may_be_stripped) return TestStrippedVlan(in, word);

  Conjunction both(in);
  both.Add(TestVlanType(both.next()));
  if (word.has_number) {
    both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, 0, 2}, word.number, kVlanIdMask));
  }
  layout_.payload.constant += kVlanTagLength;
  layout_.link_protocol->constant += kVlanTagLength;
  return both.outcome();
}

Outcome Lowering::TestVlanType(Flow in) {
  Disjunction any(in);
  for (const std::uint32_t tag : {kEtherVlan, kEtherVlanService, kEtherVlanQinq}) {
    any.Add(TestLinkProtocol(any.next(), tag));
  }
  return any.outcome();
}

// The outermost tag of an Ethernet frame on its way through the kernel.
bool Lowering::KernelStripsTag() const {
  return options_.target == Target::kLinux && options_.origin == PacketOrigin::kInterface &&
         layout_.link == options_.link_type && layout_.link->protocol_field == ProtocolField::kEthernet &&
         layout_.link_header.slot == Slot::kNone && layout_.vlan_tags == 0;
}

// The kernel may have taken the tag out of the frame and keep it beside: then two of its words tell it, and
// nothing moves. Else the tag is in the frame, and what follows is 4 bytes further from where it was. libpcap
// counts those 4 bytes before it looks for the tag, so they stay where the tag is not found.
Outcome Lowering::TestStrippedVlan(Flow in, const Encapsulated& word) {
  const auto test_beside = [this](Flow flow) {
    const Cursor cursor = flow_.Join(flow);
    const ir::Value* present = flow_.function().MakeAncillary(bpf::kAncillaryVlanTagPresent);
    return flow_.Branch(cursor, ir::Compare::kEqual, present, 1);
  };
  Conjunction both(in);
  Disjunction any(both.next());
  any.Add(test_beside(any.next()));
  Cursor inside = flow_.Join(any.next());
  for (const Slot slot : {Slot::kPayload, Slot::kLinkType}) {
    const ir::Value* moved =
        MakeBinary(ir::Opcode::kAdd, flow_.SlotValue(inside, slot), Constant(kVlanTagLength));
    inside = flow_.WithSlot(inside, slot, moved);
  }
  any.Add(TestVlanType(flow_.Continue(inside)));
  both.Add(any.outcome());

  if (word.has_number) {
    const Outcome beside = test_beside(both.next());
    const Cursor cursor = flow_.Join(beside.pass);
    const ir::Value* tag = flow_.function().MakeAncillary(bpf::kAncillaryVlanTag);
    const ir::Value* id = MakeBinary(ir::Opcode::kAnd, tag, Constant(kVlanIdMask));
    const Outcome by_word = flow_.Branch(cursor, ir::Compare::kEqual, id, word.number);
    const Outcome by_field = TestEqual(beside.fail, Field{Anchor::kNetwork, 0, 2}, word.number, kVlanIdMask);
    both.Add({Concatenate(by_word.pass, by_field.pass), Concatenate(by_word.fail, by_field.fail)});
  }
  layout_.payload.slot = Slot::kPayload;
  layout_.link_protocol->slot = Slot::kLinkType;
  return both.outcome();
}

Outcome Lowering::TestMpls(Flow in, const Encapsulated& word) {
  constexpr std::uint32_t kLabelMask = 0xfffff000;
  constexpr unsigned kLabelShift = 12;
  if (layout_.mpls_labels == 0 && !layout_.link->mpls_protocol) {
    return Fail(fmt::format("'mpls' is not supported on {}", NameOf(*layout_.link)));
  }

  Conjunction both(in);
  if (layout_.mpls_labels > 0) {  // the label before is not the last
    both.Add(TestEqual(both.next(), Field{Anchor::kPreviousLabel, 2, 1}, 0, 1));
  } else {
    both.Add(TestLinkProtocol(both.next(), *layout_.link->mpls_protocol));
  }
  if (word.has_number) {
    both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, 0, 4}, word.number << kLabelShift, kLabelMask));
  }
  layout_.network += kMplsLabelLength;
  layout_.network_llc += kMplsLabelLength;
  ++layout_.mpls_labels;
  return both.outcome();
}

Outcome Lowering::TestPppoeSession(Flow in, const Encapsulated& word) {
  constexpr std::uint32_t kSessionMask = 0xffff;

  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), kEtherPppoeSession));
  if (word.has_number) {
    both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, 0, 4}, word.number, kSessionMask));
  }
  // A PPP frame without the framing of HDLC: it starts with the protocol.
  layout_.link = &PppLinkType();
  layout_.in_geneve = false;
  layout_.lane_frame.reset();
  layout_.link_header = {layout_.payload.slot,
                         layout_.payload.constant + layout_.network + kPppoeHeaderLength};
  layout_.link_protocol = layout_.link_header;
  layout_.payload.constant = layout_.link_header.constant + kPppProtocolLength;
  layout_.network = 0;
  layout_.network_llc = 0;
  return both.outcome();
}

Outcome Lowering::TestGeneve(Flow in, const Encapsulated& word) {
  Disjunction either(in);
  for (const bool ip6 : {false, true}) either.Add(TestGeneveHeader(either.next(), ip6, word));
  const Outcome found = either.outcome();
  return {EnterGeneve(found.pass), found.fail};
}

// A Geneve header of version 0 over IPv4 or IPv6. Passing edges carry the length of the IP header, with the
// variable part of the payload's place, in the scratch slot.
Outcome Lowering::TestGeneveHeader(Flow in, bool ip6, const Encapsulated& word) {
  constexpr std::uint32_t kVersionMask = 0xc0;
  const Anchor transport = ip6 ? Anchor::kTransportIp6 : Anchor::kTransportIp;
  const ServicePort port{.first = kGenevePort, .last = kGenevePort, .transport = Protocol::kUdp};

  Conjunction all(in);
  all.Add(TestNetworkPorts(all.next(), ip6, false, port, Direction::kDst));
  all.Add(TestEqual(all.next(), Field{transport, kUdpHeaderLength, 1}, 0, kVersionMask));
  if (word.has_number) {
    const Field vni{transport, kUdpHeaderLength + 4, 4};
    all.Add(TestEqual(all.next(), vni, word.number << 8, 0xffffff00));
  }
  const Outcome header = all.outcome();
  const Cursor cursor = flow_.Join(header.pass);
  const ir::Value* length = nullptr;
  if (ip6) {
    const ir::Value* base = flow_.SlotValue(cursor, layout_.payload.slot);
    length = Constant(kIp6HeaderLength);
    if (base != nullptr) length = MakeBinary(ir::Opcode::kAdd, length, base);
  } else {
    length = LoadIpHeaderLength(cursor);
  }
  return {flow_.Continue(flow_.WithSlot(cursor, Slot::kScratch, length)), header.fail};
}

// Computes where the frame inside starts. When the header says that it is Ethernet, its own type field counts
// and the payload follows the MAC header; else both are Geneve's.
Flow Lowering::EnterGeneve(Flow in) {
  const auto add = [this](const ir::Value* value, std::uint32_t number) {
    return MakeBinary(ir::Opcode::kAdd, value, Constant(number));
  };
  Cursor cursor = flow_.Join(in);
  const ir::Value* header = add(flow_.SlotValue(cursor, Slot::kScratch),
                                layout_.payload.constant + layout_.network + kUdpHeaderLength);
  const ir::Value* option_words =
      MakeBinary(ir::Opcode::kAnd, flow_.Load(cursor, header, 0, 1), Constant(0x3f));
  const ir::Value* options = MakeBinary(ir::Opcode::kMul, option_words, Constant(4));
  const ir::Value* end = MakeBinary(ir::Opcode::kAdd, add(options, kGeneveHeaderLength), header);
  const ir::Value* type = flow_.Load(cursor, header, 2, 2);
  const Outcome bridged = flow_.Branch(cursor, ir::Compare::kEqual, type, kEtherTransparentBridging);

  flow_.Renew();
  const auto enter = [&](Flow edges, const ir::Value* link_type, const ir::Value* payload) {
    Cursor at = flow_.Join(edges);
    at = flow_.WithSlot(at, Slot::kLinkHeader, end);
    at = flow_.WithSlot(at, Slot::kLinkType, link_type);
    at = flow_.WithSlot(at, Slot::kPayload, payload);
    return flow_.Continue(at);
  };
  const ir::Value* inner_type = add(end, kMacAddressesLength);
  const Flow ethernet = enter(bridged.pass, inner_type, add(inner_type, kEtherTypeLength));
  const Flow direct = enter(bridged.fail, add(header, 2), end);

  layout_.link = &EthernetLinkType();
  layout_.link_header = {Slot::kLinkHeader, 0};
  layout_.link_protocol = Place{Slot::kLinkType, 0};
  layout_.payload = {Slot::kPayload, 0};
  layout_.network = 0;
  layout_.in_geneve = true;
  layout_.lane_frame.reset();
  return flow_.Constant(Concatenate(ethernet, direct), true).pass;
}

}  // namespace bpfopt::frontend
