// Sets of guards that hold at a point, and the two dataflow problems over them. A fault and `return 0` give
// the same verdict, so a guard may move along a path as long as every path to an accepting return performs
// it.
#ifndef BPFOPT_PASSES_GUARD_SET_H
#define BPFOPT_PASSES_GUARD_SET_H

#include "ir/function.h"

#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace bpfopt::passes {

// Whether the address of a bounds guard may reach 2^31, by its structure. To the kernel, which programs for
// pcap meet too, such addresses are negative: loads there are of other things than the packet's bytes, ends
// no longer order guards, and some fault on complete packets too.
bool MayBeNegative(const ir::Guard& guard);

// Whether the guard holds by its structure alone. Divisions keep such a guard, for ir::Check() knows less.
bool NeverFails(const ir::Guard& guard);

class GuardSet {
 public:
  GuardSet() = default;  // no guard
  // Covers every guard: what holds where no accepting return can be reached.
  static GuardSet Everything();

  // Does `guard` succeed wherever these have succeeded?
  bool Covers(const ir::Guard& guard) const;
  void Add(const ir::Guard& guard);
  // Keeps what both cover.
  void Meet(const GuardSet& other);
  // These guards of `edge.target`'s entry, said before the edge is taken: parameters become arguments, and
  // what depends on the target block in another way is dropped.
  GuardSet BeforeEdge(const ir::Edge& edge) const;

 private:
  struct Base {
    const ir::Value* value = nullptr;
    std::uint64_t end = 0;  // the farthest byte needed, relative to the base, plus one
  };
  using ExactKey = std::tuple<std::uint32_t, std::uint32_t, unsigned>;  // base id + 1, offset, width

  bool everything_ = false;
  std::map<std::uint32_t, Base> ends_;   // by base id + 1 (0: absolute), where no sum can wrap
  std::map<ExactKey, ir::Guard> exact_;  // where it could: covers itself alone
  std::map<std::uint32_t, const ir::Value*> nonzero_;
};

// The guards that every path from a block's entry to an accepting return performs, by block id, of reachable
// blocks. A value returned counts as accepting unless it is the constant 0.
std::vector<GuardSet> ComputeAnticipatedGuards(const ir::Function& function);
// The guards that every path to a block's entry has performed.
std::vector<GuardSet> ComputeAvailableGuards(const ir::Function& function);

// The guards that the loads and divisions used by `block` itself demand, operands before users, without
// repetition of what an earlier one covers.
std::vector<ir::Guard> DemandedGuards(const ir::Block& block);

// The same for one value.
std::vector<ir::Guard> DemandedGuards(const ir::Value* value);

// Must `guard` be performed under `relation` even where no load or division needs it? Faithful forgets how
// long packets are, but a division by zero and a negative address may end a complete packet's program too.
bool IsObservable(const ir::Guard& guard, Relation relation);
// Has `block` a guard that is observable and that it does not demand itself?
bool HasGuardBesideDemanded(const ir::Block& block, Relation relation);

// May guards that follow this block's effects be performed before them? Not where an effect can end the
// program.
bool GuardsMayCrossEffects(const ir::Block& block);
// Does every run that enters `block` end there with verdict 0, whatever guards it performs?
bool AlwaysRejects(const ir::Block& block);

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_GUARD_SET_H
