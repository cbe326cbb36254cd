// Which registers a program may still read at each instruction. Dead registers do not tell two arrivals at an
// instruction apart, which keeps the unfolding (verifier/unfold.h) small.
#ifndef BPFOPT_VERIFIER_LIVENESS_H
#define BPFOPT_VERIFIER_LIVENESS_H

#include "bpf/opcode.h"
#include "bpfopt/program.h"

#include <bitset>
#include <cstddef>
#include <vector>

namespace bpfopt::verifier {

// Scratch word i is register i; A and X follow.
inline constexpr std::size_t kRegisterA = bpf::kScratchWords;
inline constexpr std::size_t kRegisterX = bpf::kScratchWords + 1;
inline constexpr std::size_t kRegisters = bpf::kScratchWords + 2;
using RegisterSet = std::bitset<kRegisters>;

// The registers live before each instruction. The program has passed bpf::Check, or at least its jumps are in
// range.
std::vector<RegisterSet> ComputeLiveness(const Program& program, Target rules);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_LIVENESS_H
