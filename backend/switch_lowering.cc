#include "backend/switch_lowering.h"

#include "ir/available_guards.h"
#include "ir/graph.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Opcode;
using ir::Value;
using Case = ir::Switch::Case;

constexpr std::size_t kSmallSwitch = 16;  // entries up to which no test is added for depth
constexpr std::size_t kFastLeaf = 3;      // `==` tests in a row when executed instructions count

// Part of the domain: words tested one by one, all others go to `edge`. Regions are ordered; `first` begins
// one.
struct Region {
  std::uint32_t first = 0;
  std::uint32_t edge = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> singles;  // word, edge
};

// The fewest tests that tell the cases apart, and which single words are tested by `==`.
struct Partition {
  std::size_t tests = 0;
  std::vector<bool> is_single;  // by case
};

// best[i]: the fewest tests for the cases up to i when i stays a part of its own, that is no single `==`
// test.
Partition Minimize(const std::vector<Case>& cases, std::uint32_t largest) {
  const std::size_t count = cases.size();
  const auto is_word = [&](std::size_t i) {
    return i + 1 < count ? cases[i + 1].first == cases[i].first + 1 : cases[i].first == largest;
  };
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  constexpr std::size_t kNever = kNone / 2;
  std::vector<std::size_t> best(count, kNever);
  std::vector<std::size_t> before(count, kNone);
  // Candidates for the part before i: those with only single words between, cheapest of all and by edge.
  // `offset` counts the words passed over, so that costs compare as they stand.
  std::size_t edges = 0;
  for (const Case& c : cases) edges = std::max<std::size_t>(edges, c.edge + 1);
  std::vector<std::size_t> by_edge(edges, kNone);
  std::vector<std::uint32_t> run_of_edge(edges, 0);
  std::uint32_t run = 1;
  std::size_t cheapest = kNone;
  const auto key = [&](std::size_t i) {
    return best[i] + (count - i);
  };                              // cost to skip to a fixed later place
  std::size_t leading_words = 0;  // cases from the start that are all words
  for (std::size_t i = 0; i < count; ++i) {
    if (leading_words == i) best[i] = i;  // all before are tested singly
    const auto consider = [&](std::size_t j) {
      if (j == kNone) return;
      const std::size_t cost = best[j] + (i - j - 1) + (cases[j].edge == cases[i].edge ? 0 : 1);
      if (cost < best[i]) {
        best[i] = cost;
        before[i] = j;
      }
    };
    consider(cheapest);
    if (run_of_edge[cases[i].edge] == run) consider(by_edge[cases[i].edge]);
    if (is_word(i)) {
      if (leading_words == i) ++leading_words;
    } else {
      ++run;  // nothing before i can be reached past it
      cheapest = kNone;
    }
    if (cheapest == kNone || key(i) < key(cheapest)) cheapest = i;
    std::size_t& same = by_edge[cases[i].edge];
    if (run_of_edge[cases[i].edge] != run || key(i) < key(same)) {
      same = i;
      run_of_edge[cases[i].edge] = run;
    }
  }
  // The last part kept: any with only words behind it.
  std::size_t last = count - 1;
  for (std::size_t i = count; i-- > 0;) {
    if (best[i] + (count - 1 - i) < best[last] + (count - 1 - last)) last = i;
    if (!is_word(i)) break;
  }
  Partition result{best[last] + (count - 1 - last), std::vector<bool>(count, true)};
  for (std::size_t at = last; at != kNone; at = before[at]) result.is_single[at] = false;
  return result;
}

// Regions of the partition, with as many more as keep the rows of `==` tests short.
std::vector<Region> MakeRegions(const std::vector<Case>& cases, const Partition& partition,
                                std::size_t leaf) {
  std::vector<Region> regions;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> waiting;  // single words before the first region
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (partition.is_single[i]) {
      auto& singles = regions.empty() ? waiting : regions.back().singles;
      singles.emplace_back(cases[i].first, cases[i].edge);
    } else if (regions.empty() || regions.back().edge != cases[i].edge) {
      regions.push_back({regions.empty() ? 0 : cases[i].first, cases[i].edge, {}});
      if (regions.size() == 1) regions.back().singles = std::move(waiting);
    }
  }
  std::vector<Region> split;
  for (Region& region : regions) {
    const std::size_t count = region.singles.size();
    const std::size_t pieces = count == 0 ? 1 : (count + leaf - 1) / leaf;
    for (std::size_t p = 0; p < pieces; ++p) {
      const auto begin = region.singles.begin() + static_cast<std::ptrdiff_t>(count * p / pieces);
      const auto end = region.singles.begin() + static_cast<std::ptrdiff_t>(count * (p + 1) / pieces);
      const std::uint32_t first = p == 0 ? region.first : begin->first;
      split.push_back({first, region.edge, {begin, end}});
    }
  }
  return split;
}

