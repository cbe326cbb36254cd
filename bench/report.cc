// Figures are of compared rows alone; times are for information and decide nothing.
#include "bench/report.h"

#include "bench/spread.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

double Milliseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

const char* StatusName(Status status) {
  switch (status) {
    case Status::kCompared:
      return "compared";
    case Status::kTcpdumpWrong:
      return "tcpdump-wrong";
    case Status::kTcpdumpUndecided:
      return "tcpdump-undecided";
    case Status::kTcpdumpRefuses:
      return "tcpdump-refuses";
    case Status::kUnsupported:
      return "unsupported";
    case Status::kFailed:
      break;
  }
  return "failed";
}

// By file, and over all of them under "all".
std::map<std::string, GeometricMean> Means(const std::vector<Row>& rows) {
  std::map<std::string, GeometricMean> means;
  for (const Row& row : rows) {
    if (row.status != Status::kCompared) continue;
    for (const std::string& name : {row.corpus.file, std::string("all")}) {
      means[name].Add(row.ratio());
    }
  }
  return means;
}

// How close the rows come to their lower bounds, by file and over all.
struct Closeness {
  GeometricMean mean;
  std::size_t met = 0;  // rows that cannot be smaller
};

std::map<std::string, Closeness> ClosenessToBounds(const std::vector<Row>& rows) {
  std::map<std::string, Closeness> closeness;
  for (const Row& row : rows) {
    if (row.ours == 0) continue;
    for (const std::string& name : {row.corpus.file, std::string("all")}) {
      Closeness& file = closeness[name];
      file.mean.Add(row.ratio_to_bound());
      if (row.ours == row.bound) ++file.met;
    }
  }
  return closeness;
}

struct Times {
  double median = 0;
  double max = 0;
};

Times CompileTimes(const std::vector<Row>& rows) {
  std::vector<double> times;
  for (const Row& row : rows) {
    if (row.status != Status::kUnsupported) times.push_back(Milliseconds(row.compile_time));
  }
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.back()};
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string ComparedTable(std::vector<Row> rows) {
  std::erase_if(rows, [](const Row& row) { return row.status != Status::kCompared; });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.is_bad() != b.is_bad() ? a.is_bad() : a.ratio() > b.ratio();
  });
  std::string text = fmt::format("{:>4} {:>5} {:>7} {:>5} {:>7} {:<8} {:<22} {:<11} {}\n", "ours", "bound",
                                 "tcpdump", "hand", "ratio", "proven", "id", "link type", "filter");
  for (const Row& row : rows) {
    text += fmt::format("{:>4} {:>5} {:>7} {:>5} {:>7.3f} {:<8} {:<22} {:<11} {}\n", row.ours, row.bound,
                        row.theirs, row.by_hand ? std::to_string(*row.by_hand) : "", row.ratio(),
                        row.proven ? "yes" : "NO", row.corpus.id, row.corpus.link_type, row.corpus.filter);
  }
  return text;
}

std::string OtherRows(const std::vector<Row>& rows, Status status, const std::string& heading) {
  std::string text;
  for (const Row& row : rows) {
    if (row.status != status) continue;
    text += fmt::format("  {:<22} {:<18} {}\n", row.corpus.id, row.corpus.link_type, row.corpus.filter);
    const bool has_program = status != Status::kFailed && status != Status::kUnsupported;
    if (has_program)
      text += fmt::format("    ours: {} of at least {}, {}\n", row.ours, row.bound,
                          row.proven ? "proven" : "NOT PROVEN");
    if (status == Status::kTcpdumpWrong) {
      text += fmt::format("    tcpdump's {} instructions are wrong on this {}\n", row.theirs,
                          FirstLine(row.message));
      for (std::size_t at = row.message.find('\n'); at != std::string::npos && at + 1 < row.message.size();) {
        const std::size_t next = row.message.find('\n', at + 1);
        text += "      " + row.message.substr(at + 1, next - at - 1) + "\n";
        at = next;
      }
    } else {
      text += fmt::format("    {}\n", FirstLine(row.message));
    }
  }
  return text.empty() ? "" : "\n" + heading + ":\n" + text;
}

