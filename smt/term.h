// Bit-vector, boolean and byte-array terms, folded as they are built. This layer knows nothing of BPF, and it
// alone includes Z3. See smt/diagram.h and smt/solver.h for asking.
//
// The folding has a normal form in mind: a value is a concatenation of slices, and a test against a constant
// is a conjunction of tests of slices. So `(b14 & 0xf) << 2`, however it was computed, is the slice b14[3:0]
// between zeros, and `ldh [12]; jeq #0x800` asks the same two terms as two byte tests do.
#ifndef BPFOPT_SMT_TERM_H
#define BPFOPT_SMT_TERM_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::smt {

class Context;
struct Node;

// A handle on a term that its Context owns; cheap to copy, valid while the Context lives. Equal terms
// of one context have equal handles (they are hash-consed). Bit-vector operands of one operation have the
// same width; a mixture is a programming error (assert).
class Term {
 public:
  Term() = default;
  bool valid() const { return node_ != nullptr; }
  friend bool operator==(Term, Term) = default;
  // A number that is stable within one context, for hashing and ordering.
  std::uint32_t id() const;

 private:
  friend class Context;
  friend class Diagrams;
  friend class Solver;
  explicit Term(const Node* node) : node_(node) {}
  const Node* node_ = nullptr;
};

// Values for what a term leaves open.
struct Assignment {
  std::function<std::uint64_t(Term variable)> variable;  // of a boolean variable: 0 or 1
  std::function<std::uint8_t(Term array, std::uint64_t address)> byte;
};

// Owns the terms of one proof. Not thread-safe; separate contexts are independent.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Booleans.
  Term True();
  Term False();
  Term BoolVariable(const std::string& name);
  Term Not(Term a);
  Term And(Term a, Term b);
  Term Or(Term a, Term b);
  Term Iff(Term a, Term b);
  // `condition ? a : b`, for booleans and for bit-vectors.
  Term Ite(Term condition, Term a, Term b);

  // Bit-vectors of `width` bits, 64 at most.
  Term Constant(std::uint64_t value, unsigned width);
  Term Variable(const std::string& name, unsigned width);
  Term Add(Term a, Term b);
  Term Sub(Term a, Term b);
  Term Mul(Term a, Term b);
  Term UDiv(Term a, Term b);
  Term URem(Term a, Term b);
  Term BitAnd(Term a, Term b);
  Term BitOr(Term a, Term b);
  Term BitXor(Term a, Term b);
  Term BitNot(Term a);
  Term Neg(Term a);
  Term Shl(Term a, Term b);   // 0 when b >= width
  Term LShr(Term a, Term b);  // 0 when b >= width
  Term Concat(Term high, Term low);
  Term Extract(Term a, unsigned high, unsigned low);
  Term ZeroExtend(Term a, unsigned width);  // to `width` bits in all
  Term Eq(Term a, Term b);
  Term Ult(Term a, Term b);
  Term Ule(Term a, Term b);

  // Arrays from addresses of `address_width` bits to bytes.
  Term ByteArray(const std::string& name, unsigned address_width);
  Term Select(Term array, Term address);

  unsigned Width(Term a) const;                           // of a bit-vector
  std::optional<std::uint64_t> AsConstant(Term a) const;  // a bit-vector constant of up to 64 bits
  std::optional<bool> AsBool(Term a) const;               // a boolean constant
  std::uint64_t UpperBound(Term a) const;  // a bit-vector is never above this; cheap, not exact
  std::vector<Term> SelectsIn(const std::vector<Term>& terms) const;   // each once, the older first
  std::uint64_t Evaluate(Term a, const Assignment& assignment) const;  // of a boolean: 0 or 1
  std::string ToString(Term a) const;  // as an s-expression, shared terms repeated up to a length

 private:
  friend class Diagrams;
  friend class Solver;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_TERM_H
