// Terminators compared and ordered, for passes that look for equal blocks.
#ifndef BPFOPT_PASSES_TERMINATORS_H
#define BPFOPT_PASSES_TERMINATORS_H

#include "ir/function.h"

#include <cstdint>
#include <vector>

namespace bpfopt::passes {

// Same kind, same values, same edges.
bool SameTerminator(const ir::Terminator& a, const ir::Terminator& b);

// All that a block does as a sequence of numbers: two blocks with equal keys do the same. Parameters and
// effects make a key unique (they have identity).
std::vector<std::uint64_t> BlockKey(const ir::Block& block);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_TERMINATORS_H
