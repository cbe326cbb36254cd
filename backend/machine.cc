#include "backend/machine.h"

#include "bpf/likelihood.h"
#include "bpf/opcode.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace bpfopt::backend {
namespace {

std::size_t Mix(std::size_t seed, std::size_t word) {
  return (seed ^ word) * 0x9e3779b97f4a7c15 + (seed >> 29);
}

struct BlockHash {
  std::size_t operator()(const MachineBlock* block) const {
    std::size_t hash = Mix(static_cast<std::size_t>(block->end.kind), block->end.code);
    hash = Mix(hash, block->end.k);
    hash = Mix(Mix(hash, block->end.then_block), block->end.else_block);
    for (const MachineInstruction& instruction : block->code) {
      hash = Mix(Mix(hash, instruction.code), instruction.k);
    }
    return hash;
  }
};
struct BlockEqual {
  bool operator()(const MachineBlock* a, const MachineBlock* b) const { return *a == *b; }
};

// What no path looks at must not tell blocks apart.
void ClearUnusedFields(MachineEnd& end) {
  using Kind = MachineEnd::Kind;
  if (end.kind != Kind::kBranch) {
    end.code = 0;
    end.else_block = 0;
  }
  if (end.kind == Kind::kReturnConstant || end.kind == Kind::kReturnA) end.then_block = 0;
  if (end.kind == Kind::kReturnA || end.kind == Kind::kJump) end.k = 0;
}

// Keeps the blocks of `order`, in that order.
void Compact(MachineFunction& function, const std::vector<std::uint32_t>& order) {
  std::vector<std::uint32_t> renumbered(function.blocks.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) renumbered[order[i]] = static_cast<std::uint32_t>(i);
  std::vector<MachineBlock> kept;
  kept.reserve(order.size());
  for (const std::uint32_t old : order) {
    kept.push_back(std::move(function.blocks[old]));
    MachineBlock& block = kept.back();
    if (block.successor_count() > 0) block.end.then_block = renumbered[block.end.then_block];
    if (block.successor_count() > 1) block.end.else_block = renumbered[block.end.else_block];
  }
  function.blocks = std::move(kept);
}

}  // namespace

bool ReadsScratch(const MachineInstruction& instruction) {
  const std::uint16_t kind = bpf::Class(instruction.code);
  return (kind == bpf::kLd || kind == bpf::kLdx) && bpf::Mode(instruction.code) == bpf::kMem;
}

bool WritesScratch(const MachineInstruction& instruction) {
  const std::uint16_t kind = bpf::Class(instruction.code);
  return kind == bpf::kSt || kind == bpf::kStx;
}

std::vector<std::uint32_t> TopologicalOrder(const MachineFunction& function) {
  std::vector<bool> seen(function.blocks.size(), false);
  std::vector<std::pair<std::uint32_t, std::size_t>> path{
      {0, 0}};  // a block and how many successors are done
  std::vector<std::uint32_t> finished;
  seen[0] = true;
  while (!path.empty()) {
    auto& [block, done] = path.back();
    const MachineBlock& current = function.blocks[block];
    const std::size_t count = current.successor_count();
    if (done == count) {
      finished.push_back(block);
      path.pop_back();
      continue;
    }
    ++done;
    const std::uint32_t next = current.successor(count - done);  // the else side first: it comes last
    if (!seen[next]) {
      seen[next] = true;
      path.emplace_back(next, 0);
    }
  }
  std::reverse(finished.begin(), finished.end());
  return finished;
}

void Simplify(MachineFunction& function) {
  const std::vector<std::uint32_t> order = TopologicalOrder(function);
  std::vector<std::uint32_t> stands_for(function.blocks.size());
  for (std::size_t i = 0; i < stands_for.size(); ++i) stands_for[i] = static_cast<std::uint32_t>(i);
  std::unordered_map<const MachineBlock*, std::uint32_t, BlockHash, BlockEqual> known;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {  // successors are final when their users come
    MachineBlock& block = function.blocks[*it];
    if (block.successor_count() > 0) block.end.then_block = stands_for[block.end.then_block];
    if (block.successor_count() > 1) {
      block.end.else_block = stands_for[block.end.else_block];
      if (block.end.then_block == block.end.else_block) block.end.kind = MachineEnd::Kind::kJump;
    }
    ClearUnusedFields(block.end);
    if (block.code.empty() && block.end.kind == MachineEnd::Kind::kJump && *it != 0) {
      stands_for[*it] = block.end.then_block;
      continue;
    }
    stands_for[*it] = known.try_emplace(&block, *it).first->second;
  }
  MachineBlock& entry = function.blocks[0];
  while (entry.code.empty() && entry.end.kind == MachineEnd::Kind::kJump) {
    entry = MachineBlock(function.blocks[entry.end.then_block]);
  }
  Compact(function, TopologicalOrder(function));
}

MachineCost CostOf(const MachineFunction& simplified) {
  using Kind = MachineEnd::Kind;
  constexpr unsigned kOnce = 32;  // the entry is executed 2^32 times
  MachineCost cost;
  std::vector<std::uint64_t> runs(simplified.blocks.size(), 0);
  std::vector<bpf::Accumulator> accumulators(simplified.blocks.size());
  std::vector<bool> is_entered(simplified.blocks.size(), false);
  std::vector<bool> has_jumper(simplified.blocks.size(), false);
  runs[0] = std::uint64_t{1} << kOnce;
  const auto enter = [&](std::uint32_t target, std::uint64_t times, const bpf::Accumulator& accumulator) {
    runs[target] += times;
    if (is_entered[target]) {
      accumulators[target].Meet(accumulator);
    } else {
      accumulators[target] = accumulator;
    }
    is_entered[target] = true;
  };
  for (std::size_t i = 0; i < simplified.blocks.size(); ++i) {
    const MachineBlock& block = simplified.blocks[i];
    std::size_t size = block.code.size();
    std::size_t steps = size;
    if (block.end.kind != Kind::kJump) {
      ++size;
      ++steps;
    } else if (has_jumper[block.end.then_block]) {
      // Layout writes a target of one instruction again instead of a jump to it.
      ++size;
      if (!simplified.blocks[block.end.then_block].code.empty()) ++steps;
    } else {
      has_jumper[block.end.then_block] = true;
    }
    cost.instructions += size;
    cost.executed += runs[i] * steps;
    bpf::Accumulator accumulator = accumulators[i];
    for (const MachineInstruction& instruction : block.code)
      accumulator.Step(instruction.code, instruction.k);
    if (block.end.kind == Kind::kJump) {
      enter(block.end.then_block, runs[i], accumulator);
    } else if (block.end.kind == Kind::kBranch) {
      const std::uint64_t taken = runs[i] / bpf::kCertain * accumulator.Taken(block.end.code, block.end.k);
      bpf::Accumulator otherwise = accumulator;
      accumulator.Follow(block.end.code, block.end.k, true);
      otherwise.Follow(block.end.code, block.end.k, false);
      enter(block.end.then_block, taken, accumulator);
      enter(block.end.else_block, runs[i] - taken, otherwise);
    }
  }
  return cost;
}

bool IsBetter(const MachineCost& a, const MachineCost& b, Objective objective) {
  if (objective == Objective::kSpeed) {
    return std::pair(a.executed, a.instructions) < std::pair(b.executed, b.instructions);
  }
  return std::pair(a.instructions, a.executed) < std::pair(b.instructions, b.executed);
}

}  // namespace bpfopt::backend
