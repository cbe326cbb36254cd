// Pass `merge-tails`: two sub-graphs alike but for where they load become one, and the difference a block
// parameter.
//
//   b3: if ldh[54] == 80 then b8 else b9            b3: jump b5(0x28)
//   b4: if ldh[(ldb[14] & 0xf) << 2 + 14] == 80 =>  b4: jump b5((ldb[14] & 0xf) << 2)
//         then b8 else b9                           b5(%0): if ldh[%0 + 14] == 80 then b8 else b9
//
// The parameter is the base of the loads. Where the first loads do not fit the one base that the others need,
// the first block's value is a second parameter: `host` tests [26] then [30] in IP, but [28] then [38] in
// ARP. The sub-graphs end where they meet, or where they hand arguments on to one block; then the one tail
// hands on what it has in their place. A merge is made when it lowers the estimated size; the best first,
// until none does. Skipped for large functions.

#include "ir/graph.h"
#include "ir/upper_bounds.h"
#include "passes/cost.h"
#include "passes/guard_set.h"
#include "passes/linear_form.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>
#include <optional>

namespace bpfopt::passes {
namespace {

constexpr std::size_t kMaxBlocks = 400;
constexpr std::size_t kMaxMerges = 64;
// A distance is added to a base only where no sum reaches this: there no rule of any target for base + offset
// tells base + (distance + offset) from (base + distance) + offset.
constexpr std::uint64_t kFarOffset = 0x10000000;

// What a parameter is on the one side and on the other.
struct Arguments {
  const ir::Value* first = nullptr;
  const ir::Value* second = nullptr;
};

// Where the loads of one side begin: `root` (null: the packet's start) and a distance behind it.
struct Base {
  const ir::Value* root = nullptr;
  std::uint32_t distance = 0;
};

struct Bases {
  Base first;
  Base second;
};

// An edge that hands on arguments, or leads to a block that does nothing else.
const ir::Edge* HandOver(const ir::Edge& edge) {
  if (!edge.arguments.empty()) return &edge;
  const ir::Block& next = *edge.target;
  const auto* jump = std::get_if<ir::Jump>(&next.terminator);
  const bool forwards = jump != nullptr && next.parameters.empty() && next.effects.empty();
  return forwards && !jump->edge.arguments.empty() ? &jump->edge : nullptr;
}

// Finds the common form of two sub-graphs, without changing the function but for new values.
class Unifier {
 public:
  // `bounds` of the function's values, or of those of the one that it is a copy of.
  Unifier(ir::Function& function, const ir::UpperBounds& bounds, const ir::Block& first,
          const ir::Block& second, bool value_parameter, const Context& context)
      : function_(function),
        bounds_(bounds),
        context_(context),
        roots_{&first, &second},
        base_parameter_(function.NewParameter()) {
    if (value_parameter) value_parameter_ = function.NewParameter();
  }

  // A value parameter that the roots' decisions have no place for makes no merge.
  bool Run() {
    return UnifyBlocks(*roots_.first, *roots_.second) &&
           (value_parameter_ == nullptr || value_.first != nullptr);
  }

  // Makes the merged blocks and leads both roots to them.
  void Apply(ir::Block& first, ir::Block& second) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, ir::Block*> merged;
    for (const Pair& pair : pairs_) merged[pair.key] = function_.NewBlock();
    for (Pair& pair : pairs_) {
      ir::Block& block = *merged[pair.key];
      block.terminator = pair.terminator;
      for (std::size_t i = 0; i < block.edge_count(); ++i) {
        if (pair.hand_overs[i]) {
          block.edge(i) = {NewForwarding(std::move(*pair.hand_overs[i])), {}};
          continue;
        }
        const auto key = pair.targets[i];
        if (key.first != key.second) block.edge(i).target = merged.at(key);
      }
      if (auto* choice = std::get_if<ir::Switch>(&block.terminator)) choice->Canonicalize();
      block.guards = DemandedGuards(block);
    }
    ir::Block& root = *merged.at({first.id(), second.id()});
    LeadTo(root, first, true);
    LeadTo(root, second, false);
    if (bases_) root.parameters.push_back(base_parameter_);
    if (value_parameter_ != nullptr) root.parameters.push_back(value_parameter_);
  }

