#include "passes/test_runs.h"

#include "ir/graph.h"

#include <algorithm>

namespace bpfopt::passes {
namespace {

// The comparison of a value with a word that is all that `block` does; null for other blocks.
const ir::Branch* WordTest(const ir::Block& block) {
  const auto* branch = std::get_if<ir::Branch>(&block.terminator);
  if (branch == nullptr || branch->compare != ir::Compare::kEqual || !branch->rhs->IsConstant())
    return nullptr;
  return block.parameters.empty() && block.effects.empty() ? branch : nullptr;
}

}  // namespace

TestRuns::TestRuns(const ir::Function& function) : places_(function.block_count()) {
  for (const ir::Block* block : ir::TopologicalOrder(function)) {
    if (places_[block->id()].run == kNone && WordTest(*block) != nullptr) Collect(*block);
  }
}

void TestRuns::Collect(const ir::Block& first) {
  Run run;
  run.value = WordTest(first)->lhs;
  const ir::Block* block = &first;
  while (places_[block->id()].run == kNone) {
    const ir::Branch* test = WordTest(*block);
    if (test == nullptr || test->lhs != run.value || block->guards != first.guards) break;
    const auto position = static_cast<std::uint32_t>(run.blocks.size());
    places_[block->id()] = {static_cast<std::uint32_t>(runs_.size()), position};
    run.positions[test->rhs->constant()].push_back(position);
    run.blocks.push_back(block);
    block = test->else_edge.target;
  }
  runs_.push_back(std::move(run));
}

const ir::Value* TestRuns::ValueOf(const ir::Block& block) const {
  const Place& place = places_[block.id()];
  if (place.run == kNone || place.position + 1 == runs_[place.run].blocks.size()) return nullptr;
  return runs_[place.run].value;
}

const ir::Edge* TestRuns::Skip(const ir::Block& block, const RangeSet& possible) const {
  const Place& place = places_[block.id()];
  const Run& run = runs_[place.run];
  auto next = static_cast<std::uint32_t>(run.blocks.size());
  const auto look_at = [&](const std::vector<std::uint32_t>& positions) {
    const auto found = std::ranges::lower_bound(positions, place.position);
    if (found != positions.end()) next = std::min(next, *found);
  };
  if (run.positions.size() <= kFew) {
    for (const auto& [word, positions] : run.positions) {
      if (possible.Contains(word)) look_at(positions);
    }
  } else if (possible.Count() <= kFew) {
    for (const Range& range : possible.ranges()) {
      for (std::uint64_t word = range.first; word <= range.last; ++word) {
        const auto found = run.positions.find(static_cast<std::uint32_t>(word));
        if (found != run.positions.end()) look_at(found->second);
      }
    }
  } else {
    return nullptr;
  }
  if (next == place.position) return nullptr;
  return &std::get<ir::Branch>(run.blocks[next - 1]->terminator).else_edge;
}

}  // namespace bpfopt::passes
