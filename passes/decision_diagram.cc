// Pass `decision-diagram`: rebuilds a small function as a decision diagram over the tested values, each
// tested once on a path, in the order in which paths first test them, split there by all that any later test
// of it asks.
//
//   b0: if ld[26] == A then b9 else b1              b0: switch ld[26] { A, B -> b9; else -> b1 }
//   b1: if ld[30] == A then b9 else b2         =>   b1: switch ld[30] { A, B -> b9; else -> b8 }
//   b2: if ld[26] == B then b9 else b3
//   b3: if ld[30] == B then b9 else b8
//
// A node is built once for a block and what is known of the values that are tested from it on, and nodes that
// decide alike are one. A path of the diagram tests a subsequence of what the path did before, so it faults
// nowhere anew. Guards of tests that are not made are kept under the strict relation, in a block of their
// own, unless what follows performs them or rejects anyway. Diagrams can be larger than what they come from;
// the driver keeps the better program. Skipped for functions with parameters, effects or guards that are
// observable under the faithful relation, and for large ones; bounded in nodes.

#include "passes/diagram_builder.h"
#include "passes/passes.h"

namespace bpfopt::passes {

bool RunDecisionDiagram(ir::Function& function, Context& context) {
  if (!CanBuildDiagram(function)) return false;
  const Diagram diagram = BuildDiagram(function, {.relation = context.relation, .order = {}});
  if (diagram.root == nullptr) {
    ++context.counters["decision-diagram.too-large"];
    function.RemoveUnreachable();
    return false;
  }
  function.SetEntry(diagram.root);
  function.RemoveUnreachable();
  ++context.counters["decision-diagram.built"];
  return true;
}

}  // namespace bpfopt::passes