  // A merge without any parameter is none: the blocks are equal, and merge-blocks does it.
  bool HasParameter() const { return bases_ || value_parameter_ != nullptr; }

 private:
  using PairKey = std::pair<std::uint32_t, std::uint32_t>;
  struct Pair {
    PairKey key;
    ir::Terminator terminator;                        // edges still lead to the first side's targets
    std::vector<PairKey> targets;                     // of each edge, on both sides
    std::vector<std::optional<ir::Edge>> hand_overs;  // of each edge, where it hands on arguments
  };

  ir::Block* NewForwarding(ir::Edge edge) {
    ir::Block* block = function_.NewBlock();
    block->terminator = ir::Jump{std::move(edge)};
    block->guards = DemandedGuards(*block);
    return block;
  }

  void LeadTo(ir::Block& root, ir::Block& side, bool first) {
    ir::Edge edge{&root, {}};
    if (bases_) edge.arguments.push_back(MakeBase(first ? bases_->first : bases_->second));
    if (value_parameter_ != nullptr) edge.arguments.push_back(first ? value_.first : value_.second);
    side.terminator = ir::Jump{std::move(edge)};
    side.guards = DemandedGuards(side);
  }

  bool UnifyBlocks(const ir::Block& a, const ir::Block& b) {
    if (&a == &b) return true;
    const PairKey key{a.id(), b.id()};
    auto [known, inserted] = partner_.emplace(a.id(), b.id());
    if (!inserted) return known->second == b.id();
    const bool root = &a == roots_.first;
    if (!a.effects.empty() || !b.effects.empty()) return false;
    if (!root && (!a.parameters.empty() || !b.parameters.empty())) return false;
    // A guard that no load of its block demands would have to be unified as well.
    if (HasGuardBesideDemanded(a, context_.relation) || HasGuardBesideDemanded(b, context_.relation))
      return false;
    if (a.terminator.index() != b.terminator.index() || a.edge_count() != b.edge_count()) return false;
    Pair pair{key, a.terminator, {}, {}};
    if (!UnifyTerminators(pair.terminator, b.terminator, root)) return false;
    for (std::size_t i = 0; i < a.edge_count(); ++i) {
      const ir::Edge& to_a = a.edge(i);
      const ir::Edge& to_b = b.edge(i);
      pair.targets.emplace_back(to_a.target->id(), to_b.target->id());
      pair.hand_overs.emplace_back();
      const ir::Edge* over_a = HandOver(to_a);
      const ir::Edge* over_b = HandOver(to_b);
      if (over_a != nullptr && over_b != nullptr && over_a->target == over_b->target) {
        pair.hand_overs.back() = UnifyEdges(*over_a, *over_b);
        if (!pair.hand_overs.back()) return false;
        continue;
      }
      if (!to_a.arguments.empty() || !to_b.arguments.empty()) return false;
      if (!UnifyBlocks(*to_a.target, *to_b.target)) return false;
    }
    pairs_.push_back(std::move(pair));
    return true;
  }

  // Of edges to one block.
  std::optional<ir::Edge> UnifyEdges(const ir::Edge& a, const ir::Edge& b) {
    ir::Edge edge{a.target, {}};
    for (std::size_t i = 0; i < a.arguments.size(); ++i) {
      const ir::Value* argument = UnifyArguments(a.arguments[i], b.arguments[i]);
      if (argument == nullptr) return std::nullopt;
      edge.arguments.push_back(argument);
    }
    return edge;
  }

  // The base itself may be what is handed on, or a place at one distance from it.
  const ir::Value* UnifyArguments(const ir::Value* a, const ir::Value* b) {
    if (!bases_) return Unify(a, b);
    const LinearForm behind_first = Difference(LinearFormOf(a), LinearFormOf(MakeBase(bases_->first)));
    const LinearForm behind_second = Difference(LinearFormOf(b), LinearFormOf(MakeBase(bases_->second)));
    if (!behind_first.terms.empty() || !(behind_first == behind_second)) return Unify(a, b);
    const ir::Value* distance = function_.MakeConstant(behind_first.constant);
    return function_.MakeBinary(ir::Opcode::kAdd, base_parameter_, distance);
  }

