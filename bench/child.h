// Runs a function in a process of its own, so that a crash or an endless loop in it is a result and not the
// end of the run.
#ifndef BPFOPT_BENCH_CHILD_H
#define BPFOPT_BENCH_CHILD_H

#include "bpfopt/error.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace bpfopt::bench {

struct ChildResult {
  bool finished = false;   // the function returned
  bool over_time = false;  // it was stopped for taking too long
  std::string death;       // how it ended otherwise: "signal 11", "exit status 1"
  std::string output;      // what it wrote until then
};

using ChildOutput = std::function<void(std::string_view)>;

// `limit` is processor time; a child that waits instead is stopped after ten times as long. What the child
// prints is dropped. An error when no process can be made.
Expected<ChildResult> RunInChild(const std::function<void(const ChildOutput&)>& work,
                                 std::chrono::seconds limit);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_CHILD_H
