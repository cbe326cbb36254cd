// Live: on an interface and on `any`, tcpdump captures the same packets with the drop-in as without. Runs in
// a network namespace of its own, with a pair of virtual interfaces: what is sent on one arrives on the
// other. All captures of a test run at once, and traffic is sent once.
#include "../cli/command.h"
#include "../driver/live_handle.h"
#include "bench/corpus.h"
#include "bench/traffic.h"
#include "capture.h"
#include "preloading.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace bpfopt::preload {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNear = "bpfopt0";  // sent on
constexpr const char* kFar = "bpfopt1";   // captured on
constexpr auto kPatience = 60s;           // for machines that are busy; nothing is measured

bool Succeeds(std::vector<std::string> words) {
  const auto result = bench::RunProcess(std::move(words));
  return result && result->status == 0;
}

// Both ends up, and without addresses, so that nobody sends on them but the test.
bool MakeInterfaces() {
  if (!Succeeds({"ip", "link", "add", kNear, "type", "veth", "peer", "name", kFar})) return false;
  for (const std::string name : {kNear, kFar}) {
    Succeeds({"sysctl", "-q", "-w", "net.ipv6.conf." + name + ".disable_ipv6=1"});
    if (!Succeeds({"ip", "link", "set", name, "up"})) return false;
  }
  return true;
}

std::size_t SendTraffic() {
  const int sender = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(if_nametoindex(kNear));
  std::size_t sent = 0;
  for (const bench::Frame& frame : bench::MakeTraffic(400, /*seed=*/11)) {
    const ssize_t size = sendto(sender, frame.bytes.data(), frame.bytes.size(), 0,
                                reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (size == static_cast<ssize_t>(frame.bytes.size())) ++sent;
  }
  close(sender);
  return sent;
}

bool WaitUntil(const std::function<bool()>& is_done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!is_done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

// The words that capture to a file by a filter.
using CommandFor =
    std::function<std::vector<std::string>(const std::string& file, const std::string& filter)>;

// One filter, captured by libpcap's program and by ours.
struct Pair {
  std::string filter;
  std::unique_ptr<Capture> plain;
  std::unique_ptr<Capture> ours;
};

class LiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kCanPreload) GTEST_SKIP() << "a sanitizer's library cannot be preloaded";
    if (!HasProgram("tcpdump")) GTEST_SKIP() << "no tcpdump to capture with";
    if (!EnterNetworkNamespace() || !MakeInterfaces()) {
      GTEST_SKIP() << "this system allows no network namespace, or no virtual interfaces in it";
    }
  }

  std::string Log() const { return ReadFile(directory_.Path("log")); }

  void ExpectSamePackets(const CommandFor& command, const std::vector<std::string>& filters) {
    std::vector<Pair> pairs;
    for (const std::string& filter : filters) pairs.push_back(Start(command, filter, pairs.size()));
    const auto every = [&](const auto& holds) {
      return std::all_of(pairs.begin(), pairs.end(),
                         [&](Pair& pair) { return holds(*pair.plain) && holds(*pair.ours); });
    };
    ASSERT_TRUE(WaitUntil([&] { return every([](Capture& capture) { return capture.IsSettled(); }); }));
    if (!pairs[0].plain->IsReady()) GTEST_SKIP() << "no capture here: " << pairs[0].plain->Errors();
    ASSERT_GT(SendTraffic(), 300U);
    WaitForQuiet(pairs);
    every([](const Capture& capture) { return capture.Interrupt(), true; });
    every([](Capture& capture) { return capture.Wait(), true; });
    std::size_t captured = 0;
    for (const Pair& pair : pairs) captured += Compare(pair);
    EXPECT_GT(captured, 200U);
  }

 private:
  Pair Start(const CommandFor& command, const std::string& filter, std::size_t number) const {
    const std::string plain = directory_.Path("plain" + std::to_string(number));
    const std::string ours = directory_.Path("ours" + std::to_string(number));
    std::vector<std::string> with = {BPFOPT_COMMAND, "exec", "--log", directory_.Path("log"), "--"};
    for (const std::string& word : command(ours, filter)) with.push_back(word);
    return {filter, std::make_unique<Capture>(command(plain, filter), plain),
            std::make_unique<Capture>(with, ours)};
  }

  // Nothing has been written for a while.
  static void WaitForQuiet(const std::vector<Pair>& pairs) {
    std::size_t before = 0;
    int quiet = 0;
    WaitUntil([&] {
      std::size_t now = 0;
      for (const Pair& pair : pairs) now += pair.plain->BytesWritten() + pair.ours->BytesWritten();
      quiet = now == before ? quiet + 1 : 0;
      before = now;
      return quiet >= 40;
    });
  }

  // What tcpdump says of packets "received by filter".
  static std::string Received(const Capture& capture) {
    const std::string errors = capture.Errors();
    const std::size_t end = errors.find(" packets received by filter");
    if (end == std::string::npos) return {};
    const std::size_t begin = errors.rfind('\n', end) + 1;
    return errors.substr(begin, end - begin);
  }

  static std::size_t Compare(const Pair& pair) {
    SCOPED_TRACE(pair.filter);
    EXPECT_EQ(pair.ours->IsReady(), pair.plain->IsReady()) << pair.ours->Errors() << pair.plain->Errors();
    // The kernel took both programs, or neither: it counts what passes its own.
    EXPECT_EQ(pair.ours->Errors().find("Kernel filter failed"), std::string::npos) << pair.ours->Errors();
    EXPECT_EQ(Received(*pair.ours), Received(*pair.plain));
    const std::vector<std::string> expected = pair.plain->Packets();
    EXPECT_TRUE(pair.ours->Packets() == expected)
        << pair.ours->Packets().size() << " packets, not " << expected.size() << "\n"
        << pair.ours->Errors() << pair.plain->Errors();
    return expected.size();
  }

  TemporaryDirectory directory_;
};

