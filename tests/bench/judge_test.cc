// One filter of each kind that there is.
#include "bench/judge.h"

#include "bpfopt/libpcap.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

Judgement Judged(const std::string& filter, const std::string& link_type = "EN10MB",
                 const JudgeOptions& options = {}) {
  auto judgement = JudgeLibpcap(filter, link_type, options);
  if (judgement) return *judgement;
  ADD_FAILURE() << judgement.error().message;
  return {};
}

Program Compiled(const std::string& filter, bool optimize) {
  return CompileWithLibpcap(filter, {.netmask = 0xffffff00, .optimize = optimize}).value_or(Program{});
}

TEST(JudgeTest, CleanFilters) {
  for (const char* filter : {"tcp port 80", "ip", "host 192.0.2.17 and not port 22", "vlan 5 and ip"}) {
    const Judgement judgement = Judged(filter);
    EXPECT_EQ(judgement.outcome, Outcome::kEqual) << filter << ": " << judgement.message;
    EXPECT_EQ(Symptom(judgement), "") << filter;
    EXPECT_EQ(judgement.milliseconds.size(), 2U) << filter;
    EXPECT_LE(judgement.optimized, judgement.unoptimized) << filter;
  }
}

TEST(JudgeTest, AMiscompilationComesWithAWholePacketThatShowsIt) {
  for (const char* filter :
       {"0 / ether[1] = 0", "ip broadcast or ip broadcast", "ether[20] & 0xffffffff != 0",
        "len >= 2147483648 & 2147483648 or len < 0 | 2147483648"}) {
    const Judgement judgement = Judged(filter);
    ASSERT_EQ(judgement.outcome, Outcome::kBreaksFaithful) << filter << ": " << judgement.message;
    const Counterexample& packet = *judgement.packet;
    EXPECT_FALSE(packet.on_complete_packet) << filter;
    const RunOutcome source = RunOnPacket(Compiled(filter, false), packet.captured, packet.wire_length);
    const RunOutcome result = RunOnPacket(Compiled(filter, true), packet.captured, packet.wire_length);
    EXPECT_EQ(source.verdict, packet.source_verdict) << filter;
    EXPECT_EQ(result.verdict, packet.result_verdict) << filter;
    EXPECT_NE(source.verdict, result.verdict) << filter;
    EXPECT_EQ(Symptom(judgement),
              source.verdict == 0 ? "accepts what it should reject" : "rejects what it should accept");
    // Bytes that follow change nothing: it is no matter of truncation.
    std::vector<std::uint8_t> longer = packet.captured;
    longer.resize(longer.size() + 100);
    EXPECT_EQ(RunOnPacket(Compiled(filter, false), longer, packet.wire_length).verdict, source.verdict)
        << filter;
    EXPECT_EQ(RunOnPacket(Compiled(filter, true), longer, packet.wire_length).verdict, result.verdict)
        << filter;
  }
}

TEST(JudgeTest, WhatOnlyTruncatedPacketsShow) {
  for (const char* filter : {"ether[1000] & 0 = 0", "host 10.0.0.1 or ip"}) {
    const Judgement judgement = Judged(filter);
    EXPECT_EQ(judgement.outcome, Outcome::kBreaksStrict) << filter << ": " << judgement.message;
    EXPECT_EQ(Symptom(judgement), "accepts what it should reject") << filter;
  }
}

TEST(JudgeTest, Refusals) {
  const Judgement contradiction = Judged("ip and not ip");
  EXPECT_EQ(contradiction.outcome, Outcome::kRefusedOptimized);
  EXPECT_EQ(contradiction.message, "expression rejects all packets");
  const Judgement shift = Judged("ether[0] << (8*4) = 0");
  EXPECT_EQ(shift.outcome, Outcome::kRefusedOptimized);
  EXPECT_EQ(shift.message, "shift by more than 31 bits");
  EXPECT_EQ(Judged("nosuchword").outcome, Outcome::kRefused);
}

// libpcap says that nothing can match, and something does.
TEST(JudgeTest, AWrongRefusalIsAMiscompilation) {
  const Judgement judgement = Judged("src net 2001:db8::/33 and src net 2001:db8::/33", "RAW");
  ASSERT_EQ(judgement.outcome, Outcome::kBreaksFaithful) << judgement.message;
  EXPECT_EQ(Symptom(judgement), "is refused: expression rejects all packets");
  EXPECT_NE(judgement.packet->source_verdict, 0U);
}

TEST(JudgeTest, OffsetsThatOnlyTheKernelKnows) {
  const Judgement judgement = Judged("ip[0xfffff004] = 4", "RAW");
  EXPECT_EQ(judgement.outcome, Outcome::kInvalid);
  EXPECT_NE(judgement.message.find("negative offset"), std::string::npos) << judgement.message;
  EXPECT_EQ(Symptom(judgement).find_first_of("0123456789"), std::string::npos) << Symptom(judgement);
}

TEST(JudgeTest, TheNetmaskIsTheOneAskedFor) {
  EXPECT_EQ(Judged("ip broadcast or ip broadcast", "EN10MB", {.netmask = 0}).outcome, Outcome::kEqual);
}

TEST(JudgeTest, ABudgetThatIsTooSmallIsUndecidedWithTheReason) {
  const Judgement judgement =
      Judged("(arp[0] + 7) * ip[tcp[2]:2] != link[12] and (arp[0] + 7) * ip[tcp[2]:2] != link[12]",
             "LINUX_SLL2", {.steps = 1});
  EXPECT_EQ(judgement.outcome, Outcome::kUndecided);
  EXPECT_TRUE(judgement.message.starts_with("faithful: ")) << judgement.message;
}

}  // namespace
}  // namespace bpfopt::bench
