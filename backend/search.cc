#include "backend/search.h"

#include "backend/generate.h"
#include "backend/tail_merging.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Value;

// Functions beyond this are not searched: what each try costs grows with them, and what it saves does not.
constexpr std::size_t kLargestSearched = 400;  // blocks
// Work that candidates may take together, for each one of the budget: values of hundreds of parts end the
// search early.
constexpr std::size_t kWorkPerCandidate = 200;
// What a block of a function with more than this many counts as: there it is the blocks that a try takes its
// time for.
constexpr std::size_t kManyBlocks = 150;
constexpr std::size_t kWorkOfBlock = 16;
// Blocks of one function, and values, that requirements are tried for.
constexpr std::size_t kMaxRequirements = 400;
// Of functions too large to search: values, and blocks for each.
constexpr std::size_t kEarlyLoads = 4;
constexpr std::size_t kEarlyBlocks = 4;
// Pairs of steps tried in a row without gain.
constexpr std::size_t kMaxPairs = 300;

class Searcher {
 public:
  // Instructions up to `allowed` are not counted when executed ones come second.
  Searcher(const ir::Function& function, const Facts& facts, const Rules& rules, const SearchOptions& options,
           std::size_t allowed)
      : function_(function),
        facts_(facts),
        rules_(rules),
        objective_(options.objective),
        allowed_(allowed),
        interruption_(options.interruption),
        budget_(options.budget),
        work_left_(options.work != 0 ? options.work : options.budget * kWorkPerCandidate) {}

  Expected<MachineFunction> Run() {
    best_ = FirstDecisions(facts_);
    Expected<Generated> first = Generate(function_, facts_, rules_, best_, budget_ > 0);
    if (!first) return tl::unexpected(first.error());
    best_code_ = std::move(*first);
    best_cost_ = Finish(best_code_.machine);
    if (facts_.order().size() > kLargestSearched) {
      TryEarlyLoads();
      return std::move(best_code_.machine);
    }
    bool improves = true;
    while (improves && budget_ > 0) {
      improves = TryEach(PlaceSteps());
      improves = TryEach(RequirementSteps()) || improves;
      improves = TryEach(DropSteps()) || improves;
      improves = TryEach(ShiftSteps()) || improves;
      improves = TryEach(MoveSteps()) || improves;
      // What gains nothing alone may gain with something else.
      improves = improves || TryPairs();
    }
    return std::move(best_code_.machine);
  }

 private:
  using Cost = std::array<std::uint64_t, 3>;
  // Changes decisions in one place; false where that makes no sense for them.
  using Step = std::function<bool(Decisions&)>;

  Cost Finish(MachineFunction& machine) const {
    // Shared tails cost jumps.
    if (objective_ != Objective::kSpeed) MergeTails(machine);
    const MachineCost cost = CostOf(machine);
    if (objective_ == Objective::kSpeed) return {cost.executed, cost.instructions};
    return {std::max(cost.instructions, allowed_), cost.executed, cost.instructions};
  }

  // Keeps the candidate when it is better than the best so far.
  bool Try(Decisions candidate) {
    if (interruption_.IsRequested()) budget_ = 0;
    if (budget_ == 0) return false;
    --budget_;
    Expected<Generated> code = Generate(function_, facts_, rules_, candidate, true);
    if (!code) return false;
    const std::size_t blocks = facts_.order().size();
    const std::size_t work = code->work + (blocks > kManyBlocks ? blocks * kWorkOfBlock : 0);
    if (work >= work_left_) budget_ = 0;
    work_left_ -= std::min(work_left_, work);
    const Cost cost = Finish(code->machine);
    if (cost >= best_cost_) return false;
    best_ = std::move(candidate);
    best_code_ = std::move(*code);
    best_cost_ = cost;
    return true;
  }

  bool TryEach(const std::vector<Step>& steps) {
    bool improves = false;
    for (const Step& step : steps) {
      Decisions candidate = best_;
      if (step(candidate)) improves = Try(std::move(candidate)) || improves;
    }
    return improves;
  }

