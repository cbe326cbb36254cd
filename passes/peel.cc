// Each step takes one operation off the tested value, so they end. A step maps every case's words backwards;
// words that the value cannot have join their neighbours.
#include "passes/peel.h"

#include "passes/linear_form.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

constexpr std::uint32_t kLastWord = 0xffffffff;
// Words of a masked value are listed one by one when this many bits are unknown at most.
constexpr int kMaxListedBits = 6;

std::uint32_t LowBits(std::uint32_t count) {
  return count >= 32 ? kLastWord : (std::uint32_t{1} << count) - 1;
}
bool IsLowMask(std::uint32_t word) { return (word & (word + 1)) == 0; }

struct Piece {
  Range words;
  std::uint32_t edge;
};

// The cases as ranges, each mapped by a function from a range to pieces.
template <typename Map>
std::vector<Piece> MapPieces(const Partition& partition, Map map) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < partition.cases.size(); ++i) {
    const std::uint32_t last = i + 1 < partition.cases.size() ? partition.cases[i + 1].first - 1 : kLastWord;
    for (const Range mapped : map(Range{partition.cases[i].first, last})) {
      pieces.push_back({mapped, partition.cases[i].edge});
    }
  }
  return pieces;
}

// A partition from disjoint pieces; words in no piece go with those below them.
std::optional<Partition> FromPieces(const Partition& old, const Value* value, std::vector<Piece> pieces) {
  if (pieces.empty()) return std::nullopt;
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.words.first < b.words.first; });
  Partition partition{value, {}, old.edges};
  for (const Piece& piece : pieces) {
    if (!partition.cases.empty() && partition.cases.back().edge == piece.edge) continue;
    partition.cases.push_back({partition.cases.empty() ? 0 : piece.words.first, piece.edge});
  }
  return partition;
}

std::vector<Range> ListOf(const RangeSet& set) { return {set.ranges().begin(), set.ranges().end()}; }

std::vector<Range> Rotated(Range range, std::uint32_t delta) {
  return ListOf(RangeSet::Of(range.first, range.last).Rotate(delta));
}
std::vector<Range> Optional(std::uint64_t first, std::uint64_t last) {
  if (first > last || first > kLastWord) return {};
  return {{static_cast<std::uint32_t>(first),
           static_cast<std::uint32_t>(std::min<std::uint64_t>(last, kLastWord))}};
}

// The words of `v & kept` in the range, where `kept` is a prefix of all 32 bits: words of v.
std::vector<Range> UnmaskedPrefix(Range range, std::uint32_t kept) {
  const std::uint64_t first = (std::uint64_t{range.first} + ~kept) & ~std::uint64_t{~kept};
  const std::uint32_t last = range.last & kept;
  if (first > last) return {};
  return {{static_cast<std::uint32_t>(first), last | ~kept}};
}

// { w ^ word : w in range } as ranges: aligned blocks keep together.
std::vector<Range> Flipped(Range range, std::uint32_t word) {
  std::vector<Range> blocks;
  std::uint64_t next = range.first;
  while (next <= range.last) {
    std::uint64_t size = next == 0 ? std::uint64_t{1} << 32 : next & (0 - next);
    while (next + size - 1 > range.last) size /= 2;
    const auto inside = static_cast<std::uint32_t>(size - 1);
    const std::uint32_t first = (static_cast<std::uint32_t>(next) ^ word) & ~inside;
    blocks.push_back({first, first | inside});
    next += size;
  }
  return ListOf(RangeSet::FromRanges(std::move(blocks)));
}

std::optional<Partition> PeelAnd(ValueSimplifier& values, const Partition& partition) {
  const Value* inner = partition.value->lhs();
  const std::uint32_t mask = partition.value->rhs()->constant();
  const std::uint32_t kept = mask | values.KnownOf(inner).zeros;
  if (!IsLowMask(~kept)) return std::nullopt;
  return FromPieces(partition, inner,
                    MapPieces(partition, [kept](Range r) { return UnmaskedPrefix(r, kept); }));
}

std::optional<Partition> PeelXor(const Partition& partition) {
  const std::uint32_t word = partition.value->rhs()->constant();
  std::optional<Partition> flipped = FromPieces(
      partition, partition.value->lhs(), MapPieces(partition, [word](Range r) { return Flipped(r, word); }));
  // A bound that falls in the middle of what is flipped gives many cases.
  if (flipped && flipped->cases.size() > partition.cases.size() + 1) return std::nullopt;
  return flipped;
}

