// Times are of this machine, now; nothing is decided by them.
#include "bench/times.h"

#include "bench/process.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr int kRunsInProcess = 5;
constexpr int kRunsOfCommand = 2;
constexpr std::size_t kWorstRows = 8;

struct Timed {
  const CorpusRow* row = nullptr;
  double milliseconds = 0;
};

struct Series {
  std::string name;
  std::vector<Timed> rows = {};               // the slowest first
  std::vector<const CorpusRow*> failed = {};  // that did not compile

  double median() const { return rows.empty() ? 0 : rows[rows.size() / 2].milliseconds; }
};

double WallTime() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of this process, which compiles in one thread: what others do on the machine is left out.
double ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// The shortest of a few runs by `clock`, in milliseconds; nothing when `run` fails.
std::optional<double> BestOf(int runs, double (*clock)(), const std::function<bool()>& run) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < runs; ++i) {
    const double begin = clock();
    if (!run()) return std::nullopt;
    best = std::min(best, clock() - begin);
  }
  return best;
}

void Add(Series& series, const CorpusRow& row, std::optional<double> milliseconds) {
  if (milliseconds) {
    series.rows.push_back({&row, *milliseconds});
  } else {
    series.failed.push_back(&row);
  }
}

std::optional<double> TimeInProcess(const CorpusRow& row, CompileOptions options) {
  options.link_type = row.link_type;
  options.level = 1;
  return BestOf(kRunsInProcess, ProcessorTime, [&] { return Compile(row.filter, options).has_value(); });
}

std::optional<double> TimeCommand(const CorpusRow& row, const CompileOptions& options,
                                  const std::string& command, const char* level) {
  const char* relation = options.relation == Relation::kStrict ? "strict" : "faithful";
  const std::vector<std::string> words = {command,  level,  "-y", row.link_type, "--equal",
                                          relation, "-ddd", "--", row.filter};
  return BestOf(kRunsOfCommand, WallTime, [&] {
    const auto ran = RunProcess(words);
    return ran && ran->status == 0;
  });
}

std::string FormatText(const std::vector<Series>& all) {
  std::string text;
  for (const Series& series : all) {
    text += fmt::format("{}: median {:.2f} ms over {} rows; the slowest:\n", series.name, series.median(),
                        series.rows.size());
    for (std::size_t i = 0; i < std::min(kWorstRows, series.rows.size()); ++i) {
      const Timed& timed = series.rows[i];
      text += fmt::format("  {:>8.2f} {:<22} {:<11} {}\n", timed.milliseconds, timed.row->id,
                          timed.row->link_type, timed.row->filter);
    }
    for (const CorpusRow* row : series.failed) text += fmt::format("  failed: {}\n", row->id);
  }
  return text;
}

nlohmann::ordered_json ToJson(const std::vector<Series>& all) {
  nlohmann::ordered_json document;
  for (const Series& series : all) {
    nlohmann::ordered_json entry = {{"name", series.name}, {"median", series.median()}};
    entry["rows"] = nlohmann::ordered_json::array();
    for (const Timed& timed : series.rows) {
      entry["rows"].push_back({{"id", timed.row->id}, {"milliseconds", timed.milliseconds}});
    }
    entry["failed"] = nlohmann::ordered_json::array();
    for (const CorpusRow* row : series.failed) entry["failed"].push_back(row->id);
    document["series"].push_back(std::move(entry));
  }
  return document;
}

}  // namespace

Expected<ModeReport> MeasureTimes(const Corpus& corpus, const CompileOptions& options,
                                  const TimesOptions& how) {
  if (const auto ran = RunProcess({how.command, "--version"}); !ran || ran->status != 0) {
    return InvalidInput("cannot run " + how.command);
  }
  std::vector<Series> all = {{"-O1 in process, no proof, processor time"},
                             {"-O2 with proof, whole process"},
                             {"-O3 with proof, whole process"}};
  for (const CorpusRow& row : corpus.rows) {
    Add(all[0], row, TimeInProcess(row, options));
    Add(all[1], row, TimeCommand(row, options, how.command, "-O2"));
    Add(all[2], row, TimeCommand(row, options, how.command, "-O3"));
  }
  for (Series& series : all) {
    std::stable_sort(series.rows.begin(), series.rows.end(),
                     [](const Timed& a, const Timed& b) { return a.milliseconds > b.milliseconds; });
  }
  const bool is_bad = std::ranges::any_of(all, [](const Series& series) { return !series.failed.empty(); });
  return ModeReport{FormatText(all), {}, ToJson(all), is_bad};
}

}  // namespace bpfopt::bench
