// libpcap's optimizer against libpcap's own unoptimized programs, over the corpus: nearly all are equal, and
// which are not is known.
#include "bpf/checker.h"
#include "libpcap_programs.h"
#include "verifier/equivalence.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

using Ids = std::set<std::string>;

// The ids of a corpus file on which libpcap's two programs differ.
Ids Differing(const std::string& file, Relation relation) {
  Ids differing;
  std::size_t compared = 0;
  for (const CorpusRow& row : ReadCorpus(file)) {
    const auto source = CompileByLibpcap(row.link_type, row.filter, false);
    const auto result = CompileByLibpcap(row.link_type, row.filter, true);
    if (!source || !result) continue;
    ++compared;
    Options options;
    options.relation = relation;
    const Verdict verdict = CheckEquivalence(*source, *result, options);
    EXPECT_NE(verdict.answer, Answer::kUndecided) << row.id << ": " << verdict.reason;
    EXPECT_EQ(verdict.counterexample.has_value(), verdict.answer == Answer::kDifferent) << row.id;
    if (verdict.answer == Answer::kDifferent) differing.insert(row.id);
  }
  EXPECT_GT(compared, 20U) << file;
  return differing;
}

TEST(LibpcapTest, CommonFilters) {
  EXPECT_EQ(Differing("common.txt", Relation::kFaithful), Ids());
  // Each reorders loads, or drops one whose value does not matter.
  EXPECT_EQ(Differing("common.txt", Relation::kStrict),
            Ids({"web", "web-list", "mail", "dhcp", "host-and-ports", "host-list-4", "ip6-net", "ip6-net-odd",
                 "snmp-or-syslog", "ids-tuning"}));
}

TEST(LibpcapTest, RedundantFilters) {
  EXPECT_EQ(Differing("redundant.txt", Relation::kFaithful), Ids({"large-constant"}));
  EXPECT_EQ(Differing("redundant.txt", Relation::kStrict), Ids({"large-constant", "always-or"}));
}

TEST(LibpcapTest, KnownMiscompilations) {
  const Ids wrong = {"lp-434",  "lp-436",  "lp-437",        "lp-945",
                     "lp-1698", "lp-1699", "dead-division", "modulo-zero"};
  EXPECT_EQ(Differing("libpcap-bugs.txt", Relation::kFaithful), wrong);
  Ids not_strict = wrong;
  not_strict.insert({"lp-430", "truncated-or", "dead-load"});
  EXPECT_EQ(Differing("libpcap-bugs.txt", Relation::kStrict), not_strict);
}

TEST(LibpcapTest, TheSameTestTwiceLosesBoth) {
  const std::string filter = "ip broadcast or ip broadcast";
  const auto source = CompileByLibpcap("EN10MB", filter, false, 0xffffff00);
  const auto result = CompileByLibpcap("EN10MB", filter, true, 0xffffff00);
  ASSERT_TRUE(source && result);
  Options options;
  options.relation = Relation::kFaithful;
  const Verdict verdict = CheckEquivalence(*source, *result, options);
  ASSERT_EQ(verdict.answer, Answer::kDifferent);
  EXPECT_TRUE(verdict.counterexample->on_complete_packet);
  EXPECT_NE(verdict.counterexample->source_verdict, verdict.counterexample->result_verdict);
  EXPECT_LE(verdict.counterexample->captured.size(), 34U);
}

// The proofs that matter most need no search at all.
TEST(LibpcapTest, DiagramsDecideCommonFiltersWithoutTheSolver) {
  for (const char* filter :
       {"tcp port 80", "port 53", "host 10.0.0.1 and not port 22", "ip6 host ::1 or arp"}) {
    const auto source = CompileByLibpcap("EN10MB", filter, false);
    const auto result = CompileByLibpcap("EN10MB", filter, true);
    ASSERT_TRUE(source && result) << filter;
    Options options;
    options.relation = Relation::kFaithful;
    const Verdict verdict = CheckEquivalence(*source, *result, options);
    EXPECT_EQ(verdict.answer, Answer::kEqual) << filter;
    EXPECT_EQ(verdict.statistics.queries, 0U) << filter;
  }
}

TEST(LibpcapTest, TheSolverAgreesWithDiagrams) {
  std::size_t compared = 0;
  for (const CorpusRow& row : ReadCorpus("redundant.txt")) {
    const auto source = CompileByLibpcap(row.link_type, row.filter, false);
    const auto result = CompileByLibpcap(row.link_type, row.filter, true);
    if (!source || !result || source->size() > 80) continue;
    Options options;
    const Answer answer = CheckEquivalence(*source, *result, options).answer;
    options.diagram_nodes = 0;
    EXPECT_EQ(CheckEquivalence(*source, *result, options).answer, answer) << row.id;
    ++compared;
  }
  EXPECT_GT(compared, 15U);
}

TEST(LibpcapTest, ManyHostsAreDecided) {
  std::string filter;
  for (int i = 0; i < 200; ++i) {
    if (i > 0) filter += " or ";
    filter += "src host 10." + std::to_string(i * 37 % 256) + "." + std::to_string(i * 101 % 256) + ".7";
  }
  const auto source = CompileByLibpcap("EN10MB", filter, false);
  const auto result = CompileByLibpcap("EN10MB", filter, true);
  ASSERT_TRUE(source && result);
  Options options;
  options.relation = Relation::kFaithful;
  const Verdict verdict = CheckEquivalence(*source, *result, options);
  EXPECT_EQ(verdict.answer, Answer::kEqual) << verdict.reason;
}

}  // namespace
}  // namespace bpfopt::verifier
