// Switches become trees of branches.
//
//   switch ldh[14] { 0x50 -> yes, 0x1bb -> yes, else no }
// becomes two `==` tests in a row; a range costs two tests (`>=` its first, `>=` the word after its last),
// one when it touches the end of what the value can be. A partition of a word needs one test for each
// boundary between neighbouring parts, or one `==` for a single word whose neighbours then join; the fewest
// are found exactly, in linear time. When all boundaries are multiples of 2^k the upper bits alone are
// tested: `rsh #k`, or a narrower load.
#ifndef BPFOPT_BACKEND_SWITCH_LOWERING_H
#define BPFOPT_BACKEND_SWITCH_LOWERING_H

#include "backend/selection.h"
#include "bpfopt/options.h"
#include "ir/function.h"

namespace bpfopt::backend {

struct SwitchOptions {
  Objective objective = Objective::kBalanced;
  // A load whose upper bytes decide everything may become a narrower one, where no guard is lost by it.
  bool narrows_loads = true;
};

// Afterwards no reachable block ends in a switch. New blocks may be unordered; RemoveUnreachable() orders
// them.
void LowerSwitches(ir::Function& function, const Rules& rules, const SwitchOptions& options);

// The largest word that `value` can be.
std::uint32_t LargestOf(const ir::Value* value);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SWITCH_LOWERING_H
