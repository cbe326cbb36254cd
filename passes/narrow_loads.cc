// Pass `narrow-loads`: a load whose low bytes no decision looks at becomes a shorter load.
//
//   b0: switch ld[26] { 0xa000000..0xaffffff -> b1; else -> b2 }   =>   b0: if ldb[26] == 0xa then b1 else b2
//
// Only where every use of the load in the function is such a decision, so that no second load appears. The
// guard becomes shorter with the load: faithful, not strict.

#include "ir/graph.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"

#include <algorithm>
#include <map>

namespace bpfopt::passes {
namespace {

// How often a load is used, how often as the value of a decision, and how many low bits no decision looks at.
struct Use {
  std::size_t all = 0;
  std::size_t decided = 0;
  unsigned free_bits = 32;
};

unsigned FreeBits(const Partition& partition, unsigned width) {
  unsigned bits = 8 * width - 8;
  for (const ir::Switch::Case& c : partition.cases) {
    if (width < 4 && c.first >> (8 * width) != 0) continue;  // past every word of the load
    while (bits != 0 && (c.first & ((1U << bits) - 1)) != 0) bits -= 8;
  }
  return bits;
}

std::map<const ir::Value*, Use> CollectUses(ir::Function& function) {
  std::map<const ir::Value*, Use> uses;
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    ir::Block body = *block;
    body.guards.clear();  // they follow the loads
    for (const ir::Value* root : ir::UsedValues(body)) {
      ir::ForEachOperand(root, [&](const ir::Value* value) {
        if (value->opcode() == ir::Opcode::kLoad) ++uses[value].all;
      });
    }
    std::optional<Partition> partition = PartitionOf(function, block->terminator);
    if (!partition || partition->value->opcode() != ir::Opcode::kLoad) continue;
    Use& use = uses[partition->value];
    ++use.decided;
    use.free_bits = std::min(use.free_bits, FreeBits(*partition, partition->value->width()));
  }
  return uses;
}

// The widest narrowing that leaves a load width: 24 bits (of a word) or 16 or 8 (of a half-word).
unsigned LoadableShift(unsigned width, unsigned free_bits) {
  if (width == 4) return free_bits >= 24 ? 24 : free_bits >= 16 ? 16 : 0;
  return width == 2 && free_bits >= 8 ? 8 : 0;
}

bool Narrow(ir::Function& function, ir::Block& block, const Use& use, const Partition& partition) {
  const ir::Value* load = partition.value;
  const unsigned shift = LoadableShift(load->width(), use.free_bits);
  if (use.all != use.decided || shift == 0) return false;
  Partition narrow = partition;
  narrow.value = function.MakeLoad(load->base(), load->offset(), load->width() - shift / 8);
  std::erase_if(narrow.cases, [&](const ir::Switch::Case& c) {
    return load->width() < 4 && c.first >> (8 * load->width()) != 0;
  });
  for (ir::Switch::Case& c : narrow.cases) c.first >>= shift;
  block.terminator = ToTerminator(function, std::move(narrow));
  block.guards = DemandedGuards(block);
  return true;
}

}  // namespace

bool RunNarrowLoads(ir::Function& function, Context& context) {
  if (context.relation == Relation::kStrict) return false;
  std::map<const ir::Value*, Use> uses = CollectUses(function);
  bool changed = false;
  for (ir::Block* block : ir::TopologicalOrder(function)) {
    std::optional<Partition> partition = PartitionOf(function, block->terminator);
    if (!partition || partition->value->opcode() != ir::Opcode::kLoad) continue;
    const ir::Value* load = partition->value;
    if (HasGuardBesideDemanded(*block, context.relation)) continue;
    if (load->base() == nullptr && load->offset() < context.cooked.header_bytes) continue;
    if (MayBeNegative(ir::Guard::Bounds(load->base(), load->offset(), load->width()))) continue;
    if (!Narrow(function, *block, uses[load], *partition)) continue;
    ++context.counters["narrow-loads.loads"];
    changed = true;
  }
  return changed;
}

}  // namespace bpfopt::passes
