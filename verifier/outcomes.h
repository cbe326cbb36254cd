// When a decision graph returns what: for each verdict a condition on the packet.
//
// A condition could be built node by node from the end: chosen(n) = condition ? chosen(a) : chosen(b). In a
// program that asks for hundreds of hosts, source and destination by turns, each step then changes all that
// is below it, and what decides the conditions (smt/diagram.h) does quadratic work. So a chain of nodes is
// cut in half again and again, and the halves are joined: conditions become trees of logarithmic depth,
// however long the program.
#ifndef BPFOPT_VERIFIER_OUTCOMES_H
#define BPFOPT_VERIFIER_OUTCOMES_H

#include "smt/term.h"
#include "verifier/decision_graph.h"

#include <vector>

namespace bpfopt::verifier {

struct Outcome {
  smt::Term verdict;    // 32 bits, and not the constant 0
  smt::Term condition;  // excludes those of the others
};

// Where no condition holds, the verdict is 0. Each verdict is there once, in an order that the graph alone
// decides.
using Outcomes = std::vector<Outcome>;

// Whose guards: of the program S, or in the meaning S* of docs/proof.md.
enum class Loads { kWithinCapture, kComplete };

Outcomes OutcomesOf(const DecisionGraph& graph, Loads loads, smt::Context& terms);

// Conditions that are implied by those of OutcomesOf, and need not exclude one another. Of `a or b or c ...`
// they leave out that b decides only where a does not hold, which shows where the tests before b load
// something that is not there; what remains is a disjunction, which is much less work.
Outcomes BoundsOfOutcomes(const DecisionGraph& graph, Loads loads, smt::Context& terms);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_OUTCOMES_H
