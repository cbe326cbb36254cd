// Passes that rewrite chains of tests of fields preserve meaning on generated chains: narrow and wide tests
// of few bytes, which overlap, contradict and repeat one another, and packets that end among them.
#include "ir/check.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "meaning.h"
#include "passes/pass.h"
#include "sanitized.h"

#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

constexpr unsigned kBytes = 8;

class Chains {
 public:
  explicit Chains(unsigned seed) : random_(seed) {}

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  // Tests that go on to one another or leave for one place, which may be the one that accepts; when they are
  // `tangled`, for any place behind them, and few values are tested often.
  std::string Next(bool tangled) {
    const unsigned tests = 2 + Below(tangled ? 8 : 5);
    std::string text = "fn pcap {\n";
    for (unsigned i = 0; i < tests; ++i) {
      const unsigned width = tangled ? 1 : 1U << Below(3);
      const unsigned offset = Below(tangled ? 4 : kBytes - width + 1);
      text += fmt::format("b{}:\n  need [{}]:{}\n", i, offset, width);
      if (Below(8) == 0) text += fmt::format("  need [{}]:1\n", Below(kBytes + 1));
      text += "  if " + Condition(fmt::format("ld{}[{}]",
                                              width == 1   ? "b"
                                              : width == 2 ? "h"
                                                           : "",
                                              offset),
                                  width);
      const std::string on = fmt::format("b{}", i + 1);
      const unsigned behind = tangled ? i + 1 + Below(tests + 1 - i) : tests + (Below(12) == 0 ? 0 : 1);
      const std::string out = fmt::format("b{}", behind);
      const bool then_on = Below(4) != 0;
      text += fmt::format(" then {} else {}\n", then_on ? on : out, then_on ? out : on);
    }
    const bool accepts = Below(2) == 0;
    return text + fmt::format("b{}:\n  return {}\nb{}:\n  return {}\n}}\n", tests, accepts ? 64 : 0,
                              tests + 1, accepts ? 0 : 64);
  }

  ir::RandomPacket Packet() {
    ir::RandomPacket packet;
    const unsigned length = Below(3) == 0 ? Below(kBytes + 2) : kBytes + 1;
    for (unsigned i = 0; i < length; ++i) packet.captured.push_back(Byte());
    packet.wire_length = length;
    return packet;
  }

 private:
  std::uint8_t Byte() { return static_cast<std::uint8_t>(Below(8) == 0 ? 0x80 : Below(3)); }

  std::uint32_t Word(unsigned width) {
    std::uint32_t word = 0;
    for (unsigned i = 0; i < width; ++i) word = word << 8 | Byte();
    return word;
  }

  std::string Condition(const std::string& load, unsigned width) {
    static constexpr std::uint32_t kMasks[] = {0xff, 0xff, 0x0, 0x1, 0x3, 0xf0, 0x80};
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < width; ++i) mask = mask << 8 | kMasks[Below(std::size(kMasks))];
    if (mask == 0) mask = 1;
    switch (Below(5)) {
      case 0:
        return fmt::format("{} == 0x{:x}", load, Word(width));
      case 1:
        return fmt::format("{} anyset 0x{:x}", load, mask);
      case 2:
        return fmt::format("{} >= 0x{:x}", load, Word(width));
      default:
        return fmt::format("({} & 0x{:x}) == 0x{:x}", load, mask, Word(width) & mask);
    }
  }

  std::mt19937 random_;
};

class FieldChainsTest : public testing::TestWithParam<std::tuple<std::string, Relation>> {};

TEST_P(FieldChainsTest, KeepTheirMeaning) {
  const auto& [name, relation] = GetParam();
  Chains chains(7);
  std::size_t changed = 0;
  for (int round = 0; round < FewerIfSanitized(1500); ++round) {
    Expected<ir::Function> source = ir::Parse(chains.Next(name == "order-tests"));
    ASSERT_TRUE(source) << source.error().message;
    ir::Function result = source->Clone();
    Context context;
    context.relation = relation;
    FindPass("guards")->run(result, context);
    changed += FindPass(name)->run(result, context) ? 1 : 0;
    const std::vector<ir::BrokenInvariant> broken = ir::Check(result);
    ASSERT_TRUE(broken.empty()) << broken[0].rule << "\n" << ir::Print(*source) << ir::Print(result);
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(Difference(*source, result, chains.Packet(), relation), "")
          << ir::Print(*source) << ir::Print(result);
    }
  }
  EXPECT_GT(changed, FewerIfSanitized(50U));
}

INSTANTIATE_TEST_SUITE_P(Passes, FieldChainsTest,
                         testing::Combine(testing::Values("fuse-fields", "tile-fields", "decision-diagram",
                                                          "order-tests"),
                                          testing::Values(Relation::kStrict, Relation::kFaithful)),
                         [](const auto& info) {
                           std::string name = std::get<0>(info.param);
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name +
                                  (std::get<1>(info.param) == Relation::kStrict ? "_strict" : "_faithful");
                         });

}  // namespace
}  // namespace bpfopt::passes
