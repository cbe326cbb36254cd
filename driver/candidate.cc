// Sets up the passes and the backend for one recipe.
#include "driver/candidate.h"

#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpf/text.h"
#include "driver/graph.h"
#include "driver/interrupted.h"
#include "driver/source.h"
#include "ir/print.h"
#include "passes/pass.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

// -O3 spends more of everything that the budgets bound.
constexpr unsigned kThirdLevelFactor = 4;

// Words that a search for a test of membership may try from -O2 on; kFewMembershipSteps at -O1.
constexpr std::uint64_t kMembershipSteps = 4'000'000;

// Passes that make one test of several: it costs more than the first of them, which may end the matter.
constexpr std::array<std::string_view, 3> kFusion = {"fuse-fields", "tile-fields", "merge-tails"};

void Disable(Recipe& recipe, const std::array<std::string_view, 3>& passes) {
  recipe.disabled.insert(recipe.disabled.end(), passes.begin(), passes.end());
}

std::uint64_t Factor(const Recipe& recipe) { return recipe.level >= 3 ? kThirdLevelFactor : 1; }

// -O1 is for those who wait for each filter: a few tries of the search, fewer in large programs, and one
// round of clean-up after each later group of passes. The programs are hardly larger.
constexpr std::size_t kFirstLevelShare = 400;
constexpr std::size_t kFirstLevelWork = 2000;
constexpr std::size_t kFirstLevelRounds = 1;

}  // namespace

Recipe MainRecipe(const CompileOptions& options, bool is_lifted) {
  if (options.level == 0) return {"naive", 0, Relation::kStrict, {}};
  Recipe recipe{"full", options.level, options.relation, {}};
  if (options.level == 1) recipe.name = "no-solver";
  if (!is_lifted) recipe.disabled.push_back("duplicate-tails");
  return recipe;
}

std::vector<Recipe> OtherRecipes(const CompileOptions& options, bool is_lifted) {
  if (options.level < 2) return {};
  const Recipe main = MainRecipe(options, is_lifted);
  std::vector<Recipe> recipes;
  const auto without = [&](std::string_view name, std::string_view pass) {
    recipes.push_back(main);
    recipes.back().name = name;
    recipes.back().disabled.push_back(pass);
  };
  // A diagram shares what follows equal tests, and splits what follows different ones.
  without("no-diagram", "decision-diagram");
  recipes.back().disabled.push_back("order-tests");
  // Tests that are made early can keep tails from being alike.
  without("no-order", "order-tests");
  // A tail that is shared keeps a register that the copies have for other things.
  without("no-merge", "merge-tails");
  if (options.objective == Objective::kSpeed) {
    without("no-fusion", "order-tests");
    Disable(recipes.back(), kFusion);
    without("no-reorder", "decision-diagram");
    Disable(recipes.back(), std::array<std::string_view, 3>{"order-tests", "gather-tests", "hoist-tests"});
    Disable(recipes.back(), kFusion);
  }
  // What is joined may be joined well.
  if (is_lifted) without("no-duplicates", "duplicate-tails");
  // What is strict is faithful too.
  if (options.level >= 3 && options.relation == Relation::kFaithful) {
    recipes.push_back({"strict", options.level, Relation::kStrict, main.disabled});
  }
  recipes.push_back({"no-solver", 1, options.relation, main.disabled});
  return recipes;
}

std::vector<Recipe> QuickRecipes(const CompileOptions& options, bool is_lifted) {
  std::vector<Recipe> recipes(3, MainRecipe(options, is_lifted));
  recipes[0].name = "likely-first";
  recipes[1].name = "likely-first-no-fusion";
  Disable(recipes[1], kFusion);
  recipes[2].name = "likely-first-no-order";
  recipes[2].disabled.push_back("order-tests");
  for (Recipe& recipe : recipes) recipe.likely_first = true;
  return recipes;
}

Expected<void> CheckEffort(const CompileOptions& options) {
  if (options.level < 0 || options.level > 3) return InvalidInput("an optimization level is 0, 1, 2 or 3");
  if (options.limit == 0) return InvalidInput("a program has at least one instruction");
  for (const std::string& name : options.disabled_passes) {
    if (passes::FindPass(name) == nullptr) return InvalidInput(fmt::format("there is no pass '{}'", name));
  }
  return {};
}

