// Rules for one operation each. A rule gives a value of fewer operations, or moves a constant mask inwards
// (below a left shift) or outwards (above a right one) where it meets others; so they end.
#include "passes/value_simplifier.h"

#include "ir/graph.h"
#include "passes/facts.h"
#include "passes/linear_form.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

constexpr std::uint32_t kAllBits = 0xffffffff;
// Rules that lead to rules; deeper ones are left out.
constexpr unsigned kMaxDepth = 64;
// Addresses are folded when no base, constant or offset reaches this, so that no sum leaves the positive
// words.
constexpr std::uint32_t kFarOffset = 0x10000000;

bool HasConstant(const Value* value, Opcode opcode) {
  return value->opcode() == opcode && value->rhs()->IsConstant();
}

bool IsLowMask(std::uint32_t word) { return (word & (word + 1)) == 0; }

// Whether the function has loads or guards at offsets where adding to them may wrap.
bool HasFarOffsets(const ir::Function& function) {
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const Value* value = function.value(id);
    if (value->opcode() == Opcode::kLoad && value->offset() >= kFarOffset) return true;
  }
  for (std::uint32_t id = 0; id < function.block_count(); ++id) {
    for (const ir::Guard& guard : function.block(id)->guards) {
      if (guard.offset >= kFarOffset || guard.width >= kFarOffset) return true;
    }
  }
  return false;
}

}  // namespace

bool MayLoad(const bpf::CookedHeader& cooked, const Value* base, std::uint32_t offset, unsigned width) {
  if (offset >= cooked.header_bytes) return true;
  if (base != nullptr) return false;
  return std::any_of(cooked.allowed.begin(), cooked.allowed.end(), [&](const bpf::CookedHeader::Load& load) {
    return load.offset == offset && load.width == width;
  });
}

ValueSimplifier::ValueSimplifier(ir::Function& function, bpf::CookedHeader cooked)
    : function_(function), cooked_(std::move(cooked)) {
  if (function.target() != Target::kSeccomp) bounds_.emplace(function);
  folds_addresses_ = function.target() != Target::kSeccomp && !HasFarOffsets(function);
}

const Value* ValueSimplifier::Simplify(const Value* root) {
  std::vector<const Value*> pending{root};
  while (!pending.empty()) {
    const Value* value = pending.back();
    if (simplified_.size() <= value->id()) simplified_.resize(function_.value_count(), nullptr);
    if (simplified_[value->id()] != nullptr) {
      pending.pop_back();
      continue;
    }
    bool is_ready = true;
    for (const Value* operand : ir::OperandsOf(value)) {
      if (operand == nullptr || simplified_[operand->id()] != nullptr) continue;
      pending.push_back(operand);
      is_ready = false;
    }
    if (!is_ready) continue;
    pending.pop_back();
    const Value* simple = SimplifyNode(value);
    if (simplified_.size() <= simple->id()) simplified_.resize(function_.value_count(), nullptr);
    simplified_[value->id()] = simple;
    simplified_[simple->id()] = simple;
  }
  return simplified_[root->id()];
}

void ValueSimplifier::Replace(const Value* effect, const Value* replacement) {
  if (simplified_.size() < function_.value_count()) simplified_.resize(function_.value_count(), nullptr);
  simplified_[effect->id()] = replacement;
  simplified_[replacement->id()] = replacement;
}

const Value* ValueSimplifier::SimplifyNode(const Value* value) {
  const Opcode opcode = value->opcode();
  if (opcode == Opcode::kLoad) {
    const Address address = SimplifyAddress(value->base(), value->offset());
    return function_.MakeLoad(address.base, address.offset, value->width());
  }
  if (ir::IsUnary(opcode)) return Make(opcode, Simplify(value->lhs()), nullptr);
  if (ir::IsBinary(opcode)) return Make(opcode, Simplify(value->lhs()), Simplify(value->rhs()));
  return value;
}

// Folds a constant that the base is or ends in. Whether it may depends on the base alone, so that a guard and
// the loads that it covers stay together.
Address ValueSimplifier::SimplifyAddress(const Value* base, std::uint32_t offset) {
  if (base == nullptr) return {nullptr, offset};
  base = Simplify(base);
  if (!folds_addresses_) return {base, offset};
  if (base->IsConstant() && base->constant() < kFarOffset) return {nullptr, base->constant() + offset};
  if (!HasConstant(base, Opcode::kAdd)) return {base, offset};
  const std::uint32_t added = base->rhs()->constant();
  if (GreatestOf(base->lhs()) >= kFarOffset || added >= kFarOffset) return {base, offset};
  return {base->lhs(), offset + added};
}

