#include "verifier/decision_graph.h"

namespace bpfopt::verifier {
namespace {

Meaning MeaningOfNode(const Decision& node, const std::vector<Meaning>& meanings, smt::Context& terms) {
  Meaning meaning;
  if (node.verdict.valid()) {
    meaning = {node.verdict, node.verdict};
  } else {
    const Meaning& yes = meanings[node.if_true];
    const Meaning& no = meanings[node.if_false];
    meaning = {terms.Ite(node.condition, yes.verdict, no.verdict),
               terms.Ite(node.condition, yes.complete_verdict, no.complete_verdict)};
  }
  for (auto guard = node.guards.rbegin(); guard != node.guards.rend(); ++guard) {
    meaning = {terms.Ite(guard->holds, meaning.verdict, guard->verdict),
               terms.Ite(guard->holds_complete, meaning.complete_verdict, guard->verdict)};
  }
  return meaning;
}

}  // namespace

Meaning MeaningOf(const DecisionGraph& graph, smt::Context& terms) {
  std::vector<Meaning> meanings(graph.nodes.size());
  for (auto node = graph.order.rbegin(); node != graph.order.rend(); ++node) {
    meanings[*node] = MeaningOfNode(graph.nodes[*node], meanings, terms);
  }
  return meanings[0];
}

}  // namespace bpfopt::verifier
