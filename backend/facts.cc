#include "backend/facts.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Guard;
using ir::Opcode;
using ir::Value;

constexpr std::uint32_t kNotTracked = 0xffffffff;
// Bits of one table; a program within the kernel's limit needs a small part of it.
constexpr std::size_t kTableLimit = std::size_t{1} << 31;

bool IsUnique(const Value* value) {
  return value->opcode() == Opcode::kParameter || value->opcode() == Opcode::kEffect;
}

// Whether the program may end with a verdict other than 0 before the block's terminator.
bool MayAcceptInside(const Block* block) {
  return std::any_of(block->effects.begin(), block->effects.end(), [](const Value* effect) {
    return effect->effect() == ir::EffectKind::kDeviceIndex ||
           effect->effect() == ir::EffectKind::kDeviceType;
  });
}

bool AlwaysRejects(const Block* block) {
  const auto* end = std::get_if<ir::Return>(&block->terminator);
  return end != nullptr && end->value->IsConstant(0) && !MayAcceptInside(block);
}

// Visits every value below the roots once, operands before users or after: in no particular order. One object
// serves many walks without clearing a set for each.
class Walker {
 public:
  explicit Walker(std::size_t value_count) : last_walk_(value_count, 0) {}

  template <typename Visit>
  void Walk(const std::vector<const Value*>& roots, Visit visit) {
    ++walk_;
    pending_.clear();
    for (const Value* root : roots) Push(root);
    while (!pending_.empty()) {
      const Value* value = pending_.back();
      pending_.pop_back();
      visit(value);
      for (const Value* operand : ir::OperandsOf(value)) Push(operand);
    }
  }

 private:
  void Push(const Value* value) {
    if (value == nullptr || last_walk_[value->id()] == walk_) return;
    last_walk_[value->id()] = walk_;
    pending_.push_back(value);
  }
  std::vector<std::uint32_t> last_walk_;
  std::uint32_t walk_ = 0;
  std::vector<const Value*> pending_;
};

}  // namespace

BitTable::BitTable(std::size_t rows, std::size_t columns)
    : width_((columns + 63) / 64), words_(rows * width_, 0) {}

void BitTable::Set(std::size_t row, std::size_t column, bool to) {
  std::uint64_t& word = words_[row * width_ + column / 64];
  const std::uint64_t bit = std::uint64_t{1} << (column % 64);
  word = to ? word | bit : word & ~bit;
}

void BitTable::Unite(std::size_t row, std::size_t other) {
  for (std::size_t i = 0; i < width_; ++i) words_[row * width_ + i] |= words_[other * width_ + i];
}

Expected<Facts> Facts::Compute(const ir::Function& function, const Rules& rules) {
  Facts facts;
  facts.rules_ = rules;
  facts.order_ = ir::TopologicalOrder(function);
  facts.predecessors_ = ir::ComputePredecessors(function);
  facts.first_edge_.assign(function.block_count(), 0);
  for (const Block* block : facts.order_) {
    facts.first_edge_[block->id()] = facts.edge_count_;
    facts.edge_count_ += static_cast<std::uint32_t>(block->edge_count());
  }
  facts.MeasureValues(function);
  facts.TrackValues(function);
  const std::size_t columns = facts.tracked_.size() + 64;
  if (columns > kTableLimit / (function.block_count() + 1)) {
    return MakeError(ErrorCode::kTooLarge, "the filter has too many values that live across tests");
  }
  facts.ComputeLiveness(function);
  facts.bounds_ = std::make_unique<ir::UpperBounds>(function);
  facts.available_ = std::make_unique<ir::AvailableGuards>(function);
  facts.ComputeAnticipated(function);
  return facts;
}

void Facts::TrackValues(const ir::Function& function) {
  tracked_index_.assign(function.value_count(), kNotTracked);
  std::vector<bool> wanted(function.value_count(), false);
  std::vector<bool> used(function.value_count(), false);
  Walker walker(function.value_count());
  std::vector<const Value*> roots;
  for (const Block* block : order_) {
    const std::vector<const Value*> used_here = ir::UsedValues(*block);
    roots.insert(roots.end(), used_here.begin(), used_here.end());
    if (const auto* branch = std::get_if<ir::Branch>(&block->terminator)) {
      if (!branch->rhs->IsConstant()) wanted[branch->rhs->id()] = true;
    }
  }
  walker.Walk(roots, [&](const Value* value) {
    used[value->id()] = true;
    if (value->opcode() == Opcode::kLoad && value->base() != nullptr) wanted[value->base()->id()] = true;
    if (ir::IsBinary(value->opcode()) && !value->rhs()->IsConstant()) wanted[value->rhs()->id()] = true;
    if (HeaderLengthOffset(value, rules_)) wanted[value->id()] = true;
  });
  for (auto block = order_.rbegin(); block != order_.rend(); ++block) {  // arguments of parameters in X
    for (std::size_t i = 0; i < (*block)->edge_count(); ++i) {
      const ir::Edge& edge = (*block)->edge(i);
      for (std::size_t j = 0; j < edge.arguments.size(); ++j) {
        if (wanted[edge.target->parameters[j]->id()]) wanted[edge.arguments[j]->id()] = true;
      }
    }
  }
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const Value* value = function.value(id);
    if (!used[id] || (!IsUnique(value) && !wanted[id])) continue;
    tracked_index_[id] = static_cast<std::uint32_t>(tracked_.size());
    if (IsUnique(value)) unique_.push_back(tracked_index_[id]);
    tracked_.push_back({value, IsUnique(value), wanted[id]});
  }
}

