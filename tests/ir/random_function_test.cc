// The generator keeps the invariants and reaches what it is for; text and clones of its functions mean the
// same.
#include "random_function.h"

#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/parse.h"
#include "ir/print.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

std::string Broken(const Function& function) {
  std::string text;
  for (const BrokenInvariant& broken : Check(function)) {
    text += broken.rule + " in " + broken.place + ": " + broken.detail + "\n";
  }
  return text;
}

RandomOptions OptionsFor(unsigned seed) {
  RandomOptions options;
  options.target = seed % 2 == 0 ? Target::kPcap : Target::kLinux;
  options.ancillary = seed % 4 == 1;
  options.blocks = 3 + seed % 30;
  options.arithmetic = seed % 3 != 0;
  return options;
}

bpf::Ancillary AncillaryWords() {
  bpf::Ancillary ancillary;
  ancillary.word = [](std::uint32_t offset) { return offset * 3; };
  ancillary.random = [](std::size_t draw) { return static_cast<std::uint32_t>(draw) * 0x9e3779b9; };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return offset + a * 5 + x;
  };
  ancillary.negative = [](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (k % 2 == 0) return std::nullopt;
    return k + width;
  };
  return ancillary;
}

TEST(RandomFunction, KeepsTheInvariantsAndRoundTrips) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    const Function function = RandomFunction(random, OptionsFor(seed));
    const std::string text = Print(function);
    ASSERT_EQ(Broken(function), "") << "seed " << seed << "\n" << text;
    const Expected<Function> parsed = Parse(text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message << "\n" << text;
    ASSERT_EQ(Print(*parsed), text) << "seed " << seed;
    ASSERT_EQ(Broken(*parsed), "") << "seed " << seed;
    ASSERT_EQ(Print(function.Clone()), text) << "seed " << seed;
  }
}

TEST(RandomFunction, MeansTheSameAfterPrintingAndParsing) {
  std::map<bpf::End, unsigned> ends;
  std::map<std::uint32_t, unsigned> verdicts;
  const bpf::Ancillary ancillary = AncillaryWords();
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const Function function = RandomFunction(random, OptionsFor(seed));
    const Expected<Function> parsed = Parse(Print(function));
    ASSERT_TRUE(parsed.has_value());
    const PacketSource source(function);
    for (int i = 0; i < 40; ++i) {
      const RandomPacket bytes = source.Next(random);
      bpf::Packet packet{bytes.captured, bytes.wire_length, nullptr};
      const bpf::Outcome outcome = Evaluate(function, packet, ancillary);
      ASSERT_NE(outcome.end, bpf::End::kMalformed) << "seed " << seed << "\n" << Print(function);
      ASSERT_EQ(Evaluate(*parsed, packet, ancillary), outcome) << "seed " << seed << "\n" << Print(function);
      ++ends[outcome.end];
      ++verdicts[outcome.verdict];

      packet.continuation = [](std::uint64_t address) { return static_cast<std::uint8_t>(address * 7); };
      const bpf::Outcome complete = Evaluate(function, packet, ancillary);
      ASSERT_NE(complete.end, bpf::End::kMalformed) << "seed " << seed << "\n" << Print(function);
      if (outcome.end == bpf::End::kReturn) {
        ASSERT_EQ(complete, outcome) << "seed " << seed << "\n" << Print(function);
      }
    }
  }
  EXPECT_GT(ends[bpf::End::kReturn], 5000U);
  EXPECT_GT(ends[bpf::End::kFault], 500U);
  EXPECT_GT(ends[bpf::End::kDivision], 20U);
  EXPECT_GT(verdicts[0x40000], 1000U);
}

TEST(RandomFunction, SameSeedSameFunction) {
  std::mt19937 first(7);
  std::mt19937 second(7);
  EXPECT_EQ(Print(RandomFunction(first)), Print(RandomFunction(second)));
}

}  // namespace
}  // namespace bpfopt::ir
