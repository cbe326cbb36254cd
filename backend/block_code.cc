#include "backend/block_code.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <bit>
#include <unordered_set>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Compare;
using ir::Guard;
using ir::Opcode;
using ir::Value;

constexpr std::size_t kMaxVariants = 12;
// Values made of more parts than this are evaluated one way only.
constexpr std::size_t kMaxPartsForVariants = 150;

std::uint16_t JumpCode(Compare compare) {
  switch (compare) {
    case Compare::kEqual:
      return bpf::kJmp | bpf::kJeq;
    case Compare::kGreater:
      return bpf::kJmp | bpf::kJgt;
    case Compare::kGreaterEqual:
      return bpf::kJmp | bpf::kJge;
    case Compare::kAnySet:
      return bpf::kJmp | bpf::kJset;
  }
  return bpf::kJmp;
}

// lhs > rhs is not (rhs >= lhs), and so on: what compares the same with the sides exchanged, and whether its
// outcome is the opposite.
std::pair<Compare, bool> Exchanged(Compare compare) {
  if (compare == Compare::kGreater) return {Compare::kGreaterEqual, true};
  if (compare == Compare::kGreaterEqual) return {Compare::kGreater, true};
  return {compare, false};
}

std::uint32_t AncillaryOffset(ir::EffectKind kind) {
  switch (kind) {
    case ir::EffectKind::kDraw:
      return bpf::kAncillaryRandom;
    case ir::EffectKind::kNlattr:
      return bpf::kAncillaryNlattr;
    case ir::EffectKind::kNlattrNest:
      return bpf::kAncillaryNlattrNest;
    case ir::EffectKind::kDeviceIndex:
      return bpf::kAncillaryInterfaceIndex;
    case ir::EffectKind::kDeviceType:
      return bpf::kAncillaryHardwareType;
  }
  return 0;
}

// A value of more nodes than this, one that is used twice counted twice, keeps its shared parts in scratch
// words.
constexpr std::uint32_t kLargestTree = 400;
// A part of fewer nodes is computed again: keeping it takes a store, and loads.
constexpr std::uint32_t kSmallestSharedTree = 4;

bool EndsWithDevice(const Value* effect) {
  return effect->effect() == ir::EffectKind::kDeviceIndex || effect->effect() == ir::EffectKind::kDeviceType;
}

std::uint16_t WidthCode(unsigned width) { return width == 1 ? bpf::kB : width == 2 ? bpf::kH : bpf::kW; }

void AddDistinct(std::vector<const Value*>& values, const Value* value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

}  // namespace

std::vector<Move> BlockCoder::MovesOf(const ir::Edge& edge) const {
  std::vector<Move> moves;
  for (std::size_t i = 0; i < edge.arguments.size(); ++i) {
    const auto index = facts_.TrackedIndex(edge.target->parameters[i]);
    if (index) moves.push_back({decisions_.place[*index], *index, edge.arguments[i]});
  }
  for (const Requirement& required : decisions_.required) {
    if (required.block == edge.target) moves.push_back({required.place, 0, required.value, true});
  }
  return moves;
}

// The test itself, with its sides exchanged, and (v & m) != 0 as jset.
std::vector<BlockCoder::Test> BlockCoder::TestsOf(const ir::Branch& branch) {
  std::vector<Test> tests;
  const auto add = [&tests](Compare compare, const Value* a, const Value* b, bool swapped) {
    if (b->IsConstant()) {
      tests.push_back({JumpCode(compare), a, nullptr, b->constant(), swapped});
      return;
    }
    tests.push_back({static_cast<std::uint16_t>(JumpCode(compare) | bpf::kX), a, b, 0, swapped});
  };
  const auto add_both = [&add](Compare compare, const Value* a, const Value* b, bool swapped) {
    const auto [exchanged, opposite] = Exchanged(compare);
    if (!a->IsConstant() || b->IsConstant()) add(compare, a, b, swapped);
    if (!b->IsConstant()) add(exchanged, b, a, swapped != opposite);
  };
  const Value* lhs = branch.lhs;
  const Value* rhs = branch.rhs;
  const bool is_masked = lhs->opcode() == Opcode::kAnd && rhs->IsConstant();
  if (is_masked && branch.compare == Compare::kEqual) {
    const Value* mask = lhs->rhs();
    if (rhs->IsConstant(0)) add_both(Compare::kAnySet, lhs->lhs(), mask, true);
    const bool is_bit = mask->IsConstant() && std::has_single_bit(mask->constant());
    if (is_bit && rhs->IsConstant(mask->constant())) add(Compare::kAnySet, lhs->lhs(), mask, false);
  }
  if (is_masked && branch.compare == Compare::kGreater && rhs->IsConstant(0)) {
    add_both(Compare::kAnySet, lhs->lhs(), lhs->rhs(), false);
  }
  add_both(branch.compare, lhs, rhs, false);
  return tests;
}

