// Sets of words: merges of sorted lists of ranges.
#include "passes/range_set.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace bpfopt::passes {
namespace {

constexpr std::uint32_t kLastWord = 0xffffffff;

}  // namespace

void RangeList::push_back(Range range) {
  if (is_inline() && few_count_ < few_.size()) {
    few_[few_count_++] = range;
    return;
  }
  if (is_inline()) many_.assign(few_.begin(), few_.end());
  many_.push_back(range);
}

RangeSet RangeSet::Of(std::uint32_t first, std::uint32_t last) {
  assert(first <= last);
  RangeSet set;
  set.ranges_.push_back({first, last});
  return set;
}

RangeSet RangeSet::FromRanges(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) { return a.first < b.first; });
  RangeSet set;
  for (const Range range : ranges) set.Append(range);
  return set;
}

void RangeSet::Append(Range range) {
  if (!ranges_.empty()) {
    Range& previous = ranges_.back();
    const bool touches = previous.last == kLastWord || range.first <= previous.last + 1;
    if (touches) {
      previous.last = std::max(previous.last, range.last);
      return;
    }
  }
  ranges_.push_back(range);
}

bool RangeSet::IsFull() const { return ranges_.size() == 1 && Min() == 0 && Max() == kLastWord; }

bool RangeSet::Contains(std::uint32_t word) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), word,
                                      [](std::uint32_t w, Range r) { return w < r.first; });
  return after != ranges_.begin() && word <= std::prev(after)->last;
}

bool RangeSet::ContainsAll(const RangeSet& other) const {
  auto mine = ranges_.begin();
  for (const Range range : other.ranges_) {
    while (mine != ranges_.end() && mine->last < range.first) ++mine;
    if (mine == ranges_.end() || range.first < mine->first || mine->last < range.last) return false;
  }
  return true;
}

bool RangeSet::Intersects(const RangeSet& other) const {
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    if (a->last < b->first) {
      ++a;
    } else if (b->last < a->first) {
      ++b;
    } else {
      return true;
    }
  }
  return false;
}

std::uint64_t RangeSet::Count() const {
  std::uint64_t count = 0;
  for (const Range range : ranges_) count += std::uint64_t{range.last} - range.first + 1;
  return count;
}

RangeSet RangeSet::Union(const RangeSet& other) const {
  RangeSet result;
  result.ranges_.reserve(ranges_.size() + other.ranges_.size());
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() || b != other.ranges_.end()) {
    const bool take_a = b == other.ranges_.end() || (a != ranges_.end() && a->first <= b->first);
    result.Append(take_a ? *a++ : *b++);
  }
  return result;
}

RangeSet RangeSet::Intersect(const RangeSet& other) const {
  RangeSet result;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const Range common{std::max(a->first, b->first), std::min(a->last, b->last)};
    if (common.first <= common.last) result.ranges_.push_back(common);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return result;
}

RangeSet RangeSet::Subtract(const RangeSet& other) const { return Intersect(other.Complement()); }

RangeSet RangeSet::Complement() const {
  RangeSet result;
  std::uint32_t next = 0;  // the first word not covered so far
  for (const Range range : ranges_) {
    if (next < range.first) result.ranges_.push_back({next, range.first - 1});
    if (range.last == kLastWord) return result;
    next = range.last + 1;
  }
  result.ranges_.push_back({next, kLastWord});
  return result;
}

RangeSet RangeSet::Rotate(std::uint32_t delta) const {
  if (delta == 0) return *this;
  const std::uint32_t wraps = 0 - delta;  // the lowest word that wraps around
  RangeSet result;
  for (const Range range : ranges_) {
    if (range.last >= wraps) result.Append({std::max(range.first, wraps) + delta, range.last + delta});
  }
  for (const Range range : ranges_) {
    if (range.first < wraps) result.Append({range.first + delta, std::min(range.last, wraps - 1) + delta});
  }
  return result;
}

RangeSet RangeSet::Coarsen(std::size_t limit) const {
  assert(limit >= 1);
  if (ranges_.size() <= limit) return *this;
  struct Gap {
    std::uint32_t words;
    std::size_t before;  // the range that it comes before
  };
  std::vector<Gap> gaps;
  for (std::size_t i = 1; i < ranges_.size(); ++i) {
    gaps.push_back({ranges_[i].first - ranges_[i - 1].last, i});
  }
  const auto wider = [](Gap a, Gap b) {
    return a.words != b.words ? a.words > b.words : a.before > b.before;
  };
  const auto kept = gaps.begin() + static_cast<std::ptrdiff_t>(limit - 1);
  std::nth_element(gaps.begin(), kept, gaps.end(), wider);
  std::vector<bool> is_kept(ranges_.size(), false);
  for (auto gap = gaps.begin(); gap != kept; ++gap) is_kept[gap->before] = true;

  RangeSet result;
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    if (i == 0 || is_kept[i]) {
      result.ranges_.push_back(ranges_[i]);
    } else {
      result.ranges_.back().last = ranges_[i].last;
    }
  }
  return result;
}

}  // namespace bpfopt::passes
