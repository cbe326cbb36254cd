#include "backend/selection.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Opcode;
using ir::Value;

// Contexts that planning may look at for one state; beyond it the last tile, which works for all, is taken.
constexpr std::size_t kPlanLimit = 20000;

std::uint16_t AluCode(Opcode opcode) {
  switch (opcode) {
    case Opcode::kAdd:
      return bpf::kAlu | bpf::kAdd;
    case Opcode::kSub:
      return bpf::kAlu | bpf::kSub;
    case Opcode::kMul:
      return bpf::kAlu | bpf::kMul;
    case Opcode::kDiv:
      return bpf::kAlu | bpf::kDiv;
    case Opcode::kMod:
      return bpf::kAlu | bpf::kMod;
    case Opcode::kAnd:
      return bpf::kAlu | bpf::kAnd;
    case Opcode::kOr:
      return bpf::kAlu | bpf::kOr;
    case Opcode::kXor:
      return bpf::kAlu | bpf::kXor;
    case Opcode::kShl:
      return bpf::kAlu | bpf::kLsh;
    case Opcode::kShr:
      return bpf::kAlu | bpf::kRsh;
    default:
      return bpf::kAlu | bpf::kNeg;
  }
}

std::uint16_t WidthCode(unsigned width) { return width == 1 ? bpf::kB : width == 2 ? bpf::kH : bpf::kW; }

// The checker refuses constant divisors 0 and constant shifts of 32 or more: those go through X.
bool FitsImmediate(Opcode opcode, std::uint32_t k) {
  if (opcode == Opcode::kDiv || opcode == Opcode::kMod) return k != 0;
  if (opcode == Opcode::kShl || opcode == Opcode::kShr) return k < 32;
  return true;
}

std::uint32_t Saturated(std::uint32_t cost) { return std::min(cost, kImpossible); }

}  // namespace

bool IsAllowedLoad(bool indirect, std::uint32_t offset, unsigned width, const Rules& rules) {
  if (offset >= rules.cooked.header_bytes) return true;
  if (indirect) return false;
  return std::any_of(rules.cooked.allowed.begin(), rules.cooked.allowed.end(),
                     [&](const auto& load) { return load.width == width && load.offset == offset; });
}

std::optional<std::uint32_t> HeaderLengthOffset(const Value* value, const Rules& rules) {
  const bool shifted = value->opcode() == Opcode::kShl && value->rhs()->IsConstant(2);
  const bool multiplied = value->opcode() == Opcode::kMul && value->rhs()->IsConstant(4);
  if (!shifted && !multiplied) return std::nullopt;
  const Value* masked = value->lhs();
  if (masked->opcode() != Opcode::kAnd || !masked->rhs()->IsConstant(0xf)) return std::nullopt;
  const Value* load = masked->lhs();
  if (load->opcode() != Opcode::kLoad || load->base() != nullptr || load->width() != 1) return std::nullopt;
  if (rules.target == Target::kSeccomp || load->offset() >= bpf::kLinkLayerOffset) return std::nullopt;
  if (load->offset() < rules.cooked.header_bytes) return std::nullopt;
  return load->offset();
}

std::size_t Selector::KeyHash::operator()(const Key& key) const {
  const auto word = [](const Value* value) { return value == nullptr ? 0 : std::size_t{value->id()} + 1; };
  std::size_t hash = word(key.value) * 2 + (key.keep_x ? 1 : 0);
  hash = hash * 0x9e3779b97f4a7c15 + word(key.a);
  return (hash ^ (hash >> 31)) * 0x9e3779b97f4a7c15 + word(key.x);
}

