// Pass `tile-fields`: a chain of tests that each ask for one word of a field, all with the same outcome when
// they fail, reads the bytes that they ask about with other loads where those are cheaper.
//
//   b0: if ld[8] == 0x5e100001 then b1 else b9
//   b1: if ldh[6] == 0x200 then b2 else b9              b0: if ld[8] == 0x5e100001 then b1 else b9
//   b2: if ld[2] == 0x5e100002 then b3 else b9     =>   b1: if ld[4] == 0x20200 ...
//   b3: if ldh[0] == 0x200 then b4 else b9
//
// The bytes are covered from the lowest on by windows of 1, 2 and 4 bytes, which may overlap; the cheapest
// cover is found exactly, and taken where it is cheaper than the chain. All guards of the chain and of its
// windows must be performed by every accepting path from the chain's start on. passes/fuse_fields.cc joins
// pairs of tests, also such as ask for sets.

#include "ir/graph.h"
#include "passes/decision_cost.h"
#include "passes/field.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <vector>

namespace bpfopt::passes {
namespace {

// Longer chains are taken in parts.
constexpr std::size_t kMaxTests = 32;

// What the chain asks of one byte, and the first of its tests that does.
struct ByteDemand {
  std::uint8_t mask = 0;
  std::uint8_t word = 0;
  std::size_t test = 0;
};
using Demands = std::map<std::uint32_t, ByteDemand>;  // by offset

// False where the cube contradicts what is asked already.
bool AddCube(const Cube& cube, std::size_t test, Demands& demands) {
  for (unsigned i = 0; i < cube.field.width; ++i) {
    const unsigned shift = 8 * (cube.field.width - 1 - i);
    const auto mask = static_cast<std::uint8_t>(cube.field.mask >> shift);
    const auto word = static_cast<std::uint8_t>(cube.word >> shift);
    if (mask == 0) continue;
    ByteDemand& demand = demands.try_emplace(cube.field.offset + i, ByteDemand{0, 0, test}).first->second;
    if ((demand.mask & mask & (demand.word ^ word)) != 0) return false;
    demand.mask |= mask;
    demand.word |= word;
  }
  return true;
}

struct Window {
  Cube cube;
  std::size_t first_test = 0;  // that asks about a byte of it
};

Window WindowAt(const ir::Value* base, std::uint32_t offset, unsigned width, const Demands& demands) {
  Window window{{{base, offset, width, 0}, 0}, std::numeric_limits<std::size_t>::max()};
  for (unsigned i = 0; i < width; ++i) {
    const auto found = demands.find(offset + i);
    const ByteDemand demand = found == demands.end() ? ByteDemand() : found->second;
    window.cube.field.mask = window.cube.field.mask << 8 | demand.mask;
    window.cube.word = window.cube.word << 8 | demand.word;
    if (demand.mask != 0) window.first_test = std::min(window.first_test, demand.test);
  }
  return window;
}

// The load and the test, and a mask unless a jump on bits spares it.
std::size_t CostOf(const Window& window) {
  const bool is_whole = window.cube.field.mask == AllBits(window.cube.field.width);
  return 2 + (is_whole || window.cube.word == 0 ? 0 : 1);
}

struct Chain {
  std::vector<ir::Block*> blocks;
  std::vector<Cube> cubes;
  std::vector<Partition> decisions;
  ir::Edge through;  // where a packet goes that holds all the words
  ir::Edge fallback;
};

class Tiling {
 public:
  Tiling(ir::Function& function, Context& context)
      : function_(function),
        context_(context),
        anticipated_(ComputeAnticipatedGuards(function)),
        predecessors_(ir::ComputePredecessors(function)),
        is_taken_(function.block_count(), false) {}

  bool Run() {
    bool changed = false;
    for (ir::Block* block : ir::TopologicalOrder(function_)) {
      if (is_taken_[block->id()]) continue;
      for (const std::size_t through : {0U, 1U}) {
        const std::optional<Chain> chain = ChainFrom(*block, through);
        if (!chain || !Tile(*chain)) continue;
        for (const ir::Block* each : chain->blocks) is_taken_[each->id()] = true;
        changed = true;
        break;
      }
    }
    if (changed) function_.RemoveUnreachable();
    return changed;
  }

 private:
  // The chain that begins with `block` left by edge `through`.
  std::optional<Chain> ChainFrom(ir::Block& block, std::size_t through) {
    if (block.edge_count() != 2) return std::nullopt;
    Chain chain;
    chain.through = {&block, {}};
    chain.fallback = block.edge(1 - through);
    while (chain.blocks.size() < kMaxTests && Extend(chain)) {
    }
    if (chain.blocks.size() < 2) return std::nullopt;
    return chain;
  }

  // Takes the block that the chain leads to into it.
  bool Extend(Chain& chain) {
    ir::Block& next = *chain.through.target;
    const bool is_head = chain.blocks.empty();
    if (is_taken_[next.id()] || !next.effects.empty()) return false;
    if (!is_head && (!next.parameters.empty() || predecessors_[next.id()].size() != 1)) return false;
    const std::optional<Partition> decision = PartitionOf(function_, next.terminator);
    if (!decision || decision->edges.size() != 2 || decision->edges[0] == decision->edges[1]) return false;
    const bool is_first = decision->edges[1] == chain.fallback;
    if (!is_first && decision->edges[0] != chain.fallback) return false;
    const std::uint32_t through = is_first ? 0 : 1;
    const std::optional<Field> field = FieldOf(decision->value);
    if (!field || (!is_head && field->base != chain.cubes[0].field.base)) return false;
    const std::optional<Cube> cube = CubeOf(*field, PossibleWords(*field, WordsFor(*decision, through)));
    if (!cube || !MayPerformAtHead(is_head ? next : *chain.blocks[0], next.guards)) return false;
    chain.through = decision->edges[through];
    chain.blocks.push_back(&next);
    chain.cubes.push_back(*cube);
    chain.decisions.push_back(*decision);
    return true;
  }

