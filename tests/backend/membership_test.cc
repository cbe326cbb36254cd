// Tests of membership: found by search, kept as rules, put in the place of switches.
#include "backend/membership.h"

#include "backend/membership_lowering.h"
#include "bpf/interpreter.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/parse.h"
#include "ir/print.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

using First = MembershipTest::First;

const WordSet kTransport{0, 8, false, {6, 17, 132}};
const MembershipTest kTransportTest{First::kOr, 0xffffff00, 1041, 0x1c818};
constexpr std::uint64_t kSteps = 10'000'000;

TEST(Membership, FindsTheKnownTest) {
  std::uint64_t steps = kSteps;
  const auto test = SearchMembershipTest(kTransport, steps);
  ASSERT_TRUE(test);
  EXPECT_EQ(*test, kTransportTest);
  EXPECT_LT(steps, kSteps);
}

TEST(Membership, RefusesPlantedErrors) {
  EXPECT_TRUE(Decides(kTransportTest, kTransport));
  for (unsigned bit = 0; bit < 32; ++bit) {
    MembershipTest wrong = kTransportTest;
    wrong.multiplier ^= 1U << bit;
    // Higher bits move the value beyond the mask.
    EXPECT_EQ(Decides(wrong, kTransport), bit > 16) << bit;
    wrong = kTransportTest;
    wrong.operand ^= 1U << bit;
    EXPECT_FALSE(Decides(wrong, kTransport)) << bit;
  }
  EXPECT_FALSE(Decides({First::kOr, 0xffffff00, 1041, 0x1c819}, kTransport));
  EXPECT_FALSE(Decides({First::kSub, 0xffffff00, 1041, 0x1c818}, kTransport));
  EXPECT_FALSE(Decides(kTransportTest, {0, 8, false, {6, 17}}));
  EXPECT_FALSE(Decides(kTransportTest, {0, 8, false, {6, 17, 132, 133}}));
  // Right for bytes, and wrong for what has more bits.
  const MembershipTest of_bytes{First::kSub, 256, 1041, 0x1c818};
  EXPECT_TRUE(Decides(of_bytes, {0, 8, true, {6, 17, 132}}));
  EXPECT_FALSE(Decides(of_bytes, kTransport));
  EXPECT_TRUE(Decides({First::kSub, 0x10, 1, 0xe0}, {4, 4, false, {1, 2}}));
  EXPECT_FALSE(Decides({First::kSub, 0x18, 1, 0xe0}, {4, 4, false, {1, 2}}));
}

// Each form where it is the cheapest.
TEST(Membership, FindsEachForm) {
  const auto rule_for = [](WordSet set) {
    std::uint64_t steps = kSteps;
    const auto test = SearchMembershipTest(set, steps);
    return test ? FormatRule({set, *test}) : "none";
  };
  EXPECT_EQ(rule_for({0, 12, false, {2140, 2141, 2142, 2143, 2144, 2145, 2146, 2147}}),
            "v[11:0] in {2140, 2141, 2142, 2143, 2144, 2145, 2146, 2147}: sub #0x85c; jset #0xff8");
  EXPECT_EQ(rule_for({0, 8, true, {0, 3, 8}}), "v<8> in {0, 3, 8}: mul #0x3; jset #0xffffffe6");
  EXPECT_EQ(rule_for({0, 8, true, {3, 8, 11, 14}}),
            "v<8> in {3, 8, 11, 14}: sub #0x3; mul #0x29; jset #0xfffffe30");
  EXPECT_EQ(rule_for({0, 16, true, {22, 80, 443, 3389}}),
            "v<16> in {22, 80, 443, 3389}: sub #0x16; mul #0x4def; jset #0xfb6e5590");
}

