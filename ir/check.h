// The IR's invariants, checked. Runs after every pass in debug builds and tests.
#ifndef BPFOPT_IR_CHECK_H
#define BPFOPT_IR_CHECK_H

#include "ir/function.h"

#include <string>
#include <vector>

namespace bpfopt::ir {

struct BrokenInvariant {
  std::string rule;   // a short name, such as "load-without-guard"
  std::string place;  // such as "b3"
  std::string detail;
};

// The rules, of reachable blocks:
//
// - missing-target: every edge of every block leads to a block of the function, and there is an entry
// - no-loop: no edge leads backwards
// - foreign-value: every value in use is there and of this function; parameters and effects are such
// - entry-without-parameters
// - edge-arity: an edge has an argument for each parameter of its target
// - shared-parameter: a parameter or effect is listed once in one block
// - switch-not-canonical: see ir::Switch
// - parameter-not-dominating: a parameter or effect is used only where its block dominates, an effect's own
//   block only after it
// - load-without-guard: a guard on each path to a load's use implies that it is inside of what was captured,
//   as ir/available_guards.h has it
// - division-without-guard: a divisor is a constant other than 0, or guarded on each path
//
// Edge arguments are used at the end of the block that the edge leaves, a guard's value before that guard.
//
// Rules of paths are looked at when all others hold. Time is close to linear in the number of blocks, times
// the size of the values that each uses.
std::vector<BrokenInvariant> Check(const Function& function);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_CHECK_H
