#include "backend/sinking.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::backend {
namespace {

using Kind = MachineEnd::Kind;

// Larger functions are rows of tests, and each move is priced by a walk over all of it.
constexpr std::size_t kLargestFunction = 400;

bool WritesX(const MachineInstruction& instruction) {
  const std::uint16_t kind = bpf::Class(instruction.code);
  return kind == bpf::kLdx || (kind == bpf::kMisc && (instruction.code & 0xf8) == bpf::kTax);
}

bool ReadsX(const MachineInstruction& instruction) {
  switch (bpf::Class(instruction.code)) {
    case bpf::kLd:
      // Some ancillary loads are functions of X, and some may end the program.
      return bpf::Mode(instruction.code) == bpf::kInd ||
             (bpf::Mode(instruction.code) == bpf::kAbs && instruction.k >= bpf::kAncillaryOffset);
    case bpf::kStx:
      return true;
    case bpf::kAlu:
      return bpf::UsesX(instruction.code);
    case bpf::kMisc:
      return (instruction.code & 0xf8) == bpf::kTxa;
    default:
      return false;
  }
}

bool TestsX(const MachineEnd& end) { return end.kind == Kind::kBranch && bpf::UsesX(end.code); }

// By block: is X read from its start on before it is written? Blocks stand before their successors.
std::vector<bool> LiveX(const MachineFunction& function) {
  std::vector<bool> live(function.blocks.size(), false);
  for (std::size_t i = function.blocks.size(); i-- > 0;) {
    const MachineBlock& block = function.blocks[i];
    bool is_live = TestsX(block.end);
    for (std::size_t j = 0; j < block.successor_count(); ++j) is_live = is_live || live[block.successor(j)];
    for (auto it = block.code.rbegin(); it != block.code.rend(); ++it) {
      is_live = ReadsX(*it) || (is_live && !WritesX(*it));
    }
    live[i] = is_live;
  }
  return live;
}

// The block with the test of a block that it jumps to and that does nothing else.
MachineBlock WithTest(const MachineFunction& function, std::uint32_t id) {
  MachineBlock block = function.blocks[id];
  if (block.end.kind != Kind::kJump) return block;
  const MachineBlock& target = function.blocks[block.end.then_block];
  if (target.code.empty() && target.end.kind == Kind::kBranch) block.end = target.end;
  return block;
}

// The last load of X, when nothing behind it in the block asks for X or could change what it loads.
std::optional<std::size_t> LastLoad(const MachineBlock& block) {
  for (std::size_t i = block.code.size(); i-- > 0;) {
    const MachineInstruction& at = block.code[i];
    if (bpf::Class(at.code) == bpf::kLdx) return i;
    if (ReadsX(at) || WritesX(at) || WritesScratch(at)) return std::nullopt;
  }
  return std::nullopt;
}

bool IsRejection(const MachineBlock& block) {
  return block.IsReturnAlone() && block.end.kind == Kind::kReturnConstant && block.end.k == 0;
}

// `id`'s last load of X on the one way that needs it; nothing where it is needed on both or cannot move.
std::optional<MachineFunction> Sink(const MachineFunction& function, std::uint32_t id,
                                    const std::vector<bool>& live) {
  MachineBlock block = WithTest(function, id);
  if (block.end.kind != Kind::kBranch || TestsX(block.end)) return std::nullopt;
  const bool then_needs = live[block.end.then_block];
  if (then_needs == live[block.end.else_block]) return std::nullopt;
  const std::optional<std::size_t> load = LastLoad(block);
  if (!load) return std::nullopt;
  std::uint32_t& needing = then_needs ? block.end.then_block : block.end.else_block;
  const std::uint32_t other = then_needs ? block.end.else_block : block.end.then_block;
  const MachineInstruction moved = block.code[*load];
  const bool can_fault = bpf::Mode(moved.code) == bpf::kMsh;
  if (can_fault && !IsRejection(function.blocks[other])) return std::nullopt;

  block.code.erase(block.code.begin() + static_cast<std::ptrdiff_t>(*load));
  MachineFunction result = function;
  MachineBlock loads{{moved}, {}};
  loads.end.kind = Kind::kJump;
  loads.end.then_block = needing;
  needing = static_cast<std::uint32_t>(result.blocks.size());
  result.blocks[id] = std::move(block);
  result.blocks.push_back(std::move(loads));
  Simplify(result);
  return result;
}

}  // namespace

void SinkLoads(MachineFunction& function, Objective objective) {
  if (function.blocks.size() > kLargestFunction) return;
  MachineCost cost = CostOf(function);
  bool improves = true;
  while (improves) {
    improves = false;
    const std::vector<bool> live = LiveX(function);
    for (std::uint32_t id = 0; id < function.blocks.size() && !improves; ++id) {
      std::optional<MachineFunction> candidate = Sink(function, id, live);
      if (!candidate) continue;
      const MachineCost lower = CostOf(*candidate);
      improves = IsBetter(lower, cost, objective);
      if (!improves) continue;
      cost = lower;
      function = std::move(*candidate);
    }
  }
}

}  // namespace bpfopt::backend
