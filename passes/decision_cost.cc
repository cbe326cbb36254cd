#include "passes/decision_cost.h"

#include "passes/cost.h"
#include "passes/field.h"

#include <optional>

namespace bpfopt::passes {
namespace {

// Not where {0} is decided against the rest, which a jump on bits does.
bool IsMaskedFirst(const Partition& partition) {
  const bool tests_bits = partition.cases.size() == 2 && partition.cases[1].first == 1;
  return LoadOf(partition) != partition.value && !tests_bits;
}

}  // namespace

const ir::Value* LoadOf(const Partition& partition) {
  const ir::Value* value = partition.value;
  return value->opcode() == ir::Opcode::kAnd && FieldOf(value) ? value->lhs() : value;
}

Held HeldAfter(const Partition& partition) {
  const ir::Value* load = LoadOf(partition);
  Held held;
  if (!IsMaskedFirst(partition)) held.accumulator = load;
  if (load->opcode() == ir::Opcode::kLoad) held.index = load->base();
  return held;
}

Held HeldBefore(ir::Function& function, const std::vector<ir::EdgeRef>& edges) {
  Held held;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const std::optional<Partition> before = PartitionOf(function, edges[i].from->terminator);
    if (!before) return {};
    const Held after = HeldAfter(*before);
    if (i == 0) held = after;
    if (held.accumulator != after.accumulator) held.accumulator = nullptr;
    if (held.index != after.index) held.index = nullptr;
  }
  return held;
}

std::size_t CostAfter(const Held& held, const Partition& partition) {
  const ir::Value* load = LoadOf(partition);
  const std::size_t cost = TestCount(partition) + (IsMaskedFirst(partition) ? 1 : 0);
  return load == held.accumulator ? cost : cost + ValueCost(load, held.index);
}

}  // namespace bpfopt::passes
