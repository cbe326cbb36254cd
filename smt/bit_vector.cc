// Bit-vector operations, folded to the normal form that smt/term.h describes: concatenations lean to the
// right, adjacent slices of one term are one slice, bitwise operations and equalities are split where
// either side has a seam, constants come last in commutative operations, and comparisons have the constant on
// the right. Every rule is an equivalence for all values; tests/smt checks them by enumeration.
#include "smt/node.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace bpfopt::smt {
namespace {

// Constants last, then by age: one order for commutative operands.
void SortOperands(const Node*& a, const Node*& b) {
  if (IsConstant(b)) return;
  if (IsConstant(a) || a->id > b->id) std::swap(a, b);
}

bool AddCannotCarry(const Node* add) {
  const std::uint64_t mask = LowMask(add->width);
  const std::uint64_t a = add->operands[0]->max;
  return a <= mask && add->operands[1]->max <= mask - a;
}

// Where the slices of `node` begin, ascending; a constant has a seam where its bits change.
void AppendSeams(const Node* node, std::vector<unsigned>& seams) {
  unsigned low = 0;
  for (const Node* slice : Slices(node)) {
    seams.push_back(low);
    if (IsConstant(slice)) {
      for (unsigned i = 1; i < slice->width; ++i) {
        if (((slice->value >> i) & 1) != ((slice->value >> (i - 1)) & 1)) seams.push_back(low + i);
      }
    }
    low += slice->width;
  }
}

// The seams of both, each once, ending with the width.
std::vector<unsigned> CommonSeams(const Node* a, const Node* b) {
  std::vector<unsigned> seams;
  AppendSeams(a, seams);
  AppendSeams(b, seams);
  std::sort(seams.begin(), seams.end());
  seams.erase(std::unique(seams.begin(), seams.end()), seams.end());
  seams.push_back(a->width);
  return seams;
}

// As CommonSeams, for comparisons: a seam inside of a constant alone does not help.
std::vector<unsigned> CommonSliceSeams(const Node* a, const Node* b) {
  std::vector<unsigned> seams;
  for (const Node* side : {a, b}) {
    unsigned low = 0;
    for (const Node* slice : Slices(side)) {
      seams.push_back(low);
      low += slice->width;
    }
  }
  std::sort(seams.begin(), seams.end());
  seams.erase(std::unique(seams.begin(), seams.end()), seams.end());
  seams.push_back(a->width);
  return seams;
}

// A slice of a sum can come out as a concatenation, or as any constant.
bool HasSeam(const Node* node) {
  if (IsConstant(node)) return node->value != 0 && node->value != LowMask(node->width);
  return node->op == Op::kConcat;
}

bool IsBitwise(Op op) { return op == Op::kBitAnd || op == Op::kBitOr || op == Op::kBitXor; }

}  // namespace

std::vector<const Node*> Slices(const Node* node) {
  std::vector<const Node*> slices;
  for (; node->op == Op::kConcat; node = node->operands[1]) slices.push_back(node->operands[0]);
  slices.push_back(node);
  std::reverse(slices.begin(), slices.end());
  return slices;
}

const Node* Context::Impl::Constant(std::uint64_t value, unsigned width) {
  return Intern(Op::kConstant, width, nullptr, nullptr, nullptr, value & LowMask(width));
}

const Node* Context::Impl::Add(const Node* a, const Node* b) {
  assert(a->width == b->width);
  const unsigned width = a->width;
  SortOperands(a, b);
  if (IsConstant(b)) {
    if (IsConstant(a)) return Constant(a->value + b->value, width);
    if (b->value == 0) return a;
    if (a->op == Op::kAdd && IsConstant(a->operands[1])) {
      return Add(a->operands[0], Constant(a->operands[1]->value + b->value, width));
    }
    return Intern(Op::kAdd, width, a, b);
  }
  // Constants outwards: (x + c) + y = (x + y) + c.
  for (int swap = 0; swap < 2; ++swap, std::swap(a, b)) {
    if (a->op == Op::kAdd && IsConstant(a->operands[1])) return Add(Add(a->operands[0], b), a->operands[1]);
  }
  if (a == BitNot(b)) return Constant(LowMask(width), width);
  return Intern(Op::kAdd, width, a, b);
}

const Node* Context::Impl::Mul(const Node* a, const Node* b) {
  assert(a->width == b->width);
  const unsigned width = a->width;
  SortOperands(a, b);
  if (IsConstant(b)) {
    if (IsConstant(a)) return Constant(a->value * b->value, width);
    if (b->value == 0) return b;
    if (std::has_single_bit(b->value)) return Shl(a, Constant(std::countr_zero(b->value), width));
  }
  return Intern(Op::kMul, width, a, b);
}

const Node* Context::Impl::UDiv(const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (IsConstant(b) && b->value != 0) {
    if (IsConstant(a)) return Constant(a->value / b->value, a->width);
    if (std::has_single_bit(b->value)) return LShr(a, Constant(std::countr_zero(b->value), a->width));
    if (a->max < b->value) return Constant(0, a->width);
  }
  // By 0 too: the quotient is all ones then.
  if (a == b) {
    return Ite(Eq(a, Constant(0, a->width)), Constant(LowMask(a->width), a->width), Constant(1, a->width));
  }
  return Intern(Op::kUDiv, a->width, a, b);
}

