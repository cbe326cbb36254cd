#include "random_terms.h"

namespace bpfopt::smt {
namespace {

std::uint64_t Mask(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

using Builder = Term (Context::*)(Term, Term);

struct Operation {
  Builder build;
  std::uint64_t (*value)(std::uint64_t a, std::uint64_t b, unsigned width);
};

// Results are cut to the width by the caller.
const Operation kOperations[] = {
    {&Context::Add, [](std::uint64_t a, std::uint64_t b, unsigned) { return a + b; }},
    {&Context::Sub, [](std::uint64_t a, std::uint64_t b, unsigned) { return a - b; }},
    {&Context::Mul, [](std::uint64_t a, std::uint64_t b, unsigned) { return a * b; }},
    {&Context::BitAnd, [](std::uint64_t a, std::uint64_t b, unsigned) { return a & b; }},
    {&Context::BitOr, [](std::uint64_t a, std::uint64_t b, unsigned) { return a | b; }},
    {&Context::BitXor, [](std::uint64_t a, std::uint64_t b, unsigned) { return a ^ b; }},
    {&Context::UDiv,
     [](std::uint64_t a, std::uint64_t b, unsigned) { return b == 0 ? ~std::uint64_t{0} : a / b; }},
    {&Context::URem, [](std::uint64_t a, std::uint64_t b, unsigned) { return b == 0 ? a : a % b; }},
    {&Context::Shl, [](std::uint64_t a, std::uint64_t b, unsigned w) { return b >= w ? 0 : a << b; }},
    {&Context::LShr, [](std::uint64_t a, std::uint64_t b, unsigned w) { return b >= w ? 0 : a >> b; }},
};

const Operation kComparisons[] = {
    {&Context::Eq, [](std::uint64_t a, std::uint64_t b, unsigned) { return std::uint64_t{a == b}; }},
    {&Context::Ult, [](std::uint64_t a, std::uint64_t b, unsigned) { return std::uint64_t{a < b}; }},
    {&Context::Ule, [](std::uint64_t a, std::uint64_t b, unsigned) { return std::uint64_t{a <= b}; }},
};

const Operation kConnectives[] = {
    {&Context::And, [](std::uint64_t a, std::uint64_t b, unsigned) { return a & b; }},
    {&Context::Or, [](std::uint64_t a, std::uint64_t b, unsigned) { return a | b; }},
    {&Context::Iff, [](std::uint64_t a, std::uint64_t b, unsigned) { return std::uint64_t{a == b}; }},
};

Sample Binary(Context& terms, const Operation& operation, const Sample& a, const Sample& b, unsigned width) {
  const auto value = operation.value;
  return {(terms.*operation.build)(a.term, b.term), width,
          [a = a.value, b = b.value, value, operand_width = a.width, mask = Mask(width == 0 ? 1 : width)](
              const Values& values) { return value(a(values), b(values), operand_width) & mask; }};
}

Sample Choice(Context& terms, const Sample& condition, const Sample& a, const Sample& b) {
  return {terms.Ite(condition.term, a.term, b.term), a.width,
          [condition = condition.value, a = a.value, b = b.value](const Values& values) {
            return condition(values) != 0 ? a(values) : b(values);
          }};
}

}  // namespace

RandomTerms::RandomTerms(Context& terms, unsigned width, std::uint32_t seed)
    : terms_(terms),
      width_(width),
      random_(seed),
      variables_{terms.Variable("x", width), terms.Variable("y", width), terms.Variable("z", width)} {}

Sample RandomTerms::Leaf(unsigned width) {
  if (width == width_ && Below(3) != 0) {
    const unsigned index = Below(3);
    return {variables_[index], width, [index](const Values& values) { return values[index]; }};
  }
  const std::uint64_t value = random_() & Mask(width);
  return {terms_.Constant(value, width), width, [value](const Values&) { return value; }};
}

// Extensions, slices and concatenations, which make the other widths.
Sample RandomTerms::Resized(unsigned depth, unsigned width) {
  if (width > 1 && Below(2) == 0) {
    const unsigned low_width = 1 + Below(width - 1);
    const Sample low = BitVector(depth - 1, low_width);
    if (Below(2) == 0) {
      return {terms_.ZeroExtend(low.term, width), width, low.value};
    }
    const Sample high = BitVector(depth - 1, width - low_width);
    return {terms_.Concat(high.term, low.term), width,
            [high = high.value, low = low.value, low_width](const Values& values) {
              return high(values) << low_width | low(values);
            }};
  }
  const unsigned low = Below(3);
  const unsigned above = Below(3);
  const Sample whole = BitVector(depth - 1, width + low + above);
  return {
      terms_.Extract(whole.term, low + width - 1, low), width,
      [whole = whole.value, low, width](const Values& values) { return whole(values) >> low & Mask(width); }};
}

Sample RandomTerms::BitVector(unsigned depth, unsigned width) {
  if (depth == 0) return Leaf(width);
  switch (Below(8)) {
    case 0:
      return Leaf(width);
    case 1:
    case 2:
      return Resized(depth, width);
    case 3:
      return Choice(terms_, Bool(depth - 1), BitVector(depth - 1, width), BitVector(depth - 1, width));
    case 4: {
      const Sample a = BitVector(depth - 1, width);
      const bool negate = Below(2) == 0;
      return {negate ? terms_.Neg(a.term) : terms_.BitNot(a.term), width,
              [a = a.value, negate, width](const Values& values) {
                return (negate ? 0 - a(values) : ~a(values)) & Mask(width);
              }};
    }
    default: {
      const Operation& operation = kOperations[Below(std::size(kOperations))];
      return Binary(terms_, operation, BitVector(depth - 1, width), BitVector(depth - 1, width), width);
    }
  }
}

Sample RandomTerms::Bool(unsigned depth) {
  if (depth == 0 || Below(3) == 0) {
    const unsigned below = depth == 0 ? 0 : depth - 1;
    const unsigned width = width_ > 1 ? width_ - Below(2) : 1;
    return Binary(terms_, kComparisons[Below(std::size(kComparisons))], BitVector(below, width),
                  BitVector(below, width), 0);
  }
  switch (Below(4)) {
    case 0:
      return Choice(terms_, Bool(depth - 1), Bool(depth - 1), Bool(depth - 1));
    case 1: {
      const Sample a = Bool(depth - 1);
      return {terms_.Not(a.term), 0, [a = a.value](const Values& values) { return a(values) ^ 1; }};
    }
    default:
      return Binary(terms_, kConnectives[Below(std::size(kConnectives))], Bool(depth - 1), Bool(depth - 1),
                    0);
  }
}

std::uint64_t RandomTerms::Evaluate(Term term, const Values& values) const {
  Assignment assignment;
  assignment.variable = [&](Term variable) {
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      if (variables_[i] == variable) return values[i];
    }
    return std::uint64_t{0};
  };
  return terms_.Evaluate(term, assignment);
}

void RandomTerms::ForAllValues(const std::function<void(const Values&)>& check) const {
  const std::uint64_t bound = std::uint64_t{1} << width_;
  for (std::uint64_t x = 0; x < bound; ++x) {
    for (std::uint64_t y = 0; y < bound; ++y) {
      for (std::uint64_t z = 0; z < bound; ++z) check({x, y, z});
    }
  }
}

}  // namespace bpfopt::smt
