// Protocols by word (`tcp`, `arp`, `stp`) and by number (`ip proto 47`, `ether proto 0x88cc`).
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>
#include <cstdint>
#include <span>

namespace bpfopt::frontend {
namespace {

// What carries a protocol, and its number there.
enum class Carrier : std::uint8_t { kNone, kLink, kIp, kIp6, kEitherIp, kOsi, kIsis };
struct Carried {
  Carrier carrier = Carrier::kNone;
  std::uint32_t number = 0;
};

Carried CarriedBy(Protocol protocol) {
  switch (protocol) {
    case Protocol::kIp:
      return {Carrier::kLink, kEtherIp};
    case Protocol::kIp6:
      return {Carrier::kLink, kEtherIp6};
    case Protocol::kArp:
      return {Carrier::kLink, kEtherArp};
    case Protocol::kRarp:
      return {Carrier::kLink, kEtherRarp};
    case Protocol::kTcp:
      return {Carrier::kEitherIp, kIpProtocolTcp};
    case Protocol::kUdp:
      return {Carrier::kEitherIp, kIpProtocolUdp};
    case Protocol::kSctp:
      return {Carrier::kEitherIp, kIpProtocolSctp};
    case Protocol::kIcmp:
      return {Carrier::kIp, kIpProtocolIcmp};
    case Protocol::kIcmp6:
      return {Carrier::kIp6, kIpProtocolIcmp6};
    case Protocol::kIgmp:
      return {Carrier::kIp, kIpProtocolIgmp};
    case Protocol::kIgrp:
      return {Carrier::kIp, kIpProtocolIgrp};
    case Protocol::kPim:
      return {Carrier::kEitherIp, kIpProtocolPim};
    case Protocol::kVrrp:
    case Protocol::kCarp:
      return {Carrier::kIp, kIpProtocolVrrp};
    case Protocol::kAh:
      return {Carrier::kEitherIp, kIpProtocolAh};
    case Protocol::kEsp:
      return {Carrier::kEitherIp, kIpProtocolEsp};
    case Protocol::kAtalk:
      return {Carrier::kLink, kEtherAppleTalk};
    case Protocol::kAarp:
      return {Carrier::kLink, kEtherAarp};
    case Protocol::kDecnet:
      return {Carrier::kLink, kEtherDecnet};
    case Protocol::kLat:
      return {Carrier::kLink, kEtherLat};
    case Protocol::kSca:
      return {Carrier::kLink, kEtherSca};
    case Protocol::kMoprc:
      return {Carrier::kLink, kEtherMopRc};
    case Protocol::kMopdl:
      return {Carrier::kLink, kEtherMopDl};
    case Protocol::kIso:
      return {Carrier::kLink, kSapOsi};
    case Protocol::kEsis:
      return {Carrier::kOsi, kOsiEsis};
    case Protocol::kIsis:
      return {Carrier::kOsi, kOsiIsis};
    case Protocol::kClnp:
      return {Carrier::kOsi, kOsiClnp};
    case Protocol::kStp:
      return {Carrier::kLink, kSapStp};
    case Protocol::kIpx:
      return {Carrier::kLink, kSapIpx};
    case Protocol::kNetbeui:
      return {Carrier::kLink, kSapNetbeui};
    case Protocol::kIsisLevel1:
    case Protocol::kIsisLevel2:
    case Protocol::kIsisHello:
    case Protocol::kIsisLinkState:
    case Protocol::kIsisSequence:
    case Protocol::kIsisComplete:
    case Protocol::kIsisPartial:
      return {Carrier::kIsis, 0};
    case Protocol::kDefault:
    case Protocol::kLink:
    case Protocol::kRadio:
      break;
  }
  return {};
}

// The PDU types (ISO 10589, section 9) that a word stands for, in the order of libpcap's tests.
std::span<const std::uint32_t> IsisPduTypes(Protocol protocol) {
  constexpr std::uint32_t kHello1 = 15;  // on a LAN, level 1
  constexpr std::uint32_t kHello2 = 16;
  constexpr std::uint32_t kHelloPointToPoint = 17;
  constexpr std::uint32_t kLinkState1 = 18;
  constexpr std::uint32_t kLinkState2 = 20;
  constexpr std::uint32_t kComplete1 = 24;
  constexpr std::uint32_t kComplete2 = 25;
  constexpr std::uint32_t kPartial1 = 26;
  constexpr std::uint32_t kPartial2 = 27;
  static constexpr std::array kLevel1 = {kPartial1, kComplete1, kLinkState1, kHello1, kHelloPointToPoint};
  static constexpr std::array kLevel2 = {kPartial2, kComplete2, kLinkState2, kHello2, kHelloPointToPoint};
  static constexpr std::array kHello = {kHelloPointToPoint, kHello1, kHello2};
  static constexpr std::array kLinkState = {kLinkState1, kLinkState2};
  static constexpr std::array kSequence = {kPartial2, kPartial1, kComplete1, kComplete2};
  static constexpr std::array kComplete = {kComplete1, kComplete2};
  static constexpr std::array kPartial = {kPartial1, kPartial2};
  switch (protocol) {
    case Protocol::kIsisLevel1:
      return kLevel1;
    case Protocol::kIsisLevel2:
      return kLevel2;
    case Protocol::kIsisHello:
      return kHello;
    case Protocol::kIsisLinkState:
      return kLinkState;
    case Protocol::kIsisSequence:
      return kSequence;
    case Protocol::kIsisComplete:
      return kComplete;
    case Protocol::kIsisPartial:
      return kPartial;
    default:
      return {};
  }
}

}  // namespace

Outcome Lowering::TestProtocolWord(Flow in, Protocol protocol) {
  const Carried carried = CarriedBy(protocol);
  switch (carried.carrier) {
    case Carrier::kLink:
      return TestLinkProtocol(in, carried.number);
    case Carrier::kIp:
      return TestIpProtocol(in, carried.number);
    case Carrier::kIp6:
      return TestIp6Protocol(in, carried.number);
    case Carrier::kEitherIp: {
      Disjunction either(in);
      either.Add(TestIpProtocol(either.next(), carried.number));
      either.Add(TestIp6Protocol(either.next(), carried.number));
      return either.outcome();
    }
    case Carrier::kOsi:
      return TestOsiProtocol(in, carried.number);
    case Carrier::kIsis: {
      Disjunction any(in);
      for (const std::uint32_t type : IsisPduTypes(protocol)) any.Add(TestIsisPdu(any.next(), type));
      return any.outcome();
    }
    case Carrier::kNone:
      break;
  }
  return FailInternally("a protocol that is no test");
}

Outcome Lowering::TestProtocolNumber(Flow in, std::uint32_t number, Protocol carrier) {
  switch (carrier) {
    case Protocol::kDefault: {
      Disjunction either(in);
      either.Add(TestIpProtocol(either.next(), number));
      either.Add(TestIp6Protocol(either.next(), number));
      return either.outcome();
    }
    case Protocol::kLink:
      return TestLinkProtocol(in, number);
    case Protocol::kIp:
      return TestIpProtocol(in, number);
    case Protocol::kIp6:
      return TestIp6Protocol(in, number);
    case Protocol::kIso:
      return TestOsiProtocol(in, number);
    case Protocol::kIsis:
      return TestIsisPdu(in, number);
    default:
      return FailInternally("a protocol that carries no others");
  }
}

Outcome Lowering::TestIpProtocol(Flow in, std::uint32_t number) {
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), kEtherIp));
  both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, 9, 1}, number));
  return both.outcome();
}

