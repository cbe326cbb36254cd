// Random terms with a second meaning that owes nothing to the folding: each is built as a Term and as plain
// arithmetic on the values of its variables.
#ifndef BPFOPT_TESTS_SMT_RANDOM_TERMS_H
#define BPFOPT_TESTS_SMT_RANDOM_TERMS_H

#include "smt/term.h"

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace bpfopt::smt {

using Values = std::array<std::uint64_t, 3>;

struct Sample {
  Term term;
  unsigned width = 0;  // 0: a boolean
  std::function<std::uint64_t(const Values&)> value;
};

class RandomTerms {
 public:
  // Variables x, y, z of `width` bits.
  RandomTerms(Context& terms, unsigned width, std::uint32_t seed);

  Sample BitVector(unsigned depth) { return BitVector(depth, width_); }
  Sample Bool(unsigned depth);

  std::uint64_t Evaluate(Term term, const Values& values) const;
  // Calls `check` for every assignment of the variables.
  void ForAllValues(const std::function<void(const Values&)>& check) const;

 private:
  Sample BitVector(unsigned depth, unsigned width);
  Sample Leaf(unsigned width);
  Sample Resized(unsigned depth, unsigned width);
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  Context& terms_;
  unsigned width_;
  std::mt19937 random_;
  std::array<Term, 3> variables_;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_TESTS_SMT_RANDOM_TERMS_H
