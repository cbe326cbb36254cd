// Questions about programs through the public interface.
#include "bpfopt/verify.h"

#include "bpfopt/libpcap.h"

#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

Program Libpcap(const char* filter, bool optimize) {
  auto program = CompileWithLibpcap(filter, {.netmask = 0, .optimize = optimize});
  EXPECT_TRUE(program) << program.error().message;
  return program ? *program : Program{};
}

TEST(VerifyTest, LibpcapsOptimizerIsRightOnEverydayFilters) {
  for (const char* filter : {"ip and udp", "tcp port 80", "host 192.0.2.17"}) {
    const auto verdict = Verify(Libpcap(filter, false), Libpcap(filter, true));
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_EQ(verdict->answer, Answer::kEqual) << filter;
  }
}

TEST(VerifyTest, LibpcapsOptimizerIsWrongOnAKnownOne) {
  const char* filter = "0 / ether[1] = 0";  // it forgets that a division by 0 rejects
  const Program source = Libpcap(filter, false);
  const Program result = Libpcap(filter, true);
  const auto verdict = Verify(source, result, {.relation = Relation::kFaithful});
  ASSERT_TRUE(verdict) << verdict.error().message;
  ASSERT_EQ(verdict->answer, Answer::kDifferent);
  ASSERT_TRUE(verdict->counterexample);
  const Counterexample& example = *verdict->counterexample;
  EXPECT_NE(example.source_verdict == 0, example.result_verdict == 0);
  const std::string text = Describe(example);
  EXPECT_NE(text.find("source verdict"), std::string::npos) << text;
}

TEST(VerifyTest, ImplicationHasADirection) {
  const Program narrow = Libpcap("tcp port 80", true);
  const Program wide = Libpcap("tcp", false);
  const auto implied = Implies(narrow, wide);
  ASSERT_TRUE(implied) << implied.error().message;
  EXPECT_EQ(implied->answer, Answer::kImplied);
  EXPECT_GT(implied->nodes, 0U);
  EXPECT_GT(implied->diagram_nodes, 0U);
  const auto converse = Implies(wide, narrow);
  ASSERT_TRUE(converse) << converse.error().message;
  ASSERT_EQ(converse->answer, Answer::kNotImplied);
  const Counterexample& example = *converse->counterexample;
  EXPECT_NE(RunOnPacket(wide, example.captured, example.wire_length).verdict, 0U);
  EXPECT_EQ(RunOnPacket(narrow, example.captured, example.wire_length).verdict, 0U);
  EXPECT_FALSE(Implies({}, wide));
}

TEST(VerifyTest, SystemCallsAreDescribedAsSuch) {
  const Program allow_getpid = {{0x20, 0, 0, 0}, {0x15, 0, 1, 39}, {6, 0, 0, 0x7fff0000}, {6, 0, 0, 0x50001}};
  const auto verdict = Verify(allow_getpid, {{6, 0, 0, 0x50001}}, {.target = Target::kSeccomp});
  ASSERT_TRUE(verdict && verdict->counterexample);
  EXPECT_EQ(Describe(*verdict->counterexample),
            "system call: number 39, architecture 0x0, instruction pointer 0x0\n"
            "arguments: 0x0 0x0 0x0 0x0 0x0 0x0\n"
            "under seccomp's rules: source verdict 0x7fff0000, result verdict 0x00050001\n");
}

TEST(VerifyTest, RefusesProgramsWithoutAMeaning) {
  const Program fine = {{6, 0, 0, 0}};
  EXPECT_FALSE(Verify({}, fine));
  EXPECT_FALSE(Verify(fine, {{0x28, 0, 0, 12}}));  // runs off its end
  EXPECT_FALSE(Verify({{0xffff, 0, 0, 0}, {6, 0, 0, 0}}, fine));
}

TEST(VerifyTest, BudgetThatRunsOutIsUndecided) {
  const Program source = Libpcap("port 53", false);
  const Program result = Libpcap("port 53", true);
  const auto verdict = Verify(source, result, {.nodes = 1});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->answer, Answer::kUndecided);
  EXPECT_FALSE(verdict->reason.empty());
}

TEST(VerifyTest, CheckSaysWhatTheKernelWouldRefuse) {
  EXPECT_TRUE(Check({{6, 0, 0, 0}}).empty());
  const auto violations = Check({{0x05, 0, 0, 5}, {6, 0, 0, 0}});  // a jump past the end
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].instruction, 0U);
  EXPECT_FALSE(Check({{6, 0, 0, 0}, {6, 0, 0, 0}}, {.limit = 1}).empty());
}

TEST(VerifyTest, RunsOnPackets) {
  const Program program = Libpcap("ip and udp", true);
  std::vector<std::uint8_t> packet(24, 0);
  packet[12] = 8;
  packet[23] = 17;
  EXPECT_EQ(RunOnPacket(program, packet, 24).verdict, 262144U);
  packet[23] = 6;
  EXPECT_EQ(RunOnPacket(program, packet, 24).verdict, 0U);
  packet.resize(20);
  const RunOutcome truncated = RunOnPacket(program, packet, 24);
  EXPECT_EQ(truncated.verdict, 0U);
  EXPECT_TRUE(truncated.faulted);
}

}  // namespace
}  // namespace bpfopt
