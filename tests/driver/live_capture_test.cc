// --target linux against what libpcap compiles for a handle that captures on an interface: the words of the
// kernel for VLAN tags, directions and interfaces. Only an open interface makes it use the first, so the
// handles here are live.
#include "../bpf/kernel_filter.h"
#include "bpfopt/compiler.h"
#include "bpfopt/verify.h"
#include "live_handle.h"

#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

std::optional<Program> CompileOn(pcap_t* handle, const std::string& filter) {
  bpf_program compiled{};
  if (pcap_compile(handle, &compiled, filter.c_str(), 0, 0) != 0) return std::nullopt;
  Program program;
  for (u_int i = 0; i < compiled.bf_len; ++i) {
    const bpf_insn& from = compiled.bf_insns[i];
    program.push_back({from.code, from.jt, from.jf, from.k});
  }
  pcap_freecode(&compiled);
  return program;
}

CompileOptions LinuxOptions(const std::string& link_type) {
  CompileOptions options;
  options.link_type = link_type;
  options.netmask = 0;
  options.target = Target::kLinux;
  options.relation = Relation::kStrict;
  return options;
}

class LiveCaptureTest : public testing::Test {
 protected:
  // False where no handle is to be had; then the test is skipped.
  bool Open(const char* device, const std::string& link_type) {
    if (EnterNetworkNamespace()) handle_ = OpenLive(device, pcap_datalink_name_to_val(link_type.c_str()));
    link_type_ = link_type;
    return handle_ != nullptr;
  }

  // Both refuse the filter, or what it means here is what libpcap's program does, and the program made of it
  // is proven and taken by the kernel.
  void ExpectSame(const std::string& filter) {
    SCOPED_TRACE(link_type_ + ": " + filter);
    const std::optional<Program> live = CompileOn(handle_.get(), filter);
    const auto result = Compile(filter, LinuxOptions(link_type_));
    ASSERT_EQ(result.has_value(), live.has_value())
        << (result ? pcap_geterr(handle_.get()) : result.error().message);
    if (!live) return;
    ++compared_;
    VerifyOptions options;
    options.target = Target::kLinux;
    options.relation = Relation::kStrict;
    const auto verdict = Verify(*live, result->source, options);
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_EQ(verdict->answer, Answer::kEqual) << verdict->reason;
    ExpectProvenAndAttached(*result);
  }

  void ExpectProvenAndAttached(const CompileResult& result) {
    EXPECT_TRUE(result.proven);
    EXPECT_LE(result.program.size(), result.source.size());
    if (!kernel_.Works()) return;
    EXPECT_EQ(kernel_.Attach(result.program), 0);
  }

  LiveHandle handle_;
  std::string link_type_;
  bpf::KernelFilter kernel_;
  std::size_t compared_ = 0;
};

#ifdef BPFOPT_IS_SANITIZED
constexpr std::size_t kEvery = 9;
#else
constexpr std::size_t kEvery = 1;
#endif

constexpr const char* kNoHandle = "this system lets no interface be opened here";

TEST_F(LiveCaptureTest, TagsAreAskedOfTheKernel) {
  if (!Open("lo", "EN10MB")) GTEST_SKIP() << kNoHandle;
  std::size_t made = 0;
  for (const char* tag : {"vlan", "vlan 5", "vlan and vlan", "vlan 5 and vlan 6"}) {
    for (const char* next : {"ip",
                             "ip6",
                             "arp",
                             "tcp port 80",
                             "udp src portrange 5-9",
                             "host 192.0.2.1",
                             "ip6 host 2001:db8::1",
                             "net 10.0.0.0/8",
                             "ether host 02:00:5e:10:00:01",
                             "ether broadcast",
                             "ip multicast",
                             "proto 6",
                             "ether proto 0x88cc",
                             "ether[0] & 1 = 1",
                             "ether[12:2] = 0x800",
                             "ip[9] = 6",
                             "ip6[6] = 17",
                             "tcp[13] & 2 != 0",
                             "tcp[ip[0]:2] = 5",
                             "icmp6[0] = 135",
                             "len > 100",
                             "llc",
                             "llc u",
                             "stp",
                             "ipx",
                             "iso proto 0x83",
                             "isis",
                             "atalk",
                             "mpls",
                             "mpls 5 and ip",
                             "mpls and mpls 6 and tcp",
                             "not ip",
                             "inbound",
                             "outbound",
                             "ifindex 3",
                             "pppoed",
                             "vlan 7 and ip"}) {
      for (const char* connective : {" and ", " or "}) {
        if (made++ % kEvery == 0) ExpectSame(std::string(tag) + connective + next);
      }
    }
  }
  EXPECT_GT(compared_ * kEvery, 250U);
}

