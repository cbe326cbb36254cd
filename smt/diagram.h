// Decides conditions by binary decision diagrams on the bits of their variables, without a search: two
// conditions are equal when their diagrams are the same node. Filters are mostly tests of packet bits against
// constants, and for those the diagrams stay about as large as the programs, hundreds of hosts included,
// where a solver would search. Where they would grow, the answer is kUnknown and smt/solver.h is the one to
// ask.
#ifndef BPFOPT_SMT_DIAGRAM_H
#define BPFOPT_SMT_DIAGRAM_H

#include "bpfopt/interruption.h"
#include "smt/solver.h"
#include "smt/term.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace bpfopt::smt {

inline constexpr std::size_t kMostLiveDiagrams = 4'000'000;

// Diagrams over the terms of one Context, which must outlive them.
//
// Bytes selected from an array at different address terms count as different variables, even where the
// addresses may be equal; and a sum or comparison whose diagram is large counts as a variable too. So kUnsat
// is always right, and kSat may rest on values that do not fit together.
class Diagrams {
 public:
  // At most `max_nodes` diagram nodes are made, by all calls together, and `max_live` are kept at a time: a
  // node takes about 30 bytes. Those that nothing needs any more are dropped.
  // Once `interruption` is requested no more are made, soon.
  Diagrams(Context& context, std::size_t max_nodes, std::size_t max_live = kMostLiveDiagrams,
           Interruption interruption = {});
  ~Diagrams();
  Diagrams(const Diagrams&) = delete;
  Diagrams& operator=(const Diagrams&) = delete;

  // The order of the variables decides the size of diagrams: those named first are tested first, from
  // their highest bit on. Takes variables, boolean variables and selected bytes; has no effect on one that
  // has a place already. Variables that are never named come last.
  void Place(Term variable);

  // Makes the diagram of `condition` apart from what it may become a part of. Conditions that are large, and
  // unlike one another, are better put together when they are made.
  void Prepare(Term condition);

  // Is there an assignment that satisfies `condition`?
  Answer Check(Term condition);

  // Of the assignments that satisfy a condition Check finds one with the least value of `variable`, which has
  // a place already, and among those one with the fewest bits set. Before, the latter alone.
  void Minimize(Term variable);

  // After kSat: the value of a term in the assignment that was found. Of a selected byte, the value of that
  // very term.
  std::uint64_t Evaluate(Term bit_vector);

  std::size_t nodes() const;  // made so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_DIAGRAM_H
