// Pass `jump-threading`: for each edge, what is known on that edge alone. Where it decides the target's test,
// the edge goes straight to the outcome, through as many blocks as it decides.
//
//   b0: if ldh[12] == 0x86dd then b1 else b2        b0: if ldh[12] == 0x86dd then b1 else b2
//   b1: if ldb[20] == 6 then b3 else b2        =>   b1: if ldb[20] == 6 then b3 else b4
//   b2: if ldh[12] == 0x800 then b5 else b4         b2: ...
//
// A test that is not decided is skipped too where both of its ways lead to the same place, as that which asks
// again what the one before it asked.
//
// A block with effects is not skipped, one with parameters only where nothing behind the outcome uses them.
// Guards of skipped blocks must be implied on the edge or be performed behind it (strict); under the faithful
// relation they need not be performed, for pass `guards` has given every block the guards of its own loads.

#include "ir/graph.h"
#include "passes/flow_facts.h"
#include "passes/guard_set.h"
#include "passes/passes.h"
#include "passes/test_runs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

namespace bpfopt::passes {
namespace {

using Parameters = std::set<const ir::Value*>;

// The parameters of other blocks that each block and those behind it use, by block id.
std::vector<Parameters> LiveParameters(const ir::Function& function) {
  std::vector<Parameters> live(function.block_count());
  const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  if (std::ranges::all_of(order, [](const ir::Block* block) { return block->parameters.empty(); }))
    return live;
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    Parameters& here = live[(*block)->id()];
    for (const ir::Edge* edge : (*block)->edges()) {
      const Parameters& behind = live[edge->target->id()];
      here.insert(behind.begin(), behind.end());
    }
    for (const ir::Value* root : ir::UsedValues(**block)) {
      ir::ForEachOperand(root, [&here](const ir::Value* value) {
        if (value->opcode() == ir::Opcode::kParameter) here.insert(value);
      });
    }
    for (const ir::Value* own : (*block)->parameters) here.erase(own);
  }
  return live;
}

// The way from an edge on, as far as it is certain.
struct Way {
  const ir::Edge* last = nullptr;  // the edge that it ends with
  bool has_skipped = false;
  std::vector<ir::Guard> guards;             // observable ones of the skipped blocks
  std::vector<const ir::Value*> parameters;  // of the skipped blocks
};

class Threading {
 public:
  Threading(ir::Function& function, Context& context)
      : function_(function),
        context_(context),
        facts_(function.block_count()),
        reached_(function.block_count(), false),
        runs_(function),
        live_(LiveParameters(function)),
        available_(ComputeAvailableGuards(function)),
        anticipated_(ComputeAnticipatedGuards(function)) {}

  // In topological order, with what is known at a block told by the edges that lead there once they are
  // threaded: an edge past all tests of a header's type says more than the join that it no longer leads
  // through. Blocks that nothing leads to any more are passed by; to thread their edges would take time that
  // is quadratic in the terms of a filter.
  bool Run() {
    bool changed = false;
    reached_[function_.entry()->id()] = true;
    for (ir::Block* block : ir::TopologicalOrder(function_)) {
      if (!reached_[block->id()]) continue;
      bool threaded = false;
      for (std::size_t i = 0; i < block->edge_count(); ++i) threaded |= ThreadEdge(*block, i);
      if (!threaded) continue;
      if (auto* choice = std::get_if<ir::Switch>(&block->terminator)) choice->Canonicalize();
      changed = true;
    }
    if (changed) function_.RemoveUnreachable();
    return changed;
  }

 private:
  // Tests on a way that may be undecided.
  static constexpr unsigned kForks = 2;
  // Blocks looked at for one edge. What is farther away is for the next run of the pass; without a bound,
  // terms of a filter that all lead past all others would take quadratic time.
  static constexpr unsigned kMaxSteps = 64;

  bool ThreadEdge(ir::Block& block, std::size_t index) {
    ir::Edge& edge = block.edge(index);
    Facts facts = FactsOnEdge(function_, block, index, facts_[block.id()]);
    Facts at_end = facts;
    const ir::Edge* final_edge = nullptr;
    Way way;
    way.last = &edge;
    steps_ = 0;
    while (!facts.contradictory() && Advance(way, facts, kForks)) {
      if (!MayEnd(block, way)) continue;
      final_edge = way.last;
      at_end = facts;
    }
    if (final_edge != nullptr) {
      edge = ir::Edge(*final_edge);
      ++context_.counters["jump-threading.edges"];
    }
    LeadTo(*edge.target, at_end);
    return final_edge != nullptr;
  }