std::uint32_t ValueSimplifier::GreatestOf(const Value* value) {
  const Knowledge& known = KnownOf(value);
  const std::uint32_t greatest = known.IsContradiction() ? kAllBits : known.range.Max();
  return bounds_ && bounds_->Has(value) ? std::min(greatest, bounds_->Of(value)) : greatest;
}

// Operands are known already, or few levels down, where values are made bottom-up; a question about a deep
// value that was never met is answered from its upper part.
const Knowledge& ValueSimplifier::KnownOf(const Value* value) {
  if (const auto known = known_.find(value); known != known_.end()) return known->second;
  Knowledge knowledge;
  if (ir::IsBinary(value->opcode()) && depth_ < kMaxDepth) {
    ++depth_;
    const Knowledge& lhs = KnownOf(value->lhs());
    knowledge = Forward(value->opcode(), lhs, KnownOf(value->rhs()));
    --depth_;
  } else {
    knowledge = Facts().Of(value);
  }
  return known_.emplace(value, std::move(knowledge)).first->second;
}

const Value* ValueSimplifier::Make(Opcode opcode, const Value* lhs, std::uint32_t rhs) {
  return Make(opcode, lhs, function_.MakeConstant(rhs));
}

const Value* ValueSimplifier::Make(Opcode opcode, const Value* lhs, const Value* rhs) {
  const Value* made = nullptr;
  if (depth_ < kMaxDepth) {
    ++depth_;
    made = Rewrite(opcode, lhs, rhs);
    --depth_;
  }
  if (made == nullptr) {
    made = rhs == nullptr ? function_.MakeUnary(opcode, lhs) : function_.MakeBinary(opcode, lhs, rhs);
  }
  if (made->IsConstant()) return made;
  const Knowledge& known = KnownOf(made);
  return known.IsSingle() ? function_.MakeConstant(known.range.Min()) : made;
}

const Value* ValueSimplifier::Rewrite(Opcode opcode, const Value* lhs, const Value* rhs) {
  if (lhs == rhs) {
    if (const Value* value = RewriteSame(opcode, lhs)) return value;
  }
  if (ir::IsCommutative(opcode) && lhs->IsConstant() && !rhs->IsConstant()) std::swap(lhs, rhs);
  switch (opcode) {
    case Opcode::kNeg:
    case Opcode::kAdd:
    case Opcode::kSub:
      return RewriteSum(opcode, lhs, rhs);
    case Opcode::kMul:
      if (!rhs->IsConstant()) return nullptr;
      if (std::has_single_bit(rhs->constant())) {
        return Make(Opcode::kShl, lhs, static_cast<std::uint32_t>(std::countr_zero(rhs->constant())));
      }
      return RewriteSum(opcode, lhs, rhs);
    default:
      break;
  }
  if (!rhs->IsConstant()) {
    // 0 divided or shifted is 0; that the divisor is not 0 is for its guard to say.
    return lhs->IsConstant(0) && !ir::IsCommutative(opcode) ? lhs : nullptr;
  }
  if (lhs->IsConstant()) return nullptr;
  const std::uint32_t constant = rhs->constant();
  switch (opcode) {
    case Opcode::kAnd:
      return RewriteAnd(lhs, constant);
    case Opcode::kOr:
      return RewriteOr(lhs, constant);
    case Opcode::kXor:
      return RewriteXor(lhs, constant);
    case Opcode::kShl:
      return RewriteShl(lhs, constant);
    case Opcode::kShr:
      return RewriteShr(lhs, constant);
    case Opcode::kDiv:
      return RewriteDiv(lhs, constant);
    case Opcode::kMod:
      return RewriteMod(lhs, constant);
    default:
      return nullptr;
  }
}

const Value* ValueSimplifier::RewriteSame(Opcode opcode, const Value* value) {
  switch (opcode) {
    case Opcode::kAnd:
    case Opcode::kOr:
      return value;
    case Opcode::kXor:
    case Opcode::kSub:
      return function_.MakeConstant(0);
    // By a value that its guard says is not 0; a constant 0 keeps its division.
    case Opcode::kMod:
      return value->IsConstant() ? nullptr : function_.MakeConstant(0);
    case Opcode::kDiv:
      return value->IsConstant() ? nullptr : function_.MakeConstant(1);
    default:
      return nullptr;
  }
}

