// bpfopt-bench: compiles the corpus and compares each program's size with that of the installed tcpdump. Exit
// status 1 when a row is larger than tcpdump's, unproven or has no program.
#include "bench/ablation.h"
#include "bench/baseline.h"
#include "bench/corpus.h"
#include "bench/executed.h"
#include "bench/html.h"
#include "bench/levels.h"
#include "bench/measure.h"
#include "bench/mode.h"
#include "bench/other_libpcap.h"
#include "bench/rates.h"
#include "bench/report.h"
#include "bench/results.h"
#include "bench/scaling.h"
#include "bench/seccomp.h"
#include "bench/sets.h"
#include "bench/times.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using bpfopt::bench::Form;
using bpfopt::bench::Row;

constexpr int kBadRows = 1;
constexpr int kCannotRun = 2;
constexpr int kNothingToCompare = 77;  // a test that is skipped, to ctest

int Fail(const std::string& message) {
  std::fputs(fmt::format("bpfopt-bench: {}\n", message).c_str(), stderr);
  return kCannotRun;
}

int Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  return Fail("cannot write to standard output");
}

int StatusOf(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.is_bad(); }) ? kBadRows : 0;
}

int Run(const std::string& directory, bpfopt::CompileOptions options, bool json) {
  options.netmask = 0;  // what tcpdump -d takes without an interface
  const auto corpus = bpfopt::bench::ReadCorpus(directory);
  if (!corpus) return Fail(corpus.error().message);
  const auto rows = bpfopt::bench::MeasureCorpus(*corpus, options);
  if (!rows) return Fail(rows.error().message);
  const std::string text = json ? bpfopt::bench::FormatJson(*rows) : bpfopt::bench::FormatTable(*rows);
  if (const int failed = Print(text); failed != 0) return failed;
  return StatusOf(*rows);
}

struct PageOptions {
  std::string path;                     // empty: no page
  std::size_t largest = 512;            // entries of the largest filters
  bool json = false;                    // print the data as well
  std::optional<std::string> captures;  // nothing: generated traffic
};

int RunPage(const std::string& directory, bpfopt::CompileOptions options, const PageOptions& page) {
  options.netmask = 0;
  const auto corpus = bpfopt::bench::ReadCorpus(directory);
  if (!corpus) return Fail(corpus.error().message);
  if (const auto writable = bpfopt::bench::CheckWritable(page.path); !writable)
    return Fail(writable.error().message);
  auto rows = bpfopt::bench::MeasureCorpus(*corpus, options);
  if (!rows) return Fail(rows.error().message);
  const auto executed =
      bpfopt::bench::CompareExecuted(*corpus, options, {.captures = page.captures, .form = Form::kJson});
  if (!executed) return Fail(executed.error().message);
  const int status = executed->is_bad ? kBadRows : StatusOf(*rows);
  const bpfopt::bench::PageData data{std::move(*rows), executed->text, page.captures.has_value(),
                                     bpfopt::bench::MeasureScaling(options, page.largest)};
  if (page.json) {
    if (const int failed = Print(bpfopt::bench::FormatPageData(data, options) + "\n"); failed != 0)
      return failed;
  }
  const auto written = bpfopt::bench::WritePage(page.path, data, options);
  return written ? status : Fail(written.error().message);
}

// Returns in a process that uses the libpcap in `file`. What people read says which it is in front; documents
// have a place of their own for it.
int UseOtherLibpcap(const std::string& file, char** argv, bool is_document) {
  if (const auto used = bpfopt::bench::UseLibpcap(file, argv); !used) return Fail(used.error().message);
  if (const auto same = bpfopt::bench::CheckLibpcapOfTcpdump(); !same) return Fail(same.error().message);
  return is_document ? 0 : Print(fmt::format("Compared with {}\n\n", bpfopt::bench::DescribeLibpcap()));
}

// A way of running that makes a report of the corpus.
using Mode = std::function<bpfopt::Expected<bpfopt::bench::ModeReport>(const bpfopt::bench::Corpus&,
                                                                       const bpfopt::CompileOptions&)>;

int RunMode(const std::string& directory, bpfopt::CompileOptions options, const Mode& mode) {
  options.netmask = 0;
  const auto corpus = bpfopt::bench::ReadCorpus(directory);
  if (!corpus) return Fail(corpus.error().message);
  const auto report = mode(*corpus, options);
  if (!report) return Fail(report.error().message);
  if (const int failed = Print(report->text); failed != 0) return failed;
  return report->is_bad ? kBadRows : 0;
}

// The command that was built beside this one.
std::string CommandBeside() {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? "bpfopt" : (self.parent_path() / "bpfopt").string();
}

int RunSets(bpfopt::CompileOptions options, const bpfopt::bench::SetsOptions& how) {
  options.netmask = 0;
  const auto report = bpfopt::bench::CompareSets(options, how);
  if (!report) return Fail(report.error().message);
  if (const int failed = Print(report->text); failed != 0) return failed;
  return report->is_bad ? kBadRows : 0;
}

int RunSeccomp() {
  const auto table = bpfopt::bench::CompareWithLibseccomp();
  return table ? Print(*table) : Fail(table.error().message);
}