  // Rewrites `a`'s values to the common ones.
  bool UnifyTerminators(ir::Terminator& a, const ir::Terminator& b, bool root) {
    if (auto* choice = std::get_if<ir::Switch>(&a)) {
      const auto& other = std::get<ir::Switch>(b);
      if (choice->cases != other.cases) return false;
      choice->value = UnifyDecided(choice->value, other.value, root);
      return choice->value != nullptr;
    }
    if (auto* branch = std::get_if<ir::Branch>(&a)) {
      const auto& other = std::get<ir::Branch>(b);
      if (branch->compare != other.compare) return false;
      branch->lhs = UnifyDecided(branch->lhs, other.lhs, root && branch->rhs->IsConstant());
      branch->rhs = Unify(branch->rhs, other.rhs);
      return branch->lhs != nullptr && branch->rhs != nullptr;
    }
    return false;  // returns and jumps gain nothing
  }

  const ir::Value* UnifyDecided(const ir::Value* a, const ir::Value* b, bool root) {
    if (!root || value_parameter_ == nullptr) return Unify(a, b);
    if (a == b) return nullptr;
    value_ = {a, b};
    return value_parameter_;
  }

  // The value that is `a` on the first side and `b` on the second; null when there is none.
  const ir::Value* Unify(const ir::Value* a, const ir::Value* b) {
    if (a == b) return OfRootParameter(a) ? nullptr : a;
    if (a->opcode() != b->opcode()) return nullptr;
    if (a->opcode() == ir::Opcode::kLoad) return UnifyLoads(a, b);
    if (ir::IsUnary(a->opcode())) {
      const ir::Value* operand = Unify(a->lhs(), b->lhs());
      return operand == nullptr ? nullptr : function_.MakeUnary(a->opcode(), operand);
    }
    if (!ir::IsBinary(a->opcode())) return nullptr;
    const ir::Value* lhs = Unify(a->lhs(), b->lhs());
    const ir::Value* rhs = Unify(a->rhs(), b->rhs());
    return lhs == nullptr || rhs == nullptr ? nullptr : function_.MakeBinary(a->opcode(), lhs, rhs);
  }

  const ir::Value* UnifyLoads(const ir::Value* a, const ir::Value* b) {
    if (a->width() != b->width()) return nullptr;
    if (function_.target() == Target::kSeccomp) return nullptr;  // which has no loads at a base
    if (!bases_) bases_ = BasesFor(a, b);
    std::optional<std::uint32_t> offset_a = OffsetFrom(a, bases_->first);
    std::optional<std::uint32_t> offset_b = OffsetFrom(b, bases_->second);
    if (!offset_a || !offset_b || *offset_a != *offset_b) return nullptr;
    if (*offset_a < context_.cooked.header_bytes) return nullptr;
    return function_.MakeLoad(base_parameter_, *offset_a, a->width());
  }

  // The bases that make two loads one, as near to the roots as can be: 0 on one side where both are absolute,
  // for a register is 0 when a program starts.
  static Bases BasesFor(const ir::Value* a, const ir::Value* b) {
    const std::uint32_t common = std::min(a->offset(), b->offset());
    return {{a->base(), a->offset() - common}, {b->base(), b->offset() - common}};
  }

  std::optional<std::uint32_t> OffsetFrom(const ir::Value* load, const Base& base) const {
    if (load->base() != base.root || load->offset() < base.distance) return std::nullopt;
    if (base.root == nullptr) {
      if (load->offset() > 0x7fffffff) return std::nullopt;
    } else if (base.distance > 0) {
      if (!bounds_.Has(base.root) || load->offset() >= kFarOffset) return std::nullopt;
      if (std::uint64_t{bounds_.Of(base.root)} + load->offset() >= kFarOffset) return std::nullopt;
    }
    return load->offset() - base.distance;
  }

