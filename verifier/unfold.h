// Runs a program on terms instead of numbers, along all paths. Where paths meet with equal live registers
// they go on as one node; with different ones they stay apart, so on each path the registers are plain terms
// of the packet and load addresses are as simple as the program makes them: after `ldx #40` on one path and
// `ldxb 4*([14]&0xf)` on the other, `ldh [x + 14]` reads bytes 54 and 55 on the first.
//
// The cost is one node for each instruction where paths meet and each different live state there. Where a
// program makes very many states (bits collected in a register, branch by branch) those of one instruction
// become one node after all, whose registers are if-then-elses on the branches taken. max_nodes bounds the
// rest.
#ifndef BPFOPT_VERIFIER_UNFOLD_H
#define BPFOPT_VERIFIER_UNFOLD_H

#include "bpfopt/interruption.h"
#include "bpfopt/program.h"
#include "smt/term.h"
#include "verifier/decision_graph.h"
#include "verifier/unknowns.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace bpfopt::verifier {

struct UnfoldOptions {
  Target rules = Target::kPcap;
  std::size_t max_nodes = 0;
  // The name of the draw at an instruction (Unknowns::Draw).
  std::function<std::string(std::size_t instruction)> draw_name;
  // What the registers hold at the start, where it is not 0.
  smt::Term start_a = {};
  smt::Term start_x = {};
  // Once requested there is no unfolding.
  Interruption interruption = {};
};

struct Unfolding {
  DecisionGraph graph;
  // Is there a shift by X that libpcap's rules and the kernel's may see differently?
  bool rules_differ = false;
};

// Nothing when max_nodes did not suffice.
std::optional<Unfolding> Unfold(const Program& program, const UnfoldOptions& options, smt::Context& terms,
                                Unknowns& unknowns);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_UNFOLD_H
