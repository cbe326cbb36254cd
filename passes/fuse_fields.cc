// Pass `fuse-fields`: two tests of neighbouring or overlapping fields that lead to the same outcome when they
// fail become one test of a masked load that spans them.
//
//   b0: if ldb[23] == 0x6 then b1 else b9
//   b1: if (ldh[20] & 0x1fff) == 0x0 then b2 else b9   =>   b0: if (ld[20] & 0x1fff00ff) == 0x6 then b2 else
//   b9
//
// The wider load never reaches farther than the farther of the two, and its guard must be one that every
// accepting path performs. A set of words counts as one word where it is one on some of the bits: 0x80..0xbf
// of a byte is 0x80 on 0xc0. One of the two tests must ask for single words, and few of them; the other may
// be a decision of any size, as long as its ranges stay ranges.

#include "ir/graph.h"
#include "passes/decision_cost.h"
#include "passes/field.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

// A range is listed word by word, and words of two fields are paired, up to this many.
constexpr std::size_t kMaxWords = 4;

// Words that lead along an edge.
struct Piece {
  Range words;
  ir::Edge edge;

  bool is_word() const { return words.first == words.last; }
};

// What a decision asks of a field for its value not to go to the fallback.
struct Demand {
  Field field;
  std::vector<Piece> pieces;  // ascending
};

std::optional<Demand> DemandOf(const Partition& partition, const ir::Edge& fallback) {
  std::optional<Field> field = FieldOf(partition.value);
  if (!field) return std::nullopt;
  Demand demand{*field, {}};
  RangeSet all;
  for (std::size_t i = 0; i < partition.cases.size(); ++i) {
    const ir::Edge& edge = partition.edges[partition.cases[i].edge];
    const std::uint32_t last = i + 1 < partition.cases.size() ? partition.cases[i + 1].first - 1 : 0xffffffff;
    if (edge == fallback) continue;
    const RangeSet words = PossibleWords(*field, RangeSet::Of(partition.cases[i].first, last));
    for (const Range range : words.ranges()) demand.pieces.push_back({range, edge});
    all = all.Union(words);
  }
  if (demand.pieces.empty()) return std::nullopt;
  const ir::Edge& edge = demand.pieces[0].edge;
  if (std::ranges::any_of(demand.pieces, [&](const Piece& piece) { return piece.edge != edge; }))
    return demand;
  if (std::optional<Cube> cube = CubeOf(*field, all)) {
    return Demand{cube->field, {{{cube->word, cube->word}, edge}}};
  }
  return demand;
}

// Short ranges as their words.
std::vector<Piece> Listed(const std::vector<Piece>& pieces) {
  std::vector<Piece> listed;
  for (const Piece& piece : pieces) {
    if (piece.words.last - piece.words.first >= kMaxWords) {
      listed.push_back(piece);
      continue;
    }
    for (std::uint64_t word = piece.words.first; word <= piece.words.last; ++word) {
      listed.push_back({{static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word)}, piece.edge});
    }
  }
  return listed;
}

// The words of `common` whose bits are `word` on `own` and in one of `demand`'s pieces on its field. A range
// of several words stays one only where nothing stands below the field and its mask has no holes.
bool AppendCombined(const Field& common, std::uint32_t word, std::uint32_t own, const Demand& demand,
                    std::vector<Piece>& combined) {
  const unsigned shift = ShiftInto(common, demand.field);
  const std::uint32_t shared = own & (demand.field.mask << shift);
  const bool stays_range = shift == 0 && shared == 0 && (demand.field.mask & (demand.field.mask + 1)) == 0;
  for (const Piece& piece : stays_range ? demand.pieces : Listed(demand.pieces)) {
    if (!piece.is_word() && !stays_range) return false;
    const std::uint32_t first = piece.words.first << shift;
    if ((first & shared) != (word & shared)) continue;
    combined.push_back({{first | word, (piece.words.last << shift) | word}, piece.edge});
  }
  return true;
}

