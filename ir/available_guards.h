// Which guards have been performed on every path to a point, and what they imply: a forward data-flow
// analysis that meets over predecessors.
//
//   b0:
//     need [12]:2                                  b1 has [0..14): each narrower or lower load is
//     if ldh[12] == 0x800 then b1 else b2          guarded there, and `need [6]:4` is implied.
#ifndef BPFOPT_IR_AVAILABLE_GUARDS_H
#define BPFOPT_IR_AVAILABLE_GUARDS_H

#include "ir/function.h"
#include "ir/upper_bounds.h"

#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::ir {

// What the guards on all paths to one point imply. Cheap to copy; Add() changes this copy alone. Needs the
// UpperBounds that it was made with to stay alive.
class GuardFacts {
 public:
  GuardFacts(Target target, const UpperBounds& bounds) : target_(target), bounds_(&bounds) {}

  // Whether `guard` cannot fail here.
  bool Implies(const Guard& guard) const;
  // Whether the guard that `value` needs, if it is a load, a division or a modulus, is implied. Its operands
  // are not looked at.
  bool Allows(const Value* value) const;
  void Add(const Guard& guard);
  // Keeps what both imply.
  void Meet(const GuardFacts& other);

 private:
  // A fact is a key with a number; of two facts with one key the greater number implies the smaller.
  struct Key {
    enum class Kind : std::uint8_t {
      kEnd,      // base + number <= captured length, where base + offset never wraps
      kExact,    // this very guard on base, offset and width
      kNonZero,  // base != 0
    };
    Kind kind;
    std::uint32_t base;  // the value's id, all ones for an absolute load
    std::uint32_t offset = 0;
    std::uint32_t width = 0;

    friend bool operator==(const Key&, const Key&) = default;
    friend bool operator<(const Key& a, const Key& b) {
      return std::tie(a.kind, a.base, a.offset, a.width) < std::tie(b.kind, b.base, b.offset, b.width);
    }
  };
  using Fact = std::pair<Key, std::uint64_t>;
  using Facts = std::vector<Fact>;  // ordered by key

  Fact FactFor(const Guard& guard) const;
  bool Has(const Fact& fact) const;

  Target target_;
  const UpperBounds* bounds_;
  std::shared_ptr<const Facts> facts_;  // null: none; shared between blocks that add nothing
};

class AvailableGuards {
 public:
  // The function must have no loop. Time and space grow with the number of blocks, times the number of
  // distinct bases and divisors guarded on one path.
  explicit AvailableGuards(const Function& function);
  AvailableGuards(const AvailableGuards&) = delete;
  AvailableGuards& operator=(const AvailableGuards&) = delete;

  // At the start of a reachable block, before its own guards.
  const GuardFacts& AtStart(const Block* block) const { return at_start_[block->id()]; }

 private:
  UpperBounds bounds_;
  std::vector<GuardFacts> at_start_;
};

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_AVAILABLE_GUARDS_H
