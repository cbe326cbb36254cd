// Minimising with questions whose answers are known, so that what is left can be foretold.
#include "bench/minimise.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

FilterNode Relation(std::string word, FilterNode left, FilterNode right) {
  return MakeNode(NodeKind::kRelation, std::move(word), {std::move(left), std::move(right)});
}

FilterNode Binary(std::string word, FilterNode left, FilterNode right) {
  return MakeNode(NodeKind::kBinary, std::move(word), {std::move(left), std::move(right)});
}

// not (tcp src port 443 and (host 192.0.2.17 or -((0 % ether[1000:4]) + 17) >= 0x7fffffff) and vlan 5)
FilterNode Large() {
  FilterNode modulus = Binary("%", MakeNumber(0), MakeAccessor("ether", MakeNumber(1000), 4));
  FilterNode negated = MakeNode(NodeKind::kNegate, "", {Binary("+", std::move(modulus), MakeNumber(17))});
  FilterNode either = MakeNode(NodeKind::kOr, "",
                               {MakeTest({"host"}, Argument::kAddress, {0xc0000211}),
                                Relation(">=", std::move(negated), MakeNumber(0x7fffffff))});
  FilterNode all = MakeNode(NodeKind::kAnd, "",
                            {MakeTest({"tcp", "src", "port"}, Argument::kNumber, {443}), std::move(either),
                             MakeTest({"vlan"}, Argument::kNumber, {5})});
  return MakeNode(NodeKind::kNot, "", {std::move(all)});
}

TEST(MinimiseTest, KeepsWhatIsLookedForAlone) {
  const FilterNode small =
      Minimise(Large(), [](const FilterNode& filter) { return Contains(ToText(filter), "0 % "); });
  EXPECT_EQ(ToText(small), "0 % 0 = 0");
}

TEST(MinimiseTest, WhatShowsAlwaysBecomesTheShortestFilter) {
  EXPECT_EQ(ToText(Minimise(Large(), [](const FilterNode&) { return true; })), "ip");
}

TEST(MinimiseTest, WhatNothingSmallerShowsStays) {
  const FilterNode large = Large();
  EXPECT_EQ(Minimise(large, [&](const FilterNode& filter) { return filter == large; }), large);
}

TEST(MinimiseTest, NumbersGoDownToWhereItStillShows) {
  const FilterNode filter = MakeTest({"tcp", "dst", "port"}, Argument::kNumber, {60000});
  const FilterNode small = Minimise(
      filter, [](const FilterNode& cut) { return Contains(ToText(cut), "port ") && cut.numbers[0] >= 1234; });
  EXPECT_EQ(ToText(small), "port 1234");
}

// Neither copy may change alone.
TEST(MinimiseTest, WhatIsAskedTwiceIsCutTwice) {
  const FilterNode test = Relation(">", MakeAccessor("tcp", MakeNumber(13), 4), MakeNumber(200));
  const FilterNode twice =
      MakeNode(NodeKind::kAnd, "", {test, MakeTest({"ip6"}), MakeNode(NodeKind::kNot, "", {test})});
  const FilterNode small = Minimise(twice, [](const FilterNode& filter) {
    if (filter.kind != NodeKind::kAnd || filter.operands.back().kind != NodeKind::kNot) return false;
    return Count(ToText(filter), ToText(filter.operands[0])) == 2;
  });
  EXPECT_EQ(ToText(small), "ip and not ip");
}

TEST(MinimiseTest, ConstantsEndUpOnTheRightOfAnEqualSign) {
  const FilterNode filter = MakeNode(
      NodeKind::kNot, "",
      {Relation(">", MakeNumber(7), Binary("/", MakeNumber(0), MakeAccessor("udp", MakeNumber(6), 2)))});
  const FilterNode small = Minimise(filter, [](const FilterNode& cut) {
    return Contains(ToText(cut), "0 / ") && Contains(ToText(cut), "[");
  });
  EXPECT_EQ(ToText(small), "0 / ip[0] = 0");
}

}  // namespace
}  // namespace bpfopt::bench