std::optional<Selector::Step> Selector::OneInstructionToA(const Value* value) const {
  const auto step = [value](std::uint16_t code, std::uint32_t k) {
    return Step{Step::Kind::kToA, value, code, k};
  };
  if (const auto slot = state_.SlotOf(value)) return step(bpf::kLd | bpf::kMem, *slot);
  switch (value->opcode()) {
    case Opcode::kConstant:
      return step(bpf::kLd | bpf::kImm, value->constant());
    case Opcode::kWireLength:
      return step(bpf::kLd | bpf::kLen, 0);
    case Opcode::kAncillary:
      return step(bpf::kLd | bpf::kAbs, bpf::kAncillaryOffset + value->offset());
    case Opcode::kLoad:
      if (value->base() != nullptr) return std::nullopt;
      return step(bpf::kLd | bpf::kAbs | WidthCode(value->width()), value->offset());
    default:
      return std::nullopt;
  }
}

std::optional<Selector::Step> Selector::OneInstructionToX(const Value* value) const {
  const auto step = [value](std::uint16_t code, std::uint32_t k) {
    return Step{Step::Kind::kToX, value, code, k};
  };
  if (const auto slot = state_.SlotOf(value)) return step(bpf::kLdx | bpf::kMem, *slot);
  if (value->IsConstant()) return step(bpf::kLdx | bpf::kImm, value->constant());
  if (value->opcode() == Opcode::kWireLength) return step(bpf::kLdx | bpf::kLen, 0);
  if (const auto k = HeaderLengthOffset(value, rules_)) return step(bpf::kLdx | bpf::kMsh | bpf::kB, *k);
  return std::nullopt;
}

bool Selector::IsDirect(const Value* value) const { return OneInstructionToX(value).has_value(); }

bool Selector::CanLoadXDirectly(const Value* value) const {
  return state_.x == value || state_.a == value || IsDirect(value);
}

// A := in_a and X := in_x, then `last` when there is one.
template <typename Visit>
void Selector::ForEachPlacement(const Value* in_a, const Value* in_x, const Step* last, Visit visit) const {
  using Kind = Step::Kind;
  const auto finish = [&](Tile tile) {
    if (last != nullptr) tile.Add(*last);
    visit(tile);
  };
  if (in_a == in_x) {
    finish(Tile{}.Add({Kind::kEvaluateA, in_a}).Add({Kind::kToX, in_a, bpf::kMisc | bpf::kTax, 0}));
    return;
  }
  finish(Tile{}.Add({Kind::kEvaluateAKeep, in_a}).Add({Kind::kLoadX, in_x}));
  finish(Tile{}.Add({Kind::kEvaluateX, in_x}).Add({Kind::kEvaluateAKeep, in_a}));
  if (IsDirect(in_x)) finish(Tile{}.Add({Kind::kEvaluateA, in_a}).Add({Kind::kLoadX, in_x}));
  finish(Tile{}
             .Add({Kind::kEvaluateA, in_x})
             .Add({Kind::kSpillA, in_x})
             .Add({Kind::kEvaluateA, in_a})
             .Add({Kind::kReloadX, in_x}));
  finish(Tile{}
             .Add({Kind::kEvaluateA, in_a})
             .Add({Kind::kSpillA, in_a})
             .Add({Kind::kEvaluateX, in_x})
             .Add({Kind::kReloadA, in_a}));
}

