// Live on the `any` device: programs for cooked captures set through pcap_setfilter, which rewrites them for
// the kernel by the offsets of their loads, capture what libpcap's own programs capture. Runs in a network
// namespace of its own.
#include "bpfopt/compiler.h"
#include "live_handle.h"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt {
namespace {

// Verdicts count only with the packet: the bytes that were kept, without the time.
std::vector<std::string> Captured(pcap_t* handle) {
  std::vector<std::string> packets;
  pcap_dispatch(
      handle, -1,
      [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
        auto* list = reinterpret_cast<std::vector<std::string>*>(user);
        list->push_back(std::to_string(header->len) + ":" +
                        std::string(reinterpret_cast<const char*>(bytes), header->caplen));
      },
      reinterpret_cast<u_char*>(&packets));
  return packets;
}

template <typename Address>
void Send(int type, const Address& to, const std::string& payload) {
  const int fd = socket(reinterpret_cast<const sockaddr*>(&to)->sa_family, type | SOCK_NONBLOCK, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    [[maybe_unused]] const auto sent = send(fd, payload.data(), payload.size(), MSG_NOSIGNAL);
  }
  close(fd);
}

// UDP and TCP over both versions of IP to closed ports: datagrams, the ICMP errors they cause, SYN and RST.
void SendTraffic() {
  for (std::uint16_t port : {std::uint16_t{53}, std::uint16_t{5353}, std::uint16_t{7777}}) {
    sockaddr_in to4{};
    to4.sin_family = AF_INET;
    to4.sin_port = htons(port);
    to4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 to6{};
    to6.sin6_family = AF_INET6;
    to6.sin6_port = htons(port);
    to6.sin6_addr = in6addr_loopback;
    for (const std::string& payload : {std::string("x"), std::string(600, 'y')}) {
      Send(SOCK_DGRAM, to4, payload);
      Send(SOCK_DGRAM, to6, payload);
    }
    Send(SOCK_STREAM, to4, "");
    Send(SOCK_STREAM, to6, "");
  }
}

bool SetFilter(pcap_t* handle, const Program& program) {
  std::vector<bpf_insn> instructions;
  for (const Instruction& instruction : program) {
    instructions.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
  }
  bpf_program set{static_cast<u_int>(instructions.size()), instructions.data()};
  return pcap_setfilter(handle, &set) == 0;
}

class AnyDeviceTest : public testing::TestWithParam<std::pair<std::string, int>> {};

TEST_P(AnyDeviceTest, CapturesWhatLibpcapsProgramsCapture) {
  const auto& [name, link_type] = GetParam();
  if (!EnterNetworkNamespace()) GTEST_SKIP() << "this system allows no network namespace here";
  std::size_t captured = 0;
  for (const char* filter :
       {"ip and ip[0:2] = 0x4500", "udp port 5353", "ip6", "tcp", "host 127.0.0.1 and not tcp", "port 7777",
        "outbound and udp", "inbound and not tcp", "icmp or icmp6", "greater 300",
        "net 127.0.0.0/8 and udp dst port 53", "ip6 and ip6[6] = 17", "link[5] = 6 and udp"}) {
    LiveHandle ours = OpenLive("any", link_type);
    LiveHandle theirs = OpenLive("any", link_type);
    if (!ours || !theirs) GTEST_SKIP() << "this system has no `any` device for " << name;
    CompileOptions options;
    options.link_type = name;
    Expected<CompileResult> compiled = Compile(filter, options);
    ASSERT_TRUE(compiled.has_value()) << filter << ": " << compiled.error().message;
    EXPECT_TRUE(compiled->proven) << filter;
    ASSERT_TRUE(SetFilter(ours.get(), compiled->program)) << filter << ": " << pcap_geterr(ours.get());
    bpf_program program;
    ASSERT_EQ(pcap_compile(theirs.get(), &program, filter, 1, 0), 0) << pcap_geterr(theirs.get());
    ASSERT_EQ(pcap_setfilter(theirs.get(), &program), 0) << pcap_geterr(theirs.get());
    pcap_freecode(&program);

    SendTraffic();
    usleep(50'000);
    const std::vector<std::string> expected = Captured(theirs.get());
    EXPECT_EQ(Captured(ours.get()), expected) << name << ": " << filter;
    captured += expected.size();
  }
  EXPECT_GT(captured, 0U) << "no filter captured anything";
}

INSTANTIATE_TEST_SUITE_P(CookedLinkTypes, AnyDeviceTest,
                         testing::Values(std::pair("LINUX_SLL", DLT_LINUX_SLL),
                                         std::pair("LINUX_SLL2", DLT_LINUX_SLL2)),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace bpfopt
