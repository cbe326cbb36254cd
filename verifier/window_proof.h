// Do two pieces of code that stand in the same place of a program do the same there? The code works on A and
// on packet bytes, which are unknown, and leaves by numbered exits: the two have to leave by the same one,
// and with the same A where what follows reads it.
//
// Packets are complete here: of a load past the end, which ends the program, the proof of the whole program
// tells (docs/proof.md).
#ifndef BPFOPT_VERIFIER_WINDOW_PROOF_H
#define BPFOPT_VERIFIER_WINDOW_PROOF_H

#include "bpfopt/program.h"
#include "smt/solver.h"
#include "smt/term.h"
#include "verifier/equivalence.h"
#include "verifier/unknowns.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::verifier {

// Code that leaves by exit i with a jump to code.size() + i. It has forward jumps alone, no `ret`, and
// neither writes X nor touches scratch words.
struct WindowContract {
  std::vector<bool> a_is_live;                        // by exit
  std::uint32_t possible_a = 0xffffffff;              // bits that A may have at the start
  std::vector<std::pair<bool, std::uint32_t>> bytes;  // what the code may load: indirect, offset
  Target rules = Target::kPcap;
};

// What the code is given: A, and a value for each of the contract's bytes.
struct WindowInput {
  std::uint32_t a = 0;
  std::vector<std::uint8_t> bytes;
};

struct WindowVerdict {
  Answer answer = Answer::kUndecided;
  std::optional<WindowInput> input;  // on which the two differ
};

class WindowProver {
 public:
  WindowProver(const Program& code, const WindowContract& contract);

  // An input that leaves by `exit`, another one each time; nothing when there is none, or none was found in
  // `steps` (Z3's resource units).
  std::optional<WindowInput> FindInput(std::size_t exit, std::uint64_t steps);

  WindowVerdict Compare(const Program& other, std::uint64_t steps);

  std::uint64_t steps_used() const { return solver_.steps_used(); }

 private:
  struct Meaning {
    smt::Term exit;
    smt::Term a;  // 0 where it is not live
  };
  Meaning MeaningOf(const Program& code);
  smt::Term ResultOf(Program code, const std::vector<Instruction>& returns);
  WindowInput InputOfModel();

  const WindowContract& contract_;
  smt::Context terms_;
  Unknowns unknowns_;
  smt::Solver solver_;
  smt::Term a_;
  smt::Term x_;
  std::vector<smt::Term> bytes_;
  Meaning meaning_;
  std::map<std::size_t, smt::Term> new_;  // by exit: the input is none of those found
};

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_WINDOW_PROOF_H
