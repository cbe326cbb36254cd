// tcpdump prints the same packets with the drop-in as without it. Where it does not, the packet is cut short
// in a field that the filter reads, or libpcap's own program is not what the filter means;
// docs/drop-in-differences.md lists each filter of that kind with a packet. BPFOPT_UPDATE_DOCS=1 in the
// environment writes that file anew.
#include "bpfopt/savefile.h"

#include "../cli/command.h"
#include "bench/corpus.h"
#include "bench/filter_generator.h"
#include "bench/findings.h"
#include "bench/traffic.h"
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"
#include "preloading.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::preload {
namespace {

constexpr std::size_t kFilters = 200;
const std::string kDocument = std::string(BPFOPT_SOURCE_DIR) + "/docs/drop-in-differences.md";
const std::filesystem::path kCaptures =
    std::filesystem::path(BPFOPT_SOURCE_DIR).parent_path() / "shared" / "captures";

// Rows of the corpus for Ethernet, those with something redundant and those for libpcap's bugs among them,
// and random filters.
std::vector<std::string> Filters() {
  std::vector<std::string> filters;
  const auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  EXPECT_TRUE(corpus) << corpus.error().message;
  if (!corpus) return filters;
  for (const std::string file : {"common.txt", "redundant.txt", "libpcap-bugs.txt"}) {
    for (const bench::CorpusRow& row : corpus->rows) {
      const bool is_new = std::find(filters.begin(), filters.end(), row.filter) == filters.end();
      if (row.file == file && row.link_type == "EN10MB" && is_new) filters.push_back(row.filter);
    }
  }
  const bench::RandomOptions random = {.seed = 7, .profiles = {bench::LinkProfiles().front()}};
  for (std::size_t i = 0; filters.size() < kFilters; ++i) {
    filters.push_back(bench::ToText(bench::RandomFilterAt(random, i)));
  }
  return filters;
}

// Of a line of the log, the value of a field; empty when it has none.
std::string Field(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return line.substr(begin, line.find(' ', begin) - begin);
}

// Every filter has a line; programs of bpfopt's are proven, and none is larger than libpcap's where libpcap's
// is right.
void ExpectFewerInstructions(const std::string& log) {
  std::istringstream lines(log);
  std::size_t ours = 0;
  std::size_t refused = 0;
  std::size_t larger = 0;
  for (std::string line; std::getline(lines, line);) {
    if (Field(line, "used") != "bpfopt") {
      ++refused;
      continue;
    }
    ++ours;
    EXPECT_EQ(Field(line, "proven"), "faithful") << line;
    const std::string libpcap = Field(line, "libpcap");
    if (libpcap != "-" && std::stoul(Field(line, "bpfopt")) > std::stoul(libpcap)) ++larger;
  }
  EXPECT_EQ(ours + refused, kFilters);
  EXPECT_GE(ours, kFilters * 9 / 10);
  EXPECT_LE(larger, 2U) << "the two whose loads libpcap's optimizer loses";
}

using Packets = std::vector<bench::Frame>;

// Whole frames, and frames of which a part was captured.
Packets GeneratedPackets() {
  Packets packets = bench::MakeTraffic(2000, /*seed=*/3);
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    auto& bytes = packets[i].bytes;
    if (i % 4 == 0) bytes.resize(std::min<std::size_t>(bytes.size(), random() % 80));
  }
  return packets;
}

// What is there of Ethernet in tcpdump's test captures.
Packets SharedPackets() {
  std::vector<std::filesystem::path> paths;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(kCaptures, failure)) paths.push_back(entry);
  std::sort(paths.begin(), paths.end());
  Packets packets;
  for (const auto& path : paths) {
    auto reader = SavefileReader::Open(path.string());
    if (!reader || reader->link_type() != 1) continue;
    while (true) {
      const auto packet = reader->Next();
      if (!packet || !*packet) break;
      packets.push_back({{(*packet)->captured.begin(), (*packet)->captured.end()}, (*packet)->wire_length});
    }
  }
  return packets;
}

