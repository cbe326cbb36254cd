#include "passes/field.h"

#include "passes/knowledge.h"

#include <algorithm>
#include <bit>

namespace bpfopt::passes {
namespace {

// Words of a field are looked at one by one when this many of its bits are open at most.
constexpr int kMaxListedBits = 8;

bool IsLowMask(std::uint32_t word) { return (word & (word + 1)) == 0; }

// Are all words that have `fixed` and any of the bits `open` in the set?
bool HoldsAll(const RangeSet& words, std::uint32_t fixed, std::uint32_t open) {
  std::uint32_t subset = 0;
  do {
    if (!words.Contains(fixed | subset)) return false;
    subset = (subset - open) & open;  // the next subset of the open bits
  } while (subset != 0);
  return true;
}

}  // namespace

std::uint32_t AllBits(unsigned width) { return width == 4 ? 0xffffffff : (1U << (8 * width)) - 1; }

std::optional<Field> FieldOf(const ir::Value* value) {
  std::uint32_t mask = 0xffffffff;
  if (value->opcode() == ir::Opcode::kAnd && value->rhs()->IsConstant()) {
    mask = value->rhs()->constant();
    value = value->lhs();
  }
  if (value->opcode() != ir::Opcode::kLoad) return std::nullopt;
  return Field{value->base(), value->offset(), value->width(), mask & AllBits(value->width())};
}

const ir::Value* ValueOf(ir::Function& function, const Field& field) {
  const ir::Value* load = function.MakeLoad(field.base, field.offset, field.width);
  if (field.mask == AllBits(field.width)) return load;
  return function.MakeBinary(ir::Opcode::kAnd, load, function.MakeConstant(field.mask));
}

std::optional<Field> CommonField(const Field& a, const Field& b, const bpf::CookedHeader& cooked) {
  if (a.base != b.base) return std::nullopt;
  const std::uint64_t end = std::max(a.end(), b.end());
  const std::uint64_t span = end - std::min(a.offset, b.offset);
  if (span > 4) return std::nullopt;
  const unsigned width = span <= 1 ? 1 : span <= 2 ? 2 : 4;
  if (end < width || end > 0x7fffffff) return std::nullopt;
  Field common{a.base, static_cast<std::uint32_t>(end - width), width, 0};
  if (common.offset < cooked.header_bytes) return std::nullopt;
  common.mask = a.mask << ShiftInto(common, a) | b.mask << ShiftInto(common, b);
  return common;
}

unsigned ShiftInto(const Field& common, const Field& field) {
  return 8 * static_cast<unsigned>(common.end() - field.end());
}

RangeSet PossibleWords(const Field& field, const RangeSet& words) {
  return Knowledge::Reduced({~field.mask, 0, words}).range;
}

std::optional<Cube> CubeOf(const Field& field, const RangeSet& words) {
  const Knowledge known = Knowledge::Reduced({~field.mask, 0, words});
  if (known.IsContradiction()) return std::nullopt;
  const std::uint32_t open = ~(known.zeros | known.ones);
  Cube cube{field, known.ones};
  cube.field.mask &= ~open;
  // Bits below the highest open one that the field does not have are 0 in every word of it.
  const std::uint32_t below = open == 0 ? 0 : AllBits(4) >> std::countl_zero(open);
  const std::uint32_t run = open | (below & ~field.mask);
  const bool is_run = IsLowMask(run) && words.ContainsAll(RangeSet::Of(known.ones, known.ones | run));
  if (is_run || (std::popcount(open) <= kMaxListedBits && HoldsAll(words, known.ones, open))) return cube;
  return std::nullopt;
}

}  // namespace bpfopt::passes
