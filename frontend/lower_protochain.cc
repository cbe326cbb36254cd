// `protochain`: does a protocol appear in the chain of headers behind the IP header? libpcap follows the
// chain in a loop, which no kernel takes. Here the loop is unrolled: each round asks for the protocol, then
// whether the chain ends, and goes behind one more header, all with libpcap's loads:
//
//   next = ip6[6]; at = 40                  (ip: next = ip[9]; at = 4 * (ip[0] & 0xf))
//   round: if next = PROTOCOL: pass
//          if next = 59 (no next header): fail
//          if next is 0, 60, 43 or 44:      (ip6 only) hop-by-hop, destination, routing, fragment
//            next = ip6[at]; at = at + 8 * (ip6[at + 1] + 1); another round
//          if next = 51 (AH):
//            next = ip6[at]; at = 4 * (ip6[at + 1] + 2); another round
//          fail
//
// That the length of an AH is not added to its place is libpcap's doing. The products are multiplied out, so
// that lengths of both kinds come from one load; `at` never comes near 2^32, so nothing wraps. A packet whose
// chain goes on behind the last round is rejected there and then, as one that is cut short is: nothing is
// known of it, so a `not` must not accept it. Blocks: at most 10 for each round.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>
#include <cstdint>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kIp6HeaderLength = 40;
constexpr std::array kIp6ExtensionHeaders = {kIpProtocolHopByHop, kIpProtocolDestinationOptions,
                                             kIpProtocolRouting, kIpProtocolFragment};

// The rounds for one version of IP. Between them the slots hold `next` and `at`.
class ChainRounds {
 public:
  ChainRounds(FlowBuilder* flow, std::uint32_t network, bool ip6)
      : flow_(*flow), network_(network), ip6_(ip6) {}

  Flow Enter(const Cursor& cursor, const ir::Value* next, const ir::Value* at) {
    return flow_.Continue(
        flow_.WithSlot(flow_.WithSlot(cursor, Slot::kChainNext, next), Slot::kChainOffset, at));
  }

  // What is left is another round, empty when `is_last`.
  Flow Run(Flow round, std::uint32_t number, bool is_last) {
    Cursor cursor = flow_.Join(round);
    const ir::Value* next = flow_.SlotValue(cursor, Slot::kChainNext);
    const ir::Value* at = flow_.SlotValue(cursor, Slot::kChainOffset);
    for (const Slot slot : {Slot::kChainNext, Slot::kChainOffset}) {
      cursor = flow_.WithSlot(cursor, slot, nullptr);
    }
    const auto test = [&](std::uint32_t header) {
      const Outcome outcome = flow_.Branch(cursor, ir::Compare::kEqual, next, header);
      cursor = flow_.Join(outcome.fail);
      return outcome.pass;
    };
    pass_ = Concatenate(pass_, test(number));
    fail_ = Concatenate(fail_, test(kIpProtocolNone));
    Flow extension;
    if (ip6_) {
      for (const std::uint32_t header : kIp6ExtensionHeaders) {
        extension = Concatenate(extension, test(header));
      }
    }
    const Outcome authentication = flow_.Branch(cursor, ir::Compare::kEqual, next, kIpProtocolAh);
    fail_ = Concatenate(fail_, authentication.fail);
    if (is_last) {
      flow_.Return(Concatenate(extension, authentication.pass), 0);
      return {};
    }
    round = Skip(authentication.pass, at, 4, nullptr);
    return ip6_ ? Concatenate(Skip(extension, at, 8, at), round) : round;
  }

  Outcome outcome() const { return {pass_, fail_}; }

 private:
  // Behind a header: its length is in units of `unit` bytes, the first 8 of them not counted.
  Flow Skip(Flow in, const ir::Value* at, std::uint32_t unit, const ir::Value* from) {
    const Cursor cursor = flow_.Join(in);
    const ir::Value* next = flow_.Load(cursor, at, network_, 1);
    const ir::Value* units = flow_.Load(cursor, at, network_ + 1, 1);
    const ir::Value* length = Binary(ir::Opcode::kMul, units, Constant(unit));
    if (from != nullptr) length = Binary(ir::Opcode::kAdd, length, from);
    return Enter(cursor, next, Binary(ir::Opcode::kAdd, length, Constant(8)));
  }

  const ir::Value* Constant(std::uint32_t value) { return flow_.function().MakeConstant(value); }
  const ir::Value* Binary(ir::Opcode opcode, const ir::Value* lhs, const ir::Value* rhs) {
    return flow_.function().MakeBinary(opcode, lhs, rhs);
  }

  FlowBuilder& flow_;
  std::uint32_t network_;  // the IP header, from the start of the packet
  bool ip6_;
  Flow pass_;
  Flow fail_;
};

}  // namespace

Outcome Lowering::TestProtocolChain(Flow in, std::uint32_t number, Protocol network) {
  if (layout_.payload.slot != Slot::kNone) {
    return Fail("'protochain' is not supported behind headers whose length varies");
  }
  switch (network) {
    case Protocol::kDefault: {
      Disjunction either(in);
      for (const bool ip6 : {false, true}) either.Add(TestChain(either.next(), number, ip6));
      return either.outcome();
    }
    case Protocol::kIp:
      return TestChain(in, number, /*ip6=*/false);
    case Protocol::kIp6:
      return TestChain(in, number, /*ip6=*/true);
    default:
      return FailInternally("a protocol without a chain of headers");
  }
}

Outcome Lowering::TestChain(Flow in, std::uint32_t number, bool ip6) {
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), ip6 ? kEtherIp6 : kEtherIp));
  const Cursor start = flow_.Join(both.next());
  const ir::Value* next = LoadField(start, Field{Anchor::kNetwork, ip6 ? 6U : 9U, 1});
  const ir::Value* at = ip6 ? Constant(kIp6HeaderLength) : LoadIpHeaderLength(start);

  ChainRounds rounds(&flow_, layout_.payload.constant + layout_.network, ip6);
  Flow round = rounds.Enter(start, next, at);
  for (std::uint32_t followed = 0; followed <= options_.protochain_depth; ++followed) {
    round = rounds.Run(round, number, followed == options_.protochain_depth);
  }
  both.Add(rounds.outcome());
  return both.outcome();
}

}  // namespace bpfopt::frontend
