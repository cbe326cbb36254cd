// A block's decision on one value against constants, whatever terminator spells it: the words that take each edge. Passes
// work on this view and write it back as the simplest terminator.
#ifndef BPFOPT_PASSES_PARTITION_H
#define BPFOPT_PASSES_PARTITION_H

#include <optional>
#include <vector>

#include "ir/function.h"
#include "passes/range_set.h"

namespace bpfopt::passes {

struct Partition {
  const ir::Value* value = nullptr;
  std::vector<ir::Switch::Case> cases;  // as in ir::Switch: total and ordered
  std::vector<ir::Edge> edges;
};

// The terminator as a decision on one value: a switch, or a branch whose right side is a constant. A branch on masked bits
// decides the masked value. Nothing for other terminators. `function` makes the masked value.
std::optional<Partition> PartitionOf(ir::Function& function, const ir::Terminator& terminator);

// The words that take edge `index`.
RangeSet WordsFor(const Partition& partition, std::uint32_t index);

// A partition that sends words outside of `possible` wherever that makes it simplest, the others as before.
Partition Restrict(const Partition& partition, const RangeSet& possible);

// The simplest terminator of this meaning: a jump, a branch when one comparison does it, else a canonical switch.
ir::Terminator ToTerminator(ir::Function& function, Partition partition);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PARTITION_H
