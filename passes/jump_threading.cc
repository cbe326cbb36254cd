// Pass `jump-threading`: for each edge, what is known on that edge alone. Where it decides the target's test,
// the edge goes straight to the outcome, through as many blocks as it decides.
//
//   b0: if ldh[12] == 0x86dd then b1 else b2        b0: if ldh[12] == 0x86dd then b1 else b2
//   b1: if ldb[20] == 6 then b3 else b2        =>   b1: if ldb[20] == 6 then b3 else b4
//   b2: if ldh[12] == 0x800 then b5 else b4         b2: ...
//
// A block with parameters or effects is not skipped: values of its own may be used behind it. Guards of
// skipped blocks must be implied on the edge or be performed behind it (strict); under the faithful relation
// they need not be performed, for pass `guards` has given every block the guards of its own loads.

#include "ir/graph.h"
#include "passes/flow_facts.h"
#include "passes/guard_set.h"
#include "passes/passes.h"

#include <algorithm>

namespace bpfopt::passes {
namespace {

class Threading {
 public:
  Threading(ir::Function& function, Context& context)
      : function_(function),
        context_(context),
        facts_(ComputeFlowFacts(function)),
        available_(ComputeAvailableGuards(function)),
        anticipated_(ComputeAnticipatedGuards(function)) {}

  bool Run() {
    bool changed = false;
    for (ir::Block* block : ir::TopologicalOrder(function_)) {
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
  bool ThreadEdge(ir::Block& block, std::size_t index) {
    ir::Edge& edge = block.edge(index);
    if (!edge.arguments.empty() || !CanSkip(*edge.target)) return false;
    Facts facts = FactsOnEdge(function_, block, index, facts_[block.id()]);
    if (facts.contradictory()) return false;
    const ir::Edge* final_edge = nullptr;
    std::vector<ir::Guard> skipped;
    const ir::Block* at = edge.target;
    while (CanSkip(*at)) {
      std::optional<std::size_t> decided = DecidedEdge(function_, *at, facts);
      if (!decided) break;
      skipped.insert(skipped.end(), at->guards.begin(), at->guards.end());
      const ir::Edge& next = at->edge(*decided);
      if (HasConstantArguments(next) && GuardsMayGo(block, skipped, *next.target)) final_edge = &next;
      if (!next.arguments.empty()) break;
      at = next.target;
    }
    if (final_edge == nullptr) return false;
    edge = ir::Edge(*final_edge);
    ++context_.counters["jump-threading.edges"];
    return true;
  }

  static bool CanSkip(const ir::Block& block) {
    return block.edge_count() != 0 && block.parameters.empty() && block.effects.empty();
  }

  // Other arguments may load what only a skipped block has guarded.
  static bool HasConstantArguments(const ir::Edge& edge) {
    return std::ranges::all_of(edge.arguments,
                               [](const ir::Value* argument) { return argument->IsConstant(); });
  }

  bool GuardsMayGo(const ir::Block& from, const std::vector<ir::Guard>& skipped, const ir::Block& to) const {
    GuardSet before = available_[from.id()];
    for (const ir::Guard& guard : from.guards) before.Add(guard);
    for (const ir::Guard& guard : skipped) {
      if (!IsObservable(guard, context_.relation)) continue;
      if (!before.Covers(guard) && !anticipated_[to.id()].Covers(guard)) return false;
    }
    return true;
  }

  ir::Function& function_;
  Context& context_;
  std::vector<Facts> facts_;
  std::vector<GuardSet> available_;
  std::vector<GuardSet> anticipated_;
};

}  // namespace

bool RunJumpThreading(ir::Function& function, Context& context) { return Threading(function, context).Run(); }

}  // namespace bpfopt::passes
