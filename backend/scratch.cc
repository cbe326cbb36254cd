#include "backend/scratch.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace bpfopt::backend {
namespace {

using Slots = std::set<std::uint32_t>;

// Walks a block backwards; `visit(instruction, live_after)` sees each instruction and returns whether it
// stays.
template <typename Visit>
Slots WalkBackwards(MachineBlock& block, Slots live, Visit visit) {
  std::vector<MachineInstruction> kept;
  for (auto it = block.code.rbegin(); it != block.code.rend(); ++it) {
    if (!visit(*it, live)) continue;
    if (WritesScratch(*it)) live.erase(it->k);
    if (ReadsScratch(*it)) live.insert(it->k);
    kept.push_back(*it);
  }
  std::reverse(kept.begin(), kept.end());
  block.code = std::move(kept);
  return live;
}

}  // namespace

Expected<void> AllocateScratch(MachineFunction& function) {
  bool uses_scratch = false;
  for (const MachineBlock& block : function.blocks) {
    uses_scratch =
        uses_scratch || std::any_of(block.code.begin(), block.code.end(), [](const auto& instruction) {
          return ReadsScratch(instruction) || WritesScratch(instruction);
        });
  }
  if (!uses_scratch) return {};

  std::vector<Slots> live_in(function.blocks.size());
  std::map<std::uint32_t, Slots> conflicts;
  const std::vector<std::uint32_t> order = TopologicalOrder(function);
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    MachineBlock& block = function.blocks[*id];
    Slots live;
    for (std::size_t i = 0; i < block.successor_count(); ++i) {
      const Slots& next = live_in[block.successor(i)];
      live.insert(next.begin(), next.end());
    }
    live_in[*id] =
        WalkBackwards(block, std::move(live), [&](const MachineInstruction& at, const Slots& after) {
          if (!WritesScratch(at)) return true;
          if (after.count(at.k) == 0) return false;
          Slots& others = conflicts[at.k];
          for (const std::uint32_t other : after) {
            if (other == at.k) continue;
            others.insert(other);
            conflicts[other].insert(at.k);
          }
          return true;
        });
  }

  std::map<std::uint32_t, std::uint32_t> word_of;
  for (const auto& [slot, others] : conflicts) {
    std::vector<bool> taken(bpf::kScratchWords, false);
    for (const std::uint32_t other : others) {
      const auto known = word_of.find(other);
      if (known != word_of.end()) taken[known->second] = true;
    }
    const auto free = std::find(taken.begin(), taken.end(), false);
    if (free == taken.end()) {
      return MakeError(ErrorCode::kTooLarge, "the filter needs more than 16 scratch words at a time");
    }
    word_of[slot] = static_cast<std::uint32_t>(free - taken.begin());
  }
  for (MachineBlock& block : function.blocks) {
    for (MachineInstruction& instruction : block.code) {
      if (ReadsScratch(instruction) || WritesScratch(instruction)) instruction.k = word_of[instruction.k];
    }
  }
  return {};
}

}  // namespace bpfopt::backend