template <typename Visit>
void Selector::ForEachTile(const Value* value, const Context& context, bool keep_x, Visit visit) const {
  using Kind = Step::Kind;
  if (const auto one = OneInstructionToA(value)) {
    visit(Tile{}.Add(*one));
    return;
  }
  const Opcode opcode = value->opcode();
  if (opcode == Opcode::kParameter || opcode == Opcode::kEffect) return;
  const Value* lhs = value->lhs();
  const Value* rhs = value->rhs();
  const auto then = [value](std::uint16_t code, std::uint32_t k = 0) {
    return Step{Kind::kToA, value, code, k};
  };
  if (opcode == Opcode::kLoad) {
    const std::uint16_t code = bpf::kLd | bpf::kInd | WidthCode(value->width());
    visit(Tile{}.Add({Kind::kEvaluateX, lhs}).Add(then(code, value->offset())));
  } else if (opcode == Opcode::kNeg) {
    visit(Tile{}.Add({Kind::kEvaluateA, lhs}).Add(then(AluCode(opcode))));
  } else if (rhs->IsConstant() && FitsImmediate(opcode, rhs->constant())) {
    visit(Tile{}.Add({Kind::kEvaluateA, lhs}).Add(then(AluCode(opcode), rhs->constant())));
    if (const auto k = HeaderLengthOffset(value, rules_)) {
      visit(Tile{}.Add({Kind::kEvaluateX, value}).Add(then(bpf::kMisc | bpf::kTxa)));
    }
  } else {
    if (opcode == Opcode::kSub && lhs->IsConstant()) {
      Tile negated = Tile{}.Add({Kind::kEvaluateA, rhs});
      const bool is_sum = !lhs->IsConstant(0);
      negated.Add({Kind::kToA, is_sum ? nullptr : value, AluCode(Opcode::kNeg), 0});
      if (is_sum) negated.Add(then(AluCode(Opcode::kAdd), lhs->constant()));
      visit(negated);
    }
    const Step last = then(AluCode(opcode) | bpf::kX);
    ForEachPlacement(lhs, rhs, &last, visit);
    if (ir::IsCommutative(opcode) && lhs != rhs) ForEachPlacement(rhs, lhs, &last, visit);
  }
  if (keep_x) ForEachRestoringTile(value, context, visit);
}

// Lets X go meanwhile and brings it back.
template <typename Visit>
void Selector::ForEachRestoringTile(const Value* value, const Context& context, Visit visit) const {
  using Kind = Step::Kind;
  const auto released = [&](Tile tile) {
    tile.keeps_x = true;
    visit(tile);
  };
  if (context.x != nullptr && IsDirect(context.x)) {
    released(Tile{}.Add({Kind::kEvaluateA, value}).Add({Kind::kLoadX, context.x}));
  } else {
    released(Tile{}
                 .Add({Kind::kSpillX, context.x})
                 .Add({Kind::kEvaluateA, value})
                 .Add({Kind::kReloadX, context.x}));
  }
}

std::uint32_t Selector::PlanX(const Value* value, Context& context) {
  if (context.x == value) return 0;
  if (context.a == value || IsDirect(value)) {
    context.x = value;
    return 1;
  }
  const Plan plan = PlanA(value, context, false);
  context = {value, value};
  return Saturated(plan.cost + 1);
}

std::uint32_t Selector::PlanStep(const Step& step, Context& context, bool keep_x) {
  using Kind = Step::Kind;
  switch (step.kind) {
    case Kind::kEvaluateA:
    case Kind::kEvaluateAKeep: {
      const Plan plan = PlanA(step.value, context, keep_x || step.kind == Kind::kEvaluateAKeep);
      context = {step.value, plan.x};
      return plan.cost;
    }
    case Kind::kEvaluateX:
      if (keep_x && context.x != step.value) return kImpossible;
      return PlanX(step.value, context);
    case Kind::kLoadX:
      if (context.x == step.value) return 0;
      if (keep_x || (context.a != step.value && !IsDirect(step.value))) return kImpossible;
      context.x = step.value;
      return 1;
    case Kind::kToX:
    case Kind::kReloadX:
      if (keep_x) return kImpossible;
      context.x = step.value;
      return 1;
    case Kind::kToA:
    case Kind::kReloadA:
      context.a = step.value;
      return 1;
    case Kind::kSpillA:
    case Kind::kSpillX:
      return 1;
  }
  return kImpossible;
}

Selector::Plan Selector::PlanTile(const Tile& tile, Context context, bool keep_x, std::uint32_t bound) {
  const bool keep_in_steps = keep_x && !tile.keeps_x;
  std::uint32_t cost = 0;
  for (unsigned i = 0; i < tile.count && cost <= bound; ++i) {
    cost = Saturated(cost + PlanStep(tile.steps[i], context, keep_in_steps));
  }
  return {cost, context.x};
}

