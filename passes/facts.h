// What is known of the values at a point: known bits, range sets, and bytes of the packet, so that a test of
// a half-word informs one of its bytes. The cheap domain behind predicate simplification and jump threading.
#ifndef BPFOPT_PASSES_FACTS_H
#define BPFOPT_PASSES_FACTS_H

#include "ir/function.h"
#include "passes/knowledge.h"
#include "passes/range_set.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::passes {

// What holds on one edge or at one block's entry. A value type; copies are independent. Cheap: Learn and Of
// cost the size of the value's expression (bounded), sets are kept to a bounded number of ranges (what does
// not fit is forgotten, which is sound).
class Facts {
 public:
  // The value is in `set`. Propagates backwards through masks, shifts, constant additions, exclusive-or with
  // constants, and into the packet's bytes. False when this contradicts what is known: the point cannot be
  // reached.
  bool Learn(const ir::Value* value, const RangeSet& set);
  bool Learn(const ir::Value* value, const Knowledge& knowledge);
  // The comparison has this outcome. Also relates two non-constant sides where the domain can say it.
  bool Learn(const ir::Branch& branch, bool outcome);

  // All that is known of a value: by its structure (a byte load is below 256), by facts about it, its
  // operands and the bytes it is made of.
  Knowledge Of(const ir::Value* value) const;
  // The same of `value & mask`, which the function need not have.
  Knowledge OfMasked(const ir::Value* value, std::uint32_t mask) const;
  // The outcome of a comparison, when known.
  std::optional<bool> Decide(const ir::Branch& branch) const;

  // Keeps what both know. What a contradictory side knows does not count: its point is never reached.
  void Meet(const Facts& other);
  bool contradictory() const { return contradictory_; }
  bool IsEmpty() const;
  friend bool operator==(const Facts&, const Facts&) = default;

 private:
  // A value and the bits of it that a fact is about: `v & 0xff` as a value and `v` on any of the bits 0xff
  // are one thing.
  struct Key {
    const ir::Value* value = nullptr;
    std::uint32_t mask = 0xffffffff;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    std::uint64_t sources = 0;  // what the value is computed from, hashed to a few of 64 bits
    Knowledge knowledge;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct ByteKey {
    std::uint32_t base;  // id of the base value + 1; 0 for an absolute load
    std::uint32_t offset;
    friend bool operator==(const ByteKey&, const ByteKey&) = default;
    friend bool operator<(const ByteKey& a, const ByteKey& b) {
      return a.base != b.base ? a.base < b.base : a.offset < b.offset;
    }
  };
  struct ByteEntry {
    ByteKey key;
    std::uint8_t zeros = 0;
    std::uint8_t ones = 0;
    friend bool operator==(const ByteEntry&, const ByteEntry&) = default;
  };
  // Outcomes of comparisons of two values that are still possible, as a set of flags.
  struct Relation {
    const ir::Value* lhs = nullptr;  // the one of lower id
    const ir::Value* rhs = nullptr;
    unsigned possible = 0;
    friend bool operator==(const Relation&, const Relation&) = default;
  };
  // How many values a question may look at yet.
  struct Budget {
    unsigned values;
    unsigned depth = 0;
  };

  static Key KeyOf(const ir::Value* value);
  static bool Precedes(const Key& a, const Key& b);

  Knowledge Evaluate(const Key& key, Budget& budget) const;
  Knowledge EvaluateAnew(const Key& key, Budget& budget) const;
  Knowledge EvaluateValue(const ir::Value* value, Budget& budget) const;
  Knowledge EvaluateLoad(const ir::Value* load, Budget& budget) const;
  Knowledge Recorded(const Key& key, Knowledge knowledge) const;
  bool BytesAreShared(const ir::Value* load, Budget& budget) const;
  unsigned PossibleRelations(const ir::Value* lhs, const ir::Value* rhs) const;

  void Refine(const Key& key, const Knowledge& knowledge, Budget& budget);
  void RefineOperands(const ir::Value* value, const Knowledge& result, Budget& budget);
  void RefineBytes(const ir::Value* load, const Knowledge& knowledge, Budget& budget);
  void Record(const Key& key, const Knowledge& knowledge);
  // Brings the entries with these sources up to date.
  void Propagate(std::uint64_t sources);
  bool LearnKey(const Key& key, const Knowledge& knowledge);
  bool LearnRelation(const ir::Value* lhs, const ir::Value* rhs, unsigned possible);
  const ByteEntry* FindByte(const ByteKey& key) const;
  const Entry* FindEntry(const Key& key) const;
  bool HasOtherEntryWith(std::uint64_t sources, const Key& key) const;

  std::vector<Entry> entries_;       // by id of the value, then mask
  std::vector<ByteEntry> bytes_;     // by key
  std::vector<Relation> relations_;  // by ids
  bool contradictory_ = false;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_FACTS_H
