// What is emitted when proofs run out, when nothing fits, and what is chosen among what was made.
#include "bpfopt/compiler.h"
#include "bpfopt/verify.h"

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

const Candidate& ChosenOf(const CompileResult& result) {
  for (const Candidate& candidate : result.candidates) {
    if (candidate.outcome == Candidate::Outcome::kProven ||
        candidate.outcome == Candidate::Outcome::kUnproven) {
      return candidate;
    }
  }
  ADD_FAILURE() << "no candidate was chosen";
  return result.candidates.front();
}

CompileOptions WithoutProofBudget() {
  CompileOptions options;
  options.budgets.proof_nodes = 1;
  return options;
}

TEST(GuaranteeTest, ProvenProgramIsTheSmallestCandidate) {
  const auto result = Compile("port 53");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  for (const Candidate& candidate : result->candidates)
    EXPECT_LE(result->program.size(), candidate.instructions);
}

// One test of the tag for three types is shorter, and every packet without a tag pays for it.
TEST(GuaranteeTest, BalancedProgramsAreNotMuchSlowerThanLibpcaps) {
  const auto path_of = [](Objective objective) {
    CompileOptions options;
    options.objective = objective;
    const auto result = Compile("ip or (vlan and ip)", options);
    EXPECT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    return std::pair(result->program.size(), ChosenOf(*result).expected_path);
  };
  const auto [size, path] = path_of(Objective::kBalanced);
  const auto [smallest, long_path] = path_of(Objective::kSize);
  EXPECT_LE(size, 9U) << "libpcap's";
  EXPECT_LT(smallest, size);
  EXPECT_LT(path + 1, long_path);
  EXPECT_LE(path_of(Objective::kSpeed).second, path);
}

// No program of this filter is quick enough, and none is made larger for nothing.
TEST(GuaranteeTest, BalancedProgramsAreSmallestWhereNoneIsQuick) {
  const auto size_of = [](Objective objective) {
    CompileOptions options;
    options.link_type = "JUNIPER_CHDLC";
    options.objective = objective;
    const auto result = Compile("tcp port 179 or ip proto 89", options);
    EXPECT_TRUE(result) << result.error().message;
    return result->program.size();
  };
  EXPECT_EQ(size_of(Objective::kBalanced), size_of(Objective::kSize));
}

TEST(GuaranteeTest, FallsBackToTheSourceAndSaysSo) {
  const auto result = Compile("port 53", WithoutProofBudget());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->program, result->source);
  EXPECT_EQ(ChosenOf(*result).name, "source");
  ASSERT_FALSE(result->diagnostics.empty());
  EXPECT_EQ(result->diagnostics[0].severity, Diagnostic::Severity::kNote);
  EXPECT_NE(result->diagnostics[0].message.find("could not be proven"), std::string::npos);
}

TEST(GuaranteeTest, RequiredProofIsAnErrorRatherThanAFallBack) {
  CompileOptions options = WithoutProofBudget();
  options.proof = ProofMode::kRequired;
  const auto result = Compile("port 53", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUndecided);
}

TEST(GuaranteeTest, NothingProvenThatFitsIsUndecided) {
  CompileOptions options = WithoutProofBudget();
  const auto optimized = Compile("port 53");
  ASSERT_TRUE(optimized);
  options.limit = optimized->program.size();  // libpcap's unoptimized program needs more
  ASSERT_GT(optimized->source.size(), options.limit);
  const auto result = Compile("port 53", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUndecided) << result.error().message;
}

TEST(GuaranteeTest, ProofIsOffBelowLevelTwo) {
  for (int level = 0; level <= 3; ++level) {
    CompileOptions options;
    options.level = level;
    const auto result = Compile("tcp port 80", options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->proven, level >= 2) << level;
    options.proof = ProofMode::kOn;
    const auto proven = Compile("tcp port 80", options);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_TRUE(proven->proven) << level;
    if (level > 1) continue;
    EXPECT_EQ(proven->program, result->program) << level;
  }
}

TEST(GuaranteeTest, HigherLevelsAreNotLarger) {
  std::vector<std::size_t> sizes;
  for (int level = 0; level <= 3; ++level) {
    CompileOptions options;
    options.level = level;
    const auto result = Compile("host 192.0.2.17 and port 80 and host 192.0.2.17", options);
    ASSERT_TRUE(result) << result.error().message;
    sizes.push_back(result->program.size());
  }
  EXPECT_TRUE(std::is_sorted(sizes.rbegin(), sizes.rend())) << testing::PrintToString(sizes);
}

TEST(GuaranteeTest, TooLargeNamesTheExcessAndTheLargestSet) {
  std::string hosts;
  for (int i = 0; i < 40; ++i) hosts += fmt::format("{}host 10.{}.{}.1", i == 0 ? "" : " or ", i * 3, i * 5);
  const std::string filter = "tcp and (" + hosts + ") and not port 22";
  CompileOptions options;
  options.limit = 48;
  const auto result = Compile(filter, options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTooLarge);
  std::smatch figures;
  const std::regex expected(
      "the filter needs (\\d+) instructions, (\\d+) more than the 48 allowed; at (\\d+\\.\\d) instructions "
      "an "
      "entry about (\\d+) of 40 entries fit; largest: 40 of 'host' at column 10");
  ASSERT_TRUE(std::regex_match(result.error().message, figures, expected)) << result.error().message;
  const int needed = std::stoi(figures[1]);
  EXPECT_EQ(std::stoi(figures[2]), needed - 48);
  EXPECT_EQ(std::stoi(figures[4]), 48 * 40 / needed);
  // It would fit into as many as it says that it needs.
  options.limit = static_cast<std::size_t>(needed);
  EXPECT_TRUE(Compile(filter, options));
  options.limit = 48;
  ASSERT_TRUE(result.error().range);
  EXPECT_EQ(result.error().range->begin, filter.find("host"));
}

TEST(GuaranteeTest, StrictProgramsDecideTruncatedPacketsAlike) {
  CompileOptions options;
  options.relation = Relation::kStrict;
  const auto result = Compile("host 10.0.0.1 or ip", options);
  ASSERT_TRUE(result) << result.error().message;
  const auto verdict = Verify(result->source, result->program);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->answer, Answer::kEqual);
}

TEST(GuaranteeTest, SameInputGivesTheSameProgram) {
  for (const char* filter : {"tcp port 80 or udp port 53", "net 10.0.0.0/8 and not host 10.1.2.3"}) {
    const auto first = Compile(filter);
    const auto second = Compile(filter);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->program, second->program);
    EXPECT_EQ(first->statistics.proof_steps, second->statistics.proof_steps);
  }
}

}  // namespace
}  // namespace bpfopt
