// What a pass is, the table of all of them, and the order in which a compile runs them.
#ifndef BPFOPT_PASSES_PASS_H
#define BPFOPT_PASSES_PASS_H

#include "bpf/checker.h"
#include "bpfopt/error.h"
#include "bpfopt/interruption.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"
#include "ir/function.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::passes {

// What passes may know and what they report. One object a compile.
struct Context {
  // Every pass keeps the function equal to what it was under this relation (docs/proof.md).
  Relation relation = Relation::kFaithful;
  Objective objective = Objective::kBalanced;
  bpf::CookedHeader cooked;        // loads that the backend may use in the link header
  std::uint64_t smt_steps = 0;     // Z3 resource units that may still be spent; 0: passes ask no solver
  Interruption interruption = {};  // once requested, what the function becomes does not matter any more
  std::map<std::string, std::size_t> counters;  // for --stats: what was done how often, by "pass.what"
};

// A pass transforms the function in place and says whether it changed anything. It needs and keeps the
// invariants of ir/check.h, and leaves no unreachable block behind.
struct Pass {
  std::string_view name;         // as in --print-after=NAME, in the file NAME.cc and in its test
  std::string_view description;  // one sentence
  bool (*run)(ir::Function& function, Context& context);
};

// Every pass, in the order in which a first round runs them.
std::span<const Pass> AllPasses();
const Pass* FindPass(std::string_view name);

struct PassReport {
  const Pass* pass;
  bool changed;
  std::chrono::nanoseconds time;
};

struct PipelineOptions {
  int level = 2;                           // -O0: nothing; -O1: no SMT; -O2 and up: everything
  std::string_view stop_after;             // a pass's name: stop after its first run
  std::vector<std::string_view> disabled;  // passes to leave out, by name
  std::size_t max_rounds = 16;             // rounds of clean-up until nothing changes
  std::size_t max_later_rounds = 16;       // the same, after the first passes that need it
  // Called after each run of a pass; may be empty.
  std::function<void(const PassReport&, const ir::Function&)> after_pass;
  // ir::Check after every pass that changed something; a violation is an internal error that names the pass.
  bool check_invariants = false;
};

// Runs the passes to a fixed point. An error is an unknown `stop_after` or a broken invariant.
Expected<void> RunPipeline(ir::Function& function, Context& context, const PipelineOptions& options);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PASS_H
