// Running programs with the drop-in and without it.
#ifndef BPFOPT_TESTS_PRELOAD_PRELOADING_H
#define BPFOPT_TESTS_PRELOAD_PRELOADING_H

#include "bench/process.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::preload {

// A sanitizer's runtime has to come before all other libraries, and the programs that others built have none.
#ifdef BPFOPT_IS_SANITIZED
inline constexpr bool kCanPreload = false;
#else
inline constexpr bool kCanPreload = true;
#endif

inline bool HasProgram(const std::string& name) { return bench::RunProcess({name, "--version"}).has_value(); }

inline bench::ProcessResult RunPlain(std::vector<std::string> words) {
  auto result = bench::RunProcess(std::move(words));
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

// By `bpfopt exec`, options of its own in front of the command.
inline bench::ProcessResult RunWithDropIn(const std::vector<std::string>& options,
                                          const std::vector<std::string>& command) {
  std::vector<std::string> words = {BPFOPT_COMMAND, "exec"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return RunPlain(std::move(words));
}

}  // namespace bpfopt::preload

#endif  // BPFOPT_TESTS_PRELOAD_PRELOADING_H
