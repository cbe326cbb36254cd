// 802.11 frames: their type, their direction, and their addresses, whose place depends on both.
#include "frontend/lowering.h"

#include <cstdint>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

// The first byte of a frame: its type and subtype.
constexpr Field kFrameType{Anchor::kLinkHeader, 0, 1};
constexpr std::uint32_t kDataBit = 0x08;
constexpr std::uint32_t kControlBit = 0x04;
constexpr std::uint32_t kTypeMask = 0x0c;
constexpr std::uint32_t kSubtypeMask = 0xf0;
constexpr std::uint32_t kControl = 0x04;
constexpr std::uint32_t kClearToSend = 0xc0;
constexpr std::uint32_t kAcknowledgment = 0xd0;

// The second: its way through a distribution system.
constexpr Field kFrameWay{Anchor::kLinkHeader, 1, 1};
constexpr std::uint32_t kToSystem = 0x01;
constexpr std::uint32_t kFromSystem = 0x02;
constexpr std::uint32_t kWayMask = 0x03;

// Its addresses.
constexpr std::uint32_t kAddress1 = 4;
constexpr std::uint32_t kAddress2 = 10;
constexpr std::uint32_t kAddress3 = 16;
constexpr std::uint32_t kAddress4 = 24;

}  // namespace

bool Lowering::RequireFrameWords(std::string_view word) {
  if (layout_.link->has_frame_words) return true;
  Fail(
      fmt::format("'{}' is about frames of 802.11, which cannot be told on {}", word, NameOf(*layout_.link)));
  return false;
}

Outcome Lowering::TestWlanData(Flow in) {
  Conjunction both(in);
  both.Add(Invert(TestBit(both.next(), kFrameType, kControlBit)));
  both.Add(TestBit(both.next(), kFrameType, kDataBit));
  return both.outcome();
}

Outcome Lowering::TestWlanFrame(Flow in, const WlanFrame& frame) {
  if (!RequireFrameWords("type")) return {};
  const std::uint32_t mask = kTypeMask | (frame.subtype ? kSubtypeMask : 0);
  return TestEqual(in, kFrameType, frame.type | frame.subtype.value_or(0U), mask);
}

Outcome Lowering::TestWlanDirection(Flow in, const WlanDirection& direction) {
  if (!RequireFrameWords("dir")) return {};
  return TestEqual(in, kFrameWay, direction.direction, kWayMask);
}

// Management frames have the test's field at one place, data frames where `test_data` looks for it, control
// frames have none.
Outcome Lowering::TestWlanAddress(Flow in, FieldTest test, std::uint32_t in_management, FlowTest test_data) {
  Conjunction all(in);
  all.Add(Invert(TestBit(all.next(), kFrameType, kControlBit)));
  Disjunction either(all.next());
  Conjunction management(either.next());
  management.Add(Invert(TestBit(management.next(), kFrameType, kDataBit)));
  management.Add(test(management.next(), in_management));
  either.Add(management.outcome());
  Conjunction data(either.next());
  data.Add(TestBit(data.next(), kFrameType, kDataBit));
  data.Add(test_data(data.next()));
  either.Add(data.outcome());
  all.Add(either.outcome());
  return all.outcome();
}

// One test where the bit of the frame's way is clear, another where it is set; each asks anew.
Outcome Lowering::TestByWay(Flow in, std::uint32_t bit, FlowTest when_clear, FlowTest when_set) {
  Disjunction either(in);
  Conjunction clear(either.next());
  clear.Add(Invert(TestBit(clear.next(), kFrameWay, bit)));
  clear.Add(when_clear(clear.next()));
  either.Add(clear.outcome());
  Conjunction set(either.next());
  set.Add(TestBit(set.next(), kFrameWay, bit));
  set.Add(when_set(set.next()));
  either.Add(set.outcome());
  return either.outcome();
}

Outcome Lowering::TestWlanSource(Flow in, FieldTest test) {
  const auto at = [&test](std::uint32_t offset) {
    return [&test, offset](Flow flow) { return test(flow, offset); };
  };
  return TestWlanAddress(in, test, kAddress2, [&](Flow data) {
    return TestByWay(data, kFromSystem, at(kAddress2), [&](Flow from_system) {
      return TestByWay(from_system, kToSystem, at(kAddress3), at(kAddress4));
    });
  });
}

Outcome Lowering::TestWlanDestination(Flow in, FieldTest test) {
  const auto at = [&test](std::uint32_t offset) {
    return [&test, offset](Flow flow) { return test(flow, offset); };
  };
  return TestWlanAddress(in, test, kAddress1,
                         [&](Flow data) { return TestByWay(data, kToSystem, at(kAddress1), at(kAddress3)); });
}

// Of control frames, acknowledgments and clearances have one address alone.
Outcome Lowering::TestWlanAddress2(Flow in, FieldTest test) {
  Conjunction all(in);
  Disjunction named(all.next());
  named.Add(Invert(TestEqual(named.next(), kFrameType, kControl, kTypeMask)));
  Conjunction neither(named.next());
  neither.Add(Invert(TestEqual(neither.next(), kFrameType, kClearToSend, kSubtypeMask)));
  neither.Add(Invert(TestEqual(neither.next(), kFrameType, kAcknowledgment, kSubtypeMask)));
  named.Add(neither.outcome());
  all.Add(named.outcome());
  all.Add(test(all.next(), kAddress2));
  return all.outcome();
}

Outcome Lowering::TestWlanAddress3(Flow in, FieldTest test) {
  Conjunction both(in);
  both.Add(Invert(TestEqual(both.next(), kFrameType, kControl, kTypeMask)));
  both.Add(test(both.next(), kAddress3));
  return both.outcome();
}

// Only frames between two access points have it.
Outcome Lowering::TestWlanAddress4(Flow in, FieldTest test) {
  Conjunction both(in);
  both.Add(TestEqual(both.next(), kFrameWay, kWayMask, kWayMask));
  both.Add(test(both.next(), kAddress4));
  return both.outcome();
}

Outcome Lowering::TestWlanMac(Flow in, const std::array<std::uint8_t, 6>& address, Direction direction) {
  const auto test = [&](Flow flow, std::uint32_t offset) {
    return TestBytes(flow, Anchor::kLinkHeader, offset, address);
  };
  switch (direction) {
    case Direction::kAddress1:
      return test(in, kAddress1);
    case Direction::kAddress2:
      return TestWlanAddress2(in, test);
    case Direction::kAddress3:
      return TestWlanAddress3(in, test);
    case Direction::kAddress4:
      return TestWlanAddress4(in, test);
    // Management frames have the same addresses with other roles.
    case Direction::kReceiver: {
      Conjunction both(in);
      both.Add(TestBit(both.next(), kFrameType, kDataBit));
      both.Add(test(both.next(), kAddress1));
      return both.outcome();
    }
    case Direction::kTransmitter: {
      Conjunction both(in);
      both.Add(TestBit(both.next(), kFrameType, kDataBit));
      both.Add(TestWlanAddress2(both.next(), test));
      return both.outcome();
    }
    default:
      return TestSides(in, direction, [&](Flow flow, bool source) {
        return source ? TestWlanSource(flow, test) : TestWlanDestination(flow, test);
      });
  }
}

}  // namespace bpfopt::frontend
