// What stands in for pcap_compile beside pcap_compile itself, in one process: programs, refusals, and what
// they depend on.
#include "preload/drop_in.h"

#include "../cli/command.h"
#include "../driver/live_handle.h"
#include "../sanitized.h"
#include "bench/corpus.h"
#include "bpfopt/compiler.h"
#include "bpfopt/verify.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::preload {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

Handle OpenDead(int link_type = DLT_EN10MB, int snaplen = 262144) {
  return Handle(pcap_open_dead(link_type, snaplen));
}

struct Result {
  int status = 0;
  std::string error;  // of a refusal
  Program program;
};

template <typename Compile>
Result CompileWith(const Compile& compile, pcap_t* handle, const char* filter, int optimize = 1,
                   bpf_u_int32 netmask = 0) {
  Result result;
  bpf_program code{};
  result.status = compile(handle, &code, filter, optimize, netmask);
  if (result.status != 0) {
    result.error = pcap_geterr(handle);
    return result;
  }
  for (u_int i = 0; i < code.bf_len; ++i) {
    const bpf_insn& each = code.bf_insns[i];
    result.program.push_back({each.code, each.jt, each.jf, each.k});
  }
  pcap_freecode(&code);
  return result;
}

class DropInTest : public testing::Test {
 protected:
  static Settings Logging(const TemporaryDirectory& directory) {
    Settings settings;
    settings.log_file = directory.Path("log");
    return settings;
  }

  Result Ours(pcap_t* handle, const char* filter, int optimize = 1, bpf_u_int32 netmask = 0) {
    return CompileWith([&](auto... arguments) { return drop_in_.Compile(arguments...); }, handle, filter,
                       optimize, netmask);
  }
  static Result Theirs(pcap_t* handle, const char* filter, int optimize = 1, bpf_u_int32 netmask = 0) {
    return CompileWith(pcap_compile, handle, filter, optimize, netmask);
  }

  void ExpectSameRefusal(pcap_t* handle, const char* filter, bpf_u_int32 netmask = 0) {
    const Result theirs = Theirs(handle, filter, 1, netmask);
    const Result ours = Ours(handle, filter, 1, netmask);
    EXPECT_NE(theirs.status, 0) << filter;
    EXPECT_EQ(ours.status, theirs.status) << filter;
    EXPECT_EQ(ours.error, theirs.error) << filter;
  }

  std::string LastLine() const {
    const std::string log = ReadFile(directory_.Path("log"));
    const std::size_t end = log.rfind('\n', log.size() - 2);
    return end == std::string::npos ? log : log.substr(end + 1);
  }
  void ExpectLogged(const std::string& text) const {
    EXPECT_NE(LastLine().find(text), std::string::npos) << LastLine();
  }

  TemporaryDirectory directory_;
  DropIn drop_in_{Logging(directory_), Libpcap(pcap_compile)};
};

TEST_F(DropInTest, ASmallerProgramThatIsEqual) {
  const Handle handle = OpenDead();
  const Result theirs = Theirs(handle.get(), "port 53", /*optimize=*/0);
  const Result ours = Ours(handle.get(), "port 53");
  ASSERT_EQ(ours.status, 0);
  EXPECT_LT(ours.program.size(), Theirs(handle.get(), "port 53").program.size());
  const auto verdict = Verify(theirs.program, ours.program, {.relation = Relation::kFaithful});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->answer, Answer::kEqual);
  ExpectLogged(" used=bpfopt libpcap=24 ");
  ExpectLogged(" proven=faithful ");
  ExpectLogged(" filter=\"port 53\"\n");
}

TEST_F(DropInTest, RefusalsAreLibpcaps) {
  const Handle handle = OpenDead();
  for (const char* filter : {"foo bar",
                             "port",
                             "tcp port 99999",
                             "host 300.1.2.3",
                             "ip and",
                             "(tcp",
                             "tcp)",
                             "ip and arp",
                             "ether host 1.2.3.4",
                             "host 192.0.2.1 port",
                             "net 10.0.0.1/8",
                             "net 1.2.3.4/33",
                             "tcp[0:3] = 1",
                             "vlan 5000",
                             "port nosuchservice",
                             "proto nosuchproto",
                             "ip host nosuch.invalid",
                             "ip[1",
                             "1 = 2 = 3",
                             "type mgt",
                             "gateway nosuch.invalid",
                             "ip6 net 2001:db8::/129",
                             "ip broadcast and",
                             "len >",
                             "mpls 2000000",
                             "pppoes 70000",
                             "@",
                             "\"ip\"",
                             "tcp port {80, }",
                             "rifname eth0",
                             "ip multicast host",
                             "less than 5",
                             "not",
                             "and ip",
                             "src and dst host 1.2.3.4 and"}) {
    ExpectSameRefusal(handle.get(), filter);
  }
  ExpectSameRefusal(handle.get(), "ip broadcast", PCAP_NETMASK_UNKNOWN);
  ExpectLogged(" used=none ");
}

