// IR to BPF: the one door of the backend. Selection covers values with instructions, registers decides what
// A, X and the scratch words hold on each edge, layout orders the blocks and bridges far jumps.
#ifndef BPFOPT_BACKEND_EMIT_H
#define BPFOPT_BACKEND_EMIT_H

#include "bpf/checker.h"
#include "bpfopt/error.h"
#include "bpfopt/interruption.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <map>

namespace bpfopt::backend {

struct EmitOptions {
  // kStrict: every guard is performed on every path through its block, by a load that is needed anyway or by
  // one made for it, at the block or before. kFaithful: guards without a needed load cost nothing.
  Relation relation = Relation::kFaithful;
  Objective objective = Objective::kBalanced;
  // Words of a switch that many packets have are asked for first, even where another order shares tests, and
  // a test is added where it ends rows of others for many packets.
  bool likely_first = false;
  std::size_t limit = 4096;  // instructions
  bpf::CookedHeader cooked;  // loads allowed in the link header of cooked captures
  // Candidates that the register search may try; 0 takes the first it makes (-O0).
  std::size_t search_budget = 2000;
  std::size_t search_work = 0;  // what they may take together (SearchOptions::work)
  // Words that may be tried for each test of membership that no rule has (backend/membership.h).
  std::uint64_t membership_steps = 100'000;
  Interruption interruption = {};  // once requested, searches end with what they have
};

struct Emitted {
  Program program;
  std::map<std::size_t, std::uint32_t> draws;  // drawing instruction -> identity of its effect
};

// `function` satisfies ir::Check. The program is structurally valid and means the function under the
// function's target: the same verdicts, and faults only where guards fault. kTooLarge when more than `limit`
// instructions are needed (the message says how many). Deterministic.
Expected<Emitted> Emit(const ir::Function& function, const EmitOptions& options);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_EMIT_H
