// `bpfopt run -r CAPTURE EXPR` matches as many packets as `tcpdump -r CAPTURE EXPR` prints, on the captures
// of
// ../shared/captures, where that folder is there.
#include "bench/process.h"
#include "bpfopt/compiler.h"
#include "bpfopt/savefile.h"
#include "command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr const char* kFilters[] = {"ip",
                                    "tcp",
                                    "udp port 53 or udp port 67",
                                    "ip6 and not icmp6",
                                    "host 192.0.2.1 or net 10.0.0.0/8",
                                    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                    "ip multicast or ip6 multicast",
                                    "not ip and not ip6",
                                    "greater 100 and ip[8] < 64",
                                    "src portrange 1-1023 or dst portrange 1024-5000"};

const std::filesystem::path kCaptures =
    std::filesystem::path(BPFOPT_SOURCE_DIR).parent_path() / "shared" / "captures";

// Each comparison starts three processes, which sanitizers make slow: they see every sixteenth capture.
#ifdef BPFOPT_IS_SANITIZED
constexpr std::size_t kStride = 16;
#else
constexpr std::size_t kStride = 1;
#endif

std::vector<std::string> Captures() {
  std::vector<std::string> paths;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(kCaptures, failure)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".pcap" || extension == ".pcapng") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Nothing where the filter means nothing for the capture, so that neither compiles it.
std::optional<std::string> OurCount(const std::string& capture, const std::string& filter,
                                    const char* relation) {
  const auto result = RunBpfopt({"run", "-r", capture, "--equal", relation, filter});
  const std::size_t end = result.output.find(' ');
  if (end == std::string::npos) return std::nullopt;
  return result.output.substr(0, end);
}

// By libpcap's unoptimized program.
std::optional<std::string> TcpdumpCount(const std::string& capture, const std::string& filter) {
  const auto result = bench::RunProcess({"tcpdump", "-O", "--count", "-r", capture, filter});
  if (!result) return std::nullopt;
  const std::size_t end = result->output.find(" packet");
  if (end == std::string::npos) return std::nullopt;
  return result->output.substr(0, end);
}

TEST(CapturesTest, AsManyPacketsAsTcpdumpPrints) {
  const std::vector<std::string> captures = Captures();
  if (captures.empty()) {
    GTEST_SKIP() << "no captures to compare on: " << kCaptures << " is not there";
  }
  if (!bench::RunProcess({"tcpdump", "--version"})) GTEST_SKIP() << "no tcpdump to compare with";
  std::size_t compared = 0;
  for (std::size_t i = 0; i < captures.size(); i += kStride) {
    const std::string& capture = captures[i];
    const auto reader = SavefileReader::Open(capture);
    ASSERT_TRUE(reader) << capture << ": " << reader.error().message;
    if (!FindLinkType(std::to_string(reader->link_type()))) {
      std::cout << "not compared, link type " << reader->link_type() << " is missing: " << capture << "\n";
      continue;
    }
    ++compared;
    for (const std::string filter : kFilters) {
      SCOPED_TRACE(capture + ": " + filter);
      const auto unoptimized = TcpdumpCount(capture, filter);
      EXPECT_EQ(OurCount(capture, filter, "strict"), unoptimized);
      // Only packets that are too short for a field may tell the two relations apart: faithful programs
      // accept what the unoptimized one accepts, and may accept more of these (ARP over ARCnet is shorter
      // than libpcap expects).
      const auto faithful = OurCount(capture, filter, "faithful");
      if (faithful == unoptimized) continue;
      ASSERT_TRUE(faithful && unoptimized);
      EXPECT_GT(std::stoul(*faithful), std::stoul(*unoptimized));
    }
  }
  EXPECT_GT(compared * kStride, 40U);
}

}  // namespace
}  // namespace bpfopt
