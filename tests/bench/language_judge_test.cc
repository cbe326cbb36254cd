// Judging one filter, the words of its report, and a sample of the language over all link types.
#include "bench/language_judge.h"

#include "bench/language_report.h"
#include "bench/language_run.h"
#include "bench/process.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

#ifdef BPFOPT_IS_SANITIZED
constexpr std::size_t kSample = 100;
constexpr std::size_t kProvenSample = 10;
constexpr unsigned kJobs = 1;  // its allocator does not survive a fork beside other threads
#else
constexpr std::size_t kSample = 600;
constexpr std::size_t kProvenSample = 60;
constexpr unsigned kJobs = 3;
#endif

LanguageJudgement Judge(const std::string& filter, const std::string& link_type = "EN10MB") {
  AskFilesForHosts();
  return JudgeLanguage(filter, {.link_type = link_type}, {});
}

TEST(LanguageJudgeTest, TellsWhoTakesAFilter) {
  EXPECT_EQ(Judge("tcp port 80 or 443").outcome, LanguageOutcome::kEqual);
  EXPECT_EQ(Judge("").outcome, LanguageOutcome::kEqual);
  EXPECT_EQ(Judge("vpi 3").outcome, LanguageOutcome::kBothRefuse);
  EXPECT_EQ(Judge("tcp port").outcome, LanguageOutcome::kBothRefuse);
  EXPECT_EQ(Judge("100 / ether[0] = 0").outcome, LanguageOutcome::kOnlyBpfopt);
  EXPECT_EQ(Judge("100 / ether[0] = 0").theirs, "division by zero");
  EXPECT_EQ(Judge("host nosuchhost").outcome, LanguageOutcome::kBothRefuse);
}

TEST(LanguageJudgeTest, TellsProgramsWithoutMeaning) {
  const auto reason = [](const std::string& filter, const std::string& link_type) {
    const LanguageJudgement judgement = Judge(filter, link_type);
    EXPECT_EQ(judgement.outcome, LanguageOutcome::kMeaningless) << filter;
    return judgement.theirs;
  };
  EXPECT_NE(reason("geneve or ip", "EN10MB").find("may be read before it is written"), std::string::npos);
  EXPECT_EQ(reason("protochain 6", "EN10MB"), "'protochain' is a loop over the headers");
  EXPECT_EQ(reason("len = 2 or ip6", "PPI"),
            "arithmetic overwrites the lengths of headers that later tests need");
}

// Words of the kernel, and headers that the link type does not have: at -1 in libpcap's programs.
TEST(LanguageJudgeTest, JudgesLoadsAtNegativeOffsets) {
  EXPECT_EQ(Judge("inbound").outcome, LanguageOutcome::kEqual);
  EXPECT_EQ(Judge("ifindex 2 and tcp").outcome, LanguageOutcome::kEqual);
  EXPECT_EQ(Judge("snp", "BACNET_MS_TP").outcome, LanguageOutcome::kEqual);
  EXPECT_EQ(Judge("tcp src port 80 or ip[1] = 2", "JUNIPER_SRX_E2E").outcome, LanguageOutcome::kEqual);
}

TEST(LanguageJudgeTest, MeasuresWhatTheOptimizerMakes) {
  const LanguageJudgement judgement = Judge("tcp and tcp and ip");
  EXPECT_TRUE(judgement.is_optimized);
  EXPECT_TRUE(judgement.is_proven);
  EXPECT_TRUE(judgement.from_libpcap);
  EXPECT_GT(judgement.size, 1U);
  EXPECT_GE(judgement.libpcap_size, judgement.size);
  EXPECT_FALSE(judgement.is_larger);
  EXPECT_FALSE(Judge("vpi 3").is_optimized);
}

