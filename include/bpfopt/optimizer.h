// The optimizer for classic BPF that others made: a program in, a proven smaller one out.
//
//   const bpfopt::Expected<bpfopt::Program> source = bpfopt::ParseProgram("3,48 0 0 9,21 0 0 6,6 0 0 65535");
//   const bpfopt::Expected<bpfopt::CompileResult> result =
//       bpfopt::Optimize(*source, {.target = bpfopt::Target::kLinux});
//   const std::size_t saved = source->size() - result->program.size();
//
// The source of the proof is the program itself, and it competes: what comes out is never larger than what
// went in, and a program for which nothing better is found comes back as it was. Nothing here prints, exits,
// throws or keeps state: every call may run in several threads at once.
#ifndef BPFOPT_OPTIMIZER_H
#define BPFOPT_OPTIMIZER_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/interruption.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt {

struct OptimizeOptions {
  Target target = Target::kPcap;
  // Of captures, a DLT_ number: programs for cooked ones may load only some words of the link header.
  int link_type = 1;

  int level = 2;  // 0: lifted and emitted again; 1 to 3 as for a filter
  // Under seccomp no load faults, and faithful is strict.
  Relation relation = Relation::kStrict;
  Objective objective = Objective::kBalanced;
  std::size_t limit = 4096;                       // instructions
  std::optional<ProofMode> proof = {};            // nothing: on from level 2 on, off below
  std::vector<std::string> disabled_passes = {};  // as in CompileOptions
  Budgets budgets = {};
  Interruption interruption = {};

  // Called after each step of the main candidate: "lift", a pass by its name, "emit", "prove"; may be empty.
  std::function<void(const StageReport&)> observer = {};
  // Check the IR's invariants after each pass that changed something. Costs time.
  bool check_invariants = false;
};

// The result's source is the program given. Errors: bpf's structural check refuses the program for the target
// (kInvalidInput, with the instruction's number); otherwise as Compile's.
BPFOPT_API Expected<CompileResult> Optimize(const Program& program, const OptimizeOptions& options = {});

// The IR at the end of the passes as text (docs/ir.md), or after the first run of `stop_after`: "lift" or a
// pass's name.
BPFOPT_API Expected<std::string> OptimizeToIr(const Program& program, const OptimizeOptions& options,
                                              std::string_view stop_after = {});

}  // namespace bpfopt

#endif  // BPFOPT_OPTIMIZER_H
