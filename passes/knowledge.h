// What may be known of one word: bits that are fixed, and the set of ranges that it is in; and how operations
// carry such knowledge forwards to their result and backwards to their operands.
#ifndef BPFOPT_PASSES_KNOWLEDGE_H
#define BPFOPT_PASSES_KNOWLEDGE_H

#include "ir/value.h"
#include "passes/range_set.h"

#include <cstddef>
#include <cstdint>

namespace bpfopt::passes {

// More ranges than this are not kept: the narrowest gaps are filled.
constexpr std::size_t kMaxRanges = 64;

// A word that satisfies both: bits in `zeros` are 0, bits in `ones` are 1, and the word is in `range`.
struct Knowledge {
  std::uint32_t zeros = 0;
  std::uint32_t ones = 0;
  RangeSet range = RangeSet::Full();

  static Knowledge Exactly(std::uint32_t word) { return {~word, word, RangeSet::Of(word)}; }
  static Knowledge In(RangeSet range) { return Reduced({0, 0, std::move(range)}); }
  static Knowledge WithBits(std::uint32_t zeros, std::uint32_t ones) { return Reduced({zeros, ones}); }
  // The same words as far as the domain can say it, with bits and ranges tightened by one another.
  static Knowledge Reduced(Knowledge knowledge);

  bool IsContradiction() const { return (zeros & ones) != 0 || range.IsEmpty(); }
  bool IsSingle() const { return range.IsSingle(); }
  bool IsNothing() const { return zeros == 0 && ones == 0 && range.IsFull(); }
  bool Contains(std::uint32_t word) const {
    return (word & zeros) == 0 && (~word & ones) == 0 && range.Contains(word);
  }
  // Both hold; one of them holds. Reduced.
  Knowledge And(const Knowledge& other) const;
  Knowledge Or(const Knowledge& other) const;

  friend bool operator==(const Knowledge&, const Knowledge&) = default;
};

// Known of `opcode(a, b)`, or of `opcode(a)` for a unary operation, where b does not matter. Nothing is
// claimed where targets differ: for shifts that may be by 32 or more and divisions that may be by 0.
Knowledge Forward(ir::Opcode opcode, const Knowledge& a, const Knowledge& b);

// What the result's knowledge adds about an operand, given what is known of the operands so far.
Knowledge BackwardLhs(ir::Opcode opcode, const Knowledge& result, const Knowledge& a, const Knowledge& b);
Knowledge BackwardRhs(ir::Opcode opcode, const Knowledge& result, const Knowledge& a, const Knowledge& b);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_KNOWLEDGE_H
