// Code for a function under given decisions: where block parameters are, which values also have a scratch
// word, what certain blocks are to find in X. Blocks are generated in topological order, each from what all
// its incoming edges agree on, so a value that every predecessor leaves in A is not loaded again. Within a
// block a few variants are tried (some value into X first, a shared part into a scratch word first) and the
// shortest is kept; what spans blocks is left to the decisions, which backend/search.h chooses.
#ifndef BPFOPT_BACKEND_GENERATE_H
#define BPFOPT_BACKEND_GENERATE_H

#include "backend/facts.h"
#include "backend/machine.h"
#include "backend/selection.h"
#include "bpfopt/error.h"
#include "ir/function.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::backend {

enum class Place : std::uint8_t { kA, kX, kScratch };

// `value` is in A or X whenever `block` is entered: its incoming edges see to that.
struct Requirement {
  const ir::Block* block = nullptr;
  const ir::Value* value = nullptr;
  Place place = Place::kX;
  friend bool operator==(const Requirement&, const Requirement&) = default;
};

struct Decisions {
  std::vector<Place> place;    // of parameters, by tracked index
  std::vector<bool> has_home;  // by tracked index: a scratch word holds the value from its definition on
  std::vector<bool>
      late_moves;  // by edge id: moves are made on the edge although they could precede the test
  std::vector<Requirement> required;
};

struct Generated {
  MachineFunction machine;  // simplified
  // The values that blocks loaded or computed into X, and where: what requirements could serve.
  std::vector<Requirement> loaded_x;
  std::size_t work = 0;  // plans of selection that it took
};

// Where parameters are by what their uses look like.
Decisions FirstDecisions(const Facts& facts);

// Decisions that lose a value that cannot be computed again are mended by giving it a home. An error is a
// bug. `thorough` tries the variants of each block.
Expected<Generated> Generate(const ir::Function& function, const Facts& facts, const Rules& rules,
                             Decisions& decisions, bool thorough);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_GENERATE_H
