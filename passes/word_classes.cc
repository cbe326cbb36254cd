#include "passes/word_classes.h"

#include <algorithm>
#include <map>
#include <utility>

namespace bpfopt::passes {

void WordClasses::Refine(const WordClasses& other) {
  std::vector<Piece> refined;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> labels;
  std::size_t mine = 0;
  std::size_t theirs = 0;
  std::uint32_t first = 0;
  while (true) {
    const auto number = static_cast<std::uint32_t>(labels.size());
    const auto pair = std::make_pair(pieces_[mine].label, other.pieces_[theirs].label);
    const std::uint32_t label = labels.emplace(pair, number).first->second;
    if (refined.empty() || refined.back().label != label) refined.push_back({first, label});
    const bool has_mine = mine + 1 < pieces_.size();
    const bool has_theirs = theirs + 1 < other.pieces_.size();
    if (!has_mine && !has_theirs) break;
    const std::uint32_t next_mine = has_mine ? pieces_[mine + 1].first : 0xffffffff;
    const std::uint32_t next_theirs = has_theirs ? other.pieces_[theirs + 1].first : 0xffffffff;
    first = std::min(next_mine, next_theirs);
    if (has_mine && next_mine == first) ++mine;
    if (has_theirs && next_theirs == first) ++theirs;
  }
  pieces_ = std::move(refined);
  count_ = labels.size();
}

void WordClasses::Refine(const Partition& partition) {
  WordClasses edges;
  edges.pieces_.clear();
  for (const ir::Switch::Case& c : partition.cases) edges.pieces_.push_back({c.first, c.edge});
  Refine(edges);
}

void WordClasses::SplitRanges() {
  for (std::size_t i = 0; i < pieces_.size(); ++i) pieces_[i].label = static_cast<std::uint32_t>(i);
  count_ = pieces_.size();
}

Range WordClasses::WordsOf(std::size_t piece) const {
  return {pieces_[piece].first, piece + 1 < pieces_.size() ? pieces_[piece + 1].first - 1 : 0xffffffff};
}

std::vector<bool> WordClasses::Hit(const RangeSet& words) const {
  std::vector<bool> hit(count_, false);
  std::size_t piece = 0;
  for (const Range range : words.ranges()) {
    while (WordsOf(piece).last < range.first) ++piece;
    for (std::size_t i = piece; i < pieces_.size() && pieces_[i].first <= range.last; ++i)
      hit[pieces_[i].label] = true;
  }
  return hit;
}

RangeSet WordClasses::Union(const std::vector<bool>& labels) const {
  RangeSet words;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (labels[pieces_[i].label]) words.Append(WordsOf(i));
  }
  return words;
}

}  // namespace bpfopt::passes
