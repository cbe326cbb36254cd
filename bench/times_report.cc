#include "bench/times_report.h"

#include "bench/spread.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kWorstRows = 5;
constexpr std::string_view kOfRatios =
    "/ libpcap is the geometric mean of the ratios to libpcap with its optimizer, in process or as\n"
    "tcpdump, over the rows that both compile.";

struct MeasureNames {
  std::string_view title;
  std::string_view unit;
  int decimals;
  std::string_view key;  // in JSON: before the name
  const char* member;    // in JSON: of a row
};

MeasureNames NamesOf(Measure measure) {
  switch (measure) {
    case Measure::kInProcess:
      return {"in process, processor time", "ms", 4, "in process", "milliseconds"};
    case Measure::kWholeProcess:
      return {"whole process, wall time", "ms", 2, "whole process", "milliseconds"};
    case Measure::kPeakMemory:
      return {"whole process, peak memory", "KiB", 0, "peak memory", "kibibytes"};
  }
  return {};
}

std::string FormatValue(Measure measure, double value) {
  return fmt::format("{:.{}f}", value, NamesOf(measure).decimals);
}

struct Summary {
  std::vector<std::size_t> order;   // rows with a value, the largest first
  std::vector<std::size_t> failed;  // the others
  double median = 0;
  double ninetieth = 0;
  double worst = 0;
  GeometricMean ratio;  // to the series beside it, over the rows that both have
};

GeometricMean RatioOf(const TimesSeries& series, const TimesSeries& other) {
  GeometricMean ratio;
  for (std::size_t row = 0; row < series.values.size(); ++row) {
    const auto& a = series.values[row];
    const auto& b = other.values[row];
    if (a && b && *a > 0 && *b > 0) ratio.Add(*a / *b);
  }
  return ratio;
}

const TimesSeries* FindBeside(const TimesFigures& figures, const TimesSeries& series) {
  const auto found = std::ranges::find_if(figures.series, [&](const TimesSeries& other) {
    return other.measure == series.measure && other.name == series.beside;
  });
  return found == figures.series.end() ? nullptr : &*found;
}

Summary Summarize(const TimesFigures& figures, const TimesSeries& series) {
  Summary summary;
  std::vector<double> values;
  for (std::size_t row = 0; row < series.values.size(); ++row) {
    const auto& value = series.values[row];
    (value ? summary.order : summary.failed).push_back(row);
    if (value) values.push_back(*value);
  }
  std::ranges::stable_sort(
      summary.order, [&](std::size_t a, std::size_t b) { return *series.values[a] > *series.values[b]; });
  if (!values.empty()) {
    summary.median = QuantileOf(values, 0.5);
    summary.ninetieth = QuantileOf(values, 0.9);
    summary.worst = QuantileOf(values, 1);
  }
  if (const TimesSeries* beside = FindBeside(figures, series)) summary.ratio = RatioOf(series, *beside);
  return summary;
}

std::string FormatRatio(const GeometricMean& ratio) {
  const auto mean = ratio.value();
  return mean ? fmt::format("{:.{}f}", *mean, *mean < 10 ? 2 : *mean < 100 ? 1 : 0) : "";
}

std::string WorstRow(const TimesFigures& figures, const Summary& summary) {
  return summary.order.empty() ? "" : figures.rows[summary.order[0]].id;
}

std::string TextOfSeries(const TimesFigures& figures, const TimesSeries& series) {
  const Summary summary = Summarize(figures, series);
  const auto value = [&](double each) { return FormatValue(series.measure, each); };
  return fmt::format("  {:<31} {:>5} {:>9} {:>9} {:>9} {:>9}  {}\n", series.name, summary.order.size(),
                     value(summary.median), value(summary.ninetieth), value(summary.worst),
                     FormatRatio(summary.ratio), WorstRow(figures, summary));
}

std::string TextOfLevels(const LevelSums& levels) {
  const auto given_up = static_cast<std::ptrdiff_t>(levels.first - levels.second);
  return fmt::format("-O1 gives up {} of {} instructions: -O2 has {}, over {} rows.\n", given_up,
                     levels.first, levels.second, levels.rows);
}

std::string Join(const TimesFigures& figures, const std::vector<std::size_t>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::string(), [&](std::string text, std::size_t row) {
    return std::move(text) + " " + figures.rows[row].id;
  });
}

