// Pass `fuse-fields`: two tests of neighbouring fields that lead to the same outcome when they fail become
// one test of a wider, masked load.
//
//   b0: if ldb[23] == 0x6 then b1 else b9
//   b1: if (ldh[20] & 0x1fff) == 0x0 then b2 else b9   =>   b0: if (ld[20] & 0x1fff00ff) == 0x6 then b2 else
//   b9
//
// The wider load never reaches farther than the farther of the two, and its guard must be one that every
// accepting path performs. One of the two tests must ask for a single word; the other may be a decision of
// any size, as long as its ranges stay ranges.

#include "ir/graph.h"
#include "passes/cost.h"
#include "passes/facts.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <optional>

namespace bpfopt::passes {
namespace {

// load(base, offset, width) & mask, the mask in the load's own bits.
struct Field {
  const ir::Value* base = nullptr;
  std::uint32_t offset = 0;
  unsigned width = 0;
  std::uint32_t mask = 0;

  std::uint64_t end() const { return std::uint64_t{offset} + width; }
};

std::uint32_t AllBits(unsigned width) { return width == 4 ? 0xffffffff : (1U << (8 * width)) - 1; }

std::optional<Field> FieldOf(const ir::Value* value) {
  std::uint32_t mask = 0xffffffff;
  if (value->opcode() == ir::Opcode::kAnd && value->rhs()->IsConstant()) {
    mask = value->rhs()->constant();
    value = value->lhs();
  }
  if (value->opcode() != ir::Opcode::kLoad) return std::nullopt;
  return Field{value->base(), value->offset(), value->width(), mask & AllBits(value->width())};
}

// The shortest load that holds both fields and ends where the farther of them ends.
std::optional<Field> CommonField(const Field& a, const Field& b, const bpf::CookedHeader& cooked) {
  if (a.base != b.base) return std::nullopt;
  const std::uint64_t end = std::max(a.end(), b.end());
  const std::uint64_t span = end - std::min(a.offset, b.offset);
  if (span > 4) return std::nullopt;
  const unsigned width = span <= 1 ? 1 : span <= 2 ? 2 : 4;
  if (end < width || end > 0x7fffffff) return std::nullopt;
  const auto offset = static_cast<std::uint32_t>(end - width);
  if (offset < cooked.header_bytes) return std::nullopt;
  auto shift = [&](const Field& field) { return 8 * static_cast<unsigned>(end - field.end()); };
  const std::uint32_t mask_a = a.mask << shift(a);
  const std::uint32_t mask_b = b.mask << shift(b);
  if ((mask_a & mask_b) != 0) return std::nullopt;
  return Field{a.base, offset, width, mask_a | mask_b};
}

unsigned ShiftInto(const Field& common, const Field& field) {
  return 8 * static_cast<unsigned>(common.end() - field.end());
}

// The words of a decision that the field can hold and that do not go to `fallback`, as ranges with their
// edges.
struct Piece {
  Range words;
  ir::Edge edge;
};
std::vector<Piece> PiecesBeside(const Partition& partition, const ir::Edge& fallback, const Field& field) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < partition.cases.size(); ++i) {
    const ir::Edge& edge = partition.edges[partition.cases[i].edge];
    if (edge == fallback || partition.cases[i].first > field.mask) continue;
    const std::uint32_t last = i + 1 < partition.cases.size() ? partition.cases[i + 1].first - 1 : 0xffffffff;
    pieces.push_back({{partition.cases[i].first, std::min(last, field.mask)}, edge});
  }
  return pieces;
}

// The one word that the field must hold, when that is what `pieces` ask.
std::optional<std::uint32_t> SingleWord(const std::vector<Piece>& pieces) {
  if (pieces.size() != 1 || pieces[0].words.first != pieces[0].words.last) return std::nullopt;
  return pieces[0].words.first;
}

