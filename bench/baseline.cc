// Lines of 'file id balanced executed speed executed', sorted as the corpus is: differences read well in a
// diff.
#include "bench/baseline.h"

#include "bench/output_file.h"
#include "bench/traffic.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <array>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::string_view kHead =
    "# What each row of the corpus comes to: instructions and, on Ethernet, instructions executed over 4000\n"
    "# generated packets, under the balanced objective and under speed. Written by\n"
    "# `bpfopt-bench --baseline FILE --update-baseline`, with\n";

struct Figures {
  std::size_t instructions = 0;
  std::size_t executed = 0;  // 0: not on Ethernet
};
constexpr std::array kObjectives = {std::pair{Objective::kBalanced, "balanced"},
                                    std::pair{Objective::kSpeed, "speed"}};
using RowFigures = std::array<Figures, kObjectives.size()>;

std::string VersionLine() { return fmt::format("# {}\n", LibpcapVersion()); }

std::string NameOf(const CorpusRow& row) { return row.file + " " + row.id; }

Expected<Figures> Measure(const CorpusRow& row, CompileOptions options, Objective objective,
                          const std::vector<Frame>& frames) {
  options.link_type = row.link_type;
  options.objective = objective;
  options.netmask = 0;
  const auto compiled = Compile(row.filter, options);
  if (!compiled) return tl::unexpected(compiled.error());
  if (!compiled->proven) return MakeError(ErrorCode::kUndecided, "not proven");
  Figures figures{compiled->program.size(), 0};
  if (row.link_type == "EN10MB") {
    for (const Frame& frame : frames) {
      figures.executed += RunOnPacket(compiled->program, frame.bytes, frame.wire_length).executed;
    }
  }
  return figures;
}

std::string FormatLine(const std::string& name, const RowFigures& row) {
  std::string line = name;
  for (const Figures& figures : row) line += fmt::format(" {} {}", figures.instructions, figures.executed);
  return line + "\n";
}

Expected<std::map<std::string, RowFigures>> ReadBaseline(const std::string& path) {
  std::ifstream file(path);
  if (!file) return InvalidInput("cannot read " + path);
  std::map<std::string, RowFigures> rows;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string corpus_file;
    std::string id;
    RowFigures row;
    words >> corpus_file >> id;
    for (Figures& figures : row) words >> figures.instructions >> figures.executed;
    if (!words) return InvalidInput(fmt::format("{}:{}: expected a file, an id and figures", path, number));
    rows.emplace(corpus_file + " " + id, row);
  }
  return rows;
}

// What is to be said of one row: nothing when it is as it was.
std::string Difference(const std::string& name, const RowFigures& before, const RowFigures& now) {
  std::string text;
  const auto compare = [&](std::size_t was, std::size_t is, const char* objective, const char* what) {
    if (was == is) return;
    text += fmt::format("{:<7} {}: {} {} -> {} ({})\n", is > was ? "worse" : "better", name, what, was, is,
                        objective);
  };
  for (std::size_t i = 0; i < kObjectives.size(); ++i) {
    compare(before[i].instructions, now[i].instructions, kObjectives[i].second, "instructions");
    compare(before[i].executed, now[i].executed, kObjectives[i].second, "executed");
  }
  return text;
}

class Comparison {
 public:
  explicit Comparison(std::map<std::string, RowFigures> baseline) : baseline_(std::move(baseline)) {}

  void Add(const std::string& name, const RowFigures& now) {
    const auto before = baseline_.find(name);
    if (before == baseline_.end()) {
      text_ += fmt::format("new     {}\n", name);
      return;
    }
    text_ += Difference(name, before->second, now);
    baseline_.erase(before);
  }
  void AddFailure(const std::string& name, const std::string& message) {
    text_ += fmt::format("failed  {}: {}\n", name, message);
    baseline_.erase(name);
  }
  ModeReport Finish(std::size_t rows) && {
    for (const auto& [name, figures] : baseline_) text_ += fmt::format("gone    {}\n", name);
    if (text_.empty()) return {.text = fmt::format("{} rows are as the baseline has them\n", rows)};
    return {.text = text_ + "What is better or new belongs into the baseline: --update-baseline writes it.\n",
            .is_bad = true};
  }

 private:
  std::map<std::string, RowFigures> baseline_;  // rows not yet met
  std::string text_;
};

Expected<RowFigures> MeasureRow(const CorpusRow& row, const CompileOptions& options,
                                const std::vector<Frame>& frames) {
  RowFigures figures;
  for (std::size_t i = 0; i < kObjectives.size(); ++i) {
    const auto measured = Measure(row, options, kObjectives[i].first, frames);
    if (!measured) return tl::unexpected(measured.error());
    figures[i] = *measured;
  }
  return figures;
}

}  // namespace

bool IsOfAnotherLibpcap(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str().find(VersionLine()) == std::string::npos;
}

Expected<ModeReport> HoldToBaseline(const Corpus& corpus, const CompileOptions& options,
                                    const BaselineOptions& how) {
  std::map<std::string, RowFigures> before;
  if (!how.update) {
    auto read = ReadBaseline(how.path);
    if (!read) return tl::unexpected(read.error());
    before = std::move(*read);
  }
  const std::vector<Frame> frames = MakeTraffic(kTrafficFrames, kTrafficSeed);
  Comparison comparison(std::move(before));
  std::string text;
  std::string failures;
  for (const CorpusRow& row : corpus.rows) {
    const auto now = MeasureRow(row, options, frames);
    if (!now) {
      comparison.AddFailure(NameOf(row), now.error().message);
      failures += fmt::format("failed  {}: {}\n", NameOf(row), now.error().message);
      continue;
    }
    comparison.Add(NameOf(row), *now);
    text += FormatLine(NameOf(row), *now);
  }
  if (!how.update) return std::move(comparison).Finish(corpus.rows.size());
  if (!failures.empty()) return ModeReport{.text = failures, .is_bad = true};
  if (auto written = WriteOutput(how.path, std::string(kHead) + VersionLine() + text); !written)
    return tl::unexpected(written.error());
  return ModeReport{.text = fmt::format("{} rows written to {}\n", corpus.rows.size(), how.path)};
}

}  // namespace bpfopt::bench
