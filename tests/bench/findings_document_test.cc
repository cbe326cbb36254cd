// Every row of the tables in docs/libpcap-findings.md still shows what it says, and libpcap's own interpreter
// agrees with it.
#include "bench/judge.h"
#include "bpfopt/libpcap.h"

#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::bench {
namespace {

struct DocumentRow {
  std::string heading;
  std::vector<std::string> cells;  // filter, link type, and so on
};

// Bars after a backslash belong to the cell.
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells(1);
  for (std::size_t i = 2; i + 1 < line.size(); ++i) {
    if (line[i] == '\\' && line[i + 1] == '|') {
      cells.back() += line[++i];
    } else if (line.compare(i, 3, " | ") == 0) {
      cells.emplace_back();
      i += 2;
    } else if (line.compare(i, 2, " |") != 0) {
      cells.back() += line[i];
    }
  }
  return cells;
}

// Of the tables whose first column is the filter.
std::vector<DocumentRow> ReadRows() {
  std::ifstream in(BPFOPT_SOURCE_DIR "/docs/libpcap-findings.md");
  std::vector<DocumentRow> rows;
  std::string heading;
  bool in_table = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (line.starts_with("| filter | link type |")) {
      in_table = true;
    } else if (!line.starts_with("|")) {
      in_table = false;
    } else if (in_table && !line.starts_with("| ---")) {
      rows.push_back({heading, Cells(line)});
      std::string& filter = rows.back().cells[0];
      filter = filter.substr(1, filter.size() - 2);  // between backquotes
    }
  }
  return rows;
}

std::optional<Outcome> OutcomeOf(const std::string& heading) {
  const std::vector<std::pair<std::string, Outcome>> starts = {
      {"Miscompilations", Outcome::kBreaksFaithful},
      {"Optimized programs that the checker refuses", Outcome::kInvalid},
      {"Filters that libpcap refuses only", Outcome::kRefusedOptimized},
      {"Differences on truncated packets", Outcome::kBreaksStrict},
      {"Filters whose unoptimized program has no meaning", Outcome::kNotJudged}};
  for (const auto& [start, outcome] : starts) {
    if (heading.starts_with(start)) return outcome;
  }
  return std::nullopt;
}

struct Packet {
  std::vector<std::uint8_t> captured;
  std::uint32_t wire_length = 0;
};

std::uint32_t Number(const std::string& text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "0800, zeros up to 300 bytes, 60 on the wire"; nothing for a difference that no packet of this length
// shows.
std::optional<Packet> ReadPacket(const std::string& text) {
  if (text.find("with more of it captured") != std::string::npos) return std::nullopt;
  Packet packet;
  std::optional<std::uint32_t> wire_length;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 2;
    if (part == "empty") continue;
    if (part.starts_with("zeros up to ")) {
      packet.captured.resize(Number(part.substr(12)));
    } else if (part.ends_with(" on the wire")) {
      wire_length = Number(part);
    } else {
      for (std::size_t i = 0; i + 1 < part.size(); i += 2) {
        unsigned byte = 0;
        std::from_chars(part.data() + i, part.data() + i + 2, byte, 16);
        packet.captured.push_back(static_cast<std::uint8_t>(byte));
      }
    }
  }
  packet.wire_length = wire_length.value_or(static_cast<std::uint32_t>(packet.captured.size()));
  return packet;
}

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

// What libpcap itself does with the packet; 0 when it refuses the filter.
std::uint32_t LibpcapVerdict(const DocumentRow& row, bool optimize, const Packet& packet) {
  const std::unique_ptr<pcap_t, CloseHandle> handle(
      pcap_open_dead(pcap_datalink_name_to_val(row.cells[1].c_str()), 262144));
  bpf_program program{};
  if (pcap_compile(handle.get(), &program, row.cells[0].c_str(), optimize ? 1 : 0, 0xffffff00) != 0) return 0;
  pcap_pkthdr header{};
  header.caplen = static_cast<std::uint32_t>(packet.captured.size());
  header.len = packet.wire_length;
  // An empty packet still has an address.
  const std::uint8_t nothing = 0;
  const std::uint8_t* bytes = packet.captured.empty() ? &nothing : packet.captured.data();
  const int verdict = pcap_offline_filter(&program, &header, bytes);
  pcap_freecode(&program);
  return static_cast<std::uint32_t>(verdict);
}

TEST(FindingsDocumentTest, EachRowStillShowsItsFinding) {
  std::map<Outcome, std::size_t> rows;
  for (const DocumentRow& row : ReadRows()) {
    const std::optional<Outcome> outcome = OutcomeOf(row.heading);
    if (!outcome) continue;  // undecided: no finding
    ++rows[*outcome];
    ASSERT_GE(row.cells.size(), 4U) << row.cells[0];
    const auto judgement = JudgeLibpcap(row.cells[0], row.cells[1], {});
    ASSERT_TRUE(judgement) << row.cells[0];
    EXPECT_EQ(judgement->outcome, *outcome) << row.cells[0] << ": " << judgement->message;
    if (row.cells.size() == 6) {
      EXPECT_EQ(Symptom(*judgement), row.cells[2]) << row.cells[0];
    }
  }
  EXPECT_GT(rows[Outcome::kBreaksFaithful], 15U);
  EXPECT_GT(rows[Outcome::kBreaksStrict], 15U);
  EXPECT_GT(rows[Outcome::kRefusedOptimized], 5U);
}

TEST(FindingsDocumentTest, LibpcapsOwnInterpreterGivesTheVerdicts) {
  std::size_t replayed = 0;
  for (const DocumentRow& row : ReadRows()) {
    if (row.cells.size() != 6 || row.cells[2].find("kernel") != std::string::npos) continue;
    const auto packet = ReadPacket(row.cells[3]);
    if (!packet) continue;
    ++replayed;
    const std::string& verdicts = row.cells[4];
    EXPECT_EQ(LibpcapVerdict(row, false, *packet), Number(verdicts)) << row.cells[0];
    EXPECT_EQ(LibpcapVerdict(row, true, *packet), Number(verdicts.substr(verdicts.find(" / ") + 3)))
        << row.cells[0];
  }
  EXPECT_GT(replayed, 30U);
}

}  // namespace
}  // namespace bpfopt::bench