  // Stops at the first pair that improves: one step alone may do the rest.
  bool TryPairs() {
    std::vector<Step> steps = PlaceSteps();
    for (const auto more :
         {&Searcher::RequirementSteps, &Searcher::DropSteps, &Searcher::ShiftSteps, &Searcher::MoveSteps}) {
      for (Step& step : (this->*more)()) steps.push_back(std::move(step));
    }
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (std::size_t j = i + 1; j < steps.size(); ++j) {
        Decisions candidate = best_;
        if (!steps[i](candidate) || !steps[j](candidate)) continue;
        if (Try(std::move(candidate))) return true;
        if (budget_ == 0 || ++pairs > kMaxPairs) return false;
      }
    }
    return false;
  }

  bool IsTaken(const Decisions& decisions, const Block* block, Place place) const {
    if (place == Place::kScratch) return false;
    const bool by_parameter =
        std::any_of(block->parameters.begin(), block->parameters.end(), [&](const Value* parameter) {
          const auto index = facts_.TrackedIndex(parameter);
          return index && decisions.place[*index] == place;
        });
    return by_parameter ||
           std::any_of(decisions.required.begin(), decisions.required.end(),
                       [&](const Requirement& r) { return r.block == block && r.place == place; });
  }

  // Each parameter everywhere; where another parameter of the block is, that one takes its place.
  std::vector<Step> PlaceSteps() const {
    std::vector<Step> steps;
    for (const Block* block : facts_.order()) {
      for (const Value* parameter : block->parameters) {
        const auto index = facts_.TrackedIndex(parameter);
        if (!index) continue;
        for (const Place place : {Place::kX, Place::kA, Place::kScratch}) {
          steps.emplace_back([this, block, index = *index, place](Decisions& decisions) {
            return PutParameter(decisions, block, index, place);
          });
        }
      }
    }
    return steps;
  }

  bool PutParameter(Decisions& decisions, const Block* block, std::uint32_t index, Place place) const {
    const Place before = decisions.place[index];
    if (before == place) return false;
    std::fill(decisions.has_home.begin(), decisions.has_home.end(), false);
    for (const Value* other : block->parameters) {
      const auto other_index = facts_.TrackedIndex(other);
      if (other_index && place != Place::kScratch && decisions.place[*other_index] == place) {
        decisions.place[*other_index] = before;
      }
    }
    decisions.place[index] = place;
    std::erase_if(decisions.required,
                  [&](const Requirement& r) { return r.block == block && r.place == place; });
    return true;
  }

  // What several blocks load into X may be there earlier: at the start of a block from which they are
  // reached.
  std::vector<Requirement> Candidates() const {
    std::vector<Requirement> candidates;
    const auto add = [&](const Block* block, const Value* value) {
      const Requirement requirement{block, value, Place::kX};
      if (candidates.size() >= kMaxRequirements || block == function_.entry()) return;
      if (std::find(candidates.begin(), candidates.end(), requirement) != candidates.end()) return;
      if (!IsTaken(best_, block, Place::kX) && facts_.MayEvaluateAtStart(block, value)) {
        candidates.push_back(requirement);
      }
    };
    for (const Requirement& loaded : best_code_.loaded_x) {
      const bool is_repeated =
          std::count_if(best_code_.loaded_x.begin(), best_code_.loaded_x.end(),
                        [&](const Requirement& other) { return other.value == loaded.value; }) > 1;
      if (!is_repeated) continue;
      const auto index = facts_.TrackedIndex(loaded.value);
      for (const Block* block : facts_.order()) {
        if (index && facts_.IsLiveIn(block, *index) && IsComputable(block, loaded.value))
          add(block, loaded.value);
      }
    }
    return candidates;
  }

  // For large functions: what many blocks load into X, at the start of the first blocks that reach them.
  void TryEarlyLoads() {
    std::map<const Value*, std::size_t> loads;
    for (const Requirement& loaded : best_code_.loaded_x) ++loads[loaded.value];
    std::vector<std::pair<std::size_t, const Value*>> by_count;
    for (const auto& [value, count] : loads) {
      if (count > 1 && facts_.TrackedIndex(value)) by_count.emplace_back(count, value);
    }
    std::ranges::sort(by_count, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second->id() < b.second->id();
    });
    if (by_count.size() > kEarlyLoads) by_count.resize(kEarlyLoads);
    for (const auto& [count, value] : by_count) {
      std::size_t tries = 0;
      for (const Block* block : facts_.order()) {
        if (tries == kEarlyBlocks) break;
        if (!facts_.IsLiveIn(block, *facts_.TrackedIndex(value)) || !IsComputable(block, value)) continue;
        if (block == function_.entry() || IsTaken(best_, block, Place::kX)) continue;
        if (!facts_.MayEvaluateAtStart(block, value)) continue;
        ++tries;
        Decisions candidate = best_;
        candidate.required.push_back({block, value, Place::kX});
        Try(std::move(candidate));
      }
    }
  }

  // Whether what `value` is made of can be at hand at the block's start.
  bool IsComputable(const Block* block, const Value* value) const {
    bool computable = true;
    ir::ForEachOperand(value, [&](const Value* part) {
      const auto index = facts_.TrackedIndex(part);
      if (!index || !facts_.tracked()[*index].is_unique) return;
      computable = computable && facts_.IsLiveIn(block, *index);
    });
    return computable;
  }

  std::vector<Step> RequirementSteps() const {
    std::vector<Step> steps;
    for (const Requirement& requirement : Candidates()) {
      steps.emplace_back([this, requirement](Decisions& decisions) {
        if (IsTaken(decisions, requirement.block, requirement.place)) return false;
        decisions.required.push_back(requirement);
        return true;
      });
    }
    return steps;
  }

  std::vector<Step> DropSteps() const {
    std::vector<Step> steps;
    for (const Requirement& requirement : best_.required) {
      steps.emplace_back(
          [requirement](Decisions& decisions) { return std::erase(decisions.required, requirement) > 0; });
    }
    return steps;
  }

  // The same value elsewhere: later, say, where fewer packets come.
  std::vector<Step> ShiftSteps() const {
    std::vector<Step> steps;
    for (const Requirement& from : best_.required) {
      for (const Block* block : facts_.order()) {
        const auto index = facts_.TrackedIndex(from.value);
        if (!index || !facts_.IsLiveIn(block, *index) || block == function_.entry()) continue;
        if (!facts_.MayEvaluateAtStart(block, from.value) || !IsComputable(block, from.value)) continue;
        steps.emplace_back([this, from, block](Decisions& decisions) {
          const auto at = std::find(decisions.required.begin(), decisions.required.end(), from);
          if (at == decisions.required.end() || IsTaken(decisions, block, Place::kX)) return false;
          at->block = block;
          return true;
        });
      }
    }
    return steps;
  }

  // Moves on the edge instead of before the test run on one way only, and leave X alone on the other.
  std::vector<Step> MoveSteps() const {
    std::vector<Step> steps;
    for (const Block* block : facts_.order()) {
      if (block->edge_count() != 2) continue;
      for (std::size_t i = 0; i < 2; ++i) {
        const bool has_moves =
            !block->edge(i).arguments.empty() ||
            std::any_of(best_.required.begin(), best_.required.end(),
                        [&](const Requirement& r) { return r.block == block->edge(i).target; });
        if (!has_moves) continue;
        steps.emplace_back([edge = facts_.EdgeId(block, i)](Decisions& decisions) {
          decisions.late_moves[edge] = !decisions.late_moves[edge];
          return true;
        });
      }
    }
    return steps;
  }

  const ir::Function& function_;
  const Facts& facts_;
  const Rules& rules_;
  Objective objective_;
  std::size_t allowed_;
  const Interruption& interruption_;
  std::size_t budget_;
  std::size_t work_left_;
  Decisions best_;
  Generated best_code_;
  Cost best_cost_;
};

}  // namespace

Expected<MachineFunction> Search(const ir::Function& function, const Facts& facts, const Rules& rules,
                                 const SearchOptions& options) {
  Expected<MachineFunction> smallest = Searcher(function, facts, rules, options, 0).Run();
  const bool may_trade = options.objective == Objective::kBalanced && options.slack > 0 && options.budget > 0;
  if (!smallest || !may_trade || facts.order().size() > kLargestSearched) return smallest;
  const MachineCost cost = CostOf(*smallest);
  const std::size_t allowed = cost.instructions + options.slack;
  Expected<MachineFunction> faster = Searcher(function, facts, rules, options, allowed).Run();
  if (!faster) return smallest;
  const MachineCost other = CostOf(*faster);
  return other.instructions <= allowed && other.executed < cost.executed ? faster : smallest;
}

}  // namespace bpfopt::backend
