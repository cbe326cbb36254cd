#include "backend/search.h"

#include "backend/generate.h"

#include <utility>

namespace bpfopt::backend {

Expected<MachineFunction> Search(const ir::Function& function, const Facts& facts, const Rules& rules,
                                 Objective objective, std::size_t budget) {
  Decisions decisions = FirstDecisions(function, facts);
  Expected<Generated> first = Generate(function, facts, rules, decisions, budget > 0);
  if (!first) return tl::unexpected(first.error());
  (void)objective;
  return std::move(first->machine);
}

}  // namespace bpfopt::backend