// The packet's number is its time.
std::string WriteSavefile(const TemporaryDirectory& directory, const Packets& packets) {
  const std::string path = directory.Path("packets.pcap");
  auto writer = SavefileWriter::Open(path, 1, 262144);
  EXPECT_TRUE(writer);
  if (!writer) return path;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    writer->Write({packets[i].bytes, packets[i].wire_length, static_cast<std::int64_t>(i), 0});
  }
  EXPECT_TRUE(writer->Close());
  return path;
}

// Numbers of the packets that tcpdump wrote; nothing when it refuses the filter.
std::optional<std::set<std::size_t>> Numbers(const TemporaryDirectory& directory,
                                             const bench::ProcessResult& result) {
  if (result.status != 0) return std::nullopt;
  const std::string path = directory.Write("output.pcap", result.output);
  auto reader = SavefileReader::Open(path);
  EXPECT_TRUE(reader);
  std::set<std::size_t> numbers;
  while (reader) {
    const auto packet = reader->Next();
    EXPECT_TRUE(packet);
    if (!packet || !*packet) break;
    numbers.insert(static_cast<std::size_t>((*packet)->seconds));
  }
  return numbers;
}

// How tcpdump with the drop-in differs from tcpdump on a filter, and why.
struct Difference {
  std::string filter;
  std::string cause;
  std::optional<bench::Frame> packet;  // the shortest that shows it; nothing where libpcap refuses the filter
  bool libpcap_accepts = false;
};

constexpr const char* kCutShort = "the packet ends before a field that the filter reads";

// Nothing when there is no reason for the difference.
std::optional<std::string> Cause(const std::string& filter, const bench::Frame& packet,
                                 bool libpcap_accepts) {
  const LibpcapOptions options = {.netmask = 0, .origin = PacketOrigin::kSavefile, .optimize = false};
  const auto unoptimized = CompileWithLibpcap(filter, options);
  if (!unoptimized) return std::nullopt;
  const RunOutcome meant = RunOnPacket(*unoptimized, packet.bytes, packet.wire_length);
  const bool is_of_optimizer = (meant.verdict != 0) != libpcap_accepts;
  if (is_of_optimizer) return "libpcap's optimizer changes what the filter means";
  if (meant.faulted) return kCutShort;
  return std::nullopt;
}

class Comparison {
 public:
  explicit Comparison(const Packets& packets)
      : packets_(packets), path_(WriteSavefile(directory_, packets)) {}

  // `options` are those of `bpfopt exec`.
  std::optional<Difference> Compare(const std::string& filter, std::vector<std::string> options = {}) const {
    SCOPED_TRACE(filter);
    options.insert(options.end(), {"--log", directory_.Path("log")});
    const std::vector<std::string> command = {"tcpdump", "-r", path_, "-w", "-", "--", filter};
    const bench::ProcessResult plain = RunPlain(command);
    const bench::ProcessResult ours = RunWithDropIn(options, command);
    const auto expected = Numbers(directory_, plain);
    const auto numbers = Numbers(directory_, ours);
    if (expected && numbers) return ComparePackets(filter, *expected, *numbers);
    EXPECT_TRUE(numbers || !expected) << ours.errors;  // nothing that libpcap takes is refused
    if (numbers) return Difference{filter, "libpcap refuses it: " + Complaint(plain), std::nullopt};
    EXPECT_EQ(ours.errors, plain.errors);
    return std::nullopt;
  }

  std::string Log() const { return ReadFile(directory_.Path("log")); }

 private:
  std::optional<Difference> ComparePackets(const std::string& filter, const std::set<std::size_t>& expected,
                                           const std::set<std::size_t>& numbers) const {
    std::optional<Difference> shown;
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const bool libpcap_accepts = expected.contains(i);
      if (libpcap_accepts == numbers.contains(i)) continue;
      const auto cause = Cause(filter, packets_[i], libpcap_accepts);
      EXPECT_TRUE(cause) << "no reason to tell packet " << i << " apart";
      if (shown && packets_[i].bytes.size() >= shown->packet->bytes.size()) continue;
      shown = Difference{filter, cause.value_or("?"), packets_[i], libpcap_accepts};
    }
    return shown;
  }

  // What tcpdump says of a filter, without its name.
  static std::string Complaint(const bench::ProcessResult& result) {
    const std::string name = "tcpdump: ";
    const std::size_t at = result.errors.rfind(name);
    if (at == std::string::npos) return result.errors;
    const std::string text = result.errors.substr(at + name.size());
    return text.substr(0, text.find('\n'));
  }

  const Packets& packets_;
  TemporaryDirectory directory_;
  std::string path_;
};

