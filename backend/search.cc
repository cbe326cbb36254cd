#include "backend/search.h"

#include "backend/generate.h"
#include "backend/tail_merging.h"

#include <algorithm>
#include <array>
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
// Blocks of one function, and values, that requirements are tried for.
constexpr std::size_t kMaxRequirements = 400;
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
        budget_(options.budget),
        work_left_(options.budget * kWorkPerCandidate) {}

  Expected<MachineFunction> Run() {
    best_ = FirstDecisions(facts_);
    Expected<Generated> first = Generate(function_, facts_, rules_, best_, budget_ > 0);
    if (!first) return tl::unexpected(first.error());
    best_code_ = std::move(*first);
    best_cost_ = Finish(best_code_.machine);
    if (facts_.order().size() > kLargestSearched) return std::move(best_code_.machine);
    bool improves = true;
    while (improves && budget_ > 0) {
      improves = TryPlaces();
      improves = TryRequirements() || improves;
      improves = TryWithoutRequirements() || improves;
      improves = TryMovedRequirements() || improves;
      improves = TryMoves() || improves;
    }
    return std::move(best_code_.machine);
  }

 private:
  using Cost = std::array<std::uint64_t, 3>;

  Cost Finish(MachineFunction& machine) const {
    // Shared tails cost jumps.
    if (objective_ != Objective::kSpeed) MergeTails(machine);
    const MachineCost cost = CostOf(machine);
    if (objective_ == Objective::kSpeed) return {cost.executed, cost.instructions};
    return {std::max(cost.instructions, allowed_), cost.executed, cost.instructions};
  }

  // Keeps the candidate when it is better than the best so far.
  bool Try(Decisions candidate) {
    if (budget_ == 0) return false;
    --budget_;
    Expected<Generated> code = Generate(function_, facts_, rules_, candidate, true);
    if (!code) return false;
    if (code->work >= work_left_) budget_ = 0;
    work_left_ -= std::min(work_left_, code->work);
    const Cost cost = Finish(code->machine);
    if (cost >= best_cost_) return false;
    best_ = std::move(candidate);
    best_code_ = std::move(*code);
    best_cost_ = cost;
    return true;
  }

  bool IsTaken(const Block* block, Place place, const Value* except) const {
    if (place == Place::kScratch) return false;
    const bool by_parameter =
        std::any_of(block->parameters.begin(), block->parameters.end(), [&](const Value* parameter) {
          const auto index = facts_.TrackedIndex(parameter);
          return parameter != except && index && best_.place[*index] == place;
        });
    return by_parameter ||
           std::any_of(best_.required.begin(), best_.required.end(),
                       [&](const Requirement& r) { return r.block == block && r.place == place; });
  }

  // Each parameter everywhere; where another parameter of the block is, that one takes its place.
  bool TryPlaces() {
    bool improves = false;
    for (const Block* block : facts_.order()) {
      for (const Value* parameter : block->parameters) {
        const auto index = facts_.TrackedIndex(parameter);
        for (const Place place : {Place::kX, Place::kA, Place::kScratch}) {
          if (!index || best_.place[*index] == place) continue;
          Decisions candidate = best_;
          std::fill(candidate.has_home.begin(), candidate.has_home.end(), false);
          for (const Value* other : block->parameters) {
            const auto other_index = facts_.TrackedIndex(other);
            if (other_index && place != Place::kScratch && candidate.place[*other_index] == place) {
              candidate.place[*other_index] = best_.place[*index];
            }
          }
          candidate.place[*index] = place;
          std::erase_if(candidate.required,
                        [&](const Requirement& r) { return r.block == block && r.place == place; });
          improves = Try(std::move(candidate)) || improves;
        }
      }
    }
    return improves;
  }

  // What several blocks load into X may be there earlier: at the start of a block from which they are
  // reached.
  std::vector<Requirement> Candidates() const {
    std::vector<Requirement> candidates;
    const auto add = [&](const Block* block, const Value* value) {
      const Requirement requirement{block, value, Place::kX};
      if (candidates.size() >= kMaxRequirements || block == function_.entry()) return;
      if (std::find(candidates.begin(), candidates.end(), requirement) != candidates.end()) return;
      if (!IsTaken(block, Place::kX, nullptr) && facts_.MayEvaluateAtStart(block, value)) {
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

  bool TryRequirements() {
    bool improves = false;
    const std::vector<Requirement> candidates = Candidates();
    for (const Requirement& requirement : candidates) {
      if (IsTaken(requirement.block, requirement.place, nullptr)) continue;
      Decisions candidate = best_;
      candidate.required.push_back(requirement);
      improves = Try(std::move(candidate)) || improves;
    }
    std::size_t pairs = 0;
    // Two at a time: a block that both of its ways into want the value loaded gains from neither alone.
    for (std::size_t i = 0; i < candidates.size() && !improves; ++i) {
      for (std::size_t j = i + 1; j < candidates.size() && !improves; ++j) {
        if (candidates[i].value != candidates[j].value || candidates[i].block == candidates[j].block)
          continue;
        Decisions candidate = best_;
        candidate.required.push_back(candidates[i]);
        candidate.required.push_back(candidates[j]);
        improves = Try(std::move(candidate));
        if (budget_ == 0 || ++pairs > kMaxPairs) return improves;
      }
    }
    return improves;
  }

  // The same value elsewhere: later, say, where fewer packets come.
  bool TryMovedRequirements() {
    bool improves = false;
    for (std::size_t i = 0; i < best_.required.size(); ++i) {
      for (const Block* block : facts_.order()) {
        const Value* value = best_.required[i].value;
        const auto index = facts_.TrackedIndex(value);
        if (!index || !facts_.IsLiveIn(block, *index) || block == function_.entry()) continue;
        if (IsTaken(block, Place::kX, nullptr) || !facts_.MayEvaluateAtStart(block, value)) continue;
        if (!IsComputable(block, value)) continue;
        Decisions candidate = best_;
        candidate.required[i].block = block;
        improves = Try(std::move(candidate)) || improves;
      }
    }
    return improves;
  }

  bool TryWithoutRequirements() {
    bool improves = false;
    for (std::size_t i = best_.required.size(); i-- > 0;) {
      Decisions candidate = best_;
      candidate.required.erase(candidate.required.begin() + static_cast<std::ptrdiff_t>(i));
      improves = Try(std::move(candidate)) || improves;
    }
    return improves;
  }

  // Moves on the edge instead of before the test run on one way only, and leave X alone on the other.
  bool TryMoves() {
    bool improves = false;
    for (const Block* block : facts_.order()) {
      if (block->edge_count() != 2) continue;
      for (std::size_t i = 0; i < 2; ++i) {
        const bool has_moves =
            !block->edge(i).arguments.empty() ||
            std::any_of(best_.required.begin(), best_.required.end(),
                        [&](const Requirement& r) { return r.block == block->edge(i).target; });
        if (!has_moves) continue;
        Decisions candidate = best_;
        const std::uint32_t edge = facts_.EdgeId(block, i);
        candidate.late_moves[edge] = !candidate.late_moves[edge];
        improves = Try(std::move(candidate)) || improves;
      }
    }
    return improves;
  }

  const ir::Function& function_;
  const Facts& facts_;
  const Rules& rules_;
  Objective objective_;
  std::size_t allowed_;
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