TEST(LanguageJudgeTest, KnowsTheLinkTypesThatLibpcapCompilesFor) {
  const std::vector<KnownLinkType> types = LibpcapLinkTypes();
  const auto find = [&](const std::string& name) {
    return std::find_if(types.begin(), types.end(),
                        [&](const KnownLinkType& each) { return each.name == name; });
  };
  EXPECT_GT(types.size(), 180U);
  for (const char* name : {"NULL", "EN10MB", "PFLOG", "SUNATM", "JUNIPER_ATM2", "BACNET_MS_TP", "147"}) {
    EXPECT_NE(find(name), types.end()) << name;
  }
  EXPECT_TRUE(find("RAW")->has_protocols);
  EXPECT_FALSE(find("RAW")->has_own_words);
  EXPECT_TRUE(find("PFLOG")->has_own_words);
  EXPECT_FALSE(find("147")->has_protocols);
}

TEST(LanguageReportTest, MessagesHaveShapes) {
  EXPECT_EQ(MessageShape("unknown port 'x17'"), "unknown port '...'");
  EXPECT_EQ(MessageShape("VLAN tag 4096 greater than maximum 4095"), "VLAN tag N greater than maximum N");
  EXPECT_EQ(MessageShape("can't parse \"a b\" and 'c'"), "can't parse \"...\" and '...'");
}

JudgedFilter Judged(const std::string& filter, const std::string& link_type = "EN10MB") {
  return {{.link_type = link_type}, {.text = filter}, Judge(filter, link_type)};
}

TEST(LanguageReportTest, DifferencesThatAreLibpcapsMistakesAreExplained) {
  const auto explained = [](const std::string& filter) { return Explanation(Judged(filter)) != nullptr; };
  EXPECT_TRUE(explained("100 / ether[0] = 0"));
  EXPECT_TRUE(explained("ether[0] << ether[40] = 0"));
  EXPECT_FALSE(explained("ip"));
}

TEST(LanguageReportTest, FiltersComeDownToWhatMatters) {
  const JudgedFilter judged = Judged("tcp port 80 or (ip and 100 / ether[0] = 0)");
  ASSERT_EQ(judged.judgement.outcome, LanguageOutcome::kOnlyBpfopt);
  EXPECT_EQ(Shorten(judged, {}).value(), "100 / ether [ 0 ] = 0");
}