std::size_t LeafSize(std::size_t tests, Objective objective) {
  if (objective == Objective::kSpeed) return kFastLeaf;
  if (objective == Objective::kSize || tests <= kSmallSwitch)
    return std::numeric_limits<std::size_t>::max() / 2;
  return 11;  // one test more for eleven: within 10 %
}

class Lowering {
 public:
  Lowering(ir::Function& function, const Rules& rules, const SwitchOptions& options)
      : function_(function), rules_(rules), options_(options), available_(function) {}

  // Notes the `==` tests that block will make, wherever they will be.
  void Note(const Block* block) {
    const auto* branch = std::get_if<ir::Branch>(&block->terminator);
    if (branch != nullptr && branch->compare == ir::Compare::kEqual && branch->rhs->IsConstant()) {
      ++seen_[KeyOf(branch->rhs->constant(), branch->then_edge, branch->else_edge)];
    }
    const auto* choice = std::get_if<ir::Switch>(&block->terminator);
    if (choice == nullptr) return;
    const Partition partition = Minimize(choice->cases, LargestOf(choice->value));
    for (const Region& region : MakeRegions(choice->cases, partition, choice->cases.size())) {
      for (const auto& [word, edge] : region.singles) {
        ++seen_[KeyOf(word, choice->edges[edge], choice->edges[region.edge])];
      }
    }
  }

  void Lower(Block* block) {
    ir::Switch choice = std::move(std::get<ir::Switch>(block->terminator));
    Restrict(choice, LargestOf(choice.value));
    Partition partition = Minimize(choice.cases, LargestOf(choice.value));
    TryUpperBits(block, choice, partition);
    if (choice.cases.size() == 1) {
      block->terminator = ir::Jump{std::move(choice.edges[choice.cases[0].edge])};
      return;
    }
    const std::vector<Region> regions =
        MakeRegions(choice.cases, partition, LeafSize(partition.tests, options_.objective));
    Build(block, choice, regions);
  }

 private:
  // Words that the value cannot be belong to the last part that it can be in.
  static void Restrict(ir::Switch& choice, std::uint32_t largest) {
    while (choice.cases.size() > 1 && choice.cases.back().first > largest) choice.cases.pop_back();
  }

  void TryUpperBits(const Block* block, ir::Switch& choice, Partition& partition) {
    std::uint32_t all = 0;
    for (const Case& c : choice.cases) all |= c.first;
    if (all == 0) return;
    const auto shift = static_cast<unsigned>(std::countr_zero(all));
    if (shift == 0) return;
    const std::vector<Case> cases = choice.cases;
    const Value* load = choice.value;
    Use(cases, choice, partition, function_.MakeBinary(Opcode::kShr, load, function_.MakeConstant(shift)),
        shift, 1);
    if (!options_.narrows_loads || load->opcode() != Opcode::kLoad) return;
    for (const unsigned width : {2U, 1U}) {
      if (width >= load->width()) continue;
      const unsigned dropped = 8 * (load->width() - width);
      if (dropped > shift || !MayNarrow(block, load, width)) continue;
      Use(cases, choice, partition, function_.MakeLoad(load->base(), load->offset(), width), dropped, 0);
    }
  }

  // Takes `value`, which is the tested one without its lowest bits, when that saves tests.
  void Use(const std::vector<Case>& cases, ir::Switch& choice, Partition& partition, const Value* value,
           unsigned shift, std::size_t extra) {
    ir::Switch other{value, cases, {}};
    for (Case& c : other.cases) c.first >>= shift;
    Partition smaller = Minimize(other.cases, LargestOf(value));
    const std::size_t tests = smaller.tests + extra;
    if (tests >= partition.tests) return;
    partition = std::move(smaller);
    partition.tests = tests;
    choice.value = value;
    choice.cases = std::move(other.cases);
  }

  bool MayNarrow(const Block* block, const Value* load, unsigned width) const {
    if (rules_.target == Target::kSeccomp) return false;
    if (!IsAllowedLoad(load->base() != nullptr, load->offset(), width, rules_)) return false;
    // To the kernel a narrower load at a negative address is another word.
    const std::uint64_t base = load->base() == nullptr ? 0 : LargestOf(load->base());
    if (base + load->offset() + load->width() > 0x80000000U) return false;
    if (rules_.relation == Relation::kFaithful) return true;
    // Elsewhere: a load for the guard alone would be one more instruction here.
    return available_.AtStart(block).Allows(load);
  }

