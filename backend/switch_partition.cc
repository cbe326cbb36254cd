#include "backend/switch_partition.h"

#include <algorithm>
#include <array>
#include <limits>

namespace bpfopt::backend {
namespace {

using Case = ir::Switch::Case;

// Costs are instructions first, then halves of instructions executed in a leaf.
using Cost = std::int64_t;
constexpr Cost kInstruction = Cost{1} << 24;
constexpr Cost kNever = std::numeric_limits<Cost>::max() / 2;
constexpr Cost kLeaf = kInstruction;        // the tree's test for it
constexpr Cost kSingle = kInstruction + 1;  // half of a row is executed, on average
constexpr unsigned kWindow = 32;            // words that a mask has bits for

constexpr std::uint32_t kMaxSingles = 2;  // words of a leaf with masks that are tested one by one, by edge

// The edges that words of one window go to, and how many words each.
class WindowEdges {
 public:
  void Add(std::uint32_t edge, std::uint32_t words) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (edges_[i].edge == edge) {
        edges_[i].words += words;
        return;
      }
    }
    edges_[count_++] = {edge, words};
  }
  std::size_t count() const { return count_; }

  // What a leaf's tests cost: the two edges that would cost most are told apart by the last mask.
  Cost TestCost(const MaskCosts& costs) const {
    unsigned all = 0;
    std::array<unsigned, 2> highest = {0, 0};
    for (std::size_t i = 0; i < count_; ++i) {
      const unsigned own = OwnCost(edges_[i].words, costs);
      all += own;
      if (own > highest[0]) {
        highest = {own, highest[0]};
      } else {
        highest[1] = std::max(highest[1], own);
      }
    }
    const unsigned tests = all - highest[0] - highest[1] + costs.last;
    return tests * kInstruction + 2 * static_cast<Cost>(tests);
  }

  // Edges in the order of their tests: what is told apart last comes last, and there in the order of edges.
  struct Edge {
    std::uint32_t edge = 0;
    std::uint32_t words = 0;
  };
  std::vector<Edge> Ordered() const {
    std::vector<Edge> edges(edges_.begin(), edges_.begin() + static_cast<std::ptrdiff_t>(count_));
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
      return a.words != b.words ? a.words < b.words : a.edge < b.edge;
    });
    if (edges.size() > 1 && edges[edges.size() - 2].edge > edges.back().edge) {
      std::swap(edges[edges.size() - 2], edges.back());
    }
    return edges;
  }

 private:
  static unsigned OwnCost(std::uint32_t words, const MaskCosts& costs) {
    return words <= kMaxSingles ? std::min<unsigned>(words, costs.other) : costs.other;
  }

  std::array<Edge, kWindow> edges_;
  std::size_t count_ = 0;
};

class Divider {
 public:
  Divider(const std::vector<Case>& cases, std::uint32_t largest, const MaskCosts* masks)
      : cases_(cases), largest_(largest), masks_(masks), cuts_(cases.size() + 1) {
    std::uint32_t edges = 0;
    for (const Case& c : cases) edges = std::max(edges, c.edge + 1);
    regions_.resize(edges);
  }

