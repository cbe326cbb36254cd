#include "passes/diagram_builder.h"

#include "ir/graph.h"
#include "passes/facts.h"
#include "passes/flow_facts.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/terminators.h"
#include "passes/word_classes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace bpfopt::passes {
namespace {

constexpr std::size_t kMaxBlocks = 400;

// A comparison of two values that are no constants, by compare and the values' ids.
using Atom = std::tuple<ir::Compare, std::uint32_t, std::uint32_t>;

Atom AtomOf(const ir::Branch& branch) { return {branch.compare, branch.lhs->id(), branch.rhs->id()}; }

// What is tested from a block on: values, with the words that tests tell apart, and atoms.
struct Tested {
  std::map<std::uint32_t, WordClasses> values;  // by id
  std::set<Atom> atoms;
};

// What is known at a node, as far as tests from there on can see it.
struct State {
  std::map<std::uint32_t, RangeSet> words;  // by value id: classes that are possible; absent: all
  std::map<Atom, bool> atoms;

  auto Key() const {
    std::vector<std::uint64_t> key;
    for (const auto& [id, set] : words) {
      key.push_back(id);
      key.push_back(set.ranges().size());
      for (const Range& range : set.ranges()) key.push_back((std::uint64_t{range.first} << 32) | range.last);
    }
    key.push_back(~std::uint64_t{0});
    for (const auto& [atom, outcome] : atoms) {
      key.push_back(static_cast<std::uint64_t>(std::get<0>(atom)));
      key.push_back((std::uint64_t{std::get<1>(atom)} << 32) | std::get<2>(atom));
      key.push_back(outcome ? 1 : 0);
    }
    return key;
  }
};

// What a value is made of: loads that are not part of another load's base, and other leaves.
std::vector<const ir::Value*> PartsOf(const ir::Value* value) {
  std::vector<const ir::Value*> parts;
  ir::ValueSet seen(value);
  std::vector<const ir::Value*> open{value};
  while (!open.empty()) {
    const ir::Value* part = open.back();
    open.pop_back();
    const bool is_leaf = part->opcode() == ir::Opcode::kLoad || ir::OperandsOf(part)[0] == nullptr;
    if (is_leaf && !part->IsConstant()) parts.push_back(part);
    if (is_leaf) continue;
    for (const ir::Value* operand : ir::OperandsOf(part)) {
      if (operand != nullptr && seen.insert(operand)) open.push_back(operand);
    }
  }
  return parts;
}

bool Overlap(const ir::Value* a, const ir::Value* b) {
  if (a == b) return true;
  if (a->opcode() != ir::Opcode::kLoad || b->opcode() != ir::Opcode::kLoad || a->base() != b->base())
    return false;
  return std::uint64_t{a->offset()} < std::uint64_t{b->offset()} + b->width() &&
         std::uint64_t{b->offset()} < std::uint64_t{a->offset()} + a->width();
}

class Builder {
 public:
  Builder(ir::Function& function, const DiagramOptions& options)
      : function_(function), options_(options), tested_(function.block_count()) {
    const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
    CollectLinked(order);
    for (auto block = order.rbegin(); block != order.rend(); ++block) Collect(**block);
    const bool is_ordered = !options.order.empty();
    if (options.relation == Relation::kStrict || is_ordered) available_ = ComputeAvailableGuards(function);
    if (is_ordered) anticipated_in_source_ = ComputeAnticipatedGuards(function);
    for (const ir::Value* value : options.order) ranks_.emplace(value->id(), ranks_.size());
  }

  Diagram Run() {
    ir::Block* root = Build(*function_.entry(), State());
    return {root, nodes_};
  }

