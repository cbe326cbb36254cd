// Times are of this machine, now; nothing is decided by them.
#include "bench/times.h"

#include "bench/process.h"
#include "bench/tcpdump.h"
#include "bench/times_report.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

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
// has fewer turns, but not one, which something else on the machine may have fallen on. In milliseconds.
constexpr double kShort = 2;
constexpr double kLong = 100;
constexpr int kTurnsOfLong = 2;
constexpr int kMostRunsOfTurn = 1000;

// What a run took: its time in milliseconds, and what else it tells; nothing: no program.
using Values = std::optional<std::vector<double>>;
using Run = std::function<Values()>;

// A way to compile, and a series for each of the values of its runs.
struct Way {
  std::function<Run(const CorpusRow&)> prepare;
  std::vector<TimesSeries> series;
};

// Of this process, which compiles in one thread: what others do on the machine is left out.
double ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// The processor time of what gives something that is true unless it failed.
template <typename Work>
Values TimeOf(const Work& work) {
  const double begin = ProcessorTime();
  const auto result = work();
  const double time = ProcessorTime() - begin;
  if (!result) return std::nullopt;
  return std::vector<double>{time};
}

Run CompileOurs(const CorpusRow& row, CompileOptions options, int level, ProofMode proof) {
  options.link_type = row.link_type;
  options.level = level;
  options.proof = proof;
  return [&row, options] { return TimeOf([&] { return Compile(row.filter, options); }); };
}

// What Compile does once it has the program.
Run ProveOurs(const CorpusRow& row, CompileOptions options) {
  options.link_type = row.link_type;
  options.level = 2;
  const auto compiled = Compile(row.filter, options);
  if (!compiled) return [] { return std::nullopt; };
  VerifyOptions verify;
  verify.target = options.target;
  verify.relation = options.relation;
  verify.steps = options.budgets.proof_steps;
  verify.nodes = options.budgets.proof_nodes;
  verify.draws = compiled->draws;
  return [verify, source = compiled->source, program = compiled->program] {
    return TimeOf([&] {
      const auto verdict = Verify(source, program, verify);
      return verdict && verdict->answer == Answer::kEqual;
    });
  };
}

Run CompileTheirs(const CorpusRow& row, const CompileOptions& options, bool optimize) {
  const LibpcapOptions theirs{.link_type = row.link_type,
                              .snaplen = options.snaplen,
                              .netmask = options.netmask,
                              .optimize = optimize};
  return [&row, theirs] { return TimeOf([&] { return CompileWithLibpcap(row.filter, theirs); }); };
}

// Time and peak memory.
Run RunCommand(std::vector<std::string> words, std::string input = {}) {
  return [words = std::move(words), input = std::move(input)]() -> Values {
    const auto measured = MeasureProcess(words, input);
    if (!measured || measured->result.status != 0) return std::nullopt;
    const double time = std::chrono::duration<double, std::milli>(measured->time).count();
    return std::vector<double>{time, static_cast<double>(measured->peak_kib)};
  };
}

Run RunOurs(const CorpusRow& row, const CompileOptions& options, const std::string& command,
            const std::string& level) {
  const std::string relation = options.relation == Relation::kStrict ? "strict" : "faithful";
  return RunCommand({command, level, "--equal", relation, "--objective", NameOf(options.objective), "-y",
                     row.link_type, "-ddd", "--", row.filter});
}

Run RunTheirs(const CorpusRow& row) {
  TcpdumpCommand command = CommandOfTcpdump(row.link_type, row.filter);
  return RunCommand(std::move(command.words), std::move(command.input));
}

