#include "smt/diagram.h"

#include "smt/bdd_words.h"
#include "smt/conjunctions.h"
#include "smt/node.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bpfopt::smt {
namespace {

// A sum or a comparison that needs more nodes than this by itself becomes an unknown of its own. Equalities
// of two unknowns have less: with the two far apart in the order they are small one by one, and multiply when
// they meet.
constexpr std::size_t kTermNodes = 3000;
constexpr std::size_t kEqualityNodes = 200;

}  // namespace

struct Diagrams::Impl {
  Impl(std::size_t max_nodes, std::size_t max_live, Interruption interruption)
      : manager(max_nodes, max_live, std::move(interruption)) {}

  Ref Condition(const Node* root);
  const Bits& Of(const Node* root);
  void Place(const Node* variable);
  void Minimize(const Node* variable);

  BddManager manager;
  std::vector<std::uint64_t> costs;  // by level
  std::vector<bool> assignment;

 private:
  Bits Combine(const Node* node);
  bool PushUnknown(const std::vector<const Node*>& nodes, std::vector<const Node*>& stack) const;
  Bits CombineOrAbstract(const Node* node);
  Bits Abstract(const Node* node);
  Bits Fresh(unsigned width);
  Bits Unknown(const Node* node);
  void Collect(const Node* root);
  const Bits& Operand(const Node* node, int i) const { return bits_[node->operands[i]->id]; }
  bool Known(const Node* node) const { return node->id < bits_.size() && !bits_[node->id].empty(); }
  void Record(const Node* node, Bits bits) {
    if (node->id >= bits_.size()) bits_.resize(node->id + 1);
    bits_[node->id] = std::move(bits);
  }

  std::vector<Bits> bits_;               // by the id of a term; empty: not made yet, or dropped
  std::vector<std::uint32_t> unknowns_;  // the ids of terms that stand for themselves
  std::map<std::pair<std::uint32_t, std::uint32_t>, Bits> slacks_;
  std::optional<Conjunctions> conjunctions_;  // below the condition that is asked for
};

// Variables of one term get adjacent levels, the highest bit first.
Bits Diagrams::Impl::Fresh(unsigned width) {
  Bits bits(width);
  for (unsigned i = width; i-- > 0;) bits[i] = manager.NewVariable();
  return bits;
}

// Fresh bits for the term itself, which it keeps for good.
Bits Diagrams::Impl::Unknown(const Node* node) {
  unknowns_.push_back(node->id);
  return Fresh(std::max<unsigned>(node->width, 1));
}

void Diagrams::Impl::Place(const Node* variable) {
  if (!Known(variable)) Record(variable, Unknown(variable));
}

// Drops the diagrams of terms that `root` does not need any more; should another ask for them, they are made
// again.
void Diagrams::Impl::Collect(const Node* root) {
  std::vector<bool> needed(bits_.size(), false);
  for (const std::uint32_t id : unknowns_) needed[id] = true;
  std::vector<const Node*> stack = {root};
  std::unordered_set<const Node*> seen = {root};
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    if (Known(node)) {
      needed[node->id] = true;
      continue;
    }
    for (const Node* operand : node->operands) {
      if (operand != nullptr && seen.insert(operand).second) stack.push_back(operand);
    }
  }
  std::vector<Ref*> roots;
  for (std::size_t id = 0; id < bits_.size(); ++id) {
    if (!needed[id]) Bits().swap(bits_[id]);
    for (Ref& bit : bits_[id]) roots.push_back(&bit);
  }
  for (auto& [terms, bits] : slacks_) {
    for (Ref& bit : bits) roots.push_back(&bit);
  }
  manager.Collect(roots);
}

// More than all other bits together, and a higher bit more than all lower ones.
void Diagrams::Impl::Minimize(const Node* variable) {
  const Bits bits = bits_[variable->id];
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint32_t level = manager.Level(bits[i]);
    if (level == kTerminalLevel) return;  // there was no place any more
    if (level >= costs.size()) costs.resize(level + 1, 1);
    costs[level] = std::uint64_t{2 * kMaxLevels} << i;
  }
}

