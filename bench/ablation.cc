// Counts alone, which are the same on every machine that has the same libpcap.
#include "bench/ablation.h"

#include "bench/measure.h"
#include "bench/spread.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kMostRows = 3;

struct Baseline {
  const CorpusRow* row = nullptr;
  std::size_t ours = 0;
  std::size_t theirs = 0;
};

struct Changed {
  const CorpusRow* row = nullptr;
  std::size_t before = 0;
  std::size_t after = 0;
};

struct Ablation {
  std::string without;  // "" for the baseline
  std::size_t instructions = 0;
  GeometricMean mean = {};
  std::vector<Changed> grown = {};  // the most first
  std::size_t shrunk = 0;

  void Add(const Baseline& baseline, std::size_t size) {
    instructions += size;
    mean.Add(static_cast<double>(size) / static_cast<double>(baseline.theirs));
    if (size > baseline.ours) grown.push_back({baseline.row, baseline.ours, size});
    if (size < baseline.ours) ++shrunk;
  }
};

Expected<std::vector<Baseline>> Baselines(const Corpus& corpus, const CompileOptions& options) {
  std::vector<Baseline> baselines;
  for (const CorpusRow& each : corpus.rows) {
    const auto row = Measure(each, options);
    if (!row) return tl::unexpected(row.error());
    if (row->status == Status::kCompared) baselines.push_back({&each, row->ours, row->theirs});
  }
  if (baselines.empty()) return InvalidInput("the corpus has no row to compare");
  return baselines;
}

Expected<Ablation> Without(const std::string& pass, const std::vector<Baseline>& baselines,
                           CompileOptions options) {
  Ablation ablation{pass};
  options.proof = ProofMode::kOff;
  options.disabled_passes.push_back(pass);
  for (const Baseline& baseline : baselines) {
    options.link_type = baseline.row->link_type;
    const auto compiled = Compile(baseline.row->filter, options);
    if (!compiled) return tl::unexpected(compiled.error());
    ablation.Add(baseline, compiled->program.size());
  }
  std::stable_sort(ablation.grown.begin(), ablation.grown.end(), [](const Changed& a, const Changed& b) {
    return a.after * b.before > b.after * a.before;
  });
  return ablation;
}

std::string MostGrown(const Ablation& ablation) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kMostRows, ablation.grown.size()); ++i) {
    const Changed& changed = ablation.grown[i];
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {} to {}", changed.row->id, changed.before, changed.after);
  }
  return text;
}

std::string FormatText(const std::vector<Ablation>& all) {
  std::string text = fmt::format("{:<20} {:>12} {:>7} {:>6} {:>8}  {}\n", "without", "instructions", "mean",
                                 "larger", "smaller", "grown most");
  for (const Ablation& each : all) {
    text += fmt::format("{:<20} {:>12} {:>7.4f} {:>6} {:>8}  {}\n",
                        each.without.empty() ? "(nothing)" : each.without, each.instructions,
                        *each.mean.value(), each.grown.size(), each.shrunk, MostGrown(each));
  }
  return text;
}

std::string FormatMarkdown(const std::vector<Ablation>& all) {
  std::string text =
      "| without | instructions | mean | larger | smaller | grown most |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Ablation& each : all) {
    const std::string name = each.without.empty() ? "(nothing)" : "`" + each.without + "`";
    text += fmt::format("| {} | {} | {:.4f} | {} | {} | {} |\n", name, each.instructions, *each.mean.value(),
                        each.grown.size(), each.shrunk, MostGrown(each));
  }
  return text;
}

nlohmann::ordered_json ToJson(const std::vector<Ablation>& all) {
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const Ablation& each : all) {
    nlohmann::ordered_json entry = {{"without", each.without},
                                    {"instructions", each.instructions},
                                    {"geometric_mean", *each.mean.value()},
                                    {"smaller", each.shrunk}};
    entry["larger"] = nlohmann::ordered_json::array();
    for (const Changed& changed : each.grown) {
      entry["larger"].push_back(
          {{"id", changed.row->id}, {"before", changed.before}, {"after", changed.after}});
    }
    document.push_back(std::move(entry));
  }
  return document;
}

}  // namespace

Expected<ModeReport> CompareWithoutPasses(const Corpus& corpus, const CompileOptions& options) {
  const auto baselines = Baselines(corpus, options);
  if (!baselines) return tl::unexpected(baselines.error());
  std::vector<Ablation> all(1);
  for (const Baseline& baseline : *baselines) all[0].Add(baseline, baseline.ours);
  for (const PassInfo& pass : Passes()) {
    auto ablation = Without(std::string(pass.name), *baselines, options);
    if (!ablation) return tl::unexpected(ablation.error());
    all.push_back(std::move(*ablation));
  }
  return ModeReport{FormatText(all), FormatMarkdown(all), ToJson(all)};
}

}  // namespace bpfopt::bench