bool BlockCoder::EmitTest(const ir::Branch& branch, const Variant& variant, Selector& selector,
                          BlockCode& code) {
  const std::vector<Test> tests = TestsOf(branch);
  const Test* best = nullptr;
  std::uint32_t best_cost = kImpossible;
  for (const Test& test : tests) {
    std::uint32_t cost = kImpossible;
    if (test.x == nullptr || (variant.keep_x && test.x == selector.state().x)) {
      cost = selector.CostOfA(test.a, variant.keep_x);
    } else if (!variant.keep_x) {
      cost = selector.CostOfBoth(test.a, test.x);
    }
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = &test;
  }
  if (best == nullptr) return false;
  if (best->x == nullptr || variant.keep_x) {
    selector.EvaluateA(best->a, variant.keep_x);
  } else {
    selector.EvaluateBoth(best->a, best->x);
  }
  code.end.kind = MachineEnd::Kind::kBranch;
  code.end.code = best->code;
  code.end.k = best->k;
  code.is_swapped = best->is_swapped;
  return true;
}

// A load that ends at byte `end`, through A or through X.
bool BlockCoder::EmitReach(std::uint32_t end, GuardLoad way, Selector& selector) {
  if (way == GuardLoad::kThroughX && end > rules_.cooked.header_bytes && rules_.target != Target::kSeccomp) {
    selector.EmitHeaderLengthLoad(end - 1);
    return true;
  }
  for (const unsigned width : {1U, 2U, 4U}) {
    if (width > end || !IsAllowedLoad(false, end - width, width, rules_)) continue;
    selector.EmitToA(
        {static_cast<std::uint16_t>(bpf::kLd | bpf::kAbs | WidthCode(width)), end - width, std::nullopt},
        nullptr);
    return true;
  }
  return false;
}

// Loads for a guard on a base, or at an offset that Linux takes for something else than a place in the
// packet. The last byte is enough unless X + k may wrap before it.
void BlockCoder::EmitEveryByte(const Guard& guard, Selector& selector) const {
  const bool may_wrap = facts_.MayWrap(guard);
  const std::uint16_t mode = guard.value != nullptr ? bpf::kInd : bpf::kAbs;
  std::uint32_t offset = may_wrap ? guard.offset : guard.offset + guard.width - 1;
  unsigned left = may_wrap ? guard.width : 1;
  while (left > 0) {
    const unsigned width = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    selector.EmitToA({static_cast<std::uint16_t>(bpf::kLd | mode | WidthCode(width)), offset, std::nullopt},
                     nullptr);
    offset += width;
    left -= width;
  }
}

bool BlockCoder::EmitGuard(const Guard& guard, GuardLoad way, Selector& selector) {
  if (selector.state().performed.Implies(guard)) return true;
  const bool is_nonzero = guard.kind == Guard::Kind::kNonZero;
  if (guard.value != nullptr && !selector.EvaluateX(guard.value)) return false;
  if (is_nonzero) {
    selector.EmitToA({bpf::kAlu | bpf::kDiv | bpf::kX, 0, std::nullopt}, nullptr);
  } else if (guard.value == nullptr && !facts_.MayWrap(guard)) {
    if (!EmitReach(guard.offset + guard.width, way, selector)) return false;
  } else {
    EmitEveryByte(guard, selector);
  }
  selector.mutable_state().performed.Add(guard);
  return true;
}

