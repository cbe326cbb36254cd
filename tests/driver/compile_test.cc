// The library's main call: what it makes, refuses, warns of and reports.
#include "bpfopt/compiler.h"
#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

CompileOptions Options(std::string link_type = "EN10MB") {
  CompileOptions options;
  options.link_type = std::move(link_type);
  options.check_invariants = true;
  return options;
}

std::string CompileToText(std::string_view filter, const CompileOptions& options = Options()) {
  const auto result = Compile(filter, options);
  return result ? FormatProgram(result->program, Format::kAssembly) : "error: " + result.error().message;
}

TEST(CompileTest, SmallFilterIsAsTcpdumpHasIt) {
  EXPECT_EQ(CompileToText("ip and udp"),
            "(000) ldh      [12]\n"
            "(001) jeq      #0x800           jt 2\tjf 5\n"
            "(002) ldb      [23]\n"
            "(003) jeq      #0x11            jt 4\tjf 5\n"
            "(004) ret      #262144\n"
            "(005) ret      #0\n");
}

TEST(CompileTest, EmptyFilterAcceptsEverythingWithoutAWarning) {
  const auto result = Compile("", Options());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(FormatProgram(result->program, Format::kAssembly), "(000) ret      #262144\n");
  EXPECT_TRUE(result->proven);
  EXPECT_TRUE(result->diagnostics.empty());
}

TEST(CompileTest, WarnsOfFiltersThatSayNothing) {
  struct Case {
    const char* filter;
    const char* warning;
  };
  for (const Case& each : std::vector<Case>{{"ip and ip6", "this filter matches no packet"},
                                            {"len > 100 and len < 50", "this filter matches no packet"},
                                            {"len >= 0", "this filter matches every packet"}}) {
    SCOPED_TRACE(each.filter);
    const auto result = Compile(each.filter, Options());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    ASSERT_EQ(result->diagnostics.size(), 1U);
    EXPECT_EQ(result->diagnostics[0].severity, Diagnostic::Severity::kWarning);
    EXPECT_EQ(result->diagnostics[0].message, each.warning);
  }
}

