// Which part of a filter made a program too large.
#ifndef BPFOPT_DRIVER_BLAME_H
#define BPFOPT_DRIVER_BLAME_H

#include "bpfopt/compiler.h"
#include "bpfopt/diagnostic.h"
#include "driver/lowered_filter.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace bpfopt::driver {

// What makes the program of a filter so large: where sets hold most of its tests, the largest of them, each
// with its place in `text`, and an estimate of how many of their entries would fit the limit; else
// LargestPart. The estimate takes each entry for the same share of the `instructions` that the program needs.
std::optional<Diagnostic> ExplainSize(const LoweredFilter& lowered, std::optional<std::string_view> text,
                                      const CompileOptions& options, std::size_t instructions);

// The smallest part of the filter that holds more than half of its tests, with what it takes when compiled
// alone: a list of hosts, the one large operand of an `and`. Nothing when that part cannot be compiled alone.
std::optional<Diagnostic> LargestPart(const LoweredFilter& lowered, const CompileOptions& options);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_BLAME_H