  bool MayPerformAtHead(const ir::Block& head, const std::vector<ir::Guard>& guards) const {
    return std::ranges::all_of(guards,
                               [&](const ir::Guard& guard) { return anticipated_[head.id()].Covers(guard); });
  }

  bool Tile(const Chain& chain) {
    Demands demands;
    for (std::size_t i = 0; i < chain.cubes.size(); ++i) {
      if (!AddCube(chain.cubes[i], i, demands)) return false;
    }
    std::optional<std::vector<Window>> windows = CheapestCover(chain, demands);
    if (!windows || windows->empty() || windows->size() > chain.blocks.size()) return false;
    // As much is tested as before, in the order of the tests that asked for it.
    std::ranges::stable_sort(*windows, {}, &Window::first_test);
    std::vector<Partition> decisions;
    for (const Window& window : *windows) {
      decisions.push_back(TwoWay(ValueOf(function_, window.cube.field), RangeSet::Of(window.cube.word),
                                 chain.through, chain.fallback));
    }
    if (CostOf(chain, decisions) >= CostOf(chain, chain.decisions)) return false;
    Write(chain, std::move(decisions));
    ++context_.counters["tile-fields.chains"];
    return true;
  }

  // Of decisions in the chain's place.
  std::size_t CostOf(const Chain& chain, const std::vector<Partition>& decisions) {
    Held held = HeldBefore(function_, predecessors_[chain.blocks[0]->id()]);
    std::size_t cost = 0;
    for (const Partition& decision : decisions) {
      cost += CostAfter(held, decision);
      held = HeldAfter(decision);
    }
    return cost + ReloadsBehind(chain, held);
  }

  // The loads of the decision behind the chain and of that at its fallback, where they are not held.
  std::size_t ReloadsBehind(const Chain& chain, const Held& held) {
    std::size_t loads = 0;
    for (const ir::Edge* edge : {&chain.through, &chain.fallback}) {
      const std::optional<Partition> next = PartitionOf(function_, edge->target->terminator);
      if (next && FieldOf(next->value) && LoadOf(*next) != held.accumulator) ++loads;
    }
    return loads;
  }

  // Cover of the demanded bytes, by dynamic programming from the last byte down.
  std::optional<std::vector<Window>> CheapestCover(const Chain& chain, const Demands& demands) const {
    struct Step {
      std::size_t cost = std::numeric_limits<std::size_t>::max() / 2;
      Window window;
      std::size_t next = 0;
    };
    std::vector<std::uint32_t> bytes;
    for (const auto& [offset, demand] : demands) bytes.push_back(offset);
    std::vector<Step> best(bytes.size() + 1);
    best.back().cost = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      for (const unsigned width : {4U, 2U, 1U}) {
        for (unsigned before = 0; before < width && before <= bytes[i]; ++before) {
          const Window window = WindowAt(chain.cubes[0].field.base, bytes[i] - before, width, demands);
          if (!MayLoad(chain, window.cube.field)) continue;
          const auto next = static_cast<std::size_t>(
              std::lower_bound(bytes.begin(), bytes.end(), window.cube.field.end()) - bytes.begin());
          const std::size_t cost = best[next].cost + passes::CostOf(window);
          if (cost < best[i].cost) best[i] = {cost, window, next};
        }
      }
    }
    std::vector<Window> cover;
    for (std::size_t i = 0; i < bytes.size(); i = best[i].next) {
      if (best[i].next == 0) return std::nullopt;
      cover.push_back(best[i].window);
    }
    return cover;
  }

  bool MayLoad(const Chain& chain, const Field& field) const {
    if (field.base == nullptr && field.offset < context_.cooked.header_bytes) return false;
    const ir::Guard guard = ir::Guard::Bounds(field.base, field.offset, field.width);
    return !MayBeNegative(guard) && anticipated_[chain.blocks[0]->id()].Covers(guard);
  }

  // The first blocks of the chain take the decisions; its guards are all performed by the first.
  void Write(const Chain& chain, std::vector<Partition> decisions) {
    std::vector<ir::Guard> kept;
    for (const ir::Block* block : chain.blocks) {
      for (const ir::Guard& guard : block->guards) {
        const bool is_new = std::ranges::find(kept, guard) == kept.end();
        if (is_new && IsObservable(guard, context_.relation)) kept.push_back(guard);
      }
    }
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      ir::Block& block = *chain.blocks[i];
      const bool is_last = i + 1 == decisions.size();
      if (!is_last) decisions[i].edges[0] = ir::Edge{chain.blocks[i + 1], {}};
      block.terminator = ToTerminator(function_, std::move(decisions[i]));
      block.guards = i == 0 ? kept : std::vector<ir::Guard>();
      for (const ir::Guard& guard : DemandedGuards(block)) {
        if (std::ranges::find(block.guards, guard) == block.guards.end()) block.guards.push_back(guard);
      }
    }
  }

  ir::Function& function_;
  Context& context_;
  std::vector<GuardSet> anticipated_;
  std::vector<std::vector<ir::EdgeRef>> predecessors_;
  std::vector<bool> is_taken_;  // by block id
};

}  // namespace

bool RunTileFields(ir::Function& function, Context& context) { return Tiling(function, context).Run(); }

}  // namespace bpfopt::passes
