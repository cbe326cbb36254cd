// What the capture knows beside the packet: its direction, its interface, and the kernel's random word.
#include "bpf/opcode.h"
#include "frontend/lowering.h"

#include <optional>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kOutgoing = 4;  // PACKET_OUTGOING

bool AtStart(const Place& place) { return place.slot == Slot::kNone && place.constant == 0; }

}  // namespace

// Only the kernel's programs can ask it, and only about the packet as it was captured.
bool Lowering::RequireKernel(std::string_view word) {
  if (options_.origin != PacketOrigin::kInterface) {
    Fail(fmt::format("'{}' asks the interface that captures, which a file does not tell", word));
    return false;
  }
  if (options_.target != Target::kLinux) {
    Fail(fmt::format("'{}' asks the kernel on {}: use --target linux", word, NameOf(*layout_.link)));
    return false;
  }
  if (!AtStart(layout_.link_header)) {
    Fail(fmt::format("'{}' cannot be told of an encapsulated packet", word));
    return false;
  }
  return true;
}

Outcome Lowering::TestBound(Flow in, const Bound& bound) {
  if (const auto& direction = layout_.link->direction) {
    const auto test = [&](std::uint32_t value) {
      return TestEqual(in, Field{Anchor::kLinkHeader, direction->field.offset, direction->field.width}, value,
                       direction->mask);
    };
    const std::optional<std::uint32_t> asked = bound.outbound ? direction->outbound : direction->inbound;
    if (asked) return test(*asked);
    return Invert(test(*(bound.outbound ? direction->inbound : direction->outbound)));
  }
  if (!RequireKernel(bound.outbound ? "outbound" : "inbound")) return {};
  const Cursor cursor = flow_.Join(in);
  const ir::Value* type = flow_.function().MakeAncillary(bpf::kAncillaryPacketType);
  const Outcome outgoing = flow_.Branch(cursor, ir::Compare::kEqual, type, kOutgoing);
  return bound.outbound ? outgoing : Invert(outgoing);
}

Outcome Lowering::TestInterface(Flow in, const InterfaceIndex& interface) {
  if (const auto& field = layout_.link->interface_index) {
    return TestEqual(in, Field{Anchor::kLinkHeader, field->offset, field->width}, interface.index);
  }
  if (!RequireKernel("ifindex")) return {};
  const Cursor cursor = flow_.Join(in);
  const ir::Value* before = cursor.environment->accumulator;
  if (before == nullptr) before = Constant(0);
  const ir::Value* index =
      flow_.function().NewEffect(ir::EffectKind::kDeviceIndex, effects_++, before, nullptr);
  cursor.block->effects.push_back(index);
  return flow_.Branch(cursor, ir::Compare::kEqual, index, interface.index);
}

Outcome Lowering::TestRand(Flow in, const Rand& rand) {
  if (options_.target != Target::kLinux) {
    return Fail("'rand' draws the kernel's random words: use --target linux");
  }
  const std::optional<std::uint32_t> threshold = RandThreshold(rand.probability);
  if (!threshold) return FailInternally("an impossible probability");
  const Cursor cursor = flow_.Join(in);
  const ir::Value* word = flow_.function().NewEffect(ir::EffectKind::kDraw, effects_++, nullptr, nullptr);
  cursor.block->effects.push_back(word);
  return Invert(flow_.Branch(cursor, ir::Compare::kGreaterEqual, word, *threshold));
}

}  // namespace bpfopt::frontend