Selector::Plan Selector::PlanA(const Value* value, Context context, bool keep_x) {
  if (context.a == value) return {0, context.x};
  if (context.x == value || OneInstructionToA(value)) return {1, context.x};
  // What is no part of `value` must not tell contexts apart: operands have smaller ids than their users.
  const Value* const kept = context.x;
  if (context.a != nullptr && context.a->id() > value->id()) context.a = nullptr;
  if (keep_x && context.x != nullptr && context.x->id() > value->id()) context.x = nullptr;
  const Key key{value, context.a, context.x, keep_x};
  const auto known = plans_.find(key);
  Plan best = known != plans_.end() ? known->second : PlanTiles(value, context, keep_x);
  if (known == plans_.end()) {
    plans_.emplace(key, best);
    ++work_;
  }
  if (keep_x) best.x = kept;
  return best;
}

Selector::Plan Selector::PlanTiles(const Value* value, const Context& context, bool keep_x) {
  Plan best;
  if (plans_.size() < kPlanLimit) {
    ForEachTile(value, context, keep_x, [&](const Tile& tile) {
      const Plan plan = PlanTile(tile, context, keep_x, best.cost);
      const bool keeps_more = plan.x == context.x && best.x != context.x;
      if (plan.cost < best.cost || (plan.cost == best.cost && keeps_more)) best = plan;
    });
    return best;
  }
  Tile last;
  ForEachTile(value, context, keep_x, [&](const Tile& tile) { last = tile; });
  return last.count == 0 ? best : PlanTile(last, context, keep_x, kImpossible - 1);
}

Selector::Tile Selector::BestTile(const Value* value, bool keep_x) {
  const Context context{state_.a, state_.x};
  Plan best;
  Tile chosen;
  ForEachTile(value, context, keep_x, [&](const Tile& tile) {
    const Plan plan = PlanTile(tile, context, keep_x, best.cost);
    const bool keeps_more = plan.x == context.x && best.x != context.x;
    if (chosen.count == 0 || plan.cost < best.cost || (plan.cost == best.cost && keeps_more)) {
      best = plan;
      chosen = tile;
    }
  });
  return chosen;
}

std::uint32_t Selector::CostOfA(const Value* value, bool keep_x) {
  return PlanA(value, {state_.a, state_.x}, keep_x).cost;
}

std::uint32_t Selector::CostOfX(const Value* value) {
  Context context{state_.a, state_.x};
  return PlanX(value, context);
}

std::optional<Selector::Tile> Selector::BestPlacement(const Value* in_a, const Value* in_x,
                                                      std::uint32_t& cost) {
  const Context context{state_.a, state_.x};
  std::optional<Tile> chosen;
  cost = kImpossible;
  ForEachPlacement(in_a, in_x, nullptr, [&](const Tile& tile) {
    const Plan plan = PlanTile(tile, context, false, cost);
    if (plan.cost >= cost) return;
    cost = plan.cost;
    chosen = tile;
  });
  return chosen;
}

std::uint32_t Selector::CostOfBoth(const Value* in_a, const Value* in_x) {
  std::uint32_t cost = kImpossible;
  BestPlacement(in_a, in_x, cost);
  return cost;
}

bool Selector::EvaluateA(const Value* value, bool keep_x) {
  if (CostOfA(value, keep_x) >= kImpossible) return false;
  EmitA(value, keep_x);
  return true;
}

bool Selector::EvaluateX(const Value* value) {
  if (CostOfX(value) >= kImpossible) return false;
  EmitX(value);
  return true;
}

bool Selector::EvaluateBoth(const Value* in_a, const Value* in_x) {
  std::uint32_t cost = kImpossible;
  const auto tile = BestPlacement(in_a, in_x, cost);
  if (!tile) return false;
  EmitTile(*tile, false);
  return true;
}

void Selector::LoadXDirectly(const Value* value) { EmitX(value); }

