#include "frontend/lower.h"

#include "bpf/checker.h"
#include "bpf/text.h"
#include "frontend/header_words.h"
#include "frontend/parser.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "lower_filters.h"
#include "pcap_program.h"
#include "random_filter.h"
#include "sanitized.h"
#include "steered_packets.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::frontend {
namespace {

LowerOptions OptionsFor(int dlt) {
  LowerOptions options;
  options.link_type = *FindLinkType(dlt);
  options.snaplen = kSnaplen;
  return options;
}

Expected<ir::Function> LowerText(const std::string& filter, const LowerOptions& options) {
  const std::unique_ptr<Resolver> resolver = SystemResolver();
  return ParseFilter(filter)
      .and_then([&](Ast ast) { return ResolveNames(std::move(ast), *resolver); })
      .and_then([&](const Ast& ast) { return Lower(ast, options); });
}

std::string Describe(const PacketBytes& packet, std::size_t captured) {
  std::string text;
  for (std::size_t i = 0; i < captured; ++i) text += fmt::format("{:02x}", packet[i]);
  return text;
}

// Scratch memory that was never written: libpcap's interpreter reads what is on its stack.
bool ReadsUnwrittenMemory(const Program& program, int dlt) {
  return !bpf::Check(program, {.target = Target::kPcap, .limit = program.size(), .link_type = dlt}).empty();
}

// With headers of variable length libpcap's programs can lose these lengths.
bool LosesHeaderLengths(const Program& program, const std::string& filter, const LowerOptions& options) {
  const LinkType& link = *options.link_type;
  const Expected<Ast> tree =
      ParseFilter(filter).and_then([](Ast ast) { return ResolveNames(std::move(ast), *SystemResolver()); });
  const bool varies = link.radio != RadioHeader::kNone || link.header_length != LinkHeaderLength::kFixed;
  return (varies && ReadsUnwrittenMemory(program, link.dlt)) ||
         LosesHeaderPlaces(program, tree.value_or(Ast{}), options);
}

class Comparison {
 public:
  Comparison(std::string filter, int dlt, const Program& program, const ir::Function& function)
      : filter_(std::move(filter)),
        dlt_(dlt),
        program_(program),
        function_(function),
        ask_libpcap_(!ReadsUnwrittenMemory(program, dlt)) {}

  // Steered packets, some of them cut at every length.
  void Run(int packets, std::uint32_t seed) {
    SteeredPackets source(program_, dlt_, seed);
    for (int i = 0; i < packets; ++i) {
      const PacketBytes packet = source.Next();
      const bool cut = i % 8 == 0;
      for (std::size_t captured = cut ? 0 : packet.size(); captured <= packet.size(); ++captured) {
        if (!Same(packet, captured, source.WireLength(captured))) return;
      }
    }
  }
  int accepted() const { return accepted_; }

 private:
  bool Same(const PacketBytes& packet, std::size_t captured, std::uint32_t wire_length) {
    const bpf::Packet view{
        .captured = std::span(packet).first(captured), .wire_length = wire_length, .continuation = {}};
    const std::uint32_t wanted = bpf::Run(program_, Target::kPcap, view).verdict;
    if (ask_libpcap_) {
      const auto* instructions = reinterpret_cast<const bpf_insn*>(program_.data());
      const std::uint32_t theirs =
          bpf_filter(instructions, packet.data(), wire_length, static_cast<u_int>(captured));
      EXPECT_EQ(wanted, theirs) << "the interpreters differ on " << filter_;
    }
    const bpf::Outcome got = ir::Evaluate(function_, view);
    if (wanted != 0) ++accepted_;
    EXPECT_NE(got.end, bpf::End::kMalformed) << filter_;
    EXPECT_EQ(got.verdict, wanted) << filter_ << " on DLT " << dlt_ << "\nwire length " << wire_length
                                   << " packet " << Describe(packet, captured) << "\n"
                                   << ir::Print(function_) << bpf::FormatAssembly(program_);
    return got.verdict == wanted && got.end != bpf::End::kMalformed;
  }

