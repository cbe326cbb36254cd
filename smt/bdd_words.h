// Arithmetic on words whose bits are diagrams.
#ifndef BPFOPT_SMT_BDD_WORDS_H
#define BPFOPT_SMT_BDD_WORDS_H

#include "smt/bdd.h"

#include <utility>
#include <vector>

namespace bpfopt::smt {

// The diagram of each bit, lowest first; of a boolean, one.
using Bits = std::vector<Ref>;

Bits Sum(BddManager& manager, const Bits& a, const Bits& b);
Bits Product(BddManager& manager, const Bits& a, const Bits& b);
Bits Shift(BddManager& manager, const Bits& a, const Bits& by, bool left);
// Quotient and remainder; by zero as SMT-LIB has it.
std::pair<Bits, Bits> Divide(BddManager& manager, const Bits& a, const Bits& b);
Bits Choose(BddManager& manager, Ref condition, const Bits& a, const Bits& b);
Ref Equal(BddManager& manager, const Bits& a, const Bits& b);
Ref Less(BddManager& manager, const Bits& a, const Bits& b);

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_BDD_WORDS_H