std::string FormatTable(const std::vector<Row>& rows) {
  std::string text = ComparedTable(rows);
  text += OtherRows(rows, Status::kFailed, "Rows that bpfopt has no program for");
  text += OtherRows(rows, Status::kTcpdumpWrong, "Rows where tcpdump's program is wrong (not compared)");
  text += OtherRows(rows, Status::kTcpdumpUndecided,
                    "Rows where tcpdump's program could not be judged (not compared)");
  text += OtherRows(rows, Status::kTcpdumpRefuses, "Rows that tcpdump refuses (not compared)");
  text +=
      OtherRows(rows, Status::kUnsupported, "Rows of link types that bpfopt does not have (not compared)");
  text += "\nGeometric mean of ours / tcpdump's:\n";
  for (const auto& [name, mean] : Means(rows)) {
    text += fmt::format("  {:<18} {:.4f} over {} rows\n", name, *mean.value(), mean.count());
  }
  text += "\nGeometric mean of ours / the proven lower bound:\n";
  for (const auto& [name, file] : ClosenessToBounds(rows)) {
    text += fmt::format("  {:<18} {:.4f} over {} rows, of which {} meet it\n", name, *file.mean.value(),
                        file.mean.count(), file.met);
  }
  const Times times = CompileTimes(rows);
  text += fmt::format("Compile time in process: median {:.1f} ms, max {:.1f} ms\n", times.median, times.max);
  const auto bad = std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.is_bad(); });
  return text +
         fmt::format("{} of {} rows are larger than tcpdump's, unproven or failed\n", bad, rows.size());
}

std::string FormatSummary(const std::vector<Row>& rows) {
  std::string text =
      "| corpus | ours / tcpdump's | rows | ours / the lower bound | at the bound |\n"
      "| --- | --- | --- | --- | --- |\n";
  const auto means = Means(rows);
  for (const auto& [name, file] : ClosenessToBounds(rows)) {
    const auto mean = means.find(name);
    if (mean == means.end()) continue;
    text += fmt::format("| {} | {:.3f} | {} | {:.2f} | {} of {} |\n", name, *mean->second.value(),
                        mean->second.count(), *file.mean.value(), file.met, file.mean.count());
  }
  return text;
}

nlohmann::ordered_json ToJson(const std::vector<Row>& rows) {
  nlohmann::ordered_json document;
  document["rows"] = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json entry = {{"id", row.corpus.id},
                                    {"file", row.corpus.file},
                                    {"link_type", row.corpus.link_type},
                                    {"filter", row.corpus.filter},
                                    {"status", StatusName(row.status)},
                                    {"bad", row.is_bad()}};
    if (row.ours != 0) entry["ours"] = row.ours;
    if (row.ours != 0) entry["bound"] = row.bound;
    if (row.theirs != 0) entry["tcpdump"] = row.theirs;
    if (row.status == Status::kCompared) entry["ratio"] = row.ratio();
    if (row.by_hand) entry["hand"] = *row.by_hand;
    if (row.ours != 0) entry["proven"] = row.proven;
    if (row.status != Status::kUnsupported) entry["milliseconds"] = Milliseconds(row.compile_time);
    if (!row.message.empty()) entry["message"] = row.message;
    document["rows"].push_back(std::move(entry));
  }
  for (const auto& [name, mean] : Means(rows)) document["geometric_mean"][name] = *mean.value();
  for (const auto& [name, file] : ClosenessToBounds(rows)) {
    document["to_bound"][name] = {
        {"geometric_mean", *file.mean.value()}, {"rows", file.mean.count()}, {"met", file.met}};
  }
  const Times times = CompileTimes(rows);
  document["milliseconds"] = {{"median", times.median}, {"max", times.max}};
  return document;
}

}  // namespace

ModeReport ReportSizes(const std::vector<Row>& rows) {
  return {FormatTable(rows), FormatSummary(rows), ToJson(rows), std::ranges::any_of(rows, &Row::is_bad)};
}

Expected<ModeReport> CompareSizes(const Corpus& corpus, const CompileOptions& options) {
  const auto rows = MeasureCorpus(corpus, options);
  if (!rows) return tl::unexpected(rows.error());
  return ReportSizes(*rows);
}

}  // namespace bpfopt::bench
