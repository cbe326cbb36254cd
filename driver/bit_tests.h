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

// By block: what it asks in its end. For the naive function of a filter as Lower() leaves it, its blocks in a
// topological order and without switches. One test for each of the words that the operands may be, at most a
// few.
std::vector<std::vector<BitTest>> TestsOfFunction(const ir::Function& function, BitWords& words);

// By instruction: empty but for conditional jumps. One test for each of the words that may be in A and X
// there, at most a few. `program` has passed the checker.
std::vector<std::vector<BitTest>> TestsOfProgram(const Program& program, Target target, BitWords& words);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_BIT_TESTS_H
