// Pass `order-tests`: rebuilds a function in which some value is decided in several places as the decision
// diagram of another order of tests, where that makes it smaller.
//
//   b0: if ld[26] == A then b1 else b2                  b0: if ldb[23] == 0x6 then b1 else b9
//   b1: if ldb[23] == 0x6 then b3 else b9          =>   b1: if ld[26] == A then b3 else b2
//   b2: if ld[26] == B then b4 else b9                  b2: if ld[26] == B then b5 else b9
//   b4: if ldb[23] == 0x6 then b5 else b9
//
// Starts from one order of all values for all paths, then moves values, as long as that helps; last, tries to
// have tests that differ only in where they load at the end of their paths, where tails are merged. What an
// order costs is estimated after fields are fused as the passes behind this one will do. Bounded in nodes of
// diagrams.

#include "ir/graph.h"
#include "passes/cost.h"
#include "passes/diagram_builder.h"
#include "passes/field.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

constexpr std::size_t kMaxValues = 24;
constexpr std::size_t kMaxNodesPerTrial = 400;
constexpr std::size_t kMaxNodes = 3000;

// A load for a guard alone, and a way back to where others go: half-instructions.
constexpr std::size_t kGuardHalfInstructions = 4;

using Order = std::vector<std::uint32_t>;  // ids of values

// What is done with a function before its size is estimated.
enum class Effort { kFuse, kMerge };

struct Search {
  Search(const ir::Function& source, const Context& options) : function(source), context(options) {}

  const ir::Function& function;
  const Context& context;
  std::size_t nodes_left = kMaxNodes;
  std::size_t trials = 0;

  std::size_t CostAsItIs(Effort effort = Effort::kFuse) const {
    ir::Function trial = function.Clone();
    return CostOf(trial, effort);
  }

  // What the order's diagram comes to; nothing when it is too large.
  std::optional<std::size_t> CostOf(const Order& order, Effort effort = Effort::kFuse) {
    ++trials;
    if (context.interruption.IsRequested()) nodes_left = 0;
    ir::Function trial = function.Clone();
    DiagramOptions options{context.relation, std::min(nodes_left, kMaxNodesPerTrial), {}};
    for (const std::uint32_t id : order) options.order.push_back(trial.value(id));
    const Diagram diagram = BuildDiagram(trial, options);
    nodes_left -= std::min(nodes_left, diagram.nodes);
    if (diagram.root == nullptr) return std::nullopt;
    trial.SetEntry(diagram.root);
    trial.RemoveUnreachable();
    return CostOf(trial, effort);
  }

 private:
  std::size_t CostOf(ir::Function& trial, Effort effort) const {
    Context scratch;
    scratch.relation = context.relation;
    scratch.cooked = context.cooked;
    RunFuseFields(trial, scratch);
    RunTileFields(trial, scratch);
    if (effort == Effort::kMerge) RunMergeTails(trial, scratch);
    std::size_t cost = EstimateHalfInstructions(trial);
    for (const ir::Block* block : ir::TopologicalOrder(trial)) {
      if (HasGuardBesideDemanded(*block, context.relation)) cost += kGuardHalfInstructions;
    }
    return cost;
  }
};

// The values decided, by first occurrence; and how often each is.
struct Decided {
  Order order;
  std::map<std::uint32_t, std::size_t> times;
};

Decided DecidedValues(ir::Function& function) {
  Decided decided;
  for (const ir::Block* block : ir::TopologicalOrder(function)) {
    std::optional<Partition> partition = PartitionOf(function, block->terminator);
    if (partition && ++decided.times[partition->value->id()] == 1)
      decided.order.push_back(partition->value->id());
  }
  return decided;
}

// `count` values from `from` on moved to begin at `to` of what remains.
Order Moved(const Order& order, std::size_t from, std::size_t count, std::size_t to) {
  const auto at = [](auto& list, std::size_t index) {
    return list.begin() + static_cast<std::ptrdiff_t>(index);
  };
  Order moved = order;
  const Order ids(at(moved, from), at(moved, from + count));
  moved.erase(at(moved, from), at(moved, from + count));
  moved.insert(at(moved, to), ids.begin(), ids.end());
  return moved;
}

// The moves that are tried from an order: of repeated values, or two of them that follow one another, to
// earlier places, and of any value to the end.
template <typename IsRepeated>
std::vector<Order> MovesFrom(const Order& order, IsRepeated is_repeated) {
  std::vector<Order> moves;
  for (std::size_t from = 0; from < order.size(); ++from) {
    for (std::size_t count = 1; count <= 2 && from + count <= order.size(); ++count) {
      if (!is_repeated(order[from]) || !is_repeated(order[from + count - 1])) continue;
      for (std::size_t to = 0; to < from; ++to) moves.push_back(Moved(order, from, count, to));
    }
    if (from + 1 < order.size()) moves.push_back(Moved(order, from, 1, order.size() - 1));
  }
  return moves;
}

