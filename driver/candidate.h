// The ways of compiling that a compile tries: passes and backend under different settings.
#ifndef BPFOPT_DRIVER_CANDIDATE_H
#define BPFOPT_DRIVER_CANDIDATE_H

#include "bpf/checker.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/program.h"
#include "driver/stage_log.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace bpfopt::driver {

// What candidates are made of: a filter as it was lowered, or a program as it was lifted.
struct Subject {
  const ir::Function& function;
  bpf::CookedHeader cooked;  // loads that programs may make in the link header
  int dlt = 1;
  bool is_lifted = false;
};

struct Recipe {
  std::string_view name;  // as in Candidate
  int level = 2;
  Relation relation = Relation::kFaithful;
  std::vector<std::string_view> disabled;  // passes left out
  bool likely_first = false;               // as in backend::EmitOptions
};

// What the level asks for. Lifted programs have joins that another optimizer made, and take them apart first;
// those of filters are our own.
Recipe MainRecipe(const CompileOptions& options, bool is_lifted);
// Other ways that are worth trying beside it, the likeliest first. Passes are heuristics about size, and what
// one of them spoils another way keeps.
std::vector<Recipe> OtherRecipes(const CompileOptions& options, bool is_lifted);

// Ways to a shorter path where the others give a program that runs longer than it should, for filters.
std::vector<Recipe> QuickRecipes(const CompileOptions& options, bool is_lifted);

struct Built {
  Program program;
  std::map<std::size_t, std::uint32_t> draws;   // drawing instruction -> identity of its effect
  std::set<std::string_view> effective_passes;  // those that changed something, by name
};

// Words that a search for a test of membership may try at -O1 (backend/membership.h).
inline constexpr std::uint64_t kFewMembershipSteps = 100'000;

// Are the options that every recipe follows in their ranges?
Expected<void> CheckEffort(const CompileOptions& options);

// Runs the passes of a recipe over `function`; stops after the first run of `stop_after` when it is given. An
// unknown `stop_after` is an error. `effective_passes` gets the names of those that changed something.
Expected<void> RunPasses(ir::Function& function, const Recipe& recipe, const CompileOptions& options,
                         const bpf::CookedHeader& cooked, std::string_view stop_after, StageLog& log,
                         std::set<std::string_view>* effective_passes = nullptr);

// Passes and backend; the program has passed bpf::Check, but for the limit, which it may be over when it
// cannot be made to fit.
Expected<Built> Build(const Subject& subject, const Recipe& recipe, const CompileOptions& options,
                      StageLog& log);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_CANDIDATE_H