const Value* ValueSimplifier::RewriteSum(Opcode opcode, const Value* lhs, const Value* rhs) {
  const Value* plain =
      rhs == nullptr ? function_.MakeUnary(opcode, lhs) : function_.MakeBinary(opcode, lhs, rhs);
  return MakeValue(function_, LinearFormOf(plain));
}

const Value* ValueSimplifier::RewriteAnd(const Value* value, std::uint32_t mask) {
  const Knowledge known = KnownOf(value);
  const std::uint32_t useful = mask & ~known.zeros;
  if (useful == 0) return function_.MakeConstant(0);
  if ((~known.zeros & ~mask) == 0) return value;
  if (HasConstant(value, Opcode::kAnd))
    return Make(Opcode::kAnd, value->lhs(), useful & value->rhs()->constant());
  if (HasConstant(value, Opcode::kOr) || HasConstant(value, Opcode::kXor)) {
    if ((value->rhs()->constant() & mask) == 0) return Make(Opcode::kAnd, value->lhs(), mask);
  }
  if (HasConstant(value, Opcode::kAdd) && IsLowMask(mask) && (value->rhs()->constant() & mask) == 0) {
    return Make(Opcode::kAnd, value->lhs(), mask);
  }
  if (HasConstant(value, Opcode::kShl)) {
    const std::uint32_t shift = value->rhs()->constant();
    if (shift < 32) return Make(Opcode::kShl, Make(Opcode::kAnd, value->lhs(), mask >> shift), shift);
  }
  const bool is_shifted = HasConstant(value, Opcode::kShr) && value->rhs()->constant() < 32;
  const Value* part =
      is_shifted ? PartOfLoad(value->lhs(), value->rhs()->constant(), useful) : PartOfLoad(value, 0, useful);
  if (part != nullptr) return part;
  return useful == mask ? nullptr : Make(Opcode::kAnd, value, useful);
}

const Value* ValueSimplifier::RewriteOr(const Value* value, std::uint32_t word) {
  const Knowledge known = KnownOf(value);
  if ((word & ~known.ones) == 0) return value;
  if ((~known.zeros & ~word) == 0) return function_.MakeConstant(word);
  if (HasConstant(value, Opcode::kOr))
    return Make(Opcode::kOr, value->lhs(), word | value->rhs()->constant());
  if (HasConstant(value, Opcode::kAnd) && (value->rhs()->constant() & word) != 0) {
    return Make(Opcode::kOr, Make(Opcode::kAnd, value->lhs(), value->rhs()->constant() & ~word), word);
  }
  return nullptr;
}

const Value* ValueSimplifier::RewriteXor(const Value* value, std::uint32_t word) {
  if (word == 0) return value;
  if (HasConstant(value, Opcode::kXor))
    return Make(Opcode::kXor, value->lhs(), word ^ value->rhs()->constant());
  return nullptr;
}

const Value* ValueSimplifier::RewriteShl(const Value* value, std::uint32_t shift) {
  if (shift == 0) return value;
  if (shift >= 32) return nullptr;
  if (HasConstant(value, Opcode::kShr) && value->rhs()->constant() < 32) {
    // The low bits go; the rest lands higher or lower than before.
    const std::uint32_t down = value->rhs()->constant();
    const std::uint32_t kept = (kAllBits >> down) << shift;
    if (down >= shift) return Make(Opcode::kAnd, Make(Opcode::kShr, value->lhs(), down - shift), kept);
    return Make(Opcode::kShl, Make(Opcode::kAnd, value->lhs(), kept >> (shift - down)), shift - down);
  }
  if (HasConstant(value, Opcode::kShl) && value->rhs()->constant() < 32) {
    const std::uint32_t total = shift + value->rhs()->constant();
    return total >= 32 ? function_.MakeConstant(0) : Make(Opcode::kShl, value->lhs(), total);
  }
  if (HasConstant(value, Opcode::kAnd)) {
    // Bits that the shift drops need no mask, and a right shift below may meet this one.
    const std::uint32_t mask = value->rhs()->constant();
    const std::uint32_t covering = mask | ~(kAllBits >> shift);
    if ((~KnownOf(value->lhs()).zeros & ~covering) == 0) return Make(Opcode::kShl, value->lhs(), shift);
    const Value* inner = value->lhs();
    if (HasConstant(inner, Opcode::kShr) && inner->rhs()->constant() < 32 &&
        inner->rhs()->constant() >= shift) {
      const Value* shifted = Make(Opcode::kShr, inner->lhs(), inner->rhs()->constant() - shift);
      return Make(Opcode::kAnd, shifted, mask << shift);
    }
    return nullptr;
  }
  const Value* plain = function_.MakeBinary(Opcode::kShl, value, function_.MakeConstant(shift));
  return MakeValue(function_, LinearFormOf(plain));
}

