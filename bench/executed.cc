// Counts of the interpreter, which are the same on every machine that has the same libpcap.
#include "bench/executed.h"

#include "bench/measure.h"
#include "bench/spread.h"
#include "bpfopt/savefile.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr int kEthernet = 1;  // DLT_EN10MB

// Files that are no savefiles, of other link types or cut short count with what they have.
void AddFile(const std::string& path, std::vector<Frame>& frames) {
  auto reader = SavefileReader::Open(path);
  if (!reader || reader->link_type() != kEthernet) return;
  while (true) {
    const auto packet = reader->Next();
    if (!packet || !*packet) return;
    const SavedPacket& saved = **packet;
    frames.push_back({{saved.captured.begin(), saved.captured.end()}, saved.wire_length});
  }
}

Expected<std::vector<Frame>> ReadCaptures(const std::string& directory) {
  std::error_code failure;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  if (failure) return InvalidInput("cannot read the captures in " + directory + ": " + failure.message());
  std::sort(paths.begin(), paths.end());
  std::vector<Frame> frames;
  for (const std::string& path : paths) AddFile(path, frames);
  if (frames.empty()) return InvalidInput("no Ethernet packets in " + directory);
  return frames;
}

struct Compared {
  CorpusRow corpus;
  bool proven = false;
  std::size_t sizes[2] = {0, 0};  // ours, tcpdump's
  double means[2] = {0, 0};
  double ratio() const { return means[0] / means[1]; }
};

double MeanExecuted(const Program& program, const std::vector<Frame>& frames) {
  std::size_t sum = 0;
  for (const Frame& frame : frames) sum += RunOnPacket(program, frame.bytes, frame.wire_length).executed;
  return static_cast<double>(sum) / static_cast<double>(frames.size());
}

// By file, and over all of them under "all".
std::map<std::string, double> GeometricMeans(const std::vector<Compared>& rows) {
  std::map<std::string, GeometricMean> all;
  for (const Compared& row : rows) {
    for (const std::string& name : {row.corpus.file, std::string("all")}) {
      all[name].Add(row.ratio());
    }
  }
  std::map<std::string, double> means;
  for (const auto& [name, mean] : all) means[name] = *mean.value();
  return means;
}

std::size_t CountAbove(const std::vector<Compared>& rows, double ratio) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Compared& row) { return row.ratio() > ratio; }));
}

std::string FormatText(const std::vector<Compared>& rows, std::size_t packets) {
  std::string text = fmt::format("Instructions executed a packet, in the mean over {} packets\n", packets);
  text += fmt::format("{:>7} {:>7} {:>6} {:>9} {:<7} {:<22} {}\n", "ours", "tcpdump", "ratio", "sizes",
                      "proven", "id", "filter");
  for (const Compared& row : rows) {
    text += fmt::format("{:>7.2f} {:>7.2f} {:>6.3f} {:>9} {:<7} {:<22} {}\n", row.means[0], row.means[1],
                        row.ratio(), fmt::format("{}/{}", row.sizes[0], row.sizes[1]),
                        row.proven ? "yes" : "NO", row.corpus.id, row.corpus.filter);
  }
  text += "\nGeometric mean of ours / tcpdump's:\n";
  for (const auto& [name, mean] : GeometricMeans(rows)) text += fmt::format("  {:<18} {:.4f}\n", name, mean);
  return text + fmt::format("{} rows; {} above 1.02, {} above 1.15\n", rows.size(), CountAbove(rows, 1.02),
                            CountAbove(rows, 1.15));
}

std::string FormatSummary(const std::vector<Compared>& rows, std::size_t packets) {
  std::string text = fmt::format("| over {} packets | ours / tcpdump's |\n| --- | --- |\n", packets);
  for (const auto& [name, mean] : GeometricMeans(rows)) text += fmt::format("| {} | {:.3f} |\n", name, mean);
  return text + fmt::format("\n{} rows; above 1.02: {}; above 1.15: {}.\n", rows.size(),
                            CountAbove(rows, 1.02), CountAbove(rows, 1.15));
}

nlohmann::ordered_json ToJson(const std::vector<Compared>& rows, std::size_t packets) {
  nlohmann::ordered_json document;
  document["packets"] = packets;
  document["rows"] = nlohmann::ordered_json::array();
  for (const Compared& row : rows) {
    document["rows"].push_back({{"id", row.corpus.id},
                                {"file", row.corpus.file},
                                {"filter", row.corpus.filter},
                                {"proven", row.proven},
                                {"ours", row.means[0]},
                                {"tcpdump", row.means[1]},
                                {"ratio", row.ratio()}});
  }
  document["geometric_mean"] = GeometricMeans(rows);
  return document;
}

}  // namespace

Expected<ModeReport> CompareExecuted(const Corpus& corpus, const CompileOptions& options,
                                     const ExecutedOptions& how) {
  auto frames = how.captures ? ReadCaptures(*how.captures) : MakeTraffic(kTrafficFrames, how.seed);
  if (!frames) return tl::unexpected(frames.error());
  ModeReport report;
  std::vector<Compared> rows;
  for (const CorpusRow& each : corpus.rows) {
    if (each.link_type != "EN10MB") continue;
    const auto row = Measure(each, options);
    if (!row) return tl::unexpected(row.error());
    report.is_bad = report.is_bad || row->status == Status::kFailed || !row->proven;
    if (row->status != Status::kCompared) continue;
    rows.push_back({each,
                    row->proven,
                    {row->ours, row->theirs},
                    {MeanExecuted(row->program, *frames), MeanExecuted(row->their_program, *frames)}});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Compared& a, const Compared& b) { return a.ratio() > b.ratio(); });
  report.text = FormatText(rows, frames->size());
  report.summary = FormatSummary(rows, frames->size());
  report.data = ToJson(rows, frames->size());
  return report;
}

}  // namespace bpfopt::bench
