// A program unfolded into decisions over terms of the packet, and the terms for what it returns. A node is an
// instruction that paths meet at, with what the registers hold there; nothing else of the machine is left.
#ifndef BPFOPT_VERIFIER_DECISION_GRAPH_H
#define BPFOPT_VERIFIER_DECISION_GRAPH_H

#include "smt/term.h"

#include <cstddef>
#include <vector>

namespace bpfopt::verifier {

// A condition whose failure ends the program.
struct Guard {
  smt::Term holds;           // with the true captured length
  smt::Term holds_complete;  // in the meaning S*: loads past the end do not end the program
  smt::Term verdict;         // where it does not hold
};

// The guards are passed in order. Then `verdict`, if valid, is returned; else `condition` chooses.
struct Decision {
  std::vector<Guard> guards;
  smt::Term verdict;
  smt::Term condition;
  std::size_t if_true = 0;
  std::size_t if_false = 0;
};

// The root is node 0, and edges lead to later nodes of `order` only.
struct DecisionGraph {
  std::vector<Decision> nodes;
  std::vector<std::size_t> order;
};

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_DECISION_GRAPH_H
