// Pass `dead-branches`: tests whose outcomes are one and the same go, jumps to nothing but a jump are
// bypassed, and a block that only one jump reaches is joined to it.
//
//   b0: if ldh[12] == 0x800 then b1 else b1        b0: return 0x40000
//   b1: jump b2                               =>
//   b2: return 0x40000

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/passes.h"

#include <algorithm>
#include <set>

namespace bpfopt::passes {
namespace {

bool SingleOutcome(ir::Block& block) {
  if (block.edge_count() < 2) return false;
  const ir::Edge& first = block.edge(0);
  for (std::size_t i = 1; i < block.edge_count(); ++i) {
    if (!(block.edge(i) == first)) return false;
  }
  ir::Edge edge = first;
  block.terminator = ir::Jump{std::move(edge)};
  return true;
}

bool IsEmptyJump(const ir::Block& block) {
  return block.guards.empty() && block.effects.empty() && std::holds_alternative<ir::Jump>(block.terminator);
}

// The parameters that a block other than their own uses: their blocks cannot be bypassed.
std::set<const ir::Value*> ParametersUsedElsewhere(const ir::Function& function) {
  std::set<const ir::Value*> used;
  const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  if (std::ranges::all_of(order, [](const ir::Block* block) { return block->parameters.empty(); }))
    return used;
  for (const ir::Block* block : order) {
    for (const ir::Value* root : ir::UsedValues(*block)) {
      ir::ForEachOperand(root, [&](const ir::Value* value) {
        if (value->opcode() == ir::Opcode::kParameter && std::ranges::count(block->parameters, value) == 0) {
          used.insert(value);
        }
      });
    }
  }
  return used;
}

class Bypass {
 public:
  explicit Bypass(const ir::Function& function) : pinned_(ParametersUsedElsewhere(function)) {}

  // Leads `edge` past a block that does nothing but jump on.
  bool operator()(ir::Edge& edge) const {
    const ir::Block& empty = *edge.target;
    if (!IsEmptyJump(empty)) return false;
    for (const ir::Value* parameter : empty.parameters) {
      if (pinned_.contains(parameter)) return false;
    }
    ir::Edge next = std::get<ir::Jump>(empty.terminator).edge;
    for (const ir::Value*& argument : next.arguments) {
      auto parameter = std::ranges::find(empty.parameters, argument);
      if (parameter != empty.parameters.end()) {
        argument = edge.arguments[static_cast<std::size_t>(parameter - empty.parameters.begin())];
      } else if (!argument->IsConstant()) {
        return false;
      }
    }
    edge = std::move(next);
    return true;
  }

 private:
  std::set<const ir::Value*> pinned_;
};

// `block` jumps to a block that nothing else reaches and that has no parameters: they become one.
bool JoinSuccessor(ir::Block& block, const std::vector<std::uint32_t>& incoming) {
  const auto* jump = std::get_if<ir::Jump>(&block.terminator);
  if (jump == nullptr) return false;
  ir::Block& next = *jump->edge.target;
  if (incoming[next.id()] != 1 || !next.parameters.empty()) return false;
  if (!next.guards.empty() && !GuardsMayCrossEffects(block)) return false;
  block.guards.insert(block.guards.end(), next.guards.begin(), next.guards.end());
  block.effects.insert(block.effects.end(), next.effects.begin(), next.effects.end());
  ir::Terminator terminator = next.terminator;
  block.terminator = std::move(terminator);
  return true;
}

// A guard may look at the result of an effect of the block before it; then it cannot precede that effect.
bool GuardsUseEffects(const ir::Block& next, const ir::Block& block) {
  bool uses = false;
  for (const ir::Guard& guard : next.guards) {
    if (guard.value == nullptr) continue;
    ir::ForEachOperand(guard.value, [&](const ir::Value* value) {
      for (const ir::Value* effect : block.effects) uses = uses || value == effect;
    });
  }
  return uses;
}

}  // namespace

bool RunDeadBranches(ir::Function& function, Context& context) {
  bool changed = false;
  const Bypass bypass(function);
  std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  // Backwards, so that what a block's successors became is seen in the same run.
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    ir::Block& block = **at;
    bool touched = false;
    for (ir::Edge* edge : block.edges()) {
      while (bypass(*edge)) touched = true;
    }
    if (touched) {
      if (auto* choice = std::get_if<ir::Switch>(&block.terminator)) choice->Canonicalize();
    }
    touched |= SingleOutcome(block);
    if (touched) ++context.counters["dead-branches.tests"];
    changed |= touched;
  }
  while (IsEmptyJump(*function.entry()) &&
         std::get<ir::Jump>(function.entry()->terminator).edge.arguments.empty()) {
    function.SetEntry(std::get<ir::Jump>(function.entry()->terminator).edge.target);
    changed = true;
  }
  if (changed) function.RemoveUnreachable();

  std::vector<std::uint32_t> incoming(function.block_count(), 0);
  order = ir::TopologicalOrder(function);
  for (ir::Block* block : order) {
    for (const ir::Edge* edge : block->edges()) ++incoming[edge->target->id()];
  }
  bool joined = false;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const auto* jump = std::get_if<ir::Jump>(&(*at)->terminator);
    if (jump == nullptr || GuardsUseEffects(*jump->edge.target, **at)) continue;
    joined |= JoinSuccessor(**at, incoming);
  }
  if (joined) {
    ++context.counters["dead-branches.joins"];
    function.RemoveUnreachable();
  }
  return changed || joined;
}

}  // namespace bpfopt::passes
