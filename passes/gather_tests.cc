// Pass `gather-tests`: in a row of tests that are left for one place, those of one value become one.
//
//   b0: if ld[26] == A then b9 else b1              b0: switch ld[26] { A, B -> b9; else -> b1 }
//   b1: if ld[30] == A then b9 else b2         =>   b1: switch ld[30] { A, B -> b9; else -> b8 }
//   b2: if ld[26] == B then b9 else b3
//   b3: if ld[30] == B then b9 else b8
//
// Values are tested in the order in which the row first tests them, those computed from one load together
// with the first of them. So a path performs no load that it did not perform before, only earlier against
// tests that lead to the same place: faithful. Strict, and for guards that are observable, where the guards
// have been performed when the row begins. Takes time that is nearly linear in the tests, which
// passes/decision_diagram.cc, for all shapes, does not.

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

// A test in a row: the words of the value for which it leaves.
struct Test {
  ir::Block* block = nullptr;
  const ir::Value* value = nullptr;
  RangeSet words;
  ir::Edge onward;  // to the next test, or to what follows the row
};

// The tests of one value.
struct Group {
  const ir::Value* value = nullptr;
  std::vector<Range> words;
};

// What a value is computed from with constants alone.
const ir::Value* SourceOf(const ir::Value* value) {
  while (ir::IsBinary(value->opcode())) {
    if (value->rhs()->IsConstant()) {
      value = value->lhs();
    } else if (value->lhs()->IsConstant()) {
      value = value->rhs();
    } else {
      break;
    }
  }
  return value;
}

class Gatherer {
 public:
  Gatherer(ir::Function& function, const Context& context)
      : function_(function),
        context_(context),
        available_(ComputeAvailableGuards(function)),
        incoming_(function.block_count(), 0) {}

  std::size_t Run() {
    const std::vector<ir::Block*> order = ir::TopologicalOrder(function_);
    for (const ir::Block* block : order) {
      for (const ir::Edge* edge : block->edges()) ++incoming_[edge->target->id()];
    }
    std::size_t gathered = 0;
    for (ir::Block* block : order) {
      for (std::size_t exit = 0; exit < block->edge_count(); ++exit) {
        if (block->edge_count() != 2 || seen_.contains({block->id(), exit})) continue;
        if (!GatherFrom(*block, exit)) continue;
        ++gathered;
        break;  // the block has another terminator now
      }
    }
    return gathered;
  }

 private:
  bool GatherFrom(ir::Block& first, std::size_t exit_index) {
    const ir::Edge exit = first.edge(exit_index);
    const std::vector<Test> row = RowFrom(first, exit);
    const std::vector<Group> groups = GroupsOf(row);
    if (groups.size() == row.size()) return false;
    Rewrite(row, groups, exit);
    return true;
  }

  std::vector<Test> RowFrom(ir::Block& first, const ir::Edge& exit) {
    std::vector<Test> row;
    GuardSet performed = available_[first.id()];
    for (const ir::Guard& guard : first.guards) performed.Add(guard);
    ir::Block* block = &first;
    while (std::optional<Test> test = TestOf(*block, exit)) {
      if (block != &first && !MayJoin(*block, performed)) break;
      block = test->onward.target;
      const bool may_go_on = test->onward.arguments.empty();
      row.push_back(std::move(*test));
      if (!may_go_on) break;
    }
    return row;
  }

  // The test that `block` is, if it leaves by `exit`.
  std::optional<Test> TestOf(ir::Block& block, const ir::Edge& exit) {
    if (block.edge_count() != 2) return std::nullopt;
    const std::size_t index = block.edge(0) == exit ? 0 : 1;
    if (block.edge(index) != exit || block.edge(1 - index) == exit) return std::nullopt;
    std::optional<Partition> partition = PartitionOf(function_, block.terminator);
    if (!partition) return std::nullopt;
    seen_.insert({block.id(), index});
    return Test{&block, partition->value, WordsFor(*partition, static_cast<std::uint32_t>(index)),
                block.edge(1 - index)};
  }

  bool MayJoin(const ir::Block& block, const GuardSet& performed) const {
    if (incoming_[block.id()] != 1 || !block.parameters.empty() || !block.effects.empty()) return false;
    return std::ranges::all_of(block.guards, [&](const ir::Guard& guard) {
      return !IsObservable(guard, context_.relation) || performed.Covers(guard);
    });
  }

  static std::vector<Group> GroupsOf(const std::vector<Test>& row) {
    std::vector<std::vector<Group>> by_source;
    std::map<const ir::Value*, std::size_t> sources;
    std::map<const ir::Value*, std::size_t> places;  // among those of its source
    for (const Test& test : row) {
      const std::size_t source = sources.emplace(SourceOf(test.value), by_source.size()).first->second;
      if (source == by_source.size()) by_source.emplace_back();
      std::vector<Group>& groups = by_source[source];
      const std::size_t place = places.emplace(test.value, groups.size()).first->second;
      if (place == groups.size()) groups.push_back({test.value, {}});
      groups[place].words.insert(groups[place].words.end(), test.words.ranges().begin(),
                                 test.words.ranges().end());
    }
    std::vector<Group> all;
    for (std::vector<Group>& groups : by_source) std::ranges::move(groups, std::back_inserter(all));
    return all;
  }

  // The row's first blocks do what all have done.
  void Rewrite(const std::vector<Test>& row, const std::vector<Group>& groups, const ir::Edge& exit) {
    const ir::Edge onward = row.back().onward;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      ir::Block& block = *row[i].block;
      const ir::Edge next = i + 1 < groups.size() ? ir::Edge{row[i + 1].block, {}} : onward;
      block.terminator =
          ToTerminator(function_, TwoWay(groups[i].value, RangeSet::FromRanges(groups[i].words), exit, next));
      // Observable guards of the others are those of the first, or hold before it.
      if (i > 0) block.guards.clear();
      for (const ir::Guard& guard : DemandedGuards(block)) {
        if (std::ranges::find(block.guards, guard) == block.guards.end()) block.guards.push_back(guard);
      }
    }
  }

  ir::Function& function_;
  const Context& context_;
  std::vector<GuardSet> available_;
  std::vector<std::uint32_t> incoming_;
  std::set<std::pair<std::uint32_t, std::size_t>> seen_;  // tests in rows that begin before them
};

}  // namespace

bool RunGatherTests(ir::Function& function, Context& context) {
  const std::size_t gathered = Gatherer(function, context).Run();
  if (gathered == 0) return false;
  function.RemoveUnreachable();
  context.counters["gather-tests.rows"] += gathered;
  return true;
}

}  // namespace bpfopt::passes