TEST_F(LiveCaptureTest, TagsMoveWhatIsWrittenAfterThem) {
  if (!Open("lo", "EN10MB")) GTEST_SKIP() << kNoHandle;
  for (const char* filter : {"vlan",
                             "not vlan",
                             "vlan 5",
                             "not vlan 5",
                             "vlan 0",
                             "vlan 4095",
                             "vlan 4096",
                             "vlan or vlan",
                             "vlan 5 or vlan 6",
                             "vlan 5 and not vlan 6",
                             "not vlan and ip",
                             "not (vlan 5 and ip)",
                             "not (vlan or ip) and arp",
                             "ip or vlan and ip",
                             "(ip or vlan) and tcp",
                             "(vlan or arp) and ip",
                             "(vlan 3 or vlan 4) and udp port 53",
                             "(vlan and ip) or (vlan and arp) or ip6",
                             "tcp port 80 or (vlan and tcp port 80) or (vlan and tcp port 80)",
                             "(vlan and net 192.168.0.0/16) or net 192.168.0.0/16",
                             "ip and not vlan",
                             "not not vlan 7 and ip",
                             "vlan and vlan and vlan and ip",
                             "vlan and (ip or ip6 and udp)",
                             "(vlan or llc) and stp",
                             "inbound and vlan",
                             "outbound or vlan 5 and ip",
                             "ifindex 2 and vlan",
                             "vlan 5 and ifindex 2 or ip",
                             "ether[0] = 3 or vlan and ifindex 5 or arp",
                             "vlan and not inbound and tcp[0] > 5",
                             "inbound",
                             "outbound",
                             "ifindex 7",
                             "not ifindex 7 and (inbound or ip)",
                             "mpls and vlan",
                             "pppoes and vlan",
                             "mpls or vlan",
                             "geneve and vlan",
                             "geneve and vlan 5 and ip",
                             "pppoes and ip",
                             "mpls and ip",
                             "vlan and protochain 6",
                             "vlan and pppoes and vlan",
                             "vlan and arp host 10.0.0.1",
                             "vlan and rarp",
                             "ether src 02:00:5e:10:00:01 and vlan 9"}) {
    ExpectSame(filter);
  }
  EXPECT_GT(compared_, 40U);
}

// libpcap clears the words that hold the moved offsets, but the wrong ones, when a later encapsulation has
// offsets of its own: its program reads what was never written, and here the filter means what it says.
TEST_F(LiveCaptureTest, SomeProgramsOfLibpcapHaveNoMeaning) {
  if (!Open("lo", "EN10MB")) GTEST_SKIP() << kNoHandle;
  for (const char* filter :
       {"vlan and pppoes", "vlan or pppoes and ip", "vlan 5 and pppoes 7 and tcp port 80", "vlan and geneve",
        "vlan and geneve and ip", "ip or vlan or geneve and vlan", "geneve or vlan"}) {
    SCOPED_TRACE(filter);
    const std::optional<Program> live = CompileOn(handle_.get(), filter);
    ASSERT_TRUE(live);
    VerifyOptions options;
    options.target = Target::kLinux;
    const auto verdict = Verify(*live, *live, options);
    ASSERT_FALSE(verdict);
    EXPECT_NE(verdict.error().message.find("no meaning"), std::string::npos) << verdict.error().message;
    const auto result = Compile(filter, LinuxOptions("EN10MB"));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->source_kind, SourceKind::kLowering);
    ExpectProvenAndAttached(*result);
  }
}

TEST_F(LiveCaptureTest, CookedCaptures) {
  for (const char* link_type : {"LINUX_SLL", "LINUX_SLL2"}) {
    if (!Open("any", link_type)) GTEST_SKIP() << kNoHandle;
    for (const char* filter :
         {"vlan", "vlan 5 and ip", "inbound", "outbound and tcp port 80", "not inbound", "ifindex 3",
          "ifindex 3 or ip and inbound", "ip and not ifindex 2", "mpls", "pppoes and ip",
          "ether proto 0x88cc", "not (outbound or arp) and ifindex 5"}) {
      ExpectSame(filter);
    }
  }
  EXPECT_GT(compared_, 15U);
}

// In libpcap's programs the place of an inner header moves the kernel's word, to another word or into the
// packet.
TEST_F(LiveCaptureTest, DirectionsOfEncapsulatedPacketsAreRefused) {
  if (!Open("lo", "EN10MB")) GTEST_SKIP() << kNoHandle;
  for (const char* filter : {"pppoes and outbound", "geneve and inbound", "vlan and pppoes and inbound"}) {
    EXPECT_TRUE(CompileOn(handle_.get(), filter)) << filter;
    const auto result = Compile(filter, LinuxOptions("EN10MB"));
    ASSERT_FALSE(result) << filter;
    EXPECT_NE(result.error().message.find("encapsulated"), std::string::npos) << result.error().message;
  }
}

// Without an interface there is no tag beside the frame.
TEST(LiveCapture, FilesAndOtherTargetsHaveTheirTagsInTheFrame) {
  CompileOptions live = LinuxOptions("EN10MB");
  CompileOptions file = live;
  file.origin = PacketOrigin::kSavefile;
  CompileOptions anywhere = live;
  anywhere.target = Target::kPcap;
  const auto of_interface = Compile("vlan 5 and ip", live);
  ASSERT_TRUE(of_interface);
  EXPECT_EQ(of_interface->source_kind, SourceKind::kLowering);
  EXPECT_NE(of_interface->source_reason.find("interface"), std::string::npos) << of_interface->source_reason;
  for (const CompileOptions& options : {file, anywhere}) {
    const auto result = Compile("vlan 5 and ip", options);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->source_kind, SourceKind::kLibpcap) << result->source_reason;
    EXPECT_NE(result->program, of_interface->program);
  }
}

}  // namespace
}  // namespace bpfopt
