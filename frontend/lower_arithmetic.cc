// Relations between arithmetic expressions. Protocol checks of accessors come first, then every load in the
// order of writing, then one comparison.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kIp6HeaderLength = 40;

// Where an accessor's bytes are counted from.
enum class AccessorBase : std::uint8_t { kNone, kPacket, kLinkHeader, kNetwork, kTransportIp, kTransportIp6 };

AccessorBase BaseOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kRadio:
      return AccessorBase::kPacket;
    case Protocol::kLink:
      return AccessorBase::kLinkHeader;
    case Protocol::kIp:
    case Protocol::kIp6:
    case Protocol::kArp:
    case Protocol::kRarp:
    case Protocol::kAtalk:
    case Protocol::kDecnet:
    case Protocol::kSca:
    case Protocol::kLat:
    case Protocol::kMoprc:
    case Protocol::kMopdl:
      return AccessorBase::kNetwork;
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kSctp:
    case Protocol::kIcmp:
    case Protocol::kIgmp:
    case Protocol::kIgrp:
    case Protocol::kPim:
    case Protocol::kVrrp:
    case Protocol::kCarp:
      return AccessorBase::kTransportIp;
    case Protocol::kIcmp6:
      return AccessorBase::kTransportIp6;
    default:
      return AccessorBase::kNone;
  }
}

ir::Opcode OpcodeOf(Arithmetic op) {
  switch (op) {
    case Arithmetic::kAdd:
      return ir::Opcode::kAdd;
    case Arithmetic::kSub:
      return ir::Opcode::kSub;
    case Arithmetic::kMul:
      return ir::Opcode::kMul;
    case Arithmetic::kDiv:
      return ir::Opcode::kDiv;
    case Arithmetic::kMod:
      return ir::Opcode::kMod;
    case Arithmetic::kAnd:
      return ir::Opcode::kAnd;
    case Arithmetic::kOr:
      return ir::Opcode::kOr;
    case Arithmetic::kXor:
      return ir::Opcode::kXor;
    case Arithmetic::kShl:
      return ir::Opcode::kShl;
    case Arithmetic::kShr:
      return ir::Opcode::kShr;
  }
  return ir::Opcode::kAdd;
}

struct Comparison {
  ir::Compare compare;
  bool negated;
};

Comparison ComparisonOf(Relational op) {
  switch (op) {
    case Relational::kEqual:
      return {ir::Compare::kEqual, false};
    case Relational::kNotEqual:
      return {ir::Compare::kEqual, true};
    case Relational::kGreater:
      return {ir::Compare::kGreater, false};
    case Relational::kLessEqual:
      return {ir::Compare::kGreater, true};
    case Relational::kGreaterEqual:
      return {ir::Compare::kGreaterEqual, false};
    case Relational::kLess:
      return {ir::Compare::kGreaterEqual, true};
  }
  return {ir::Compare::kEqual, false};
}

}  // namespace

Outcome Lowering::TestRelation(Flow in, const Relation& relation) {
  Conjunction all(in);
  checked_accessors_.clear();
  AddProtocolChecks(&all, relation.lhs);
  AddProtocolChecks(&all, relation.rhs);
  const Cursor cursor = flow_.Join(all.next());
  const ir::Value* lhs = Evaluate(cursor, relation.lhs);
  const ir::Value* rhs = Evaluate(cursor, relation.rhs);
  if (error_) return {};

  const auto [compare, negated] = ComparisonOf(relation.op);
  // libpcap compares the difference with 0.
  const ir::Value* accumulator =
      compare == ir::Compare::kEqual ? MakeBinary(ir::Opcode::kSub, lhs, rhs) : lhs;
  const Outcome outcome = flow_.Branch(cursor, compare, lhs, rhs, accumulator);
  all.Add(negated ? Invert(outcome) : outcome);
  return all.outcome();
}

Outcome Lowering::TestLength(Flow in, ir::Compare compare, std::uint32_t bytes) {
  const Cursor cursor = flow_.Join(in);
  return flow_.Branch(cursor, compare, flow_.function().MakeWireLength(), bytes);
}

// The checks that an operand brings along are those of its leftmost accessor and of the accessors in that
// one's index, recursively: libpcap drops those of a right operand. `ip` of the transport protocols is
// checked before all that the index asks for, the rest after it.
void Lowering::AddProtocolChecks(Conjunction* checks, NodeId operand) {
  std::vector<Protocol> open;
  for (NodeId at = operand;;) {
    const NodeKind& kind = filter_.nodes[at].kind;
    if (const auto* binary = std::get_if<Binary>(&kind)) {
      at = binary->lhs;
    } else if (const auto* negate = std::get_if<Negate>(&kind)) {
      at = negate->operand;
    } else if (const auto* accessor = std::get_if<Accessor>(&kind)) {
      if (BaseOf(accessor->protocol) == AccessorBase::kTransportIp) {
        checks->Add(TestLinkProtocol(checks->next(), kEtherIp));
      }
      open.push_back(accessor->protocol);
      checked_accessors_.push_back(at);
      at = accessor->index;
    } else {
      break;
    }
  }
  for (; !open.empty(); open.pop_back()) checks->Add(TestAccessorProtocol(checks->next(), open.back()));
}

