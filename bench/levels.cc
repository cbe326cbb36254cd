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

}  // namespace

Expected<ModeReport> CompareLevels(const Corpus& corpus, const CompileOptions& options) {
  std::string text =
      fmt::format("{:>4} {:>4} {:>7}  {:<22} {:<18} {}\n", "-O2", "-O3", "ms", "id", "link type", "filter");
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
      text += fmt::format("not compiled: {}\n", row.id);
      ++failed;
      continue;
    }
    second_sum += second->instructions;
    third_sum += third->instructions;
    unproven += third->proven ? 0 : 1;
    second_times.push_back(second->milliseconds);
    third_times.push_back(third->milliseconds);
    if (third->instructions == second->instructions) continue;
    text += fmt::format("{:>4} {:>4} {:>7.0f}  {:<22} {:<18} {}\n", second->instructions, third->instructions,
                        third->milliseconds, row.id, row.link_type, row.filter);
  }
  text += fmt::format("{} rows: {} instructions at -O2, {} at -O3, {} rows not proven\n", third_times.size(),
                      second_sum, third_sum, unproven);
  text += fmt::format("Compile time in process: -O2 {}; -O3 {}\n", Times(second_times), Times(third_times));
  return ModeReport{.text = std::move(text), .is_bad = unproven + failed > 0};
}

}  // namespace bpfopt::bench