  // The edge that a region without single words is, or one to a new block that tests them.
  struct Part {
    Block* block;
    std::size_t begin;
    std::size_t end;
  };

  void Build(Block* root, const ir::Switch& choice, const std::vector<Region>& regions) {
    std::vector<Part> pending{{root, 0, regions.size()}};
    while (!pending.empty()) {
      const Part part = pending.back();
      pending.pop_back();
      if (part.end - part.begin == 1) {
        TestSingles(part.block, choice, regions[part.begin]);
        continue;
      }
      const std::size_t middle = part.begin + (part.end - part.begin) / 2;
      ir::Branch branch;
      branch.compare = ir::Compare::kGreaterEqual;
      branch.lhs = choice.value;
      branch.rhs = function_.MakeConstant(regions[middle].first);
      branch.then_edge = EdgeTo({nullptr, middle, part.end}, choice, regions, pending);
      branch.else_edge = EdgeTo({nullptr, part.begin, middle}, choice, regions, pending);
      part.block->terminator = std::move(branch);
    }
  }

  ir::Edge EdgeTo(Part part, const ir::Switch& choice, const std::vector<Region>& regions,
                  std::vector<Part>& pending) {
    if (part.end - part.begin == 1 && regions[part.begin].singles.empty()) {
      return choice.edges[regions[part.begin].edge];
    }
    part.block = function_.NewBlock();
    pending.push_back(part);
    return {part.block, {}};
  }

  // Words that other tests with the same outcomes ask for come last: rows that end alike become one.
  void TestSingles(Block* block, const ir::Switch& choice, Region region) {
    const auto times_seen = [&](const auto& single) {
      const auto known =
          seen_.find(KeyOf(single.first, choice.edges[single.second], choice.edges[region.edge]));
      return known == seen_.end() ? 0U : known->second;
    };
    std::stable_sort(region.singles.begin(), region.singles.end(),
                     [&](const auto& a, const auto& b) { return times_seen(a) < times_seen(b); });
    for (std::size_t i = 0; i < region.singles.size(); ++i) {
      const bool is_last = i + 1 == region.singles.size();
      ir::Branch branch;
      branch.lhs = choice.value;
      branch.rhs = function_.MakeConstant(region.singles[i].first);
      branch.then_edge = choice.edges[region.singles[i].second];
      Block* next = is_last ? nullptr : function_.NewBlock();
      branch.else_edge = is_last ? choice.edges[region.edge] : ir::Edge{next, {}};
      block->terminator = std::move(branch);
      block = next;
    }
  }

  // A test for a word and where it leads: then, else.
  using TestKey = std::array<std::uint32_t, 3>;
  static TestKey KeyOf(std::uint32_t word, const ir::Edge& then_edge, const ir::Edge& else_edge) {
    return {word, then_edge.target->id(), else_edge.target->id()};
  }

  ir::Function& function_;
  const Rules& rules_;
  const SwitchOptions& options_;
  std::map<TestKey, unsigned> seen_;
  const ir::AvailableGuards available_;  // as they were before
};

}  // namespace

std::uint32_t LargestOf(const Value* value) {
  constexpr std::uint32_t kAll = 0xffffffff;
  switch (value->opcode()) {
    case Opcode::kConstant:
      return value->constant();
    case Opcode::kLoad:
      return value->width() == 1 ? 0xff : value->width() == 2 ? 0xffff : kAll;
    case Opcode::kAnd:
      return value->rhs()->IsConstant() ? value->rhs()->constant() : kAll;
    case Opcode::kShr:
      if (!value->rhs()->IsConstant() || value->rhs()->constant() >= 32) return kAll;
      // One level is enough: what is shifted is mostly a load.
      return (value->lhs()->opcode() == Opcode::kLoad ? LargestOf(value->lhs()) : kAll) >>
             value->rhs()->constant();
    default:
      return kAll;
  }
}

void LowerSwitches(ir::Function& function, const Rules& rules, const SwitchOptions& options) {
  Lowering lowering(function, rules, options);
  const std::vector<Block*> blocks = ir::TopologicalOrder(function);
  for (const Block* block : blocks) lowering.Note(block);
  for (Block* block : blocks) {
    if (!std::holds_alternative<ir::Switch>(block->terminator)) continue;
    lowering.Lower(block);
  }
}

}  // namespace bpfopt::backend
