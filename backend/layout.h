// Orders blocks, bridges jumps that are too far for a conditional jump's offset, and writes the program.
//
// A block that ends in a jump stands directly before its target where it can; that never conflicts with the
// order that forward jumps demand. The program is written from its end: distances to what follows are exact
// then, and a bridge (a `ja`, or a copy of a `ret`) stands directly behind the last conditional jump that
// needs it, where nothing falls into it and as many earlier jumps as possible reach it.
#ifndef BPFOPT_BACKEND_LAYOUT_H
#define BPFOPT_BACKEND_LAYOUT_H

#include "backend/machine.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <map>

namespace bpfopt::backend {

struct LaidOut {
  Program program;
  std::map<std::size_t, std::uint32_t> draws;  // drawing instruction -> identity
};

// `function` is simplified and its scratch words are allocated. Near-linear.
LaidOut LayOut(const MachineFunction& function);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_LAYOUT_H