// The words of `common` that satisfy both, with the edge of the second.
std::optional<std::vector<Piece>> Combine(const Field& common, const Demand& first, const Demand& second) {
  std::vector<Piece> combined;
  const std::vector<Piece> words = Listed(first.pieces);
  const bool all_words = words.size() <= kMaxWords &&
                         std::ranges::all_of(words, [](const Piece& piece) { return piece.is_word(); });
  if (second.pieces.size() == 1 && second.pieces[0].is_word()) {
    Demand through = first;
    for (Piece& piece : through.pieces) piece.edge = second.pieces[0].edge;
    const unsigned shift = ShiftInto(common, second.field);
    const bool done = AppendCombined(common, second.pieces[0].words.first << shift,
                                     second.field.mask << shift, through, combined);
    if (!done) return std::nullopt;
  } else if (all_words) {
    const unsigned shift = ShiftInto(common, first.field);
    for (const Piece& piece : words) {
      const bool done =
          AppendCombined(common, piece.words.first << shift, first.field.mask << shift, second, combined);
      if (!done) return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  std::ranges::sort(combined, {}, [](const Piece& piece) { return piece.words.first; });
  return combined;
}

class Fusion {
 public:
  Fusion(ir::Function& function, Context& context)
      : function_(function),
        context_(context),
        anticipated_(ComputeAnticipatedGuards(function)),
        predecessors_(ir::ComputePredecessors(function)) {}

  bool Run() {
    incoming_.assign(function_.block_count(), 0);
    std::vector<ir::Block*> order = ir::TopologicalOrder(function_);
    for (ir::Block* block : order) {
      for (const ir::Edge* edge : block->edges()) ++incoming_[edge->target->id()];
    }
    bool changed = false;
    for (auto block = order.rbegin(); block != order.rend(); ++block) {
      while (FuseWithSuccessor(**block)) changed = true;
    }
    if (changed) function_.RemoveUnreachable();
    return changed;
  }

 private:
  bool FuseWithSuccessor(ir::Block& block) {
    std::optional<Partition> first = PartitionOf(function_, block.terminator);
    if (!first || first->edges.size() != 2) return false;
    for (std::uint32_t through = 0; through < 2; ++through) {
      const ir::Block& next = *first->edges[through].target;
      const ir::Edge& fallback = first->edges[1 - through];
      if (incoming_[next.id()] != 1 || !next.parameters.empty() || !next.effects.empty()) continue;
      std::optional<Partition> second = PartitionOf(function_, next.terminator);
      if (second && Fuse(block, *first, fallback, next, *second)) return true;
    }
    return false;
  }

  bool Fuse(ir::Block& block, const Partition& first, const ir::Edge& fallback, const ir::Block& next,
            const Partition& second) {
    if (std::ranges::find(second.edges, fallback) == second.edges.end()) return false;
    std::optional<Demand> first_demand = DemandOf(first, fallback);
    std::optional<Demand> second_demand = DemandOf(second, fallback);
    if (!first_demand || !second_demand) return false;
    std::optional<Field> common = CommonField(first_demand->field, second_demand->field, context_.cooked);
    if (!common) return false;
    const ir::Guard guard = ir::Guard::Bounds(common->base, common->offset, common->width);
    if (MayBeNegative(guard) || !anticipated_[block.id()].Covers(guard)) return false;
    if (!MayPerformEarlier(next.guards, block)) return false;
    std::optional<std::vector<Piece>> combined = Combine(*common, *first_demand, *second_demand);
    if (!combined) return false;
    Partition whole = Fused(*common, *combined, fallback);
    if (CostOfOne(block, second, whole) > CostOfTwo(block, first, second)) return false;
    Write(block, std::move(whole), next.guards);
    ++context_.counters["fuse-fields.tests"];
    return true;
  }

  Partition Fused(const Field& field, const std::vector<Piece>& pieces, const ir::Edge& fallback) {
    Partition partition;
    partition.value = ValueOf(function_, field);
    partition.edges.push_back(fallback);
    std::uint64_t next = 0;
    for (const Piece& piece : pieces) {
      if (piece.words.first > next) partition.cases.push_back({static_cast<std::uint32_t>(next), 0});
      partition.edges.push_back(piece.edge);
      partition.cases.push_back({piece.words.first, static_cast<std::uint32_t>(partition.edges.size() - 1)});
      next = std::uint64_t{piece.words.last} + 1;
    }
    if (next <= 0xffffffff) partition.cases.push_back({static_cast<std::uint32_t>(next), 0});
    return partition;
  }

  std::size_t CostOfOne(const ir::Block& block, const Partition& second, const Partition& whole) const {
    return CostAfter(HeldBefore(block), whole) + Reloads(second, whole);
  }
  std::size_t CostOfTwo(const ir::Block& block, const Partition& first, const Partition& second) const {
    return CostAfter(HeldBefore(block), first) + CostAfter(HeldAfter(first), second);
  }

  Held HeldBefore(const ir::Block& block) const {
    return passes::HeldBefore(function_, predecessors_[block.id()]);
  }

  // Instructions that load anew, after `now`, what `old`'s successors would have found in the accumulator.
  std::size_t Reloads(const Partition& old, const Partition& now) const {
    std::size_t loads = 0;
    for (const ir::Edge& edge : old.edges) {
      if (incoming_[edge.target->id()] != 1) continue;
      std::optional<Partition> next = PartitionOf(function_, edge.target->terminator);
      if (!next || !FieldOf(next->value)) continue;
      if (LoadOf(*next) == HeldAfter(old).accumulator && LoadOf(*next) != HeldAfter(now).accumulator) ++loads;
    }
    return loads;
  }

  // Guards of a block behind `block` may be performed there if every accepting path performs them anyway.
  bool MayPerformEarlier(const std::vector<ir::Guard>& guards, const ir::Block& block) const {
    return std::ranges::all_of(guards, [&](const ir::Guard& guard) {
      return !IsObservable(guard, context_.relation) || anticipated_[block.id()].Covers(guard);
    });
  }

  void Write(ir::Block& block, Partition partition, const std::vector<ir::Guard>& next_guards) {
    block.terminator = ToTerminator(function_, std::move(partition));
    std::vector<ir::Guard> guards = DemandedGuards(block);
    GuardSet performed;
    const auto add = [&](const ir::Guard& guard) {
      if (std::ranges::find(guards, guard) == guards.end()) guards.push_back(guard);
    };
    for (const ir::Guard& guard : block.guards) add(guard);
    for (const ir::Guard& guard : guards) performed.Add(guard);
    for (const ir::Guard& guard : next_guards) {
      if (IsObservable(guard, context_.relation) && !performed.Covers(guard)) add(guard);
    }
    block.guards = std::move(guards);
  }

  ir::Function& function_;
  Context& context_;
  std::vector<GuardSet> anticipated_;
  std::vector<std::vector<ir::EdgeRef>> predecessors_;  // before anything is fused
  std::vector<std::uint32_t> incoming_;
};

}  // namespace

bool RunFuseFields(ir::Function& function, Context& context) { return Fusion(function, context).Run(); }

}  // namespace bpfopt::passes