TEST(CompileTest, WarnsOfWordsThatLibpcapMisreads) {
  struct Case {
    const char* link_type;
    const char* filter;
    const char* words;
  };
  for (const Case& each :
       std::vector<Case>{{"SUNATM", "vpi != 5", "write 'not vpi 5'"},
                         {"MTP2", "hopc != 5", "write 'not hopc 5'"},
                         {"EN10MB", "greater 60 and byte 7 & 1", "write 'link[7] & 1 != 0'"},
                         {"ARCNET", "ether dst $2f", "for 0xd2"}}) {
    SCOPED_TRACE(each.filter);
    CompileOptions options = Options();
    options.link_type = each.link_type;
    const auto result = Compile(each.filter, options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    EXPECT_EQ(result->source_kind, SourceKind::kLibpcap);
    ASSERT_EQ(result->diagnostics.size(), 1U);
    EXPECT_NE(result->diagnostics[0].message.find(each.words), std::string::npos)
        << result->diagnostics[0].message;
  }
}

// Raw IPv4 has no field that could tell ARP from it; the PPP header that follows `pppoes` has one.
TEST(CompileTest, SpellsNamesByTheInnermostHeader) {
  CompileOptions options = Options();
  options.link_type = "IPV4";
  options.resolver = HostsResolver("192.0.2.7 box", SystemResolver()).value();
  for (const char* filter :
       {"src box", "pppoes and src box", "pppoes or src box", "src box or pppoes or host box"}) {
    SCOPED_TRACE(filter);
    const auto result = Compile(filter, options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    EXPECT_EQ(result->source_kind, SourceKind::kLibpcap);
  }
}

// libpcap keeps the length of the radio header in the word that it gives to the 100.
TEST(CompileTest, TakesItsOwnSourceWherePlacesOfHeadersAreLost) {
  CompileOptions options = Options();
  options.link_type = "IEEE802_11_RADIO";
  const auto lost = Compile("len > 100 and ip", options);
  ASSERT_TRUE(lost) << lost.error().message;
  EXPECT_TRUE(lost->proven);
  EXPECT_EQ(lost->source_kind, SourceKind::kLowering);
  ASSERT_EQ(lost->diagnostics.size(), 1U);
  EXPECT_EQ(lost->diagnostics[0].severity, Diagnostic::Severity::kNote);

  const auto kept = Compile("ip and len > 100", options);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_TRUE(kept->proven);
  EXPECT_EQ(kept->source_kind, SourceKind::kLibpcap);
  EXPECT_TRUE(kept->diagnostics.empty());
}

// An AVS header's length is any word, and an address that the kernel takes for a negative one is not that of
// a part.
TEST(CompileTest, LoadsAtNegativeAddressesStayWhole) {
  CompileOptions options = Options();
  options.link_type = "IEEE802_11_RADIO_AVS";
  for (const int level : {1, 2}) {
    options.level = level;
    options.proof = ProofMode::kOn;
    const auto result = Compile("proto \\ah and net 192.168", options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
  }
}

TEST(CompileTest, NotesFiltersThatTheKernelOfACookedCaptureCannotFollow) {
  CompileOptions options = Options();
  options.link_type = "LINUX_SLL";
  for (const char* filter : {"geneve and ip", "link[0:4] = 1", "link[ip[0]] = 1"}) {
    SCOPED_TRACE(filter);
    options.target = Target::kPcap;
    const auto result = Compile(filter, options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    EXPECT_FALSE(result->kernel_follows);
    ASSERT_EQ(result->diagnostics.size(), 1U);
    EXPECT_NE(result->diagnostics[0].message.find("on a live capture"), std::string::npos);
    options.target = Target::kLinux;
    EXPECT_FALSE(Compile(filter, options));
  }
}

TEST(CompileTest, EmbeddedFilterCompilesAsItsText) {
  using namespace filter;  // NOLINT: as its users write it
  const auto embedded = Compile(ip & (udp | tcp) & port(53), Options());
  const auto text = Compile("ip and (udp or tcp) and port 53", Options());
  ASSERT_TRUE(embedded) << embedded.error().message;
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(embedded->program, text->program);
  EXPECT_EQ(embedded->source, text->source);
  EXPECT_TRUE(embedded->proven);
}

TEST(CompileTest, SourceIsLibpcapsUnlessLibpcapRefuses) {
  const auto shared = Compile("tcp port 80", Options());
  ASSERT_TRUE(shared) << shared.error().message;
  EXPECT_EQ(shared->source_kind, SourceKind::kLibpcap);
  EXPECT_EQ(shared->source, CompileWithLibpcap("tcp port 80", {.optimize = false}));

  // Another spelling of what libpcap has.
  const auto spelled = Compile("tcp & port(80)", Options());
  ASSERT_TRUE(spelled) << spelled.error().message;
  EXPECT_EQ(spelled->source_kind, SourceKind::kLibpcap) << spelled->source_reason;
  EXPECT_EQ(spelled->program, shared->program);

  const auto extended = Compile("when(tcp, port 80, udp)", Options());
  ASSERT_TRUE(extended) << extended.error().message;
  EXPECT_EQ(extended->source_kind, SourceKind::kLowering);
  EXPECT_TRUE(extended->proven);
}

TEST(CompileTest, NamesAreResolvedOnceForBothCompilers) {
  auto hosts = HostsResolver("192.0.2.1 box0\n192.0.2.2 box1\n", SystemResolver());
  ASSERT_TRUE(hosts) << hosts.error().message;
  CompileOptions options = Options();
  options.resolver = std::move(*hosts);
  const auto named = Compile("src box0 and dst box1", options);
  const auto numbered = Compile("src 192.0.2.1 and dst 192.0.2.2", options);
  ASSERT_TRUE(named) << named.error().message;
  ASSERT_TRUE(numbered) << numbered.error().message;
  EXPECT_EQ(named->source_kind, SourceKind::kLibpcap) << named->source_reason;
  EXPECT_EQ(named->program, numbered->program);
}

TEST(CompileTest, RandomDrawsNeedTheKernelAndAreProven) {
  CompileOptions options = Options();
  EXPECT_FALSE(Compile("ip and rand(0.1)", options));
  options.target = Target::kLinux;
  const auto result = Compile("ip & rand(0.1) & icmp", options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->draws.size(), 1U);
}

TEST(CompileTest, RefusesBadInputWithItsPlace) {
  struct Case {
    const char* filter;
    bool has_place;
  };
  for (const Case& each : std::vector<Case>{
           {"ip and", true}, {"(ip", true}, {"ip)", true}, {"port 99999", true}, {"nosuchword 1", true}}) {
    SCOPED_TRACE(each.filter);
    const auto result = Compile(each.filter, Options());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
    EXPECT_FALSE(result.error().message.empty());
    EXPECT_EQ(result.error().range.has_value(), each.has_place);
    if (result.error().range) {
      EXPECT_LE(result.error().range->begin, std::string_view(each.filter).size());
    }
  }
}

TEST(CompileTest, RefusesBadOptions) {
  const auto refuses = [](auto change) {
    CompileOptions options = Options();
    change(options);
    const auto result = Compile("ip", options);
    return !result && result.error().code == ErrorCode::kInvalidInput;
  };
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.link_type = "NO_SUCH_TYPE"; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.link_type = "99999"; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.level = 4; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.level = -1; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.snaplen = 0; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.limit = 0; }));
  EXPECT_TRUE(refuses([](CompileOptions& o) { o.target = Target::kSeccomp; }));
}

TEST(CompileTest, BroadcastNeedsANetmask) {
  CompileOptions options = Options();
  EXPECT_FALSE(Compile("ip broadcast", options));
  options.netmask = 0xffffff00;
  const auto result = Compile("ip broadcast", options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->source_kind, SourceKind::kLibpcap) << result->source_reason;
}

// libpcap's filters for DLT_NULL differ by where the packets come from; its program proves ours in each case.
TEST(CompileTest, OriginDecidesAddressFamilies) {
  std::vector<Program> programs;
  for (const PacketOrigin origin :
       {PacketOrigin::kInterface, PacketOrigin::kSavefile, PacketOrigin::kSwappedSavefile}) {
    CompileOptions options = Options("NULL");
    options.origin = origin;
    const auto result = Compile("ip6 and tcp port 80", options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    EXPECT_EQ(result->source_kind, SourceKind::kLibpcap) << result->source_reason;
    for (const Program& other : programs) EXPECT_NE(result->program, other);
    programs.push_back(result->program);
  }
}

TEST(CompileTest, FilesHaveNoInterfaceToAsk) {
  CompileOptions options = Options();
  options.target = Target::kLinux;
  EXPECT_TRUE(Compile("inbound", options));
  options.origin = PacketOrigin::kSavefile;
  EXPECT_FALSE(Compile("inbound", options));
}

TEST(CompileTest, SnaplenIsTheVerdict) {
  CompileOptions options = Options("RAW");
  options.snaplen = 96;
  EXPECT_EQ(CompileToText("", options), "(000) ret      #96\n");
}

TEST(CompileTest, ObserverSeesEveryStepInOrder) {
  CompileOptions options = Options();
  std::vector<std::string> names;
  std::map<std::string, std::string> texts;
  options.observer = [&](const StageReport& report) {
    if (names.empty() || names.back() != report.name) names.emplace_back(report.name);
    if (report.text) texts[std::string(report.name)] = report.text();
  };
  const auto result = Compile("tcp port 80", options);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_GT(names.size(), 6U);
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 4),
            (std::vector<std::string>{"parse", "resolve", "lower", "source"}));
  EXPECT_EQ(names.back(), "prove");
  for (const PassInfo& pass : Passes()) {
    const bool is_for_bytecode = pass.name == "duplicate-tails";
    EXPECT_NE(texts.contains(std::string(pass.name)), is_for_bytecode) << pass.name;
  }
  EXPECT_EQ(texts["emit"], FormatProgram(result->program, Format::kAssembly));
  EXPECT_EQ(texts["lower"].rfind("fn ", 0), 0U) << texts["lower"];
}

