// What figures were measured on, and with.
#ifndef BPFOPT_BENCH_ENVIRONMENT_H
#define BPFOPT_BENCH_ENVIRONMENT_H

#include "bench/parts.h"
#include "bpfopt/compiler.h"

#include <nlohmann/json.hpp>

namespace bpfopt::bench {

// Names and values, in the order in which they are told: the day (UTC), the machine as the kernel names it,
// versions, and how programs were compiled and run.
nlohmann::ordered_json DescribeEnvironment(const CompileOptions& options, const PartOptions& how);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_ENVIRONMENT_H