  std::string filter_;
  int dlt_;
  const Program& program_;
  const ir::Function& function_;
  bool ask_libpcap_;
  int accepted_ = 0;
};

void ExpectSound(const ir::Function& function, const std::string& filter) {
  for (const ir::BrokenInvariant& broken : ir::Check(function)) {
    ADD_FAILURE() << filter << ": " << broken.rule << " at " << broken.place << ": " << broken.detail << "\n"
                  << ir::Print(function);
  }
}

bool AsksTheKernel(const Expected<ir::Function>& function) {
  return !function && function.error().message.find("--target linux") != std::string::npos;
}

void ExpectSameAsPcap(const std::string& filter, int dlt, int packets) {
  std::string refusal;
  const std::optional<Program> program = PcapProgram(filter, dlt, &refusal);
  const Expected<ir::Function> function = LowerText(filter, OptionsFor(dlt));
  if (AsksTheKernel(function)) return;
  ASSERT_EQ(function.has_value(), program.has_value())
      << "'" << filter << "' on DLT " << dlt
      << (function.has_value() ? "; libpcap: " + refusal : "; bpfopt: " + function.error().message);
  if (!program) return;
  ExpectSound(*function, filter);
  if (LosesHeaderLengths(*program, filter, OptionsFor(dlt))) return;
  Comparison(filter, dlt, *program, *function).Run(packets, 1);
}

class LowerOnLinkType : public ::testing::TestWithParam<int> {};

TEST_P(LowerOnLinkType, MeansWhatLibpcapMeans) {
  for (const char* filter : kLowerFilters) {
    ExpectSameAsPcap(filter, GetParam(), FewerIfSanitized(GetParam() == DLT_EN10MB ? 60 : 12));
  }
}

TEST_P(LowerOnLinkType, WordsOfLinkTypesMeanWhatLibpcapMeans) {
  for (const char* filter : kLinkFilters) {
    ExpectSameAsPcap(filter, GetParam(), FewerIfSanitized(20));
  }
}

TEST_P(LowerOnLinkType, TakesWhatLibpcapRefusesWrongly) {
  for (const char* filter : kOnlyOurs) {
    EXPECT_FALSE(PcapProgram(filter, GetParam())) << filter;
    const Expected<ir::Function> function = LowerText(filter, OptionsFor(GetParam()));
    ASSERT_TRUE(function) << filter << ": " << function.error().message;
    ExpectSound(*function, filter);
  }
}

INSTANTIATE_TEST_SUITE_P(All, LowerOnLinkType, ::testing::ValuesIn([] {
                           std::vector<int> types;
                           for (const LinkType& type : LinkTypes()) types.push_back(type.dlt);
                           return types;
                         }()),
                         [](const auto& info) {
                           std::string name = NameOf(**FindLinkType(info.param));
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

struct Row {
  std::string id;
  std::string link_type;
  std::string filter;
};

std::vector<Row> CorpusRows() {
  std::vector<Row> rows;
  for (const char* name : {"common.txt", "redundant.txt", "libpcap-bugs.txt"}) {
    std::ifstream file(std::string(BPFOPT_SOURCE_DIR) + "/bench/corpus/" + name);
    EXPECT_TRUE(file) << name;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      const std::size_t first = line.find(" | ");
      const std::size_t second = line.find(" | ", first + 3);
      rows.push_back(
          {line.substr(0, first), line.substr(first + 3, second - first - 3), line.substr(second + 3)});
    }
  }
  return rows;
}

TEST(Lower, CorpusMeansWhatLibpcapMeans) {
  int compared = 0;
  for (const Row& row : FewerIfSanitized(CorpusRows())) {
    const auto link_type = FindLinkType(row.link_type);
    if (!link_type) continue;
    SCOPED_TRACE(row.id);
    ExpectSameAsPcap(row.filter, (*link_type)->dlt, 400);
    ++compared;
  }
  EXPECT_GT(compared, FewerIfSanitized(100));
}

// Filters that nobody thought of. What libpcap refuses is left out: it has 16 scratch words, bpfopt as many
// as it likes.
TEST_P(LowerOnLinkType, RandomFiltersMeanWhatLibpcapMeans) {
  const LinkType& type = **FindLinkType(GetParam());
  RandomScope scope;
  scope.ethernet = type.mac.has_value();
  scope.encapsulations = type.has_vlan;
  RandomFilter filters(static_cast<std::uint64_t>(GetParam()) + 1, scope);
  int compared = 0;
  const int rounds = FewerIfSanitized(GetParam() == DLT_EN10MB ? 250 : 80);
  for (int i = 0; i < rounds; ++i) {
    const std::string filter = PrintFilter(filters.Tree(1 + static_cast<unsigned>(i) % 8));
    const std::optional<Program> program = PcapProgram(filter, GetParam());
    const Expected<ir::Function> function = LowerText(filter, OptionsFor(GetParam()));
    if (!program || AsksTheKernel(function)) continue;
    ASSERT_TRUE(function) << filter << ": " << function.error().message;
    ExpectSound(*function, filter);
    if (LosesHeaderLengths(*program, filter, OptionsFor(GetParam()))) continue;
    Comparison(filter, GetParam(), *program, *function).Run(40, static_cast<std::uint32_t>(i));
    ++compared;
  }
  EXPECT_GE(compared, type.protocol_field == ProtocolField::kNone ? 0 : rounds / 4);
}

// Steering works: few filters go without a packet that they accept.
TEST(Lower, ComparisonsMeetAcceptedPackets) {
  int without = 0;
  int filters = 0;
  for (const char* filter : kLowerFilters) {
    const std::optional<Program> program = PcapProgram(filter, DLT_EN10MB);
    const Expected<ir::Function> function = LowerText(filter, OptionsFor(DLT_EN10MB));
    if (!program || !function) continue;
    Comparison comparison(filter, DLT_EN10MB, *program, *function);
    comparison.Run(60, 2);
    ++filters;
    if (comparison.accepted() == 0) ++without;
  }
  EXPECT_LT(without * 8, filters) << without << " of " << filters;
}

TEST(Lower, IpBroadcastFollowsTheNetmask) {
  for (const std::uint32_t netmask : {0xffffff00U, 0xff000000U, 0xfffffffeU, 1U}) {
    LowerOptions options = OptionsFor(DLT_EN10MB);
    options.netmask = netmask;
    const std::optional<Program> program = PcapProgram("ip broadcast", DLT_EN10MB, nullptr, netmask);
    const Expected<ir::Function> function = LowerText("ip broadcast", options);
    ASSERT_TRUE(program && function);
    Comparison("ip broadcast", DLT_EN10MB, *program, *function).Run(200, 3);
  }
  LowerOptions options = OptionsFor(DLT_EN10MB);
  for (const std::optional<std::uint32_t> unknown :
       {std::optional<std::uint32_t>(), std::optional(0xffffffffU)}) {
    options.netmask = unknown;
    EXPECT_FALSE(LowerText("ip broadcast", options));
    EXPECT_TRUE(LowerText("ip multicast", options));
  }
}

TEST(Lower, DirectionOnCookedCaptures) {
  for (const int dlt : {DLT_LINUX_SLL, DLT_LINUX_SLL2}) {
    for (const char* filter : {"inbound", "outbound", "not outbound and ip", "inbound and tcp port 80"}) {
      ExpectSameAsPcap(filter, dlt, 100);
    }
  }
  ExpectSameAsPcap("ifindex 5", DLT_LINUX_SLL2, 100);
  ExpectSameAsPcap("ifindex 5 or ip and ifindex 6", DLT_LINUX_SLL2, 100);
}

TEST(Lower, ElsewhereDirectionNeedsTheKernel) {
  for (const char* filter : {"inbound", "outbound", "ifindex 5", "rand(0.5)"}) {
    const Expected<ir::Function> refused = LowerText(filter, OptionsFor(DLT_EN10MB));
    ASSERT_FALSE(refused) << filter;
    EXPECT_NE(refused.error().message.find("--target linux"), std::string::npos) << refused.error().message;
  }
}

// What the kernel knows beside the packet, and programs that end where there is no device with A as verdict.
TEST(Lower, AsksTheKernelAsLibpcapDoes) {
  for (const char* filter :
       {"inbound", "outbound and tcp", "ifindex 5", "ip or ifindex 3", "not ifindex 2 and udp port 53",
        "len > 60 and ifindex 3 or ether[0] = 5 or ifindex 4", "(tcp or arp) and ifindex 7 or ifindex 8",
        "ether[0] - 3 = len or ifindex 1", "(ip or len <= 60) and ifindex 5",
        "ip[0] & 0xf != 5 or ifindex 6"}) {
    LowerOptions options = OptionsFor(DLT_EN10MB);
    options.target = Target::kLinux;
    const Expected<ir::Function> function = LowerText(filter, options);
    ASSERT_TRUE(function) << filter << ": " << function.error().message;
    ExpectSound(*function, filter);
    const std::optional<Program> program = PcapProgram(filter, DLT_EN10MB);
    ASSERT_TRUE(program) << filter;
    SteeredPackets source(*program, DLT_EN10MB, 4);
    for (int i = 0; i < 300; ++i) {
      const PacketBytes packet = source.Next();
      const std::size_t captured = i % 2 == 0 ? packet.size() : static_cast<std::size_t>(i % 60);
      const bpf::Packet view{.captured = std::span(packet).first(captured),
                             .wire_length = source.WireLength(captured),
                             .continuation = {}};
      bpf::Ancillary ancillary;
      ancillary.word = [i](std::uint32_t offset) { return static_cast<std::uint32_t>(i) % 9 + offset % 3; };
      ancillary.has_device = i % 3 != 0;
      const bpf::Outcome wanted = bpf::Run(*program, Target::kLinux, view, ancillary);
      const bpf::Outcome got = ir::Evaluate(*function, view, ancillary);
      ASSERT_EQ(got.verdict, wanted.verdict) << filter << " " << Describe(packet, captured) << "\n"
                                             << ir::Print(*function) << bpf::FormatAssembly(*program);
      ASSERT_EQ(got.end, wanted.end) << filter;
    }
  }
}

TEST(Lower, RandDrawsOnceForEachWord) {
  LowerOptions options = OptionsFor(DLT_EN10MB);
  options.target = Target::kLinux;
  const Expected<ir::Function> function = LowerText("rand(0.25) or rand(0.5)", options);
  ASSERT_TRUE(function) << function.error().message;
  ExpectSound(*function, "rand");
  const auto verdict = [&](std::uint32_t first, std::uint32_t second) {
    bpf::Ancillary ancillary;
    ancillary.random = [=](std::size_t draw) { return draw == 0 ? first : second; };
    return ir::Evaluate(*function, {}, ancillary).verdict;
  };
  EXPECT_NE(verdict(0x3fffffff, 0xffffffff), 0U);
  EXPECT_EQ(verdict(0x40000000, 0x80000000), 0U);
  EXPECT_NE(verdict(0x40000000, 0x7fffffff), 0U);
}

TEST(Lower, WhenTakesOneOfTwo) {
  const Expected<ir::Function> function = LowerText("when(ip, udp, arp)", OptionsFor(DLT_EN10MB));
  ASSERT_TRUE(function) << function.error().message;
  ExpectSound(*function, "when");
  const std::optional<Program> same = PcapProgram("(ip and udp) or (not ip and arp)", DLT_EN10MB);
  ASSERT_TRUE(same);
  Comparison("when(ip, udp, arp)", DLT_EN10MB, *same, *function).Run(200, 5);
}

TEST(Lower, ErrorsCarryTheirPlace) {
  const Expected<ir::Function> function = LowerText("ip and vlan 5000", OptionsFor(DLT_EN10MB));
  ASSERT_FALSE(function);
  ASSERT_TRUE(function.error().range);
  EXPECT_EQ(function.error().range->begin, 7U);
  EXPECT_EQ(function.error().range->end, 16U);
}

TEST(Lower, MalformedTreesAreErrors) {
  const LowerOptions options = OptionsFor(DLT_EN10MB);
  Ast number_alone;
  number_alone.Add(Literal{5});
  EXPECT_FALSE(Lower(number_alone, options));
  Ast forward;
  forward.Add(Not{3});
  EXPECT_FALSE(Lower(forward, options));
  Ast shared;
  const NodeId ip = shared.Add(ProtocolTest{Protocol::kIp});
  shared.Add(And{ip, ip});
  EXPECT_FALSE(Lower(shared, options));
  Ast mixed;
  const NodeId arp = mixed.Add(ProtocolTest{Protocol::kArp});
  const NodeId one = mixed.Add(Literal{1});
  mixed.Add(Relation{Relational::kEqual, arp, one});
  EXPECT_FALSE(Lower(mixed, options));
}

// Linear, and nothing recurses.
TEST(Lower, ManyHostsAndDeepTrees) {
  const LowerOptions options = OptionsFor(DLT_EN10MB);
  Ast hosts;
  NodeId root = 0;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const Qualifier qualifier{.kind = AddressKind::kHost};
    const NodeId host = hosts.Add(frontend::Test{qualifier, Ipv4{.address = 0x0a000000 + i * 7}});
    root = i == 0 ? host : hosts.Add(Or{root, host});
  }
  const auto start = std::chrono::steady_clock::now();
  const Expected<ir::Function> function = Lower(hosts, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(function);
  EXPECT_GT(function->block_count(), 200000U);
  EXPECT_LT(seconds.count(), 20.0);  // far above, for machines that are busy; quadratic would be minutes
  RecordProperty("milliseconds", static_cast<int>(seconds.count() * 1000));

  Ast nots;
  root = nots.Add(ProtocolTest{Protocol::kIp});
  for (int i = 0; i < 100000; ++i) root = nots.Add(Not{root});
  EXPECT_TRUE(Lower(nots, options));

  Ast sum;
  std::vector<NodeId> open;
  for (int i = 0; i < 50000; ++i) {
    const NodeId index = sum.Add(Literal{static_cast<std::uint32_t>(i)});
    open.push_back(sum.Add(Accessor{Protocol::kLink, index, 1}));
  }
  while (open.size() > 1) {
    const NodeId rhs = open.back();
    open.pop_back();
    open.back() = sum.Add(Binary{Arithmetic::kAdd, open.back(), rhs});
  }
  const NodeId zero = sum.Add(Literal{0});
  sum.Add(Relation{Relational::kEqual, open.front(), zero});
  EXPECT_TRUE(Lower(sum, options));
}

}  // namespace
}  // namespace bpfopt::frontend
