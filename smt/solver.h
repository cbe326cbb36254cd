// Asks Z3, incrementally and within a budget of steps. An answer is one of three; "unknown" is never
// one of the other two. Exceptions of Z3 end here.
#ifndef BPFOPT_SMT_SOLVER_H
#define BPFOPT_SMT_SOLVER_H

#include "bpfopt/interruption.h"
#include "smt/term.h"

#include <cstdint>
#include <memory>
#include <string>

namespace bpfopt::smt {

enum class Answer { kUnsat, kSat, kUnknown };

// An incremental solver over one Context, which must outlive it. Once it is interrupted, checks answer
// kUnknown, soon.
class Solver {
 public:
  explicit Solver(Context& context, Interruption interruption = {});
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  void Push();
  void Pop();
  void Assert(Term condition);

  // Is there an assignment that satisfies all that is asserted and `assumption`? `steps` bounds the work
  // in Z3's resource units (the same on every machine); 0 is no bound.
  Answer Check(std::uint64_t steps);
  Answer Check(Term assumption, std::uint64_t steps);

  // Why the last Check answered kUnknown.
  const std::string& unknown_reason() const;
  // Resource units that this solver has used so far.
  std::uint64_t steps_used() const;

  // After kSat: the value of a bit-vector term (any unconstrained part is 0), or of a boolean.
  std::uint64_t Evaluate(Term bit_vector) const;
  bool EvaluateBool(Term boolean) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_SOLVER_H
