// Terminators as partitions of the words, and back.
#include "passes/partition.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bpfopt::passes {
namespace {

constexpr std::uint32_t kLastWord = 0xffffffff;

// The cases of one set of words against all others.
std::vector<ir::Switch::Case> TwoWayCases(const RangeSet& words, std::uint32_t inside,
                                          std::uint32_t outside) {
  std::vector<ir::Switch::Case> cases;
  cases.reserve(2 * words.ranges().size() + 1);
  if (!words.Contains(0)) cases.push_back({0, outside});
  for (const Range range : words.ranges()) {
    cases.push_back({range.first, inside});
    if (range.last != kLastWord) cases.push_back({range.last + 1, outside});
  }
  return cases;
}

std::uint32_t LastOf(const std::vector<ir::Switch::Case>& cases, std::size_t index) {
  return index + 1 < cases.size() ? cases[index + 1].first - 1 : kLastWord;
}

// Joins neighbouring cases of one edge; equal edges count as one.
std::vector<ir::Switch::Case> JoinedCases(const Partition& partition) {
  std::vector<ir::Switch::Case> joined;
  joined.reserve(partition.cases.size());
  for (const ir::Switch::Case& next : partition.cases) {
    const bool same = !joined.empty() && (joined.back().edge == next.edge ||
                                          partition.edges[joined.back().edge] == partition.edges[next.edge]);
    if (!same) joined.push_back(next);
  }
  return joined;
}

// How much it takes to decide joined cases: nothing, one comparison, or about as many as there are bounds.
std::size_t CostOf(const std::vector<ir::Switch::Case>& cases, const std::vector<ir::Edge>& edges) {
  if (cases.size() <= 2) return cases.size() - 1;
  const bool is_one_word =
      cases.size() == 3 && edges[cases[0].edge] == edges[cases[2].edge] && cases[1].first == LastOf(cases, 1);
  return is_one_word ? 1 : cases.size() - 1;
}

// Words that are possible and take one edge; neighbours in a list of these have different edges.
struct Segment {
  Range hull;
  std::uint64_t words;
  std::uint32_t edge;
};

std::vector<Segment> SegmentsOf(const Partition& partition, const RangeSet& possible) {
  const std::vector<ir::Switch::Case> cases = JoinedCases(partition);
  std::vector<Segment> segments;
  std::size_t current = 0;
  for (const Range range : possible.ranges()) {
    while (LastOf(cases, current) < range.first) ++current;
    for (std::size_t i = current; i < cases.size() && cases[i].first <= range.last; ++i) {
      const Range part{std::max(cases[i].first, range.first), std::min(LastOf(cases, i), range.last)};
      const std::uint64_t words = std::uint64_t{part.last} - part.first + 1;
      const bool joins =
          !segments.empty() && partition.edges[segments.back().edge] == partition.edges[cases[i].edge];
      if (joins) {
        segments.back().hull.last = part.last;
        segments.back().words += words;
      } else {
        segments.push_back({part, words, cases[i].edge});
      }
    }
  }
  return segments;
}

// When all segments but those of one edge are a single word: that word's segment. The segment that is a case
// of its own already is preferred, then the lower one.
const Segment* OneWordAgainstTheRest(const Partition& partition, const std::vector<Segment>& segments) {
  if (segments.size() > 3) return nullptr;
  if (segments.size() == 3 && partition.edges[segments[0].edge] != partition.edges[segments[2].edge]) {
    return nullptr;
  }
  const auto is_own_case = [&partition](const Segment& segment) {
    const RangeSet words = WordsFor(partition, segment.edge);
    return words.IsSingle();
  };
  const Segment* best = nullptr;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    if (segment.words != 1 || (segments.size() == 3 && i != 1)) continue;
    if (best == nullptr || (!is_own_case(*best) && is_own_case(segment))) best = &segment;
  }
  return best;
}

std::vector<ir::Switch::Case> CasesOf(const Partition& partition, const std::vector<Segment>& segments) {
  if (segments.size() >= 2) {
    if (const Segment* one = OneWordAgainstTheRest(partition, segments)) {
      const Segment& other = &segments[0] == one ? segments[1] : segments[0];
      return TwoWayCases(RangeSet::Of(one->hull.first), one->edge, other.edge);
    }
  }
  std::vector<ir::Switch::Case> cases;
  cases.reserve(segments.size());
  for (const Segment& segment : segments) {
    cases.push_back({cases.empty() ? 0 : segment.hull.first, segment.edge});
  }
  return cases;
}

bool IsMasked(const ir::Value* value) {
  return value->opcode() == ir::Opcode::kAnd && value->rhs()->IsConstant();
}

