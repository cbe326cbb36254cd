// Nodes form a forest: the parent of a node is the later node with the longest way to go that it leads to,
// and from one to the next a chain runs to the end of the program. A segment of a chain says under which
// conditions a packet that enters it
//
//   goes on to the node after the segment,
//   leaves for a node further down the chain, or
//   ends with a verdict.
//
//   node 1: ip?         no: node 3       segment 1..2:  goes on (to 3)  !ip | ip & !host A
//   node 2: host A?     yes: accept                     accepts         ip & host A
//   node 3: ...
//
// Joining two neighbouring segments gives one, in any grouping. The groups are blocks of 2^k nodes whose
// places are counted from the end of the chain, so that programs with a common rear share the terms for it.
//
// A short detour, such as all tests of one host, is one node: its parent is where both ways meet. So the
// chain of a filter of many hosts has a node for each host, and no block ends in the middle of one. Where a
// segment has one way out, nobody needs to know more than when a packet takes that; the conditions of such
// segments are disjunctions, one disjunct for each node, in whatever order (smt/diagram.cc).
#include "verifier/outcomes.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace bpfopt::verifier {
namespace {

using smt::Term;

// Stands for the end of every chain.
constexpr std::size_t kEnd = ~std::size_t{0};

// In nodes, along its longest way.
constexpr std::size_t kLongestDetour = 64;

struct Segment {
  Term goes_on;
  std::map<std::size_t, Term> leaves;     // by node
  std::map<std::uint32_t, Outcome> ends;  // by the verdict's id
  bool may_reject = false;                // the conditions may not cover all packets
};

class Composer {
 public:
  Composer(const DecisionGraph& graph, Loads loads, bool is_bound, smt::Context& terms)
      : graph_(graph), loads_(loads), is_bound_(is_bound), terms_(terms), nodes_(graph.nodes.size()) {}

  Outcomes Run() {
    for (auto node = graph_.order.rbegin(); node != graph_.order.rend(); ++node) Build(*node);
    Outcomes outcomes;
    for (const auto& [id, outcome] : Path(0, kEnd).ends) outcomes.push_back(outcome);
    return outcomes;
  }

 private:
  struct Block {
    Segment segment;
    std::size_t end;  // the node after it
  };
  struct Node {
    std::size_t parent = kEnd;
    std::size_t jump = kEnd;    // an ancestor further up, so that ancestors are found in logarithmic time
    std::size_t depth = 0;      // nodes from here to the end of the chain
    std::size_t weight = 0;     // the same, along the longest way of each detour
    std::vector<Block> blocks;  // of 1, 2, 4, ... nodes from here on, as far as they were asked for
  };

  std::size_t Depth(std::size_t node) const { return node == kEnd ? 0 : nodes_[node].depth; }
  std::size_t Weight(std::size_t node) const { return node == kEnd ? 0 : nodes_[node].weight; }
  std::size_t Parent(std::size_t node) const { return node == kEnd ? kEnd : nodes_[node].parent; }
  std::size_t JumpOf(std::size_t node) const { return node == kEnd ? kEnd : nodes_[node].jump; }
  bool Returns(std::size_t node) const { return graph_.nodes[node].verdict.valid(); }

  void Build(std::size_t index);
  Segment BranchSegment(std::size_t index);
  void Enter(Segment& segment, Term condition, const Segment& then, std::size_t then_end, std::size_t end);
  void Guard(Segment& segment, const verifier::Guard& guard);
  void LeaveByOneWay(Segment& segment);
  void Link(std::size_t index, std::size_t parent, std::size_t weight);
  std::size_t AncestorAt(std::size_t node, std::size_t depth) const;
  std::size_t CommonAncestor(std::size_t a, std::size_t b) const;
  const Block& BlockOf(std::size_t node, std::size_t size_log2);
  Segment Path(std::size_t from, std::size_t to);
  Segment Join(const Segment& first, const Segment& second, std::size_t end);
  void AddEnd(Segment& segment, const Outcome& outcome);
  void AddLeave(Segment& segment, std::size_t node, Term condition);
  Segment Empty(bool goes_on) { return {goes_on ? terms_.True() : terms_.False(), {}, {}}; }