Expected<void> RunPasses(ir::Function& function, const Recipe& recipe, const CompileOptions& options,
                         const bpf::CookedHeader& cooked, std::string_view stop_after, StageLog& log,
                         std::set<std::string_view>* effective_passes) {
  passes::Context context;
  context.relation = recipe.relation;
  context.objective = options.objective;
  context.cooked = cooked;
  context.interruption = options.interruption;
  context.smt_steps = recipe.level >= 2 ? options.budgets.smt_steps * Factor(recipe) : 0;

  passes::PipelineOptions pipeline;
  pipeline.level = recipe.level;
  if (options.level == 1) pipeline.max_later_rounds = kFirstLevelRounds;
  pipeline.stop_after = stop_after;
  pipeline.disabled = recipe.disabled;
  pipeline.disabled.insert(pipeline.disabled.end(), options.disabled_passes.begin(),
                           options.disabled_passes.end());
  pipeline.check_invariants = options.check_invariants;
  pipeline.after_pass = [&](const passes::PassReport& report, const ir::Function& after) {
    if (report.changed && effective_passes != nullptr) effective_passes->insert(report.pass->name);
    log.Record({report.pass->name, report.changed, report.time, [&] { return ir::Print(after); },
                [&] { return MakeGraph(after); }});
  };
  auto done = passes::RunPipeline(function, context, pipeline);
  for (const auto& [name, count] : context.counters) log.statistics().counters[name] += count;
  return done;
}

namespace {

// Smallest where it does not fit else. What does not fit even so is still made, to tell by how much.
Expected<backend::Emitted> EmitForLimit(const ir::Function& function, backend::EmitOptions options,
                                        std::size_t limit) {
  options.limit = std::max(limit, kMaxSource);
  auto emitted = backend::Emit(function, options);
  if (!emitted || emitted->program.size() <= limit || options.objective == Objective::kSize) return emitted;
  options.objective = Objective::kSize;
  return backend::Emit(function, options);
}

}  // namespace

Expected<Built> Build(const Subject& subject, const Recipe& recipe, const CompileOptions& options,
                      StageLog& log) {
  ir::Function function = subject.function.Clone();
  std::set<std::string_view> effective_passes;
  if (auto done = RunPasses(function, recipe, options, subject.cooked, {}, log, &effective_passes); !done) {
    return tl::unexpected(done.error());
  }
  if (auto go_on = CheckInterruption(options.interruption); !go_on) return tl::unexpected(go_on.error());
  const bool is_quick = options.level == 1;
  const std::size_t budget = recipe.level > 0 ? options.budgets.search * Factor(recipe) : 0;
  const backend::EmitOptions emit_options = {
      .relation = recipe.relation,
      .objective = options.objective,
      .likely_first = recipe.likely_first,
      .cooked = subject.cooked,
      .search_budget = is_quick ? budget / kFirstLevelShare : budget,
      .search_work = is_quick ? kFirstLevelWork : 0,
      .membership_steps = options.level >= 2 ? kMembershipSteps * Factor(recipe) : kFewMembershipSteps,
      .interruption = options.interruption};
  auto emitted = log.Run(
      "emit", [&] { return EmitForLimit(function, emit_options, options.limit); },
      [](const auto& built) { return built ? bpf::FormatAssembly(built->program) : std::string(); });
  if (!emitted) return tl::unexpected(emitted.error());

  const bpf::CheckOptions check = {.target = options.target,
                                   .limit = emitted->program.size(),
                                   .link_type = subject.dlt,
                                   .cooked = subject.cooked};
  if (const auto violations = bpf::Check(emitted->program, check); !violations.empty()) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("the backend made a program that no kernel takes: instruction {}: {}",
                                 violations[0].instruction, violations[0].reason));
  }
  return Built{std::move(emitted->program), std::move(emitted->draws), std::move(effective_passes)};
}

}  // namespace bpfopt::driver