ir::Terminator OneWordBranch(ir::Function& function, const ir::Value* value, std::uint32_t word,
                             ir::Edge inside, ir::Edge outside) {
  if (word == 0 && IsMasked(value)) {
    return ir::Branch{ir::Compare::kAnySet, value->lhs(), value->rhs(), std::move(outside),
                      std::move(inside)};
  }
  return ir::Branch{ir::Compare::kEqual, value, function.MakeConstant(word), std::move(inside),
                    std::move(outside)};
}

}  // namespace

RangeSet WordsThatHold(ir::Compare compare, std::uint32_t constant) {
  switch (compare) {
    case ir::Compare::kEqual:
      return RangeSet::Of(constant);
    case ir::Compare::kGreater:
      return constant == kLastWord ? RangeSet() : RangeSet::Of(constant + 1, kLastWord);
    case ir::Compare::kGreaterEqual:
      return RangeSet::Of(constant, kLastWord);
    case ir::Compare::kAnySet:
      break;
  }
  assert(false && "the words of kAnySet are those of the masked value");
  return RangeSet::Full();
}

Partition TwoWay(const ir::Value* value, const RangeSet& words, ir::Edge inside, ir::Edge outside) {
  Partition partition{value, TwoWayCases(words, 0, 1), {}};
  partition.edges.reserve(2);
  partition.edges.push_back(std::move(inside));
  partition.edges.push_back(std::move(outside));
  return partition;
}

std::optional<Partition> PartitionOf(ir::Function& function, const ir::Terminator& terminator) {
  if (const auto* choice = std::get_if<ir::Switch>(&terminator)) {
    return Partition{choice->value, choice->cases, choice->edges};
  }
  const auto* branch = std::get_if<ir::Branch>(&terminator);
  if (branch == nullptr || !branch->rhs->IsConstant()) return std::nullopt;
  if (branch->compare == ir::Compare::kAnySet) {
    const ir::Value* masked = function.MakeBinary(ir::Opcode::kAnd, branch->lhs, branch->rhs);
    return TwoWay(masked, RangeSet::Of(1, kLastWord), branch->then_edge, branch->else_edge);
  }
  return TwoWay(branch->lhs, WordsThatHold(branch->compare, branch->rhs->constant()), branch->then_edge,
                branch->else_edge);
}

RangeSet WordsFor(const Partition& partition, std::uint32_t index) {
  std::vector<Range> ranges;
  ranges.reserve(partition.cases.size());
  for (std::size_t i = 0; i < partition.cases.size(); ++i) {
    if (partition.cases[i].edge == index) {
      ranges.push_back({partition.cases[i].first, LastOf(partition.cases, i)});
    }
  }
  return RangeSet::FromRanges(std::move(ranges));
}

Partition Restrict(const Partition& partition, const RangeSet& possible) {
  std::vector<Segment> segments = SegmentsOf(partition, possible);
  if (segments.empty()) segments.push_back({{0, kLastWord}, 0, partition.cases.front().edge});
  std::vector<ir::Switch::Case> cases = CasesOf(partition, segments);
  if (CostOf(cases, partition.edges) >= CostOf(JoinedCases(partition), partition.edges)) return partition;
  return {partition.value, std::move(cases), partition.edges};
}

ir::Terminator ToTerminator(ir::Function& function, Partition partition) {
  ir::Switch choice{partition.value, std::move(partition.cases), std::move(partition.edges)};
  if (choice.value->IsConstant()) return ir::Jump{choice.EdgeFor(choice.value->constant())};
  choice.Canonicalize();
  const std::vector<ir::Switch::Case>& cases = choice.cases;
  std::vector<ir::Edge>& edges = choice.edges;
  if (edges.size() == 1) return ir::Jump{std::move(edges[0])};
  if (edges.size() > 2 || cases.size() > 3) return choice;

  // Canonical: the first case takes edges[0], the second edges[1].
  if (cases.size() == 3) {
    if (cases[1].first != LastOf(cases, 1)) return choice;
    return OneWordBranch(function, choice.value, cases[1].first, std::move(edges[1]), std::move(edges[0]));
  }
  const std::uint32_t bound = cases[1].first;
  if (bound == 1) return OneWordBranch(function, choice.value, 0, std::move(edges[0]), std::move(edges[1]));
  if (bound == kLastWord) {
    return OneWordBranch(function, choice.value, kLastWord, std::move(edges[1]), std::move(edges[0]));
  }
  return ir::Branch{ir::Compare::kGreaterEqual, choice.value, function.MakeConstant(bound),
                    std::move(edges[1]), std::move(edges[0])};
}

}  // namespace bpfopt::passes
