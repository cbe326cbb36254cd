// The table of passes and the order in which a compile runs them.
#include "ir/check.h"
#include "passes/pass.h"
#include "passes/passes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bpfopt::passes {
namespace {

constexpr std::array kPasses = {
    Pass{"duplicate-tails", "Gives each way into a block with parameters a copy of its own.",
         RunDuplicateTails},
    Pass{"simplify", "Algebra on values: constants, known bits, masks, shifts, linear forms, comparisons.",
         RunSimplify},
    Pass{"guards", "Gives every block the guards of its own loads and drops those that others perform.",
         RunGuards},
    Pass{"simplify-predicates", "Decides tests by what the tests before them have told.",
         RunSimplifyPredicates},
    Pass{"jump-threading", "Leads an edge past the tests that it decides.", RunJumpThreading},
    Pass{"form-switches", "Joins chains of tests of one value into one decision.", RunFormSwitches},
    Pass{"gather-tests", "Joins the tests of one value in a row that is left for one place.", RunGatherTests},
    Pass{"hoist-tests", "Makes a test once that all ways out of a decision begin with.", RunHoistTests},
    Pass{"dead-branches", "Drops tests with one outcome, empty jumps and unreachable blocks.",
         RunDeadBranches},
    Pass{"merge-blocks", "Makes blocks that do the same one.", RunMergeBlocks},
    Pass{"solve-predicates", "Asks the solver about tests that the cheap domain leaves open.",
         RunSolvePredicates},
    Pass{"decision-diagram", "Rebuilds the function so that a path tests each value once.",
         RunDecisionDiagram},
    Pass{"order-tests", "Tests values in another order where that makes fewer tests.", RunOrderTests},
    Pass{"narrow-loads", "Shortens loads whose low bytes no decision looks at.", RunNarrowLoads},
    Pass{"fuse-fields", "Makes tests of neighbouring fields one test of a wider load.", RunFuseFields},
    Pass{"tile-fields", "Reads the bytes that a chain of tests asks about with fewer loads.", RunTileFields},
    Pass{"parameters",
         "Drops parameters that others stand for, and takes from arguments what can be done once.",
         RunParameters},
    Pass{"merge-tails", "Makes sub-graphs that differ in where they load one, with a parameter.",
         RunMergeTails},
};

// Passes that clean up after one another; run in turn until none changes anything.
constexpr std::array<std::string_view, 10> kCleanUp = {
    "simplify",      "gather-tests",  "guards",       "simplify-predicates", "jump-threading",
    "form-switches", "dead-branches", "merge-blocks", "parameters",          "hoist-tests"};

class Runner {
 public:
  Runner(ir::Function& function, Context& context, const PipelineOptions& options)
      : function_(function), context_(context), options_(options) {}

  Expected<void> Run() {
    // What others have joined is taken apart first: no other pass looks through parameters.
    RunPass("duplicate-tails");
    Stage({});
    // The solver looks at what is left, so that it is asked little.
    if (options_.level >= 2) Stage({"solve-predicates"});
    // Once all decisions that paths determine are made: diagrams grow with the tests they start from.
    Stage({"decision-diagram"});
    if (options_.level >= 2) Stage({"order-tests"});
    // Shapes that facts do not see through, so after all that reasons with facts; fields before tails, for a
    // tail may begin behind a fused test.
    Stage({"narrow-loads", "fuse-fields", "tile-fields"});
    Stage({"merge-tails"});
    if (error_) return tl::unexpected<Error>(*error_);
    return {};
  }

 private:
  // Runs `passes` once each, then the clean-up to its fixed point: until each of its passes has run without a
  // change since the last one. The first stage has only the latter.
  void Stage(std::initializer_list<std::string_view> passes) {
    const bool is_first = passes.size() == 0;
    const std::size_t rounds = is_first ? options_.max_rounds : options_.max_later_rounds;
    bool changed = is_first;
    for (std::string_view name : passes) changed |= RunPass(name);
    if (!changed) return;
    std::size_t unchanged = 0;
    for (std::size_t i = 0; unchanged < kCleanUp.size() && i < rounds * kCleanUp.size(); ++i) {
      unchanged = RunPass(kCleanUp[i % kCleanUp.size()]) ? 0 : unchanged + 1;
    }
  }

  bool RunPass(std::string_view name) {
    if (stopped_ || context_.interruption.IsRequested()) return false;
    if (std::ranges::find(options_.disabled, name) != options_.disabled.end()) {
      stopped_ = name == options_.stop_after;
      return false;
    }
    const Pass* pass = FindPass(name);
    const auto start = std::chrono::steady_clock::now();
    const bool changed = pass->run(function_, context_);
    const PassReport report{pass, changed, std::chrono::steady_clock::now() - start};
    if (options_.after_pass) options_.after_pass(report, function_);
    if (changed && options_.check_invariants) CheckAfter(*pass);
    stopped_ = stopped_ || name == options_.stop_after;
    return changed;
  }

  void CheckAfter(const Pass& pass) {
    std::vector<ir::BrokenInvariant> broken = ir::Check(function_);
    if (broken.empty()) return;
    stopped_ = true;
    error_ = Error{ErrorCode::kInternal,
                   fmt::format("pass {} broke the rule {} at {}: {}", pass.name, broken[0].rule,
                               broken[0].place, broken[0].detail),
                   std::nullopt};
  }

  ir::Function& function_;
  Context& context_;
  const PipelineOptions& options_;
  bool stopped_ = false;
  std::optional<Error> error_;
};

}  // namespace

std::span<const Pass> AllPasses() { return kPasses; }

const Pass* FindPass(std::string_view name) {
  auto found = std::ranges::find(kPasses, name, &Pass::name);
  return found == kPasses.end() ? nullptr : &*found;
}

Expected<void> RunPipeline(ir::Function& function, Context& context, const PipelineOptions& options) {
  if (!options.stop_after.empty() && FindPass(options.stop_after) == nullptr) {
    return InvalidInput(fmt::format("there is no pass '{}'", options.stop_after));
  }
  if (options.level <= 0) return {};
  return Runner(function, context, options).Run();
}

}  // namespace bpfopt::passes
