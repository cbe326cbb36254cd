// `protochain` as a whole: its source, its depth, its warning, and a proof at the depth that is the default.
#include "bpfopt/compiler.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

CompileOptions WithDepth(std::uint32_t depth) {
  CompileOptions options;
  options.protochain_depth = depth;
  options.proof = ProofMode::kRequired;
  return options;
}

TEST(Protochain, SourceIsOurOwnWithAReasonAndTheProgramIsProven) {
  for (const char* filter :
       {"ip protochain 6", "ip6 protochain 6", "protochain \\tcp", "not ip6 protochain 17",
        "ip6 protochain 6 or ip6 protochain 17", "vlan and protochain 51 and not ip6 protochain 50"}) {
    for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
      CompileOptions options = WithDepth(kDefaultProtochainDepth);
      options.relation = relation;
      const auto result = Compile(filter, options);
      ASSERT_TRUE(result) << filter << ": " << result.error().message;
      EXPECT_EQ(result->source_kind, SourceKind::kLowering);
      EXPECT_NE(result->source_reason.find("loop"), std::string::npos) << result->source_reason;
      EXPECT_TRUE(result->proven) << filter;
      EXPECT_LT(result->program.size(), result->source.size()) << filter;
    }
  }
}

TEST(Protochain, EachHeaderCostsTheSame) {
  std::vector<std::size_t> sizes;
  for (const std::uint32_t depth : {2U, 3U, 4U, 5U, 6U}) {
    const auto result = Compile("ip6 protochain 6", WithDepth(depth));
    ASSERT_TRUE(result) << result.error().message;
    sizes.push_back(result->program.size());
  }
  for (std::size_t i = 2; i < sizes.size(); ++i) EXPECT_EQ(sizes[i] - sizes[i - 1], sizes[1] - sizes[0]);
}

TEST(Protochain, WarnsOfEachWithItsDepthAndPlace) {
  const auto result = Compile("ip protochain 6 or ip6 protochain 17", WithDepth(3));
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->diagnostics.size(), 2U);
  for (const Diagnostic& diagnostic : result->diagnostics) {
    EXPECT_EQ(diagnostic.severity, Diagnostic::Severity::kWarning);
    EXPECT_NE(diagnostic.message.find("3 headers"), std::string::npos) << diagnostic.message;
  }
  EXPECT_EQ(result->diagnostics[0].range->begin, 0U);
  EXPECT_EQ(result->diagnostics[1].range->begin, 19U);
  EXPECT_TRUE(Compile("ip proto 6", WithDepth(3))->diagnostics.empty());
}

TEST(Protochain, DepthsOutOfRangeAreRefused) {
  for (const std::uint32_t depth : {0U, kMaxProtochainDepth + 1, 0xffffffffU}) {
    const auto result = Compile("ip protochain 6", WithDepth(depth));
    ASSERT_FALSE(result) << depth;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
    EXPECT_NE(result.error().message.find(std::to_string(kMaxProtochainDepth)), std::string::npos);
  }
  EXPECT_TRUE(Compile("ip protochain 6", WithDepth(kMaxProtochainDepth)));
}

// Ethernet, IPv6 and so many empty hop-by-hop headers before TCP.
std::vector<std::uint8_t> PacketWith(unsigned headers) {
  std::vector<std::uint8_t> packet(14 + 40 + 8 * headers + 20);
  packet[12] = 0x86;
  packet[13] = 0xdd;
  std::size_t field = 14 + 6;
  for (unsigned i = 0; i < headers; ++i) {
    packet[field] = 0;
    field = 14 + 40 + 8 * i;
  }
  packet[field] = 6;
  return packet;
}

TEST(Protochain, LongerChainsAreRejectedAlsoUnderNot) {
  for (const char* filter : {"ip6 protochain 6", "not ip6 protochain 17", "not (arp or ip6 protochain 17)"}) {
    const auto result = Compile(filter, WithDepth(4));
    ASSERT_TRUE(result) << result.error().message;
    for (unsigned headers = 0; headers < 8; ++headers) {
      const auto packet = PacketWith(headers);
      const auto size = static_cast<std::uint32_t>(packet.size());
      for (const Program* program : {&result->program, &result->source}) {
        EXPECT_EQ(RunOnPacket(*program, packet, size, Target::kPcap).verdict != 0, headers <= 4)
            << filter << " with " << headers << " headers";
      }
    }
  }
}

}  // namespace
}  // namespace bpfopt
