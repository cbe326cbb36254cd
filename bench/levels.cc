#include "bench/levels.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

struct Level {
  std::size_t instructions = 0;
  bool proven = false;
  double milliseconds = 0;
};

std::optional<Level> CompileAt(int level, const CorpusRow& row, CompileOptions options) {
  options.level = level;
  options.link_type = row.link_type;
  const auto begin = std::chrono::steady_clock::now();
  const auto compiled = Compile(row.filter, options);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  if (!compiled) return std::nullopt;
  return Level{compiled->program.size(), compiled->proven, time.count()};
}

std::string Times(std::vector<double> times) {
  if (times.empty()) return "";
  std::sort(times.begin(), times.end());
  return fmt::format("median {:.0f} ms, max {:.0f} ms", times[times.size() / 2], times.back());
}

// In a cell of a Markdown table.
std::string Escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

Expected<ModeReport> CompareLevels(const Corpus& corpus, const CompileOptions& options) {
  ModeReport report;
  report.text =
      fmt::format("{:>4} {:>4} {:>7}  {:<22} {:<18} {}\n", "-O2", "-O3", "ms", "id", "link type", "filter");
  report.summary = "| -O2 | -O3 | link type | filter |\n| --- | --- | --- | --- |\n";
  auto changed = nlohmann::ordered_json::array();
  std::size_t second_sum = 0;
  std::size_t third_sum = 0;
  std::size_t unproven = 0;
  std::size_t failed = 0;
  std::vector<double> second_times;
  std::vector<double> third_times;
  for (const CorpusRow& row : corpus.rows) {
    const auto second = CompileAt(2, row, options);
    const auto third = CompileAt(3, row, options);
    if (!second || !third) {
      report.text += fmt::format("not compiled: {}\n", row.id);
      ++failed;
      continue;
    }
    second_sum += second->instructions;
    third_sum += third->instructions;
    unproven += third->proven ? 0 : 1;
    second_times.push_back(second->milliseconds);
    third_times.push_back(third->milliseconds);
    if (third->instructions == second->instructions) continue;
    report.text += fmt::format("{:>4} {:>4} {:>7.0f}  {:<22} {:<18} {}\n", second->instructions,
                               third->instructions, third->milliseconds, row.id, row.link_type, row.filter);
    report.summary += fmt::format("| {} | {} | {} | `{}` |\n", second->instructions, third->instructions,
                                  row.link_type, Escaped(row.filter));
    changed.push_back({{"id", row.id},
                       {"file", row.file},
                       {"link_type", row.link_type},
                       {"filter", row.filter},
                       {"O2", second->instructions},
                       {"O3", third->instructions},
                       {"proven", third->proven}});
  }
  const std::string sums = fmt::format("{} rows: {} instructions at -O2, {} at -O3, {} rows not proven\n",
                                       third_times.size(), second_sum, third_sum, unproven);
  report.text += sums;
  report.text +=
      fmt::format("Compile time in process: -O2 {}; -O3 {}\n", Times(second_times), Times(third_times));
  report.summary += "\n" + sums;
  report.data = {
      {"rows", third_times.size()}, {"O2", second_sum}, {"O3", third_sum}, {"changed", std::move(changed)}};
  report.is_bad = unproven + failed > 0;
  return report;
}

}  // namespace bpfopt::bench