const Node* Context::Impl::URem(const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (IsConstant(b)) {
    if (b->value == 0 || a->max < b->value) return a;
    if (IsConstant(a)) return Constant(a->value % b->value, a->width);
    if (std::has_single_bit(b->value)) return Bitwise(Op::kBitAnd, a, Constant(b->value - 1, a->width));
  }
  if (a == b) return Constant(0, a->width);  // by 0 too: the remainder is the dividend then
  return Intern(Op::kURem, a->width, a, b);
}

// `a` and `b` are single slices of the operands, and usually have no seam inside.
const Node* Context::Impl::BitwiseSlice(Op op, const Node* a, const Node* b) {
  if (HasSeam(a) || HasSeam(b)) return Bitwise(op, a, b);
  SortOperands(a, b);
  if (a == b) return op == Op::kBitXor ? Constant(0, a->width) : a;
  if (IsConstant(b)) {
    const bool ones = b->value != 0;
    if (op == Op::kBitAnd) return ones ? a : b;
    if (op == Op::kBitOr) return ones ? b : a;
    return ones ? BitNot(a) : a;
  }
  if (a == BitNot(b)) return Constant(op == Op::kBitAnd ? 0 : LowMask(a->width), a->width);
  return Intern(op, a->width, a, b);
}

const Node* Context::Impl::Bitwise(Op op, const Node* a, const Node* b) {
  assert(a->width == b->width);
  const std::vector<unsigned> seams = CommonSeams(a, b);
  const Node* result = nullptr;
  for (std::size_t i = 0; i + 1 < seams.size(); ++i) {
    const unsigned low = seams[i];
    const unsigned high = seams[i + 1] - 1;
    const Node* slice = BitwiseSlice(op, Extract(a, high, low), Extract(b, high, low));
    result = result == nullptr ? slice : Concat(slice, result);
  }
  return result;
}

const Node* Context::Impl::BitNot(const Node* a) {
  switch (a->op) {
    case Op::kConstant:
      return Constant(~a->value, a->width);
    case Op::kBitNot:
      return a->operands[0];
    case Op::kConcat:
      return Concat(BitNot(a->operands[0]), BitNot(a->operands[1]));
    case Op::kAdd:  // ~(x + c) = ~x - c, so that a difference from a sum and a sum with a difference meet
      if (!IsConstant(a->operands[1])) break;
      return Add(BitNot(a->operands[0]), Constant(0 - a->operands[1]->value, a->width));
    default:
      break;
  }
  return Intern(Op::kBitNot, a->width, a);
}

const Node* Context::Impl::Shl(const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (IsConstant(b)) {
    if (b->value == 0) return a;
    if (b->value >= a->width) return Constant(0, a->width);
    const auto by = static_cast<unsigned>(b->value);
    return Concat(Extract(a, a->width - 1 - by, 0), Constant(0, by));
  }
  if (IsConstant(a) && a->value == 0) return a;
  return Intern(Op::kShl, a->width, a, b);
}

const Node* Context::Impl::LShr(const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (IsConstant(b)) {
    if (b->value == 0) return a;
    if (b->value >= a->width) return Constant(0, a->width);
    const auto by = static_cast<unsigned>(b->value);
    return Concat(Constant(0, by), Extract(a, a->width - 1, by));
  }
  if (IsConstant(a) && a->value == 0) return a;
  return Intern(Op::kLShr, a->width, a, b);
}

const Node* Context::Impl::Concat(const Node* high, const Node* low) {
  assert(high->width + low->width <= 64);
  if (high->op == Op::kConcat) return Concat(high->operands[0], Concat(high->operands[1], low));
  const Node* first = low->op == Op::kConcat ? low->operands[0] : low;
  const Node* merged = nullptr;
  if (IsConstant(high) && IsConstant(first)) {
    merged = Constant(high->value << first->width | first->value, high->width + first->width);
  } else if (high->op == Op::kExtract && first->op == Op::kExtract &&
             high->operands[0] == first->operands[0] && high->value == first->value + first->width) {
    const auto lowest = static_cast<unsigned>(first->value);
    merged = Extract(high->operands[0], lowest + first->width + high->width - 1, lowest);
  }
  if (merged != nullptr) return first == low ? merged : Concat(merged, low->operands[1]);
  // A sum that cannot carry is the same in more bits.
  if (IsConstant(high) && high->value == 0 && low->op == Op::kAdd && AddCannotCarry(low)) {
    return Add(Concat(high, low->operands[0]), Concat(high, low->operands[1]));
  }
  return Intern(Op::kConcat, high->width + low->width, high, low);
}

