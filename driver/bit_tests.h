// What a conditional jump asks about the packet, for a function's blocks and for a program's instructions.
#ifndef BPFOPT_DRIVER_BIT_TESTS_H
#define BPFOPT_DRIVER_BIT_TESTS_H

#include "bpfopt/program.h"
#include "driver/bit_words.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::driver {

struct BitTest {
  ir::Compare compare = ir::Compare::kEqual;
  BitWords::Id lhs = 0;
  BitWords::Id rhs = 0;
};

// That the block ends in; for the naive function of a filter, whose blocks have no switches.
std::vector<BitTest> TestsOfBlock(const ir::Block& block, BitWords& words);

// By instruction: empty but for conditional jumps. One test for each of the words that may be in A and X
// there, at most a few. `program` has passed the checker.
std::vector<std::vector<BitTest>> TestsOfProgram(const Program& program, Target target, BitWords& words);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_BIT_TESTS_H