// Also where high bits are shifted out: then the value is masked instead.
std::optional<Partition> PeelShl(ValueSimplifier& values, const Partition& partition, std::uint32_t shift) {
  const Value* inner = values.Make(Opcode::kAnd, partition.value->lhs(), kLastWord >> shift);
  return FromPieces(partition, inner, MapPieces(partition, [shift](Range r) {
                      const std::uint64_t first = (std::uint64_t{r.first} + LowBits(shift)) >> shift;
                      return Optional(first, r.last >> shift);
                    }));
}

std::optional<Partition> PeelShr(const Partition& partition, std::uint32_t shift) {
  const std::uint32_t greatest = kLastWord >> shift;
  return FromPieces(partition, partition.value->lhs(), MapPieces(partition, [=](Range r) {
                      if (r.first > greatest) return std::vector<Range>();
                      return Optional(r.first << shift, std::min(r.last, greatest) << shift | LowBits(shift));
                    }));
}

std::optional<Partition> PeelMul(ValueSimplifier& values, const Partition& partition, std::uint32_t factor) {
  const Knowledge& known = values.KnownOf(partition.value->lhs());
  if (factor == 0 || std::uint64_t{known.range.Max()} * factor > kLastWord) return std::nullopt;
  return FromPieces(partition, partition.value->lhs(), MapPieces(partition, [factor](Range r) {
                      return Optional((std::uint64_t{r.first} + factor - 1) / factor, r.last / factor);
                    }));
}

std::optional<Partition> PeelDiv(const Partition& partition, std::uint32_t divisor) {
  if (divisor == 0) return std::nullopt;
  return FromPieces(partition, partition.value->lhs(), MapPieces(partition, [divisor](Range r) {
                      return Optional(std::uint64_t{r.first} * divisor,
                                      std::uint64_t{r.last} * divisor + (divisor - 1));
                    }));
}

// a | c where no bit is in both is a + c.
bool IsDisjointOr(ValueSimplifier& values, const Value* value) {
  return value->opcode() == Opcode::kOr &&
         (value->rhs()->constant() & ~values.KnownOf(value->lhs()).zeros) == 0;
}

std::optional<Partition> PeelOnce(ValueSimplifier& values, const Partition& partition) {
  const Value* value = partition.value;
  if (value->opcode() == Opcode::kNeg || (value->opcode() == Opcode::kSub && value->lhs()->IsConstant())) {
    // c - v is in the range when v is in c - range.
    const bool is_negation = value->opcode() == Opcode::kNeg;
    const std::uint32_t from = is_negation ? 0 : value->lhs()->constant();
    const Value* inner = is_negation ? value->lhs() : value->rhs();
    return FromPieces(partition, inner, MapPieces(partition, [from](Range r) {
                        return Rotated({~r.last, ~r.first}, from + 1);
                      }));
  }
  if (!ir::IsBinary(value->opcode()) || !value->rhs()->IsConstant()) return std::nullopt;
  const std::uint32_t constant = value->rhs()->constant();
  if (value->opcode() == Opcode::kAdd || IsDisjointOr(values, value)) {
    return FromPieces(partition, value->lhs(),
                      MapPieces(partition, [constant](Range r) { return Rotated(r, 0 - constant); }));
  }
  switch (value->opcode()) {
    case Opcode::kAnd:
      return PeelAnd(values, partition);
    case Opcode::kXor:
      return PeelXor(partition);
    case Opcode::kShl:
      return constant < 32 ? PeelShl(values, partition, constant) : std::nullopt;
    case Opcode::kShr:
      return constant < 32 ? PeelShr(partition, constant) : std::nullopt;
    case Opcode::kMul:
      return PeelMul(values, partition, constant);
    case Opcode::kDiv:
      return PeelDiv(partition, constant);
    default:
      return std::nullopt;
  }
}

// The words that satisfy `known`: its ranges, or each word when few bits are unknown.
RangeSet PossibleWords(const Knowledge& known) {
  const std::uint32_t unknown = ~(known.zeros | known.ones);
  if (std::popcount(unknown) > kMaxListedBits) return known.range;
  std::vector<Range> words;
  std::uint32_t subset = 0;
  do {
    words.push_back({known.ones | subset, known.ones | subset});
    subset = (subset - unknown) & unknown;  // the next subset of the unknown bits
  } while (subset != 0);
  return RangeSet::FromRanges(std::move(words)).Intersect(known.range);
}

