#include "ir/available_guards.h"

#include "ir/graph.h"

#include <algorithm>

namespace bpfopt::ir {
namespace {

constexpr std::uint32_t kNoBase = 0xffffffff;
// To the kernel an address from here on is negative: such a load asks other sources than the packet.
constexpr std::uint64_t kFirstNegative = 0x80000000;
constexpr std::uint32_t kSeccompDataSize = 64;

std::uint32_t IdOf(const Value* base) { return base == nullptr ? kNoBase : base->id(); }

}  // namespace

// base + offset + width <= captured length says the same of every smaller offset + width, as long as sums do
// not wrap. The kernel takes the address mod 2^32, so that with base = 0xfffffff0 the guard [base + 32]:1 is
// about byte 16 and says nothing of [base + 0]:1; a guard implies others only if the base is too small for
// that, and nothing but itself otherwise. libpcap's sums never wrap, but its programs run in the kernel too.
GuardFacts::Fact GuardFacts::FactFor(const Guard& guard) const {
  const std::uint32_t base = IdOf(guard.value);
  if (guard.kind == Guard::Kind::kNonZero) return {{Key::Kind::kNonZero, base}, 1};
  const std::uint64_t end = std::uint64_t{guard.offset} + guard.width;
  const std::uint64_t bound = guard.value == nullptr ? 0 : bounds_->Of(guard.value);
  if (target_ != Target::kSeccomp && bound + end > kFirstNegative) {
    return {{Key::Kind::kExact, base, guard.offset, guard.width}, 1};
  }
  return {{Key::Kind::kEnd, base}, end};
}

bool GuardFacts::Has(const Fact& fact) const {
  if (facts_ == nullptr) return false;
  const auto found = std::lower_bound(facts_->begin(), facts_->end(), fact.first,
                                      [](const Fact& known, const Key& key) { return known.first < key; });
  return found != facts_->end() && found->first == fact.first && found->second >= fact.second;
}

bool GuardFacts::Implies(const Guard& guard) const {
  const bool is_non_zero = guard.kind == Guard::Kind::kNonZero;
  if (is_non_zero && guard.value->IsConstant() && !guard.value->IsConstant(0)) return true;
  const bool reads_seccomp_data = target_ == Target::kSeccomp && !is_non_zero && guard.value == nullptr &&
                                  guard.offset < kSeccompDataSize &&
                                  guard.width <= kSeccompDataSize - guard.offset;
  return reads_seccomp_data || Has(FactFor(guard));
}

bool GuardFacts::Allows(const Value* value) const {
  switch (value->opcode()) {
    case Opcode::kLoad:
      return Implies(Guard::Bounds(value->base(), value->offset(), value->width()));
    case Opcode::kDiv:
    case Opcode::kMod:
      return Implies(Guard::NonZero(value->rhs()));
    default:
      return true;
  }
}

void GuardFacts::Add(const Guard& guard) {
  const Fact fact = FactFor(guard);
  if (Has(fact)) return;
  auto changed = facts_ == nullptr ? std::make_shared<Facts>() : std::make_shared<Facts>(*facts_);
  const auto place = std::lower_bound(changed->begin(), changed->end(), fact.first,
                                      [](const Fact& known, const Key& key) { return known.first < key; });
  if (place != changed->end() && place->first == fact.first) {
    place->second = fact.second;
  } else {
    changed->insert(place, fact);
  }
  facts_ = std::move(changed);
}

void GuardFacts::Meet(const GuardFacts& other) {
  if (facts_ == other.facts_ || facts_ == nullptr) return;
  if (other.facts_ == nullptr) {
    facts_ = nullptr;
    return;
  }
  Facts common;
  auto theirs = other.facts_->begin();
  for (const Fact& mine : *facts_) {
    while (theirs != other.facts_->end() && theirs->first < mine.first) ++theirs;
    if (theirs == other.facts_->end()) break;
    if (theirs->first == mine.first) common.emplace_back(mine.first, std::min(mine.second, theirs->second));
  }
  facts_ = common.empty() ? nullptr : std::make_shared<const Facts>(std::move(common));
}

AvailableGuards::AvailableGuards(const Function& function)
    : bounds_(function), at_start_(function.block_count(), GuardFacts(function.target(), bounds_)) {
  std::vector<bool> is_reached(function.block_count());
  for (const Block* block : TopologicalOrder(function)) {
    GuardFacts facts = at_start_[block->id()];
    for (const Guard& guard : block->guards) facts.Add(guard);
    for (const Block* successor : Successors(block)) {
      if (is_reached[successor->id()]) {
        at_start_[successor->id()].Meet(facts);
      } else {
        at_start_[successor->id()] = facts;
        is_reached[successor->id()] = true;
      }
    }
  }
}

}  // namespace bpfopt::ir
