// The lowering's working parts. Each Test* method puts the tests of one word of the language behind `in`, in
// the order and with the loads of libpcap's unoptimized code, and says where they lead. The first error
// sticks: methods go on with useless results and Lower() looks at error() after each word.
#ifndef BPFOPT_FRONTEND_LOWERING_H
#define BPFOPT_FRONTEND_LOWERING_H

#include "bpfopt/error.h"
#include "frontend/ast.h"
#include "frontend/flow.h"
#include "frontend/keywords.h"
#include "frontend/lower.h"
#include "frontend/packet_layout.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <llvm/ADT/STLFunctionalExtras.h>

namespace bpfopt::frontend {

class Lowering {
 public:
  Lowering(const Ast* filter, const LowerOptions* options, ir::Function* function);

  FlowBuilder& flow() { return flow_; }
  // Those that the tests so far have asked for.
  VariableHeaders used_headers() const {
    return {.link_header = flow_.IsUsed(Slot::kLinkHeader), .payload = flow_.IsUsed(Slot::kPayload)};
  }
  // Computes lengths, and rejects packets whose radio header holds no frame of the link type. Before all
  // tests.
  Flow EnterVariableHeaders(Flow in, const VariableHeaders& used);
  const std::optional<Error>& error() const { return error_; }

  // A node that is a test of its own: all but and, or, not and when.
  Outcome TestLeaf(Flow in, NodeId id);

 private:
  // lower_field.cc: loads and comparisons of fields.
  const ir::Value* LoadField(const Cursor& cursor, Field field);
  // Where the payload of an IPv4 packet starts, from the start of the network layer and without the constant
  // part of the network layer's place.
  const ir::Value* LoadIpHeaderLength(const Cursor& cursor);
  Outcome TestField(Flow in, Field field, ir::Compare compare, std::uint32_t value,
                    std::uint32_t mask = 0xffffffff);
  Outcome TestEqual(Flow in, Field field, std::uint32_t value, std::uint32_t mask = 0xffffffff);
  Outcome TestBytes(Flow in, Anchor anchor, std::uint32_t offset, std::span<const std::uint8_t> bytes);

  // One of `values`.
  Outcome TestAnyOf(Flow in, Field field, std::initializer_list<std::uint32_t> values);
  // By a relational operator as libpcap's words for ATM and SS7 take it: `!=` is for it `=`.
  Outcome TestOrdered(Flow in, Field field, Relational op, std::uint32_t value, std::uint32_t mask);
  Outcome TestBit(Flow in, Field field, std::uint32_t bit);
  Outcome TestByte(Flow in, const ByteTest& test);

  // lower_variable_header.cc: what has to be computed before the first test.
  Flow EnterRadioHeader(Flow in, RadioHeader radio);
  Flow EnterWlanHeader(Flow in, bool behind_radio);
  Flow SkipRadiotapPadding(Flow in);
  Flow EnterPfLogHeader(Flow in);
  Flow SetSlot(const Cursor& cursor, Slot slot, const ir::Value* value);

  // lower_link.cc: the protocol that the link layer carries.
  Outcome TestLinkProtocol(Flow in, std::uint32_t protocol);
  Outcome TestEthernetProtocol(Flow in, std::uint32_t protocol);
  Outcome TestCookedProtocol(Flow in, std::uint32_t protocol);
  Outcome TestIpVersion(Flow in, Anchor anchor, std::uint32_t protocol);
  Outcome TestFamily(Flow in, std::uint32_t protocol);
  Outcome TestMplsPayload(Flow in, std::uint32_t protocol);
  Outcome TestFamilyByte(Flow in, std::uint32_t protocol, std::uint32_t inet, std::uint32_t inet6);
  Outcome TestArcnetProtocol(Flow in, std::uint32_t protocol);
  Outcome TestFrameRelayNetwork(Flow in, std::uint32_t identifier);
  Outcome TestFrameRelayProtocol(Flow in, std::uint32_t protocol);
  Outcome TestLlcProtocol(Flow in, std::uint32_t protocol);
  Outcome TestSnap(Flow in, std::uint32_t organization, std::uint32_t protocol);

