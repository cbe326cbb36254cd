// `protochain` against libpcap's loop, which libpcap's interpreter runs.
#include "chain_packets.h"
#include "frontend/lower.h"
#include "frontend/parser.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "pcap_program.h"

#include <algorithm>
#include <array>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::frontend {
namespace {

using Bytes = std::vector<std::uint8_t>;

LowerOptions OptionsFor(int dlt, std::uint32_t depth) {
  LowerOptions options;
  options.link_type = *FindLinkType(dlt);
  options.snaplen = kSnaplen;
  options.protochain_depth = depth;
  return options;
}

Expected<ir::Function> LowerText(const std::string& filter, const LowerOptions& options) {
  return ParseFilter(filter)
      .and_then([](Ast ast) { return ResolveNames(std::move(ast), *SystemResolver()); })
      .and_then([&](const Ast& ast) { return Lower(ast, options); });
}

TEST(Protochain, ARoundAsksForTheProtocolThenForTheEndThenForAHeader) {
  const auto function = LowerText("ip protochain 6", OptionsFor(DLT_RAW, 1));
  ASSERT_TRUE(function) << function.error().message;
  EXPECT_EQ(ir::Print(*function), R"(fn pcap {
b0:
  need [0]:1
  if (ldb[0] & 0xf0) == 0x40 then b1 else b11
b1:
  need [9]:1
  need [0]:1
  jump b2
b2:
  if ldb[9] == 0x6 then b7 else b3
b3:
  if ldb[9] == 0x3b then b11 else b4
b4:
  if ldb[9] == 0x33 then b5 else b11
b5:
  need [((ldb[0] & 0xf) << 0x2) + 0]:1
  need [((ldb[0] & 0xf) << 0x2) + 1]:1
  jump b6
b6:
  if ldb[((ldb[0] & 0xf) << 0x2) + 0] == 0x6 then b7 else b8
b7:
  return 0x40000
b8:
  if ldb[((ldb[0] & 0xf) << 0x2) + 0] == 0x3b then b11 else b9
b9:
  if ldb[((ldb[0] & 0xf) << 0x2) + 0] == 0x33 then b10 else b11
b10:
  return 0x0
b11:
  return 0x0
}
)");
}

// The first round has no headers behind it, so each header of the depth adds the same.
TEST(Protochain, GrowsByTheSameForEachHeader) {
  for (const char* filter : {"ip protochain 6", "ip6 protochain 6", "protochain 6"}) {
    std::vector<std::size_t> blocks;
    for (std::uint32_t depth = 1; depth <= 5; ++depth) {
      const auto function = LowerText(filter, OptionsFor(DLT_EN10MB, depth));
      ASSERT_TRUE(function) << function.error().message;
      EXPECT_TRUE(ir::Check(*function).empty()) << filter;
      blocks.push_back(function->block_count());
    }
    for (std::size_t i = 2; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i] - blocks[i - 1], blocks[1] - blocks[0]) << filter;
    }
  }
}

struct Case {
  std::string filter;
  int dlt;
  Bytes before;  // what precedes the IP header when it is IPv6; for IPv4 see ForVersion4
  std::uint32_t protocol;
};

// The same packet start with the type field, its last two bytes, telling IPv4.
Bytes ForVersion4(Bytes before, const Case& test) {
  if (test.dlt == DLT_RAW || test.filter.starts_with("mpls")) return before;
  const bool is_ppp = test.dlt == DLT_PPP || test.filter.starts_with("pppoes");
  before[before.size() - 2] = is_ppp ? 0x00 : 0x08;
  before[before.size() - 1] = is_ppp ? 0x21 : 0x00;
  return before;
}