const Value* ValueSimplifier::RewriteShr(const Value* value, std::uint32_t shift) {
  if (shift == 0) return value;
  if (shift >= 32) return nullptr;
  if (HasConstant(value, Opcode::kShr) && value->rhs()->constant() < 32) {
    const std::uint32_t total = shift + value->rhs()->constant();
    return total >= 32 ? function_.MakeConstant(0) : Make(Opcode::kShr, value->lhs(), total);
  }
  if (HasConstant(value, Opcode::kAnd)) {
    return Make(Opcode::kAnd, Make(Opcode::kShr, value->lhs(), shift), value->rhs()->constant() >> shift);
  }
  if (HasConstant(value, Opcode::kShl) && value->rhs()->constant() < 32) {
    const std::uint32_t up = value->rhs()->constant();
    const std::uint32_t kept = (kAllBits << up) >> shift;
    const Value* moved = up >= shift ? Make(Opcode::kShl, value->lhs(), up - shift)
                                     : Make(Opcode::kShr, value->lhs(), shift - up);
    return Make(Opcode::kAnd, moved, kept);
  }
  return PartOfLoad(value, shift, kAllBits >> shift);
}

const Value* ValueSimplifier::RewriteDiv(const Value* value, std::uint32_t divisor) {
  if (divisor == 0) return nullptr;
  if (divisor == 1) return value;
  if (std::has_single_bit(divisor)) {
    return Make(Opcode::kShr, value, static_cast<std::uint32_t>(std::countr_zero(divisor)));
  }
  if (HasConstant(value, Opcode::kDiv) && !value->rhs()->IsConstant(0)) {
    const std::uint64_t total = std::uint64_t{divisor} * value->rhs()->constant();
    if (total > kAllBits) return function_.MakeConstant(0);
    return Make(Opcode::kDiv, value->lhs(), static_cast<std::uint32_t>(total));
  }
  return nullptr;
}

const Value* ValueSimplifier::RewriteMod(const Value* value, std::uint32_t divisor) {
  if (divisor == 0) return nullptr;
  if (std::has_single_bit(divisor)) return Make(Opcode::kAnd, value, divisor - 1);
  const Knowledge& known = KnownOf(value);
  return !known.IsContradiction() && known.range.Max() < divisor ? value : nullptr;
}

// (load >> shift) & mask as a load of its own, where the mask keeps whole neighbouring bytes that are a
// load's width. The bytes are guarded, for the wide load is.
const Value* ValueSimplifier::PartOfLoad(const Value* load, std::uint32_t shift, std::uint32_t mask) {
  if (load->opcode() != Opcode::kLoad || function_.target() == Target::kSeccomp || shift % 8 != 0)
    return nullptr;
  const std::uint32_t all = load->width() == 4 ? kAllBits : (std::uint32_t{1} << 8 * load->width()) - 1;
  mask &= all >> shift;
  const unsigned width = mask == 0xff ? 1 : mask == 0xffff ? 2 : 0;
  const unsigned dropped = shift / 8;  // bytes behind the part
  if (width == 0 || width + dropped > load->width()) return nullptr;
  const std::uint32_t moved = load->width() - dropped - width;
  if (load->offset() >= kFarOffset || !MayLoad(cooked_, load->base(), load->offset() + moved, width))
    return nullptr;
  if (load->base() != nullptr && bounds_) {
    // To the kernel the part of a load whose address may be negative is something else.
    if (!bounds_->Has(load->base()) || bounds_->Of(load->base()) >= kFarOffset) return nullptr;
  }
  return function_.MakeLoad(load->base(), load->offset() + moved, width);
}

}  // namespace bpfopt::passes