const Node* Context::Impl::Extract(const Node* a, unsigned high, unsigned low) {
  assert(low <= high && high < a->width);
  const unsigned width = high - low + 1;
  if (width == a->width) return a;
  switch (a->op) {
    case Op::kConstant:
      return Constant(a->value >> low, width);
    case Op::kExtract: {
      const auto base = static_cast<unsigned>(a->value);
      return Extract(a->operands[0], base + high, base + low);
    }
    case Op::kConcat: {
      const unsigned seam = a->operands[1]->width;
      if (high < seam) return Extract(a->operands[1], high, low);
      if (low >= seam) return Extract(a->operands[0], high - seam, low - seam);
      return Concat(Extract(a->operands[0], high - seam, 0), Extract(a->operands[1], seam - 1, low));
    }
    case Op::kBitNot:
      return BitNot(Extract(a->operands[0], high, low));
    case Op::kAdd:
      if (low == 0) return Add(Extract(a->operands[0], high, 0), Extract(a->operands[1], high, 0));
      break;
    case Op::kMul:
      if (low == 0) return Mul(Extract(a->operands[0], high, 0), Extract(a->operands[1], high, 0));
      break;
    default:
      if (IsBitwise(a->op)) {
        return Bitwise(a->op, Extract(a->operands[0], high, low), Extract(a->operands[1], high, low));
      }
      break;
  }
  if (a->max >> low == 0) return Constant(0, width);
  return Intern(Op::kExtract, width, a, nullptr, nullptr, low);
}

// Both sides are single slices.
const Node* Context::Impl::EqSlice(const Node* a, const Node* b) {
  SortOperands(a, b);
  if (a == b) return true_;
  if (IsConstant(b)) {
    if (IsConstant(a) || b->value > a->max) return false_;
    if (a->op == Op::kAdd && IsConstant(a->operands[1])) {
      return Eq(a->operands[0], Constant(b->value - a->operands[1]->value, a->width));
    }
    if (a->op == Op::kBitNot) return Eq(a->operands[0], Constant(~b->value, a->width));
    if (a->op == Op::kBitXor && b->value == 0) return Eq(a->operands[0], a->operands[1]);
    if (a->op == Op::kIte && IsConstant(a->operands[1]) && IsConstant(a->operands[2])) {
      return Ite(a->operands[0], Bool(a->operands[1] == b), Bool(a->operands[2] == b));
    }
    return Intern(Op::kEq, 0, a, b);
  }
  if (a->op == Op::kAdd && b->op == Op::kAdd && a->operands[1] == b->operands[1]) {
    return Eq(a->operands[0], b->operands[0]);
  }
  return Intern(Op::kEq, 0, a, b);
}

const Node* Context::Impl::Eq(const Node* a, const Node* b) {
  assert(a->width == b->width);
  const std::vector<unsigned> seams = CommonSliceSeams(a, b);
  const Node* result = true_;
  for (std::size_t i = 0; i + 1 < seams.size(); ++i) {
    const unsigned low = seams[i];
    const unsigned high = seams[i + 1] - 1;
    const Node* left = Extract(a, high, low);
    const Node* right = Extract(b, high, low);
    // An extract may have found seams of its own (a slice of a sum of concatenations).
    const bool single = left->op != Op::kConcat && right->op != Op::kConcat;
    result = And(result, single ? EqSlice(left, right) : Eq(left, right));
  }
  return result;
}

// a < bound
const Node* Context::Impl::UltConstant(const Node* a, std::uint64_t bound) {
  if (bound == 0) return false_;
  if (a->max < bound) return true_;
  const unsigned width = a->width;
  const auto zeros = static_cast<unsigned>(std::countr_zero(bound));
  // The lowest `zeros` bits never matter: x < 8 asks whether x[31:3] is 0.
  if (zeros > 0) return UltConstant(Extract(a, width - 1, zeros), bound >> zeros);
  if (bound == 1) return Eq(a, Constant(0, width));
  if (bound == LowMask(width)) return Not(Eq(a, Constant(bound, width)));
  // Leading zeros of `a` say nothing.
  const auto needed = static_cast<unsigned>(std::bit_width(a->max));
  if (needed < width) return UltConstant(Extract(a, needed - 1, 0), bound);
  return Intern(Op::kUlt, 0, a, Constant(bound, width));
}

const Node* Context::Impl::Ult(const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (a == b || b->max == 0) return false_;
  if (IsConstant(a)) {
    if (IsConstant(b)) return Bool(a->value < b->value);
    if (a->value == LowMask(a->width)) return false_;
    return Not(UltConstant(b, a->value + 1));
  }
  if (IsConstant(b)) return UltConstant(a, b->value);
  const auto needed = static_cast<unsigned>(std::bit_width(std::max(a->max, b->max)));
  if (needed > 0 && needed < a->width) return Ult(Extract(a, needed - 1, 0), Extract(b, needed - 1, 0));
  return Intern(Op::kUlt, 0, a, b);
}

const Node* Context::Impl::Select(const Node* array, const Node* address) {
  assert(array->op == Op::kArray && array->width == address->width);
  return Intern(Op::kSelect, 8, array, address);
}

}  // namespace bpfopt::smt
