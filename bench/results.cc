#include "bench/results.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::string_view kInShort = "in-short";
constexpr std::string_view kBlockNameEnds = " -->";
constexpr std::string_view kBlockEnds = "<!-- end of bpfopt-bench -->";

// Of the system itself, which its version names well enough.
bool IsInstalled(const std::string& file) {
  return file.starts_with("/usr/lib/") || file.starts_with("/lib/");
}

std::string Head(const nlohmann::ordered_json& environment) {
  std::string text =
      "# Results\n\n"
      "Printed by `bpfopt-bench --results FILE`; each section also by the command that it names. "
      "Instructions, "
      "lower\n"
      "bounds and instructions executed are exact: the same on every machine with this libpcap. Times are "
      "this\n"
      "machine's, on this day.\n\n| | |\n| --- | --- |\n";
  for (const auto& [name, value] : environment.items()) {
    if (name == "libpcap_file" && IsInstalled(value)) continue;
    text += fmt::format("| {} | {} |\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

// A column of the main figures: a part's geometric means by corpus.
struct Column {
  std::string_view part;
  std::string_view title;
};
constexpr std::array kColumns = {Column{"sizes", "instructions"}, Column{"strict", "strict"},
                                 Column{"executed", "executed"},
                                 Column{"executed-speed", "executed, `--objective speed`"}};

// Rows that a part compares, of one file or of all.
std::size_t CountRows(const nlohmann::ordered_json& data, const std::string& file) {
  std::size_t rows = 0;
  for (const auto& row : data.at("rows")) {
    const bool is_compared = row.value("status", "compared") == "compared";
    if (is_compared && (file == "all" || row.at("file") == file)) ++rows;
  }
  return rows;
}

// Ours / tcpdump's; empty where nothing was measured.
std::string InShort(const std::vector<MeasuredPart>& parts) {
  std::vector<const nlohmann::ordered_json*> means;
  const nlohmann::ordered_json* first = nullptr;
  std::string head = "| corpus | rows |";
  std::string line = "| --- | --- |";
  for (const Column& column : kColumns) {
    const ModeReport* report = FindPart(parts, column.part);
    if (report == nullptr || !report->data.contains("geometric_mean")) continue;
    if (first == nullptr) first = &report->data;
    means.push_back(&report->data.at("geometric_mean"));
    head += fmt::format(" {} |", column.title);
    line += " --- |";
  }
  if (means.empty()) return {};
  std::string text = head + "\n" + line + "\n";
  for (const auto& [name, unused] : means.front()->items()) {
    text += fmt::format("| {} | {} |", name, CountRows(*first, name));
    for (const auto* each : means) {
      text += each->contains(name) ? fmt::format(" {:.3f} |", each->at(name).get<double>()) : " |";
    }
    text += "\n";
  }
  return text;
}

std::string Section(const MeasuredPart& measured) {
  const auto& [part, report] = measured;
  std::string text = fmt::format("\n## {}\n\n    {}\n", part->title, part->command);
  if (!report.summary.empty()) text += "\n" + report.summary;
  return text + fmt::format("\n<details><summary>All of it</summary>\n\n```text\n{}```\n\n</details>\n",
                            report.text);
}

std::string BlockName(std::string_view line) {
  line.remove_prefix(kFiguresBegin.size());
  return std::string(line.substr(0, line.find(kBlockNameEnds)));
}

// What a block is to hold; nothing: what it has.
Expected<std::optional<std::string>> FiguresFor(const std::string& name,
                                                const std::vector<MeasuredPart>& parts) {
  if (name == kInShort) {
    const bool is_complete = std::ranges::all_of(
        kColumns, [&](const Column& column) { return FindPart(parts, column.part) != nullptr; });
    return is_complete ? std::optional(InShort(parts)) : std::nullopt;
  }
  if (std::ranges::find(Parts(), name, &Part::name) == Parts().end())
    return InvalidInput("there is no part called " + name);
  const ModeReport* report = FindPart(parts, name);
  return report == nullptr ? std::nullopt : std::optional(report->summary);
}

// A line of the document with its line feed.
std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end);
  return line;
}

}  // namespace

std::string FormatResults(const std::vector<MeasuredPart>& parts, const nlohmann::ordered_json& environment) {
  std::string text = Head(environment);
  if (const std::string table = InShort(parts); !table.empty())
    text += "\n## In short\n\nOurs / tcpdump's, geometric means.\n\n" + table;
  for (const MeasuredPart& part : parts) text += Section(part);
  return text;
}

Expected<std::string> ReplaceFigures(const std::string& document, const std::vector<MeasuredPart>& parts) {
  std::string text;
  std::string_view rest = document;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = TakeLine(rest);
    text += line;
    if (!line.starts_with(kFiguresBegin)) continue;
    const auto figures = FiguresFor(BlockName(line), parts);
    if (!figures) return InvalidInput(fmt::format("line {}: {}", number, figures.error().message));
    const std::size_t begin = number;
    std::string kept;
    std::string_view inner;
    while (!inner.starts_with(kBlockEnds)) {
      if (rest.empty())
        return InvalidInput(fmt::format("line {}: expected a line \"{}\" below", begin, kBlockEnds));
      kept += inner;
      inner = TakeLine(rest);
      ++number;
    }
    text += *figures ? **figures : kept;
    text += inner;
  }
  return text;
}

}  // namespace bpfopt::bench