bool BlockCoder::EmitEffect(const Value* effect, Selector& selector) {
  if (effect->lhs() != nullptr && effect->rhs() != nullptr) {
    if (!selector.EvaluateBoth(effect->lhs(), effect->rhs())) return false;
  } else if (effect->lhs() != nullptr) {
    if (!selector.EvaluateA(effect->lhs())) return false;
  } else if (effect->rhs() != nullptr) {
    if (!selector.EvaluateX(effect->rhs())) return false;
  }
  const auto index = facts_.TrackedIndex(effect);
  MachineInstruction load{bpf::kLd | bpf::kAbs, bpf::kAncillaryOffset + AncillaryOffset(effect->effect()),
                          std::nullopt};
  if (effect->effect() == ir::EffectKind::kDraw) {
    if (!index) return true;  // nobody looks at it
    load.draw = effect->identity();
  } else if (!index && !EndsWithDevice(effect)) {
    return true;
  }
  selector.EmitToA(load, effect);
  if (index && decisions_.has_home[*index]) selector.Store(*index, effect);
  return true;
}

// Parts of a value that are to be in scratch words before the whole is evaluated: where it is too high to be
// evaluated at one go, and where it uses parts so often that computing them anew each time would not end.
void BlockCoder::AddParts(const Value* whole, std::vector<const Value*>& parts) const {
  const bool is_high = facts_.HeightOf(whole) > kMaxHeight;
  const bool is_large = facts_.TreeSizeOf(whole) > kLargestTree;
  if (!is_high && !is_large) return;
  std::unordered_set<const Value*> used;
  ir::ForEachOperand(whole, [&](const Value* part) {
    const unsigned height = facts_.HeightOf(part);
    if (is_high && height > 0 && height % kMaxHeight == 0) parts.push_back(part);
    for (const Value* operand : ir::OperandsOf(part)) {
      if (!is_large || operand == nullptr || used.insert(operand).second) continue;
      if (facts_.TreeSizeOf(operand) >= kSmallestSharedTree) parts.push_back(operand);
    }
  });
}

// Lowest first.
bool BlockCoder::EmitParts(const Block& block, Selector& selector) {
  std::vector<const Value*> parts;
  for (const Value* used : ir::UsedValues(block)) AddParts(used, parts);
  std::sort(parts.begin(), parts.end(), [](const Value* a, const Value* b) { return a->id() < b->id(); });
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  for (const Value* part : parts) {
    if (selector.state().SlotOf(part)) continue;
    if (!selector.EvaluateA(part)) return false;
    selector.Store(next_slot_++, part);
  }
  return true;
}

bool BlockCoder::EmitStart(const Block& block, const Variant& variant, Selector& selector) {
  for (const Value* parameter : block.parameters) {
    const auto index = facts_.TrackedIndex(parameter);
    if (index && decisions_.has_home[*index] && decisions_.place[*index] != Place::kScratch) {
      selector.Store(*index, parameter);
    }
  }
  for (const Guard& guard : variant.guards) {
    if (!EmitGuard(guard, variant.guard_load, selector)) return false;
  }
  for (const Value* effect : block.effects) {
    if (!EmitEffect(effect, selector)) return false;
  }
  if (!EmitParts(block, selector)) return false;
  if (variant.first_in_scratch != nullptr) {
    if (!selector.EvaluateA(variant.first_in_scratch)) return false;
    selector.Store(next_slot_++, variant.first_in_scratch);
  }
  return variant.first_in_x == nullptr || selector.EvaluateX(variant.first_in_x);
}

// Whether the value that A or X holds is live at `target`, cannot be computed again and is nowhere else.
bool BlockCoder::IsOnlyIn(const Value* reg, const Block* target, const State& state) const {
  if (reg == nullptr || state.SlotOf(reg)) return false;
  const auto index = facts_.TrackedIndex(reg);
  return index && facts_.tracked()[*index].is_unique && facts_.IsLiveIn(target, *index);
}

