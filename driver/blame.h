// Which part of a filter made a program too large.
#ifndef BPFOPT_DRIVER_BLAME_H
#define BPFOPT_DRIVER_BLAME_H

#include "bpfopt/compiler.h"
#include "bpfopt/diagnostic.h"
#include "driver/lowered_filter.h"

#include <optional>

namespace bpfopt::driver {

// The smallest part of the filter that holds more than half of its tests, with what it takes when compiled
// alone: a list of hosts, the one large operand of an `and`. Nothing when that part cannot be compiled alone.
std::optional<Diagnostic> LargestPart(const LoweredFilter& lowered, const CompileOptions& options);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_BLAME_H
