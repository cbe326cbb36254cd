// Values with other values in the place of some, for passes that change what a parameter stands for.
#ifndef BPFOPT_PASSES_SUBSTITUTION_H
#define BPFOPT_PASSES_SUBSTITUTION_H

#include "ir/function.h"

#include <unordered_map>

namespace bpfopt::passes {

class Substitution {
 public:
  explicit Substitution(ir::Function& function) : function_(function) {}

  // Before the first value is asked for.
  void Set(const ir::Value* from, const ir::Value* to) { substituted_[from] = to; }

  // `root` with all that was set in the place of what it is made of. Iterative: values are as deep as
  // programs are long.
  const ir::Value* operator()(const ir::Value* root);
  // In the guards, the terminator and its edges. The block has no effects.
  void Apply(ir::Block& block);

 private:
  const ir::Value* Node(const ir::Value* value);

  ir::Function& function_;
  std::unordered_map<const ir::Value*, const ir::Value*> substituted_;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_SUBSTITUTION_H