 private:
  void Collect(const ir::Block& block) {
    Tested& tested = tested_[block.id()];
    for (const ir::Edge* edge : block.edges()) {
      const Tested& below = tested_[edge->target->id()];
      for (const auto& [id, classes] : below.values) tested.values[id].Refine(classes);
      tested.atoms.insert(below.atoms.begin(), below.atoms.end());
    }
    if (std::optional<Partition> partition = PartitionOf(function_, block.terminator)) {
      WordClasses& classes = tested.values[partition->value->id()];
      classes.Refine(*partition);
      if (linked_.contains(partition->value->id())) classes.SplitRanges();
    } else if (const auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
      tested.atoms.insert(AtomOf(*branch));
    }
  }

  // Values that have a part in common with another one that is tested: there a single word can tell what its
  // class does not.
  void CollectLinked(const std::vector<ir::Block*>& order) {
    std::map<const ir::Value*, std::vector<const ir::Value*>> parts;
    const auto add = [&](const ir::Value* value) {
      if (!parts.contains(value)) parts[value] = PartsOf(value);
    };
    for (const ir::Block* block : order) {
      if (std::optional<Partition> partition = PartitionOf(function_, block->terminator)) {
        add(partition->value);
      } else if (const auto* branch = std::get_if<ir::Branch>(&block->terminator)) {
        add(branch->lhs);
        add(branch->rhs);
      }
    }
    for (auto a = parts.begin(); a != parts.end(); ++a) {
      for (auto b = std::next(a); b != parts.end(); ++b) {
        const bool is_linked = std::ranges::any_of(a->second, [&](const ir::Value* part) {
          return std::ranges::any_of(b->second, [&](const ir::Value* other) { return Overlap(part, other); });
        });
        if (is_linked) linked_.insert({a->first->id(), b->first->id()});
      }
    }
  }

  // Rounds what is known up to whole classes of the values that `block` or a block after it tests.
  State StateFor(const ir::Block& block, const Facts& facts, const std::map<Atom, bool>& atoms) const {
    State state;
    const Tested& tested = tested_[block.id()];
    for (const auto& [id, classes] : tested.values) {
      const std::vector<bool> hit = classes.Hit(facts.Of(function_.value(id)).range);
      if (std::ranges::find(hit, false) != hit.end()) state.words[id] = classes.Union(hit);
    }
    for (const auto& [atom, outcome] : atoms) {
      if (tested.atoms.contains(atom)) state.atoms[atom] = outcome;
    }
    return state;
  }

  Facts FactsOf(const State& state) const {
    Facts facts;
    for (const auto& [id, words] : state.words) facts.Learn(function_.value(id), words);
    return facts;
  }

  ir::Block* Build(ir::Block& block, const State& state) {
    if (block.edge_count() == 0) return &block;
    std::vector<std::uint64_t> key = state.Key();
    key.push_back(block.id());
    if (auto found = built_.find(key); found != built_.end()) return found->second;
    if (++nodes_ > options_.max_nodes) return nullptr;
    ir::Block* result = BuildNew(block, state);
    if (result != nullptr && options_.relation == Relation::kStrict) result = WithGuardsOf(block, result);
    built_[std::move(key)] = result;
    return result;
  }

  // `node`, which stands for `block`, behind those guards of `block` that neither node nor every path to
  // `block` performs. What a path has not performed by then, a node before this one has promised.
  ir::Block* WithGuardsOf(const ir::Block& block, ir::Block* node) {
    const GuardSet& performed = available_[block.id()];
    const GuardSet& promised = Anticipated(*node);
    std::vector<ir::Guard> missing;
    for (const ir::Guard& guard : block.guards) {
      if (performed.Covers(guard) || promised.Covers(guard)) continue;
      // Where it looks may be loaded under a guard that comes only later.
      if (guard.value != nullptr) std::ranges::copy(DemandedGuards(guard.value), std::back_inserter(missing));
      missing.push_back(guard);
    }
    return missing.empty() ? node : Unique(ir::Jump{{node, {}}}, std::move(missing));
  }

