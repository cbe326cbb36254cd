#include "smt/bdd_words.h"

#include <algorithm>
#include <optional>

namespace bpfopt::smt {
namespace {

// What `word` is as against a constant, where all its bits are variables in their order, or constant: `equal`
// for the same, and where the first bit that differs is 1, or 0, in the constant, `at_one` or `at_zero`.
std::optional<Ref> CompareWithConstant(BddManager& manager, const Bits& word, const Bits& constant, Ref equal,
                                       Ref at_one, Ref at_zero) {
  if (!std::ranges::all_of(constant, IsConstantRef)) return std::nullopt;
  BddWord result(manager, equal);
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool bit = constant[i] == kTrue;
    const Ref miss = bit ? at_one : at_zero;
    if (IsConstantRef(word[i])) {
      if (word[i] != constant[i]) result = BddWord(manager, miss);
    } else if (!result.Add(word[i], bit, miss)) {
      return std::nullopt;
    }
  }
  return result.Close();
}

}  // namespace

Ref Equal(BddManager& manager, const Bits& a, const Bits& b) {
  if (const auto equal = CompareWithConstant(manager, a, b, kTrue, kFalse, kFalse)) return *equal;
  Ref equal = kTrue;
  for (std::size_t i = 0; i < a.size(); ++i) equal = manager.And(equal, Negate(manager.Xor(a[i], b[i])));
  return equal;
}

Ref Less(BddManager& manager, const Bits& a, const Bits& b) {
  if (const auto less = CompareWithConstant(manager, a, b, kFalse, kTrue, kFalse)) return *less;
  if (const auto greater = CompareWithConstant(manager, b, a, kFalse, kFalse, kTrue)) return *greater;
  Ref less = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    less = manager.Ite(manager.Xor(a[i], b[i]), b[i], less);
  }
  return less;
}

Bits Sum(BddManager& manager, const Bits& a, const Bits& b) {
  Bits bits(a.size());
  Ref carry = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Ref half = manager.Xor(a[i], b[i]);
    bits[i] = manager.Xor(half, carry);
    carry = manager.Ite(half, carry, a[i]);
  }
  return bits;
}

Bits Product(BddManager& manager, const Bits& a, const Bits& b) {
  Bits sum(a.size(), kFalse);
  for (std::size_t i = 0; i < b.size() && !manager.exhausted(); ++i) {
    if (b[i] == kFalse) continue;
    Bits row(a.size(), kFalse);
    for (std::size_t j = i; j < a.size(); ++j) row[j] = manager.And(b[i], a[j - i]);
    sum = Sum(manager, sum, row);
  }
  return sum;
}

Bits Choose(BddManager& manager, Ref condition, const Bits& a, const Bits& b) {
  Bits bits(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) bits[i] = manager.Ite(condition, a[i], b[i]);
  return bits;
}

Bits Shift(BddManager& manager, const Bits& a, const Bits& by, bool left) {
  Bits bits = a;
  for (std::size_t stage = 0; stage < by.size(); ++stage) {
    Bits shifted(a.size(), kFalse);
    const std::size_t distance = stage < 7 ? std::size_t{1} << stage : a.size();
    for (std::size_t i = distance; i < a.size(); ++i) {
      if (left) {
        shifted[i] = bits[i - distance];
      } else {
        shifted[i - distance] = bits[i];
      }
    }
    bits = Choose(manager, by[stage], shifted, bits);
  }
  return bits;
}

// Quotient and remainder by long division. By zero every subtraction fits, so the quotient is all ones and
// the remainder is the dividend, as SMT-LIB has it.
std::pair<Bits, Bits> Divide(BddManager& manager, const Bits& a, const Bits& b) {
  Bits quotient(a.size(), kFalse);
  // One bit more than the operands, for the shift.
  Bits rest(a.size() + 1, kFalse);
  Bits divisor = b;
  divisor.push_back(kFalse);
  Bits complement = divisor;
  for (Ref& bit : complement) bit = Negate(bit);
  Bits one(divisor.size(), kFalse);
  one[0] = kTrue;
  const Bits minus = Sum(manager, complement, one);
  for (std::size_t i = a.size(); i-- > 0 && !manager.exhausted();) {
    rest.pop_back();
    rest.insert(rest.begin(), a[i]);
    const Ref fits = Negate(Less(manager, rest, divisor));
    rest = Choose(manager, fits, Sum(manager, rest, minus), rest);
    quotient[i] = fits;
  }
  rest.pop_back();
  return {quotient, rest};
}

}  // namespace bpfopt::smt
