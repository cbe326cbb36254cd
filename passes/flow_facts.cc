#include "passes/flow_facts.h"

#include "ir/graph.h"
#include "passes/partition.h"

namespace bpfopt::passes {

Facts FactsOnEdge(ir::Function& function, const ir::Block& block, std::size_t index, const Facts& at_entry) {
  Facts facts = at_entry;
  if (std::optional<Partition> partition = PartitionOf(function, block.terminator)) {
    facts.Learn(partition->value, WordsFor(*partition, static_cast<std::uint32_t>(index)));
  } else if (const auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
    facts.Learn(*branch, index == 0);
  }
  LearnArguments(block.edge(index), facts);
  return facts;
}

void LearnArguments(const ir::Edge& edge, Facts& facts) {
  for (std::size_t i = 0; i < edge.arguments.size() && !facts.contradictory(); ++i) {
    facts.Learn(edge.target->parameters[i], facts.Of(edge.arguments[i]).range);
  }
}

std::vector<Facts> ComputeFlowFacts(ir::Function& function) {
  std::vector<Facts> facts(function.block_count());
  std::vector<bool> reached(function.block_count(), false);
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    for (std::size_t i = 0; i < block->edge_count(); ++i) {
      const ir::Block* target = block->edge(i).target;
      Facts on_edge = FactsOnEdge(function, *block, i, facts[block->id()]);
      if (!reached[target->id()]) {
        facts[target->id()] = std::move(on_edge);
        reached[target->id()] = true;
      } else {
        facts[target->id()].Meet(on_edge);
      }
    }
  }
  return facts;
}

std::optional<std::size_t> DecidedEdge(ir::Function& function, const ir::Block& block, const Facts& facts) {
  if (block.edge_count() == 1) return 0;
  if (std::optional<Partition> partition = PartitionOf(function, block.terminator)) {
    RangeSet possible = facts.Of(partition->value).range;
    std::optional<std::size_t> decided;
    for (std::uint32_t i = 0; i < partition->edges.size(); ++i) {
      if (!WordsFor(*partition, i).Intersects(possible)) continue;
      if (decided) return std::nullopt;
      decided = i;
    }
    return decided;
  }
  if (const auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
    std::optional<bool> outcome = facts.Decide(*branch);
    if (outcome) return *outcome ? 0 : 1;
  }
  return std::nullopt;
}

}  // namespace bpfopt::passes
