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

#include <map>

namespace bpfopt::passes {

namespace {

// Are two graphs of one function the same but for guards? A block of the one is one of the other.
class SameDecisions {
 public:
  bool Compare(const ir::Block& a, const ir::Block& b) {
    const auto [found, is_new] = partners_.emplace(&a, &b);
    if (!is_new) return found->second == &b;
    if (!owners_.emplace(&b, &a).second || !DecideAlike(a, b)) return false;
    for (std::size_t i = 0; i < a.edge_count(); ++i) {
      if (a.edge(i).arguments != b.edge(i).arguments) return false;
      if (!Compare(*a.edge(i).target, *b.edge(i).target)) return false;
    }
    return true;
  }

 private:
  static bool DecideAlike(const ir::Block& a, const ir::Block& b) {
    if (&a == &b) return true;
    if (a.terminator.index() != b.terminator.index() || a.edge_count() != b.edge_count()) return false;
    if (!a.parameters.empty() || !b.parameters.empty() || !a.effects.empty() || !b.effects.empty())
      return false;
    if (const auto* branch = std::get_if<ir::Branch>(&a.terminator)) {
      const auto& other = std::get<ir::Branch>(b.terminator);
      return branch->compare == other.compare && branch->lhs == other.lhs && branch->rhs == other.rhs;
    }
    if (const auto* choice = std::get_if<ir::Switch>(&a.terminator)) {
      const auto& other = std::get<ir::Switch>(b.terminator);
      return choice->value == other.value && choice->cases == other.cases;
    }
    const auto* exit = std::get_if<ir::Return>(&a.terminator);
    return exit == nullptr || exit->value == std::get<ir::Return>(b.terminator).value;
  }

  std::map<const ir::Block*, const ir::Block*> partners_;
  std::map<const ir::Block*, const ir::Block*> owners_;
};

}  // namespace

bool RunDecisionDiagram(ir::Function& function, Context& context) {
  if (!CanBuildDiagram(function)) return false;
  const Diagram diagram = BuildDiagram(function, {.relation = context.relation, .order = {}});
  if (diagram.root == nullptr) {
    ++context.counters["decision-diagram.too-large"];
    function.RemoveUnreachable();
    return false;
  }
  if (SameDecisions().Compare(*function.entry(), *diagram.root)) {
    function.RemoveUnreachable();
    return false;
  }
  function.SetEntry(diagram.root);
  function.RemoveUnreachable();
  ++context.counters["decision-diagram.built"];
  return true;
}

}  // namespace bpfopt::passes