bool BlockCoder::TryMoves(const std::vector<Move>& moves, const Block* target, bool spills_first,
                          Selector& selector) {
  const auto spill = [&](const Value* reg) {
    if (reg == nullptr || selector.state().SlotOf(reg)) return;
    const auto index = facts_.TrackedIndex(reg);
    if (index && facts_.tracked()[*index].is_unique) selector.Store(next_slot_++, reg);
  };
  if (spills_first) {
    spill(selector.state().a);
    spill(selector.state().x);
  }
  const Value* in_a = nullptr;
  const Value* in_x = nullptr;
  std::vector<const Move*> stores;
  for (const Move& move : moves) {
    if (move.place == Place::kA) in_a = move.value;
    if (move.place == Place::kX) in_x = move.value;
    if (move.place == Place::kScratch) stores.push_back(&move);
  }
  const auto is_at_hand = [&](const Move* move) {
    return selector.state().a == move->value || selector.state().x == move->value;
  };
  std::stable_partition(stores.begin(), stores.end(), is_at_hand);
  for (const Move* store : stores) {
    const std::vector<ScratchWord>& words = selector.state().scratch;
    if (std::find(words.begin(), words.end(), ScratchWord{store->slot, store->value}) != words.end())
      continue;
    if (!is_at_hand(store)) {
      if (selector.CanLoadXDirectly(store->value)) {
        selector.LoadXDirectly(store->value);
      } else if (!selector.EvaluateA(store->value)) {
        return false;
      }
    }
    selector.Store(store->slot, store->value);
  }
  if (in_a != nullptr && in_x != nullptr) return selector.EvaluateBoth(in_a, in_x);
  if (in_a != nullptr) {
    return selector.EvaluateA(in_a, IsOnlyIn(selector.state().x, target, selector.state()));
  }
  if (in_x == nullptr) return true;
  if (IsOnlyIn(selector.state().a, target, selector.state())) {
    return selector.EvaluateBoth(selector.state().a, in_x);
  }
  return selector.EvaluateX(in_x);
}

bool BlockCoder::HoldsLive(const Block* target, const State& state) const {
  return std::all_of(facts_.unique().begin(), facts_.unique().end(), [&](std::uint32_t index) {
    return !facts_.IsLiveIn(target, index) || state.Holds(facts_.tracked()[index].value);
  });
}

bool BlockCoder::EmitMoves(const ir::Edge& edge, const std::vector<Move>& moves, const State& state,
                           EdgeCode& result) {
  for (const bool spills_first : {false, true}) {
    Selector selector(rules_, state, next_slot_, work_);
    if (!TryMoves(moves, edge.target, spills_first, selector)) continue;
    if (!HoldsLive(edge.target, selector.state())) continue;
    result.state = selector.state();
    result.code = selector.TakeCode();
    return true;
  }
  return false;
}

// Whether X may be overwritten before the test as far as the other edge is concerned.
bool BlockCoder::MayReplaceX(const Block* other_target, const std::vector<Move>& other_moves,
                             const State& state) const {
  if (state.x == nullptr) return true;
  for (const Move& move : other_moves) {
    if (move.value == state.x) return false;
  }
  const auto index = facts_.TrackedIndex(state.x);
  return !index || state.SlotOf(state.x) || !facts_.IsLiveIn(other_target, *index);
}

// Moves that only touch X or scratch words can come before the test: no jump is needed for them then.
void BlockCoder::HoistMoves(const Block& block, const std::array<std::vector<Move>, 2>& moves,
                            bool test_uses_x, Selector& selector) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (decisions_.late_moves[facts_.EdgeId(&block, i)]) continue;
    const Block* other = block.edge(1 - i).target;
    for (const Move& move : moves[i]) {
      const State& state = selector.state();
      if (move.place == Place::kA || (move.place == Place::kX && state.x == move.value)) continue;
      if (move.is_required && !facts_.MayEvaluateAtEnd(&block, move.value)) continue;
      const bool may_load_x =
          !test_uses_x && selector.CanLoadXDirectly(move.value) && MayReplaceX(other, moves[1 - i], state);
      const bool is_at_hand = state.a == move.value || state.x == move.value;
      if (move.place == Place::kX && may_load_x) selector.LoadXDirectly(move.value);
      if (move.place == Place::kScratch && (is_at_hand || may_load_x)) {
        if (!is_at_hand) selector.LoadXDirectly(move.value);
        selector.Store(move.slot, move.value);
      }
    }
  }
}

