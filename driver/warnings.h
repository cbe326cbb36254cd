// What there is to say about a filter and its finished program.
#ifndef BPFOPT_DRIVER_WARNINGS_H
#define BPFOPT_DRIVER_WARNINGS_H

#include "bpfopt/diagnostic.h"
#include "bpfopt/program.h"
#include "frontend/ast.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::driver {

// A warning when a program of a filter that tests something accepts nothing, or every packet.
std::optional<Diagnostic> WarnOfConstantFilter(const Program& program);

// One for each `protochain`, which here is no loop: what lies behind `depth` headers is not seen.
std::vector<Diagnostic> WarnOfChains(const frontend::Ast& filter, std::uint32_t depth);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_WARNINGS_H
