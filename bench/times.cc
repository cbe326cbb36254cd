// Times are of this machine, now; nothing is decided by them.
#include "bench/times.h"

#include "bench/process.h"
#include "bench/tcpdump.h"
#include "bench/times_report.h"
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bpfopt::bench {
namespace {

constexpr int kTurns = 3;
// A turn repeats what is shorter, so that the others' turns do not leave it with cold caches; what is longer
// has one turn. In milliseconds.
constexpr double kShort = 2;
constexpr double kLong = 100;
constexpr int kMostRunsOfTurn = 1000;

// What a run took: its time in milliseconds, and what else it tells.
using Values = std::vector<double>;
using Run = std::function<std::optional<Values>(const CorpusRow&)>;

// A way to compile, and a series for each of the values of its runs; those that have none are dropped.
struct Way {
  Run run;
  std::vector<TimesSeries> series;
};

// Of this process, which compiles in one thread: what others do on the machine is left out.
double ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double ProofTime(const CompileStatistics& statistics) {
  for (const CompileStatistics::Timing& timing : statistics.timings) {
    if (timing.name == "prove") return Milliseconds(timing.time);
  }
  return 0;
}

// Time and proof time.
Run CompileOurs(CompileOptions options, int level, ProofMode proof) {
  options.level = level;
  options.proof = proof;
  return [options](const CorpusRow& row) -> std::optional<Values> {
    CompileOptions own = options;
    own.link_type = row.link_type;
    const double begin = ProcessorTime();
    const auto result = Compile(row.filter, own);
    const double time = ProcessorTime() - begin;
    if (!result) return std::nullopt;
    return Values{time, ProofTime(result->statistics)};
  };
}

// Time.
Run CompileTheirs(const CompileOptions& options, bool optimize) {
  LibpcapOptions theirs;
  theirs.snaplen = options.snaplen;
  theirs.netmask = options.netmask;
  theirs.optimize = optimize;
  return [theirs](const CorpusRow& row) -> std::optional<Values> {
    LibpcapOptions own = theirs;
    own.link_type = row.link_type;
    const double begin = ProcessorTime();
    const auto program = CompileWithLibpcap(row.filter, own);
    const double time = ProcessorTime() - begin;
    if (!program) return std::nullopt;
    return Values{time};
  };
}

// Time and peak memory.
std::optional<Values> Measured(std::vector<std::string> words, const std::string& input) {
  const auto measured = MeasureProcess(std::move(words), input);
  if (!measured || measured->result.status != 0) return std::nullopt;
  return Values{Milliseconds(measured->time), static_cast<double>(measured->peak_kib)};
}

std::string ObjectiveName(Objective objective) {
  switch (objective) {
    case Objective::kSize:
      return "size";
    case Objective::kSpeed:
      return "speed";
    case Objective::kBalanced:
      break;
  }
  return "balanced";
}

Run RunOurs(const CompileOptions& options, const std::string& command, const std::string& level) {
  const std::string relation = options.relation == Relation::kStrict ? "strict" : "faithful";
  const std::vector<std::string> words = {
      command, level, "--equal", relation, "--objective", ObjectiveName(options.objective), "-ddd", "-y"};
  return [words](const CorpusRow& row) {
    std::vector<std::string> own = words;
    own.insert(own.end(), {row.link_type, "--", row.filter});
    return Measured(std::move(own), {});
  };
}

std::optional<Values> RunTheirs(const CorpusRow& row) {
  TcpdumpCommand command = CommandOfTcpdump(row.link_type, row.filter);
  return Measured(std::move(command.words), command.input);
}

std::vector<Way> WaysInProcess(const CompileOptions& options) {
  constexpr Measure kMeasure = Measure::kInProcess;
  const std::string libpcap = "libpcap";
  return {
      {CompileOurs(options, 1, ProofMode::kOff), {{kMeasure, true, "bpfopt -O1, no proof", libpcap}}},
      {CompileOurs(options, 2, ProofMode::kOff), {{kMeasure, true, "bpfopt -O2, no proof", libpcap}}},
      {CompileOurs(options, 2, ProofMode::kOn),
       {{kMeasure, true, "bpfopt -O2, proven", libpcap}, {kMeasure, true, "the proof of that alone"}}},
      {CompileTheirs(options, true), {{kMeasure, false, libpcap}}},
      {CompileTheirs(options, false), {{kMeasure, false, "libpcap, not optimized", libpcap}}},
  };
}

std::vector<Way> WaysOfCommands(const CompileOptions& options, const std::string& command) {
  const std::string tcpdump = "tcpdump -ddd";
  std::vector<Way> ways;
  for (const std::string level : {"-O1", "-O2", "-O3"}) {
    const std::string name = "bpfopt " + level;
    ways.push_back(
        {RunOurs(options, command, level),
         {{Measure::kWholeProcess, true, name, tcpdump}, {Measure::kPeakMemory, true, name, tcpdump}}});
  }
  ways.push_back(
      {RunTheirs, {{Measure::kWholeProcess, false, tcpdump}, {Measure::kPeakMemory, false, tcpdump}}});
  return ways;
}

// The least of each value.
void KeepBest(std::optional<Values>& best, const Values& values) {
  if (!best) best = values;
  for (std::size_t i = 0; i < values.size(); ++i) (*best)[i] = std::min((*best)[i], values[i]);
}

// False: no program.
bool TakeTurn(const Way& way, const CorpusRow& row, std::optional<Values>& best) {
  double spent = 0;
  for (int run = 0; run < kMostRunsOfTurn && (run == 0 || spent < kShort); ++run) {
    const auto values = way.run(row);
    if (!values) return false;
    KeepBest(best, *values);
    spent += values->front();
  }
  return true;
}

void MeasureRow(std::vector<Way>& ways, const CorpusRow& row) {
  std::vector<std::optional<Values>> best(ways.size());
  std::vector<bool> ended(ways.size(), false);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (ended[i]) continue;
      ended[i] = !TakeTurn(ways[i], row, best[i]) || best[i]->front() > kLong;
    }
  }
  for (std::size_t i = 0; i < ways.size(); ++i) {
    for (std::size_t value = 0; value < ways[i].series.size(); ++value) {
      ways[i].series[value].values.push_back(best[i] ? std::optional((*best[i])[value]) : std::nullopt);
    }
  }
}

