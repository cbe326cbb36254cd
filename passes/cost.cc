#include "passes/cost.h"

#include "ir/graph.h"
#include "passes/partition.h"

#include <set>

namespace bpfopt::passes {
namespace {

// (load1 [k] & 0xf) << 2: one instruction.
bool IsHeaderLength(const ir::Value* value) {
  if (value->opcode() != ir::Opcode::kShl || !value->rhs()->IsConstant(2)) return false;
  const ir::Value* masked = value->lhs();
  if (masked->opcode() != ir::Opcode::kAnd || !masked->rhs()->IsConstant(0xf)) return false;
  const ir::Value* load = masked->lhs();
  return load->opcode() == ir::Opcode::kLoad && load->base() == nullptr && load->width() == 1;
}

// Comparisons that tell the edges of a decision apart: one for a word or an end of a range.
std::size_t TestCount(const Partition& partition) {
  if (partition.edges.size() < 2) return 0;
  std::size_t tests = 0;
  for (std::size_t i = 1; i < partition.cases.size(); ++i) {
    const bool word = i + 1 < partition.cases.size() &&
                      partition.cases[i + 1].first == partition.cases[i].first + 1 &&
                      partition.cases[i - 1].edge == partition.cases[i + 1].edge;
    ++tests;
    if (word) ++i;
  }
  return tests;
}

const ir::Value* DecidedValue(ir::Function& function, const ir::Block& block) {
  std::optional<Partition> partition = PartitionOf(function, block.terminator);
  return partition ? partition->value : nullptr;
}

}  // namespace

std::size_t ValueCost(const ir::Value* root) {
  std::size_t cost = 0;
  std::set<const ir::Value*> done;
  std::vector<const ir::Value*> open{root};
  while (!open.empty()) {
    const ir::Value* value = open.back();
    open.pop_back();
    if (value->IsConstant() || value->opcode() == ir::Opcode::kParameter || !done.insert(value).second)
      continue;
    ++cost;
    if (IsHeaderLength(value)) continue;
    for (const ir::Value* operand : ir::OperandsOf(value)) {
      if (operand != nullptr) open.push_back(operand);
    }
  }
  return cost;
}

std::size_t EstimateHalfInstructions(ir::Function& function) {
  auto predecessors = ir::ComputePredecessors(function);
  std::size_t cost = 0;
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    if (const auto* exit = std::get_if<ir::Return>(&block->terminator)) {
      cost += 2 + 2 * ValueCost(exit->value);
      continue;
    }
    std::set<const ir::Value*> arguments;
    for (const ir::Edge* edge : block->edges()) {
      for (const ir::Value* argument : edge->arguments) {
        if (arguments.insert(argument).second && !argument->IsConstant(0)) {
          cost += 2 * (argument->IsConstant() ? 1 : ValueCost(argument));
        }
      }
    }
    if (std::holds_alternative<ir::Jump>(block->terminator)) {
      cost += 1;
    } else if (std::optional<Partition> partition = PartitionOf(function, block->terminator)) {
      bool held = !predecessors[block->id()].empty();
      for (const ir::EdgeRef& edge : predecessors[block->id()]) {
        held = held && DecidedValue(function, *edge.from) == partition->value;
      }
      cost += 2 * TestCount(*partition) + (held ? 0 : 2 * ValueCost(partition->value));
    } else {
      const auto& branch = std::get<ir::Branch>(block->terminator);
      cost += 2 + 2 * ValueCost(branch.lhs) + 2 * ValueCost(branch.rhs);
    }
  }
  return cost;
}

}  // namespace bpfopt::passes
