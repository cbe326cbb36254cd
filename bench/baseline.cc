// Lines of 'file id figure...', sorted as the corpus is: differences read well in a diff.
#include "bench/baseline.h"

#include "bench/measure.h"
#include "bench/output_file.h"
#include "bench/traffic.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <istream>
#include <map>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::string_view kHead =
    "# What each row of the corpus comes to: ours under the balanced objective, under speed and under the\n"
    "# strict relation, and tcpdump's where it is right under that relation; instructions, and on Ethernet\n"
    "# instructions executed over 4000 generated packets. All of ours are proven. Written by\n"
    "# `bpfopt-bench --baseline FILE --update-baseline`, with\n";
constexpr std::string_view kColumnsLine =
    "# file id | balanced, executed | speed, executed | strict | tcpdump, executed | tcpdump (strict)\n";
constexpr std::string_view kNone = "-";  // executed off Ethernet; tcpdump's where it is wrong or refuses

// One figure of a row.
struct Column {
  std::string_view name;
  bool is_ours = true;
};
constexpr std::array kColumns = {
    Column{"instructions (balanced)"},   Column{"executed (balanced)"},
    Column{"instructions (speed)"},      Column{"executed (speed)"},
    Column{"instructions (strict)"},     Column{"tcpdump's instructions", false},
    Column{"tcpdump's executed", false}, Column{"tcpdump's instructions (strict)", false}};
using RowFigures = std::array<std::optional<std::size_t>, kColumns.size()>;

std::string VersionLine() { return fmt::format("# {}\n", LibpcapVersion()); }

std::string NameOf(const CorpusRow& row) { return row.file + " " + row.id; }

std::optional<std::size_t> Executed(const Program& program, const CorpusRow& row,
                                    const std::vector<Frame>& frames) {
  if (row.link_type != "EN10MB") return std::nullopt;
  std::size_t sum = 0;
  for (const Frame& frame : frames) sum += RunOnPacket(program, frame.bytes, frame.wire_length).executed;
  return sum;
}

// With tcpdump's.
Expected<Row> MeasureProven(const CorpusRow& corpus_row, const CompileOptions& options) {
  auto row = Measure(corpus_row, options);
  if (!row) return row;
  if (row->ours == 0) return InvalidInput(row->message);
  if (!row->proven) return MakeError(ErrorCode::kUndecided, "not proven");
  return row;
}

// By itself.
Expected<Program> CompileProven(const CorpusRow& row, CompileOptions options) {
  options.link_type = row.link_type;
  auto compiled = Compile(row.filter, options);
  if (!compiled) return tl::unexpected(compiled.error());
  if (!compiled->proven) return MakeError(ErrorCode::kUndecided, "not proven");
  return std::move(compiled->program);
}

Expected<RowFigures> MeasureRow(const CorpusRow& corpus_row, const CompileOptions& options,
                                const std::vector<Frame>& frames) {
  CompileOptions speed = options;
  speed.objective = Objective::kSpeed;
  CompileOptions strict = options;
  strict.relation = Relation::kStrict;
  const auto balanced_row = MeasureProven(corpus_row, options);
  if (!balanced_row) return tl::unexpected(balanced_row.error());
  const auto speed_program = CompileProven(corpus_row, speed);
  if (!speed_program) return tl::unexpected(speed_program.error());
  const auto strict_row = MeasureProven(corpus_row, strict);
  if (!strict_row) return tl::unexpected(strict_row.error());
  RowFigures figures = {balanced_row->ours, Executed(balanced_row->program, corpus_row, frames),
                        speed_program->size(), Executed(*speed_program, corpus_row, frames),
                        strict_row->ours};
  if (balanced_row->status == Status::kCompared) {
    figures[5] = balanced_row->theirs;
    figures[6] = Executed(balanced_row->their_program, corpus_row, frames);
  }
  if (strict_row->status == Status::kCompared) figures[7] = strict_row->theirs;
  return figures;
}

std::string ToText(const std::optional<std::size_t>& figure) {
  return figure ? std::to_string(*figure) : std::string(kNone);
}

std::string FormatLine(const std::string& name, const RowFigures& row) {
  std::string line = name;
  for (const auto& figure : row) line += " " + ToText(figure);
  return line + "\n";
}

// False: neither a number nor none.
bool ReadFigure(std::istream& words, std::optional<std::size_t>& figure) {
  std::string word;
  if (!(words >> word)) return false;
  if (word == kNone) return true;
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  figure = value;
  return failure == std::errc() && end == word.data() + word.size();
}

Expected<std::map<std::string, RowFigures>> ReadBaseline(const std::string& path) {
  auto text = ReadText(path);
  if (!text) return tl::unexpected(text.error());
  std::istringstream file(std::move(*text));
  std::map<std::string, RowFigures> rows;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string corpus_file;
    std::string id;
    words >> corpus_file >> id;
    RowFigures row;
    if (!std::ranges::all_of(row, [&](auto& figure) { return ReadFigure(words, figure); }))
      return InvalidInput(
          fmt::format("{}:{}: expected a file, an id and {} figures", path, number, row.size()));
    rows.emplace(corpus_file + " " + id, row);
  }
  return rows;
}

// What is to be said of one row: nothing when it is as it was.
std::string Difference(const std::string& name, const RowFigures& before, const RowFigures& now) {
  std::string text;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (before[i] == now[i]) continue;
    const bool has_order = kColumns[i].is_ours && before[i] && now[i];
    const char* verdict = !has_order ? "changed" : *now[i] > *before[i] ? "worse" : "better";
    text += fmt::format("{:<7} {}: {} {} -> {}\n", verdict, name, kColumns[i].name, ToText(before[i]),
                        ToText(now[i]));
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

}  // namespace

Expected<bool> IsOfAnotherLibpcap(const std::string& path) {
  const auto text = ReadText(path);
  if (!text) return tl::unexpected(text.error());
  if (text->find("\n# libpcap ") == std::string::npos)
    return InvalidInput(path + " is no baseline: expected a line '# libpcap version ...'");
  return text->find(VersionLine()) == std::string::npos;
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
  if (auto written =
          WriteOutput(how.path, std::string(kHead) + VersionLine() + std::string(kColumnsLine) + text);
      !written)
    return tl::unexpected(written.error());
  return ModeReport{.text = fmt::format("{} rows written to {}\n", corpus.rows.size(), how.path)};
}

}  // namespace bpfopt::bench