std::optional<std::uint32_t> Facts::TrackedIndex(const Value* value) const {
  const std::uint32_t index = tracked_index_[value->id()];
  if (index == kNotTracked) return std::nullopt;
  return index;
}

void Facts::MeasureValues(const ir::Function& function) {
  constexpr std::uint32_t kMost = 1U << 30;
  heights_.assign(function.value_count(), 0);
  tree_sizes_.assign(function.value_count(), 1);
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    for (const Value* operand : ir::OperandsOf(function.value(id))) {
      if (operand == nullptr) continue;
      heights_[id] = std::max(heights_[id], heights_[operand->id()] + 1);
      tree_sizes_[id] = std::min(tree_sizes_[id] + tree_sizes_[operand->id()], kMost);
    }
  }
}

void Facts::ComputeLiveness(const ir::Function& function) {
  live_ = BitTable(function.block_count(), tracked_.size());
  Walker walker(function.value_count());
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    const Block* block = *it;
    for (std::size_t i = 0; i < block->edge_count(); ++i)
      live_.Unite(block->id(), block->edge(i).target->id());
    walker.Walk(ir::UsedValues(*block), [&](const Value* value) {
      if (const auto index = TrackedIndex(value)) live_.Set(block->id(), *index);
    });
    const auto kill = [&](const Value* value) {
      if (const auto index = TrackedIndex(value)) live_.Set(block->id(), *index, false);
    };
    for (const Value* parameter : block->parameters) kill(parameter);
    for (const Value* effect : block->effects) kill(effect);
  }
}

void Facts::ComputeAnticipated(const ir::Function& function) {
  anticipated_.assign(function.block_count(), NoGuards());
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    const Block* block = *it;
    std::optional<ir::GuardFacts>& known = anticipated_[block->id()];
    const bool leads_on = block->edge_count() > 0 && !MayAcceptInside(block);
    if (leads_on || AlwaysRejects(block)) known.reset();
    for (std::size_t i = 0; leads_on && i < block->edge_count(); ++i) {
      const std::optional<ir::GuardFacts>& next = anticipated_[block->edge(i).target->id()];
      if (!next) continue;
      if (known) {
        known->Meet(*next);
      } else {
        known = next;
      }
    }
    for (const Guard& guard : block->guards) {
      if (known) known->Add(guard);
    }
  }
}

bool Facts::MayWrap(const Guard& guard) const {
  const std::uint64_t bound = guard.value == nullptr ? 0 : bounds_->Of(guard.value);
  return rules_.target != Target::kSeccomp && bound + guard.offset + guard.width > 0x80000000U;
}

bool Facts::IsAnticipated(const Block* block, const Guard& guard) const {
  const std::optional<ir::GuardFacts>& known = anticipated_[block->id()];
  return !known || known->Implies(guard);
}

bool Facts::MayEvaluateAtStart(const Block* block, const Value* value) const {
  const std::optional<ir::GuardFacts>& later = anticipated_[block->id()];
  bool may = true;
  ir::ForEachOperand(value, [&](const Value* part) {
    may = may && (!later || later->Allows(part) || available_->AtStart(block).Allows(part));
  });
  return may;
}

bool Facts::MayEvaluateAtEnd(const Block* block, const Value* value) const {
  ir::GuardFacts performed = available_->AtStart(block);
  for (const Guard& guard : block->guards) performed.Add(guard);
  bool may = true;
  ir::ForEachOperand(value, [&](const Value* part) {
    if (!may || performed.Allows(part)) return;
    may = block->edge_count() > 0;
    for (std::size_t i = 0; i < block->edge_count(); ++i) {
      const std::optional<ir::GuardFacts>& later = anticipated_[block->edge(i).target->id()];
      may = may && (!later || later->Allows(part));
    }
  });
  return may;
}

}  // namespace bpfopt::backend
