#include "bench/sets_report.h"

#include "bpfopt/kernel.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kFrom = 500;
constexpr std::size_t kTo = 2000;

std::string_view NameOf(SetKind kind) {
  return std::ranges::find(SetKinds(), kind, &SetKindName::kind)->name;
}

std::string SeriesOf(const SetFilter& filter) {
  return fmt::format("{}{}{}", filter.is_negated ? "not " : "", NameOf(filter.kind),
                     filter.arrangement == Arrangement::kClustered ? ", clustered" : "");
}

// How times grow with the entries: as their power to this.
struct Growth {
  std::string series;
  double quick = 0;
  double with_proof = 0;
};

std::vector<Growth> GrowthOf(const std::vector<SetRow>& rows) {
  std::vector<Growth> all;
  for (const SetRow& small : rows) {
    if (small.filter.entries != kFrom || small.ours == 0) continue;
    const std::string series = SeriesOf(small.filter);
    for (const SetRow& large : rows) {
      if (large.filter.entries != kTo || large.ours == 0 || SeriesOf(large.filter) != series) continue;
      const double times = std::log(static_cast<double>(kTo) / kFrom);
      all.push_back({series, std::log(large.quick / small.quick) / times,
                     std::log(large.with_proof / small.with_proof) / times});
    }
  }
  return all;
}

std::string TheirColumns(const SetRow& row, std::chrono::seconds limit) {
  if (row.libpcap_over_time)
    return fmt::format("{:>7} {:>9} {:>9}", "-", fmt::format("> {} s", limit.count()), "-");
  if (row.theirs == 0) return fmt::format("{:>7} {:>9} {:>9}", "-", "-", "-");
  return fmt::format("{:>7} {:>9.1f} {:>9.1f}", row.theirs, row.their_time, row.their_executed);
}

std::string FormatRow(const SetRow& row, std::chrono::seconds limit) {
  std::string text = fmt::format("{:<28} {:>5} ", SeriesOf(row.filter), row.filter.entries);
  if (row.ours == 0) return text + "FAILED: " + row.error + "\n";
  const auto fits = [&](std::size_t maximum) {
    return row.ours <= 4096 && FitsOptmem(row.kernel_bytes, maximum) ? "yes" : "no";
  };
  return text + fmt::format("{:>6} {:>8.1f} {:>8.1f} {:>8.1f} {:<6} {:>5.0f} {:>7} {:<6} {:<7} {}\n",
                            row.ours, row.executed, row.quick, row.with_proof, row.proven ? "yes" : "NO",
                            row.megabytes, row.kernel_bytes, fits(kOldOptmemMax), fits(kOptmemMax),
                            TheirColumns(row, limit));
}

template <typename Value>
double WorstOf(const std::vector<SetRow>& rows, std::size_t entries, Value value) {
  double worst = 0;
  for (const SetRow& row : rows) {
    if (row.filter.entries == entries) worst = std::max(worst, value(row));
  }
  return worst;
}

std::string FormatWorst(const std::vector<SetRow>& rows) {
  std::string text;
  for (const std::size_t entries : {kFrom, kTo}) {
    if (std::ranges::none_of(rows, [&](const SetRow& row) { return row.filter.entries == entries; }))
      continue;
    text += fmt::format("  {:>4} entries: -O1 {:.0f} ms, with proof {:.0f} ms, {:.0f} MB\n", entries,
                        WorstOf(rows, entries, [](const SetRow& row) { return row.quick; }),
                        WorstOf(rows, entries, [](const SetRow& row) { return row.with_proof; }),
                        WorstOf(rows, entries, [](const SetRow& row) { return row.megabytes; }));
  }
  return text.empty() ? text : "\nThe most that any of these takes:\n" + text;
}

std::string FormatGrowth(const std::vector<Growth>& all) {
  if (all.empty()) return {};
  std::string text =
      fmt::format("\nTimes grow with the entries to the power of, from {} to {}:\n{:<28} {:>8} {:>8}\n",
                  kFrom, kTo, "", "-O1", "proof");
  for (const Growth& each : all) {
    text += fmt::format("{:<28} {:>8.2f} {:>8.2f}\n", each.series, each.quick, each.with_proof);
  }
  const auto quick = std::ranges::max_element(all, {}, &Growth::quick);
  const auto proof = std::ranges::max_element(all, {}, &Growth::with_proof);
  return text + fmt::format("{:<28} {:>8.2f} {:>8.2f}\n", "at most", quick->quick, proof->with_proof);
}