// When 0 alone takes one of two edges, as far as `possible` goes: that as {0} against the rest.
std::optional<Partition> ZeroAgainstTheRest(const Partition& partition, const RangeSet& possible) {
  std::optional<std::uint32_t> others;
  for (std::uint32_t i = 0; i < partition.edges.size(); ++i) {
    const RangeSet words = WordsFor(partition, i).Intersect(possible);
    if (words.IsEmpty() || words == RangeSet::Of(0)) continue;
    if (words.Contains(0) || others) return std::nullopt;
    others = i;
  }
  if (!others || !possible.Contains(0)) return std::nullopt;
  Partition zero{partition.value, {{0, partition.cases.front().edge}, {1, *others}}, partition.edges};
  return zero;
}

bool IsZeroAgainstTheRest(const Partition& partition) {
  return partition.cases.size() == 2 && partition.cases[1].first == 1;
}

Partition Restricted(ValueSimplifier& values, const Partition& partition) {
  const Knowledge& known = values.KnownOf(partition.value);
  if (known.IsContradiction()) return partition;
  const RangeSet possible = PossibleWords(known);
  if (partition.value->opcode() == Opcode::kAnd) {
    if (std::optional<Partition> zero = ZeroAgainstTheRest(partition, possible)) return *zero;
  }
  return Restrict(partition, possible);
}

// sum == 0 as a comparison of what is added with what is subtracted; nothing where either is missing.
std::optional<ir::Branch> AsEquality(ValueSimplifier& values, const Value* sum) {
  const LinearForm form = LinearFormOf(sum);
  LinearForm added;
  LinearForm subtracted;
  for (const LinearForm::Term& term : form.terms) {
    if (term.factor >> 31 != 0) {
      subtracted.terms.push_back({term.value, 0 - term.factor});
    } else {
      added.terms.push_back(term);
    }
  }
  if (form.constant != 0 || added.terms.empty() || subtracted.terms.empty()) return std::nullopt;
  const Value* lhs = MakeValue(values.function(), added);
  const Value* rhs = MakeValue(values.function(), subtracted);
  if (rhs->id() < lhs->id()) std::swap(lhs, rhs);
  return ir::Branch{ir::Compare::kEqual, lhs, rhs, {}, {}};
}

std::optional<ir::Branch> AsTwoSidedTest(ValueSimplifier& values, const Value* value) {
  switch (value->opcode()) {
    case Opcode::kAdd:
    case Opcode::kSub:
      return AsEquality(values, value);
    case Opcode::kXor:
      if (value->rhs()->IsConstant()) return std::nullopt;
      return ir::Branch{ir::Compare::kEqual, value->lhs(), value->rhs(), {}, {}};
    default:
      return std::nullopt;
  }
}

}  // namespace

Partition Peel(ValueSimplifier& values, Partition partition) {
  partition = Restricted(values, partition);
  while (std::optional<Partition> peeled = PeelOnce(values, partition)) {
    partition = Restricted(values, *peeled);
  }
  return partition;
}

ir::Terminator ToSimplestTerminator(ValueSimplifier& values, Partition partition) {
  const Value* value = partition.value;
  ir::Switch choice{value, std::move(partition.cases), std::move(partition.edges)};
  if (!value->IsConstant()) choice.Canonicalize();
  partition = {value, std::move(choice.cases), std::move(choice.edges)};
  if (!IsZeroAgainstTheRest(partition)) return ToTerminator(values.function(), std::move(partition));
  ir::Edge& zero = partition.edges[0];
  ir::Edge& rest = partition.edges[1];
  if (value->opcode() == Opcode::kAnd && !value->rhs()->IsConstant()) {
    return ir::Branch{ir::Compare::kAnySet, value->lhs(), value->rhs(), std::move(rest), std::move(zero)};
  }
  if (std::optional<ir::Branch> test = AsTwoSidedTest(values, value)) {
    test->then_edge = std::move(zero);
    test->else_edge = std::move(rest);
    return *std::move(test);
  }
  return ToTerminator(values.function(), std::move(partition));
}

}  // namespace bpfopt::passes
