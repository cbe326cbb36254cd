// Complete packets that take a program to acceptance through each of its branches, as far as there are any
// and decision diagrams find them.
#ifndef BPFOPT_VERIFIER_PATH_PACKETS_H
#define BPFOPT_VERIFIER_PATH_PACKETS_H

#include "bpfopt/lower_bound.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <vector>

namespace bpfopt::verifier {

// At most `count` packets, no two alike. A packet need not do what was hoped: who needs to know runs it.
// Deterministic.
std::vector<BoundWitness> PathPackets(const Program& program, Target rules, std::size_t count);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_PATH_PACKETS_H