Bytes Ethernet(const Bytes& rest) {
  Bytes bytes(12, 0);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

std::vector<Case> Cases() {
  const Bytes plain = Ethernet({0x86, 0xdd});
  std::vector<Case> cases;
  for (const std::uint32_t protocol : {6U, 17U, 0U, 43U, 44U, 51U, 59U, 60U, 300U}) {
    for (const char* network : {"ip ", "ip6 ", ""}) {
      cases.push_back(
          {network + std::string("protochain ") + std::to_string(protocol), DLT_EN10MB, plain, protocol});
    }
  }
  const Bytes cooked = {0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd};
  for (const char* network : {"ip ", "ip6 ", ""}) {
    const std::string chain = network + std::string("protochain 6");
    cases.push_back({"not " + chain, DLT_EN10MB, plain, 6});
    cases.push_back({"not (arp or " + chain + ")", DLT_EN10MB, plain, 6});
    cases.push_back({chain + " and ether[0] = 0 or arp", DLT_EN10MB, plain, 6});
    cases.push_back({"vlan and " + chain, DLT_EN10MB, Ethernet({0x81, 0, 0, 5, 0x86, 0xdd}), 6});
    cases.push_back({"mpls and " + chain, DLT_EN10MB, Ethernet({0x88, 0x47, 0, 0, 0x11, 0xff}), 6});
    cases.push_back(
        {"pppoes and " + chain, DLT_EN10MB, Ethernet({0x88, 0x64, 0x11, 0, 0, 5, 0, 40, 0x00, 0x57}), 6});
    cases.push_back({chain, DLT_RAW, {}, 6});
    cases.push_back({chain, DLT_PPP, {0xff, 0x03, 0x00, 0x57}, 6});
    cases.push_back({chain, DLT_LINUX_SLL, cooked, 6});
  }
  return cases;
}

struct Counts {
  int accepted = 0;
  int accepted_at_depth = 0;  // behind as many headers as are followed
  int rejected = 0;
  int too_long = 0;
};

class LoopComparison {
 public:
  LoopComparison(const Case& test, std::uint32_t depth)
      : test_(test),
        depth_(depth),
        loop_(PcapProgram(test.filter, test.dlt).value_or(Program{})),
        function_(LowerText(test.filter, OptionsFor(test.dlt, depth))) {}

  bool Lowered() const { return !loop_.empty() && function_ && ir::Check(*function_).empty(); }

  void Compare(bool ip6, const Bytes& ip, std::size_t captured) {
    Bytes packet = ip6 ? test_.before : ForVersion4(test_.before, test_);
    const std::size_t header = packet.size();
    packet.insert(packet.end(), ip.begin(), ip.end());
    captured = std::min(captured, packet.size());
    const std::size_t of_ip = captured > header ? captured - header : 0;
    const unsigned followed = Asked(ip6) ? HeadersFollowed(std::span(ip).first(of_ip), test_.protocol) : 0;
    const auto size = static_cast<std::uint32_t>(packet.size());
    std::uint32_t wanted = 0;
    if (followed <= depth_) {
      wanted = bpf_filter(reinterpret_cast<const bpf_insn*>(loop_.data()), packet.data(), size,
                          static_cast<u_int>(captured));
      (wanted == 0 ? counts_.rejected : counts_.accepted) += 1;
      if (wanted != 0 && followed == depth_) ++counts_.accepted_at_depth;
    } else {
      ++counts_.too_long;
    }
    const bpf::Packet view{
        .captured = std::span(packet).first(captured), .wire_length = size, .continuation = {}};
    const bpf::Outcome got = ir::Evaluate(*function_, view);
    EXPECT_EQ(got.verdict, wanted) << test_.filter << " on DLT " << test_.dlt << " to depth " << depth_
                                   << ", " << followed << " headers, " << captured << " of "
                                   << testing::PrintToString(packet);
  }

  const Counts& counts() const { return counts_; }

 private:
  // Does the filter look at chains of this version?
  bool Asked(bool ip6) const {
    const bool only4 = test_.filter.find("ip proto") != std::string::npos;
    const bool only6 = test_.filter.find("ip6 proto") != std::string::npos;
    return ip6 ? !only4 : !only6;
  }

  const Case& test_;
  std::uint32_t depth_;
  Program loop_;
  Expected<ir::Function> function_;
  Counts counts_;
};

TEST(Protochain, DecidesAsLibpcapsLoopAsFarAsItGoes) {
  Counts all;
  ChainPackets packets(1);
  for (const Case& test : Cases()) {
    for (const std::uint32_t depth : {1U, 2U, 6U}) {
      LoopComparison comparison(test, depth);
      ASSERT_TRUE(comparison.Lowered()) << test.filter;
      for (int i = 0; i < 60; ++i) {
        const bool ip6 = packets.Below(2) == 0;
        const std::array<std::uint8_t, 4> ends = {static_cast<std::uint8_t>(test.protocol), 59, 50,
                                                  static_cast<std::uint8_t>(packets.Below(256))};
        const Bytes ip = packets.Next(ip6, packets.Below(depth + 3), ends[packets.Below(5) % ends.size()]);
        comparison.Compare(ip6, ip, 1000);
        if (i % 6 != 0) continue;
        for (std::size_t captured = 0; captured < test.before.size() + ip.size();
             captured += 1 + captured / 60) {
          comparison.Compare(ip6, ip, captured);
        }
      }
      const Counts& counts = comparison.counts();
      all.accepted += counts.accepted;
      all.accepted_at_depth += counts.accepted_at_depth;
      all.rejected += counts.rejected;
      all.too_long += counts.too_long;
    }
  }
  EXPECT_GT(all.accepted, 2000);
  EXPECT_GT(all.accepted_at_depth, 500);
  EXPECT_GT(all.rejected, 2000);
  EXPECT_GT(all.too_long, 1000);
}

TEST(Protochain, NamesAreThoseOfProto) {
  for (const auto& [name, number] : {std::pair{"\\tcp", "6"}, std::pair{"\\ah", "51"}}) {
    const auto by_name = LowerText(std::string("ip6 protochain ") + name, OptionsFor(DLT_EN10MB, 2));
    const auto by_number = LowerText(std::string("ip6 protochain ") + number, OptionsFor(DLT_EN10MB, 2));
    ASSERT_TRUE(by_name && by_number) << name;
    EXPECT_EQ(ir::Print(*by_name), ir::Print(*by_number));
  }
}

// The same link types and headers before it as libpcap.
TEST(Protochain, IsRefusedWhereLibpcapRefusesIt) {
  int taken = 0;
  int refused = 0;
  for (const LinkType& type : LinkTypes()) {
    for (const char* filter : {"ip protochain 6", "ip6 protochain 6", "protochain 6",
                               "geneve and protochain 6", "pppoes and ip6 protochain 6",
                               "vlan and ip6 protochain 6", "tcp protochain 6", "ether protochain 6"}) {
      std::string refusal;
      const bool theirs = PcapProgram(filter, type.dlt, &refusal).has_value();
      const auto ours = LowerText(filter, OptionsFor(type.dlt, 1));
      EXPECT_EQ(ours.has_value(), theirs)
          << filter << " on " << NameOf(type) << ": " << (theirs ? ours.error().message : refusal);
      ++(theirs ? taken : refused);
    }
  }
  EXPECT_GT(taken, 50);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace bpfopt::frontend
