// Runs over corpora and random filters, and what is left of a large filter with a bug in it.
#include "bench/findings.h"

#include "bench/findings_report.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

FilterNode Relation(std::string word, FilterNode left, FilterNode right) {
  return MakeNode(NodeKind::kRelation, std::move(word), {std::move(left), std::move(right)});
}

// `bug` among ten tests that have nothing to do with it.
FilterNode Buried(FilterNode bug) {
  const auto port = [](const char* protocol, std::uint32_t number) {
    return MakeTest({protocol, "dst", "port"}, Argument::kNumber, {number});
  };
  FilterNode inner = MakeNode(
      NodeKind::kOr, "",
      {port("tcp", 80), std::move(bug), MakeTest({"host"}, Argument::kAddress, {0x0a000001}),
       MakeNode(NodeKind::kAnd, "", {MakeTest({"ip6"}), MakeTest({"net"}, Argument::kNetwork6, {64})})});
  FilterNode outer = MakeNode(NodeKind::kAnd, "",
                              {MakeTest({"greater"}, Argument::kNumber, {60}), std::move(inner),
                               MakeNode(NodeKind::kNot, "", {port("udp", 53)}),
                               Relation(">", MakeAccessor("link", MakeNumber(3), 2), MakeNumber(77))});
  return MakeNode(NodeKind::kOr, "", {std::move(outer), MakeTest({"arp"}), MakeTest({"icmp"})});
}

std::string Minimised(const FilterNode& filter, const std::string& link_type) {
  const JudgeOptions options;
  const auto before = JudgeLibpcap(ToText(filter), link_type, options);
  const auto small = MinimiseFinding(filter, link_type, options);
  if (!before || !small) return "no answer";
  const auto after = JudgeLibpcap(ToText(*small), link_type, options);
  if (!after) return "no answer";
  EXPECT_TRUE(IsFinding(before->outcome)) << ToText(filter);
  EXPECT_EQ(after->outcome, before->outcome);
  EXPECT_EQ(Symptom(*after), Symptom(*before));
  return ToText(*small);
}

TEST(FindingsTest, ABuriedDivisionIsDugOut) {
  FilterNode division =
      MakeNode(NodeKind::kBinary, "/", {MakeNumber(0), MakeAccessor("ether", MakeNumber(12), 4)});
  FilterNode bug = Relation("<=", std::move(division), MakeNumber(31));
  EXPECT_EQ(Minimised(Buried(std::move(bug)), "EN10MB"), "0 / len = 0");
}

TEST(FindingsTest, ABuriedPairIsDugOutTogether) {
  FilterNode net = MakeTest({"src", "net"}, Argument::kNetwork6, {37});
  FilterNode bug = MakeNode(NodeKind::kAnd, "", {net, MakeTest({"greater"}, Argument::kNumber, {1}), net});
  FilterNode all =
      MakeNode(NodeKind::kAnd, "", {std::move(bug), MakeTest({"greater"}, Argument::kNumber, {60})});
  EXPECT_EQ(Minimised(all, "LINUX_SLL"), "src net 2001:db8::/33 and src net 2001:db8::/33");
}

TEST(FindingsTest, AFilterWithNothingWrongStays) {
  const FilterNode clean = MakeTest({"tcp", "port"}, Argument::kNumber, {80});
  const auto small = MinimiseFinding(clean, "EN10MB", {});
  ASSERT_TRUE(small);
  EXPECT_EQ(*small, clean);
}

TEST(FindingsTest, RowsAreCountedAndListedByOutcome) {
  const std::vector<CorpusRow> rows = {{"a.txt", "clean", "EN10MB", "tcp port 80"},
                                       {"a.txt", "strict", "EN10MB", "ether[1000] & 0 = 0"},
                                       {"a.txt", "wrong", "EN10MB", "0 / ether[1] = 0"},
                                       {"a.txt", "none", "EN10MB", "ip and not ip"},
                                       {"a.txt", "bad", "EN10MB", "nosuchword"}};
  const auto findings = JudgeCorpus(rows, {});
  ASSERT_TRUE(findings);
  EXPECT_EQ(findings->rows, 5U);
  for (const Outcome outcome : {Outcome::kEqual, Outcome::kBreaksFaithful, Outcome::kBreaksStrict,
                                Outcome::kRefusedOptimized, Outcome::kRefused}) {
    EXPECT_EQ(findings->counts.at(outcome), 1U) << static_cast<int>(outcome);
  }
  ASSERT_EQ(findings->found.size(), 4U);
  EXPECT_EQ(findings->found[0].id, "wrong");
}

// Filters of one shape are one finding, with the link types that show it.
TEST(FindingsTest, RandomFiltersAreMergedAndReproducible) {
#ifdef BPFOPT_IS_SANITIZED
  constexpr std::size_t kFilters = 24;
#else
  constexpr std::size_t kFilters = 56;
#endif
  const RandomOptions random = {.filters = kFilters, .seed = 1, .profiles = LinkProfiles()};
  const JudgeOptions options = {.steps = 100'000};
  const auto first = JudgeRandom(random, options);
  const auto second = JudgeRandom(random, options);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->rows, kFilters);
  EXPECT_EQ(FormatFindingsMarkdown({"", {}, *first}), FormatFindingsMarkdown({"", {}, *second}));
  std::size_t findings = 0;
  for (const Finding& finding : first->found) {
    if (!IsFinding(finding.judgement.outcome)) continue;
    findings += finding.filters;
    EXPECT_TRUE(finding.link_types.contains(finding.link_type)) << finding.filter;
    EXPECT_LE(finding.filter.size(), finding.first.size()) << finding.filter;
  }
  std::size_t counted = 0;
  for (const auto& [outcome, count] : first->counts) {
    if (IsFinding(outcome)) counted += count;
  }
  EXPECT_EQ(findings, counted);
  EXPECT_GT(counted, 3U);
}

}  // namespace
}  // namespace bpfopt::bench
