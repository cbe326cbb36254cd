// Chooses the decisions that generation leaves open, by trying them: the cost of a candidate is the size of
// the code it gives, then how much of it runs.
#ifndef BPFOPT_BACKEND_SEARCH_H
#define BPFOPT_BACKEND_SEARCH_H

#include "backend/facts.h"
#include "backend/machine.h"
#include "backend/selection.h"
#include "bpfopt/error.h"
#include "bpfopt/interruption.h"
#include "bpfopt/options.h"
#include "ir/function.h"

#include <cstddef>

namespace bpfopt::backend {

struct SearchOptions {
  Objective objective = Objective::kBalanced;
  std::size_t budget = 0;  // candidates to try besides the first
  std::size_t work = 0;    // plans of selection that they may take together; 0: many for each
  std::size_t slack = 0;   // kBalanced: instructions more than the fewest that a shorter path may take
  Interruption interruption = {};  // once requested, the search ends with what it has
};

// Deterministic.
Expected<MachineFunction> Search(const ir::Function& function, const Facts& facts, const Rules& rules,
                                 const SearchOptions& options);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SEARCH_H