void Selector::Store(std::uint32_t slot, const Value* value) {
  code_.push_back({state_.a == value ? bpf::kSt : bpf::kStx, slot, std::nullopt});
  state_.SetSlot(slot, value);
  plans_.clear();
}

void Selector::EmitToA(MachineInstruction instruction, const Value* in_a) {
  code_.push_back(instruction);
  state_.a = in_a;
}

void Selector::EmitHeaderLengthLoad(std::uint32_t k) {
  EmitOne({Step::Kind::kToX, nullptr, bpf::kLdx | bpf::kMsh | bpf::kB, k});
}

void Selector::EmitA(const Value* value, bool keep_x) {
  if (state_.a == value) return;
  if (state_.x == value) {
    EmitOne({Step::Kind::kToA, value, bpf::kMisc | bpf::kTxa, 0});
  } else {
    EmitTile(BestTile(value, keep_x), keep_x);
  }
}

void Selector::EmitX(const Value* value) {
  if (state_.x == value) return;
  if (state_.a != value) {
    if (const auto one = OneInstructionToX(value)) {
      EmitOne(*one);
      return;
    }
    EmitA(value, false);
  }
  EmitOne({Step::Kind::kToX, value, bpf::kMisc | bpf::kTax, 0});
}

void Selector::EmitTile(const Tile& tile, bool keep_x) {
  using Kind = Step::Kind;
  const bool keep_in_steps = keep_x && !tile.keeps_x;
  std::uint32_t spilled = 0;
  for (unsigned i = 0; i < tile.count; ++i) {
    const Step& step = tile.steps[i];
    switch (step.kind) {
      case Kind::kEvaluateA:
        EmitA(step.value, keep_in_steps);
        break;
      case Kind::kEvaluateAKeep:
        EmitA(step.value, true);
        break;
      case Kind::kEvaluateX:
      case Kind::kLoadX:
        EmitX(step.value);
        break;
      case Kind::kToA:
      case Kind::kToX:
        EmitOne(step);
        break;
      case Kind::kSpillA:
      case Kind::kSpillX: {
        spilled = next_slot_++;
        const bool from_a = step.kind == Kind::kSpillA;
        code_.push_back({from_a ? bpf::kSt : bpf::kStx, spilled, std::nullopt});
        break;
      }
      case Kind::kReloadA:
        EmitOne({Kind::kToA, step.value, bpf::kLd | bpf::kMem, spilled});
        break;
      case Kind::kReloadX:
        EmitOne({Kind::kToX, step.value, bpf::kLdx | bpf::kMem, spilled});
        break;
    }
  }
}

void Selector::EmitOne(const Step& step) {
  NoteLoad(step);
  code_.push_back({step.code, step.k, std::nullopt});
  (step.kind == Step::Kind::kToA ? state_.a : state_.x) = step.value;
}

// A packet load, and a division by X, performs the guard that covers it.
void Selector::NoteLoad(const Step& step) {
  const std::uint16_t kind = bpf::Class(step.code);
  const std::uint16_t mode = bpf::Mode(step.code);
  if (kind == bpf::kAlu) {
    const std::uint16_t operation = bpf::Operation(step.code);
    const bool divides = operation == bpf::kDiv || operation == bpf::kMod;
    if (divides && bpf::UsesX(step.code) && state_.x != nullptr) {
      state_.performed.Add(ir::Guard::NonZero(state_.x));
    }
  }
  if (kind == bpf::kLd && mode == bpf::kAbs && step.k < bpf::kAncillaryOffset) {
    state_.performed.Add(ir::Guard::Bounds(nullptr, step.k, bpf::LoadWidth(step.code)));
  } else if (kind == bpf::kLd && mode == bpf::kInd && state_.x != nullptr) {
    state_.performed.Add(ir::Guard::Bounds(state_.x, step.k, bpf::LoadWidth(step.code)));
  } else if (kind == bpf::kLdx && mode == bpf::kMsh) {
    state_.performed.Add(ir::Guard::Bounds(nullptr, step.k, 1));
  }
}

}  // namespace bpfopt::backend