// The next header, or what follows a fragment header; no other extension header is followed.
Outcome Lowering::TestIp6Protocol(Flow in, std::uint32_t number) {
  constexpr Field kNextHeader{Anchor::kNetwork, 6, 1};
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), kEtherIp6));
  Disjunction either(both.next());
  either.Add(TestEqual(either.next(), kNextHeader, number));
  Conjunction fragment(either.next());
  fragment.Add(TestEqual(fragment.next(), kNextHeader, kIpProtocolFragment));
  fragment.Add(TestEqual(fragment.next(), Field{Anchor::kNetwork, 40, 1}, number));
  either.Add(fragment.outcome());
  both.Add(either.outcome());
  return both.outcome();
}

Outcome Lowering::TestOsiProtocol(Flow in, std::uint32_t number) {
  const ProtocolField field = layout_.link->protocol_field;
  if (field == ProtocolField::kFrameRelay) return TestFrameRelayNetwork(in, number);
  // Cisco's HDLC has a byte of padding before the OSI header.
  const std::uint32_t padding = field == ProtocolField::kCiscoHdlc ? 1 : 0;
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), kSapOsi));
  both.Add(TestEqual(both.next(), Field{Anchor::kNetworkLlc, padding, 1}, number));
  return both.outcome();
}

Outcome Lowering::TestIsisPdu(Flow in, std::uint32_t type) {
  Conjunction both(in);
  both.Add(TestOsiProtocol(both.next(), kOsiIsis));
  both.Add(TestEqual(both.next(), Field{Anchor::kNetworkLlc, 4, 1}, type));
  return both.outcome();
}

Outcome Lowering::TestNotLaterFragment(Flow in) {
  constexpr std::uint32_t kFragmentOffset = 0x1fff;
  return Invert(TestField(in, Field{Anchor::kNetwork, 6, 2}, ir::Compare::kAnySet, kFragmentOffset));
}

}  // namespace bpfopt::frontend
