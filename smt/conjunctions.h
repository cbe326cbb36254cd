// Large conjunctions, which are made of their parts in an order that keeps the work small.
//
// That a packet is from or to none of a thousand hosts is a conjunction of a thousand conditions
// !(src == A | dst == A). One by one, or in halves, each step changes all that is there: the tests of sources
// stand above all those of destinations. As two thousand clauses, src != A and dst != A, in the order of what
// they test and the value they test for, neighbours differ in few places, and only the last steps bring
// sources and destinations together. A disjunction is the same, negated.
#ifndef BPFOPT_SMT_CONJUNCTIONS_H
#define BPFOPT_SMT_CONJUNCTIONS_H

#include "smt/bdd.h"
#include "smt/node.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace bpfopt::smt {

// A conjunction of clauses, and each a disjunction of literals: terms or negated ones.
struct Clauses {
  struct Literal {
    std::size_t term;  // index in `terms`
    bool is_negated;
  };
  std::vector<const Node*> terms;
  std::vector<std::vector<Literal>> clauses;
};

// The conjunctions among the terms that a condition consists of.
class Conjunctions {
 public:
  // Does not look below terms that are `known`.
  Conjunctions(const Node* root, const std::function<bool(const Node*)>& known);

  // The clauses of `node`, when it is a conjunction of many; of the terms below it those that nothing else
  // needs have none of their own. Nothing for other terms.
  std::optional<Clauses> ClausesOf(const Node* node) const;

 private:
  std::vector<const Node*> Conjuncts(const Node* node) const;
  bool IsPrivate(const Node* node) const;

  std::vector<std::uint8_t> uses_;  // by id, counted up to 2
};

// `value` gives the diagrams of the terms.
Ref Conjoin(const Clauses& clauses, BddManager& manager, const std::function<Ref(const Node*)>& value);

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_CONJUNCTIONS_H