int Main(int argc, char** argv) {
  CLI::App app("Compares the sizes of bpfopt's programs with tcpdump's.", "bpfopt-bench");
  std::string directory = BPFOPT_CORPUS;
  std::string relation = "faithful";
  bpfopt::CompileOptions options;
  bool json = false;
  PageOptions page;
  bool markdown = false;
  bool seccomp = false;
  bool executed = false;
  bool times = false;
  bool ablation = false;
  bpfopt::bench::ExecutedOptions executed_options;
  bpfopt::bench::TimesOptions times_options{CommandBeside()};
  const std::map<std::string, bpfopt::Objective> objectives = {{"size", bpfopt::Objective::kSize},
                                                               {"speed", bpfopt::Objective::kSpeed},
                                                               {"balanced", bpfopt::Objective::kBalanced}};
  bool levels = false;
  bpfopt::bench::BaselineOptions baseline;
  std::string libpcap;
  app.add_option("--libpcap", libpcap, "compare with the libpcap in this file instead of the installed one");
  app.add_option("--corpus", directory, "directory with files of 'id | link type | filter'");
  app.add_option("--equal", relation, "strict or faithful")->check(CLI::IsMember({"strict", "faithful"}));
  app.add_option("-O", options.level, "optimization level")->check(CLI::Range(2, 3));
  app.add_option("--objective", options.objective, "size, speed or balanced")
      ->transform(CLI::Transformer(objectives));
  app.add_flag("--executed", executed, "compare instructions executed per packet instead");
  app.add_option("--captures", executed_options.captures,
                 "for --executed and --html: a directory of savefiles, instead of generated traffic");
  app.add_flag("--times", times, "print how long compiling takes instead");
  app.add_option("--command", times_options.command, "for --times: the bpfopt to run")->needs("--times");
  app.add_flag("--ablation", ablation, "print what programs come to without each of the passes instead");
  app.add_flag("--markdown", markdown, "for --ablation: a table in Markdown");
  app.add_flag("--json", json, "print JSON (docs/report.md)");
  app.add_option("--html", page.path,
                 "write all of this to one HTML page; with --json its data is printed as well")
      ->excludes("--executed", "--times", "--ablation");
  app.add_option("--entries", page.largest,
                 "for --html: of the largest filters that name many things; 0 leaves them out")
      ->needs("--html");
  app.add_flag("--seccomp", seccomp, "print what libseccomp's filters of system calls come to instead");
  app.add_flag("--levels", levels, "print what -O3 gains over -O2 instead");
  bool sets = false;
  bool skips_kernel = false;
  unsigned libpcap_seconds = 10;
  bpfopt::bench::SetsOptions sets_options;
  app.add_flag("--sets", sets, "measure filters of many hosts, nets and ports instead, beside libpcap's");
  app.add_option(
         "--kinds", sets_options.kinds,
         "for --sets and --results: hosts, src-hosts, nets, prefixes, ports, port-ranges, hosts6, pairs")
      ->delimiter(',');
  app.add_option("--sizes", sets_options.sizes, "for --sets and --results: numbers of entries")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000));
  app.add_option("--libpcap-seconds", libpcap_seconds,
                 "for --sets and --results: processor time that libpcap has for a filter; 0 leaves it out")
      ->check(CLI::Range(0, 3600));
  app.add_flag("--no-kernel", skips_kernel,
               "for --sets and --results: no large filter in the running kernel");
  bool rates = false;
  bool results = false;
  app.add_flag("--rates", rates,
               "compare the time per packet in libpcap's interpreter and in the running kernel instead");
  app.add_flag("--results", results, "print all measurements as one document in Markdown instead");
  app.add_option("--baseline", baseline.path,
                 "tell which rows are better or worse than in this file instead");
  app.add_flag("--update-baseline", baseline.update, "for --baseline: write the file anew")
      ->needs("--baseline");
  CLI11_PARSE(app, argc, argv);
  if (!libpcap.empty()) {
    const int failed = UseOtherLibpcap(libpcap, argv, json || markdown || results || !baseline.path.empty());
    if (failed != 0) return failed;
  }
  if (executed_options.captures && !executed && !results && page.path.empty())
    return Fail("--captures needs --executed, --results or --html");
  if ((!sets_options.kinds.empty() || !sets_options.sizes.empty()) && !sets && !results)
    return Fail("--kinds and --sizes need --sets or --results");
  if (seccomp) return RunSeccomp();
  if (relation == "strict") options.relation = bpfopt::Relation::kStrict;
  const Form form = json ? Form::kJson : markdown ? Form::kMarkdown : Form::kText;
  executed_options.form = form;
  times_options.form = form;
  sets_options.form = form;
  sets_options.libpcap_limit = std::chrono::seconds(libpcap_seconds);
  sets_options.asks_kernel = !skips_kernel;
  using bpfopt::CompileOptions;
  using bpfopt::bench::Corpus;
  if (sets) return RunSets(options, sets_options);
  if (executed) {
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::CompareExecuted(corpus, base, executed_options);
    });
  }
  if (!baseline.path.empty()) {
    if (!baseline.update && bpfopt::bench::IsOfAnotherLibpcap(baseline.path)) {
      Fail(baseline.path + " is of another libpcap, or missing");
      return kNothingToCompare;
    }
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::HoldToBaseline(corpus, base, baseline);
    });
  }
  if (rates) {
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::CompareRates(corpus, base, form);
    });
  }
  if (results) {
    times_options.form = Form::kText;
    sets_options.form = Form::kText;
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::MakeResults(corpus, base,
                                        {times_options, sets_options, executed_options.captures});
    });
  }
  if (levels) {
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::CompareLevels(corpus, base);
    });
  }
  if (times) {
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::MeasureTimes(corpus, base, times_options);
    });
  }
  if (ablation) {
    return RunMode(directory, options, [&](const Corpus& corpus, const CompileOptions& base) {
      return bpfopt::bench::CompareWithoutPasses(corpus, base, form);
    });
  }
  if (!page.path.empty()) {
    page.json = json;
    page.captures = executed_options.captures;
    return RunPage(directory, options, page);
  }
  return Run(directory, options, json);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfopt-bench: %s\n", error.what());
    return kCannotRun;
  }
}
