#include "passes/substitution.h"

#include "ir/graph.h"

namespace bpfopt::passes {

using ir::Value;

const Value* Substitution::operator()(const Value* root) {
  if (substituted_.empty()) return root;
  ir::ForEachOperand(root, [&](const Value* value) {
    if (!substituted_.contains(value)) substituted_.emplace(value, Node(value));
  });
  return substituted_.at(root);
}

void Substitution::Apply(ir::Block& block) {
  for (ir::Guard& guard : block.guards) {
    if (guard.value != nullptr) guard.value = (*this)(guard.value);
  }
  if (auto* end = std::get_if<ir::Return>(&block.terminator)) end->value = (*this)(end->value);
  if (auto* choice = std::get_if<ir::Switch>(&block.terminator)) choice->value = (*this)(choice->value);
  if (auto* branch = std::get_if<ir::Branch>(&block.terminator)) {
    branch->lhs = (*this)(branch->lhs);
    branch->rhs = (*this)(branch->rhs);
  }
  for (ir::Edge* edge : block.edges()) {
    for (const Value*& argument : edge->arguments) argument = (*this)(argument);
  }
}

const Value* Substitution::Node(const Value* value) {
  const auto operand = [&](const Value* of) { return of == nullptr ? nullptr : substituted_.at(of); };
  if (value->opcode() == ir::Opcode::kLoad) {
    return function_.MakeLoad(operand(value->base()), value->offset(), value->width());
  }
  if (ir::IsUnary(value->opcode())) return function_.MakeUnary(value->opcode(), operand(value->lhs()));
  if (ir::IsBinary(value->opcode())) {
    return function_.MakeBinary(value->opcode(), operand(value->lhs()), operand(value->rhs()));
  }
  return value;
}

}  // namespace bpfopt::passes