  const ir::Value* MakeBase(const Base& base) {
    if (base.root != nullptr && base.distance == 0) return base.root;
    const ir::Value* distance = function_.MakeConstant(base.distance);
    return base.root == nullptr ? distance : function_.MakeBinary(ir::Opcode::kAdd, base.root, distance);
  }

  bool OfRootParameter(const ir::Value* value) const {
    if (roots_.first->parameters.empty() && roots_.second->parameters.empty()) return false;
    bool depends = false;
    ir::ForEachOperand(
        value, [&](const ir::Value* part) { depends = depends || part->opcode() == ir::Opcode::kParameter; });
    return depends;
  }

  ir::Function& function_;
  const ir::UpperBounds& bounds_;
  const Context& context_;
  std::pair<const ir::Block*, const ir::Block*> roots_;
  const ir::Value* base_parameter_;
  const ir::Value* value_parameter_ = nullptr;
  std::optional<Bases> bases_;
  Arguments value_;
  std::map<std::uint32_t, std::uint32_t> partner_;
  std::vector<Pair> pairs_;
};

struct Candidate {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool value_parameter = false;
  bool split = false;  // take out of `second`'s decision what `first`'s has not, and merge the rest
};

// Leaves in `block`'s decision only the words that `like` leads elsewhere, and returns a new block that
// decides the others as `like` does; null when they differ in everything or in nothing.
//
//   b1: switch ldb[20] { 0x6 -> b8; 0x2c -> b2; else -> b9 }        b1: if ldb[20] == 0x2c then b2 else b3
//   like: if ldb[23] == 0x6 then b8 else b9                    =>   b3: if ldb[20] == 0x6 then b8 else b9
ir::Block* SplitOff(ir::Function& function, ir::Block& block, const ir::Block& like) {
  std::optional<Partition> whole = PartitionOf(function, block.terminator);
  std::optional<Partition> wanted = PartitionOf(function, like.terminator);
  if (!whole || !wanted || whole->edges.size() < 3) return nullptr;
  RangeSet alike;
  for (std::uint32_t i = 0; i < whole->edges.size(); ++i) {
    for (std::uint32_t j = 0; j < wanted->edges.size(); ++j) {
      if (whole->edges[i] == wanted->edges[j])
        alike = alike.Union(WordsFor(*whole, i).Intersect(WordsFor(*wanted, j)));
    }
  }
  for (const ir::Edge& edge : wanted->edges) {
    if (std::ranges::find(whole->edges, edge) == whole->edges.end()) return nullptr;
  }
  if (alike.IsEmpty() || alike.IsFull()) return nullptr;
  ir::Block* rest = function.NewBlock();
  wanted->value = whole->value;
  rest->terminator = ToTerminator(function, std::move(*wanted));
  rest->guards = DemandedGuards(*rest);

  Partition taken;
  taken.value = whole->value;
  taken.edges = whole->edges;
  taken.edges.push_back({rest, {}});
  const auto to_rest = static_cast<std::uint32_t>(taken.edges.size() - 1);
  for (std::uint32_t i = 0; i < whole->edges.size(); ++i) {
    const RangeSet words = WordsFor(*whole, i).Intersect(alike.Complement());
    for (const Range& range : words.ranges()) taken.cases.push_back({range.first, i});
  }
  for (const Range& range : alike.ranges()) taken.cases.push_back({range.first, to_rest});
  std::ranges::sort(taken.cases, {}, &ir::Switch::Case::first);
  block.terminator = ToTerminator(function, std::move(taken));
  return rest;
}

// Merges the candidate's blocks; false when they have no common form.
bool Merge(ir::Function& function, const ir::UpperBounds& bounds, const Candidate& candidate,
           const Context& context) {
  ir::Block& first = *function.block(candidate.first);
  ir::Block* split = candidate.split ? SplitOff(function, *function.block(candidate.second), first) : nullptr;
  if (candidate.split && split == nullptr) return false;
  ir::Block& second = candidate.split ? *split : *function.block(candidate.second);
  Unifier unifier(function, bounds, first, second, candidate.value_parameter, context);
  if (!unifier.Run() || !unifier.HasParameter()) return false;
  unifier.Apply(first, second);
  function.RemoveUnreachable();
  return true;
}

// Blocks that could be the roots of a merge: the same kind of decision with the same constants.
std::vector<Candidate> Candidates(const ir::Function& function) {
  std::map<std::vector<std::uint64_t>, std::vector<std::uint32_t>> shapes;
  for (const ir::Block* block : ir::TopologicalOrder(function)) {
    std::vector<std::uint64_t> shape{block->terminator.index(), block->edge_count()};
    if (const auto* branch = std::get_if<ir::Branch>(&block->terminator)) {
      shape.push_back(static_cast<std::uint64_t>(branch->compare));
      shape.push_back(branch->rhs->IsConstant() ? branch->rhs->constant() : ~std::uint64_t{0});
    } else if (const auto* choice = std::get_if<ir::Switch>(&block->terminator)) {
      for (const ir::Switch::Case& c : choice->cases)
        shape.push_back((std::uint64_t{c.first} << 32) | c.edge);
    } else {
      continue;
    }
    shapes[shape].push_back(block->id());
  }
  std::vector<Candidate> candidates;
  for (const auto& [shape, blocks] : shapes) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      for (std::size_t j = i + 1; j < blocks.size(); ++j) {
        candidates.push_back({blocks[i], blocks[j], false});
        candidates.push_back({blocks[i], blocks[j], true});
      }
    }
  }
  for (const ir::Block* larger : ir::TopologicalOrder(function)) {
    if (larger->edge_count() < 3) continue;
    for (const ir::Block* smaller : ir::TopologicalOrder(function)) {
      if (smaller->edge_count() < 2 || smaller->edge_count() >= larger->edge_count()) continue;
      candidates.push_back({smaller->id(), larger->id(), true, true});
      candidates.push_back({smaller->id(), larger->id(), false, true});
    }
  }
  return candidates;
}

