// Rows of `==` tests in the leaves of a switch's tree, made shorter.
//
//   ldh[12]: 0x8100, 0x88a8, 0x9100 -> yes, else no     in a row, most packets make three tests to get to no;
//   below 0x8100: no | from 0x8100 on: the row          cut in front, they make one
#ifndef BPFOPT_BACKEND_SWITCH_ROWS_H
#define BPFOPT_BACKEND_SWITCH_ROWS_H

#include "backend/switch_partition.h"
#include "ir/value.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::backend {

// The likelihood (bpf/likelihood.h) that a value that a switch decides on lies in a range.
std::uint32_t LikelihoodOf(const ir::Value* value, std::uint32_t first, std::uint32_t last);

// The same leaves, with as many more as keep the rows within `longest`.
std::vector<Leaf> SplitRows(std::vector<Leaf> leaves, std::size_t longest);

// The same leaves, with as many more as lower the tests that are executed on average.
std::vector<Leaf> SplitByLikelihood(std::vector<Leaf> leaves, const ir::Value* value);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SWITCH_ROWS_H
