// Sets of 32-bit words as sorted, disjoint, non-adjacent inclusive ranges. Every operation is linear in the
// number of ranges unless it says otherwise.
#ifndef BPFOPT_PASSES_RANGE_SET_H
#define BPFOPT_PASSES_RANGE_SET_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::passes {

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

class RangeSet {
 public:
  RangeSet() = default;  // empty
  static RangeSet Full() { return Of(0, 0xffffffff); }
  static RangeSet Of(std::uint32_t first, std::uint32_t last);  // first <= last
  static RangeSet Of(std::uint32_t word) { return Of(word, word); }
  // The words of all `ranges`, which may be in any order, touch and overlap. Sorts.
  static RangeSet FromRanges(std::vector<Range> ranges);

  const std::vector<Range>& ranges() const { return ranges_; }
  bool IsEmpty() const { return ranges_.empty(); }
  bool IsFull() const;
  // The set's only word may be had by Min().
  bool IsSingle() const { return ranges_.size() == 1 && ranges_.front().first == ranges_.front().last; }
  bool Contains(std::uint32_t word) const;  // logarithmic
  bool ContainsAll(const RangeSet& other) const;
  bool Intersects(const RangeSet& other) const;
  std::uint64_t Count() const;
  std::uint32_t Min() const { return ranges_.front().first; }  // not empty
  std::uint32_t Max() const { return ranges_.back().last; }    // not empty

  RangeSet Union(const RangeSet& other) const;
  RangeSet Intersect(const RangeSet& other) const;
  RangeSet Subtract(const RangeSet& other) const;
  RangeSet Complement() const;
  // { (w + delta) mod 2^32 : w in this }
  RangeSet Rotate(std::uint32_t delta) const;
  // A superset of at most `limit` ranges (at least 1): the narrowest gaps are filled, the lowest of equals
  // first.
  RangeSet Coarsen(std::size_t limit) const;

  friend bool operator==(const RangeSet&, const RangeSet&) = default;

 private:
  // Adds a range that starts no earlier than the last one.
  void Append(Range range);

  std::vector<Range> ranges_;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_RANGE_SET_H
