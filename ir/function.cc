// Construction of functions: blocks, hash-consed values, the canonical form of switches.
#include "ir/function.h"

#include "ir/graph.h"

#include <algorithm>
#include <cassert>
#include <unordered_map>

namespace bpfopt::ir {
namespace {

// Mixes `word` into `seed` (the finalizer of SplitMix64): hashes differ in all bits when one input bit
// differs.
std::uint64_t Mix(std::uint64_t seed, std::uint64_t word) {
  std::uint64_t hash = seed + 0x9e3779b97f4a7c15 + word;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

// Ids of operands are shifted by one so that "no operand" is a number of its own.
std::uint64_t OperandKey(const Value* value) { return value == nullptr ? 0 : std::uint64_t{value->id()} + 1; }

struct EdgeHash {
  std::size_t operator()(const Edge* edge) const {
    std::uint64_t hash = edge->target == nullptr ? 0 : std::uint64_t{edge->target->id()} + 1;
    for (const Value* argument : edge->arguments) hash = Mix(hash, OperandKey(argument));
    return hash;
  }
};
struct EdgeEqual {
  bool operator()(const Edge* a, const Edge* b) const { return *a == *b; }
};

}  // namespace

const char* OpcodeName(Opcode opcode) {
  static constexpr const char* kNames[] = {
#define LEAF(name, text) text,
#define UNARY(name, text) text,
#define BINARY(name, text) text,
#include "ir/opcodes.def"
  };
  return kNames[static_cast<std::size_t>(opcode)];
}

FoldResult Fold(Opcode opcode, std::uint32_t lhs, std::uint32_t rhs) {
  switch (opcode) {
    case Opcode::kNeg:
      return {true, 0 - lhs};
    case Opcode::kAdd:
      return {true, lhs + rhs};
    case Opcode::kSub:
      return {true, lhs - rhs};
    case Opcode::kMul:
      return {true, lhs * rhs};
    case Opcode::kDiv:
      return rhs == 0 ? FoldResult{} : FoldResult{true, lhs / rhs};
    case Opcode::kMod:
      return rhs == 0 ? FoldResult{} : FoldResult{true, lhs % rhs};
    case Opcode::kAnd:
      return {true, lhs & rhs};
    case Opcode::kOr:
      return {true, lhs | rhs};
    case Opcode::kXor:
      return {true, lhs ^ rhs};
    case Opcode::kShl:
      return rhs >= 32 ? FoldResult{} : FoldResult{true, lhs << rhs};
    case Opcode::kShr:
      return rhs >= 32 ? FoldResult{} : FoldResult{true, lhs >> rhs};
    default:
      return {};
  }
}

bool Holds(Compare compare, std::uint32_t lhs, std::uint32_t rhs) {
  switch (compare) {
    case Compare::kEqual:
      return lhs == rhs;
    case Compare::kGreater:
      return lhs > rhs;
    case Compare::kGreaterEqual:
      return lhs >= rhs;
    case Compare::kAnySet:
      return (lhs & rhs) != 0;
  }
  return false;
}

void Switch::Canonicalize() {
  constexpr std::uint32_t kUnseen = 0xffffffff;
  std::vector<Edge> kept;
  kept.reserve(edges.size());
  std::vector<std::uint32_t> renumbered(edges.size(), kUnseen);
  std::unordered_map<const Edge*, std::uint32_t, EdgeHash, EdgeEqual> number_of;
  std::vector<Case> joined;
  joined.reserve(cases.size());
  for (const Case& old : cases) {
    std::uint32_t& number = renumbered[old.edge];
    if (number == kUnseen) {
      const auto [known, is_new] = number_of.try_emplace(&edges[old.edge], kept.size());
      number = known->second;
      if (is_new) kept.push_back(edges[old.edge]);
    }
    if (joined.empty() || joined.back().edge != number) joined.push_back({old.first, number});
  }
  cases = std::move(joined);
  edges = std::move(kept);
}

const Edge& Switch::EdgeFor(std::uint32_t word) const {
  assert(!cases.empty() && cases.front().first == 0);
  const auto after = std::upper_bound(cases.begin(), cases.end(), word,
                                      [](std::uint32_t w, const Case& c) { return w < c.first; });
  return edges[std::prev(after)->edge];
}

std::size_t Block::edge_count() const {
  if (std::holds_alternative<Jump>(terminator)) return 1;
  if (std::holds_alternative<Branch>(terminator)) return 2;
  const auto* choice = std::get_if<Switch>(&terminator);
  return choice == nullptr ? 0 : choice->edges.size();
}

const Edge& Block::edge(std::size_t index) const {
  assert(index < edge_count());
  if (const auto* jump = std::get_if<Jump>(&terminator)) return jump->edge;
  if (const auto* branch = std::get_if<Branch>(&terminator)) {
    return index == 0 ? branch->then_edge : branch->else_edge;
  }
  return std::get<Switch>(terminator).edges[index];
}

Edge& Block::edge(std::size_t index) { return const_cast<Edge&>(std::as_const(*this).edge(index)); }

std::vector<Edge*> Block::edges() {
  std::vector<Edge*> result(edge_count());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = &edge(i);
  return result;
}

std::vector<const Edge*> Block::edges() const {
  std::vector<const Edge*> result(edge_count());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = &edge(i);
  return result;
}

std::size_t Function::ValueHash::operator()(const Value* value) const {
  const std::uint64_t head = std::uint64_t{value->immediate_} << 16 | std::uint64_t{value->detail_} << 8 |
                             static_cast<std::uint64_t>(value->opcode_);
  return Mix(Mix(head, OperandKey(value->lhs_)), OperandKey(value->rhs_));
}

bool Function::ValueEqual::operator()(const Value* a, const Value* b) const {
  return a->opcode_ == b->opcode_ && a->detail_ == b->detail_ && a->immediate_ == b->immediate_ &&
         a->lhs_ == b->lhs_ && a->rhs_ == b->rhs_;
}

Block* Function::NewBlock() {
  blocks_.push_back(std::make_unique<Block>());
  Block* block = blocks_.back().get();
  block->id_ = static_cast<std::uint32_t>(blocks_.size() - 1);
  if (entry_ == nullptr) entry_ = block;
  return block;
}

void Function::RemoveUnreachable() {
  const std::vector<Block*> order = TopologicalOrder(*this);
  std::vector<std::unique_ptr<Block>> kept;
  kept.reserve(order.size());
  for (Block* block : order) kept.push_back(std::move(blocks_[block->id()]));
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i]->id_ = static_cast<std::uint32_t>(i);
  blocks_ = std::move(kept);
}

const Value* Function::Append(Value value) {
  value.id_ = static_cast<std::uint32_t>(values_.size());
  values_.push_back(value);
  return &values_.back();
}

const Value* Function::Intern(Value value) {
  const auto known = interned_.find(&value);
  if (known != interned_.end()) return *known;
  const Value* made = Append(value);
  interned_.insert(made);
  return made;
}

const Value* Function::MakeConstant(std::uint32_t word) {
  Value value;
  value.opcode_ = Opcode::kConstant;
  value.immediate_ = word;
  return Intern(value);
}

const Value* Function::MakeLoad(const Value* base, std::uint32_t offset, unsigned width) {
  assert(width == 1 || width == 2 || width == 4);
  Value value;
  value.opcode_ = Opcode::kLoad;
  value.detail_ = static_cast<std::uint8_t>(width);
  value.immediate_ = offset;
  value.lhs_ = base;
  return Intern(value);
}

const Value* Function::MakeWireLength() {
  Value value;
  value.opcode_ = Opcode::kWireLength;
  return Intern(value);
}

const Value* Function::MakeAncillary(std::uint32_t offset) {
  Value value;
  value.opcode_ = Opcode::kAncillary;
  value.immediate_ = offset;
  return Intern(value);
}

const Value* Function::MakeUnary(Opcode opcode, const Value* operand) {
  assert(IsUnary(opcode));
  if (operand->IsConstant()) {
    const FoldResult folded = Fold(opcode, operand->constant(), 0);
    if (folded.known) return MakeConstant(folded.value);
  }
  Value value;
  value.opcode_ = opcode;
  value.lhs_ = operand;
  return Intern(value);
}

const Value* Function::MakeBinary(Opcode opcode, const Value* lhs, const Value* rhs) {
  assert(IsBinary(opcode));
  if (lhs->IsConstant() && rhs->IsConstant()) {
    const FoldResult folded = Fold(opcode, lhs->constant(), rhs->constant());
    if (folded.known) return MakeConstant(folded.value);
  }
  if (IsCommutative(opcode)) {
    const bool wrong_order = lhs->IsConstant() || (!rhs->IsConstant() && rhs->id() < lhs->id());
    if (wrong_order) std::swap(lhs, rhs);
  }
  Value value;
  value.opcode_ = opcode;
  value.lhs_ = lhs;
  value.rhs_ = rhs;
  return Intern(value);
}

const Value* Function::NewParameter() {
  Value value;
  value.opcode_ = Opcode::kParameter;
  value.immediate_ = static_cast<std::uint32_t>(values_.size());
  return Append(value);
}

const Value* Function::NewEffect(EffectKind kind, std::uint32_t identity, const Value* a, const Value* x) {
  Value value;
  value.opcode_ = Opcode::kEffect;
  value.detail_ = static_cast<std::uint8_t>(kind);
  value.immediate_ = identity;
  value.lhs_ = a;
  value.rhs_ = x;
  return Append(value);
}

Function Function::Clone() const {
  Function copy(target_);
  const auto copied = [&copy](const Value* value) {
    return value == nullptr ? nullptr : &copy.values_[value->id()];
  };
  for (Value value : values_) {  // operands come before their users, so they are copied already
    value.lhs_ = copied(value.lhs_);
    value.rhs_ = copied(value.rhs_);
    copy.values_.push_back(value);
  }
  for (const Value* value : interned_) copy.interned_.insert(copied(value));
  for (std::size_t i = 0; i < blocks_.size(); ++i) copy.NewBlock();

  const auto copied_edge = [&copy, &copied](Edge& edge) {
    if (edge.target != nullptr) edge.target = copy.block(edge.target->id());
    for (const Value*& argument : edge.arguments) argument = copied(argument);
  };
  const auto copied_terminator = [&copied](auto& terminator) {
    using Kind = std::decay_t<decltype(terminator)>;
    if constexpr (std::is_same_v<Kind, Return> || std::is_same_v<Kind, Switch>) {
      terminator.value = copied(terminator.value);
    } else if constexpr (std::is_same_v<Kind, Branch>) {
      terminator.lhs = copied(terminator.lhs);
      terminator.rhs = copied(terminator.rhs);
    }
  };
  for (const auto& source : blocks_) {
    Block& block = *copy.block(source->id());
    block.parameters = source->parameters;
    block.guards = source->guards;
    block.effects = source->effects;
    block.terminator = source->terminator;
    for (const Value*& parameter : block.parameters) parameter = copied(parameter);
    for (Guard& guard : block.guards) guard.value = copied(guard.value);
    for (const Value*& effect : block.effects) effect = copied(effect);
    std::visit(copied_terminator, block.terminator);
    for (std::size_t i = 0; i < block.edge_count(); ++i) copied_edge(block.edge(i));
  }
  if (entry_ != nullptr) copy.SetEntry(copy.block(entry_->id()));
  return copy;
}

}  // namespace bpfopt::ir
