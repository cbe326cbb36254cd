#include "passes/cost.h"

#include "ir/graph.h"
#include "passes/partition.h"

#include <algorithm>

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

// The value that a block's decision leaves in the accumulator.
const ir::Value* DecidedValue(ir::Function& function, const ir::Block& block) {
  std::optional<Partition> partition = PartitionOf(function, block.terminator);
  return partition ? partition->value : nullptr;
}

// What the index register holds at a block's end: the base of the load that its decision looks at, or what it
// held before.
const ir::Value* BaseOf(const ir::Value* value) {
  const ir::Value* found = nullptr;
  ir::ForEachOperand(value, [&](const ir::Value* part) {
    if (part->opcode() == ir::Opcode::kLoad && part->base() != nullptr) found = part->base();
  });
  return found;
}

// Parameters that places in the packet are computed from.
ir::ValueSet BaseParameters(const std::vector<ir::Block*>& order) {
  ir::ValueSet bases;
  ir::ValueSet seen;
  for (const ir::Block* block : order) {
    for (const ir::Value* root : ir::UsedValues(*block)) {
      if (!seen.insert(root)) continue;
      ir::ForEachOperand(root, [&](const ir::Value* part) {
        if (part->opcode() != ir::Opcode::kLoad || part->base() == nullptr) return;
        if (part->base()->opcode() == ir::Opcode::kParameter) bases.insert(part->base());
      });
    }
  }
  return bases;
}

// Instructions beside those that compute it to have a value in the index register: moves to and from the
// accumulator.
std::size_t MovesToIndex(const ir::Value* value) {
  if (!ir::IsBinary(value->opcode()) || IsHeaderLength(value)) return 0;
  const bool is_behind_index = value->opcode() == ir::Opcode::kAdd && value->rhs()->IsConstant();
  return is_behind_index ? 2 : 1;
}

bool ConstantArguments(const ir::Edge& edge) {
  return std::ranges::all_of(edge.arguments,
                             [](const ir::Value* argument) { return argument->IsConstant(); });
}

}  // namespace

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

std::size_t ValueCost(const ir::Value* root) { return ValueCost(root, nullptr); }

std::size_t ValueCost(const ir::Value* root, const ir::Value* held) {
  std::size_t cost = 0;
  ir::ValueSet done(held);
  std::vector<const ir::Value*> open{root};
  while (!open.empty()) {
    const ir::Value* value = open.back();
    open.pop_back();
    if (value->IsConstant() || value->opcode() == ir::Opcode::kParameter || !done.insert(value)) continue;
    ++cost;
    if (IsHeaderLength(value)) continue;
    if (value->opcode() == ir::Opcode::kLoad && value->base() != nullptr && !done.contains(value->base()))
      cost += MovesToIndex(value->base());
    for (const ir::Value* operand : ir::OperandsOf(value)) {
      if (operand != nullptr) open.push_back(operand);
    }
  }
  return cost;
}

std::size_t EstimateHalfInstructions(ir::Function& function) {
  std::vector<const ir::Value*> decided(function.block_count(), nullptr);
  std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  for (const ir::Block* block : order) decided[block->id()] = DecidedValue(function, *block);
  auto predecessors = ir::ComputePredecessors(function);
  const ir::ValueSet base_parameters = BaseParameters(order);
  std::vector<const ir::Value*> index(function.block_count(), nullptr);
  std::size_t cost = 0;
  for (const ir::Block* block : order) {
    const std::vector<ir::EdgeRef>& incoming = predecessors[block->id()];
    // A value that every predecessor has just tested is still in the accumulator, and the place where it
    // looked in the index register.
    auto held = [&](const ir::Value* value) {
      return !incoming.empty() && std::ranges::all_of(incoming, [&](const ir::EdgeRef& edge) {
        return decided[edge.from->id()] == value;
      });
    };
    const ir::Value* in_index = incoming.empty() ? nullptr : index[incoming.front().from->id()];
    for (const ir::EdgeRef& edge : incoming) {
      if (index[edge.from->id()] != in_index) in_index = nullptr;
    }
    const ir::Value* base = decided[block->id()] == nullptr ? nullptr : BaseOf(decided[block->id()]);
    index[block->id()] = base == nullptr ? in_index : base;
    auto compute = [&](const ir::Value* value) { return held(value) ? 0 : 2 * ValueCost(value, in_index); };
    std::size_t moves = 0;
    ir::ValueSet arguments;
    for (const ir::Edge* edge : block->edges()) {
      for (std::size_t i = 0; i < edge->arguments.size(); ++i) {
        const ir::Value* argument = edge->arguments[i];
        if (argument == decided[block->id()] || !arguments.insert(argument)) continue;
        if (argument->IsConstant()) {
          moves += argument->IsConstant(0) ? 0 : 2;
          continue;
        }
        moves += compute(argument);
        if (argument != in_index && base_parameters.contains(edge->target->parameters[i]))
          moves += 2 * MovesToIndex(argument);
      }
    }
    cost += moves;
    if (const auto* exit = std::get_if<ir::Return>(&block->terminator)) {
      cost += 2 + compute(exit->value);
    } else if (const auto* jump = std::get_if<ir::Jump>(&block->terminator)) {
      // An empty block is bypassed: the edges to it hand on what it hands on.
      cost += moves == 0 || (ConstantArguments(jump->edge) && block->guards.empty()) ? 0 : 1;
    } else if (std::optional<Partition> partition = PartitionOf(function, block->terminator)) {
      cost += 2 * TestCount(*partition) + compute(partition->value);
    } else {
      const auto& branch = std::get<ir::Branch>(block->terminator);
      cost += 2 + compute(branch.lhs) + compute(branch.rhs);
    }
  }
  return cost;
}

}  // namespace bpfopt::passes
