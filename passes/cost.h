// A quick guess at how many instructions a function becomes, for passes that must choose before the backend
// is asked.
#ifndef BPFOPT_PASSES_COST_H
#define BPFOPT_PASSES_COST_H

#include "ir/function.h"
#include "passes/partition.h"

#include <cstddef>

namespace bpfopt::passes {

// Instructions to compute a value from the packet: a load or an operation each, the header length idiom
// 4*([k]&0xf) one.
std::size_t ValueCost(const ir::Value* value);
// The same where `held` (null: nothing) is at hand already.
std::size_t ValueCost(const ir::Value* value, const ir::Value* held);

// Comparisons that tell the edges of a decision apart: one for a word or an end of a range.
std::size_t TestCount(const Partition& partition);

// Half instructions, so that a jump that layout may or may not avoid counts one half.
std::size_t EstimateHalfInstructions(ir::Function& function);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_COST_H
