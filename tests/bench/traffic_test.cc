// The generated traffic has the shares that its header promises, and is the same every time.
#include "bench/traffic.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kFrames = 20000;

// Where the Ethernet type is, past a tag.
std::size_t TypeAt(const Frame& frame) { return frame.bytes[12] == 0x81 ? 16 : 12; }
unsigned TypeOf(const Frame& frame) {
  const std::size_t at = TypeAt(frame);
  return frame.bytes[at] << 8 | frame.bytes[at + 1];
}

double Percent(const std::vector<Frame>& frames, const std::function<bool(const Frame&)>& is_meant) {
  const auto count = std::count_if(frames.begin(), frames.end(), is_meant);
  return 100.0 * static_cast<double>(count) / static_cast<double>(frames.size());
}

TEST(TrafficTest, HasTheSharesOfItsTable) {
  // Shares hold over flows, of which a mix has few: several mixes.
  std::vector<Frame> frames;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<Frame> some = MakeTraffic(kFrames / 10, seed);
    frames.insert(frames.end(), some.begin(), some.end());
  }
  EXPECT_NEAR(Percent(frames, [](const Frame& f) { return TypeAt(f) == 16; }), 4, 2);
  EXPECT_NEAR(Percent(frames, [](const Frame& f) { return TypeOf(f) == 0x800; }), 74, 5);
  EXPECT_NEAR(Percent(frames, [](const Frame& f) { return TypeOf(f) == 0x86dd; }), 20, 5);
  EXPECT_NEAR(Percent(frames, [](const Frame& f) { return TypeOf(f) == 0x806; }), 4, 2);
  const auto is_tcp = [](const Frame& f) { return TypeOf(f) == 0x800 && f.bytes[TypeAt(f) + 11] == 6; };
  EXPECT_NEAR(Percent(frames, is_tcp), 74 * 0.76, 6);
  const auto is_long = [](const Frame& f) { return f.wire_length == 1514; };
  EXPECT_NEAR(Percent(frames, is_long), 40, 5);
}

TEST(TrafficTest, DependsOnItsArgumentsAlone) {
  const auto bytes = [](std::uint64_t seed) {
    std::vector<std::uint8_t> all;
    for (const Frame& frame : MakeTraffic(100, seed)) {
      all.insert(all.end(), frame.bytes.begin(), frame.bytes.end());
    }
    return all;
  };
  EXPECT_EQ(bytes(1), bytes(1));
  EXPECT_NE(bytes(1), bytes(2));
}

TEST(TrafficTest, MakesFramesThatHoldTheirHeaders) {
  for (const Frame& frame : MakeTraffic(2000, 3)) {
    ASSERT_GE(frame.bytes.size(), 54U);
    ASSERT_LE(frame.bytes.size(), frame.wire_length);
    if (TypeOf(frame) != 0x800) continue;
    EXPECT_EQ(frame.bytes[TypeAt(frame) + 2] >> 4, 4);
  }
}

}  // namespace
}  // namespace bpfopt::bench
