// SS7: signal units by the length indicator of MTP2, and the fields of MTP3's routing label.
#include "frontend/lowering.h"

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kLengthMask = 0x3f;
constexpr std::uint32_t kHighSpeedLengthMask = 0xff80;
// Fill-in units have length 0, link status units up to this, messages more.
constexpr std::uint32_t kLinkStatusLength = 2;
constexpr std::uint32_t kHighSpeedLinkStatusLength = 0x0100;

// On high-speed links the length indicator has three bytes more.
constexpr std::uint32_t kHighSpeedShift = 3;

// The routing label's words, whose codes are little-endian and cross byte borders.
constexpr std::uint32_t kOriginMask = 0x00c0ff0f;
constexpr std::uint32_t kDestinationMask = 0xff3f0000;
constexpr std::uint32_t kSelectionMask = 0xf0;

constexpr std::uint32_t OriginBits(std::uint32_t code) {
  return (code & 0x3c00) >> 10 | (code & 0x03fc) << 6 | (code & 0x0003) << 22;
}
constexpr std::uint32_t DestinationBits(std::uint32_t code) {
  return (code & 0x00ff) << 24 | (code & 0x3f00) << 8;
}

}  // namespace

bool Lowering::RequireSs7(std::string_view word) {
  if (options_.link_type->ss7) return true;
  Fail(fmt::format("'{}' is about SS7 (MTP2, MTP2_WITH_PHDR, ERF), which {} does not carry", word,
                   NameOf(*layout_.link)));
  return false;
}

Outcome Lowering::TestSignalUnit(Flow in, const SignalUnitTest& test) {
  if (!RequireSs7(SignalUnitWord(test.kind, test.high_speed))) return {};
  const Ss7Fields& fields = *options_.link_type->ss7;
  const Field length = test.high_speed ? Field{Anchor::kPacket, fields.high_speed_length, 2}
                                       : Field{Anchor::kPacket, fields.length, 1};
  const std::uint32_t mask = test.high_speed ? kHighSpeedLengthMask : kLengthMask;
  const std::uint32_t longest = test.high_speed ? kHighSpeedLinkStatusLength : kLinkStatusLength;
  const auto longer_than = [&](Flow flow, std::uint32_t bound) {
    return TestField(flow, length, ir::Compare::kGreater, bound, mask);
  };
  switch (test.kind) {
    case SignalUnit::kFillIn:
      return TestEqual(in, length, 0, mask);
    case SignalUnit::kLinkStatus: {
      Conjunction both(in);
      both.Add(longer_than(both.next(), 0));
      both.Add(Invert(longer_than(both.next(), longest)));
      return both.outcome();
    }
    case SignalUnit::kMessage:
      return longer_than(in, longest);
  }
  return FailInternally("an unknown signal unit");
}

Outcome Lowering::TestMtp3(Flow in, const Mtp3Test& test) {
  if (!RequireSs7(Mtp3Word(test.field, test.high_speed))) return {};
  const Ss7Fields& fields = *options_.link_type->ss7;
  const std::uint32_t shift = test.high_speed ? kHighSpeedShift : 0;
  const auto packet_field = [&](std::uint32_t offset, unsigned width) {
    return Field{Anchor::kPacket, offset + shift, width};
  };
  switch (test.field) {
    case Mtp3Field::kSio:
      return TestOrdered(in, packet_field(fields.service, 1), test.op, test.value, 0xffffffff);
    case Mtp3Field::kOpc:
      return TestOrdered(in, packet_field(fields.routing_label, 4), test.op, OriginBits(test.value),
                         kOriginMask);
    case Mtp3Field::kDpc:
      return TestOrdered(in, packet_field(fields.routing_label, 4), test.op, DestinationBits(test.value),
                         kDestinationMask);
    case Mtp3Field::kSls:
      return TestOrdered(in, packet_field(fields.link_selection, 1), test.op, test.value << 4,
                         kSelectionMask);
  }
  return FailInternally("an unknown field of MTP3");
}

}  // namespace bpfopt::frontend
