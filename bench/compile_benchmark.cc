// bpfopt-compile-benchmark: how long compiling takes in the process, each row of the corpus by bpfopt and by
// libpcap, on Google Benchmark, whose options it takes (--benchmark_filter, --benchmark_format,
// --benchmark_repetitions).
#include "bench/corpus.h"
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <string>

namespace {

using bpfopt::bench::CorpusRow;

constexpr std::uint32_t kNetmask = 0xffffff00;

void CompileOurs(benchmark::State& state, const CorpusRow& row, int level) {
  bpfopt::CompileOptions options;
  options.link_type = row.link_type;
  options.netmask = kNetmask;
  options.level = level;
  for ([[maybe_unused]] auto step : state) {
    auto result = bpfopt::Compile(row.filter, options);
    if (!result) return state.SkipWithError(result.error().message.c_str());
    state.counters["instructions"] = static_cast<double>(result->program.size());
    benchmark::DoNotOptimize(result);
  }
}

void CompileTheirs(benchmark::State& state, const CorpusRow& row, bool optimize) {
  const bpfopt::LibpcapOptions options{.link_type = row.link_type, .netmask = kNetmask, .optimize = optimize};
  for ([[maybe_unused]] auto step : state) {
    auto program = bpfopt::CompileWithLibpcap(row.filter, options);
    if (!program) return state.SkipWithError(program.error().message.c_str());
    state.counters["instructions"] = static_cast<double>(program->size());
    benchmark::DoNotOptimize(program);
  }
}

void Register(const CorpusRow& row) {
  using benchmark::RegisterBenchmark;
  const std::string id = row.file + "/" + row.id;
  RegisterBenchmark((id + "/bpfopt-O1").c_str(), CompileOurs, row, 1);
  RegisterBenchmark((id + "/bpfopt-O2-proven").c_str(), CompileOurs, row, 2);
  RegisterBenchmark((id + "/libpcap").c_str(), CompileTheirs, row, true);
  RegisterBenchmark((id + "/libpcap-unoptimized").c_str(), CompileTheirs, row, false);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const auto corpus = bpfopt::bench::ReadCorpus(BPFOPT_CORPUS);
  if (!corpus) {
    std::fprintf(stderr, "bpfopt-compile-benchmark: %s\n", corpus.error().message.c_str());
    return 2;
  }
  for (const CorpusRow& row : corpus->rows) Register(row);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