// Puts those of `nodes` on the stack that have no diagram yet; true when there are some.
bool Diagrams::Impl::PushUnknown(const std::vector<const Node*>& nodes,
                                 std::vector<const Node*>& stack) const {
  const std::size_t before = stack.size();
  for (const Node* node : nodes) {
    if (!Known(node)) stack.push_back(node);
  }
  return stack.size() != before;
}

Ref Diagrams::Impl::Condition(const Node* root) {
  conjunctions_.emplace(root, [this](const Node* node) { return Known(node); });
  const Ref condition = Of(root)[0];
  conjunctions_.reset();
  return condition;
}

// Post-order with a stack of its own: terms are as deep as programs are long.
const Bits& Diagrams::Impl::Of(const Node* root) {
  std::vector<const Node*> stack = {root};
  while (!stack.empty() && !manager.exhausted()) {
    if (manager.WantsCollection()) Collect(root);
    const Node* node = stack.back();
    if (Known(node)) {
      stack.pop_back();
      continue;
    }
    if (const auto clauses = conjunctions_ ? conjunctions_->ClausesOf(node) : std::nullopt) {
      if (PushUnknown(clauses->terms, stack)) continue;
      stack.pop_back();
      Record(node, {Conjoin(*clauses, manager, [this](const Node* term) { return bits_[term->id][0]; })});
      continue;
    }
    bool ready = true;
    // The address of a selected byte is no part of its value here.
    if (node->op != Op::kSelect) {
      for (const Node* operand : node->operands) {
        if (operand == nullptr || Known(operand)) continue;
        stack.push_back(operand);
        ready = false;
      }
    }
    if (!ready) continue;
    stack.pop_back();
    Record(node, CombineOrAbstract(node));
  }
  if (!Known(root)) Record(root, Bits(std::max<unsigned>(root->width, 1), kTrue));
  return bits_[root->id];
}

Bits Diagrams::Impl::CombineOrAbstract(const Node* node) {
  switch (node->op) {
    case Op::kEq:
    case Op::kUlt:
    case Op::kAdd:
    case Op::kMul:
    case Op::kUDiv:
    case Op::kURem:
    case Op::kShl:
    case Op::kLShr: {
      manager.BeginTrial(node->op == Op::kEq && !IsConstant(node->operands[1]) ? kEqualityNodes : kTermNodes);
      Bits bits = Combine(node);
      return manager.EndTrial() ? bits : Abstract(node);
    }
    default:
      return Combine(node);
  }
}

// Unknown bits instead of a large term. Being hash-consed, the term is the same unknown wherever it occurs.
// Comparisons a < t, a < t + c, a < t + d keep what they say of each other: with the slack a - t + 1, or 0
// where a < t, they ask whether the slack is below 1, 1 + c and 1 + d.
Bits Diagrams::Impl::Abstract(const Node* node) {
  if (node->op != Op::kUlt) return Unknown(node);
  const Node* base = node->operands[1];
  std::uint64_t offset = 0;
  if (base->op == Op::kAdd && IsConstant(base->operands[1]) &&
      base->operands[0]->max <= LowMask(base->width) - base->operands[1]->value) {
    offset = base->operands[1]->value;
    base = base->operands[0];
  }
  Bits& slack = slacks_[{node->operands[0]->id, base->id}];
  if (slack.empty()) slack = Fresh(base->width + 1);
  Bits bound(slack.size(), kFalse);
  for (std::size_t i = 0; i < 64 && i < bound.size(); ++i) {
    if ((((offset + 1) >> i) & 1) != 0) bound[i] = kTrue;
  }
  return {Less(manager, slack, bound)};
}