TEST(Membership, FindsTestsForRandomSets) {
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    const auto bits = static_cast<unsigned>(6 + random() % 3);
    const auto first = static_cast<unsigned>(random() % 4);
    std::set<std::uint32_t> words;
    while (words.size() < 3 + random() % 2) words.insert(static_cast<std::uint32_t>(random() >> (32 - bits)));
    const bool is_whole = first == 0 && random() % 2 == 0;
    const WordSet set{first, bits, is_whole, {words.begin(), words.end()}};
    std::uint64_t steps = kSteps;
    const auto test = SearchMembershipTest(set, steps);
    ASSERT_TRUE(test) << FormatRule({set, {}});
    // By the meaning, with whatever the other bits are.
    for (int i = 0; i < 2000; ++i) {
      const auto value = static_cast<std::uint32_t>(random()) & (is_whole ? set.largest() : 0xffffffff);
      const bool is_member = words.count(value >> first & set.largest()) != 0;
      EXPECT_EQ(test->ImageOf(value) == 0, is_member);
    }
  }
}

TEST(Membership, GivesUpWhenItsStepsRunOut) {
  std::uint64_t steps = 1000;
  EXPECT_FALSE(SearchMembershipTest(kTransport, steps));
  steps = kSteps;
  EXPECT_FALSE(SearchMembershipTest({0, 8, true, {1, 2, 3, 4, 5, 6, 7, 8, 9}}, steps));
}

TEST(Membership, RulesAreTextAndBack) {
  const MembershipRule rule{kTransport, kTransportTest};
  EXPECT_EQ(FormatRule(rule), "v[7:0] in {6, 17, 132}: or #0xffffff00; mul #0x411; jset #0x1c818");
  EXPECT_EQ(ParseRule(FormatRule(rule)), rule);
  for (const char* text : {"v<8> in {0, 1}: mul #0x25; jset #0x50", "v[9:2] in {3}: sub #0xc; jset #0x3fc"}) {
    const auto parsed = ParseRule(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(FormatRule(*parsed), text);
  }
  for (const char* text : {"", "v<0> in {1}: jset #1", "v<8 in {1}: jset #1", "v<8> in {1}: sub #1jset #1",
                           "v[7:0] in {}: or #1; mul #2; jset #3", "v[7:0] in {6: or #1; mul #2; jset #3",
                           "v[0:7] in {6}: or #1; mul #2; jset #3", "v[31:0] in {6}: or #1; mul #2; jset #3",
                           "v[7:0] in {6}: or #1; mul #2; jset #3;", "v[7:0] in {6}: mul #2"}) {
    EXPECT_FALSE(ParseRule(text)) << text;
  }
}

// The search is what the file was made by: it is made again here as far as a test has time.
TEST(Membership, EveryBuiltInRuleIsRightAndFound) {
  constexpr std::uint64_t kTestSteps = 30'000'000;
  std::size_t count = 0;
  std::size_t found = 0;
  std::string_view rest = BuiltInRules();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    const auto rule = ParseRule(line);
    ASSERT_TRUE(rule) << line;
    EXPECT_TRUE(Decides(rule->test, rule->set)) << line;
    EXPECT_EQ(LookUpMembershipTest(rule->set, BuiltInRules()), rule->test) << line;
    ++count;
    std::uint64_t steps = kTestSteps;
    const auto again = SearchMembershipTest(rule->set, steps);
    if (!again) continue;
    EXPECT_EQ(*again, rule->test) << line;
    ++found;
  }
  EXPECT_GT(count, 10U);
  EXPECT_GT(found, count / 2);
}

TEST(Membership, ARuleOnMoreBitsServesValuesWithoutThem) {
  const std::string_view rules = "\nv[7:0] in {6, 17}: or #0xffffff00; mul #0x1; jset #0x2\n";
  EXPECT_TRUE(LookUpMembershipTest({0, 6, true, {6, 17}}, rules));
  EXPECT_FALSE(LookUpMembershipTest({0, 6, false, {6, 17}}, rules));
  EXPECT_FALSE(LookUpMembershipTest({0, 6, true, {6, 18}}, rules));
}

constexpr std::string_view kMerged = R"(fn pcap {
b0:
  need [0]:24
  if ldb[0] == 0x1 then b1 else b2