  void LeadTo(const ir::Block& block, const Facts& facts) {
    Facts& known = facts_[block.id()];
    if (reached_[block.id()]) {
      known.Meet(facts);
    } else {
      known = facts;
    }
    reached_[block.id()] = true;
  }

  // Past the block that the way leads to, which may take several others along. `facts` hold there.
  bool Advance(Way& way, Facts& facts, unsigned forks) {
    const ir::Block& at = *way.last->target;
    if (!CanSkip(at) || ++steps_ > kMaxSteps) return false;
    if (const ir::Value* value = runs_.ValueOf(at)) {
      if (const ir::Edge* edge = runs_.Skip(at, facts.Of(value).range)) {
        SkipBlock(way, at);  // which has the guards of all others of its run
        way.last = edge;
        if (!edge->arguments.empty()) LearnArguments(*edge, facts);
        return true;
      }
    }
    if (const std::optional<std::size_t> decided = DecidedEdge(function_, at, facts)) {
      SkipBlock(way, at);
      way.last = &at.edge(*decided);
      if (!way.last->arguments.empty()) facts = FactsOnEdge(function_, at, *decided, facts);
      return true;
    }
    if (forks == 0 || at.edge_count() != 2 || (!way.has_skipped && at.parameters.empty())) return false;
    std::array<Way, 2> ways;
    for (std::size_t side = 0; side < 2; ++side) {
      ways[side].last = &at.edge(side);
      Facts there = FactsOnEdge(function_, at, side, facts);
      while (!there.contradictory() && Advance(ways[side], there, forks - 1)) {
      }
    }
    if (*ways[0].last != *ways[1].last) return false;
    SkipBlock(way, at);
    for (const Way& side : ways) {
      way.guards.insert(way.guards.end(), side.guards.begin(), side.guards.end());
      way.parameters.insert(way.parameters.end(), side.parameters.begin(), side.parameters.end());
    }
    way.last = ways[0].last;
    return true;
  }

  void SkipBlock(Way& way, const ir::Block& block) const {
    way.has_skipped = true;
    way.parameters.insert(way.parameters.end(), block.parameters.begin(), block.parameters.end());
    for (const ir::Guard& guard : block.guards) {
      if (IsObservable(guard, context_.relation)) way.guards.push_back(guard);
    }
  }

  static bool CanSkip(const ir::Block& block) { return block.edge_count() != 0 && block.effects.empty(); }

  bool MayEnd(const ir::Block& from, const Way& way) const {
    if (!HasConstantArguments(*way.last)) return false;
    const Parameters& live = live_[way.last->target->id()];
    const bool are_dead = std::ranges::none_of(
        way.parameters, [&](const ir::Value* parameter) { return live.contains(parameter); });
    return are_dead && GuardsMayGo(from, way.guards, *way.last->target);
  }

  // Other arguments may load what only a skipped block has guarded.
  static bool HasConstantArguments(const ir::Edge& edge) {
    return std::ranges::all_of(edge.arguments,
                               [](const ir::Value* argument) { return argument->IsConstant(); });
  }

  bool GuardsMayGo(const ir::Block& from, const std::vector<ir::Guard>& skipped, const ir::Block& to) const {
    if (skipped.empty()) return true;
    GuardSet before = available_[from.id()];
    for (const ir::Guard& guard : from.guards) before.Add(guard);
    for (const ir::Guard& guard : skipped) {
      if (!before.Covers(guard) && !anticipated_[to.id()].Covers(guard)) return false;
    }
    return true;
  }

  ir::Function& function_;
  Context& context_;
  std::vector<Facts> facts_;  // at the entry of each block that is reached, as far as its edges are threaded
  std::vector<bool> reached_;
  TestRuns runs_;
  unsigned steps_ = 0;
  std::vector<Parameters> live_;
  std::vector<GuardSet> available_;
  std::vector<GuardSet> anticipated_;
};

}  // namespace

bool RunJumpThreading(ir::Function& function, Context& context) { return Threading(function, context).Run(); }

}  // namespace bpfopt::passes
