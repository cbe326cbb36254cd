#include "bench/results.h"

#include "bench/executed.h"
#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/rates.h"
#include "bench/report.h"
#include "bench/traffic.h"
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

// One measurement: how it is made again, and what it printed.
class Document {
 public:
  void AddHead() {
    text_ += fmt::format(
        "# Results\n\n"
        "Printed by `bpfopt-bench --results`; each section also by the command that it names. Instructions "
        "and\n"
        "instructions executed are exact and the same on every machine with this libpcap; times are this "
        "machine's.\n\n"
        "| | |\n| --- | --- |\n| date | {} |\n| processor | {}, {} threads |\n| bpfopt | {} |\n| libpcap | "
        "{} "
        "|\n| generated traffic | seed {} |\n",
        Today(), ProcessorName(), std::thread::hardware_concurrency(), Version(), LibpcapVersion(),
        kTrafficSeed);
  }
  void Add(std::string_view title, std::string_view command, const ModeReport& report) {
    text_ += fmt::format("\n## {}\n\n    {}\n\n```text\n{}```\n", title, command, report.text);
    is_bad_ = is_bad_ || report.is_bad;
  }
  ModeReport Finish() && { return {std::move(text_), is_bad_}; }

 private:
  std::string text_;
  bool is_bad_ = false;
};

Expected<ModeReport> CompareSizes(const Corpus& corpus, const CompileOptions& options) {
  const auto rows = MeasureCorpus(corpus, options);
  if (!rows) return tl::unexpected(rows.error());
  const bool is_bad = std::ranges::any_of(*rows, &Row::is_bad);
  return ModeReport{FormatTable(*rows), is_bad};
}

class Results {
 public:
  Results(const Corpus& corpus, const CompileOptions& options, const ResultsOptions& how)
      : corpus_(corpus), options_(options), how_(how) {}

  Expected<ModeReport> Make() && {
    document_.AddHead();
    CompileOptions strict = options_;
    strict.relation = Relation::kStrict;
    CompileOptions quick = options_;
    quick.objective = Objective::kSpeed;
    Add("Instructions", "bpfopt-bench", CompareSizes(corpus_, options_));
    Add("Instructions, strict", "bpfopt-bench --equal strict", CompareSizes(corpus_, strict));
    AddExecuted("", options_, {});
    AddExecuted(" --objective speed", quick, {});
    if (how_.captures) {
      AddExecuted(" --captures DIRECTORY", options_, how_.captures);
      AddExecuted(" --objective speed --captures DIRECTORY", quick, how_.captures);
    }
    Add("Time to compile", "bpfopt-bench --times", MeasureTimes(corpus_, options_, how_.times));
    Add("Time per packet", "bpfopt-bench --rates", CompareRates(corpus_, options_, Form::kText));
    Add("Filters of many entries", "bpfopt-bench --sets", CompareSets(options_, how_.sets));
    if (error_) return tl::unexpected(*error_);
    return std::move(document_).Finish();
  }

 private:
  void Add(std::string_view title, std::string_view command, const Expected<ModeReport>& report) {
    if (report) {
      document_.Add(title, command, *report);
    } else if (!error_) {
      error_ = report.error();
    }
  }
  void AddExecuted(std::string_view words, const CompileOptions& options,
                   const std::optional<std::string>& captures) {
    const ExecutedOptions how{.captures = captures, .form = Form::kText};
    Add(fmt::format("Instructions executed{}", captures ? ", captures" : ""),
        fmt::format("bpfopt-bench --executed{}", words), CompareExecuted(corpus_, options, how));
  }

  const Corpus& corpus_;
  const CompileOptions& options_;
  const ResultsOptions& how_;
  Document document_;
  std::optional<Error> error_;
};

}  // namespace

Expected<ModeReport> MakeResults(const Corpus& corpus, const CompileOptions& options,
                                 const ResultsOptions& how) {
  return Results(corpus, options, how).Make();
}

}  // namespace bpfopt::bench
