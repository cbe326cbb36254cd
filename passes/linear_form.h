// A value as a sum of multiples of other values, modulo 2^32: `a - (b + c)` and `(a - b) - c` are one form.
#ifndef BPFOPT_PASSES_LINEAR_FORM_H
#define BPFOPT_PASSES_LINEAR_FORM_H

#include "ir/function.h"

#include <cstdint>
#include <vector>

namespace bpfopt::passes {

struct LinearForm {
  struct Term {
    const ir::Value* value = nullptr;
    std::uint32_t factor = 0;  // not 0; 0xffffffff is -1
    friend bool operator==(const Term&, const Term&) = default;
  };
  std::vector<Term> terms;  // by id of the value, each value once
  std::uint32_t constant = 0;

  friend bool operator==(const LinearForm&, const LinearForm&) = default;
};

// Looks through sums, differences, negation, and multiples of a value plus a constant; a multiple of a sum of
// values stays one term, since multiplying each of them would cost more. Bounded: parts of a very large sum
// stay together.
LinearForm LinearFormOf(const ir::Value* value);
LinearForm Difference(const LinearForm& a, const LinearForm& b);

// The value of a form; one value for each form, with positive terms first, sums of terms of one factor
// multiplied once, and the constant last. Its form is this one, where the terms are such values themselves.
const ir::Value* MakeValue(ir::Function& function, const LinearForm& form);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_LINEAR_FORM_H
