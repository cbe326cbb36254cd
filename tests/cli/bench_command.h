// Runs the bpfopt-bench that was just built.
#ifndef BPFOPT_TESTS_CLI_BENCH_COMMAND_H
#define BPFOPT_TESTS_CLI_BENCH_COMMAND_H

#include "command.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {

// bpfopt-bench on the corpus in `directory`.
inline bench::ProcessResult RunBenchOn(const TemporaryDirectory& directory, std::vector<std::string> words) {
  words.insert(words.begin(), {BPFOPT_BENCH_COMMAND, "--corpus", directory.Path("")});
  auto result = bench::RunProcess(std::move(words));
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_CLI_BENCH_COMMAND_H
