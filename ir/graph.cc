// Analyses of the control-flow graph. All are iterative and close to linear: functions may have 100,000
// blocks.
#include "ir/graph.h"

#include <algorithm>
#include <cassert>

namespace bpfopt::ir {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

// A tree that grows at its leaves and finds the nearest common ancestor of two nodes in O(log n): each
// node has, beside its parent, a jump to an ancestor such that jump lengths form a skew-binary number.
// (Myers, "An applicative random-access stack", 1983.) Walking up parents alone, as in Cooper, Harvey and
// Kennedy's dominators, is quadratic when a long chain of tests leads to many common outcomes.
class AncestorTree {
 public:
  explicit AncestorTree(std::size_t size) : nodes_(size) {}

  void AddRoot(std::uint32_t node) { nodes_[node] = {node, node, 0}; }
  void AddLeaf(std::uint32_t node, std::uint32_t parent) {
    const Node& above = nodes_[parent];
    const Node& jumped = nodes_[above.jump];
    const bool jumps_match = above.depth - jumped.depth == jumped.depth - nodes_[jumped.jump].depth;
    nodes_[node] = {parent, jumps_match ? jumped.jump : parent, above.depth + 1};
  }

  std::uint32_t CommonAncestor(std::uint32_t a, std::uint32_t b) const {
    a = AncestorAt(a, nodes_[b].depth);
    b = AncestorAt(b, nodes_[a].depth);
    while (a != b) {  // equal depths have equal jump lengths
      const bool jumps_differ = nodes_[a].jump != nodes_[b].jump;
      a = jumps_differ ? nodes_[a].jump : nodes_[a].parent;
      b = jumps_differ ? nodes_[b].jump : nodes_[b].parent;
    }
    return a;
  }

 private:
  struct Node {
    std::uint32_t parent = kNone;
    std::uint32_t jump = kNone;
    std::uint32_t depth = 0;
  };

  // The ancestor at `depth`, or `node` itself when it is no deeper.
  std::uint32_t AncestorAt(std::uint32_t node, std::uint32_t depth) const {
    while (nodes_[node].depth > depth) {
      const std::uint32_t jump = nodes_[node].jump;
      node = nodes_[jump].depth < depth ? nodes_[node].parent : jump;
    }
    return node;
  }

  std::vector<Node> nodes_;
};

}  // namespace

std::vector<Block*> TopologicalOrder(const Function& function) {
  if (function.entry() == nullptr) return {};
  std::vector<bool> seen(function.block_count(), false);
  std::vector<std::pair<Block*, std::size_t>> path;  // a block and how many of its edges are left
  std::vector<Block*> order;
  path.reserve(function.block_count());
  order.reserve(function.block_count());
  const auto enter = [&](Block* block) {
    if (seen[block->id()]) return;
    seen[block->id()] = true;
    path.emplace_back(block, block->edge_count());
  };
  enter(function.entry());
  while (!path.empty()) {
    auto& [block, left] = path.back();
    if (left == 0) {
      order.push_back(block);
      path.pop_back();
    } else {
      enter(block->edge(--left).target);  // the last edge first: reversed, it comes last
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<std::vector<EdgeRef>> ComputePredecessors(const Function& function) {
  std::vector<std::vector<EdgeRef>> predecessors(function.block_count());
  for (Block* block : TopologicalOrder(function)) {
    for (std::size_t i = 0; i < block->edge_count(); ++i) {
      predecessors[block->edge(i).target->id()].push_back({block, static_cast<std::uint32_t>(i)});
    }
  }
  return predecessors;
}

// A block's immediate dominator is the nearest common ancestor, in the dominator tree, of its predecessors;
// without loops they are all in the tree when the block's turn in topological order comes.
Dominators::Dominators(const Function& function)
    : immediate_(function.block_count()),
      children_(function.block_count()),
      enter_(function.block_count(), kNone),
      leave_(function.block_count(), 0) {
  const std::vector<Block*> order = TopologicalOrder(function);
  if (order.empty()) return;
  AncestorTree tree(function.block_count());
  std::vector<std::uint32_t> nearest(function.block_count(), kNone);  // of the predecessors seen so far
  for (Block* block : order) {
    const std::uint32_t id = block->id();
    if (nearest[id] == kNone) {
      tree.AddRoot(id);
    } else {
      tree.AddLeaf(id, nearest[id]);
      immediate_[id] = function.block(nearest[id]);
      children_[nearest[id]].push_back(block);
    }
    for (const Block* successor : Successors(block)) {
      std::uint32_t& common = nearest[successor->id()];
      common = common == kNone ? id : tree.CommonAncestor(common, id);
    }
  }

  std::vector<std::uint32_t> size(function.block_count(), 1);
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    if (const Block* parent = ImmediateDominator(*block)) size[parent->id()] += size[(*block)->id()];
  }
  enter_[order.front()->id()] = 0;
  for (const Block* block : order) {
    std::uint32_t next = enter_[block->id()] + 1;
    for (const Block* child : Children(block)) {
      enter_[child->id()] = next;
      next += size[child->id()];
    }
    leave_[block->id()] = next;
  }
}

bool Dominators::Dominates(const Block* a, const Block* b) const {
  if (a == b) return true;
  return enter_[b->id()] != kNone && enter_[a->id()] <= enter_[b->id()] && enter_[b->id()] < leave_[a->id()];
}

namespace {

void AppendUsedByTerminator(const Block& block, std::vector<const Value*>& values) {
  const auto use = [&values](const Value* value) {
    if (value != nullptr) values.push_back(value);
  };
  if (const auto* end = std::get_if<Return>(&block.terminator)) use(end->value);
  if (const auto* choice = std::get_if<Switch>(&block.terminator)) use(choice->value);
  if (const auto* branch = std::get_if<Branch>(&block.terminator)) {
    use(branch->lhs);
    use(branch->rhs);
  }
  for (std::size_t i = 0; i < block.edge_count(); ++i) {
    for (const Value* argument : block.edge(i).arguments) use(argument);
  }
}

}  // namespace

std::vector<const Value*> UsedByTerminator(const Block& block) {
  std::vector<const Value*> values;
  values.reserve(4);
  AppendUsedByTerminator(block, values);
  return values;
}

std::vector<const Value*> UsedValues(const Block& block) {
  std::vector<const Value*> values;
  values.reserve(block.guards.size() + 2 * block.effects.size() + 4);
  const auto use = [&values](const Value* value) {
    if (value != nullptr) values.push_back(value);
  };
  for (const Guard& guard : block.guards) use(guard.value);
  for (const Value* effect : block.effects) {
    use(effect->lhs());
    use(effect->rhs());
  }
  AppendUsedByTerminator(block, values);
  return values;
}

}  // namespace bpfopt::ir
