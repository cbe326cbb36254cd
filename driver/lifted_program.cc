#include "driver/lifted_program.h"

#include "driver/graph.h"
#include "driver/source.h"
#include "frontend/lift.h"
#include "ir/print.h"

#include <string>

namespace bpfopt::driver {

Expected<ir::Function> LiftProgram(const Program& program, Target target, StageLog& log) {
  return log.Run(
      "lift", [&] { return frontend::Lift(program, target, kMaxSource); },
      [](const auto& lifted) { return lifted ? ir::Print(*lifted) : std::string(); },
      [](const auto& lifted) { return lifted ? MakeGraph(*lifted) : Graph(); });
}

}  // namespace bpfopt::driver