std::string Describe(const Difference& difference) {
  std::string text = difference.filter + "\n    " + difference.cause + "\n";
  if (!difference.packet) return text;
  const bench::Frame& packet = *difference.packet;
  text += fmt::format("    {} of {} bytes, which {} accepts:", packet.bytes.size(), packet.wire_length,
                      difference.libpcap_accepts ? "libpcap" : "bpfopt");
  for (std::size_t i = 0; i < packet.bytes.size(); ++i) {
    text += fmt::format("{}{:02x}", i % 2 == 0 ? " " : "", packet.bytes[i]);
  }
  return text + "\n";
}

const std::string kFence = "```\n";

std::string ReadDocument() { return ReadFile(kDocument); }

// The document with its list replaced.
std::string WithList(const std::string& document, const std::string& list) {
  const std::size_t open = document.find(kFence) + kFence.size();
  const std::size_t close = document.find(kFence, open);
  return document.substr(0, open) + list + document.substr(close);
}

TEST(SavefileTest, TcpdumpPrintsTheSamePacketsButForTheListedOnes) {
  if (!kCanPreload) GTEST_SKIP() << "a sanitizer's library cannot be preloaded";
  if (!HasProgram("tcpdump")) GTEST_SKIP() << "no tcpdump to compare with";
  const Packets packets = GeneratedPackets();
  const Comparison comparison(packets);
  const std::vector<std::string> filters = Filters();
  ASSERT_EQ(filters.size(), kFilters);
  std::string list;
  std::vector<std::string> cut_short;
  for (const std::string& filter : filters) {
    const auto difference = comparison.Compare(filter);
    if (!difference) continue;
    list += Describe(*difference);
    if (difference->cause == kCutShort) cut_short.push_back(filter);
  }
  ExpectFewerInstructions(comparison.Log());
  EXPECT_FALSE(cut_short.empty());
  for (const std::string& filter : cut_short) {
    EXPECT_FALSE(comparison.Compare(filter, {"--equal", "strict"})) << filter;
  }
  const std::string document = WithList(ReadDocument(), list);
  if (std::getenv("BPFOPT_UPDATE_DOCS") != nullptr) std::ofstream(kDocument) << document;
  EXPECT_EQ(ReadDocument(), document) << "BPFOPT_UPDATE_DOCS=1 lists new differences";
}

// Memory that is read before it is written, freed twice or lost, from the preloaded library's start to the
// program's end.
TEST(SavefileTest, ValgrindFindsNothing) {
  if (!kCanPreload) GTEST_SKIP() << "a sanitizer's library cannot be preloaded";
  if (!HasProgram("valgrind") || !HasProgram("tcpdump")) GTEST_SKIP() << "no valgrind, or no tcpdump";
  const TemporaryDirectory directory;
  const std::string path = WriteSavefile(directory, bench::MakeTraffic(10, /*seed=*/3));
  const std::string log = directory.Path("log");
  const auto result =
      RunWithDropIn({"--log", log}, {"valgrind", "-q", "--vgdb=no", "--error-exitcode=99",
                                     "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
                                     "tcpdump", "-r", path, "-w", "-", "port 53"});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(ReadFile(log).find("program=tcpdump "), std::string::npos) << result.errors;
  EXPECT_NE(ReadFile(log).find(" used=bpfopt "), std::string::npos);
}

// Here the differences need a reason, and no list.
TEST(SavefileTest, TcpdumpPrintsTheSamePacketsOfSharedCaptures) {
  if (!kCanPreload) GTEST_SKIP() << "a sanitizer's library cannot be preloaded";
  if (!HasProgram("tcpdump")) GTEST_SKIP() << "no tcpdump to compare with";
  const Packets packets = SharedPackets();
  if (packets.empty()) GTEST_SKIP() << "no captures to compare on: " << kCaptures << " is not there";
  const Comparison comparison(packets);
  const std::vector<std::string> filters = Filters();
  for (std::size_t i = 0; i < filters.size(); i += 4) comparison.Compare(filters[i]);
}

}  // namespace
}  // namespace bpfopt::preload
