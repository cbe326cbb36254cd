// What a compile can be told.
#ifndef BPFOPT_OPTIONS_H
#define BPFOPT_OPTIONS_H

namespace bpfopt {

// What a program is made small in.
enum class Objective {
  kSize,      // fewest instructions
  kSpeed,     // fewest executed instructions, within the limit
  kBalanced,  // fewest instructions, ties by fewest executed; large switches may trade 10 % for depth
};

enum class ProofMode {
  kOff,
  kOn,        // prove; fall back to an earlier proven candidate when the budget runs out
  kRequired,  // an error rather than a fall back
};

}  // namespace bpfopt

#endif  // BPFOPT_OPTIONS_H
