// The lowering's working parts. Each Test* method puts the tests of one word of the language behind `in`, in
// the order and with the loads of libpcap's unoptimized code, and says where they lead. The first error
// sticks: methods go on with useless results and Lower() looks at error() after each word.
#ifndef BPFOPT_FRONTEND_LOWERING_H
#define BPFOPT_FRONTEND_LOWERING_H

#include "bpfopt/error.h"
#include "frontend/ast.h"
#include "frontend/flow.h"
#include "frontend/lower.h"
#include "frontend/packet_layout.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bpfopt::frontend {

class Lowering {
 public:
  Lowering(const Ast* filter, const LowerOptions* options, ir::Function* function);

  FlowBuilder& flow() { return flow_; }
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

  // lower_link.cc: what the link layer says.
  Outcome TestLinkProtocol(Flow in, std::uint32_t protocol);
  Outcome TestEthernetProtocol(Flow in, std::uint32_t protocol);
  Outcome TestCookedProtocol(Flow in, std::uint32_t protocol);
  Outcome TestIpVersion(Flow in, Anchor anchor, std::uint32_t protocol);
  Outcome TestFamily(Flow in, std::uint32_t protocol);
  Outcome TestMplsPayload(Flow in, std::uint32_t protocol);
  Outcome TestSnap(Flow in, std::uint32_t organization, std::uint32_t protocol);
  Outcome TestLlcFrame(Flow in);
  Outcome TestLlc(Flow in, const Llc& llc);
  Outcome TestGeneveHasLink(Flow in);
  Outcome TestMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction);
  Outcome TestBroadcast(Flow in, Protocol protocol);
  Outcome TestMulticast(Flow in, Protocol protocol);

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
  Outcome TestHosts(Flow in, const Qualifier& qualifier, const Hosts& id);
  Outcome TestIpv4Address(Flow in, const Qualifier& qualifier, std::uint32_t address, std::uint32_t mask);
  Outcome TestIpv6Address(Flow in, const Qualifier& qualifier, const Ipv6& id);
  Outcome TestAddressWord(Flow in, std::uint32_t link_protocol, std::uint32_t offset, std::uint32_t address,
                          std::uint32_t mask);

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
  std::uint32_t effects_ = 0;  // draws and device words so far
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