std::string FormatKernel(const SetsReport& report) {
  if (report.kernel) {
    const SetKernelRun& run = *report.kernel;
    return fmt::format(
        "\nIn the running kernel, packets that {} random hosts reject, a second: ours ({} instructions) "
        "{:.0f}, "
        "libpcap's ({}) {:.0f}; ratio {:.2f} (quartiles {:.2f} and {:.2f})\n",
        run.entries, run.ours, run.rate.ours, run.theirs, run.rate.theirs, run.rate.ratio.median,
        run.rate.ratio.first_quartile, run.rate.ratio.third_quartile);
  }
  return report.kernel_error.empty() ? "" : "\nNot run in the kernel: " + report.kernel_error + "\n";
}

}  // namespace

std::string FormatSetsText(const SetsReport& report) {
  std::string text =
      "Executed: the mean over random packets that match none of the entries. Times in ms of processor "
      "time.\n";
  text +=
      fmt::format("{:<28} {:>5} {:>6} {:>8} {:>8} {:>8} {:<6} {:>5} {:>7} {:<6} {:<7} {:>7} {:>9} {:>9}\n",
                  "", "", "instr.", "executed", "-O1", "proof", "proven", "MB", "kernel", "20480", "131072",
                  "libpcap", "its time", "executed");
  for (const SetRow& row : report.rows) text += FormatRow(row, report.libpcap_limit);
  return text + FormatWorst(report.rows) + FormatGrowth(GrowthOf(report.rows)) + FormatKernel(report);
}

std::string FormatSetsSummary(const SetsReport& report) {
  std::string text =
      "| entries, random, or-ed | instructions | executed, a stranger | -O1, ms | with proof, ms | MB | "
      "libpcap | its time, ms | executed |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const SetRow& row : report.rows) {
    if (row.filter.is_negated || row.filter.arrangement != Arrangement::kRandom || row.ours == 0) continue;
    text += fmt::format("| {} {} | {} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | ", row.filter.entries,
                        NameOf(row.filter.kind), row.ours, row.executed, row.quick, row.with_proof,
                        row.megabytes);
    if (row.libpcap_over_time)
      text += fmt::format("- | over {} s | - |\n", report.libpcap_limit.count());
    else if (row.theirs == 0)
      text += "- | - | - |\n";
    else
      text += fmt::format("{} | {:.1f} | {:.1f} |\n", row.theirs, row.their_time, row.their_executed);
  }
  return text + FormatKernel(report);
}

nlohmann::ordered_json SetsData(const SetsReport& report) {
  nlohmann::ordered_json document;
  document["rows"] = nlohmann::ordered_json::array();
  for (const SetRow& row : report.rows) {
    nlohmann::ordered_json entry = {{"kind", NameOf(row.filter.kind)},
                                    {"negated", row.filter.is_negated},
                                    {"clustered", row.filter.arrangement == Arrangement::kClustered},
                                    {"entries", row.filter.entries}};
    if (row.ours == 0) {
      entry["error"] = row.error;
    } else {
      entry["instructions"] = row.ours;
      entry["executed"] = row.executed;
      entry["milliseconds_O1"] = row.quick;
      entry["milliseconds_proof"] = row.with_proof;
      entry["proven"] = row.proven;
      entry["megabytes"] = row.megabytes;
      entry["kernel_bytes"] = row.kernel_bytes;
      entry["fits_optmem_20480"] = row.ours <= 4096 && FitsOptmem(row.kernel_bytes, kOldOptmemMax);
      entry["fits_optmem_131072"] = row.ours <= 4096 && FitsOptmem(row.kernel_bytes, kOptmemMax);
    }
    if (row.libpcap_over_time) entry["libpcap"] = "over time";
    if (row.theirs != 0) {
      entry["libpcap"] = {
          {"instructions", row.theirs}, {"milliseconds", row.their_time}, {"executed", row.their_executed}};
    }
    document["rows"].push_back(std::move(entry));
  }
  document["growth"] = nlohmann::ordered_json::array();
  for (const Growth& each : GrowthOf(report.rows)) {
    document["growth"].push_back(
        {{"series", each.series}, {"quick", each.quick}, {"with_proof", each.with_proof}});
  }
  if (report.kernel) {
    const SetKernelRun& run = *report.kernel;
    document["kernel"] = {{"entries", run.entries},
                          {"ours", run.rate.ours},
                          {"libpcap", run.rate.theirs},
                          {"ratio", run.rate.ratio.median},
                          {"first_quartile", run.rate.ratio.first_quartile},
                          {"third_quartile", run.rate.ratio.third_quartile}};
  }
  return document;
}

}  // namespace bpfopt::bench