Bits Diagrams::Impl::Combine(const Node* node) {
  const auto operand = [&](int i) -> const Bits& { return Operand(node, i); };
  switch (node->op) {
    case Op::kBool:
      return {node->value != 0 ? kTrue : kFalse};
    case Op::kBoolVariable:
    case Op::kVariable:
    case Op::kSelect:
      return Unknown(node);
    case Op::kArray:
      return {kTrue};
    case Op::kConstant: {
      Bits bits(node->width);
      for (unsigned i = 0; i < node->width; ++i) bits[i] = ((node->value >> i) & 1) != 0 ? kTrue : kFalse;
      return bits;
    }
    case Op::kNot:
      return {Negate(operand(0)[0])};
    case Op::kAnd:
      return {manager.And(operand(0)[0], operand(1)[0])};
    case Op::kIff:
      return {Negate(manager.Xor(operand(0)[0], operand(1)[0]))};
    case Op::kEq:
      return {Equal(manager, operand(0), operand(1))};
    case Op::kUlt:
      return {Less(manager, operand(0), operand(1))};
    case Op::kIte:
      return Choose(manager, operand(0)[0], operand(1), operand(2));
    case Op::kAdd:
      return Sum(manager, operand(0), operand(1));
    case Op::kMul:
      return Product(manager, operand(0), operand(1));
    case Op::kUDiv:
      return Divide(manager, operand(0), operand(1)).first;
    case Op::kURem:
      return Divide(manager, operand(0), operand(1)).second;
    case Op::kShl:
      return Shift(manager, operand(0), operand(1), true);
    case Op::kLShr:
      return Shift(manager, operand(0), operand(1), false);
    case Op::kBitNot: {
      Bits bits = operand(0);
      for (Ref& bit : bits) bit = Negate(bit);
      return bits;
    }
    case Op::kBitAnd:
    case Op::kBitOr:
    case Op::kBitXor: {
      Bits bits = operand(0);
      for (std::size_t i = 0; i < bits.size(); ++i) {
        const Ref other = operand(1)[i];
        bits[i] = node->op == Op::kBitAnd  ? manager.And(bits[i], other)
                  : node->op == Op::kBitOr ? manager.Or(bits[i], other)
                                           : manager.Xor(bits[i], other);
      }
      return bits;
    }
    case Op::kConcat: {
      Bits bits = operand(1);
      bits.insert(bits.end(), operand(0).begin(), operand(0).end());
      return bits;
    }
    case Op::kExtract: {
      const auto first = operand(0).begin() + static_cast<std::ptrdiff_t>(node->value);
      return Bits(first, first + node->width);
    }
  }
  return {kTrue};
}

Diagrams::Diagrams(Context& /*context*/, std::size_t max_nodes, std::size_t max_live,
                   Interruption interruption)
    : impl_(std::make_unique<Impl>(max_nodes, max_live, std::move(interruption))) {}
Diagrams::~Diagrams() = default;

void Diagrams::Place(Term variable) { impl_->Place(variable.node_); }

void Diagrams::Minimize(Term variable) { impl_->Minimize(variable.node_); }

void Diagrams::Prepare(Term condition) { impl_->Condition(condition.node_); }

Answer Diagrams::Check(Term condition) {
  const Ref diagram = impl_->Condition(condition.node_);
  if (impl_->manager.exhausted()) return Answer::kUnknown;
  if (diagram == kFalse) return Answer::kUnsat;
  impl_->assignment = impl_->manager.Satisfy(diagram, impl_->costs);
  return Answer::kSat;
}

std::uint64_t Diagrams::Evaluate(Term variable) {
  const Bits& bits = impl_->Of(variable.node_);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (impl_->manager.Evaluate(bits[i], impl_->assignment)) value |= std::uint64_t{1} << i;
  }
  return value;
}

std::size_t Diagrams::nodes() const { return impl_->manager.made(); }

}  // namespace bpfopt::smt