std::vector<TimesSeries> MeasureAll(std::vector<Way> ways, const Corpus& corpus) {
  for (const CorpusRow& row : corpus.rows) MeasureRow(ways, row);
  std::vector<TimesSeries> all;
  for (Way& way : ways) std::ranges::move(way.series, std::back_inserter(all));
  std::ranges::stable_sort(all, {}, &TimesSeries::measure);
  return all;
}

struct Levels {
  LevelSums sums;
  bool is_bad = false;  // a row without a program, or one that is not proven
};

Levels CountLevels(const Corpus& corpus, CompileOptions options) {
  Levels levels;
  for (const CorpusRow& row : corpus.rows) {
    options.link_type = row.link_type;
    options.level = 1;
    const auto first = Compile(row.filter, options);
    options.level = 2;
    const auto second = Compile(row.filter, options);
    levels.is_bad = levels.is_bad || !first || !second || !second->proven;
    if (!first || !second) continue;
    ++levels.sums.rows;
    levels.sums.first += first->program.size();
    levels.sums.second += second->program.size();
  }
  return levels;
}

bool LacksOneOfOurs(const TimesSeries& series) {
  return series.is_ours && !std::ranges::all_of(series.values, &std::optional<double>::has_value);
}

bool CanRun(const std::string& command) {
  const auto ran = RunProcess({command, "--version"});
  return ran && ran->status == 0;
}

}  // namespace

Expected<ModeReport> MeasureTimes(const Corpus& corpus, const CompileOptions& options,
                                  const TimesOptions& how) {
  for (const std::string& command : {how.command, std::string("tcpdump")}) {
    if (!CanRun(command)) return InvalidInput("cannot run " + command);
  }
  std::vector<Way> ways = WaysInProcess(options);
  std::ranges::move(WaysOfCommands(options, how.command), std::back_inserter(ways));
  const Levels levels = CountLevels(corpus, options);
  const TimesFigures figures{corpus.rows, MeasureAll(std::move(ways), corpus), levels.sums};
  const bool is_bad = levels.is_bad || std::ranges::any_of(figures.series, LacksOneOfOurs);
  const std::string text = how.form == Form::kJson       ? TimesToJson(figures).dump(2) + "\n"
                           : how.form == Form::kMarkdown ? FormatTimesMarkdown(figures)
                                                         : FormatTimesText(figures);
  return ModeReport{text, is_bad};
}

}  // namespace bpfopt::bench
