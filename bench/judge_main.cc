// bpfopt-judge-libpcap: sets the verifier on libpcap's optimizer. It compiles the corpus, and random filters,
// with and without optimizing, and prints each filter whose two programs are not equal. Exit status 3 when
// some filter is undecided.
#include "bench/corpus.h"
#include "bench/findings.h"
#include "bench/findings_report.h"
#include "bench/other_libpcap.h"
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using bpfopt::bench::Findings;
using bpfopt::bench::FindingsReport;
using bpfopt::bench::LinkProfile;
using bpfopt::bench::Outcome;

constexpr int kCannotRun = 2;
constexpr int kUndecided = 3;

struct Arguments {
  std::vector<std::string> directories = {BPFOPT_CORPUS, BPFOPT_PROBES};
  std::vector<std::string> link_types;
  bpfopt::bench::RandomOptions random;
  bpfopt::bench::JudgeOptions judge;
  bool json = false;
  bool markdown = false;
};

int Fail(const std::string& message) {
  std::fputs(fmt::format("bpfopt-judge-libpcap: {}\n", message).c_str(), stderr);
  return kCannotRun;
}

std::optional<std::uint32_t> ParseNetmask(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::vector<std::string> ProfileNames() {
  std::vector<std::string> names;
  for (const LinkProfile& profile : bpfopt::bench::LinkProfiles()) names.push_back(profile.name);
  return names;
}

std::vector<LinkProfile> ChosenProfiles(const std::vector<std::string>& names) {
  std::vector<LinkProfile> profiles = bpfopt::bench::LinkProfiles();
  if (names.empty()) return profiles;
  std::erase_if(profiles, [&](const LinkProfile& profile) {
    return std::find(names.begin(), names.end(), profile.name) == names.end();
  });
  return profiles;
}

// Long runs say how far they are to whoever watches.
void ShowProgress(std::size_t done) {
  constexpr std::size_t kEach = 100;
  if (done % kEach == 0) std::fputs(fmt::format("\r{} random filters", done).c_str(), stderr);
}

bpfopt::Expected<Findings> JudgeDirectories(const Arguments& arguments) {
  std::vector<bpfopt::bench::CorpusRow> rows;
  for (const std::string& directory : arguments.directories) {
    const auto corpus = bpfopt::bench::ReadCorpus(directory);
    if (!corpus) return tl::unexpected(corpus.error());
    rows.insert(rows.end(), corpus->rows.begin(), corpus->rows.end());
  }
  return JudgeCorpus(rows, arguments.judge);
}

int Run(Arguments arguments) {
  FindingsReport report;
  report.libpcap = bpfopt::LibpcapVersion();
  auto corpus = JudgeDirectories(arguments);
  if (!corpus) return Fail(corpus.error().message);
  report.corpus = std::move(*corpus);

  arguments.random.profiles = ChosenProfiles(arguments.link_types);
  const bool is_watched = isatty(STDERR_FILENO) == 1;
  if (is_watched) arguments.random.progress = ShowProgress;
  auto random = JudgeRandom(arguments.random, arguments.judge);
  if (is_watched && arguments.random.filters > 0) std::fputs("\n", stderr);
  if (!random) return Fail(random.error().message);
  report.random = std::move(*random);

  const std::string text = arguments.json       ? FormatFindingsJson(report)
                           : arguments.markdown ? FormatFindingsMarkdown(report)
                                                : FormatFindings(report);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Fail("cannot write to standard output");
  }
  const bool undecided =
      report.corpus.counts[Outcome::kUndecided] + report.random.counts[Outcome::kUndecided] > 0;
  return undecided ? kUndecided : 0;
}

int Main(int argc, char** argv) {
  CLI::App app("Verifies what libpcap's optimizer makes of filters against what they mean.",
               "bpfopt-judge-libpcap");
  Arguments arguments;
  std::int64_t seconds = arguments.judge.time_limit.count();
  std::string netmask = "255.255.255.0";
  std::string libpcap;
  app.add_option("--libpcap", libpcap, "judge the libpcap in this file instead of the installed one");
  app.add_option("--corpus", arguments.directories, "directories with files of 'id | link type | filter'");
  app.add_option("--random", arguments.random.filters, "how many random filters to judge beside the corpus");
  app.add_option("--seed", arguments.random.seed, "what the random filters depend on");
  app.add_option("--size", arguments.random.size, "predicates of a random filter, at most")
      ->check(CLI::Range(1, 50));
  app.add_option("--link-type", arguments.link_types, "of random filters; may be repeated (all)")
      ->check(CLI::IsMember(ProfileNames()));
  app.add_option("--netmask", netmask, "of 'broadcast'");
  app.add_option("--steps", arguments.judge.steps, "budget of a proof, in Z3's resource units");
  app.add_option("--time-limit", seconds, "seconds for one filter")->check(CLI::Range(1, 3600));
  auto* json = app.add_flag("--json", arguments.json, "print JSON");
  app.add_flag("--markdown", arguments.markdown, "print the tables of docs/libpcap-findings.md")
      ->excludes(json);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kCannotRun;
  }
  if (!libpcap.empty()) {
    if (const auto used = bpfopt::bench::UseLibpcap(libpcap, argv); !used) return Fail(used.error().message);
  }
  arguments.judge.time_limit = std::chrono::seconds(seconds);
  arguments.judge.netmask = ParseNetmask(netmask);
  if (!arguments.judge.netmask) {
    return Fail("a netmask is four numbers, such as 255.255.255.0, not '" + netmask + "'");
  }
  return Run(std::move(arguments));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfopt-judge-libpcap: %s\n", error.what());
    return kCannotRun;
  }
}
