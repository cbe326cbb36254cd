// bpfopt-compile-benchmark: how long compiling takes in the process, each row of the corpus by bpfopt and by
// libpcap, on Google Benchmark, whose options it takes (--benchmark_filter, --benchmark_format,
// --benchmark_repetitions). Exit status 1 when bpfopt has no program for a row, 2 when there is nothing to
// run.
#include "bench/corpus.h"
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"

#include <benchmark/benchmark.h>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

namespace {

using bpfopt::ProofMode;
using bpfopt::bench::CorpusRow;

constexpr std::uint32_t kNetmask = 0xffffff00;
constexpr int kNoProgram = 1;
constexpr int kCannotRun = 2;

bool CompileOurs(benchmark::State& state, const CorpusRow& row, int level, ProofMode proof) {
  bpfopt::CompileOptions options;
  options.link_type = row.link_type;
  options.netmask = kNetmask;
  options.level = level;
  options.proof = proof;
  for ([[maybe_unused]] auto step : state) {
    auto result = bpfopt::Compile(row.filter, options);
    if (!result) {
      state.SkipWithError(result.error().message.c_str());
      return false;
    }
    state.counters["instructions"] = static_cast<double>(result->program.size());
    benchmark::DoNotOptimize(result);
  }
  return true;
}

// libpcap refuses some rows, which then say so.
void CompileTheirs(benchmark::State& state, const CorpusRow& row, bool optimize) {
  const bpfopt::LibpcapOptions options{.link_type = row.link_type, .netmask = kNetmask, .optimize = optimize};
  for ([[maybe_unused]] auto step : state) {
    auto program = bpfopt::CompileWithLibpcap(row.filter, options);
    if (!program) return state.SkipWithError(program.error().message.c_str());
    state.counters["instructions"] = static_cast<double>(program->size());
    benchmark::DoNotOptimize(program);
  }
}

// Sets `failed` when bpfopt has no program.
void Register(const CorpusRow& row, bool& failed) {
  using benchmark::RegisterBenchmark;
  const std::string id = row.file + "/" + row.id;
  const auto ours = [&](const char* name, int level, ProofMode proof) {
    RegisterBenchmark((id + name).c_str(), [row, level, proof, &failed](benchmark::State& state) {
      if (!CompileOurs(state, row, level, proof)) failed = true;
    });
  };
  ours("/bpfopt-O1", 1, ProofMode::kOff);
  ours("/bpfopt-O2", 2, ProofMode::kOff);
  ours("/bpfopt-O2-proven", 2, ProofMode::kOn);
  RegisterBenchmark((id + "/libpcap").c_str(), CompileTheirs, row, true);
  RegisterBenchmark((id + "/libpcap-unoptimized").c_str(), CompileTheirs, row, false);
}

int Fail(const std::string& message) {
  std::fprintf(stderr, "bpfopt-compile-benchmark: %s\n", message.c_str());
  return kCannotRun;
}

void PrintHelp() {
  std::printf(
      "bpfopt-compile-benchmark [--corpus <directory with files of 'id | link type | filter'>]\n"
      "          and the options of Google Benchmark. Benchmarks are FILE/ID/WAY, where WAY is one of\n"
      "          bpfopt-O1, bpfopt-O2, bpfopt-O2-proven, libpcap and libpcap-unoptimized:\n");
  benchmark::PrintDefaultHelp();
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, PrintHelp);  // takes its options away
  CLI::App app("How long compiling takes, ours beside libpcap's.", "bpfopt-compile-benchmark");
  app.set_help_flag();
  std::string directory = BPFOPT_CORPUS;
  app.add_option("--corpus", directory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Fail(error.what());
  }

  const auto corpus = bpfopt::bench::ReadCorpus(directory);
  if (!corpus) return Fail(corpus.error().message);
  bool failed = false;
  for (const CorpusRow& row : corpus->rows) Register(row, failed);
  benchmark::AddCustomContext("bpfopt", std::string(bpfopt::Version()));
  benchmark::AddCustomContext("libpcap", bpfopt::LibpcapVersion());
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks();  // says when nothing matches
  benchmark::Shutdown();
  if (matched == 0) return kCannotRun;
  return failed ? kNoProgram : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    return Fail(error.what());
  }
}