TEST(CompileTest, IrStopsAfterTheNamedPass) {
  const CompileOptions options = Options();
  const auto lowered = CompileToIr("ip and ip", options, "lower");
  const auto finished = CompileToIr("ip and ip", options);
  ASSERT_TRUE(lowered) << lowered.error().message;
  ASSERT_TRUE(finished) << finished.error().message;
  EXPECT_GT(lowered->size(), finished->size());
  EXPECT_FALSE(CompileToIr("ip", options, "no-such-pass"));
}

TEST(CompileTest, DotHasABlockANode) {
  const auto dot = CompileToDot("ip and udp", Options());
  ASSERT_TRUE(dot) << dot.error().message;
  EXPECT_EQ(dot->rfind("digraph filter {\n", 0), 0U);
  EXPECT_NE(dot->find("b0 -> b1 [label=\"true\\l\"]"), std::string::npos) << *dot;
  EXPECT_NE(dot->find("ldh[12] == 0x800"), std::string::npos) << *dot;
}

TEST(CompileTest, StepsThatMakeIrHaveItAsAGraph) {
  CompileOptions options = Options();
  std::size_t graphs = 0;
  options.observer = [&](const StageReport& report) {
    if (!report.graph) return;
    const Graph graph = report.graph();
    ASSERT_FALSE(graph.blocks.empty()) << report.name;
    ++graphs;
    std::string text = "fn pcap {\n";
    for (std::size_t i = 0; i < graph.blocks.size(); ++i) {
      const GraphBlock& block = graph.blocks[i];
      EXPECT_EQ(block.lines[0].rfind("b" + std::to_string(i), 0), 0U) << block.lines[0];
      for (const std::string& line : block.lines) text += line + "\n";
      for (const GraphEdge& edge : block.edges) EXPECT_GT(edge.target, i);
    }
    EXPECT_EQ(text + "}\n", report.text()) << report.name;
  };
  ASSERT_TRUE(Compile("tcp port 80 or udp port 53", options));
  EXPECT_GT(graphs, 5U);
}

TEST(CompileTest, LinkTypesAreFoundByNameAndNumber) {
  for (const LinkTypeInfo& type : LinkTypes()) {
    EXPECT_EQ(FindLinkType(type.name)->number, type.number);
    EXPECT_EQ(FindLinkType(std::to_string(type.number))->name, type.name);
    EXPECT_FALSE(type.description.empty());
  }
  EXPECT_EQ(FindLinkType("en10mb")->number, 1);
}

}  // namespace
}  // namespace bpfopt
