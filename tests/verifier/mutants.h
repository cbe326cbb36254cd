// Every small change of a program: what a compiler's bug might do to it.
#ifndef BPFOPT_TESTS_VERIFIER_MUTANTS_H
#define BPFOPT_TESTS_VERIFIER_MUTANTS_H

#include "bpfopt/program.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::verifier {

// One instruction changed: its constant one more or less, or with another bit; its jumps swapped, or one of
// them moved; its operation, width, mode or operand another. Or dropped.
struct Change {
  std::size_t at = 0;
  std::optional<Instruction> instruction;  // nothing: dropped
  std::string text;
};

// All of them, each once.
std::vector<Change> ChangesOf(const Program& program);

struct Mutant {
  Program program;
  std::string text;  // the change in words
  // By draw of random numbers, the draw of the original that it was.
  std::map<std::size_t, std::size_t> draws;
};

// Nothing when the checker would not take the mutant.
std::optional<Mutant> Mutate(const Program& program, const Change& change, Target target);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_TESTS_VERIFIER_MUTANTS_H
