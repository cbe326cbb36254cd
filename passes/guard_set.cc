#include "passes/guard_set.h"

#include "ir/graph.h"
#include "ir/upper_bounds.h"
#include "passes/facts.h"

#include <algorithm>

namespace bpfopt::passes {
namespace {

std::uint32_t KeyOf(const ir::Value* value) { return value == nullptr ? 0 : value->id() + 1; }

bool DependsOnBlock(const ir::Value* value, const ir::Block& block) {
  bool depends = false;
  ir::ForEachOperand(value, [&](const ir::Value* part) {
    depends = depends || std::ranges::find(block.parameters, part) != block.parameters.end() ||
              std::ranges::find(block.effects, part) != block.effects.end();
  });
  return depends;
}

// Collects the guards that loads and divisions demand.
class Demands {
 public:
  void Visit(const ir::Value* root) {
    ir::ForEachOperand(root, [&](const ir::Value* value) {
      if (value->opcode() == ir::Opcode::kLoad) {
        Add(ir::Guard::Bounds(value->base(), value->offset(), value->width()));
      } else if (value->opcode() == ir::Opcode::kDiv || value->opcode() == ir::Opcode::kMod) {
        const ir::Value* divisor = value->rhs();
        if (!divisor->IsConstant() || divisor->constant() == 0) Add(ir::Guard::NonZero(divisor));
      }
    });
  }

  const std::vector<ir::Guard>& guards() const { return guards_; }

 private:
  void Add(const ir::Guard& guard) {
    if (covered_.Covers(guard)) return;
    covered_.Add(guard);
    guards_.push_back(guard);
  }