std::vector<Guard> BlockCoder::MissingGuards(const Block& block, const State& end,
                                             const BlockCode& code) const {
  std::vector<Guard> missing;
  const auto* returned = std::get_if<ir::Return>(&block.terminator);
  if (returned != nullptr && returned->value->IsConstant(0)) return missing;
  for (const Guard& guard : block.guards) {
    if (NeedsLengthAlone(guard) && rules_.relation == Relation::kFaithful) continue;
    if (end.performed.Implies(guard)) continue;
    bool is_later = block.edge_count() > 0;
    for (std::size_t i = 0; i < block.edge_count(); ++i) {
      is_later = is_later && (code.edges[i].state->performed.Implies(guard) ||
                              facts_.IsAnticipated(block.edge(i).target, guard));
    }
    if (!is_later) missing.push_back(guard);
  }
  return missing;
}

void BlockCoder::Score(const Block& block, BlockCode& code) const {
  std::size_t halves = 2 * code.code.size();
  for (std::size_t i = 0; i < block.edge_count(); ++i) {
    const EdgeCode& edge = code.edges[i];
    halves += 2 * edge.code.size() + (edge.code.empty() ? 0 : 1);
    if (edge.state->x == nullptr) continue;
    const auto index = facts_.TrackedIndex(edge.state->x);
    if (index && facts_.IsLiveIn(block.edge(i).target, *index)) ++code.kept;
  }
  code.score = static_cast<std::uint32_t>(halves);
}

std::optional<BlockCode> BlockCoder::Try(const Block& block, const State& entry, const Variant& variant,
                                         std::vector<Guard>& missing) {
  Selector selector(rules_, entry, next_slot_, work_);
  if (!EmitStart(block, variant, selector)) return std::nullopt;
  BlockCode code;
  if (const auto* returned = std::get_if<ir::Return>(&block.terminator)) {
    if (returned->value->IsConstant()) {
      code.end.k = returned->value->constant();
    } else {
      code.end.kind = MachineEnd::Kind::kReturnA;
      if (!selector.EvaluateA(returned->value)) return std::nullopt;
    }
  } else if (const auto* jump = std::get_if<ir::Jump>(&block.terminator)) {
    code.end.kind = MachineEnd::Kind::kJump;
    if (!EmitMoves(jump->edge, MovesOf(jump->edge), selector.state(), code.edges[0])) return std::nullopt;
  } else {
    const auto& branch = std::get<ir::Branch>(block.terminator);
    if (!EmitTest(branch, variant, selector, code)) return std::nullopt;
    const std::array<std::vector<Move>, 2> moves = {MovesOf(branch.then_edge), MovesOf(branch.else_edge)};
    if (variant.hoists_moves) HoistMoves(block, moves, bpf::UsesX(code.end.code), selector);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!EmitMoves(block.edge(i), moves[i], selector.state(), code.edges[i])) return std::nullopt;
    }
  }
  missing = MissingGuards(block, selector.state(), code);
  code.code = selector.TakeCode();
  if (code.end.kind == MachineEnd::Kind::kJump) {
    code.code.insert(code.code.end(), code.edges[0].code.begin(), code.edges[0].code.end());
    code.edges[0].code.clear();
  }
  Score(block, code);
  return code;
}

// Tries one variant; when guards are left that no load of it performs, with loads for them.
void BlockCoder::Consider(const Block& block, const State& entry, Variant variant,
                          std::optional<BlockCode>& best) {
  const auto keep_if_better = [&best](std::optional<BlockCode> code) {
    if (!code) return;
    const bool is_better =
        !best || code->score < best->score || (code->score == best->score && code->kept > best->kept);
    if (is_better) best = std::move(code);
  };
  std::vector<Guard> missing;
  std::optional<BlockCode> code = Try(block, entry, variant, missing);
  if (!code) return;
  if (missing.empty()) {
    keep_if_better(std::move(code));
    return;
  }
  variant.guards.insert(variant.guards.end(), missing.begin(), missing.end());
  for (const GuardLoad way : {GuardLoad::kThroughA, GuardLoad::kThroughX}) {
    variant.guard_load = way;
    std::vector<Guard> still_missing;
    code = Try(block, entry, variant, still_missing);
    if (code && still_missing.empty()) keep_if_better(std::move(code));
  }
}