std::vector<Way> WaysInProcess(const CompileOptions& options) {
  const std::string libpcap = "libpcap";
  std::vector<Way> ways;
  const auto add = [&](bool is_ours, const std::string& name, const std::string& beside, auto prepare) {
    ways.push_back({prepare, {{Measure::kInProcess, is_ours, name, beside}}});
  };
  const auto ours = [&](int level, ProofMode proof) {
    return [=](const CorpusRow& row) { return CompileOurs(row, options, level, proof); };
  };
  const auto theirs = [&](bool optimize) {
    return [=](const CorpusRow& row) { return CompileTheirs(row, options, optimize); };
  };
  add(true, "bpfopt -O1, no proof", libpcap, ours(1, ProofMode::kOff));
  add(true, "bpfopt -O2, no proof", libpcap, ours(2, ProofMode::kOff));
  add(true, "bpfopt -O2, proven", libpcap, ours(2, ProofMode::kOn));
  add(true, "the proof of that alone", "", [=](const CorpusRow& row) { return ProveOurs(row, options); });
  add(false, libpcap, "", theirs(true));
  add(false, "libpcap, not optimized", libpcap, theirs(false));
  return ways;
}

std::vector<Way> WaysOfCommands(const CompileOptions& options, const std::string& command) {
  const std::string tcpdump = "tcpdump -ddd";
  const auto series = [](bool is_ours, const std::string& name, const std::string& beside) {
    return std::vector<TimesSeries>{{Measure::kWholeProcess, is_ours, name, beside},
                                    {Measure::kPeakMemory, is_ours, name, beside}};
  };
  std::vector<Way> ways;
  for (const std::string level : {"-O1", "-O2", "-O3"}) {
    ways.push_back({[=](const CorpusRow& row) { return RunOurs(row, options, command, level); },
                    series(true, "bpfopt " + level, tcpdump)});
  }
  ways.push_back({RunTheirs, series(false, tcpdump, "")});
  return ways;
}

// The least of each value.
void KeepBest(Values& best, const Values& values) {
  if (!best) best = values;
  for (std::size_t i = 0; i < values->size(); ++i) (*best)[i] = std::min((*best)[i], (*values)[i]);
}

// False: no program.
bool TakeTurn(const Run& run, Values& best) {
  double spent = 0;
  for (int i = 0; i < kMostRunsOfTurn && (i == 0 || spent < kShort); ++i) {
    const Values values = run();
    if (!values) return false;
    KeepBest(best, values);
    spent += values->front();
  }
  return true;
}

std::vector<Values> TakeTurns(const std::vector<Run>& runs) {
  std::vector<Values> best(runs.size());
  std::vector<bool> ended(runs.size(), false);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (ended[i]) continue;
      ended[i] = !TakeTurn(runs[i], best[i]) || (turn + 1 >= kTurnsOfLong && best[i]->front() > kLong);
    }
  }
  return best;
}

void MeasureRow(std::vector<Way>& ways, const CorpusRow& row) {
  std::vector<Run> runs;
  for (const Way& way : ways) runs.push_back(way.prepare(row));
  const std::vector<Values> best = TakeTurns(runs);
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

Expected<void> CheckThatRuns(const std::string& command) {
  const auto measured = MeasureProcess({command, "--version"});
  if (!measured) return tl::unexpected(measured.error());
  if (measured->result.status != 0) return InvalidInput("cannot run " + command);
  return {};
}

}  // namespace

Expected<ModeReport> MeasureTimes(const Corpus& corpus, const CompileOptions& options,
                                  const TimesOptions& how) {
  for (const std::string& command : {how.command, std::string("tcpdump")}) {
    if (auto runs = CheckThatRuns(command); !runs) return tl::unexpected(runs.error());
  }
  std::vector<Way> ways = WaysInProcess(options);
  std::ranges::move(WaysOfCommands(options, how.command), std::back_inserter(ways));
  const Levels levels = CountLevels(corpus, options);
  const TimesFigures figures{corpus.rows, MeasureAll(std::move(ways), corpus), levels.sums};
  const bool is_bad = levels.is_bad || std::ranges::any_of(figures.series, LacksOneOfOurs);
  return ModeReport{FormatTimesText(figures), FormatTimesMarkdown(figures), TimesToJson(figures), is_bad};
}

}  // namespace bpfopt::bench
