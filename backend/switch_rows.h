// Rows of `==` tests in the leaves of a switch's tree, made shorter.
//
//   ldh[12]: 0x8100, 0x88a8, 0x9100 -> yes, else no     in a row, most packets make three tests to get to no;
//   below 0x8100: no | from 0x8100 on: the row          cut in front, they make one
#ifndef BPFOPT_BACKEND_SWITCH_ROWS_H
#define BPFOPT_BACKEND_SWITCH_ROWS_H

#include "backend/switch_partition.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::backend {

// The likelihood (bpf/likelihood.h) that a value that a switch decides on lies in a range.
std::uint32_t LikelihoodOf(const ir::Value* value, std::uint32_t first, std::uint32_t last);

// The same leaves, with as many more as keep the rows within `longest`.
std::vector<Leaf> SplitRows(std::vector<Leaf> leaves, std::size_t longest);

// A switch after some words have been asked for.
struct PeeledSwitch {
  ir::Block* block = nullptr;        // ends in what is left of it
  std::vector<std::uint32_t> words;  // these have gone elsewhere
};
// Asks in `block`, which ends in a switch, for each word that every fourth packet or more has, the likeliest
// first, before the others are told apart.
PeeledSwitch PeelLikelyWords(ir::Function& function, ir::Block* block);

// The same leaves, with as many more as lower the tests that are executed on average. None of the words
// `peeled` comes to them.
std::vector<Leaf> SplitByLikelihood(std::vector<Leaf> leaves, const ir::Value* value,
                                    const std::vector<std::uint32_t>& peeled);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SWITCH_ROWS_H