std::vector<BlockCoder::Variant> BlockCoder::VariantsOf(const Block& block) const {
  std::vector<const Value*> for_x;
  std::vector<const Value*> for_scratch;
  std::vector<const Value*> seen_once;
  std::size_t part_count = 0;
  const auto look = [&](const Value* root) {
    ir::ForEachOperand(root, [&](const Value* part) {
      if (++part_count > kMaxPartsForVariants) return;
      if (part->opcode() == Opcode::kLoad && part->base() != nullptr) AddDistinct(for_x, part->base());
      if (!ir::IsBinary(part->opcode()) || part->rhs()->IsConstant()) return;
      for (const Value* operand : {part->lhs(), part->rhs()}) {
        AddDistinct(for_x, operand);
        const bool is_costly = facts_.HeightOf(operand) > 0;
        const bool is_shared = std::find(seen_once.begin(), seen_once.end(), operand) != seen_once.end();
        if (is_costly && is_shared) AddDistinct(for_scratch, operand);
        if (!is_shared) seen_once.push_back(operand);
      }
    });
  };
  bool has_moves = false;
  if (const auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
    if (facts_.HeightOf(branch->lhs) > 0) look(branch->lhs);
    if (facts_.HeightOf(branch->rhs) > 0) look(branch->rhs);
    if (!branch->rhs->IsConstant()) AddDistinct(for_x, branch->rhs);
  } else if (const auto* end = std::get_if<ir::Return>(&block.terminator)) {
    if (facts_.HeightOf(end->value) > 0) look(end->value);
  }
  for (std::size_t i = 0; i < block.edge_count(); ++i) {
    const bool is_late = decisions_.late_moves[facts_.EdgeId(&block, i)];
    for (const Move& move : MovesOf(block.edge(i))) {
      has_moves = true;
      if (facts_.HeightOf(move.value) > 0) look(move.value);
      if (move.place == Place::kX && !is_late &&
          (!move.is_required || facts_.MayEvaluateAtEnd(&block, move.value))) {
        AddDistinct(for_x, move.value);
      }
    }
  }
  std::vector<Variant> variants;
  if (part_count > kMaxPartsForVariants) return variants;
  for (const Value* value : for_x) {
    if (variants.size() >= kMaxVariants || value->opcode() == Opcode::kConstant) continue;
    variants.push_back({.first_in_x = value});
    variants.push_back({.first_in_x = value, .keep_x = true});
  }
  for (const Value* value : for_scratch) {
    if (variants.size() < 2 * kMaxVariants) variants.push_back({.first_in_scratch = value});
  }
  if (has_moves && block.edge_count() > 1) variants.push_back({.hoists_moves = false});
  return variants;
}

std::optional<BlockCode> BlockCoder::Generate(const Block& block, const State& entry) {
  Variant plain;
  const bool may_end_inside = std::any_of(block.effects.begin(), block.effects.end(), EndsWithDevice);
  if (may_end_inside && rules_.relation == Relation::kStrict) {
    plain.guards = block.guards;
  } else if (may_end_inside) {
    std::copy_if(block.guards.begin(), block.guards.end(), std::back_inserter(plain.guards),
                 [&](const Guard& guard) { return !NeedsLengthAlone(guard); });
  }
  std::optional<BlockCode> best;
  Consider(block, entry, plain, best);
  if (best && (!thorough_ || best->score <= 2)) return best;
  for (Variant& variant : VariantsOf(block)) {
    variant.guards = plain.guards;
    Consider(block, entry, std::move(variant), best);
  }
  return best;
}

}  // namespace bpfopt::backend
