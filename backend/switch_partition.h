// How the words that a switch tells apart are divided among the leaves of a tree of `>=` tests.
//
//   { 0..63 -> no, 64 -> yes, 65..99 -> no, 100, 102, 104, 106, 108, 110, 112 -> yes, others -> no }
// becomes two leaves: below 100 all words but 64 go to `no`, and from 100 on seven words are tested by `==`
// or, where that is cheaper, the words up to 131 by the bits of one mask, before a third leaf.
//
// A leaf costs a test of the tree, all but one of them, and what it tests itself: its single words, its
// masks. The division with the fewest instructions is found exactly in one walk over the cases, each looking
// at no more than the 32 words after it; of several the one whose leaves execute fewer is taken.
#ifndef BPFOPT_BACKEND_SWITCH_PARTITION_H
#define BPFOPT_BACKEND_SWITCH_PARTITION_H

#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::backend {

// A word that goes to `edge`, an index into the switch's edges.
struct SingleWord {
  std::uint32_t word = 0;
  std::uint32_t edge = 0;
};

// The words of the leaf that go to `edge`: bit i stands for the one that is i modulo 32.
struct WordMask {
  std::uint32_t bits = 0;
  std::uint32_t edge = 0;
};

// The words from `first` up to the next leaf's first. What no test picks goes to `edge`.
struct Leaf {
  std::uint32_t first = 0;
  std::uint32_t edge = 0;
  std::vector<SingleWord> singles;  // tested first
  std::vector<WordMask> masks;      // tested in this order; a leaf with masks has at most 32 words
};

struct Division {
  std::vector<Leaf> leaves;  // ascending; the first one's first word is 0
  std::size_t cost = 0;      // instructions, as far as the tree and its leaves go
};

// What masks cost; a division without masks comes of none.
struct MaskCosts {
  unsigned last = 2;   // the last one of a leaf, which other leaves may share the test with
  unsigned other = 3;  // one of its own
};

// `largest` is the largest word there is. Words beyond it are in no case of `cases`, but for the last one's
// end.
Division Divide(const std::vector<ir::Switch::Case>& cases, std::uint32_t largest, const MaskCosts* masks);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SWITCH_PARTITION_H
