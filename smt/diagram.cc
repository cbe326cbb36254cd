#include "smt/diagram.h"

#include "smt/bdd.h"
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

// The diagram of each bit, lowest first; of a boolean, one.
using Bits = std::vector<Ref>;

}  // namespace

struct Diagrams::Impl {
  Impl(std::size_t max_nodes, std::size_t max_live) : manager(max_nodes, max_live) {}

  const Bits& Of(const Node* root);
  void Place(const Node* variable);
  void Minimize(const Node* variable);

  BddManager manager;
  std::vector<std::uint64_t> costs;  // by level
  std::vector<bool> assignment;

 private:
  Bits Combine(const Node* node);
  Bits CombineOrAbstract(const Node* node);
  Bits Abstract(const Node* node);
  Bits Fresh(unsigned width);
  Bits Unknown(const Node* node);
  void Collect(const Node* root);
  Bits Sum(const Bits& a, const Bits& b);
  Bits Product(const Bits& a, const Bits& b);
  Bits Shift(const Bits& a, const Bits& by, bool left);
  std::pair<Bits, Bits> Divide(const Bits& a, const Bits& b);
  Bits Choose(Ref condition, const Bits& a, const Bits& b);
  std::optional<Ref> CompareWithConstant(const Bits& word, const Bits& constant, Ref equal, Ref at_one,
                                         Ref at_zero);
  Ref Equal(const Bits& a, const Bits& b);
  Ref Less(const Bits& a, const Bits& b);
  const Bits& Operand(const Node* node, int i) const { return bits_[node->operands[i]->id]; }
  bool Known(const Node* node) const { return node->id < bits_.size() && !bits_[node->id].empty(); }
  void Record(const Node* node, Bits bits) {
    if (node->id >= bits_.size()) bits_.resize(node->id + 1);
    bits_[node->id] = std::move(bits);
  }

  std::vector<Bits> bits_;               // by the id of a term; empty: not made yet, or dropped
  std::vector<std::uint32_t> unknowns_;  // the ids of terms that stand for themselves
  std::map<std::pair<std::uint32_t, std::uint32_t>, Bits> slacks_;
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
  return {Less(slack, bound)};
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
      return {Equal(operand(0), operand(1))};
    case Op::kUlt:
      return {Less(operand(0), operand(1))};
    case Op::kIte:
      return Choose(operand(0)[0], operand(1), operand(2));
    case Op::kAdd:
      return Sum(operand(0), operand(1));
    case Op::kMul:
      return Product(operand(0), operand(1));
    case Op::kUDiv:
      return Divide(operand(0), operand(1)).first;
    case Op::kURem:
      return Divide(operand(0), operand(1)).second;
    case Op::kShl:
      return Shift(operand(0), operand(1), true);
    case Op::kLShr:
      return Shift(operand(0), operand(1), false);
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

Bits Diagrams::Impl::Sum(const Bits& a, const Bits& b) {
  Bits bits(a.size());
  Ref carry = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Ref half = manager.Xor(a[i], b[i]);
    bits[i] = manager.Xor(half, carry);
    carry = manager.Ite(half, carry, a[i]);
  }
  return bits;
}

Bits Diagrams::Impl::Product(const Bits& a, const Bits& b) {
  Bits sum(a.size(), kFalse);
  for (std::size_t i = 0; i < b.size() && !manager.exhausted(); ++i) {
    if (b[i] == kFalse) continue;
    Bits row(a.size(), kFalse);
    for (std::size_t j = i; j < a.size(); ++j) row[j] = manager.And(b[i], a[j - i]);
    sum = Sum(sum, row);
  }
  return sum;
}

Bits Diagrams::Impl::Choose(Ref condition, const Bits& a, const Bits& b) {
  Bits bits(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) bits[i] = manager.Ite(condition, a[i], b[i]);
  return bits;
}

Bits Diagrams::Impl::Shift(const Bits& a, const Bits& by, bool left) {
  Bits bits = a;
  for (std::size_t stage = 0; stage < by.size(); ++stage) {
    Bits shifted(a.size(), kFalse);
    const std::size_t distance = stage < 7 ? std::size_t{1} << stage : a.size();
    for (std::size_t i = distance; i < a.size(); ++i) {
      if (left) {
        shifted[i] = bits[i - distance];
      } else {
        shifted[i - distance] = bits[i];
      }
    }
    bits = Choose(by[stage], shifted, bits);
  }
  return bits;
}

// Quotient and remainder by long division. By zero every subtraction fits, so the quotient is all ones and
// the remainder is the dividend, as SMT-LIB has it.
std::pair<Bits, Bits> Diagrams::Impl::Divide(const Bits& a, const Bits& b) {
  Bits quotient(a.size(), kFalse);
  // One bit more than the operands, for the shift.
  Bits rest(a.size() + 1, kFalse);
  Bits divisor = b;
  divisor.push_back(kFalse);
  Bits complement = divisor;
  for (Ref& bit : complement) bit = Negate(bit);
  Bits one(divisor.size(), kFalse);
  one[0] = kTrue;
  const Bits minus = Sum(complement, one);
  for (std::size_t i = a.size(); i-- > 0 && !manager.exhausted();) {
    rest.pop_back();
    rest.insert(rest.begin(), a[i]);
    const Ref fits = Negate(Less(rest, divisor));
    rest = Choose(fits, Sum(rest, minus), rest);
    quotient[i] = fits;
  }
  rest.pop_back();
  return {quotient, rest};
}

// What `word` is as against a constant, where all its bits are variables in their order, or constant: `equal`
// for the same, and where the first bit that differs is 1, or 0, in the constant, `at_one` or `at_zero`.
std::optional<Ref> Diagrams::Impl::CompareWithConstant(const Bits& word, const Bits& constant, Ref equal,
                                                       Ref at_one, Ref at_zero) {
  if (!std::ranges::all_of(constant, IsConstantRef)) return std::nullopt;
  BddWord result(manager, equal);
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool bit = constant[i] == kTrue;
    const Ref miss = bit ? at_one : at_zero;
    if (IsConstantRef(word[i])) {
      if (word[i] != constant[i]) result = BddWord(manager, miss);
    } else if (!result.Add(word[i], bit, miss)) {
      return std::nullopt;
    }
  }
  return result.Close();
}

Ref Diagrams::Impl::Equal(const Bits& a, const Bits& b) {
  if (const auto equal = CompareWithConstant(a, b, kTrue, kFalse, kFalse)) return *equal;
  Ref equal = kTrue;
  for (std::size_t i = 0; i < a.size(); ++i) equal = manager.And(equal, Negate(manager.Xor(a[i], b[i])));
  return equal;
}

Ref Diagrams::Impl::Less(const Bits& a, const Bits& b) {
  if (const auto less = CompareWithConstant(a, b, kFalse, kTrue, kFalse)) return *less;
  if (const auto greater = CompareWithConstant(b, a, kFalse, kFalse, kTrue)) return *greater;
  Ref less = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    less = manager.Ite(manager.Xor(a[i], b[i]), b[i], less);
  }
  return less;
}

Diagrams::Diagrams(Context& /*context*/, std::size_t max_nodes, std::size_t max_live)
    : impl_(std::make_unique<Impl>(max_nodes, max_live)) {}
Diagrams::~Diagrams() = default;

void Diagrams::Place(Term variable) { impl_->Place(variable.node_); }

void Diagrams::Minimize(Term variable) { impl_->Minimize(variable.node_); }

Answer Diagrams::Check(Term condition) {
  const Ref diagram = impl_->Of(condition.node_)[0];
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