  GuardSet covered_;
  std::vector<ir::Guard> guards_;
};

}  // namespace

bool MayBeNegative(const ir::Guard& guard) {
  if (guard.kind == ir::Guard::Kind::kNonZero) return false;
  constexpr std::uint64_t kMaxPositive = 0x7fffffff;
  const std::uint64_t end = std::uint64_t{guard.offset} + guard.width;
  if (guard.value == nullptr) return end > kMaxPositive;
  if (end + ir::UpperBoundOf(guard.value) <= kMaxPositive) return false;
  return end + Facts().Of(guard.value).range.Max() > kMaxPositive;
}

bool NeverFails(const ir::Guard& guard) {
  return guard.kind == ir::Guard::Kind::kNonZero && Facts().Of(guard.value).ones != 0;
}

GuardSet GuardSet::Everything() {
  GuardSet set;
  set.everything_ = true;
  return set;
}

bool GuardSet::Covers(const ir::Guard& guard) const {
  if (everything_) return true;
  if (guard.kind == ir::Guard::Kind::kNonZero) {
    return nonzero_.contains(guard.value->id()) || (guard.value->IsConstant() && !guard.value->IsConstant(0));
  }
  if (MayBeNegative(guard)) return exact_.contains({KeyOf(guard.value), guard.offset, guard.width});
  auto found = ends_.find(KeyOf(guard.value));
  return found != ends_.end() && found->second.end >= std::uint64_t{guard.offset} + guard.width;
}

void GuardSet::Add(const ir::Guard& guard) {
  if (everything_) return;
  if (guard.kind == ir::Guard::Kind::kNonZero) {
    nonzero_[guard.value->id()] = guard.value;
  } else if (MayBeNegative(guard)) {
    exact_[{KeyOf(guard.value), guard.offset, guard.width}] = guard;
  } else {
    Base& base = ends_[KeyOf(guard.value)];
    base.value = guard.value;
    base.end = std::max(base.end, std::uint64_t{guard.offset} + guard.width);
  }
}

void GuardSet::Meet(const GuardSet& other) {
  if (other.everything_) return;
  if (everything_) {
    *this = other;
    return;
  }
  for (auto entry = ends_.begin(); entry != ends_.end();) {
    auto found = other.ends_.find(entry->first);
    if (found == other.ends_.end()) {
      entry = ends_.erase(entry);
    } else {
      entry->second.end = std::min(entry->second.end, found->second.end);
      ++entry;
    }
  }
  std::erase_if(exact_, [&](const auto& entry) { return !other.exact_.contains(entry.first); });
  std::erase_if(nonzero_, [&](const auto& entry) { return !other.nonzero_.contains(entry.first); });
}

GuardSet GuardSet::BeforeEdge(const ir::Edge& edge) const {
  const ir::Block& target = *edge.target;
  if (everything_ || (target.parameters.empty() && target.effects.empty())) return *this;
  GuardSet before;
  auto argument_for = [&](const ir::Value* value) -> const ir::Value* {
    auto found = std::ranges::find(target.parameters, value);
    return found == target.parameters.end()
               ? nullptr
               : edge.arguments[static_cast<std::size_t>(found - target.parameters.begin())];
  };
  auto add_bounds = [&](ir::Guard guard) {
    if (guard.value != nullptr) {
      const ir::Value* argument = argument_for(guard.value);
      if (argument == nullptr && DependsOnBlock(guard.value, target)) return;
      if (argument != nullptr) guard.value = argument;
      if (guard.value->IsConstant()) {
        std::uint64_t offset = std::uint64_t{guard.value->constant()} + guard.offset;
        if (offset + guard.width > 0x7fffffff) return;
        guard = ir::Guard::Bounds(nullptr, static_cast<std::uint32_t>(offset), guard.width);
      }
    }
    before.Add(guard);
  };
  for (const auto& [key, base] : ends_) {
    add_bounds(ir::Guard::Bounds(base.value, static_cast<std::uint32_t>(base.end - 1), 1));
  }
  for (const auto& [key, guard] : exact_) add_bounds(guard);
  for (const auto& [key, value] : nonzero_) {
    const ir::Value* argument = argument_for(value);
    if (argument == nullptr && DependsOnBlock(value, target)) continue;
    before.Add(ir::Guard::NonZero(argument != nullptr ? argument : value));
  }
  return before;
}

bool IsObservable(const ir::Guard& guard, Relation relation) {
  return relation == Relation::kStrict || guard.kind == ir::Guard::Kind::kNonZero || MayBeNegative(guard);
}

bool HasGuardBesideDemanded(const ir::Block& block, Relation relation) {
  const std::vector<ir::Guard> demanded = DemandedGuards(block);
  return std::ranges::any_of(block.guards, [&](const ir::Guard& guard) {
    return IsObservable(guard, relation) && std::ranges::find(demanded, guard) == demanded.end();
  });
}

bool GuardsMayCrossEffects(const ir::Block& block) {
  return std::ranges::none_of(block.effects, [](const ir::Value* effect) {
    return effect->effect() == ir::EffectKind::kDeviceIndex ||
           effect->effect() == ir::EffectKind::kDeviceType;
  });
}

bool AlwaysRejects(const ir::Block& block) {
  const auto* exit = std::get_if<ir::Return>(&block.terminator);
  return exit != nullptr && exit->value->IsConstant(0) && GuardsMayCrossEffects(block);
}

std::vector<GuardSet> ComputeAnticipatedGuards(const ir::Function& function) {
  std::vector<GuardSet> anticipated(function.block_count());
  std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    GuardSet set;
    if (AlwaysRejects(**block)) {
      set = GuardSet::Everything();
    } else if ((*block)->edge_count() != 0 && GuardsMayCrossEffects(**block)) {
      set = GuardSet::Everything();
      for (const ir::Edge* edge : (*block)->edges()) {
        set.Meet(anticipated[edge->target->id()].BeforeEdge(*edge));
      }
    }
    for (const ir::Guard& guard : (*block)->guards) set.Add(guard);
    anticipated[(*block)->id()] = std::move(set);
  }
  return anticipated;
}

std::vector<GuardSet> ComputeAvailableGuards(const ir::Function& function) {
  std::vector<GuardSet> available(function.block_count(), GuardSet::Everything());
  available[function.entry()->id()] = GuardSet();
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    GuardSet out = available[block->id()];
    for (const ir::Guard& guard : block->guards) out.Add(guard);
    for (const ir::Edge* edge : block->edges()) available[edge->target->id()].Meet(out);
  }
  return available;
}

std::vector<ir::Guard> DemandedGuards(const ir::Block& block) {
  ir::Block without_guards = block;
  without_guards.guards.clear();
  Demands demands;
  for (const ir::Value* value : ir::UsedValues(without_guards)) demands.Visit(value);
  return demands.guards();
}

std::vector<ir::Guard> DemandedGuards(const ir::Value* value) {
  Demands demands;
  demands.Visit(value);
  return demands.guards();
}

}  // namespace bpfopt::passes
