// `protochain` as a whole: its source, its depth, its warning, and a proof at the depth that is the default.
#include "../bpf/kernel_filter.h"
#include "../frontend/chain_packets.h"
#include "../sanitized.h"
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt {
namespace {

// What the proof has to do doubles with each header.
#ifdef BPFOPT_IS_SANITIZED
constexpr std::uint32_t kProvenDepth = 3;
#else
constexpr std::uint32_t kProvenDepth = kDefaultProtochainDepth;
#endif

CompileOptions WithDepth(std::uint32_t depth) {
  CompileOptions options;
  options.protochain_depth = depth;
  options.proof = ProofMode::kRequired;
  return options;
}

TEST(Protochain, SourceIsOurOwnWithAReasonAndTheProgramIsProven) {
  const std::vector<std::pair<const char*, std::uint32_t>> cases = {
      {"not ip6 protochain 17", 3},
      {"protochain \\tcp", kProvenDepth},
      {"ip protochain 6", kMaxProtochainDepth},
      {"ip6 protochain 6 or ip6 protochain 17", 3},
      {"vlan and protochain 51 and not ip6 protochain 50", 3}};
  for (const auto& [filter, depth] : FewerIfSanitized(cases)) {
    for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
      CompileOptions options = WithDepth(depth);
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

// Seven tests of a protocol, two loads and a sum make a round over IPv6; over IPv4 the chain is of AHs alone.
TEST(Protochain, EachHeaderCostsFewInstructions) {
  for (const std::uint32_t depth : {1U, 3U, 5U}) {
    const auto ip = Compile("ip protochain 6", WithDepth(depth));
    const auto ip6 = Compile("ip6 protochain 6", WithDepth(depth));
    ASSERT_TRUE(ip && ip6);
    EXPECT_LE(ip->program.size(), 9 + 6 * (depth - 1));
    EXPECT_LE(ip6->program.size(), 12 + 16 * (depth - 1));
  }
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

// Raw IP. The loop runs in libpcap's interpreter; the program in ours and in the kernel.
TEST(Protochain, ProgramsDecideAsLibpcapsLoop) {
  constexpr std::uint32_t kDepth = 5;
  bpf::KernelFilter kernel;
  frontend::ChainPackets packets(2);
  int accepted = 0;
  int too_long = 0;
  for (const auto& [filter, protocol] : {std::pair("protochain 6", 6U), {"not protochain 51", 51U}}) {
    CompileOptions options = WithDepth(kDepth);
    options.link_type = "RAW";
    options.relation = Relation::kStrict;
    const auto result = Compile(filter, options);
    const auto loop = CompileWithLibpcap(filter, {.link_type = "RAW", .optimize = false});
    ASSERT_TRUE(result && loop) << filter;
    const bool in_kernel = kernel.Works() && kernel.Attach(result->program) == 0;
    for (int i = 0; i < 2000; ++i) {
      auto packet = packets.Next(i % 3 != 0, packets.Below(kDepth + 3), i % 4 == 0 ? 59 : 6);
      packet.resize(1 + packets.Below(packet.size()));
      const auto size = static_cast<std::uint32_t>(packet.size());
      const bool within = frontend::HeadersFollowed(packet, protocol) <= kDepth;
      const std::uint32_t wanted =
          within ? bpf_filter(reinterpret_cast<const bpf_insn*>(loop->data()), packet.data(), size, size) : 0;
      if (wanted != 0) ++accepted;
      if (!within) ++too_long;
      for (const Program* program : {&result->source, &result->program}) {
        ASSERT_EQ(RunOnPacket(*program, packet, size, Target::kPcap).verdict, wanted)
            << filter << " on " << testing::PrintToString(packet);
      }
      if (in_kernel) {
        ASSERT_EQ(kernel.Send(packet).has_value(), wanted != 0) << filter;
      }
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(too_long, 100);
}

}  // namespace
}  // namespace bpfopt
