// The greatest word that each value may be, from its structure alone: `(ldb[14] & 0xf) << 0x2` is at most
// 0x3c. It tells whether base + offset can wrap, which decides what a guard on base implies on target linux.
#ifndef BPFOPT_IR_UPPER_BOUNDS_H
#define BPFOPT_IR_UPPER_BOUNDS_H

#include "ir/function.h"

#include <cstdint>
#include <vector>

namespace bpfopt::ir {

// The bound of one value, whatever its parameters are: cheap, and no better than what its nearest operands
// tell.
std::uint32_t UpperBoundOf(const Value* value);

// The bounds of all values of a function.
class UpperBounds {
 public:
  // The function must have no loop. Linear. A parameter's bound is the greatest one of the arguments that
  // reach it.
  explicit UpperBounds(const Function& function);

  // Whether the value existed when the bounds were computed.
  bool Has(const Value* value) const { return value->id() < bounds_.size(); }
  // Of such a value.
  std::uint32_t Of(const Value* value) const { return bounds_[value->id()]; }

 private:
  void Compute(const Value* root);

  std::vector<std::uint32_t> bounds_;
  std::vector<bool> is_known_;
};

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_UPPER_BOUNDS_H