TEST_F(DropInTest, RefusalsDependOnTheHandle) {
  ExpectSameRefusal(OpenDead(DLT_RAW).get(), "ether host 02:00:00:00:00:01");
  ExpectSameRefusal(OpenDead(DLT_RAW).get(), "vlan 5");
  ExpectSameRefusal(OpenDead(DLT_EN10MB, 0).get(), "ip");
  ExpectLogged("no bytes");
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const Handle fresh(pcap_create("lo", error.data()));
  ASSERT_NE(fresh, nullptr);
  ExpectSameRefusal(fresh.get(), "ip");
  ExpectLogged("not activated");
}

TEST_F(DropInTest, WhereBpfoptCannotLibpcapDoes) {
  const Handle usb = OpenDead(DLT_USB_LINUX);
  EXPECT_EQ(Ours(usb.get(), "greater 5").program, Theirs(usb.get(), "greater 5").program);
  const Handle handle = OpenDead();
  EXPECT_EQ(Ours(handle.get(), "ip protochain 6").program, Theirs(handle.get(), "ip protochain 6").program);
  ExpectLogged(" used=libpcap ");
  ExpectLogged("chains of any length");
}

TEST_F(DropInTest, WhoWantsNoOptimizationGetsLibpcapsProgram) {
  const Handle handle = OpenDead();
  EXPECT_EQ(Ours(handle.get(), "port 53", 0).program, Theirs(handle.get(), "port 53", 0).program);
  ExpectLogged(" used=libpcap libpcap=54 bpfopt=- ");
}

TEST_F(DropInTest, SnapshotLengthNetmaskAndEmptyFilters) {
  EXPECT_EQ(Ours(OpenDead(DLT_EN10MB, 96).get(), "ip").program[2].k, 96U);
  EXPECT_EQ(Ours(OpenDead().get(), nullptr).program, (Program{{BPF_RET | BPF_K, 0, 0, 262144}}));
  EXPECT_EQ(Ours(OpenDead().get(), "").program, (Program{{BPF_RET | BPF_K, 0, 0, 262144}}));
  const Handle handle = OpenDead();
  for (const bpf_u_int32 netmask : {0U, 0xff000000U, 0xffffff00U, 0xffffff7fU}) {
    const Result theirs = Theirs(handle.get(), "ip broadcast", 0, netmask);
    const Result ours = Ours(handle.get(), "ip broadcast", 1, netmask);
    ASSERT_EQ(ours.status, 0);
    const auto verdict = Verify(theirs.program, ours.program, {.relation = Relation::kFaithful});
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->answer, Answer::kEqual) << netmask;
  }
}

TEST_F(DropInTest, AFilterIsRememberedUnlessItNamesAHost) {
  const Handle handle = OpenDead();
  const Result first = Ours(handle.get(), "tcp port http");
  ExpectLogged(" cache=miss ");
  EXPECT_EQ(Ours(OpenDead().get(), "tcp port http").program, first.program);
  ExpectLogged(" cache=hit ");
  Ours(OpenDead(DLT_EN10MB, 96).get(), "tcp port http");
  ExpectLogged(" cache=miss ");
  Ours(handle.get(), "host localhost");
  Ours(handle.get(), "host localhost");
  ExpectLogged(" cache=miss ");
}

TEST_F(DropInTest, WordsOfTheKernelAreProvenAgainstTheHandlesOwnProgram) {
  const Handle handle = OpenDead();
  ASSERT_EQ(Ours(handle.get(), "inbound and tcp port 80").status, 0);
  ExpectLogged(" used=bpfopt ");
  ExpectLogged(" target=linux ");
}

