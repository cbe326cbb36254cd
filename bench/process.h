// Runs a command, without a shell, and collects what it prints.
#ifndef BPFOPT_BENCH_PROCESS_H
#define BPFOPT_BENCH_PROCESS_H

#include "bpfopt/error.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct ProcessResult {
  int status = 0;      // what it exited with; -1 when a signal ended it
  int signal = 0;      // that signal
  std::string output;  // standard output
  std::string errors;  // standard error
};

// words[0] is looked up in PATH unless it holds a slash. `input` is its standard input. An error when it
// cannot be started.
Expected<ProcessResult> RunProcess(std::vector<std::string> words, const std::string& input = {});

struct MeasuredProcess {
  ProcessResult result;
  std::chrono::nanoseconds time{};  // by the wall, from its start to its end
  std::size_t peak_kib = 0;         // the most memory that it had resident, whatever the caller has
};

// The same, and what it took. Where the command starts others and waits for them, the largest counts.
Expected<MeasuredProcess> MeasureProcess(std::vector<std::string> words, const std::string& input = {});

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_PROCESS_H
