// The machine may be busy with other things: only ratios within a pair of runs are told.
#include "bench/rates.h"

#include "bench/kernel_rate.h"
#include "bench/measure.h"
#include "bench/spread.h"
#include "bench/traffic.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kFrames = 1000;
constexpr int kPairsOfRuns = 9;
constexpr int kPasses = 4;  // over the frames, a run of the interpreter
constexpr std::size_t kKernelFrames = 100;
constexpr std::chrono::milliseconds kKernelRun{5};

constexpr const char* kAcceptsAll = "accepts all";

struct KernelRow {
  std::optional<Spread> ratio;
  std::string reason;  // why there is none: kAcceptsAll, or why the kernel could not be measured
};

struct RateRow {
  CorpusRow corpus;
  std::size_t sizes[2] = {0, 0};  // ours, tcpdump's
  Spread interpreter;             // time of ours / tcpdump's
  KernelRow kernel;
};

double Interpret(const Program& program, const std::vector<Frame>& frames) {
  Program copy = program;
  const bpf_program code{static_cast<unsigned>(copy.size()), reinterpret_cast<bpf_insn*>(copy.data())};
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  for (int pass = 0; pass < kPasses; ++pass) {
    for (const Frame& frame : frames) {
      pcap_pkthdr header{};
      header.caplen = static_cast<bpf_u_int32>(frame.bytes.size());
      header.len = frame.wire_length;
      pcap_offline_filter(&code, &header, frame.bytes.data());
    }
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Spread CompareInterpreted(const Program& ours, const Program& theirs, const std::vector<Frame>& frames) {
  std::vector<double> ratios;
  for (int i = 0; i < kPairsOfRuns; ++i) {
    const double a = Interpret(ours, frames);
    ratios.push_back(a / Interpret(theirs, frames));
  }
  return SpreadOf(std::move(ratios));
}

// Of packets that both reject: the kernel queues the others.
KernelRow CompareRejecting(const Row& row, const std::vector<Frame>& frames) {
  std::vector<std::vector<std::uint8_t>> rejected;
  for (const Frame& frame : frames) {
    if (rejected.size() == kKernelFrames) break;
    const auto verdict = [&](const Program& program) {
      return RunOnPacket(program, frame.bytes, static_cast<std::uint32_t>(frame.bytes.size())).verdict;
    };
    if (verdict(row.program) == 0 && verdict(row.their_program) == 0) rejected.push_back(frame.bytes);
  }
  if (rejected.empty()) return {std::nullopt, kAcceptsAll};
  const auto rate = CompareInKernel(row.program, row.their_program, rejected, {kPairsOfRuns, kKernelRun});
  if (!rate) return {std::nullopt, rate.error().message};
  const Spread& ratio = rate->ratio;  // of rates, not of times
  return {Spread{1 / ratio.third_quartile, 1 / ratio.median, 1 / ratio.first_quartile}, {}};
}

std::vector<double> InterpreterRatios(const std::vector<RateRow>& rows) {
  std::vector<double> ratios;
  for (const RateRow& row : rows) ratios.push_back(row.interpreter.median);
  return ratios;
}

std::vector<double> KernelRatios(const std::vector<RateRow>& rows) {
  std::vector<double> ratios;
  for (const RateRow& row : rows) {
    if (row.kernel.ratio) ratios.push_back(row.kernel.ratio->median);
  }
  return ratios;
}

std::string FormatSpread(const Spread& spread) {
  return fmt::format("{:.3f} ({:.2f}-{:.2f})", spread.median, spread.first_quartile, spread.third_quartile);
}

std::string FormatKernel(const KernelRow& kernel) {
  if (kernel.ratio) return FormatSpread(*kernel.ratio);
  return kernel.reason == kAcceptsAll ? kAcceptsAll : "no kernel";
}

// Nothing has no mean.
std::string FormatMean(const std::vector<double>& ratios) {
  const auto mean = GeometricMeanOf(ratios).value();
  return mean ? fmt::format("{:.3f}", *mean) : "-";
}

// What the rows say in short.
std::string FormatReasons(const std::vector<RateRow>& rows) {
  std::size_t accepting = 0;
  std::vector<std::string> reasons;
  for (const RateRow& row : rows) {
    if (row.kernel.ratio) continue;
    if (row.kernel.reason == kAcceptsAll) {
      ++accepting;
    } else {
      reasons.push_back(row.kernel.reason);
    }
  }
  std::string text;
  if (accepting > 0) {
    text += fmt::format("{} ({} rows): the kernel is measured on packets that both programs reject\n",
                        kAcceptsAll, accepting);
  }
  if (!reasons.empty()) text += fmt::format("no kernel ({} rows): {}\n", reasons.size(), reasons[0]);
  return text;
}

std::string FormatText(const std::vector<RateRow>& rows) {
  std::string text = fmt::format(
      "Time per packet, ours / tcpdump's: median and quartiles of {} pairs of runs\n{:>9} {:>20} {:>20}  "
      "{:<22} {}\n",
      kPairsOfRuns, "sizes", "interpreter", "kernel", "id", "filter");
  for (const RateRow& row : rows) {
    text += fmt::format("{:>9} {:>20} {:>20}  {:<22} {}\n", fmt::format("{}/{}", row.sizes[0], row.sizes[1]),
                        FormatSpread(row.interpreter), FormatKernel(row.kernel), row.corpus.id,
                        row.corpus.filter);
  }
  const std::vector<double> kernel = KernelRatios(rows);
  text += fmt::format(
      "\nGeometric mean of ours / tcpdump's: interpreter {} over {} rows, kernel {} over {} rows\n",
      FormatMean(InterpreterRatios(rows)), rows.size(), FormatMean(kernel), kernel.size());
  return text + FormatReasons(rows);
}

std::string FormatSummary(const std::vector<RateRow>& rows) {
  const std::vector<double> kernel = KernelRatios(rows);
  const std::string reasons = FormatReasons(rows);
  return fmt::format(
             "| time per packet | ours / tcpdump's | rows |\n| --- | --- | --- |\n"
             "| libpcap's interpreter | {} | {} |\n| the running kernel, packets rejected | {} | {} |\n",
             FormatMean(InterpreterRatios(rows)), rows.size(), FormatMean(kernel), kernel.size()) +
         (reasons.empty() ? "" : "\n" + reasons);
}

nlohmann::ordered_json ToJson(const Spread& spread) {
  return {{"median", spread.median},
          {"first_quartile", spread.first_quartile},
          {"third_quartile", spread.third_quartile}};
}

nlohmann::ordered_json ToJson(const std::vector<RateRow>& rows) {
  nlohmann::ordered_json document;
  if (const auto mean = GeometricMeanOf(InterpreterRatios(rows)).value()) document["interpreter"] = *mean;
  if (const auto mean = GeometricMeanOf(KernelRatios(rows)).value()) document["kernel"] = *mean;
  document["rows"] = nlohmann::ordered_json::array();
  for (const RateRow& row : rows) {
    nlohmann::ordered_json entry = {{"id", row.corpus.id},
                                    {"filter", row.corpus.filter},
                                    {"ours", row.sizes[0]},
                                    {"tcpdump", row.sizes[1]},
                                    {"interpreter", ToJson(row.interpreter)}};
    if (row.kernel.ratio) {
      entry["kernel"] = ToJson(*row.kernel.ratio);
    } else {
      entry["no_kernel"] = row.kernel.reason;
    }
    document["rows"].push_back(std::move(entry));
  }
  return document;
}

}  // namespace

Expected<ModeReport> CompareRates(const Corpus& corpus, const CompileOptions& options) {
  const std::vector<Frame> frames = MakeTraffic(kFrames, kTrafficSeed);
  std::vector<RateRow> rows;
  bool is_bad = false;
  for (const CorpusRow& each : corpus.rows) {
    if (each.link_type != "EN10MB") continue;
    const auto row = Measure(each, options);
    if (!row) return tl::unexpected(row.error());
    is_bad = is_bad || row->is_bad();
    if (row->status != Status::kCompared) continue;
    rows.push_back({each,
                    {row->ours, row->theirs},
                    CompareInterpreted(row->program, row->their_program, frames),
                    CompareRejecting(*row, frames)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const RateRow& a, const RateRow& b) {
    return a.interpreter.median > b.interpreter.median;
  });
  return ModeReport{FormatText(rows), FormatSummary(rows), ToJson(rows), is_bad};
}

}  // namespace bpfopt::bench
