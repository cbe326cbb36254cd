#include "ir/upper_bounds.h"

#include "ir/graph.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace bpfopt::ir {
namespace {

constexpr std::uint64_t kMaxWord = 0xffffffff;

std::uint32_t Saturate(std::uint64_t bound) { return static_cast<std::uint32_t>(std::min(bound, kMaxWord)); }

// All ones up to the highest bit of the greater one: no bit above is in `a | b` or `a ^ b`.
std::uint32_t Mask(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << std::bit_width(a | b)) - 1);
}

std::uint32_t LoadBound(const Value* load) {
  return static_cast<std::uint32_t>(kMaxWord >> (32 - 8 * load->width()));
}

std::uint32_t BinaryBound(const Value* value, std::uint32_t lhs, std::uint32_t rhs) {
  const Value* right = value->rhs();
  const bool shifts_by_constant = right->IsConstant() && right->constant() < 32;
  switch (value->opcode()) {
    case Opcode::kAdd:  // a sum or product that may exceed a word may be any word
      return Saturate(std::uint64_t{lhs} + rhs);
    case Opcode::kMul:
      return Saturate(std::uint64_t{lhs} * rhs);
    case Opcode::kDiv:
      return right->IsConstant() && right->constant() != 0 ? lhs / right->constant() : lhs;
    case Opcode::kMod:
      return std::min(lhs, rhs == 0 ? lhs : rhs - 1);
    case Opcode::kAnd:
      return std::min(lhs, rhs);
    case Opcode::kOr:
    case Opcode::kXor:
      return Mask(lhs, rhs);
    case Opcode::kShl:
      return shifts_by_constant ? Saturate(std::uint64_t{lhs} << right->constant())
                                : static_cast<std::uint32_t>(kMaxWord);
    case Opcode::kShr:
      return shifts_by_constant ? lhs >> right->constant() : lhs;
    default:
      return static_cast<std::uint32_t>(kMaxWord);
  }
}

constexpr unsigned kFewOperands = 4;  // deep enough for the length of a header

std::uint32_t BoundOf(const Value* value, unsigned depth) {
  if (value->IsConstant()) return value->constant();
  if (value->opcode() == Opcode::kLoad) return LoadBound(value);
  if (!IsBinary(value->opcode()) || depth == 0) return static_cast<std::uint32_t>(kMaxWord);
  return BinaryBound(value, BoundOf(value->lhs(), depth - 1), BoundOf(value->rhs(), depth - 1));
}

}  // namespace

std::uint32_t UpperBoundOf(const Value* value) { return BoundOf(value, kFewOperands); }

UpperBounds::UpperBounds(const Function& function)
    : bounds_(function.value_count(), static_cast<std::uint32_t>(kMaxWord)),
      is_known_(function.value_count()) {
  const std::vector<Block*> order = TopologicalOrder(function);
  for (const Block* block : order) {
    for (const Value* parameter : block->parameters) {
      bounds_[parameter->id()] = block == function.entry() ? static_cast<std::uint32_t>(kMaxWord) : 0;
      is_known_[parameter->id()] = true;
    }
  }
  for (const Block* block : order) {
    for (const Value* value : UsedValues(*block)) Compute(value);
    for (std::size_t i = 0; i < block->edge_count(); ++i) {
      const Edge& edge = block->edge(i);
      const std::size_t count = std::min(edge.arguments.size(), edge.target->parameters.size());
      for (std::size_t j = 0; j < count; ++j) {
        std::uint32_t& bound = bounds_[edge.target->parameters[j]->id()];
        bound = std::max(bound, Of(edge.arguments[j]));
      }
    }
  }
}

void UpperBounds::Compute(const Value* root) {
  std::vector<const Value*> pending{root};
  while (!pending.empty()) {
    const Value* value = pending.back();
    std::size_t missing = 0;
    for (const Value* operand : OperandsOf(value)) {
      if (operand == nullptr || is_known_[operand->id()]) continue;
      pending.push_back(operand);
      ++missing;
    }
    if (missing > 0) continue;
    pending.pop_back();
    if (is_known_[value->id()]) continue;
    is_known_[value->id()] = true;
    std::uint32_t& bound = bounds_[value->id()];
    if (value->IsConstant()) bound = value->constant();
    if (value->opcode() == Opcode::kLoad) bound = LoadBound(value);
    if (IsBinary(value->opcode())) bound = BinaryBound(value, Of(value->lhs()), Of(value->rhs()));
  }
}

}  // namespace bpfopt::ir
