// Storage of terms, the booleans, and the public face of Context. The folding of bit-vectors is in
// bit_vector.cc.
#include "smt/term.h"

#include "smt/node.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::smt {
namespace {

// Text of a term is for people; a longer one is cut.
constexpr std::size_t kTextLimit = 4000;

const char* OpName(Op op) {
  switch (op) {
    case Op::kNot:
      return "not";
    case Op::kAnd:
      return "and";
    case Op::kIff:
      return "iff";
    case Op::kEq:
      return "=";
    case Op::kUlt:
      return "bvult";
    case Op::kIte:
      return "ite";
    case Op::kAdd:
      return "bvadd";
    case Op::kMul:
      return "bvmul";
    case Op::kUDiv:
      return "bvudiv";
    case Op::kURem:
      return "bvurem";
    case Op::kBitAnd:
      return "bvand";
    case Op::kBitOr:
      return "bvor";
    case Op::kBitXor:
      return "bvxor";
    case Op::kBitNot:
      return "bvnot";
    case Op::kShl:
      return "bvshl";
    case Op::kLShr:
      return "bvlshr";
    case Op::kConcat:
      return "concat";
    case Op::kSelect:
      return "select";
    default:
      return "";
  }
}

void AppendText(const Node* node, const std::vector<std::string>& names, std::string& out) {
  if (out.size() > kTextLimit) return;
  switch (node->op) {
    case Op::kBool:
      out += node->value != 0 ? "true" : "false";
      return;
    case Op::kBoolVariable:
    case Op::kVariable:
    case Op::kArray:
      out += names[node->value];
      return;
    case Op::kConstant:
      out += fmt::format("{:#x}:{}", node->value, node->width);
      return;
    case Op::kExtract:
      out += fmt::format("(extract {} {} ", node->value + node->width - 1, node->value);
      break;
    default:
      out += fmt::format("({} ", OpName(node->op));
      break;
  }
  bool first = true;
  for (const Node* operand : node->operands) {
    if (operand == nullptr) break;
    if (!std::exchange(first, false)) out += ' ';
    AppendText(operand, names, out);
    // A deep term ends here, and so does the recursion: each level has added text.
    if (out.size() > kTextLimit) {
      out += "...";
      return;
    }
  }
  out += ')';
}

std::uint64_t SaturatingAdd(std::uint64_t a, std::uint64_t b) {
  return a + b < a ? ~std::uint64_t{0} : a + b;
}

std::uint64_t SaturatingMul(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > ~std::uint64_t{0} / b ? ~std::uint64_t{0} : a * b;
}

// All ones up to the highest bit of `value`.
std::uint64_t RoundUpToMask(std::uint64_t value) {
  for (unsigned shift = 1; shift < 64; shift *= 2) value |= value >> shift;
  return value;
}

std::uint64_t UpperBoundOf(const Node& node) {
  const auto max = [&](int i) { return node.operands[i]->max; };
  const std::uint64_t mask = LowMask(node.width);
  switch (node.op) {
    case Op::kConstant:
      return node.value;
    case Op::kIte:
      return std::max(max(1), max(2));
    case Op::kAdd: {
      const std::uint64_t sum = SaturatingAdd(max(0), max(1));
      return sum > mask ? mask : sum;
    }
    case Op::kMul: {
      const std::uint64_t product = SaturatingMul(max(0), max(1));
      return product > mask ? mask : product;
    }
    // By zero, the quotient is all ones and the remainder is the dividend.
    case Op::kUDiv:
      return mask;
    case Op::kURem:
      return IsConstant(node.operands[1]) ? std::min(max(0), node.operands[1]->value - 1) : max(0);
    case Op::kBitAnd:
      return std::min(max(0), max(1));
    case Op::kBitOr:
    case Op::kBitXor:
      return RoundUpToMask(max(0) | max(1));
    case Op::kLShr:
      return max(0);
    case Op::kConcat:
      return max(0) << node.operands[1]->width | max(1);
    case Op::kExtract:
      return std::min(mask, max(0) >> node.value);
    default:
      return mask;
  }
}

std::size_t HashOf(const Node& node) {
  std::uint64_t hash = static_cast<std::uint64_t>(node.op) << 8 | node.width;
  const auto mix = [&hash](std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15 + (hash >> 29);
  };
  mix(node.value);
  for (const Node* operand : node.operands) mix(operand == nullptr ? 0 : operand->id + 1);
  return hash ^ (hash >> 32);
}

bool IsSame(const Node& a, const Node& b) {
  return a.op == b.op && a.width == b.width && a.value == b.value && a.operands[0] == b.operands[0] &&
         a.operands[1] == b.operands[1] && a.operands[2] == b.operands[2];
}

}  // namespace

