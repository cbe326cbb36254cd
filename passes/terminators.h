// Blocks compared, for passes that look for equal ones.
#ifndef BPFOPT_PASSES_TERMINATORS_H
#define BPFOPT_PASSES_TERMINATORS_H

#include "ir/function.h"

#include <cstdint>
#include <vector>

namespace bpfopt::passes {

// All that a block does as a sequence of numbers: two blocks with equal keys do the same. Parameters and
// effects make a key unique (they have identity).
std::vector<std::uint64_t> BlockKey(const ir::Block& block);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_TERMINATORS_H
