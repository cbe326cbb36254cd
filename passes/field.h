// Bits of the packet that one masked load reads, and the words that they must hold.
#ifndef BPFOPT_PASSES_FIELD_H
#define BPFOPT_PASSES_FIELD_H

#include "bpf/checker.h"
#include "ir/function.h"
#include "passes/range_set.h"

#include <cstdint>
#include <optional>

namespace bpfopt::passes {

// load(base, offset, width) & mask, the mask in the load's own bits.
struct Field {
  const ir::Value* base = nullptr;
  std::uint32_t offset = 0;
  unsigned width = 0;
  std::uint32_t mask = 0;

  std::uint64_t end() const { return std::uint64_t{offset} + width; }
};

// A field that must hold `word`, which has no bit outside of the field's mask.
struct Cube {
  Field field;
  std::uint32_t word = 0;
};

std::uint32_t AllBits(unsigned width);  // of a load of so many bytes

// A load, or a load masked with a constant.
std::optional<Field> FieldOf(const ir::Value* value);

// The value of a field: the load itself where the mask takes all of it.
const ir::Value* ValueOf(ir::Function& function, const Field& field);

// The shortest load that holds both fields and ends where the farther of them ends, which therefore faults
// nowhere that the two together do not. Nothing where a word does not span them, or where the backend may not
// load so (`cooked`). Masks may overlap.
std::optional<Field> CommonField(const Field& a, const Field& b, const bpf::CookedHeader& cooked);
// How many bits higher `field` stands in `common`.
unsigned ShiftInto(const Field& common, const Field& field);

// The words in `words` that the field can hold.
RangeSet PossibleWords(const Field& field, const RangeSet& words);

// That the field holds one of `words`, as one comparison of some of its bits: 0x80..0x8f of a byte is 0x80 on
// the bits 0xf0. Nothing where no comparison says it.
std::optional<Cube> CubeOf(const Field& field, const RangeSet& words);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_FIELD_H
