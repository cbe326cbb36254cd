// How small can a program get? A proven lower bound on the instructions of every program that is equal to a
// given one, with a certificate that can be checked without trusting whoever found it. docs/lower-bounds.md
// has the proof.
//
//   const bpfopt::CompileResult result = bpfopt::Compile("ip").value();
//   const bpfopt::LowerBound bound = bpfopt::FindLowerBound(result.source, result.program);
//   // No program of fewer than bound.instructions instructions is equal to the source.
//
// Nothing here prints, exits, throws or keeps state.
#ifndef BPFOPT_LOWER_BOUND_H
#define BPFOPT_LOWER_BOUND_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt {

// A bit of a packet, or of its wire length.
struct WitnessBit {
  static constexpr std::uint32_t kWireLength = 0xffffffff;

  std::uint32_t place = 0;  // the address of the byte, or kWireLength
  unsigned bit = 0;         // 0 is the lowest

  friend bool operator==(const WitnessBit&, const WitnessBit&) = default;
};

// A packet, captured whole; its bytes beyond `bytes` are 0. Without `near` the source does not reject it.
// With `near` each of these bits, flipped, makes the verdict another one, and not 0.
struct BoundWitness {
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_length = 0;
  std::vector<WitnessBit> near = {};

  friend bool operator==(const BoundWitness&, const BoundWitness&) = default;
};

// No program of fewer instructions is equal to the source under the relation, and accepted for the target.
struct LowerBound {
  std::size_t instructions = 1;
  std::vector<BoundWitness> witnesses;  // the certificate; a bound of 1 needs none

  friend bool operator==(const LowerBound&, const LowerBound&) = default;
};

struct LowerBoundOptions {
  Target target = Target::kPcap;
  Relation relation = Relation::kFaithful;
  // Runs of the source on a packet, to find witnesses; of a source of more than 128 instructions as many
  // fewer.
  std::size_t runs = 40'000;
};

// The best bound that was found within the budget; always one that CheckLowerBound confirms. Deterministic.
// `hint` is a program that is equal to the source, the smaller the better, or the source itself: it says
// where to look for packets, and has no part in the proof.
BPFOPT_API LowerBound FindLowerBound(const Program& source, const Program& hint,
                                     const LowerBoundOptions& options = {});

// Runs the source on the witnesses and counts anew. An error when a witness is not what it has to be, or the
// certificate bears out fewer instructions than `bound` says.
BPFOPT_API Expected<void> CheckLowerBound(const Program& source, const LowerBound& bound,
                                          const LowerBoundOptions& options = {});

}  // namespace bpfopt

#endif  // BPFOPT_LOWER_BOUND_H