  // What every path from a block of the diagram to an accepting return performs.
  const GuardSet& Anticipated(const ir::Block& block) {
    auto [found, inserted] = anticipated_.emplace(&block, GuardSet());
    if (!inserted) return found->second;
    if (AlwaysRejects(block)) {
      found->second = GuardSet::Everything();
      return found->second;
    }
    GuardSet set = block.edge_count() == 0 ? GuardSet() : GuardSet::Everything();
    for (const ir::Edge* edge : block.edges()) set.Meet(Anticipated(*edge->target));
    for (const ir::Guard& guard : block.guards) set.Add(guard);
    return anticipated_[&block] = std::move(set);
  }

  ir::Block* BuildNew(ir::Block& block, const State& state) {
    Facts facts = FactsOf(state);
    if (std::optional<Partition> partition = PartitionOf(function_, block.terminator)) {
      return BuildDecision(block, *partition, facts, state.atoms);
    }
    if (const auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
      return BuildComparison(*branch, facts, state.atoms);
    }
    ir::Block& next = *block.edge(0).target;
    return Build(next, StateFor(next, facts, state.atoms));
  }

  ir::Block* BuildDecision(ir::Block& block, const Partition& partition, const Facts& facts,
                           const std::map<Atom, bool>& atoms) {
    const bool is_open = IsOpen(block, partition.value, facts);
    const ir::Value* value = is_open ? FirstValue(block, partition.value, facts) : partition.value;
    const RangeSet possible = facts.Of(value).range;
    const WordClasses& classes = tested_[block.id()].values.at(value->id());
    std::vector<ir::Block*> children(classes.count(), nullptr);  // by label; null: cannot be reached
    for (std::uint32_t label = 0; label < classes.count(); ++label) {
      std::vector<bool> only(classes.count(), false);
      only[label] = true;
      const RangeSet words = classes.Union(only).Intersect(possible);
      Facts below = facts;
      if (words.IsEmpty() || !below.Learn(value, words)) continue;
      ir::Block& next = value == partition.value ? *EdgeFor(partition, words.Min()).target : block;
      children[label] = Build(next, StateFor(next, below, atoms));
      if (children[label] == nullptr) return nullptr;
    }
    Partition node;
    node.value = value;
    RangeSet reached;
    for (std::size_t i = 0; i < classes.pieces().size(); ++i) {
      const Range words = classes.WordsOf(i);
      ir::Block* child = children[classes.pieces()[i].label];
      if (child == nullptr || !RangeSet::Of(words.first, words.last).Intersects(possible)) continue;
      reached.Append(words);
      // Words that cannot occur before this piece go with it; Restrict() finds a better place for them.
      node.cases.push_back({node.cases.empty() ? 0 : words.first, EdgeTo(child, node.edges)});
    }
    if (node.edges.empty()) return Build(*partition.edges[0].target, State());
    node = Restrict(node, reached);
    DropImplied(node, facts);
    return Finish(ToTerminator(function_, std::move(node)));
  }

  // Do facts leave words of more than one class?
  bool IsOpen(const ir::Block& block, const ir::Value* value, const Facts& facts) const {
    const std::vector<bool> hit = tested_[block.id()].values.at(value->id()).Hit(facts.Of(value).range);
    return std::ranges::count(hit, true) > 1;
  }

  // The value to test at `block`, whose own is `own`: of those that may still be tested from there on, that
  // every accepting path may load at once, the first in the order.
  const ir::Value* FirstValue(const ir::Block& block, const ir::Value* own, const Facts& facts) {
    const auto own_rank = ranks_.find(own->id());
    if (own_rank == ranks_.end()) return own;
    std::vector<std::pair<std::size_t, const ir::Value*>> earlier;
    for (const auto& [id, classes] : tested_[block.id()].values) {
      const auto rank = ranks_.find(id);
      if (rank != ranks_.end() && rank->second < own_rank->second)
        earlier.emplace_back(rank->second, function_.value(id));
    }
    std::ranges::sort(earlier);
    for (const auto& [rank, value] : earlier) {
      if (IsOpen(block, value, facts) && IsTestedBehind(block, value, facts) &&
          MayLoadAt(block, value, facts))
        return value;
    }
    return own;
  }

