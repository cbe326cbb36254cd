// Code before it has an order: blocks of instructions whose jumps name blocks and whose scratch words are
// numbered without bound. What selection and registers produce, and what scratch allocation and layout
// consume.
#ifndef BPFOPT_BACKEND_MACHINE_H
#define BPFOPT_BACKEND_MACHINE_H

#include "bpfopt/options.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::backend {

struct MachineInstruction {
  std::uint16_t code = 0;
  std::uint32_t k = 0;                // of scratch accesses: the word's number
  std::optional<std::uint32_t> draw;  // the identity of the draw that this instruction is

  friend bool operator==(const MachineInstruction&, const MachineInstruction&) = default;
};

// How a block ends. A jump needs no instruction when its target is laid out next.
struct MachineEnd {
  enum class Kind : std::uint8_t { kReturnConstant, kReturnA, kJump, kBranch };
  Kind kind = Kind::kReturnConstant;
  std::uint16_t code = 0;        // kBranch: the conditional jump
  std::uint32_t k = 0;           // kReturnConstant: the verdict; kBranch: the jump's constant
  std::uint32_t then_block = 0;  // kJump: the target
  std::uint32_t else_block = 0;

  friend bool operator==(const MachineEnd&, const MachineEnd&) = default;
};

struct MachineBlock {
  std::vector<MachineInstruction> code;
  MachineEnd end;

  std::size_t successor_count() const {
    return end.kind == MachineEnd::Kind::kBranch ? 2 : end.kind == MachineEnd::Kind::kJump ? 1 : 0;
  }
  std::uint32_t successor(std::size_t index) const { return index == 0 ? end.then_block : end.else_block; }
  bool IsReturnAlone() const { return code.empty() && successor_count() == 0; }

  friend bool operator==(const MachineBlock&, const MachineBlock&) = default;
};

// Loop-free. Block 0 is the entry.
struct MachineFunction {
  std::vector<MachineBlock> blocks;
};

// A load of a scratch word by a load instruction, a store into one.
bool ReadsScratch(const MachineInstruction& instruction);
bool WritesScratch(const MachineInstruction& instruction);

// Reachable blocks, every one before its successors.
std::vector<std::uint32_t> TopologicalOrder(const MachineFunction& function);

// Threads jumps through blocks that do nothing else, turns branches whose two targets are one into jumps,
// makes equal blocks one, and drops what cannot be reached. Blocks come out in a topological order.
void Simplify(MachineFunction& function);

// What a program made of these blocks costs, jumps that no order avoids included; far jumps are not counted.
struct MachineCost {
  std::size_t instructions = 0;
  // Instructions executed on average, by the weights of bpf/likelihood.h, times 2^32.
  std::uint64_t executed = 0;
};
MachineCost CostOf(const MachineFunction& simplified);
bool IsBetter(const MachineCost& a, const MachineCost& b, Objective objective);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_MACHINE_H
