// The words of a value in classes: words of one class go the same way at every test that is looked at.
#ifndef BPFOPT_PASSES_WORD_CLASSES_H
#define BPFOPT_PASSES_WORD_CLASSES_H

#include "passes/partition.h"
#include "passes/range_set.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::passes {

class WordClasses {
 public:
  // A range of words of one class. Ranges cover all words in ascending order; those of neighbours differ in
  // class unless SplitRanges() has made them differ.
  struct Piece {
    std::uint32_t first = 0;
    std::uint32_t label = 0;  // of the class; classes are numbered by their first word
    friend bool operator==(const Piece&, const Piece&) = default;
  };

  // Tells words apart that take different edges, or that `other` tells apart.
  void Refine(const Partition& partition);
  void Refine(const WordClasses& other);
  // Makes each range a class of its own.
  void SplitRanges();

  const std::vector<Piece>& pieces() const { return pieces_; }
  Range WordsOf(std::size_t piece) const;
  std::size_t count() const { return count_; }
  // Which classes have a word in `words`, by label.
  std::vector<bool> Hit(const RangeSet& words) const;
  // All words of the classes that are set.
  RangeSet Union(const std::vector<bool>& labels) const;

  friend bool operator==(const WordClasses&, const WordClasses&) = default;

 private:
  std::vector<Piece> pieces_{Piece()};
  std::size_t count_ = 1;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_WORD_CLASSES_H