Context::Impl::Impl()
    : interned_(1 << 10),
      true_(Intern(Op::kBool, 0, nullptr, nullptr, nullptr, 1)),
      false_(Intern(Op::kBool, 0)) {}

const Node* Context::Impl::Intern(Op op, unsigned width, const Node* a, const Node* b, const Node* c,
                                  std::uint64_t value) {
  assert(width <= 64);
  Node node{.op = op,
            .width = static_cast<std::uint8_t>(width),
            .id = static_cast<std::uint32_t>(nodes_.size()),
            .value = value,
            .operands = {a, b, c}};
  const std::size_t hash = HashOf(node);
  std::size_t slot = hash & (interned_.size() - 1);
  for (; interned_[slot].node != nullptr; slot = (slot + 1) & (interned_.size() - 1)) {
    if (interned_[slot].hash == hash && IsSame(*interned_[slot].node, node)) return interned_[slot].node;
  }
  if (width != 0) node.max = UpperBoundOf(node);
  nodes_.push_back(node);
  interned_[slot] = {hash, &nodes_.back()};
  if (nodes_.size() * 2 > interned_.size()) GrowTable();
  return &nodes_.back();
}

void Context::Impl::GrowTable() {
  std::vector<Slot> before = std::exchange(interned_, std::vector<Slot>(interned_.size() * 2));
  for (const Slot& entry : before) {
    if (entry.node == nullptr) continue;
    std::size_t slot = entry.hash & (interned_.size() - 1);
    while (interned_[slot].node != nullptr) slot = (slot + 1) & (interned_.size() - 1);
    interned_[slot] = entry;
  }
}

const Node* Context::Impl::Named(Op op, const std::string& name, unsigned width) {
  const auto [position, inserted] = name_index_.emplace(name, names.size());
  if (inserted) names.push_back(name);
  return Intern(op, width, nullptr, nullptr, nullptr, position->second);
}

const Node* Context::Impl::Not(const Node* a) {
  if (a->op == Op::kBool) return Bool(a->value == 0);
  if (a->op == Op::kNot) return a->operands[0];
  if (a->negation == nullptr) {
    a->negation = Intern(Op::kNot, 0, a);
  }
  return a->negation;
}

const Node* Context::Impl::And(const Node* a, const Node* b) {
  if (a == b || a == true_) return b;
  if (b == true_) return a;
  if (a == false_ || b == false_ || Not(a) == b) return false_;
  // One level of absorption: a & (a & c), a & !(a & c), a & !(!a & c).
  for (int swap = 0; swap < 2; ++swap, std::swap(a, b)) {
    const bool negated = b->op == Op::kNot;
    const Node* inner = negated ? b->operands[0] : b;
    if (inner->op != Op::kAnd) continue;
    for (int side = 0; side < 2; ++side) {
      const Node* same = inner->operands[side];
      if (same == a) return negated ? And(a, Not(inner->operands[1 - side])) : b;
      if (same == Not(a)) return negated ? a : false_;
    }
  }
  if (a->id > b->id) std::swap(a, b);
  return Intern(Op::kAnd, 0, a, b);
}

const Node* Context::Impl::Iff(const Node* a, const Node* b) {
  bool negate = false;
  if (a->op == Op::kNot) a = a->operands[0], negate = !negate;
  if (b->op == Op::kNot) b = b->operands[0], negate = !negate;
  if (a->id > b->id) std::swap(a, b);
  const Node* same = a == b               ? true_
                     : a->op == Op::kBool ? (a->value != 0 ? b : Not(b))
                     : b->op == Op::kBool ? (b->value != 0 ? a : Not(a))
                                          : Intern(Op::kIff, 0, a, b);
  return negate ? Not(same) : same;
}

const Node* Context::Impl::Ite(const Node* condition, const Node* a, const Node* b) {
  assert(a->width == b->width);
  if (condition->op == Op::kBool) return condition->value != 0 ? a : b;
  if (a == b) return a;
  if (condition->op == Op::kNot) {
    condition = condition->operands[0];
    std::swap(a, b);
  }
  if (a->width == 0) {
    if (a == true_ || a == condition) return Or(condition, b);
    if (a == false_) return And(Not(condition), b);
    if (b == true_) return Or(Not(condition), a);
    if (b == false_ || b == condition) return And(condition, a);
    if (a == Not(b)) return Iff(condition, a);
  }
  return Intern(Op::kIte, a->width, condition, a, b);
}

std::uint32_t Term::id() const { return node_->id; }

Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

