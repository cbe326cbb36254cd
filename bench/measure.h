// One row of the comparison.
#ifndef BPFOPT_BENCH_MEASURE_H
#define BPFOPT_BENCH_MEASURE_H

#include "bench/corpus.h"
#include "bpfopt/compiler.h"
#include "bpfopt/program.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::bench {

enum class Status {
  kCompared,
  kTcpdumpWrong,      // a packet shows that tcpdump's program is not equal to the filter under the relation
  kTcpdumpUndecided,  // whether it is equal could not be found out
  kTcpdumpRefuses,    // tcpdump has no program for the filter
  kUnsupported,       // bpfopt does not have the link type
  kFailed,            // bpfopt has no program
};

struct Row {
  CorpusRow corpus;
  Status status = Status::kCompared;
  std::size_t ours = 0;
  std::size_t theirs = 0;
  Program program;        // ours
  Program their_program;  // tcpdump's
  std::size_t bound = 1;  // no equal program has fewer instructions
  bool proven = false;
  std::optional<std::size_t> by_hand;
  std::chrono::nanoseconds compile_time{};
  std::string message;  // why wrong, refused, unsupported or failed

  double ratio() const { return static_cast<double>(ours) / static_cast<double>(theirs); }
  double ratio_to_bound() const { return static_cast<double>(ours) / static_cast<double>(bound); }
  // What must not happen: larger than tcpdump's, not proven, not compiled; and smaller than is possible.
  bool is_bad() const {
    if (status == Status::kUnsupported) return false;
    return status == Status::kFailed || !proven || ours < bound ||
           (status == Status::kCompared && ours > theirs);
  }
};

// An error when there is no tcpdump to compare with.
Expected<Row> Measure(const CorpusRow& corpus, const CompileOptions& options);
// All rows, with what was written by hand for them.
Expected<std::vector<Row>> MeasureCorpus(const Corpus& corpus, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_MEASURE_H