TEST(LanguageReportTest, PrintsCountsGroupsAndWhatWasNotReached) {
  std::vector<JudgedFilter> judged = {Judged("tcp"), Judged("vpi 3"), Judged("1 / ether[0] = 0"),
                                      Judged("2 / ether[0] = 0", "NULL")};
  judged.push_back(judged[0]);
  judged.back().judgement = {.outcome = LanguageOutcome::kDifferent, .packet = "packet: 00\n"};
  judged.push_back(judged[1]);
  judged.back().judgement = {.outcome = LanguageOutcome::kOnlyLibpcap, .ours = "no such word 'x'"};
  const LanguageReport report = MakeReport(judged);
  EXPECT_EQ(report.filters, 6U);
  EXPECT_EQ(report.Wrong(), 1U);
  EXPECT_EQ(report.Unexplained(), 1U);
  EXPECT_EQ(report.Unreached().size(), Productions().size());
  const std::string text = FormatLanguageReport(report);
  for (const char* part :
       {"NOT REACHED:\n", "DIFFERENT:\n  1 x EN10MB: tcp\n", "packet: 00\n",
        "ONLY LIBPCAP TAKES:\n  1 x EN10MB: vpi 3\n", "bpfopt: no such word 'x'\n",
        "Only bpfopt takes, explained:\n  2 x EN10MB: 1 / ether[0] = 0\n", "on EN10MB, NULL\n",
        "6 filters on 2 link types: 1 wrong, 0 undecided and 1 of one side alone"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  const std::string markdown = FormatLanguageMarkdown(report);
  EXPECT_NE(markdown.find("| only libpcap | 1 | unexplained | `vpi 3` |\n"), std::string::npos) << markdown;
}

// A part of what the command does at length.
void ExpectReadAsLibpcapReads(std::size_t filters, std::uint64_t seed, bool optimize) {
  AskFilesForHosts();
  LanguageRunOptions run = {
      .filters = filters, .seed = seed, .link_types = LibpcapLinkTypes(), .jobs = kJobs};
  run.judge.optimize = optimize;
  const auto judged = RunLanguage(run);
  ASSERT_TRUE(judged) << judged.error().message;
  const LanguageReport report = MakeReport(*judged);
  const std::string text = FormatLanguageReport(report);
  const std::string found = text.substr(std::min(text.find("\n\n"), text.size()));
  EXPECT_EQ(report.Wrong(), 0U) << found;
  EXPECT_EQ(report.Unexplained(), 0U) << found;
  EXPECT_EQ(report.Undecided(), 0U) << found;
  EXPECT_EQ(report.proven, report.optimized) << found;
  EXPECT_GT(report.counts[static_cast<std::size_t>(LanguageOutcome::kEqual)], filters / 2) << found;
}

TEST(LanguageRunTest, ASampleOfAllLinkTypesIsReadAsLibpcapReadsIt) {
  ExpectReadAsLibpcapReads(kSample, 4, /*optimize=*/false);
}

TEST(LanguageRunTest, ASampleOfAllLinkTypesIsProven) {
  ExpectReadAsLibpcapReads(kProvenSample, 5, /*optimize=*/true);
}

TEST(LanguageRunTest, AFilterDependsOnItsNumberAlone) {
  AskFilesForHosts();
  LanguageRunOptions run = {.filters = 40, .seed = 9, .link_types = LibpcapLinkTypes(), .jobs = kJobs};
  run.judge.optimize = false;
  const auto judged = RunLanguage(run);
  ASSERT_TRUE(judged) << judged.error().message;
  std::set<PacketOrigin> origins;
  for (std::size_t i = 0; i < judged->size(); ++i) {
    EXPECT_EQ((*judged)[i].filter.text, TextAt(run, i).text);
    EXPECT_EQ((*judged)[i].site.link_type, SiteAt(run, i).link_type);
    origins.insert((*judged)[i].site.origin);
  }
  EXPECT_EQ(origins.size(), 3U);
}

ProcessResult Command(std::vector<std::string> words) {
  words.insert(words.begin(), {BPFOPT_JUDGE_LANGUAGE_COMMAND, "--jobs", "1"});
  auto result = RunProcess(std::move(words));
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

TEST(JudgeLanguageCommandTest, JudgesALinkTypeOnly) {
  const ProcessResult result = Command({"--random", "12", "--seed", "3", "--link-type", "RAW", "--naive"});
  EXPECT_EQ(result.status, 0) << result.output << result.errors;
  EXPECT_NE(result.output.find("12 filters on 1 link types: 0 wrong"), std::string::npos) << result.output;
  const ProcessResult markdown = Command({"--random", "5", "--link-type", "147", "--markdown"});
  EXPECT_NE(markdown.output.find("| equal | "), std::string::npos) << markdown.output;
}

TEST(JudgeLanguageCommandTest, FailsWhenProductionsAreNotReached) {
  const ProcessResult result = Command({"--random", "3", "--naive"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("NOT REACHED:"), std::string::npos);
}

TEST(JudgeLanguageCommandTest, PrintsFilters) {
  const std::vector<std::string> words = {"--random", "5", "--print-filters", "--link-type", "EN10MB"};
  const ProcessResult result = Command(words);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 5);
  EXPECT_EQ(result.output, Command(words).output);
}

TEST(JudgeLanguageCommandTest, RefusesWhatItCannotRun) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--link-type", "NOSUCH"}, {"--random", "x"}, {"--time-limit", "0"}}) {
    const ProcessResult result = Command(words);
    EXPECT_EQ(result.status, 2) << words[0];
    EXPECT_EQ(result.output, "") << words[0];
    EXPECT_NE(result.errors, "") << words[0];
  }
}

}  // namespace
}  // namespace bpfopt::bench