Term Context::True() { return Term(impl_->True()); }
Term Context::False() { return Term(impl_->False()); }
Term Context::BoolVariable(const std::string& name) { return Term(impl_->Named(Op::kBoolVariable, name, 0)); }
Term Context::Not(Term a) { return Term(impl_->Not(a.node_)); }
Term Context::And(Term a, Term b) { return Term(impl_->And(a.node_, b.node_)); }
Term Context::Or(Term a, Term b) { return Term(impl_->Or(a.node_, b.node_)); }
Term Context::Iff(Term a, Term b) { return Term(impl_->Iff(a.node_, b.node_)); }
Term Context::Ite(Term condition, Term a, Term b) {
  return Term(impl_->Ite(condition.node_, a.node_, b.node_));
}

Term Context::Constant(std::uint64_t value, unsigned width) { return Term(impl_->Constant(value, width)); }
Term Context::Variable(const std::string& name, unsigned width) {
  return Term(impl_->Named(Op::kVariable, name, width));
}
Term Context::Add(Term a, Term b) { return Term(impl_->Add(a.node_, b.node_)); }
Term Context::Sub(Term a, Term b) {
  if (a == b) return Constant(0, Width(a));
  return Add(Add(a, BitNot(b)), Constant(1, Width(a)));
}
Term Context::Mul(Term a, Term b) { return Term(impl_->Mul(a.node_, b.node_)); }
Term Context::UDiv(Term a, Term b) { return Term(impl_->UDiv(a.node_, b.node_)); }
Term Context::URem(Term a, Term b) { return Term(impl_->URem(a.node_, b.node_)); }
Term Context::BitAnd(Term a, Term b) { return Term(impl_->Bitwise(Op::kBitAnd, a.node_, b.node_)); }
Term Context::BitOr(Term a, Term b) { return Term(impl_->Bitwise(Op::kBitOr, a.node_, b.node_)); }
Term Context::BitXor(Term a, Term b) { return Term(impl_->Bitwise(Op::kBitXor, a.node_, b.node_)); }
Term Context::BitNot(Term a) { return Term(impl_->BitNot(a.node_)); }
Term Context::Neg(Term a) { return Add(BitNot(a), Constant(1, Width(a))); }
Term Context::Shl(Term a, Term b) { return Term(impl_->Shl(a.node_, b.node_)); }
Term Context::LShr(Term a, Term b) { return Term(impl_->LShr(a.node_, b.node_)); }
Term Context::Concat(Term high, Term low) { return Term(impl_->Concat(high.node_, low.node_)); }
Term Context::Extract(Term a, unsigned high, unsigned low) {
  return Term(impl_->Extract(a.node_, high, low));
}
Term Context::ZeroExtend(Term a, unsigned width) {
  assert(width >= Width(a));
  return width == Width(a) ? a : Concat(Constant(0, width - Width(a)), a);
}
Term Context::Eq(Term a, Term b) { return Term(impl_->Eq(a.node_, b.node_)); }
Term Context::Ult(Term a, Term b) { return Term(impl_->Ult(a.node_, b.node_)); }
Term Context::Ule(Term a, Term b) { return Not(Ult(b, a)); }

Term Context::ByteArray(const std::string& name, unsigned address_width) {
  return Term(impl_->Named(Op::kArray, name, address_width));
}
Term Context::Select(Term array, Term address) { return Term(impl_->Select(array.node_, address.node_)); }

unsigned Context::Width(Term a) const { return a.node_->width; }

std::optional<std::uint64_t> Context::AsConstant(Term a) const {
  if (!IsConstant(a.node_)) return std::nullopt;
  return a.node_->value;
}

std::optional<bool> Context::AsBool(Term a) const {
  if (a.node_->op != Op::kBool) return std::nullopt;
  return a.node_->value != 0;
}

std::uint64_t Context::UpperBound(Term a) const { return a.node_->max; }
std::vector<Term> Context::SelectsIn(const std::vector<Term>& terms) const {
  std::vector<const Node*> stack;
  for (const Term term : terms) stack.push_back(term.node_);
  std::unordered_set<const Node*> seen;
  std::vector<Term> selects;
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    if (!seen.insert(node).second) continue;
    if (node->op == Op::kSelect) selects.push_back(Term(node));
    for (const Node* operand : node->operands) {
      if (operand != nullptr) stack.push_back(operand);
    }
  }
  std::sort(selects.begin(), selects.end(), [](Term a, Term b) { return a.id() < b.id(); });
  return selects;
}

std::string Context::ToString(Term a) const {
  std::string out;
  AppendText(a.node_, impl_->names, out);
  return out;
}

}  // namespace bpfopt::smt