Outcome Lowering::TestAccessorProtocol(Flow in, Protocol protocol) {
  Conjunction all(in);
  switch (BaseOf(protocol)) {
    case AccessorBase::kNone:
    case AccessorBase::kPacket:
    case AccessorBase::kLinkHeader:
      break;
    case AccessorBase::kNetwork:
      all.Add(TestProtocolWord(all.next(), protocol));
      break;
    case AccessorBase::kTransportIp:
      all.Add(TestProtocolWord(all.next(), protocol));
      all.Add(TestNotLaterFragment(all.next()));
      break;
    case AccessorBase::kTransportIp6:
      all.Add(TestLinkProtocol(all.next(), kEtherIp6));
      all.Add(TestEqual(all.next(), Field{Anchor::kNetwork, 6, 1}, kIpProtocolIcmp6));
      break;
  }
  return all.outcome();
}

// A walk in post-order with a stack of values, so guards come in the order of writing.
const ir::Value* Lowering::Evaluate(const Cursor& cursor, NodeId root) {
  std::vector<std::pair<NodeId, bool>> path{{root, false}};  // a node, and whether its operands are done
  std::vector<Operand> operands;
  const auto pop = [&operands] {
    const Operand operand = operands.back();
    operands.pop_back();
    return operand;
  };
  while (!path.empty() && !error_) {
    const auto [id, ready] = path.back();
    path.back().second = true;
    if (!CheckNode(id)) break;
    const NodeKind& kind = filter_.nodes[id].kind;
    if (const auto* literal = std::get_if<Literal>(&kind)) {
      operands.push_back({Constant(literal->value), literal->value});
    } else if (std::holds_alternative<PacketLength>(kind)) {
      operands.push_back({flow_.function().MakeWireLength(), std::nullopt});
    } else if (const auto* accessor = std::get_if<Accessor>(&kind)) {
      if (!ready) {
        path.emplace_back(accessor->index, false);
        continue;
      }
      if (std::find(checked_accessors_.begin(), checked_accessors_.end(), id) == checked_accessors_.end()) {
        // The check is dropped, but has to be possible.
        TestAccessorProtocol({}, accessor->protocol);
      }
      operands.push_back(EvaluateAccessor(cursor, *accessor, pop()));
    } else if (const auto* negate = std::get_if<Negate>(&kind)) {
      if (!ready) {
        path.emplace_back(negate->operand, false);
        continue;
      }
      operands.back().value = flow_.function().MakeUnary(ir::Opcode::kNeg, operands.back().value);
    } else {
      const auto& binary = std::get<Binary>(kind);
      if (!ready) {
        path.emplace_back(binary.rhs, false);
        path.emplace_back(binary.lhs, false);
        continue;
      }
      const Operand rhs = pop();
      operands.push_back(EvaluateBinary(cursor, binary, pop(), rhs));
    }
    path.pop_back();
  }
  return error_ ? nullptr : operands.back().value;
}

Lowering::Operand Lowering::EvaluateAccessor(const Cursor& cursor, const Accessor& accessor, Operand index) {
  Place place = layout_.payload;
  const ir::Value* base = nullptr;
  switch (BaseOf(accessor.protocol)) {
    case AccessorBase::kNone:
      FailInternally("a protocol without bytes");
      return {};
    case AccessorBase::kPacket:
      if (layout_.link->radio == RadioHeader::kNone || layout_.link->radio == RadioHeader::kPpi) {
        Fail(fmt::format(
            "{} has no radio header; IEEE802_11_RADIO, IEEE802_11_RADIO_AVS and PRISM_HEADER have",
            NameOf(*layout_.link)));
        return {};
      }
      place = {};
      break;
    case AccessorBase::kLinkHeader:
      place = layout_.link_header;
      base = flow_.SlotValue(cursor, place.slot);
      break;
    case AccessorBase::kNetwork:
      place.constant += layout_.network;
      base = flow_.SlotValue(cursor, place.slot);
      break;
    case AccessorBase::kTransportIp:
      place.constant += layout_.network;
      base = LoadIpHeaderLength(cursor);
      break;
    case AccessorBase::kTransportIp6:
      place.constant += layout_.network + kIp6HeaderLength;
      base = flow_.SlotValue(cursor, place.slot);
      break;
  }
  base = base == nullptr ? index.value : MakeBinary(ir::Opcode::kAdd, index.value, base);
  return {flow_.Load(cursor, base, place.constant, accessor.size), index.leading};
}

// libpcap refuses a divisor or shift count by the first number in its text, which need not be what it amounts
// to. Refused here is what it refuses with good reason.
Lowering::Operand Lowering::EvaluateBinary(const Cursor& cursor, const Binary& binary, Operand lhs,
                                           Operand rhs) {
  const bool divides = binary.op == Arithmetic::kDiv || binary.op == Arithmetic::kMod;
  const bool shifts = binary.op == Arithmetic::kShl || binary.op == Arithmetic::kShr;
  if (divides && rhs.value->IsConstant(0) && rhs.leading == 0U) {
    Fail(binary.op == Arithmetic::kDiv ? "division by zero" : "modulus by zero");
    return {};
  }
  if (shifts && rhs.value->IsConstant() && rhs.value->constant() > 31 && rhs.leading > 31U) {
    Fail("shift by more than 31 bits");
    return {};
  }
  if (divides && (!rhs.value->IsConstant() || rhs.value->IsConstant(0))) {
    cursor.block->guards.push_back(ir::Guard::NonZero(rhs.value));
  }
  return {MakeBinary(OpcodeOf(binary.op), lhs.value, rhs.value), lhs.leading};
}

}  // namespace bpfopt::frontend
