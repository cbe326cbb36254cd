// The value of a term, given values for its variables and array bytes.
#include "smt/node.h"

#include <functional>
#include <unordered_map>
#include <vector>

namespace bpfopt::smt {
namespace {

// Operands are values already; the result may have bits above the width.
std::uint64_t Apply(const Node* node, const std::uint64_t (&v)[3]) {
  const unsigned width = node->width;
  switch (node->op) {
    case Op::kBool:
    case Op::kConstant:
      return node->value;
    case Op::kNot:
      return v[0] == 0 ? 1 : 0;
    case Op::kAnd:
    case Op::kBitAnd:
      return v[0] & v[1];
    case Op::kIff:
    case Op::kEq:
      return v[0] == v[1] ? 1 : 0;
    case Op::kUlt:
      return v[0] < v[1] ? 1 : 0;
    case Op::kIte:
      return v[0] != 0 ? v[1] : v[2];
    case Op::kAdd:
      return v[0] + v[1];
    case Op::kMul:
      return v[0] * v[1];
    case Op::kUDiv:
      return v[1] == 0 ? LowMask(width) : v[0] / v[1];
    case Op::kURem:
      return v[1] == 0 ? v[0] : v[0] % v[1];
    case Op::kBitOr:
      return v[0] | v[1];
    case Op::kBitXor:
      return v[0] ^ v[1];
    case Op::kBitNot:
      return ~v[0];
    case Op::kShl:
      return v[1] >= width ? 0 : v[0] << v[1];
    case Op::kLShr:
      return v[1] >= width ? 0 : v[0] >> v[1];
    case Op::kConcat:
      return v[0] << node->operands[1]->width | v[1];
    case Op::kExtract:
      return v[0] >> node->value;
    default:
      return 0;  // variables, arrays and selects are no operations
  }
}

}  // namespace

std::uint64_t EvaluateNode(const Node* root, const std::function<std::uint64_t(const Node*)>& variable,
                           const std::function<std::uint8_t(const Node*, std::uint64_t)>& byte) {
  std::unordered_map<const Node*, std::uint64_t> values;
  std::vector<const Node*> stack = {root};
  while (!stack.empty()) {
    const Node* node = stack.back();
    if (values.count(node) != 0) {
      stack.pop_back();
      continue;
    }
    std::uint64_t operands[3] = {};
    bool ready = true;
    for (int i = 0; i < 3 && node->operands[i] != nullptr; ++i) {
      const auto known = values.find(node->operands[i]);
      if (known != values.end()) {
        operands[i] = known->second;
      } else {
        stack.push_back(node->operands[i]);
        ready = false;
      }
    }
    if (!ready) continue;
    stack.pop_back();
    std::uint64_t value = 0;
    if (node->op == Op::kVariable || node->op == Op::kBoolVariable) {
      value = variable(node);
    } else if (node->op == Op::kSelect) {
      value = byte(node->operands[0], operands[1]);
    } else {
      value = Apply(node, operands);
    }
    values.emplace(node, value & LowMask(node->width == 0 ? 1 : node->width));
  }
  return values.at(root);
}

std::uint64_t Context::Evaluate(Term a, const Assignment& assignment) const {
  return EvaluateNode(
      a.node_, [&](const Node* node) { return assignment.variable(Term(node)); },
      [&](const Node* array, std::uint64_t address) { return assignment.byte(Term(array), address); });
}

}  // namespace bpfopt::smt
