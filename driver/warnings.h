// What a finished program says about its filter.
#ifndef BPFOPT_DRIVER_WARNINGS_H
#define BPFOPT_DRIVER_WARNINGS_H

#include "bpfopt/diagnostic.h"
#include "bpfopt/program.h"

#include <optional>

namespace bpfopt::driver {

// A warning when a program of a filter that tests something accepts nothing, or every packet.
std::optional<Diagnostic> WarnOfConstantFilter(const Program& program);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_WARNINGS_H