TEST_F(DropInTest, OnAnInterfaceTagsAreAskedOfTheKernel) {
  if (!EnterNetworkNamespace()) GTEST_SKIP() << "this system allows no network namespace here";
  const LiveHandle live = OpenLive("lo", DLT_EN10MB);
  if (!live) GTEST_SKIP() << "this system lets no interface be opened here";
  const Result ours = Ours(live.get(), "vlan 5 and ip");
  ExpectLogged(" used=bpfopt ");
  ExpectLogged(" target=linux ");
  const Result theirs = Theirs(live.get(), "vlan 5 and ip", 0);
  const auto verdict =
      Verify(theirs.program, ours.program, {.target = Target::kLinux, .relation = Relation::kFaithful});
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->answer, Answer::kEqual);
  // libpcap's interpreter knows the words as bytes.
  for (const Instruction& each : ours.program) {
    if (BPF_CLASS(each.code) == BPF_LD && BPF_MODE(each.code) == BPF_ABS && each.k >= 0xfffff000) {
      EXPECT_EQ(BPF_SIZE(each.code), BPF_B);
    }
  }
  const Handle dead = OpenDead();
  EXPECT_NE(Ours(dead.get(), "vlan 5 and ip").program, ours.program);
  ExpectLogged(" target=pcap ");
}

TEST_F(DropInTest, AnAcceptedFilterLeavesTheErrorTextAlone) {
  const Handle handle = OpenDead();
  ASSERT_NE(Ours(handle.get(), "foo bar").status, 0);
  const std::string before = pcap_geterr(handle.get());
  ASSERT_EQ(Ours(handle.get(), "vlan and inbound").status, 0);  // asks libpcap this and that
  ASSERT_EQ(Ours(handle.get(), "when(tcp, port 80, udp)").status, 0);
  EXPECT_EQ(pcap_geterr(handle.get()), before);
}

// Or-ed hosts that are neither neighbours nor of one net.
std::string ManyHosts(const std::string& direction, int count) {
  std::string filter;
  for (int i = 0; i < count; ++i) {
    filter += (i == 0 ? "" : " or ") + direction + "host 10." + std::to_string(i % 7 * 31) + "." +
              std::to_string(i / 4 % 256) + "." + std::to_string(i * 37 % 251);
  }
  return filter;
}

TEST_F(DropInTest, LargeSetsAreProvenAsFarAsAKernelTakesThem) {
  ASSERT_EQ(Ours(OpenDead().get(), ManyHosts("src ", 800).c_str()).status, 0);
  ExpectLogged(" used=bpfopt ");
  ExpectLogged(" proven=faithful level=1 ");
}

TEST_F(DropInTest, SetsThatNoKernelTakesAreSaidNotToBeProven) {
  ASSERT_EQ(Ours(OpenDead().get(), ManyHosts("", 2500).c_str()).status, 0);
  ExpectLogged(" used=bpfopt ");
  ExpectLogged(" proven=no level=1 ");
  ExpectLogged("not proven");
}

// Z3 is for the few filters that decision diagrams do not settle.
TEST(DropInCost, MostFiltersAreCompiledAndProvenWithoutTheSolver) {
  const auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  ASSERT_TRUE(corpus);
  std::size_t compiled = 0;
  std::size_t asked = 0;
  for (std::size_t i = 0; i < corpus->rows.size(); i += 4 * kShareOfCases) {
    const bench::CorpusRow& row = corpus->rows[i];
    CompileOptions options;
    options.link_type = row.link_type;
    options.netmask = 0;
    auto result = Compile(row.filter, options);
    if (!result) continue;
    ++compiled;
    if (result->statistics.counters["solve-predicates.questions"] + result->statistics.proof_queries > 0)
      ++asked;
  }
  EXPECT_GT(compiled * kShareOfCases, 90U);
  EXPECT_LE(asked * 10, compiled);
}

TEST_F(DropInTest, ThreadsGetWhatTheyGetAlone) {
  constexpr int kThreads = 8;
  const std::vector<std::string> filters = {"tcp port 80",
                                            "port 53",
                                            "foo bar",
                                            "ip and arp",
                                            "vlan and ip",
                                            "inbound",
                                            "host 192.0.2.1 and not tcp"};
  const auto compile_all = [&](DropIn& drop_in) {
    std::vector<std::pair<Program, std::string>> results;
    const Handle handle = OpenDead();
    for (int round = 0; round < 3; ++round) {
      for (const std::string& filter : filters) {
        const Result result = CompileWith([&](auto... arguments) { return drop_in.Compile(arguments...); },
                                          handle.get(), filter.c_str());
        results.emplace_back(result.program, result.error);
      }
    }
    return results;
  };
  Settings settings = Logging(directory_);
  settings.level = 1;
  DropIn alone{settings, Libpcap(pcap_compile)};
  DropIn shared{settings, Libpcap(pcap_compile)};
  const auto expected = compile_all(alone);
  std::vector<std::vector<std::pair<Program, std::string>>> together(kThreads);
  std::vector<std::thread> threads;
  for (auto& results : together) threads.emplace_back([&] { results = compile_all(shared); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& results : together) EXPECT_EQ(results, expected);
}

}  // namespace
}  // namespace bpfopt::preload
