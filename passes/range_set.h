// Sets of 32-bit words as sorted, disjoint, non-adjacent inclusive ranges. Every operation is linear in the
// number of ranges unless it says otherwise.
#ifndef BPFOPT_PASSES_RANGE_SET_H
#define BPFOPT_PASSES_RANGE_SET_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::passes {

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

// A vector of ranges that keeps up to two of them without an allocation: most sets are that small, and facts
// make and drop very many.
class RangeList {
 public:
  const Range* begin() const { return is_inline() ? few_.data() : many_.data(); }
  const Range* end() const { return begin() + size(); }
  std::size_t size() const { return is_inline() ? few_count_ : many_.size(); }
  bool empty() const { return size() == 0; }
  const Range& operator[](std::size_t index) const { return begin()[index]; }
  const Range& front() const { return *begin(); }
  const Range& back() const { return end()[-1]; }
  Range& back() { return is_inline() ? few_[few_count_ - 1] : many_.back(); }
  void push_back(Range range);
  void reserve(std::size_t count) {
    if (count > few_.size()) many_.reserve(count);
  }
  friend bool operator==(const RangeList& a, const RangeList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  bool is_inline() const { return many_.empty(); }

  std::array<Range, 2> few_;
  std::size_t few_count_ = 0;
  std::vector<Range> many_;  // all of them, once there are more than few_ holds
};

class RangeSet {
 public:
  RangeSet() = default;  // empty
  static RangeSet Full() { return Of(0, 0xffffffff); }
  static RangeSet Of(std::uint32_t first, std::uint32_t last);  // first <= last
  static RangeSet Of(std::uint32_t word) { return Of(word, word); }
  // The words of all `ranges`, which may be in any order, touch and overlap. Sorts.
  static RangeSet FromRanges(std::vector<Range> ranges);

  const RangeList& ranges() const { return ranges_; }
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

  // Adds a range that starts no earlier than the last one, in constant time.
  void Append(Range range);

  friend bool operator==(const RangeSet&, const RangeSet&) = default;

 private:
  RangeList ranges_;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_RANGE_SET_H
