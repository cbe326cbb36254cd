// A block's decision on one value against constants, whatever terminator spells it: the words that take each
// edge. Passes work on this view and write it back as the simplest terminator.
#ifndef BPFOPT_PASSES_PARTITION_H
#define BPFOPT_PASSES_PARTITION_H

#include "ir/function.h"
#include "passes/range_set.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::passes {

// Cases are total and ordered as in ir::Switch, but need not be canonical: edges may be equal or without
// words.
struct Partition {
  const ir::Value* value = nullptr;
  std::vector<ir::Switch::Case> cases;
  std::vector<ir::Edge> edges;
};

// The terminator as a decision on one value: a switch, or a branch whose right side is a constant. A branch
// on masked bits decides the masked value. Nothing for other terminators. `function` makes the masked value.
// Edges are numbered as in Block::edges().
std::optional<Partition> PartitionOf(ir::Function& function, const ir::Terminator& terminator);

// The words for which `compare` with `constant` on the right holds; kAnySet has no such set of words.
RangeSet WordsThatHold(ir::Compare compare, std::uint32_t constant);

// The partition that sends `words` to the first edge, all others to the second.
Partition TwoWay(const ir::Value* value, const RangeSet& words, ir::Edge inside, ir::Edge outside);

// The words that take edge `index`.
RangeSet WordsFor(const Partition& partition, std::uint32_t index);

// A partition that sends words outside of `possible` wherever that makes it simplest, the others as before:
// to one edge if that is all that `possible` leaves; else as one comparison (with == before >=) where one
// decides; else with the fewest cases. The partition itself where none of this improves it. The numbering of
// edges stays.
Partition Restrict(const Partition& partition, const RangeSet& possible);

// The simplest terminator of this meaning, the same for every spelling of a partition of the same value:
// - one edge: a jump;
// - one word against all others: `value == word`, then-edge for the word; but where the value is `v & mask`
//   and the word is 0: `v & mask` as a branch on any bit set, else-edge for the word;
// - the words below a bound against the others: `value >= bound`, then-edge for the others;
// - else a canonical switch.
// A constant value has one edge.
ir::Terminator ToTerminator(ir::Function& function, Partition partition);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PARTITION_H
