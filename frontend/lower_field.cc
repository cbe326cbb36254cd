// Loads and comparisons of fields, placed by the layout of the packet.
#include "frontend/lowering.h"

#include <initializer_list>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kIp6HeaderLength = 40;
constexpr std::uint32_t kMplsLabelLength = 4;

// The `width` bytes at `bytes`, in network order.
std::uint32_t BigEndian(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

const ir::Value* Lowering::LoadIpHeaderLength(const Cursor& cursor) {
  const ir::Value* base = flow_.SlotValue(cursor, layout_.payload.slot);
  const ir::Value* first = flow_.Load(cursor, base, layout_.payload.constant + layout_.network, 1);
  const ir::Value* length =
      MakeBinary(ir::Opcode::kShl, MakeBinary(ir::Opcode::kAnd, first, Constant(0x0f)), Constant(2));
  return base == nullptr ? length : MakeBinary(ir::Opcode::kAdd, length, base);
}

const ir::Value* Lowering::LoadField(const Cursor& cursor, Field field) {
  Place place = layout_.payload;
  switch (field.anchor) {
    case Anchor::kPacket:
      place = {};
      break;
    case Anchor::kLinkHeader:
      place = layout_.link_header;
      break;
    case Anchor::kLinkProtocol:
      place = layout_.link_protocol.value_or(Place{});
      break;
    case Anchor::kPayload:
      break;
    case Anchor::kNetwork:
      place.constant += layout_.network;
      break;
    case Anchor::kNetworkLlc:
      place.constant += layout_.network_llc;
      break;
    case Anchor::kPreviousLabel:
      place.constant += layout_.network - kMplsLabelLength;
      break;
    case Anchor::kTransportIp:
      return flow_.Load(cursor, LoadIpHeaderLength(cursor),
                        layout_.payload.constant + layout_.network + field.offset, field.width);
    case Anchor::kTransportIp6:
      place.constant += layout_.network + kIp6HeaderLength;
      break;
  }
  return flow_.Load(cursor, flow_.SlotValue(cursor, place.slot), place.constant + field.offset, field.width);
}

Outcome Lowering::TestField(Flow in, Field field, ir::Compare compare, std::uint32_t value,
                            std::uint32_t mask) {
  const Cursor cursor = flow_.Join(in);
  const ir::Value* loaded = LoadField(cursor, field);
  if (mask != 0xffffffff) loaded = MakeBinary(ir::Opcode::kAnd, loaded, Constant(mask));
  return flow_.Branch(cursor, compare, loaded, value);
}

Outcome Lowering::TestEqual(Flow in, Field field, std::uint32_t value, std::uint32_t mask) {
  return TestField(in, field, ir::Compare::kEqual, value, mask);
}

Outcome Lowering::TestAnyOf(Flow in, Field field, std::initializer_list<std::uint32_t> values) {
  Disjunction any(in);
  for (const std::uint32_t value : values) any.Add(TestEqual(any.next(), field, value));
  return any.outcome();
}

Outcome Lowering::TestBit(Flow in, Field field, std::uint32_t bit) {
  return TestField(in, field, ir::Compare::kAnySet, bit);
}

Outcome Lowering::TestOrdered(Flow in, Field field, Relational op, std::uint32_t value, std::uint32_t mask) {
  switch (op) {
    case Relational::kGreater:
      return TestField(in, field, ir::Compare::kGreater, value, mask);
    case Relational::kGreaterEqual:
      return TestField(in, field, ir::Compare::kGreaterEqual, value, mask);
    case Relational::kLess:
      return Invert(TestField(in, field, ir::Compare::kGreaterEqual, value, mask));
    case Relational::kLessEqual:
      return Invert(TestField(in, field, ir::Compare::kGreater, value, mask));
    case Relational::kEqual:
    case Relational::kNotEqual:
      break;
  }
  return TestEqual(in, field, value, mask);
}

// For `&` and `|` libpcap forgets to load the byte: they are of what the test before left in A.
Outcome Lowering::TestByte(Flow in, const ByteTest& test) {
  const Field byte{Anchor::kLinkHeader, test.offset, 1};
  switch (test.op) {
    case ByteOp::kEqual:
      return TestEqual(in, byte, test.value);
    case ByteOp::kLess:
      return Invert(TestField(in, byte, ir::Compare::kGreaterEqual, test.value));
    case ByteOp::kGreater:
      return TestField(in, byte, ir::Compare::kGreater, test.value);
    case ByteOp::kAnd:
    case ByteOp::kOr:
      break;
  }
  const Cursor cursor = flow_.Join(in);
  const ir::Value* before = cursor.environment->accumulator;
  if (before == nullptr) before = Constant(0);
  const ir::Opcode opcode = test.op == ByteOp::kAnd ? ir::Opcode::kAnd : ir::Opcode::kOr;
  return Invert(
      flow_.Branch(cursor, ir::Compare::kEqual, MakeBinary(opcode, before, Constant(test.value)), 0));
}

// In words from the end of the bytes, as far as they go, then a half-word, then a byte.
Outcome Lowering::TestBytes(Flow in, Anchor anchor, std::uint32_t offset,
                            std::span<const std::uint8_t> bytes) {
  Conjunction all(in);
  std::size_t size = bytes.size();
  for (const unsigned width : {4U, 2U, 1U}) {
    for (; size >= width; size -= width) {
      const std::size_t begin = size - width;
      const Field field{anchor, offset + static_cast<std::uint32_t>(begin), width};
      all.Add(TestEqual(all.next(), field, BigEndian(bytes.subspan(begin, width))));
    }
  }
  return all.outcome();
}

}  // namespace bpfopt::frontend