  const DecisionGraph& graph_;
  const Loads loads_;
  const bool is_bound_;  // conditions may be too weak
  smt::Context& terms_;
  std::vector<Node> nodes_;
};

void Composer::AddEnd(Segment& segment, const Outcome& outcome) {
  if (terms_.AsBool(outcome.condition) == false) return;
  if (terms_.AsConstant(outcome.verdict) == 0) {
    segment.may_reject = true;
    return;
  }
  const auto [position, inserted] = segment.ends.emplace(outcome.verdict.id(), outcome);
  if (!inserted) position->second.condition = terms_.Or(position->second.condition, outcome.condition);
}

void Composer::AddLeave(Segment& segment, std::size_t node, Term condition) {
  if (terms_.AsBool(condition) == false) return;
  const auto [position, inserted] = segment.leaves.emplace(node, condition);
  if (!inserted) position->second = terms_.Or(position->second, condition);
}

// Under `condition`, `segment`, which ends before `end`, enters `then`, which ends before `then_end`: `end`
// or a node further down.
void Composer::Enter(Segment& segment, Term condition, const Segment& then, std::size_t then_end,
                     std::size_t end) {
  const auto arrive = [&](std::size_t node, Term under) {
    const Term both = terms_.And(condition, under);
    if (node == end) {
      segment.goes_on = terms_.Or(segment.goes_on, both);
    } else {
      AddLeave(segment, node, both);
    }
  };
  arrive(then_end, then.goes_on);
  for (const auto& [node, under] : then.leaves) arrive(node, under);
  for (const auto& [id, outcome] : then.ends) {
    AddEnd(segment, {outcome.verdict, terms_.And(condition, outcome.condition)});
  }
  segment.may_reject = segment.may_reject || then.may_reject;
}

void Composer::Guard(Segment& segment, const verifier::Guard& guard) {
  const Term holds = loads_ == Loads::kComplete ? guard.holds_complete : guard.holds;
  segment.goes_on = terms_.And(holds, segment.goes_on);
  for (auto& [node, condition] : segment.leaves) condition = terms_.And(holds, condition);
  for (auto& [id, outcome] : segment.ends) outcome.condition = terms_.And(holds, outcome.condition);
  AddEnd(segment, {guard.verdict, terms_.Not(holds)});
}

void Composer::Build(std::size_t index) {
  const Decision& decision = graph_.nodes[index];
  Segment segment;
  if (Returns(index)) {
    segment = Empty(false);
    AddEnd(segment, {decision.verdict, terms_.True()});
    Link(index, kEnd, 1);
  } else {
    segment = BranchSegment(index);
  }
  for (auto guard = decision.guards.rbegin(); guard != decision.guards.rend(); ++guard)
    Guard(segment, *guard);
  nodes_[index].blocks.push_back({std::move(segment), nodes_[index].parent});
}

Segment Composer::BranchSegment(std::size_t index) {
  const Decision& decision = graph_.nodes[index];
  std::size_t near = decision.if_true;
  std::size_t far = decision.if_false;
  Term goes_far = terms_.Not(decision.condition);
  if (Depth(near) > Depth(far)) {
    std::swap(near, far);
    goes_far = decision.condition;
  }
  Segment segment = Empty(false);
  const std::size_t meet = near == far ? far : CommonAncestor(near, far);
  const std::size_t detour = std::max(Weight(far), Weight(near)) - Weight(meet);
  if (near == far) {
    segment.goes_on = terms_.True();
    Link(index, far, 1);
  } else if (meet != kEnd && detour < kLongestDetour) {
    Enter(segment, goes_far, Path(far, meet), meet, meet);
    Enter(segment, terms_.Not(goes_far), Path(near, meet), meet, meet);
    LeaveByOneWay(segment);
    Link(index, meet, 1 + detour);
  } else {
    segment.goes_on = goes_far;
    Enter(segment, terms_.Not(goes_far), Path(near, meet), meet, far);
    Link(index, far, 1);
  }
  return segment;
}

// Where there is one way out and no other end, who does not take it goes on.
void Composer::LeaveByOneWay(Segment& segment) {
  if (segment.may_reject || is_bound_ || segment.leaves.size() + segment.ends.size() != 1) return;
  segment.goes_on = terms_.Not(segment.leaves.empty() ? segment.ends.begin()->second.condition
                                                      : segment.leaves.begin()->second);
}

void Composer::Link(std::size_t index, std::size_t parent, std::size_t weight) {
  Node& node = nodes_[index];
  node.parent = parent;
  node.depth = Depth(parent) + 1;
  node.weight = Weight(parent) + weight;
  // Jumps of skew-binary lengths: two equal ones make a longer one.
  const std::size_t jump = JumpOf(parent);
  const bool equal = Depth(parent) - Depth(jump) == Depth(jump) - Depth(JumpOf(jump));
  node.jump = equal ? JumpOf(jump) : parent;
}

std::size_t Composer::AncestorAt(std::size_t node, std::size_t depth) const {
  while (Depth(node) > depth) node = Depth(JumpOf(node)) >= depth ? JumpOf(node) : Parent(node);
  return node;
}

std::size_t Composer::CommonAncestor(std::size_t a, std::size_t b) const {
  a = AncestorAt(a, std::min(Depth(a), Depth(b)));
  b = AncestorAt(b, std::min(Depth(a), Depth(b)));
  while (a != b) {
    const bool jump = JumpOf(a) != JumpOf(b);
    a = jump ? JumpOf(a) : Parent(a);
    b = jump ? JumpOf(b) : Parent(b);
  }
  return a;
}

// The node's depth is a multiple of the block's size.
const Composer::Block& Composer::BlockOf(std::size_t node, std::size_t size_log2) {
  while (nodes_[node].blocks.size() <= size_log2) {
    const std::size_t half = nodes_[node].blocks.size() - 1;
    const std::size_t middle = nodes_[node].blocks[half].end;
    const Block& second = BlockOf(middle, half);
    Segment joined = Join(nodes_[node].blocks[half].segment, second.segment, second.end);
    nodes_[node].blocks.push_back({std::move(joined), second.end});
  }
  return nodes_[node].blocks[size_log2];
}

// From `from` to its ancestor `to`, in blocks that are as large as their places allow.
Segment Composer::Path(std::size_t from, std::size_t to) {
  Segment path = Empty(true);
  while (from != to) {
    std::size_t size_log2 = 0;
    for (std::size_t size = 2; Depth(from) % size == 0 && Depth(from) - size >= Depth(to); size *= 2) {
      ++size_log2;
    }
    const Block& block = BlockOf(from, size_log2);
    path = Join(path, block.segment, block.end);
    from = block.end;
  }
  return path;
}

// `second` begins where `first` ends, and itself ends before `end`.
Segment Composer::Join(const Segment& first, const Segment& second, std::size_t end) {
  Segment joined = Empty(false);
  joined.ends = first.ends;
  joined.may_reject = first.may_reject;
  Segment rest = second;
  if (is_bound_) {
    for (const auto& [id, outcome] : first.ends) {
      const auto same = rest.ends.find(id);
      if (same == rest.ends.end()) continue;
      AddEnd(joined, same->second);
      rest.ends.erase(same);
    }
  }
  Enter(joined, first.goes_on, rest, end, end);
  for (const auto& [node, condition] : first.leaves) {
    if (Depth(node) > Depth(end)) {
      Enter(joined, condition, Path(node, end), end, end);
    } else {
      Enter(joined, condition, Empty(true), node, end);
    }
  }
  return joined;
}

}  // namespace

Outcomes OutcomesOf(const DecisionGraph& graph, Loads loads, smt::Context& terms) {
  return Composer(graph, loads, /*is_bound=*/false, terms).Run();
}

Outcomes BoundsOfOutcomes(const DecisionGraph& graph, Loads loads, smt::Context& terms) {
  return Composer(graph, loads, /*is_bound=*/true, terms).Run();
}

}  // namespace bpfopt::verifier
