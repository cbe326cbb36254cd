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

// The rules: entry-without-parameters, no-loop, edge-arity, parameter-not-dominating (a parameter or effect
// used where its block does not dominate), load-without-guard (a load used where no guard on every path
// covers base + offset + width: a guard on the same base with offset' + width' >= offset + width, offset' <=
// offset or no carry possible for absolute loads; edge arguments count as used at the end of the source
// block), division-without-guard (divisor neither a non-zero constant nor guarded), switch-not-canonical,
// shared-parameter, foreign-value, missing-target.
std::vector<BrokenInvariant> Check(const Function& function);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_CHECK_H
