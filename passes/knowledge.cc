// Knowledge of words as a lattice, and the transfer functions of the IR's operations.
// tests/passes/knowledge_test.cc checks each of them against brute force.
#include "passes/knowledge.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

namespace bpfopt::passes {
namespace {

using ir::Opcode;

constexpr std::uint32_t kLastWord = 0xffffffff;

std::uint32_t LowBits(unsigned count) { return count >= 32 ? kLastWord : (std::uint32_t{1} << count) - 1; }

// The bits from the highest set one downwards.
std::uint32_t BitsUpTo(std::uint32_t word) { return LowBits(static_cast<unsigned>(std::bit_width(word))); }

bool IsLowMask(std::uint32_t word) { return (word & (word + 1)) == 0; }

// The smallest word >= `word` with these bits. At the highest bit where `word` does not fit it must become
// greater: there if a 1 is missing, else at the nearest free 0 above; all below is then as small as it can
// be.
std::optional<std::uint32_t> NextMatch(std::uint32_t word, std::uint32_t zeros, std::uint32_t ones) {
  const std::uint32_t wrong = (word & zeros) | (~word & ones);
  if (wrong == 0) return word;
  std::uint32_t raised = std::bit_floor(wrong);
  if ((word & raised) != 0) {
    const std::uint32_t free = ~word & ~zeros & ~BitsUpTo(raised);
    if (free == 0) return std::nullopt;
    raised = free & (0 - free);
  }
  const std::uint32_t below = raised - 1;
  return (word & ~below) | raised | (ones & below);
}

// The greatest word <= `word` with these bits: the same on complements.
std::optional<std::uint32_t> PreviousMatch(std::uint32_t word, std::uint32_t zeros, std::uint32_t ones) {
  const std::optional<std::uint32_t> match = NextMatch(~word, ones, zeros);
  if (!match) return std::nullopt;
  return ~*match;
}

RangeSet TightenedByBits(const RangeSet& set, std::uint32_t zeros, std::uint32_t ones) {
  RangeSet tightened;
  for (const Range range : set.ranges()) {
    const auto first = NextMatch(range.first, zeros, ones);
    const auto last = PreviousMatch(range.last, zeros, ones);
    if (first && last && *first <= *last) tightened.Append({*first, *last});
  }
  return tightened;
}

// The words from `first` on, going round, `count` + 1 of them; all where there are no more than that.
RangeSet Wrapped(std::uint32_t first, std::uint64_t count) {
  if (count >= kLastWord) return RangeSet::Full();
  return RangeSet::Of(0, static_cast<std::uint32_t>(count)).Rotate(first);
}

std::uint64_t Spread(const Knowledge& a) { return std::uint64_t{a.range.Max()} - a.range.Min(); }

// Maps every range by a function from a range to an optional one that keeps their order.
template <typename Map>
RangeSet MapRangesInOrder(const RangeSet& set, Map map) {
  RangeSet result;
  for (const Range range : set.ranges()) {
    if (const std::optional<Range> mapped = map(range)) result.Append(*mapped);
  }
  return result;
}

// The same for a function that does not.
template <typename Map>
RangeSet MapRanges(const RangeSet& set, Map map) {
  std::vector<Range> ranges;
  ranges.reserve(set.ranges().size());
  for (const Range range : set.ranges()) {
    if (const std::optional<Range> mapped = map(range)) ranges.push_back(*mapped);
  }
  return RangeSet::FromRanges(std::move(ranges));
}

struct Bits {
  std::uint32_t zeros = 0;
  std::uint32_t ones = 0;
};

Bits BitsOf(const Knowledge& a) { return {a.zeros, a.ones}; }
Bits Inverted(const Knowledge& a) { return {a.ones, a.zeros}; }

// A sum's bit is known where both summands' and the carry's are. The carries of the greatest and of the least
// sum bound all others.
Bits AddBits(Bits a, Bits b, std::uint32_t carry) {
  const std::uint32_t greatest = ~a.zeros + ~b.zeros + carry;
  const std::uint32_t least = a.ones + b.ones + carry;
  const std::uint32_t no_carry = ~(greatest ^ a.zeros ^ b.zeros);
  const std::uint32_t has_carry = least ^ a.ones ^ b.ones;
  const std::uint32_t known = (a.zeros | a.ones) & (b.zeros | b.ones) & (no_carry | has_carry);
  return {~least & known, least & known};
}

unsigned TrailingZeros(const Knowledge& a) { return static_cast<unsigned>(std::countr_one(a.zeros)); }

Knowledge Combined(Bits bits, RangeSet range) {
  return Knowledge::Reduced({bits.zeros, bits.ones, std::move(range)});
}

Knowledge Add(const Knowledge& a, const Knowledge& b) {
  const Bits bits = AddBits(BitsOf(a), BitsOf(b), 0);
  if (b.IsSingle()) return Combined(bits, a.range.Rotate(b.range.Min()));
  if (a.IsSingle()) return Combined(bits, b.range.Rotate(a.range.Min()));
  return Combined(bits, Wrapped(a.range.Min() + b.range.Min(), Spread(a) + Spread(b)));
}

RangeSet Inverted(const RangeSet& set) {
  return MapRanges(set, [](Range r) { return std::optional<Range>({~r.last, ~r.first}); });
}

Knowledge Negate(const Knowledge& a) {
  return Combined(AddBits(Inverted(a), {kLastWord, 0}, 1), Inverted(a.range).Rotate(1));
}

Knowledge Subtract(const Knowledge& a, const Knowledge& b) {
  const Bits bits = AddBits(BitsOf(a), Inverted(b), 1);
  if (b.IsSingle()) return Combined(bits, a.range.Rotate(0 - b.range.Min()));
  if (a.IsSingle()) return Combined(bits, Inverted(b.range).Rotate(1 + a.range.Min()));
  return Combined(bits, Wrapped(a.range.Min() - b.range.Max(), Spread(a) + Spread(b)));
}

Knowledge Multiply(const Knowledge& a, const Knowledge& b) {
  const unsigned trailing = std::min(32U, TrailingZeros(a) + TrailingZeros(b));
  const std::uint64_t greatest = std::uint64_t{a.range.Max()} * b.range.Max();
  if (greatest > kLastWord) return Knowledge::WithBits(LowBits(trailing), 0);
  const std::uint32_t least = a.range.Min() * b.range.Min();
  return Combined({LowBits(trailing), 0}, RangeSet::Of(least, static_cast<std::uint32_t>(greatest)));
}

Knowledge Divide(const Knowledge& a, const Knowledge& b) {
  if (b.range.Contains(0)) return {};
  if (!b.IsSingle()) {
    return Knowledge::In(RangeSet::Of(a.range.Min() / b.range.Max(), a.range.Max() / b.range.Min()));
  }
  const std::uint32_t divisor = b.range.Min();
  return Knowledge::In(MapRangesInOrder(a.range, [divisor](Range r) {
    return std::optional<Range>({r.first / divisor, r.last / divisor});
  }));
}

Knowledge Modulo(const Knowledge& a, const Knowledge& b) {
  if (b.range.Contains(0)) return {};
  if (a.range.Max() < b.range.Min()) return a;
  Knowledge result = Knowledge::In(RangeSet::Of(0, std::min(a.range.Max(), b.range.Max() - 1)));
  if (b.IsSingle() && std::has_single_bit(b.range.Min())) {
    const std::uint32_t kept = b.range.Min() - 1;
    result = result.And(Knowledge::WithBits(a.zeros | ~kept, a.ones & kept));
  }
  return result;
}

// The ranges of `a & mask`. What `a` never has counts as part of the mask; then keeping a prefix is monotone,
// and keeping a suffix is within a range that has one prefix.
RangeSet MaskRanges(const Knowledge& a, std::uint32_t mask) {
  const std::uint32_t kept = mask | a.zeros;
  if (IsLowMask(~kept)) {
    return MapRangesInOrder(a.range, [kept](Range r) {
      return std::optional<Range>({r.first & kept, r.last & kept});
    });
  }
  if (!IsLowMask(mask)) return RangeSet::Of(0, std::min(a.range.Max(), mask));
  return MapRanges(a.range, [mask](Range r) {
    const bool one_prefix = (r.first & ~mask) == (r.last & ~mask);
    return std::optional<Range>(one_prefix ? Range{r.first & mask, r.last & mask} : Range{0, mask});
  });
}

Knowledge BitAnd(const Knowledge& a, const Knowledge& b) {
  const Bits bits{a.zeros | b.zeros, a.ones & b.ones};
  if (b.IsSingle()) return Combined(bits, MaskRanges(a, b.range.Min()));
  if (a.IsSingle()) return Combined(bits, MaskRanges(b, a.range.Min()));
  return Combined(bits, RangeSet::Of(0, std::min(a.range.Max(), b.range.Max())));
}

Knowledge BitOr(const Knowledge& a, const Knowledge& b) {
  if ((a.zeros | b.zeros) == kLastWord) return Add(a, b);  // no bit is in both
  return Combined({a.zeros & b.zeros, a.ones | b.ones},
                  RangeSet::Of(std::max(a.range.Min(), b.range.Min()), kLastWord));
}

// The ranges of `a ^ mask`: where the ends of a range differ, the mask keeps order, reverses it, or mixes.
RangeSet FlipRanges(const RangeSet& set, std::uint32_t mask) {
  return MapRanges(set, [mask](Range r) {
    const std::uint32_t varying = BitsUpTo(r.first ^ r.last);
    const std::uint32_t flipped = mask & varying;
    if (flipped == 0) return std::optional<Range>({r.first ^ mask, r.last ^ mask});
    if (flipped == varying) return std::optional<Range>({r.last ^ mask, r.first ^ mask});
    return std::optional<Range>({(r.first ^ mask) & ~varying, (r.first ^ mask) | varying});
  });
}

Knowledge BitXor(const Knowledge& a, const Knowledge& b) {
  const Bits bits{(a.zeros & b.zeros) | (a.ones & b.ones), (a.zeros & b.ones) | (a.ones & b.zeros)};
  if (b.IsSingle()) return Combined(bits, FlipRanges(a.range, b.range.Min()));
  if (a.IsSingle()) return Combined(bits, FlipRanges(b.range, a.range.Min()));
  if ((a.zeros | b.zeros) == kLastWord) return Add(a, b);
  return Knowledge::WithBits(bits.zeros, bits.ones);
}

Knowledge ShiftLeft(const Knowledge& a, const Knowledge& b) {
  const std::uint32_t most = b.range.Max();
  const std::uint32_t least = b.range.Min();
  if (most >= 32) return {};
  const bool fits = a.range.Max() <= kLastWord >> most;
  if (least != most) {
    const unsigned trailing = std::min(32U, TrailingZeros(a) + least);
    if (!fits) return Knowledge::WithBits(LowBits(trailing), 0);
    return Combined({LowBits(trailing), 0}, RangeSet::Of(a.range.Min() << least, a.range.Max() << most));
  }
  const Bits bits{a.zeros << most | LowBits(most), a.ones << most};
  if (!fits) return Knowledge::WithBits(bits.zeros, bits.ones);
  return Combined(bits, MapRangesInOrder(a.range, [most](Range r) {
                    return std::optional<Range>({r.first << most, r.last << most});
                  }));
}

Knowledge ShiftRight(const Knowledge& a, const Knowledge& b) {
  const std::uint32_t most = b.range.Max();
  const std::uint32_t least = b.range.Min();
  if (most >= 32) return {};
  if (least != most) return Knowledge::In(RangeSet::Of(a.range.Min() >> most, a.range.Max() >> least));
  const Bits bits{a.zeros >> most | ~(kLastWord >> most), a.ones >> most};
  return Combined(bits, MapRangesInOrder(a.range, [most](Range r) {
                    return std::optional<Range>({r.first >> most, r.last >> most});
                  }));
}

// a & b == result.
Knowledge BackwardAnd(const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  const Bits bits{result.zeros & b.ones, result.ones};
  RangeSet range = RangeSet::Of(result.range.Min(), kLastWord);
  const std::uint32_t kept = b.IsSingle() ? b.range.Min() | a.zeros : 0;
  if (b.IsSingle() && IsLowMask(~kept)) {
    const std::uint32_t free = ~kept;
    range = MapRangesInOrder(result.range, [kept, free](Range r) -> std::optional<Range> {
      if (r.first > kept) return std::nullopt;  // rounding it up to a multiple would wrap
      const Range mapped{(r.first + free) & kept, r.last | free};
      if (mapped.first > mapped.last || (r.last & kept) < mapped.first) return std::nullopt;
      return mapped;
    });
  }
  return Combined(bits, std::move(range));
}

// a | b == result.
Knowledge BackwardOr(const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  const Bits bits{result.zeros, result.ones & b.zeros};
  const bool is_sum = b.IsSingle() && (b.range.Min() & ~a.zeros) == 0;
  return Combined(bits,
                  is_sum ? result.range.Rotate(0 - b.range.Min()) : RangeSet::Of(0, result.range.Max()));
}

// a << b == result.
Knowledge BackwardShiftLeft(const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  if (!b.IsSingle() || b.range.Min() >= 32) return {};
  const std::uint32_t shift = b.range.Min();
  const Bits bits{result.zeros >> shift, result.ones >> shift};
  if (a.range.Max() > kLastWord >> shift) return Knowledge::WithBits(bits.zeros, bits.ones);
  return Combined(bits, MapRangesInOrder(result.range, [shift](Range r) -> std::optional<Range> {
                    const auto first =
                        static_cast<std::uint32_t>((std::uint64_t{r.first} + LowBits(shift)) >> shift);
                    const std::uint32_t last = r.last >> shift;
                    if (first > last) return std::nullopt;
                    return Range{first, last};
                  }));
}

// a >> b == result.
Knowledge BackwardShiftRight(const Knowledge& result, const Knowledge& b) {
  if (!b.IsSingle() || b.range.Min() >= 32) return {};
  const std::uint32_t shift = b.range.Min();
  const std::uint32_t greatest = kLastWord >> shift;
  return Combined({result.zeros << shift, result.ones << shift},
                  MapRangesInOrder(result.range, [shift, greatest](Range r) -> std::optional<Range> {
                    if (r.first > greatest) return std::nullopt;
                    return Range{r.first << shift, std::min(r.last, greatest) << shift | LowBits(shift)};
                  }));
}

// a * b == result, for a product that does not wrap.
Knowledge BackwardMultiply(const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  if (!b.IsSingle() || b.range.Min() == 0) return {};
  const std::uint32_t factor = b.range.Min();
  if (std::uint64_t{a.range.Max()} * factor > kLastWord) return {};
  return Knowledge::In(MapRangesInOrder(result.range, [factor](Range r) -> std::optional<Range> {
    const auto first = static_cast<std::uint32_t>((std::uint64_t{r.first} + factor - 1) / factor);
    const std::uint32_t last = r.last / factor;
    if (first > last) return std::nullopt;
    return Range{first, last};
  }));
}

// a / b == result.
Knowledge BackwardDivide(const Knowledge& result, const Knowledge& b) {
  if (!b.IsSingle() || b.range.Min() == 0) return {};
  const std::uint64_t divisor = b.range.Min();
  return Knowledge::In(MapRangesInOrder(result.range, [divisor](Range r) -> std::optional<Range> {
    const std::uint64_t first = r.first * divisor;
    if (first > kLastWord) return std::nullopt;
    const std::uint64_t last = std::min<std::uint64_t>(r.last * divisor + (divisor - 1), kLastWord);
    return Range{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
  }));
}

// a % b == result.
Knowledge BackwardModulo(const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  if (b.range.Contains(0)) return {};
  if (a.range.Max() < b.range.Min()) return result;
  if (b.IsSingle() && std::has_single_bit(b.range.Min())) {
    const std::uint32_t kept = b.range.Min() - 1;
    return Knowledge::WithBits(result.zeros & kept, result.ones & kept);
  }
  return Knowledge::In(RangeSet::Of(result.range.Min(), kLastWord));
}

}  // namespace

Knowledge Knowledge::Reduced(Knowledge knowledge) {
  std::uint32_t& zeros = knowledge.zeros;
  std::uint32_t& ones = knowledge.ones;
  RangeSet& range = knowledge.range;
  if (range.IsSingle() && (range.Min() & zeros) == 0 && (~range.Min() & ones) == 0) {
    zeros = ~range.Min();
    ones = range.Min();
    return knowledge;
  }
  if (range.IsFull() && (zeros & ones) == 0) {
    range = RangeSet::Of(ones, ~zeros);  // from the least word with these bits to the greatest
    return knowledge;
  }
  // Each round but the last fixes one more bit at least.
  while ((zeros & ones) == 0) {
    if ((zeros | ones) != 0) range = TightenedByBits(range, zeros, ones);
    if (range.IsEmpty()) return knowledge;
    std::uint32_t common_zeros = kLastWord;
    std::uint32_t common_ones = kLastWord;
    for (const Range part : range.ranges()) {
      const std::uint32_t varying = BitsUpTo(part.first ^ part.last);
      common_zeros &= ~part.first & ~varying;
      common_ones &= part.first & ~varying;
    }
    const bool is_new = (common_zeros & ~zeros) != 0 || (common_ones & ~ones) != 0;
    zeros |= common_zeros;
    ones |= common_ones;
    if (!is_new) {
      if (range.ranges().size() > kMaxRanges) range = range.Coarsen(kMaxRanges);
      return knowledge;
    }
  }
  range = RangeSet();
  return knowledge;
}

Knowledge Knowledge::And(const Knowledge& other) const {
  if (other.IsNothing() || *this == other) return Reduced(*this);
  return Reduced({zeros | other.zeros, ones | other.ones, range.Intersect(other.range)});
}

Knowledge Knowledge::Or(const Knowledge& other) const {
  if (IsContradiction()) return other;
  if (other.IsContradiction()) return *this;
  return Reduced({zeros & other.zeros, ones & other.ones, range.Union(other.range)});
}

Knowledge Forward(Opcode opcode, const Knowledge& a, const Knowledge& b) {
  const bool is_impossible = a.IsContradiction() || (ir::IsBinary(opcode) && b.IsContradiction());
  if (is_impossible) return {};
  switch (opcode) {
    case Opcode::kNeg:
      return Negate(a);
    case Opcode::kAdd:
      return Add(a, b);
    case Opcode::kSub:
      return Subtract(a, b);
    case Opcode::kMul:
      return Multiply(a, b);
    case Opcode::kDiv:
      return Divide(a, b);
    case Opcode::kMod:
      return Modulo(a, b);
    case Opcode::kAnd:
      return BitAnd(a, b);
    case Opcode::kOr:
      return BitOr(a, b);
    case Opcode::kXor:
      return BitXor(a, b);
    case Opcode::kShl:
      return ShiftLeft(a, b);
    case Opcode::kShr:
      return ShiftRight(a, b);
    default:
      return {};
  }
}

Knowledge BackwardLhs(Opcode opcode, const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  const bool is_impossible =
      result.IsContradiction() || a.IsContradiction() || (ir::IsBinary(opcode) && b.IsContradiction());
  if (is_impossible) return {};
  switch (opcode) {
    case Opcode::kNeg:
      return Negate(result);
    case Opcode::kAdd:
      return Subtract(result, b);
    case Opcode::kSub:
      return Add(result, b);
    case Opcode::kMul:
      return BackwardMultiply(result, a, b);
    case Opcode::kDiv:
      return BackwardDivide(result, b);
    case Opcode::kMod:
      return BackwardModulo(result, a, b);
    case Opcode::kAnd:
      return BackwardAnd(result, a, b);
    case Opcode::kOr:
      return BackwardOr(result, a, b);
    case Opcode::kXor:
      return BitXor(result, b);
    case Opcode::kShl:
      return BackwardShiftLeft(result, a, b);
    case Opcode::kShr:
      return BackwardShiftRight(result, b);
    default:
      return {};
  }
}

Knowledge BackwardRhs(Opcode opcode, const Knowledge& result, const Knowledge& a, const Knowledge& b) {
  if (ir::IsCommutative(opcode)) return BackwardLhs(opcode, result, b, a);
  if (opcode != Opcode::kSub || result.IsContradiction() || a.IsContradiction()) return {};
  return Subtract(a, result);
}

}  // namespace bpfopt::passes