  // Does a way that `facts` leave from `from` lead to a decision on `value`?
  bool IsTestedBehind(const ir::Block& from, const ir::Value* value, const Facts& facts) {
    std::set<const ir::Block*> seen{&from};
    std::vector<const ir::Block*> open{&from};
    while (!open.empty()) {
      const ir::Block& block = *open.back();
      open.pop_back();
      if (!tested_[block.id()].values.contains(value->id())) continue;
      const std::optional<Partition> partition = PartitionOf(function_, block.terminator);
      if (partition && partition->value == value) return true;
      const std::optional<std::size_t> decided = DecidedEdge(function_, block, facts);
      for (std::size_t i = 0; i < block.edge_count(); ++i) {
        const ir::Block* next = block.edge(i).target;
        if ((!decided || *decided == i) && seen.insert(next).second) open.push_back(next);
      }
    }
    return false;
  }

  // Do all accepting paths from `block` on, or all paths to it, load the value? `facts` may leave fewer paths
  // than there are.
  bool MayLoadAt(const ir::Block& block, const ir::Value* value, const Facts& facts) {
    const std::vector<ir::Guard> guards = DemandedGuards(value);
    const auto is_covered = [&](const GuardSet& promised) {
      return std::ranges::all_of(guards, [&](const ir::Guard& guard) {
        return available_[block.id()].Covers(guard) || promised.Covers(guard);
      });
    };
    if (is_covered(anticipated_in_source_[block.id()])) return true;
    std::map<const ir::Block*, GuardSet> known;
    return is_covered(AnticipatedUnder(block, facts, known));
  }

  // What every path that `facts` leave from `block` to an accepting return performs.
  const GuardSet& AnticipatedUnder(const ir::Block& block, const Facts& facts,
                                   std::map<const ir::Block*, GuardSet>& known) {
    if (const auto found = known.find(&block); found != known.end()) return found->second;
    if (AlwaysRejects(block)) return known[&block] = GuardSet::Everything();
    const std::optional<std::size_t> decided = DecidedEdge(function_, block, facts);
    GuardSet set = block.edge_count() == 0 ? GuardSet() : GuardSet::Everything();
    for (std::size_t i = 0; i < block.edge_count(); ++i) {
      if (!decided || *decided == i) set.Meet(AnticipatedUnder(*block.edge(i).target, facts, known));
    }
    for (const ir::Guard& guard : block.guards) set.Add(guard);
    return known[&block] = std::move(set);
  }

  // Where another child, given what an edge of this node tells, comes to the same as the edge's own child,
  // the edge can go to that other child: `ld[2] == 0xffffffff` need not be asked when a set multicast bit
  // follows and rejects anyway.
  void DropImplied(Partition& node, const Facts& facts) {
    for (std::uint32_t i = 0; i < node.edges.size(); ++i) {
      Facts on_edge = facts;
      if (!on_edge.Learn(node.value, WordsFor(node, i))) continue;
      for (const ir::Edge& other : node.edges) {
        if (other == node.edges[i] || !ComesTo(node, *other.target, on_edge, *node.edges[i].target)) continue;
        ir::Edge target = other;
        node.edges[i] = std::move(target);
        break;
      }
    }
  }

  // Do the decisions from `at` on, under `facts`, lead to `goal`, without a fault that was not there?
  bool ComesTo(const Partition& node, const ir::Block& at, const Facts& facts, const ir::Block& goal) {
    GuardSet performed;
    for (const ir::Guard& guard : DemandedGuards(node.value)) performed.Add(guard);
    const auto* exit = std::get_if<ir::Return>(&goal.terminator);
    const bool rejects = exit != nullptr && exit->value->IsConstant(0);
    const ir::Block* block = &at;
    while (block != &goal && block->edge_count() != 0) {
      std::optional<std::size_t> decided = DecidedEdge(function_, *block, facts);
      if (!decided) return false;
      for (const ir::Guard& guard : block->guards) {
        if (!rejects && !performed.Covers(guard)) return false;
      }
      block = block->edge(*decided).target;
    }
    return block == &goal;
  }

