// What a certificate of a lower bound bears out. Everything is found anew by running the source on the
// witnesses, so that a bound rests on this file, the interpreter and docs/lower-bounds.md alone, and not on
// the search for witnesses.
#ifndef BPFOPT_VERIFIER_BOUND_CHECKER_H
#define BPFOPT_VERIFIER_BOUND_CHECKER_H

#include "bpfopt/lower_bound.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::verifier {

// A program whose verdicts decide, under a relation and a target's rules.
struct BoundedSource {
  const Program& program;
  Target target;
  Relation relation;
};

// The place of the wire length among the bytes of a witness.
inline constexpr std::uint32_t kWireLengthPlace = 0xffffffff;

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

// The instructions that one witness bears out; at least 1.
std::size_t InstructionsFor(const BoundedSource& source, const WitnessAnalysis& analysis);

// The instructions that a certificate bears out; at least 1.
std::size_t BorneOut(const BoundedSource& source, const std::vector<BoundWitness>& witnesses);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_BOUND_CHECKER_H
