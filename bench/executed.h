// How many instructions of a program run on a packet, ours beside tcpdump's.
#ifndef BPFOPT_BENCH_EXECUTED_H
#define BPFOPT_BENCH_EXECUTED_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bench/traffic.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct ExecutedOptions {
  std::optional<std::string> captures = {};  // a directory of savefiles; nothing: MakeTraffic
  std::uint64_t seed = kTrafficSeed;
};

// Compiles the Ethernet rows of the corpus and runs both programs over all packets: the mean a packet, worst
// rows first, and the geometric means of ours / tcpdump's. Rows that tcpdump refuses or is wrong about are
// left out. Errors: no packets, no tcpdump.
Expected<ModeReport> CompareExecuted(const Corpus& corpus, const CompileOptions& options,
                                     const ExecutedOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_EXECUTED_H