// `order` with values behind one base together, and then with values that one load can hold.
std::vector<Order> Gathered(const ir::Function& function, const Order& order,
                            const bpf::CookedHeader& cooked) {
  const auto field_of = [&](std::uint32_t id) { return FieldOf(function.value(id)); };
  const auto gather = [&](auto belong) {
    Order gathered;
    for (const std::uint32_t first : order) {
      if (std::ranges::find(gathered, first) != gathered.end()) continue;
      const std::size_t begin = gathered.size();
      gathered.push_back(first);
      for (std::size_t i = begin; i < gathered.size(); ++i) {
        const std::optional<Field> field = field_of(gathered[i]);
        for (const std::uint32_t id : order) {
          const std::optional<Field> other = field_of(id);
          if (!field || !other || std::ranges::find(gathered, id) != gathered.end()) continue;
          if (belong(*field, *other)) gathered.push_back(id);
        }
      }
    }
    return gathered;
  };
  return {gather([](const Field& a, const Field& b) { return a.base == b.base && a.base != nullptr; }),
          gather([&](const Field& a, const Field& b) { return CommonField(a, b, cooked).has_value(); })};
}

// How many bases the index register is to hold for these values.
std::size_t BaseCount(const ir::Function& function, const Order& order) {
  std::set<const ir::Value*> bases;
  for (const std::uint32_t id : order) {
    const std::optional<Field> field = FieldOf(function.value(id));
    if (field && field->base != nullptr) bases.insert(field->base);
  }
  return bases.size();
}

// The order that costs least among those tried; nothing where none is better than the function as it is.
template <typename IsRepeated>
std::optional<Order> Climb(Search& search, const Order& start, IsRepeated is_repeated) {
  std::optional<Order> best;
  std::vector<Order> starts = Gathered(search.function, start, search.context.cooked);
  std::erase(starts, start);
  // Else it is all the same what comes before what, but for what the registers hold.
  const bool may_gain = std::ranges::any_of(start, is_repeated) || BaseCount(search.function, start) > 1;
  if (!may_gain && starts.empty()) return best;
  std::size_t least = search.CostAsItIs();
  const auto consider = [&](const Order& order) {
    const std::optional<std::size_t> cost = search.CostOf(order);
    if (!cost || *cost >= least) return false;
    least = *cost;
    best = order;
    return true;
  };
  if (may_gain) consider(start);
  for (const Order& order : starts) consider(order);
  Order current = best.value_or(start);
  for (bool gained = may_gain; gained; current = best.value_or(start)) {
    gained = false;
    for (const Order& order : MovesFrom(current, is_repeated)) {
      if (search.nodes_left == 0) return best;
      gained = consider(order) || gained;
    }
  }
  return best;
}

// The words where the value's decisions change, with what else two loads must agree on to be one test in a
// shared tail.
using Shape = std::tuple<unsigned, std::uint32_t, std::set<std::uint32_t>>;

// Values by id that another value resembles in all but its place. With `behind_bases`, only those for which
// one of the two has a base.
std::set<std::uint32_t> ResemblingValues(ir::Function& function, bool behind_bases) {
  std::map<std::uint32_t, std::set<std::uint32_t>> cuts;
  for (const ir::Block* block : ir::TopologicalOrder(function)) {
    const std::optional<Partition> partition = PartitionOf(function, block->terminator);
    if (!partition) continue;
    for (const ir::Switch::Case& c : partition->cases) cuts[partition->value->id()].insert(c.first);
  }
  std::map<Shape, std::vector<std::uint32_t>> alike;
  std::set<Shape> wanted;
  for (const auto& [id, words] : cuts) {
    const std::optional<Field> field = FieldOf(function.value(id));
    if (!field) continue;
    const Shape shape{field->width, field->mask, words};
    alike[shape].push_back(id);
    if (!behind_bases || field->base != nullptr) wanted.insert(shape);
  }
  std::set<std::uint32_t> found;
  for (const Shape& shape : wanted) {
    if (alike[shape].size() > 1) found.insert(alike[shape].begin(), alike[shape].end());
  }
  return found;
}

// `order`, or nothing for the function as it is, or a better one with resembling values last.
std::optional<Order> Aligned(Search& search, ir::Function& function, std::optional<Order> order,
                             const Order& natural) {
  std::optional<std::size_t> least;
  std::optional<Order> best = order;
  for (const bool behind_bases : {true, false}) {
    const std::set<std::uint32_t> last = ResemblingValues(function, behind_bases);
    Order aligned = order.value_or(natural);
    std::stable_partition(aligned.begin(), aligned.end(),
                          [&](std::uint32_t id) { return !last.contains(id); });
    if (aligned == order.value_or(natural)) continue;
    if (!least) least = order ? search.CostOf(*order, Effort::kMerge) : search.CostAsItIs(Effort::kMerge);
    const std::optional<std::size_t> cost = search.CostOf(aligned, Effort::kMerge);
    if (!least || !cost || *cost >= *least) continue;
    least = cost;
    best = aligned;
  }
  return best;
}

}  // namespace

bool RunOrderTests(ir::Function& function, Context& context) {
  if (!CanBuildDiagram(function)) return false;
  const Decided decided = DecidedValues(function);
  const auto is_repeated = [&](std::uint32_t id) { return decided.times.at(id) > 1; };
  if (decided.order.size() > kMaxValues) return false;

  Search search(function, context);
  std::optional<Order> best = Climb(search, decided.order, is_repeated);
  best = Aligned(search, function, std::move(best), decided.order);
  context.counters["order-tests.trials"] += search.trials;
  context.counters["order-tests.nodes"] += kMaxNodes - search.nodes_left;
  if (!best) return false;
  DiagramOptions options{.relation = context.relation, .order = {}};
  for (const std::uint32_t id : *best) options.order.push_back(function.value(id));
  function.SetEntry(BuildDiagram(function, options).root);
  function.RemoveUnreachable();
  ++context.counters["order-tests.reordered"];
  return true;
}

}  // namespace bpfopt::passes
