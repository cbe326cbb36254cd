// docs/lower-bounds.md has the theorems that the functions below are named after.
#include "verifier/bound_checker.h"

#include "verifier/load_cover.h"

#include <algorithm>
#include <optional>

namespace bpfopt::verifier {
namespace {

// Whichever of the place's decisive bits is the one that a load alone reads: where another load takes the
// lower half into X, it is one of the upper half.
bool IsIrreducibleForAll(const DecisivePlace& place) {
  const std::uint32_t upper = place.address == kWireLengthPlace ? 0 : place.bits & ~0xfU;
  return upper != 0 ? (place.irreducible & upper) != 0 : place.irreducible != 0;
}

// Of the one place that decides: a division by it, or a load at it, does not make the verdicts.
bool IsNoTestForZero(const BoundedSource& source, const WitnessAnalysis& analysis) {
  const DecisivePlace& place = analysis.places[0];
  const bool is_length = place.address == kWireLengthPlace;
  const std::uint32_t in_x = is_length ? place.value : place.value & 0xf;
  const std::uint32_t x = is_length ? in_x : 4 * in_x;
  if (analysis.verdict == x || analysis.verdict == 0U - x) return false;
  const bool may_fault = source.relation == Relation::kStrict && is_length && analysis.enough_captured > 0;
  return analysis.places.size() == 1 && place.bits != in_x && !may_fault;
}

// What a run has to read, and whether lemma 3 excludes that one instruction makes the verdict of it.
struct Demand {
  std::vector<NeededByte> bytes;
  bool irreducible = true;
  bool no_test_for_zero = false;
};

Demand DemandOf(const BoundedSource& source, const WitnessAnalysis& accepted) {
  Demand demand;
  for (const DecisivePlace& place : accepted.places) {
    const bool is_length = place.address == kWireLengthPlace;
    const bool fits_x = is_length || (source.target != Target::kSeccomp && (place.bits & ~0xfU) == 0);
    demand.bytes.push_back({place.address, fits_x, accepted.enough_captured});
    demand.irreducible = demand.irreducible && IsIrreducibleForAll(place);
  }
  demand.no_test_for_zero = accepted.places.size() == 1 && IsNoTestForZero(source, accepted);
  return demand;
}

// Theorem 1: loads, what takes their values on, a ret, and what makes the other verdict. kNone: no run reads
// all that.
std::size_t InstructionsFor(Target target, const Demand& demand) {
  const LoadCover::Counts counts = LoadCover(target, demand.bytes).Fewest();
  std::size_t least = LoadCover::kNone;
  for (std::size_t x = 0; x < counts.size(); ++x) {
    const std::size_t a = counts[x];
    if (a == LoadCover::kNone) continue;
    const std::size_t consumers = x > 2 * a ? x - 2 * a : 0;
    std::size_t others = demand.irreducible ? std::max<std::size_t>(consumers, 1) : consumers;
    if (a == 0 && x == 1 && demand.no_test_for_zero) ++others;
    least = std::min(least, 2 * a + x + others + 1);
  }
  return least;
}

bool IsUsable(const WitnessAnalysis& accepted) {
  return accepted.verdict != 0 && !accepted.places.empty() && accepted.verdict_is_not_loaded;
}

// Theorem 2: of the neighbours, one takes a path that reads all that tells the witness from each.
std::size_t InstructionsForNeighbours(const BoundedSource& source, const BoundWitness& witness) {
  const std::uint32_t verdict = CompleteVerdict(source, witness);
  std::vector<WitnessAnalysis> neighbours;
  bool irreducible = true;
  for (const WitnessBit& bit : witness.near) {
    const std::optional<BoundWitness> neighbour = WithFlipped(witness, bit);
    if (!neighbour) return 1;
    neighbours.push_back(Analyze(source, *neighbour));
    if (!IsUsable(neighbours.back()) || neighbours.back().verdict == verdict) return 1;
    irreducible = irreducible && IsIrreducible(source, witness, bit);
  }
  std::size_t least = LoadCover::kNone;
  for (const WitnessAnalysis& last : neighbours) {
    Demand demand = DemandOf(source, last);
    if (neighbours.size() > 1) demand.no_test_for_zero = false;
    demand.irreducible = demand.irreducible && irreducible;
    for (std::size_t j = 0; j < neighbours.size(); ++j) {
      const WitnessBit& bit = witness.near[j];
      const bool is_length = bit.place == kWireLengthPlace;
      const bool fits_x = is_length || (source.target != Target::kSeccomp && bit.bit < 4);
      const std::uint32_t within = std::min(last.enough_captured, neighbours[j].enough_captured);
      demand.bytes.push_back({bit.place, fits_x, within});
    }
    // One that cannot read it all is not the last to part from the witness.
    least = std::min(least, InstructionsFor(source.target, demand));
  }
  return least == LoadCover::kNone ? 1 : least;
}

}  // namespace

std::size_t InstructionsFor(const BoundedSource& source, const BoundWitness& witness) {
  if (!witness.near.empty()) return InstructionsForNeighbours(source, witness);
  const WitnessAnalysis analysis = Analyze(source, witness);
  if (!IsUsable(analysis)) return 1;
  const std::size_t instructions = InstructionsFor(source.target, DemandOf(source, analysis));
  return instructions == LoadCover::kNone ? 1 : instructions;
}

std::size_t BorneOut(const BoundedSource& source, const std::vector<BoundWitness>& witnesses) {
  std::size_t most = 1;
  for (const BoundWitness& witness : witnesses) most = std::max(most, InstructionsFor(source, witness));
  return most;
}

}  // namespace bpfopt::verifier
