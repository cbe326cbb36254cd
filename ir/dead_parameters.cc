#include "ir/dead_parameters.h"

#include "ir/graph.h"

#include <unordered_map>
#include <utility>
#include <vector>

namespace bpfopt::ir {
namespace {

// Marks values from what blocks do, through operands and through the arguments for marked parameters.
class Marker {
 public:
  explicit Marker(const Function& function)
      : order_(TopologicalOrder(function)), is_needed_(function.value_count(), false) {
    for (const Block* block : order_) {
      for (const Edge* edge : block->edges()) {
        for (std::size_t i = 0; i < edge->arguments.size(); ++i) {
          arguments_[edge->target->parameters[i]].push_back(edge->arguments[i]);
        }
      }
    }
  }

  void Run() {
    for (const Block* block : order_) {
      for (const Guard& guard : block->guards) Need(guard.value);
      for (const Value* effect : block->effects) {
        Need(effect->lhs());
        Need(effect->rhs());
      }
      NeedTerminator(block->terminator);
    }
    while (!pending_.empty()) {
      const Value* value = pending_.back();
      pending_.pop_back();
      for (const Value* operand : OperandsOf(value)) Need(operand);
      if (const auto found = arguments_.find(value); found != arguments_.end()) {
        for (const Value* argument : found->second) Need(argument);
      }
    }
  }

  bool IsNeeded(const Value* value) const { return is_needed_[value->id()]; }
  const std::vector<Block*>& order() const { return order_; }

 private:
  void Need(const Value* value) {
    if (value == nullptr || is_needed_[value->id()]) return;
    is_needed_[value->id()] = true;
    pending_.push_back(value);
  }

  void NeedTerminator(const Terminator& terminator) {
    if (const auto* end = std::get_if<Return>(&terminator)) Need(end->value);
    if (const auto* choice = std::get_if<Switch>(&terminator)) Need(choice->value);
    if (const auto* branch = std::get_if<Branch>(&terminator)) {
      Need(branch->lhs);
      Need(branch->rhs);
    }
  }

  std::vector<Block*> order_;
  std::vector<bool> is_needed_;  // by value id
  std::vector<const Value*> pending_;
  std::unordered_map<const Value*, std::vector<const Value*>> arguments_;  // by parameter
};

template <typename Keep>
void KeepOnly(std::vector<const Value*>& values, Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (keep(i)) values[kept++] = values[i];
  }
  values.resize(kept);
}

}  // namespace

std::size_t DropDeadParameters(Function& function) {
  Marker marker(function);
  marker.Run();
  std::size_t dropped = 0;
  for (Block* block : marker.order()) {
    for (Edge* edge : block->edges()) {
      const std::vector<const Value*>& parameters = edge->target->parameters;
      KeepOnly(edge->arguments, [&](std::size_t i) { return marker.IsNeeded(parameters[i]); });
    }
  }
  for (Block* block : marker.order()) {
    const std::vector<const Value*> parameters = block->parameters;
    KeepOnly(block->parameters, [&](std::size_t i) { return marker.IsNeeded(parameters[i]); });
    dropped += parameters.size() - block->parameters.size();
  }
  for (Block* block : marker.order()) {
    // Edges that differed in dead arguments alone are one edge now.
    if (auto* choice = std::get_if<Switch>(&block->terminator)) choice->Canonicalize();
  }
  return dropped;
}

}  // namespace bpfopt::ir
