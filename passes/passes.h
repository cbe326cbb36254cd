// The passes, by name. Each is described in its own file; passes/pass.h says what a pass may rely on.
#ifndef BPFOPT_PASSES_PASSES_H
#define BPFOPT_PASSES_PASSES_H

#include "passes/pass.h"

namespace bpfopt::passes {

bool RunSimplify(ir::Function& function, Context& context);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PASSES_H
