#include "backend/tail_merging.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace bpfopt::backend {
namespace {

// Larger functions are mostly rows of different tests, and all pairs are looked at.
constexpr std::size_t kLargestFunction = 1000;
constexpr std::size_t kLargestGroup = 40;

using EndKey = std::tuple<MachineEnd::Kind, std::uint16_t, std::uint32_t, std::uint32_t, std::uint32_t>;

EndKey KeyOf(const MachineEnd& end) { return {end.kind, end.code, end.k, end.then_block, end.else_block}; }

std::size_t CommonSuffix(const MachineBlock& a, const MachineBlock& b) {
  const auto at = std::mismatch(a.code.rbegin(), a.code.rend(), b.code.rbegin(), b.code.rend());
  return static_cast<std::size_t>(at.first - a.code.rbegin());
}

struct Merge {
  std::uint32_t block;
  std::uint32_t into;  // this one's own end is shared when it is nothing but the suffix
  std::size_t suffix;
  std::size_t saved;
};

class TailMerger {
 public:
  explicit TailMerger(MachineFunction& function) : function_(function) {}

  void Run() {
    bool merged = false;
    while (const auto merge = FindBest()) {
      Apply(*merge);
      merged = true;
    }
    if (merged) Simplify(function_);
  }

 private:
  std::optional<Merge> FindBest() const {
    std::vector<unsigned> jumpers(function_.blocks.size(), 0);
    std::map<EndKey, std::vector<std::uint32_t>> groups;
    for (std::uint32_t i = 0; i < function_.blocks.size(); ++i) {
      const MachineBlock& block = function_.blocks[i];
      if (block.end.kind == MachineEnd::Kind::kJump) ++jumpers[block.end.then_block];
      groups[KeyOf(block.end)].push_back(i);
    }
    std::optional<Merge> best;
    for (const auto& [key, members] : groups) {
      const std::size_t count = std::min(members.size(), kLargestGroup);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = i + 1; j < count; ++j) {
          const Merge merge = Price(members[i], members[j], jumpers);
          if (merge.saved > 0 && (!best || merge.saved > best->saved)) best = merge;
        }
      }
    }
    return best;
  }

  Merge Price(std::uint32_t a, std::uint32_t b, const std::vector<unsigned>& jumpers) const {
    const std::size_t suffix = CommonSuffix(function_.blocks[a], function_.blocks[b]);
    // A jump at the end costs an instruction for all but one of those that lead to the same block, as the end
    // of another kind always does: of two equal ends one is saved. What jumps to the shared part costs as
    // much.
    if (function_.blocks[b].code.size() == suffix) return {a, b, suffix, suffix + (jumpers[b] > 0 ? 0 : 1)};
    if (function_.blocks[a].code.size() == suffix) return {b, a, suffix, suffix + (jumpers[a] > 0 ? 0 : 1)};
    return {a, b, suffix, suffix};
  }

  void Apply(const Merge& merge) {
    std::uint32_t shared = merge.into;
    if (function_.blocks[merge.into].code.size() != merge.suffix) {
      shared = static_cast<std::uint32_t>(function_.blocks.size());
      const MachineBlock& from = function_.blocks[merge.into];
      const auto begin = from.code.end() - static_cast<std::ptrdiff_t>(merge.suffix);
      function_.blocks.push_back({{begin, from.code.end()}, from.end});
      CutOff(merge.into, merge.suffix, shared);
    }
    CutOff(merge.block, merge.suffix, shared);
  }

  void CutOff(std::uint32_t id, std::size_t suffix, std::uint32_t target) {
    MachineBlock& block = function_.blocks[id];
    block.code.resize(block.code.size() - suffix);
    block.end = {MachineEnd::Kind::kJump, 0, 0, target, 0};
  }

  MachineFunction& function_;
};

}  // namespace

void MergeTails(MachineFunction& function) {
  if (function.blocks.size() <= kLargestFunction) TailMerger(function).Run();
}

}  // namespace bpfopt::backend
