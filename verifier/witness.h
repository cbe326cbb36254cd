// What a program does with a witness of a lower bound, and with the packets next to it.
#ifndef BPFOPT_VERIFIER_WITNESS_H
#define BPFOPT_VERIFIER_WITNESS_H

#include "bpfopt/lower_bound.h"
#include "bpfopt/program.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::verifier {

inline constexpr std::uint32_t kWireLengthPlace = WitnessBit::kWireLength;

// A program whose verdicts decide, under a relation and a target's rules.
struct BoundedSource {
  const Program& program;
  Target target;
  Relation relation;
};

// A byte of which some bit decides: with it flipped, the verdict is another one.
struct DecisivePlace {
  std::uint32_t address = 0;  // or kWireLengthPlace
  std::uint32_t value = 0;    // what the witness holds there
  std::uint32_t bits = 0;
  // Of those bits, the ones for which no single arithmetic instruction makes the verdicts of the byte's
  // values (docs/lower-bounds.md, lemma 3).
  std::uint32_t irreducible = 0;
};

// What the source does with a witness.
struct WitnessAnalysis {
  std::uint32_t verdict = 0;
  // The least captured length at which the source has this verdict.
  std::uint32_t enough_captured = 0;
  std::vector<DecisivePlace> places;  // by address
  // No word that a load finds in the packet is the verdict.
  bool verdict_is_not_loaded = false;
};

// The verdict on a complete packet.
std::uint32_t CompleteVerdict(const BoundedSource& source, const BoundWitness& witness);

WitnessAnalysis Analyze(const BoundedSource& source, const BoundWitness& witness);

// Lemma 3 for one bit of a witness, whatever its verdict.
bool IsIrreducible(const BoundedSource& source, const BoundWitness& witness, const WitnessBit& bit);

// The packet with a bit flipped; nothing when it has no such bit.
std::optional<BoundWitness> WithFlipped(const BoundWitness& witness, const WitnessBit& bit);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_WITNESS_H
