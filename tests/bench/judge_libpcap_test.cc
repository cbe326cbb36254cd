// The command bpfopt-judge-libpcap.
#include "bench/process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

class JudgeLibpcapTest : public testing::Test {
 protected:
  JudgeLibpcapTest() {
    std::string pattern = testing::TempDir() + "bpfopt_judge_test_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make " << pattern;
    directory_ = pattern;
  }
  ~JudgeLibpcapTest() override { std::filesystem::remove_all(directory_); }

  void WriteCorpus(const std::string& rows) const { std::ofstream(directory_ + "/rows.txt") << rows; }

  ProcessResult Run(std::vector<std::string> words) const {
    words.insert(words.begin(), {BPFOPT_JUDGE_COMMAND, "--corpus", directory_});
    auto result = RunProcess(std::move(words));
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    return {};
  }

  std::string directory_;
};

std::string WithoutTimes(const std::string& text) { return text.substr(0, text.find("Time of a proof")); }

TEST_F(JudgeLibpcapTest, PrintsEachFindingAndASummary) {
  WriteCorpus(
      "# id | link type | filter\n"
      "web | EN10MB | tcp port 80\n"
      "division | EN10MB | 0 / ether[1] = 0\n"
      "far | EN10MB | ether[1000] & 0 = 0\n"
      "nothing | EN10MB | ip and not ip\n"
      "word | EN10MB | nosuchword\n");
  const ProcessResult text = Run({});
  EXPECT_EQ(text.status, 0) << text.errors;
  for (const char* part :
       {"Miscompilations: they break faithful", "  EN10MB      0 / ether[1] = 0\n    row: division\n",
        "packet: 0000\n", "verdicts, unoptimized / optimized: 0 / 262144\n", "they break only strict",
        "refuses only when it optimizes", "expression rejects all packets", "libpcap version",
        "filters                     5        0\n", "equal                       1        0\n", "median"}) {
    EXPECT_NE(text.output.find(part), std::string::npos) << part << " in\n" << text.output;
  }
  EXPECT_EQ(text.output.find("tcp port 80"), std::string::npos) << text.output;

  const auto json = nlohmann::json::parse(Run({"--json"}).output);
  EXPECT_EQ(json["corpus"]["filters"], 5);
  EXPECT_EQ(json["corpus"]["counts"]["breaks-faithful"], 1);
  EXPECT_EQ(json["corpus"]["counts"]["breaks-strict"], 1);
  const auto& found = json["corpus"]["found"];
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0]["id"], "division");
  EXPECT_EQ(found[0]["class"], "breaks-faithful");
  EXPECT_EQ(found[0]["packet"]["captured"], "0000");
  EXPECT_EQ(found[0]["packet"]["unoptimized_verdict"], 0);
  EXPECT_EQ(found[0]["packet"]["optimized_verdict"], 262144);

  const std::string markdown = Run({"--markdown"}).output;
  EXPECT_NE(
      markdown.find(
          "| `0 / ether[1] = 0` | EN10MB | accepts what it should reject | 0000 | 0 / 262144 | division |"),
      std::string::npos)
      << markdown;
}

TEST_F(JudgeLibpcapTest, TheSameSeedPrintsTheSame) {
  WriteCorpus("");
  const std::vector<std::string> words = {"--random", "24", "--seed",  "5",
                                          "--size",   "4",  "--steps", "100000"};
  const ProcessResult first = Run(words);
  EXPECT_TRUE(first.status == 0 || first.status == 3) << first.errors << first.output;
  EXPECT_NE(first.output.find("(random filters)"), std::string::npos) << first.output;
  EXPECT_EQ(WithoutTimes(first.output), WithoutTimes(Run(words).output));
  EXPECT_NE(WithoutTimes(first.output),
            WithoutTimes(Run({"--random", "24", "--seed", "6", "--size", "4", "--steps", "100000"}).output));
}

TEST_F(JudgeLibpcapTest, RandomFiltersKeepToTheLinkTypesAskedFor) {
  WriteCorpus("");
  const ProcessResult result =
      Run({"--random", "24", "--link-type", "RAW", "--link-type", "NULL", "--json", "--steps", "100000"});
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["random"]["filters"], 24);
  for (const auto& finding : json["random"]["found"]) {
    EXPECT_TRUE(finding["link_type"] == "RAW" || finding["link_type"] == "NULL") << finding;
  }
}

TEST_F(JudgeLibpcapTest, RefusesWhatItCannotRun) {
  WriteCorpus("this is no row\n");
  EXPECT_EQ(Run({}).status, 2);
  WriteCorpus("");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--corpus", directory_ + "/none"},
                                             {"--link-type", "NOSUCH"},
                                             {"--netmask", "300.1.1.1"},
                                             {"--random", "x"},
                                             {"--json", "--markdown"},
                                             {"--size", "0"}}) {
    const ProcessResult result = Run(words);
    EXPECT_EQ(result.status, 2) << words[0];
    EXPECT_EQ(result.output, "") << words[0];
    EXPECT_NE(result.errors, "") << words[0];
  }
}

}  // namespace
}  // namespace bpfopt::bench