class Fusion {
 public:
  Fusion(ir::Function& function, Context& context)
      : function_(function), context_(context), anticipated_(ComputeAnticipatedGuards(function)) {}

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
      if (second && Fuse(block, *first, fallback, *second)) return true;
    }
    return false;
  }

  bool Fuse(ir::Block& block, const Partition& first, const ir::Edge& fallback, const Partition& second) {
    if (std::ranges::find(second.edges, fallback) == second.edges.end()) return false;
    std::optional<Field> first_field = FieldOf(first.value);
    std::optional<Field> second_field = FieldOf(second.value);
    if (!first_field || !second_field) return false;
    std::optional<Field> common = CommonField(*first_field, *second_field, context_.cooked);
    if (!common) return false;
    const ir::Guard guard = ir::Guard::Bounds(common->base, common->offset, common->width);
    if (MayBeNegative(guard) || !anticipated_[block.id()].Covers(guard)) return false;

    std::vector<Piece> first_pieces = PiecesBeside(first, fallback, *first_field);
    std::vector<Piece> second_pieces = PiecesBeside(second, fallback, *second_field);
    std::optional<std::vector<Piece>> fused;
    if (std::optional<std::uint32_t> word = SingleWord(first_pieces)) {
      fused = Combine(second_pieces, ShiftInto(*common, *second_field), *second_field,
                      *word << ShiftInto(*common, *first_field));
    } else if (std::optional<std::uint32_t> other = SingleWord(second_pieces)) {
      for (Piece& piece : first_pieces) piece.edge = second_pieces[0].edge;
      fused = Combine(first_pieces, ShiftInto(*common, *first_field), *first_field,
                      *other << ShiftInto(*common, *second_field));
    }
    if (!fused) return false;
    Partition whole = Fused(*common, *fused, fallback);
    if (Cost(whole) > Cost(first) + Cost(second)) return false;
    Write(block, std::move(whole));
    ++context_.counters["fuse-fields.tests"];
    return true;
  }

  // The ranges of a field's words once it stands `shift` bits higher with `rest` around it. A range of
  // several words stays one only where nothing stands below the field and its mask has no holes under it.
  static std::optional<std::vector<Piece>> Combine(const std::vector<Piece>& pieces, unsigned shift,
                                                   const Field& field, std::uint32_t rest) {
    const bool lowest = shift == 0 && (field.mask & (field.mask + 1)) == 0;
    std::vector<Piece> combined;
    for (const Piece& piece : pieces) {
      if (piece.words.first != piece.words.last && !lowest) return std::nullopt;
      combined.push_back(
          {{(piece.words.first << shift) | rest, (piece.words.last << shift) | rest}, piece.edge});
    }
    std::ranges::sort(combined, {}, [](const Piece& piece) { return piece.words.first; });
    return combined;
  }

  Partition Fused(const Field& field, const std::vector<Piece>& pieces, const ir::Edge& fallback) {
    const ir::Value* load = function_.MakeLoad(field.base, field.offset, field.width);
    Partition partition;
    partition.value = field.mask == AllBits(field.width)
                          ? load
                          : function_.MakeBinary(ir::Opcode::kAnd, load, function_.MakeConstant(field.mask));
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

  static std::size_t Cost(const Partition& partition) {
    return ValueCost(partition.value) + TestCount(partition);
  }

  void Write(ir::Block& block, Partition partition) {
    block.terminator = ToTerminator(function_, std::move(partition));
    std::vector<ir::Guard> guards = DemandedGuards(block);
    for (const ir::Guard& guard : block.guards) {
      if (std::ranges::find(guards, guard) == guards.end()) guards.push_back(guard);
    }
    block.guards = std::move(guards);
  }

  ir::Function& function_;
  Context& context_;
  std::vector<GuardSet> anticipated_;
  std::vector<std::uint32_t> incoming_;
};

}  // namespace

bool RunFuseFields(ir::Function& function, Context& context) { return Fusion(function, context).Run(); }

}  // namespace bpfopt::passes