// Whether Merge may succeed, by what is cheaper than a copy of the function. Values made meanwhile stay in
// `scratch`, which is such a copy.
bool MayMerge(ir::Function& scratch, const ir::UpperBounds& bounds, const Candidate& candidate,
              const Context& context) {
  const ir::Block& first = *scratch.block(candidate.first);
  const ir::Block& second = *scratch.block(candidate.second);
  if (!candidate.split) {
    Unifier unifier(scratch, bounds, first, second, candidate.value_parameter, context);
    return unifier.Run() && unifier.HasParameter();
  }
  for (std::size_t i = 0; i < first.edge_count(); ++i) {
    bool is_shared = false;
    for (std::size_t j = 0; j < second.edge_count() && !is_shared; ++j) {
      is_shared = first.edge(i) == second.edge(j);
    }
    if (!is_shared) return false;
  }
  return true;
}

// Makes the merge that lowers the size most; false when none does.
bool MergeBest(ir::Function& function, const Context& context) {
  std::size_t best_size = EstimateHalfInstructions(function);
  std::optional<ir::Function> best;
  ir::Function scratch = function.Clone();
  const ir::UpperBounds bounds(function);
  for (const Candidate& candidate : Candidates(function)) {
    if (!MayMerge(scratch, bounds, candidate, context)) continue;
    ir::Function trial = function.Clone();
    if (!Merge(trial, bounds, candidate, context)) continue;
    const std::size_t size = EstimateHalfInstructions(trial);
    if (size >= best_size) continue;
    best_size = size;
    best = std::move(trial);
  }
  if (!best) return false;
  function = std::move(*best);
  return true;
}

}  // namespace

bool RunMergeTails(ir::Function& function, Context& context) {
  if (function.block_count() > kMaxBlocks) return false;
  bool changed = false;
  for (std::size_t i = 0; i < kMaxMerges && MergeBest(function, context); ++i) {
    ++context.counters["merge-tails.merges"];
    changed = true;
  }
  return changed;
}

}  // namespace bpfopt::passes
