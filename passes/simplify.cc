// Pass `simplify`: algebra on every value, and decisions on computed values as decisions on what they are
// computed from. What it needs to know of values it takes from their structure alone; what tests on the way
// tell is for `simplify-predicates`.
//
//   b0: if ((ld[12] >> 0x10) & 0xffff) == 0x800 ...                  =>   if ldh[12] == 0x800 ...
//   b1: if (ldh[16] - ((ldb[14] & 0xf) << 0x2)) - ldb[46] == 0 ...   =>   if ldh[16] == ldb[46] + ((...) <<
//   0x2) ...
//
// Guards stay, with their values rewritten as the loads' are; the constant at the end of a base moves into
// the offset where the sum cannot wrap. Linear in the values.
#include "ir/graph.h"
#include "passes/facts.h"
#include "passes/linear_form.h"
#include "passes/partition.h"
#include "passes/passes.h"
#include "passes/peel.h"
#include "passes/value_simplifier.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace bpfopt::passes {
namespace {

using ir::Compare;
using ir::Value;

class Simplification {
 public:
  Simplification(ir::Function& function, Context& context)
      : function_(function), context_(context), values_(function, context.cooked) {}

  bool Run() {
    // Effects are replaced before what they dominate is looked at.
    bool changed = false;
    for (ir::Block* block : ir::TopologicalOrder(function_)) changed |= SimplifyBlock(*block);
    if (changed) function_.RemoveUnreachable();
    return changed;
  }

 private:
  bool SimplifyBlock(ir::Block& block) {
    const bool guards_changed = SimplifyGuards(block.guards);
    const bool effects_changed = SimplifyEffects(block.effects);
    bool edges_changed = false;
    for (ir::Edge* edge : block.edges()) {
      for (const Value*& argument : edge->arguments) edges_changed |= Update(argument);
    }
    const bool terminator_changed = SimplifyTerminator(block);
    if (terminator_changed) ++context_.counters["simplify.terminators"];
    return guards_changed || effects_changed || edges_changed || terminator_changed;
  }

  bool Update(const Value*& value) {
    const Value* simple = values_.Simplify(value);
    if (simple == value) return false;
    value = simple;
    ++context_.counters["simplify.values"];
    return true;
  }

  bool SimplifyGuards(std::vector<ir::Guard>& guards) {
    std::vector<ir::Guard> kept;
    for (ir::Guard guard : guards) {
      if (guard.kind == ir::Guard::Kind::kBounds) {
        const Address address = values_.SimplifyAddress(guard.value, guard.offset);
        guard.value = address.base;
        guard.offset = address.offset;
      } else {
        guard.value = values_.Simplify(guard.value);
        if (guard.value->IsConstant() && !guard.value->IsConstant(0)) continue;
      }
      if (std::find(kept.begin(), kept.end(), guard) == kept.end()) kept.push_back(guard);
    }
    if (kept == guards) return false;
    guards = std::move(kept);
    return true;
  }

  bool SimplifyEffects(std::vector<const Value*>& effects) {
    bool changed = false;
    for (const Value*& effect : effects) {
      const Value* a = effect->lhs() == nullptr ? nullptr : values_.Simplify(effect->lhs());
      const Value* x = effect->rhs() == nullptr ? nullptr : values_.Simplify(effect->rhs());
      if (a == effect->lhs() && x == effect->rhs()) continue;
      const Value* made = function_.NewEffect(effect->effect(), effect->identity(), a, x);
      values_.Replace(effect, made);
      effect = made;
      changed = true;
    }
    return changed;
  }

  bool SimplifyTerminator(ir::Block& block) {
    if (auto* end = std::get_if<ir::Return>(&block.terminator)) return Update(end->value);
    if (std::holds_alternative<ir::Jump>(block.terminator)) return false;
    ir::Terminator simple = block.terminator;
    if (auto* branch = std::get_if<ir::Branch>(&simple)) {
      branch->lhs = values_.Simplify(branch->lhs);
      branch->rhs = values_.Simplify(branch->rhs);
      simple = SimplestBranch(*branch);
    } else if (auto* choice = std::get_if<ir::Switch>(&simple)) {
      choice->value = values_.Simplify(choice->value);
      simple = SimplestDecision({choice->value, std::move(choice->cases), std::move(choice->edges)});
    }
    if (simple == block.terminator) return false;
    block.terminator = std::move(simple);
    return true;
  }

  ir::Terminator SimplestDecision(Partition partition) {
    partition.value = values_.Simplify(partition.value);
    return ToSimplestTerminator(values_, Peel(values_, std::move(partition)));
  }

  ir::Terminator SimplestBranch(ir::Branch branch) {
    if (branch.then_edge == branch.else_edge) return ir::Jump{std::move(branch.then_edge)};
    if (const std::optional<bool> outcome = Facts().Decide(branch)) {
      return ir::Jump{std::move(*outcome ? branch.then_edge : branch.else_edge)};
    }
    if (branch.rhs->IsConstant()) return SimplestDecision(*PartitionOf(function_, branch));
    // A constant on the left goes to the right, or the greater id: one form for each comparison.
    if (branch.lhs->IsConstant() || branch.rhs->id() < branch.lhs->id()) {
      branch = Mirrored(std::move(branch));
      if (branch.rhs->IsConstant()) return SimplestDecision(*PartitionOf(function_, branch));
    }
    if (branch.compare != Compare::kEqual) return branch;
    return SimplestEquality(std::move(branch));
  }

  // lhs > rhs is not (rhs >= lhs).
  static ir::Branch Mirrored(ir::Branch branch) {
    std::swap(branch.lhs, branch.rhs);
    if (branch.compare == Compare::kEqual || branch.compare == Compare::kAnySet) return branch;
    std::swap(branch.then_edge, branch.else_edge);
    branch.compare = branch.compare == Compare::kGreater ? Compare::kGreaterEqual : Compare::kGreater;
    return branch;
  }

  // By the difference of both sides: what they share cancels, a constant is all that may stay on the right.
  ir::Terminator SimplestEquality(ir::Branch branch) {
    LinearForm difference = Difference(LinearFormOf(branch.lhs), LinearFormOf(branch.rhs));
    const bool is_negative = std::all_of(difference.terms.begin(), difference.terms.end(),
                                         [](const LinearForm::Term& term) { return term.factor >> 31 != 0; });
    if (is_negative) difference = Difference({}, difference);
    const Value* value = MakeValue(function_, difference);
    return SimplestDecision(
        TwoWay(value, RangeSet::Of(0), std::move(branch.then_edge), std::move(branch.else_edge)));
  }

  ir::Function& function_;
  Context& context_;
  ValueSimplifier values_;
};

}  // namespace

bool RunSimplify(ir::Function& function, Context& context) { return Simplification(function, context).Run(); }

}  // namespace bpfopt::passes
