// What is known of the values at a point: known bits, range sets, and bytes of the packet, so that a test of a
// half-word informs one of its bytes. The cheap domain behind predicate simplification and jump threading.
#ifndef BPFOPT_PASSES_FACTS_H
#define BPFOPT_PASSES_FACTS_H

#include <cstdint>
#include <map>
#include <optional>

#include "ir/function.h"
#include "passes/range_set.h"

namespace bpfopt::passes {

// A word that satisfies both: bits in `zeros` are 0, bits in `ones` are 1, and the word is in `range`.
struct Knowledge {
  std::uint32_t zeros = 0;
  std::uint32_t ones = 0;
  RangeSet range = RangeSet::Full();

  bool IsContradiction() const { return (zeros & ones) != 0 || range.IsEmpty(); }
  friend bool operator==(const Knowledge&, const Knowledge&) = default;
};

// What holds on one edge or at one block's entry. A value type; copies are independent. Cheap: Learn and Of
// cost the size of the value's expression (bounded), sets are kept to a bounded number of ranges (what does not fit
// is forgotten, which is sound).
class Facts {
 public:
  // The value is in `set`. Propagates backwards through masks, shifts, constant additions, exclusive-or with
  // constants, and into the packet's bytes. False when this contradicts what is known: the point cannot be reached.
  bool Learn(const ir::Value* value, const RangeSet& set);
  // The comparison has this outcome. Also relates two non-constant sides where the domain can say it.
  bool Learn(const ir::Branch& branch, bool outcome);

  // All that is known of a value: by its structure (a byte load is below 256), by facts about it, its operands
  // and the bytes it is made of.
  Knowledge Of(const ir::Value* value) const;
  // The outcome of a comparison, when known.
  std::optional<bool> Decide(const ir::Branch& branch) const;

  // Keeps what both know.
  void Meet(const Facts& other);
  bool contradictory() const { return contradictory_; }
  // Forgets everything about values that `relevant` does not accept; for memo keys.
  friend bool operator==(const Facts&, const Facts&) = default;

 private:
  // Direct facts by value id (ids, not pointers: order must not depend on addresses).
  struct ByteKey {
    std::uint32_t base;  // id of the base value + 1; 0 for an absolute load
    std::uint32_t offset;
    auto operator<=>(const ByteKey&) const = default;
  };
  struct ByteBits {
    std::uint8_t zeros = 0;
    std::uint8_t ones = 0;
    friend bool operator==(const ByteBits&, const ByteBits&) = default;
  };
  std::map<std::uint32_t, Knowledge> values_;
  std::map<ByteKey, ByteBits> bytes_;
  bool contradictory_ = false;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_FACTS_H
