// The passes, by name. Each is described at the top of its own file; passes/pass.h says what a pass may rely
// on.
#ifndef BPFOPT_PASSES_PASSES_H
#define BPFOPT_PASSES_PASSES_H

#include "passes/pass.h"

namespace bpfopt::passes {

bool RunDuplicateTails(ir::Function& function, Context& context);
bool RunSimplify(ir::Function& function, Context& context);
bool RunGuards(ir::Function& function, Context& context);
bool RunSimplifyPredicates(ir::Function& function, Context& context);
bool RunJumpThreading(ir::Function& function, Context& context);
bool RunFormSwitches(ir::Function& function, Context& context);
bool RunDeadBranches(ir::Function& function, Context& context);
bool RunMergeBlocks(ir::Function& function, Context& context);
bool RunSolvePredicates(ir::Function& function, Context& context);
bool RunGatherTests(ir::Function& function, Context& context);
bool RunHoistTests(ir::Function& function, Context& context);
bool RunDecisionDiagram(ir::Function& function, Context& context);
bool RunOrderTests(ir::Function& function, Context& context);
bool RunNarrowLoads(ir::Function& function, Context& context);
bool RunFuseFields(ir::Function& function, Context& context);
bool RunTileFields(ir::Function& function, Context& context);
bool RunParameters(ir::Function& function, Context& context);
bool RunMergeTails(ir::Function& function, Context& context);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_PASSES_H