std::string TextOfWorstRows(const TimesFigures& figures, const TimesSeries& series) {
  const Summary summary = Summarize(figures, series);
  const MeasureNames names = NamesOf(series.measure);
  std::string text = fmt::format("{}: {} ({})\n", names.title, series.name, names.unit);
  for (std::size_t i = 0; i < std::min(kWorstRows, summary.order.size()); ++i) {
    const CorpusRow& row = figures.rows[summary.order[i]];
    text += fmt::format("  {:>9} {:<22} {:<11} {}\n",
                        FormatValue(series.measure, *series.values[summary.order[i]]), row.id, row.link_type,
                        row.filter);
  }
  if (!summary.failed.empty()) text += "  no program:" + Join(figures, summary.failed) + "\n";
  return text;
}

std::string JsonName(Measure measure, const std::string& name) {
  return fmt::format("{}: {}", NamesOf(measure).key, name);
}

nlohmann::ordered_json JsonOfSeries(const TimesFigures& figures, const TimesSeries& series) {
  using Json = nlohmann::ordered_json;
  const Summary summary = Summarize(figures, series);
  Json json = {{"name", JsonName(series.measure, series.name)},
               {"compiler", series.is_ours ? "bpfopt" : "libpcap"},
               {"median", summary.median},
               {"ninetieth", summary.ninetieth},
               {"worst", summary.worst}};
  if (const auto mean = summary.ratio.value()) {
    json["ratio"] = {{"beside", JsonName(series.measure, series.beside)},
                     {"geometric_mean", *mean},
                     {"rows", summary.ratio.count()}};
  }
  const auto id = [&](std::size_t row) {
    return Json{{"file", figures.rows[row].file}, {"id", figures.rows[row].id}};
  };
  json["rows"] = Json::array();
  for (const std::size_t row : summary.order) {
    json["rows"].push_back(id(row));
    json["rows"].back()[NamesOf(series.measure).member] = *series.values[row];
  }
  json["failed"] = Json::array();
  for (const std::size_t row : summary.failed) json["failed"].push_back(id(row));
  return json;
}

}  // namespace

std::string FormatTimesText(const TimesFigures& figures) {
  std::string text = fmt::format("Compiling {} filters, each in every way by turns; the best of the turns\n",
                                 figures.rows.size());
  const TimesSeries* previous = nullptr;
  for (const TimesSeries& series : figures.series) {
    if (previous == nullptr || previous->measure != series.measure) {
      const MeasureNames names = NamesOf(series.measure);
      text += fmt::format("\n{:<33} {:>5} {:>9} {:>9} {:>9} {:>9}  {}\n",
                          fmt::format("{} ({})", names.title, names.unit), "rows", "median", "90%", "worst",
                          "/ libpcap", "worst row");
    }
    text += TextOfSeries(figures, series);
    previous = &series;
  }
  text += fmt::format("\n{}\n", kOfRatios);
  text += TextOfLevels(figures.levels) + "\n";
  for (const TimesSeries& series : figures.series) text += TextOfWorstRows(figures, series);
  return text;
}

std::string FormatTimesMarkdown(const TimesFigures& figures) {
  std::string text =
      "| | | rows | median | 90 % | worst | / libpcap |\n| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const TimesSeries& series : figures.series) {
    const Summary summary = Summarize(figures, series);
    const MeasureNames names = NamesOf(series.measure);
    const auto value = [&](double each) { return FormatValue(series.measure, each); };
    text += fmt::format("| {} ({}) | {} | {} | {} | {} | {} | {} |\n", names.title, names.unit, series.name,
                        summary.order.size(), value(summary.median), value(summary.ninetieth),
                        value(summary.worst), FormatRatio(summary.ratio));
  }
  return text + fmt::format("\n{} {}", kOfRatios, TextOfLevels(figures.levels));
}

nlohmann::ordered_json TimesToJson(const TimesFigures& figures) {
  auto times = nlohmann::ordered_json::array();
  auto memory = nlohmann::ordered_json::array();
  for (const TimesSeries& series : figures.series) {
    (series.measure == Measure::kPeakMemory ? memory : times).push_back(JsonOfSeries(figures, series));
  }
  const LevelSums& levels = figures.levels;
  return {{"series", std::move(times)},
          {"memory", std::move(memory)},
          {"levels", {{"rows", levels.rows}, {"O1", levels.first}, {"O2", levels.second}}}};
}

}  // namespace bpfopt::bench