  ir::Block* BuildComparison(const ir::Branch& branch, const Facts& facts, std::map<Atom, bool> atoms) {
    std::optional<bool> known = facts.Decide(branch);
    if (auto found = atoms.find(AtomOf(branch)); found != atoms.end()) known = found->second;
    ir::Branch node = branch;
    for (bool outcome : {true, false}) {
      if (known && *known != outcome) continue;
      ir::Edge& edge = outcome ? node.then_edge : node.else_edge;
      Facts below = facts;
      if (!below.Learn(branch, outcome)) {
        known = !outcome;
        continue;
      }
      atoms[AtomOf(branch)] = outcome;
      ir::Block* child = Build(*edge.target, StateFor(*edge.target, below, atoms));
      if (child == nullptr) return nullptr;
      edge.target = child;
    }
    if (known) return (*known ? node.then_edge : node.else_edge).target;
    if (node.then_edge == node.else_edge) return node.then_edge.target;
    return Finish(node);
  }

  static const ir::Edge& EdgeFor(const Partition& partition, std::uint32_t word) {
    auto after = std::ranges::upper_bound(partition.cases, word, {}, &ir::Switch::Case::first);
    return partition.edges[std::prev(after)->edge];
  }

  static std::uint32_t EdgeTo(ir::Block* target, std::vector<ir::Edge>& edges) {
    for (std::uint32_t i = 0; i < edges.size(); ++i) {
      if (edges[i].target == target) return i;
    }
    edges.push_back({target, {}});
    return static_cast<std::uint32_t>(edges.size() - 1);
  }

  // The one block that ends in `terminator` and does nothing else.
  ir::Block* Finish(ir::Terminator terminator) {
    if (const auto* jump = std::get_if<ir::Jump>(&terminator)) return jump->edge.target;
    return Unique(std::move(terminator), {});
  }

  // The one block that performs `guards` and those that its terminator demands and ends in `terminator`.
  ir::Block* Unique(ir::Terminator terminator, std::vector<ir::Guard> guards) {
    ir::Block candidate;
    candidate.terminator = std::move(terminator);
    candidate.guards = std::move(guards);
    for (const ir::Guard& guard : DemandedGuards(candidate)) candidate.guards.push_back(guard);
    auto [found, inserted] = unique_.emplace(BlockKey(candidate), nullptr);
    if (inserted) {
      found->second = function_.NewBlock();
      found->second->guards = std::move(candidate.guards);
      found->second->terminator = std::move(candidate.terminator);
    }
    return found->second;
  }

  ir::Function& function_;
  const DiagramOptions& options_;
  std::vector<Tested> tested_;
  std::set<std::uint32_t> linked_;               // by value id
  std::vector<GuardSet> available_;              // strict or ordered: by block id
  std::vector<GuardSet> anticipated_in_source_;  // ordered: by block id
  std::map<std::uint32_t, std::size_t> ranks_;   // ordered: by value id
  std::map<const ir::Block*, GuardSet> anticipated_;
  std::map<std::vector<std::uint64_t>, ir::Block*> built_;
  std::map<std::vector<std::uint64_t>, ir::Block*> unique_;
  std::size_t nodes_ = 0;
};

}  // namespace

bool CanBuildDiagram(const ir::Function& function) {
  const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  return order.size() <= kMaxBlocks && std::ranges::all_of(order, [](const ir::Block* block) {
           return block->parameters.empty() && block->effects.empty() &&
                  std::ranges::none_of(block->guards, [](const ir::Guard& guard) {
                    return IsObservable(guard, Relation::kFaithful);
                  });
         });
}

Diagram BuildDiagram(ir::Function& function, const DiagramOptions& options) {
  return Builder(function, options).Run();
}

}  // namespace bpfopt::passes
