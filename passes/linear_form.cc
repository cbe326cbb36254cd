#include "passes/linear_form.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

constexpr std::size_t kMaxVisited = 48;
constexpr std::uint32_t kMinusOne = 0xffffffff;

bool IsNegative(std::uint32_t factor) { return factor >> 31 != 0; }
std::uint32_t Magnitude(std::uint32_t factor) { return IsNegative(factor) ? 0 - factor : factor; }

// A multiple by a constant, be it written as a product or as a shift.
struct Multiple {
  const Value* value;
  std::uint32_t factor;
};

Multiple MultipleOf(const Value* value) {
  const bool by_constant = ir::IsBinary(value->opcode()) && value->rhs()->IsConstant();
  if (by_constant && value->opcode() == Opcode::kMul) return {value->lhs(), value->rhs()->constant()};
  if (by_constant && value->opcode() == Opcode::kShl && value->rhs()->constant() < 32) {
    return {value->lhs(), std::uint32_t{1} << value->rhs()->constant()};
  }
  return {value, 1};
}

bool IsSum(const Value* value) {
  return value->opcode() == Opcode::kAdd || value->opcode() == Opcode::kSub ||
         value->opcode() == Opcode::kNeg;
}

// Sorts by id, adds up the factors of one value, drops what cancels.
void Collect(LinearForm& form) {
  std::sort(form.terms.begin(), form.terms.end(), [](const LinearForm::Term& a, const LinearForm::Term& b) {
    return a.value->id() < b.value->id();
  });
  std::vector<LinearForm::Term> collected;
  for (const LinearForm::Term& term : form.terms) {
    if (!collected.empty() && collected.back().value == term.value) {
      collected.back().factor += term.factor;
    } else {
      collected.push_back(term);
    }
  }
  std::erase_if(collected, [](const LinearForm::Term& term) { return term.factor == 0; });
  form.terms = std::move(collected);
}

const Value* MakeMultiple(ir::Function& function, const Value* value, std::uint32_t factor) {
  if (factor == 1) return value;
  if (factor == kMinusOne) return function.MakeUnary(Opcode::kNeg, value);
  if (std::has_single_bit(factor)) {
    const auto shift = static_cast<std::uint32_t>(std::countr_zero(factor));
    return function.MakeBinary(Opcode::kShl, value, function.MakeConstant(shift));
  }
  return function.MakeBinary(Opcode::kMul, value, function.MakeConstant(factor));
}

}  // namespace

LinearForm LinearFormOf(const Value* root) {
  LinearForm form;
  std::vector<Multiple> pending{{root, 1}};
  for (std::size_t visited = 0; !pending.empty(); ++visited) {
    const auto [value, factor] = pending.back();
    pending.pop_back();
    if (value->IsConstant()) {
      form.constant += factor * value->constant();
      continue;
    }
    const Multiple multiple = MultipleOf(value);
    const bool is_atom = multiple.value == value && !IsSum(value);
    if (is_atom || visited >= kMaxVisited) {
      form.terms.push_back({value, factor});
    } else if (multiple.value != value) {
      const std::uint32_t total = factor * multiple.factor;
      const Value* inner = multiple.value;
      if (inner->opcode() == Opcode::kAdd && inner->rhs()->IsConstant()) {
        form.constant += total * inner->rhs()->constant();
        inner = inner->lhs();
      }
      if (IsSum(inner) && Magnitude(total) != 1) {
        form.terms.push_back({inner, total});
      } else {
        pending.push_back({inner, total});
      }
    } else if (value->opcode() == Opcode::kNeg) {
      pending.push_back({value->lhs(), 0 - factor});
    } else {
      pending.push_back({value->rhs(), value->opcode() == Opcode::kSub ? 0 - factor : factor});
      pending.push_back({value->lhs(), factor});
    }
  }
  Collect(form);
  return form;
}

LinearForm Difference(const LinearForm& a, const LinearForm& b) {
  LinearForm difference = a;
  difference.constant -= b.constant;
  for (const LinearForm::Term& term : b.terms) difference.terms.push_back({term.value, 0 - term.factor});
  Collect(difference);
  return difference;
}

const Value* MakeValue(ir::Function& function, const LinearForm& form) {
  if (form.terms.empty()) return function.MakeConstant(form.constant);
  // A factor that all terms share is taken out.
  const std::uint32_t common = Magnitude(form.terms.front().factor);
  const bool is_common =
      form.terms.size() >= 2 && common != 1 &&
      std::all_of(form.terms.begin(), form.terms.end(),
                  [common](const LinearForm::Term& term) { return Magnitude(term.factor) == common; });
  if (is_common) {
    LinearForm inner{form.terms, 0};
    // A sum without a positive term is negated as a whole.
    const bool all_negative =
        std::all_of(form.terms.begin(), form.terms.end(),
                    [](const LinearForm::Term& term) { return IsNegative(term.factor); });
    for (LinearForm::Term& term : inner.terms) {
      term.factor = IsNegative(term.factor) && !all_negative ? kMinusOne : 1;
    }
    const Value* sum = MakeValue(function, inner);
    return MakeValue(function, {{{sum, all_negative ? 0 - common : common}}, form.constant});
  }

  const Value* sum = nullptr;
  for (const LinearForm::Term& term : form.terms) {
    if (IsNegative(term.factor)) continue;
    const Value* multiple = MakeMultiple(function, term.value, term.factor);
    sum = sum == nullptr ? multiple : function.MakeBinary(Opcode::kAdd, sum, multiple);
  }
  std::uint32_t constant = form.constant;
  if (sum == nullptr && constant != 0) {
    sum = function.MakeConstant(constant);
    constant = 0;
  }
  for (const LinearForm::Term& term : form.terms) {
    if (!IsNegative(term.factor)) continue;
    if (sum == nullptr) {
      sum = MakeMultiple(function, term.value, term.factor);
    } else {
      const Value* multiple = MakeMultiple(function, term.value, 0 - term.factor);
      sum = function.MakeBinary(Opcode::kSub, sum, multiple);
    }
  }
  if (constant == 0) return sum;
  return function.MakeBinary(Opcode::kAdd, sum, function.MakeConstant(constant));
}

}  // namespace bpfopt::passes