  // lower_llc.cc
  Outcome TestLlcFrame(Flow in);
  Outcome TestLlc(Flow in, const Llc& llc);

  // lower_mac.cc: link-layer addresses.
  Outcome TestGeneveHasLink(Flow in);
  Outcome TestLaneData(Flow in);
  Outcome TestHasMac(Flow in);
  Outcome TestMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction);
  Outcome TestArcnet(Flow in, std::uint8_t address, Direction direction);
  Outcome TestBroadcast(Flow in, Protocol protocol);
  Outcome TestMulticast(Flow in, Protocol protocol);
  Outcome TestLinkMulticast(Flow in);

  // lower_wlan.cc: frames of 802.11.
  using FlowTest = llvm::function_ref<Outcome(Flow)>;
  using FieldTest = llvm::function_ref<Outcome(Flow, std::uint32_t offset)>;
  bool RequireFrameWords(std::string_view word);
  Outcome TestWlanData(Flow in);
  Outcome TestWlanFrame(Flow in, const WlanFrame& frame);
  Outcome TestWlanDirection(Flow in, const WlanDirection& direction);
  Outcome TestWlanAddress(Flow in, FieldTest test, std::uint32_t in_management, FlowTest test_data);
  Outcome TestByWay(Flow in, std::uint32_t bit, FlowTest when_clear, FlowTest when_set);
  Outcome TestWlanSource(Flow in, FieldTest test);
  Outcome TestWlanDestination(Flow in, FieldTest test);
  Outcome TestWlanAddress2(Flow in, FieldTest test);
  Outcome TestWlanAddress3(Flow in, FieldTest test);
  Outcome TestWlanAddress4(Flow in, FieldTest test);
  Outcome TestWlanMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction);

  // lower_atm.cc
  bool RequireAtm(std::string_view word);
  Outcome TestAtmTraffic(Flow in, std::uint32_t traffic);
  Outcome TestCircuits(Flow in, std::initializer_list<std::uint32_t> circuits);
  Outcome TestSignalling(Flow in, std::uint32_t circuit, std::initializer_list<std::uint32_t> messages);
  Outcome TestAtm(Flow in, const AtmTest& test);
  Outcome TestLane(Flow in);
  Outcome TestAtmField(Flow in, const AtmFieldTest& test);

  // lower_ss7.cc
  bool RequireSs7(std::string_view word);
  Outcome TestSignalUnit(Flow in, const SignalUnitTest& test);
  Outcome TestMtp3(Flow in, const Mtp3Test& test);

  // lower_pf_log.cc
  bool RequirePfLog();
  Outcome TestPfLogName(Flow in, const PfLogName& test);
  Outcome TestPfLogNumber(Flow in, const PfLogNumber& test);

  // lower_protocol.cc: protocols by word and by number.
  Outcome TestProtocolWord(Flow in, Protocol protocol);
  Outcome TestProtocolNumber(Flow in, std::uint32_t number, Protocol carrier);
  Outcome TestIpProtocol(Flow in, std::uint32_t number);
  Outcome TestIp6Protocol(Flow in, std::uint32_t number);
  Outcome TestOsiProtocol(Flow in, std::uint32_t number);
  Outcome TestIsisPdu(Flow in, std::uint32_t type);
  Outcome TestNotLaterFragment(Flow in);

  // lower_protochain.cc
  Outcome TestProtocolChain(Flow in, std::uint32_t number, Protocol network);
  Outcome TestChain(Flow in, std::uint32_t number, bool ip6);

  // lower_address.cc: hosts and networks.
  Outcome TestQualified(Flow in, const Test& test);
  Outcome TestIpv4(Flow in, const Qualifier& qualifier, const Ipv4& id);
  Outcome TestIpv6(Flow in, const Qualifier& qualifier, const Ipv6& id);
  Outcome TestMacId(Flow in, const Qualifier& qualifier, const Mac& id);
  Outcome TestGateway(Flow in, const Qualifier& qualifier, const Gateway& id);
  Outcome TestHosts(Flow in, const Qualifier& qualifier, const Hosts& id);
  Outcome TestIpv4Address(Flow in, const Qualifier& qualifier, std::uint32_t address, std::uint32_t mask);
  Outcome TestIpv6Address(Flow in, const Qualifier& qualifier, const Ipv6& id);
  Outcome TestAddressWord(Flow in, std::uint32_t link_protocol, std::uint32_t offset, std::uint32_t address,
                          std::uint32_t mask);

  // lower_decnet.cc
  Outcome TestDecnet(Flow in, std::uint16_t address, Direction direction);

  // lower_port.cc
  Outcome TestPorts(Flow in, const Qualifier& qualifier, const ServicePort& ports);
  Outcome TestNetworkPorts(Flow in, bool ip6, bool range, const ServicePort& ports, Direction direction);
  Outcome TestTransportPorts(Flow in, bool ip6, bool range, std::uint32_t protocol, const ServicePort& ports,
                             Direction direction);

  // lower_encapsulation.cc: words that move what is tested after them.
  Outcome TestEncapsulation(Flow in, const Encapsulated& word);
  Outcome TestVlan(Flow in, const Encapsulated& word);
  Outcome TestVlanType(Flow in);
  bool KernelStripsTag() const;
  Outcome TestStrippedVlan(Flow in, const Encapsulated& word);
  Outcome TestMpls(Flow in, const Encapsulated& word);
  Outcome TestPppoeSession(Flow in, const Encapsulated& word);
  Outcome TestGeneve(Flow in, const Encapsulated& word);
  Outcome TestGeneveHeader(Flow in, bool ip6, const Encapsulated& word);
  Flow EnterGeneve(Flow in);

  // lower_arithmetic.cc
  struct Operand {
    const ir::Value* value = nullptr;
    std::optional<std::uint32_t> leading;  // the number that its text starts with
  };
  Outcome TestRelation(Flow in, const Relation& relation);
  Outcome TestLength(Flow in, ir::Compare compare, std::uint32_t bytes);
  void AddProtocolChecks(Conjunction* checks, NodeId operand);
  Outcome TestAccessorProtocol(Flow in, Protocol protocol);
  const ir::Value* Evaluate(const Cursor& cursor, NodeId root);
  Operand EvaluateAccessor(const Cursor& cursor, const Accessor& accessor, Operand index);
  Operand EvaluateBinary(const Cursor& cursor, const Binary& binary, Operand lhs, Operand rhs);

  // lower_metadata.cc: what the capture knows beside the packet.
  Outcome TestBound(Flow in, const Bound& bound);
  Outcome TestInterface(Flow in, const InterfaceIndex& interface);
  Outcome TestRand(Flow in, const Rand& rand);
  bool RequireKernel(std::string_view word);

  // Makes the node the one that errors are about. False, and an error, when it cannot stand in any filter.
  bool CheckNode(NodeId id);
  // Remembers the first error, at the node being lowered.
  Outcome Fail(std::string message);
  // What FindFault() or name resolution should have kept from here.
  Outcome FailInternally(std::string message);
  const ir::Value* Constant(std::uint32_t value) { return flow_.function().MakeConstant(value); }
  const ir::Value* MakeBinary(ir::Opcode opcode, const ir::Value* lhs, const ir::Value* rhs) {
    return flow_.function().MakeBinary(opcode, lhs, rhs);
  }

  const Ast& filter_;
  const LowerOptions& options_;
  FlowBuilder flow_;
  PacketLayout layout_;
  std::uint32_t effects_ = 0;              // draws and device words so far
  std::vector<NodeId> checked_accessors_;  // of the relation being lowered: their protocol is tested
  NodeId current_ = 0;
  std::optional<Error> error_;
};

// Makes `test(flow, is_source)` for the sides of a conversation that `direction` asks for.
template <typename TestSide>
Outcome TestSides(Flow in, Direction direction, TestSide test) {
  switch (direction) {
    case Direction::kSrc:
      return test(in, true);
    case Direction::kDst:
      return test(in, false);
    case Direction::kSrcAndDst: {
      Conjunction both(in);
      both.Add(test(both.next(), true));
      both.Add(test(both.next(), false));
      return both.outcome();
    }
    default:  // the addresses of 802.11 frames have no sides
      break;
  }
  Disjunction either(in);
  either.Add(test(either.next(), true));
  either.Add(test(either.next(), false));
  return either.outcome();
}

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LOWERING_H