b1:
  jump b3(ld[20] & 0x1fff00ff)
b2:
  jump b3(ldb[20])
b3(%0):
  switch %0 { 0x6, 0x11, 0x84 -> b4; else -> b5 }
b4:
  return 0x40000
b5:
  return 0x0
}
)";

ir::Function Lowered(std::string_view text, std::size_t* count = nullptr) {
  Expected<ir::Function> function = ir::Parse(text);
  EXPECT_TRUE(function);
  const std::size_t lowered = LowerMemberships(*function, {.steps = 100'000});
  if (count != nullptr) *count = lowered;
  function->RemoveUnreachable();
  EXPECT_TRUE(ir::Check(*function).empty());
  return std::move(*function);
}

TEST(MembershipLowering, MovesTheMaskToWhereTheValueIsComputed) {
  EXPECT_EQ(ir::Print(Lowered(kMerged)), R"(fn pcap {
b0:
  need [0]:24
  if ldb[0] == 0x1 then b1 else b2
b1:
  if ld[20] anyset 0x1fff0000 then b4 else b3(ld[20])
b2:
  jump b3(ldb[20])
b3(%0):
  if ((%0 | 0xffffff00) * 0x411) anyset 0x1c818 then b4 else b5
b4:
  return 0x0
b5:
  return 0x40000
}
)");
}

TEST(MembershipLowering, KeepsTheMeaning) {
  const Expected<ir::Function> before = ir::Parse(kMerged);
  const ir::Function after = Lowered(kMerged);
  std::mt19937 random(6);
  std::array<std::uint8_t, 24> bytes{};
  constexpr std::array<std::uint8_t, 6> kProtocols = {6, 17, 132, 0, 7, 255};
  for (int i = 0; i < 4000; ++i) {
    bytes[0] = random() % 2;
    for (const std::size_t at : {20U, 21U, 22U, 23U}) {
      bytes[at] = random() % 2 == 0 ? kProtocols[random() % 6] : random() % 4 == 0 ? random() : 0;
    }
    const bpf::Packet packet{bytes, 24, {}};
    EXPECT_EQ(ir::Evaluate(*before, packet).verdict, ir::Evaluate(after, packet).verdict);
  }
}

// A test for a value that is used for more than the test, behind a guard, or by other edges than jumps.
TEST(MembershipLowering, LeavesAloneWhatItMayNotTouch) {
  std::string text(kMerged);
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    std::size_t count = 0;
    Lowered(copy, &count);
    return count;
  };
  EXPECT_EQ(changed("0x40000", "%0"), 0U);
  EXPECT_EQ(changed("  switch", "  need [60]:1\n  switch"), 0U);
  EXPECT_EQ(changed("jump b3(ld[20] & 0x1fff00ff)", "if ldb[1] == 0x1 then b3(ld[20] & 0x1fff00ff) else b5"),
            0U);
  EXPECT_EQ(changed("0x84 -> b4", "0x184 -> b4"), 0U);
  EXPECT_EQ(changed("jump b3(ldb[20])", "jump b3(ld[20])"), 0U);
  EXPECT_EQ(changed("0x6, 0x11, 0x84 -> b4", "0x6, 0x11 -> b4"), 0U);
  EXPECT_EQ(changed("0x1fff00ff", "0xff"), 1U);
}

TEST(MembershipLowering, IgnoresTheLowBitsThatTheSwitchIgnores) {
  EXPECT_EQ(ir::Print(Lowered(R"(fn pcap {
b0:
  need [0]:1
  switch ldb[0] { 0x0..0x3, 0x10..0x13, 0x20..0x23, 0xb0..0xb3 -> b1; else -> b2 }
b1:
  return 0x40000
b2:
  return 0x0
}
)")),
            R"(fn pcap {
b0:
  need [0]:1
  if ((ldb[0] | 0xffffff03) * 0x71) anyset 0x208c then b1 else b2
b1:
  return 0x0
b2:
  return 0x40000
}
)");
}

}  // namespace
}  // namespace bpfopt::backend
