// Switches become trees of branches.
//
//   switch ldh[14] { 0x50 -> yes, 0x1bb -> yes, else no }
// becomes two `==` tests in a row; a range costs two tests (`>=` its first, `>=` the word after its last),
// one when it touches the end of what the value can be. Where words of different edges lie close, 32 of them
// are told apart by one mask, shifted by the value: the leaves of the tree only choose the mask, and one test
// after them serves all that have the same two outcomes.
//
//   switch ld[0] { 1, 3, 4, ..., 30, 33, 35, ..., 61 -> yes, else no }
// becomes
//     jump b1(ld[0])
//   b1(%0):
//     if ld[0] >= 0x20 then b2 else b3(0x4a05...)
//   b2:
//     if ld[0] >= 0x40 then no else b3(0x2911...)
//   b3(%1):
//     if %1 >> %0 anyset 0x1 then yes else no
//
// The fewest instructions are found exactly (backend/switch_partition.h). When all boundaries are multiples
// of 2^k the upper bits alone are tested: `rsh #k`, or a narrower load.
#ifndef BPFOPT_BACKEND_SWITCH_LOWERING_H
#define BPFOPT_BACKEND_SWITCH_LOWERING_H

#include "backend/selection.h"
#include "bpfopt/options.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>

namespace bpfopt::backend {

struct SwitchOptions {
  Objective objective = Objective::kBalanced;
  // A load whose upper bytes decide everything may become a narrower one, where no guard is lost by it.
  bool narrows_loads = true;
  bool uses_masks = true;
  bool likely_first = false;  // as in EmitOptions; so it is in any case when executed instructions count
};

struct LoweringReport {
  // Instructions that masks save, as far as they can be counted before registers are known: the amount to
  // shift by may be in the way of something else.
  std::size_t mask_gain = 0;
  // Instructions that the objective lets these switches take to shorten the path, and that no tree took.
  std::size_t slack = 0;
};

// Afterwards no reachable block ends in a switch. New blocks may be unordered; RemoveUnreachable() orders
// them.
LoweringReport LowerSwitches(ir::Function& function, const Rules& rules, const SwitchOptions& options);

// The largest word that `value` can be.
std::uint32_t LargestOf(const ir::Value* value);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SWITCH_LOWERING_H