  Division Run() {
    cuts_[0] = {0, 0, Origin::kStart, 0, 0};
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (i > 0) EndRegion(i);
      ExtendRegions(i);
      if (masks_ != nullptr) OpenWindow(i);
    }
    EndRegion(cases_.size());
    return Collect();
  }

 private:
  enum class Origin : std::uint8_t { kStart, kRegion, kWindow };
  // A place between leaves, in or before case i: how it is reached at the least cost. Of those with equally
  // many instructions the last place is best: whatever can follow an earlier one can follow it.
  struct Cut {
    Cost cost = kNever;
    std::uint64_t place = 0;  // the first word of the next leaf
    Origin origin = Origin::kStart;
    std::size_t from = 0;  // the cut that the leaf before begins at
    std::uint32_t edge = 0;
  };
  // The best leaf without masks that is open and takes the words of one edge, or of one not yet seen.
  struct Region {
    Cost cost = kNever;  // less what `passed_` was when it was noted
    std::size_t from = 0;
    std::size_t round = 0;
  };

  std::uint64_t FirstOf(std::size_t i) const {
    return i < cases_.size() ? cases_[i].first : std::uint64_t{largest_} + 1;
  }
  std::uint64_t LastOf(std::size_t i) const { return FirstOf(i + 1) - 1; }

  void Reach(std::size_t i, const Cut& cut) {
    Cut& best = cuts_[i];
    const Cost instructions = cut.cost / kInstruction;
    const Cost best_instructions = best.cost / kInstruction;
    const bool is_better = instructions != best_instructions ? instructions < best_instructions
                           : cut.place != best.place         ? cut.place > best.place
                                                             : cut.cost < best.cost;
    if (is_better) best = cut;
  }

  // The cheapest open region may end before case i.
  void EndRegion(std::size_t i) {
    const Region& region = regions_[cheapest_];
    Reach(i, {region.cost + passed_, FirstOf(i), Origin::kRegion, region.from, cheapest_});
  }

  // Regions take in case i, as theirs or as a single word. A range that is not theirs ends them: the round.
  void ExtendRegions(std::size_t i) {
    const std::uint32_t edge = cases_[i].edge;
    const Cut& cut = cuts_[i];
    Region best{cut.cost + kLeaf, i, 0};
    const auto consider = [&](const Region& open) {
      if (open.cost < kNever && open.round == round_ && open.cost + passed_ < best.cost) {
        best = {open.cost + passed_, open.from, 0};
      }
    };
    consider(regions_[edge]);
    consider(undecided_);
    const Region& cheapest = regions_[cheapest_];
    const bool has_cheapest = i > 0 && cheapest.round == round_;
    const bool is_word = LastOf(i) == FirstOf(i);
    if (is_word) {
      passed_ += kSingle;
    } else {
      ++round_;
    }
    const bool stays = is_word && has_cheapest && cheapest_ != edge && cheapest.cost + passed_ <= best.cost;
    regions_[edge] = {best.cost - passed_, best.from, round_};
    if (!stays) cheapest_ = edge;
    // A leaf may begin with words of other edges than its own.
    const Cost begun = cut.cost + kLeaf + kSingle - passed_;
    const bool is_open = undecided_.round == round_ && undecided_.cost < kNever;
    if (LastOf(i) == cut.place && (!is_open || begun < undecided_.cost)) undecided_ = {begun, i, round_};
  }

  // A leaf with masks from the cut in case i, of every length.
  void OpenWindow(std::size_t i) {
    const std::uint64_t begin = cuts_[i].place;
    const std::uint64_t end = begin + kWindow;
    WindowEdges edges;
    for (std::size_t k = i; k < cases_.size() && FirstOf(k) < end; ++k) {
      const std::uint64_t first = std::max(begin, FirstOf(k));
      const std::uint64_t past = std::min(end, LastOf(k) + 1);
      edges.Add(cases_[k].edge, static_cast<std::uint32_t>(past - first));
      if (edges.count() < 2) continue;
      const Cost cost = cuts_[i].cost + kLeaf + edges.TestCost(*masks_);
      if (past > LastOf(k)) {
        Reach(k + 1, {cost, past, Origin::kWindow, i, 0});
      } else {
        Reach(k, {cost, past, Origin::kWindow, i, 0});
      }
    }
  }

  Division Collect() const {
    const Cut* cut = &cuts_.back();
    Division division;
    division.cost = static_cast<std::size_t>((cut->cost - kLeaf) / kInstruction);
    std::size_t at = cases_.size();
    while (cut->origin != Origin::kStart) {
      const Cut& begin = cuts_[cut->from];
      const bool is_region = cut->origin == Origin::kRegion;
      division.leaves.push_back(is_region ? RegionLeaf(cut->from, at, cut->edge)
                                          : WindowLeaf(cut->from, begin.place, cut->place));
      at = cut->from;
      cut = &begin;
    }
    std::reverse(division.leaves.begin(), division.leaves.end());
    return division;
  }

  Leaf RegionLeaf(std::size_t from, std::size_t to, std::uint32_t edge) const {
    Leaf leaf{static_cast<std::uint32_t>(cuts_[from].place), edge, {}, {}};
    for (std::size_t k = from; k < to; ++k) {
      if (cases_[k].edge == edge) continue;
      const std::uint64_t word = k == from ? cuts_[from].place : FirstOf(k);
      leaf.singles.push_back({static_cast<std::uint32_t>(word), cases_[k].edge});
    }
    return leaf;
  }

  Leaf WindowLeaf(std::size_t from, std::uint64_t begin, std::uint64_t end) const {
    WindowEdges edges;
    const auto for_each_case = [&](auto visit) {
      for (std::size_t k = from; k < cases_.size() && FirstOf(k) < end; ++k) {
        visit(cases_[k].edge, std::max(begin, FirstOf(k)), std::min(end, LastOf(k) + 1));
      }
    };
    for_each_case([&](std::uint32_t edge, std::uint64_t first, std::uint64_t past) {
      edges.Add(edge, static_cast<std::uint32_t>(past - first));
    });
    const std::vector<WindowEdges::Edge> ordered = edges.Ordered();
    Leaf leaf{static_cast<std::uint32_t>(begin), ordered.back().edge, {}, {}};
    for (std::size_t i = 0; i + 1 < ordered.size(); ++i) {
      const bool is_last = i + 2 == ordered.size();
      const bool has_mask = is_last || ordered[i].words > kMaxSingles;
      WordMask mask{0, ordered[i].edge};
      for_each_case([&](std::uint32_t edge, std::uint64_t first, std::uint64_t past) {
        if (edge != mask.edge) return;
        for (std::uint64_t word = first; word < past; ++word) {
          mask.bits |= std::uint32_t{1} << (word % kWindow);
          if (!has_mask) leaf.singles.push_back({static_cast<std::uint32_t>(word), edge});
        }
      });
      if (has_mask) leaf.masks.push_back(mask);
    }
    return leaf;
  }

  const std::vector<Case>& cases_;
  const std::uint32_t largest_;
  const MaskCosts* masks_;
  std::vector<Cut> cuts_;
  std::vector<Region> regions_;  // by edge; those of an earlier round are closed
  Region undecided_;
  std::uint32_t cheapest_ = 0;  // of the open regions
  std::size_t round_ = 0;
  Cost passed_ = 0;  // what single words passed over cost every region that is not theirs
};

}  // namespace

Division Divide(const std::vector<Case>& cases, std::uint32_t largest, const MaskCosts* masks) {
  return Divider(cases, largest, masks).Run();
}

}  // namespace bpfopt::backend
