// bpfopt-judge-language: random filters of the whole language on every link type of libpcap's, each judged by
// libpcap. Exit status 1 when one is read differently, one side alone takes one and nothing explains it, or a
// production was not reached; 3 when only proofs are missing that nothing explains the lack of.
#include "bench/language_report.h"
#include "bench/other_libpcap.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using bpfopt::bench::KnownLinkType;
using bpfopt::bench::LanguageReport;

constexpr int kDisagreement = 1;
constexpr int kCannotRun = 2;
constexpr int kUndecided = 3;

struct Arguments {
  bpfopt::bench::LanguageRunOptions run;
  std::vector<std::string> link_types;
  bool markdown = false;
  bool text_only = false;
};

int Fail(const std::string& message) {
  std::fputs(fmt::format("bpfopt-judge-language: {}\n", message).c_str(), stderr);
  return kCannotRun;
}

int Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  return Fail("cannot write to standard output");
}

// Long runs say how far they are to whoever watches.
void ShowProgress(std::size_t done) {
  constexpr std::size_t kEach = 100;
  if (done % kEach == 0) std::fputs(fmt::format("\r{} filters", done).c_str(), stderr);
}

int ExitStatus(const LanguageReport& report, bool all_link_types) {
  const bool unreached = all_link_types && !report.Unreached().empty();
  if (report.Wrong() > 0 || report.Unexplained() > 0 || unreached) return kDisagreement;
  return report.Undecided() > 0 ? kUndecided : 0;
}

int PrintTexts(const Arguments& arguments) {
  std::string text;
  for (std::size_t i = 0; i < arguments.run.filters; ++i) {
    text += fmt::format("{} | {}\n", SiteAt(arguments.run, i).link_type, TextAt(arguments.run, i).text);
  }
  return Print(text);
}

int Run(Arguments arguments) {
  const bool all_link_types = arguments.link_types.empty();
  arguments.run.link_types = bpfopt::bench::LibpcapLinkTypes();
  std::erase_if(arguments.run.link_types, [&](const KnownLinkType& type) {
    return !all_link_types && std::find(arguments.link_types.begin(), arguments.link_types.end(),
                                        type.name) == arguments.link_types.end();
  });
  if (arguments.run.link_types.empty()) return Fail("libpcap has no link type of that name");
  if (arguments.text_only) return PrintTexts(arguments);
  const bool is_watched = isatty(STDERR_FILENO) == 1;
  if (is_watched) arguments.run.progress = ShowProgress;
  const auto judged = RunLanguage(arguments.run);
  if (is_watched) std::fputs("\n", stderr);
  if (!judged) return Fail(judged.error().message);
  LanguageReport report = bpfopt::bench::MakeReport(*judged);
  if (auto shortened = ShortenGroups(report, arguments.run.judge); !shortened) {
    return Fail(shortened.error().message);
  }
  const std::string text = arguments.markdown ? FormatLanguageMarkdown(report) : FormatLanguageReport(report);
  if (const int failed = Print(text); failed != 0) return failed;
  return ExitStatus(report, all_link_types);
}

int Main(int argc, char** argv) {
  CLI::App app("Holds bpfopt's reading of random filters to libpcap's.", "bpfopt-judge-language");
  Arguments arguments;
  arguments.run.filters = 20'000;
  arguments.run.jobs = std::max(1U, std::thread::hardware_concurrency());
  std::int64_t seconds = arguments.run.judge.time_limit.count();
  bool naive = false;
  std::string libpcap;
  app.add_option("--libpcap", libpcap, "judge the libpcap in this file instead of the installed one");
  app.add_option("--random", arguments.run.filters, "how many filters to judge (20000)");
  app.add_option("--seed", arguments.run.seed, "what the filters depend on");
  app.add_option("--link-type", arguments.link_types, "by libpcap's name or number; may be repeated (all)");
  app.add_option("--jobs", arguments.run.jobs, "processes at a time (one for each processor)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--steps", arguments.run.judge.steps, "budget of a proof, in Z3's resource units");
  app.add_option("--time-limit", seconds, "seconds for one filter")->check(CLI::Range(1, 3600));
  app.add_flag("--naive", naive, "leave out the optimizer, and hold the lowering to libpcap alone");
  app.add_flag("--markdown", arguments.markdown, "print tables for a document");
  app.add_flag("--print-filters", arguments.text_only, "print the filters and judge nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kCannotRun;
  }
  if (!libpcap.empty()) {
    if (const auto used = bpfopt::bench::UseLibpcap(libpcap, argv); !used) return Fail(used.error().message);
  }
  arguments.run.judge.time_limit = std::chrono::seconds(seconds);
  arguments.run.judge.optimize = !naive;
  bpfopt::bench::AskFilesForHosts();
  return Run(std::move(arguments));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfopt-judge-language: %s\n", error.what());
    return kCannotRun;
  }
}