// `own`, and those of the corpus that people type, in steps: so many, all of which `fits` holds for.
std::vector<std::string> Filters(std::size_t count, std::vector<std::string> own,
                                 const std::function<bool(const std::string&)>& fits) {
  const auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  std::vector<std::string> typed;
  for (const bench::CorpusRow& row : corpus->rows) {
    if (row.link_type == "EN10MB" && row.file != "hand.txt" && fits(row.filter)) typed.push_back(row.filter);
  }
  for (std::size_t i = 0; own.size() < count && i < typed.size(); i += 3) own.push_back(typed[i]);
  EXPECT_EQ(own.size(), count);
  return own;
}

bool Mentions(const std::string& filter, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return filter.find(word) != std::string::npos; });
}

// The kernel's ring has room for all packets at once, where each takes no more than these bytes of it: a busy
// machine may let a capture wait.
CommandFor TcpdumpOn(const std::string& device, const std::vector<std::string>& options = {}) {
  return [=](const std::string& file, const std::string& filter) {
    std::vector<std::string> words = {"tcpdump", "-Z",   "root", "-U",  "--immediate-mode",
                                      "-s",      "1600", "-i",   device};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"-w", file, "--", filter});
    return words;
  };
}

TEST_F(LiveTest, OnAnInterface) {
  const auto fits = [](const std::string&) { return true; };
  ExpectSamePackets(TcpdumpOn(kFar),
                    Filters(50,
                            {"", "vlan", "not vlan", "vlan and ip", "vlan and tcp port 443",
                             "tcp port 443 or (vlan and tcp port 443)", "vlan and not udp", "inbound",
                             "outbound", "inbound and udp", "vlan and inbound", "greater 1000", "less 100"},
                            fits));
  EXPECT_NE(Log().find("used=bpfopt"), std::string::npos);
  EXPECT_NE(Log().find("target=linux"), std::string::npos);
}

bool IsForAllInterfaces(const std::string& filter) {
  return !Mentions(filter, {"vlan", "ether", "wlan", "broadcast", "multicast", "arp host"});
}

TEST_F(LiveTest, OnAllInterfaces) {
  ExpectSamePackets(TcpdumpOn("any"), Filters(50,
                                              {"", "ip", "inbound", "outbound", "ifindex 2",
                                               "outbound and tcp", "link[5] = 6 and udp", "not ip"},
                                              IsForAllInterfaces));
  EXPECT_NE(Log().find("used=bpfopt"), std::string::npos);
  EXPECT_NE(Log().find("link=LINUX_SLL2"), std::string::npos);
}

TEST_F(LiveTest, OnAllInterfacesWithTheOlderHeader) {
  ExpectSamePackets(TcpdumpOn("any", {"-y", "LINUX_SLL"}),
                    Filters(12, {"inbound", "outbound and ip", "not ip"}, IsForAllInterfaces));
  EXPECT_NE(Log().find("link=LINUX_SLL "), std::string::npos);
}

TEST_F(LiveTest, DumpcapAndTshark) {
  const std::vector<std::string> filters = {"tcp port 443", "vlan and ip", "udp", "not ip and not ip6"};
  bool is_there = false;
  for (const std::string program : {"dumpcap", "tshark"}) {
    if (!HasProgram(program)) continue;
    is_there = true;
    const auto command = [&](const std::string& file, const std::string& filter) {
      return std::vector<std::string>{program, "-q", "-i", kFar, "-f", filter, "-w", file};
    };
    ExpectSamePackets(command, filters);
    EXPECT_NE(Log().find("program=dumpcap"), std::string::npos);  // tshark has it capture
  }
  if (!is_there) GTEST_SKIP() << "neither dumpcap nor tshark is installed";
}

}  // namespace
}  // namespace bpfopt::preload
