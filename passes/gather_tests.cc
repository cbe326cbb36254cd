// Pass `gather-tests`: in a row of terms (passes/term_rows.h), those that test the same values stand
// together, each value tested once.
//
//   b0: if ld[26] == A then b9 else b1              b0: switch ld[26] { A, B -> b9; else -> b1 }
//   b1: if ld[30] == A then b9 else b2         =>   b1: switch ld[30] { A, B -> b9; else -> b8 }
//   b2: if ld[26] == B then b9 else b3
//   b3: if ld[30] == B then b9 else b8
//
// Terms of several values, as an IPv6 address has four words, become a tree of decisions. The value of which
// they ask for the fewest words comes first, where it may: what all have in common is asked once, and one of
// three ports before one of a thousand hosts. Groups stand in the order in which the row first asks for one
// of theirs, those that end in values of one load together. A group that moves before another may not load
// what a packet that the other accepts is too short for; else the row stays. Where values differ between the
// ways of one group, its terms are asked in several layers. Takes time that is nearly linear in the terms,
// which passes/decision_diagram.cc, for all shapes, does not.

#include "ir/graph.h"
#include "passes/cost.h"
#include "passes/guard_set.h"
#include "passes/partition.h"
#include "passes/passes.h"
#include "passes/term_rows.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

// Kinds of terms in a row; their order is checked for each two of them.
constexpr std::size_t kMaxGroups = 128;

// Fewer terms stay in their order, in which other passes may find them.
constexpr std::size_t kManyTerms = 8;

using Values = std::vector<const ir::Value*>;

// Terms of the same values in the same order.
struct Group {
  Values values;
  std::vector<const Term*> terms;  // by region
  bool is_reordered = false;       // the values; what the row asks for first says nothing then
};

// Terms with their literals in another order.
using OwnTerms = std::deque<Term>;

Values ValuesOf(const Term& term) {
  Values values;
  for (const Literal& literal : term.literals) values.push_back(literal.value);
  return values;
}

// What a value is computed from with constants alone.
const ir::Value* SourceOf(const ir::Value* value) {
  while (ir::IsBinary(value->opcode())) {
    if (value->rhs()->IsConstant()) {
      value = value->lhs();
    } else if (value->lhs()->IsConstant()) {
      value = value->rhs();
    } else {
      break;
    }
  }
  return value;
}

// The values with the last one's source in its place.
Values FamilyOf(Values values) {
  if (!values.empty()) values.back() = SourceOf(values.back());
  return values;
}

// The places of the values by how many different words the terms ask for, the fewest first.
std::vector<std::size_t> OrderByWords(const Group& group) {
  const auto is_less = [](const RangeList* a, const RangeList* b) {
    return std::ranges::lexicographical_compare(*a, *b, [](const Range& x, const Range& y) {
      return std::pair(x.first, x.last) < std::pair(y.first, y.last);
    });
  };
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (std::size_t i = 0; i < group.values.size(); ++i) {
    std::set<const RangeList*, decltype(is_less)> words(is_less);
    for (const Term* term : group.terms) words.insert(&term->literals[i].words.ranges());
    places.emplace_back(words.size(), i);
  }
  std::ranges::sort(places);
  std::vector<std::size_t> order;
  for (const auto& [words, place] : places) order.push_back(place);
  return order;
}

Group Reordered(const Group& group, OwnTerms& own) {
  const std::vector<std::size_t> order = OrderByWords(group);
  if (group.terms.size() < kManyTerms || std::ranges::is_sorted(order)) return group;
  Group result{.values = {}, .terms = {}, .is_reordered = true};
  for (const std::size_t place : order) result.values.push_back(group.values[place]);
  for (const Term* term : group.terms) {
    Term& copy = own.emplace_back(*term);
    for (std::size_t i = 0; i < order.size(); ++i) copy.literals[i] = term->literals[order[i]];
    result.terms.push_back(&copy);
  }
  return result;
}

std::vector<Group> GroupsOf(const std::vector<Term>& terms) {
  std::vector<Group> groups;
  std::map<Values, std::size_t> known;
  for (const Term& term : terms) {
    Values values = ValuesOf(term);
    const auto [found, is_new] = known.emplace(values, groups.size());
    if (is_new) groups.push_back({.values = std::move(values), .terms = {}});
    groups[found->second].terms.push_back(&term);
  }
  std::map<Values, std::size_t> families;
  for (std::size_t i = 0; i < groups.size(); ++i) families.emplace(FamilyOf(groups[i].values), i);
  std::ranges::stable_sort(groups, {},
                           [&](const Group& group) { return families.at(FamilyOf(group.values)); });
  return groups;
}

RangeSet WordsOf(const Group& group, const ir::Value* value) {
  std::vector<Range> words;
  for (const Term* term : group.terms) {
    for (const Literal& literal : term->literals) {
      if (literal.value == value)
        words.insert(words.end(), literal.words.ranges().begin(), literal.words.ranges().end());
    }
  }
  return RangeSet::FromRanges(std::move(words));
}

// How many of the group's values a packet that passes its first term by has been asked for wherever the group
// asks for them now.
std::size_t ValuesAskedBefore(const Group& group) {
  const Term& first = *group.terms.front();
  if (!first.is_alone || group.is_reordered) return 0;
  std::size_t count = 1;
  for (; count < group.values.size(); ++count) {
    const bool is_common = std::ranges::all_of(group.terms, [&](const Term* term) {
      return term->literals[count - 1].words == first.literals[count - 1].words;
    });
    if (!is_common) break;
  }
  return count;
}

// Does a packet that the row leaves with by a term of `later` have all that `earlier` loads of it?
bool MayComeBefore(const Group& earlier, const Group& later) {
  const bool is_passed = earlier.terms.front()->region < later.terms.front()->region;
  const std::size_t asked = is_passed ? ValuesAskedBefore(earlier) : 0;
  GuardSet performed;
  for (const ir::Value* value : later.values) {
    for (const ir::Guard& guard : DemandedGuards(value)) performed.Add(guard);
  }
  for (std::size_t i = 0; i < earlier.values.size(); ++i) {
    const ir::Value* value = earlier.values[i];
    const bool has_all = std::ranges::all_of(
        DemandedGuards(value), [&](const ir::Guard& guard) { return i < asked || performed.Covers(guard); });
    if (!has_all) return false;
    const bool is_shared = std::ranges::find(later.values, value) != later.values.end();
    // The packets differ in this value, so no more of the group is asked of them.
    if (is_shared && !WordsOf(earlier, value).Intersects(WordsOf(later, value))) return true;
  }
  return true;
}

bool IsOrderSafe(const std::vector<Group>& groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      if (!MayComeBefore(groups[i], groups[j])) return false;
    }
  }
  return true;
}

// Makes the blocks of one group.
class TreeBuilder {
 public:
  TreeBuilder(ir::Function& function, ir::Block* exit) : function_(function), exit_(exit) {}

  // The decision on the values from `depth` on; `otherwise` is where no term holds.
  ir::Terminator Build(const std::vector<const Term*>& terms, std::size_t depth, ir::Block* otherwise) {
    const ir::Value* value = terms.front()->literals[depth].value;
    if (depth + 1 == terms.front()->literals.size()) {
      std::vector<Range> words;
      for (const Term* term : terms) {
        const RangeList& ranges = term->literals[depth].words.ranges();
        words.insert(words.end(), ranges.begin(), ranges.end());
      }
      return ToTerminator(
          function_, TwoWay(value, RangeSet::FromRanges(std::move(words)), {exit_, {}}, {otherwise, {}}));
    }
    std::vector<Layer> layers = LayersOf(terms, depth);
    for (std::size_t i = layers.size(); i-- > 1;) {
      otherwise = NewBlock(BuildLayer(value, layers[i], depth, otherwise));
    }
    return BuildLayer(value, layers[0], depth, otherwise);
  }

  ir::Block* NewBlock(ir::Terminator terminator) {
    ir::Block* block = function_.NewBlock();
    block->terminator = std::move(terminator);
    block->guards = DemandedGuards(*block);
    return block;
  }

 private:
  struct Arm {
    RangeSet words;
    std::vector<const Term*> terms;
  };
  // Arms that have no words in common.
  struct Layer {
    std::vector<Arm> arms;
    std::map<std::uint32_t, std::pair<std::uint32_t, std::size_t>> ranges;  // first -> last, arm
  };

  static std::vector<Layer> LayersOf(const std::vector<const Term*>& terms, std::size_t depth) {
    std::vector<Layer> layers(1);
    for (const Term* term : terms) {
      const RangeSet& words = term->literals[depth].words;
      std::size_t at = 0;
      while (!Take(layers[at], words, term)) {
        if (++at == layers.size()) layers.emplace_back();
      }
    }
    return layers;
  }

  // False where the words are some of another arm's, but not all.
  static bool Take(Layer& layer, const RangeSet& words, const Term* term) {
    std::optional<std::size_t> arm;
    for (const Range& range : words.ranges()) {
      auto after = layer.ranges.upper_bound(range.last);
      if (after == layer.ranges.begin()) continue;
      const auto& [last, found] = std::prev(after)->second;
      if (last < range.first) continue;
      if (layer.arms[found].words != words) return false;
      arm = found;
      break;
    }
    if (!arm) {
      arm = layer.arms.size();
      layer.arms.push_back({words, {}});
      for (const Range& range : words.ranges()) layer.ranges[range.first] = {range.last, *arm};
    }
    layer.arms[*arm].terms.push_back(term);
    return true;
  }

  ir::Terminator BuildLayer(const ir::Value* value, const Layer& layer, std::size_t depth,
                            ir::Block* otherwise) {
    Partition partition{.value = value, .cases = {}, .edges = {{otherwise, {}}}};
    for (const Arm& arm : layer.arms) {
      partition.edges.push_back({NewBlock(Build(arm.terms, depth + 1, otherwise)), {}});
    }
    std::uint64_t next = 0;  // the first word that no case covers yet
    for (const auto& [first, rest] : layer.ranges) {
      if (first > next) partition.cases.push_back({static_cast<std::uint32_t>(next), 0});
      partition.cases.push_back({first, static_cast<std::uint32_t>(rest.second + 1)});
      next = std::uint64_t{rest.first} + 1;
    }
    if (next <= 0xffffffff) partition.cases.push_back({static_cast<std::uint32_t>(next), 0});
    return ToTerminator(function_, std::move(partition));
  }

  ir::Function& function_;
  ir::Block* exit_;
};

// With each in the better order, where all together are safe that way: also for what the row passes on, which
// may not have been asked for so much.
std::vector<Group> InBetterOrder(const std::vector<Group>& groups, const GuardSet& asked_onward,
                                 OwnTerms& own) {
  std::vector<Group> better;
  for (const Group& group : groups) {
    better.push_back(Reordered(group, own));
    if (!better.back().is_reordered) continue;
    for (const ir::Value* value : group.values) {
      for (const ir::Guard& guard : DemandedGuards(value)) {
        if (!asked_onward.Covers(guard)) return groups;
      }
    }
  }
  return IsOrderSafe(better) ? better : groups;
}

// The row's groups in a safe order; nothing where they would not be fewer than its terms.
std::optional<std::vector<Group>> Gathered(const TermRow& row, const std::vector<GuardSet>& anticipated,
                                           OwnTerms& own) {
  if (row.regions < 2) return std::nullopt;
  const bool is_decided =
      std::ranges::any_of(row.terms, [](const Term& term) { return term.literals.empty(); });
  if (is_decided) return std::nullopt;  // it is for others to see
  std::vector<Group> groups = GroupsOf(row.terms);
  if (groups.size() == row.terms.size() || groups.size() > kMaxGroups || !IsOrderSafe(groups))
    return std::nullopt;
  return InBetterOrder(groups, anticipated[row.onward->id()], own);
}

void Rewrite(ir::Function& function, const TermRow& row, const std::vector<Group>& groups) {
  TreeBuilder builder(function, row.exit);
  ir::Block* otherwise = row.onward;
  for (std::size_t i = groups.size(); i-- > 1;) {
    otherwise = builder.NewBlock(builder.Build(groups[i].terms, 0, otherwise));
  }
  row.entry->terminator = builder.Build(groups[0].terms, 0, otherwise);
  for (const ir::Guard& guard : DemandedGuards(*row.entry)) {
    auto& guards = row.entry->guards;
    if (std::ranges::find(guards, guard) == guards.end()) guards.push_back(guard);
  }
}

// The rows that end in `exit`, if that makes the function smaller: what is a row from one side is one from
// the other too, with the outcomes the other way round. `finder` is left empty when it knows the function no
// more.
std::size_t GatherTo(ir::Function& function, std::optional<TermRowFinder>& finder, ir::Block& exit) {
  const std::vector<TermRow> rows = finder->RowsTo(exit);
  if (rows.empty()) return 0;
  const std::vector<GuardSet> anticipated = ComputeAnticipatedGuards(function);
  OwnTerms own;
  std::vector<std::pair<const TermRow*, std::vector<Group>>> gathered;
  for (const TermRow& row : rows) {
    if (std::optional<std::vector<Group>> groups = Gathered(row, anticipated, own))
      gathered.emplace_back(&row, std::move(*groups));
  }
  if (gathered.empty()) return 0;
  finder.reset();
  const std::size_t before = EstimateHalfInstructions(function);
  ir::Function untouched = function.Clone();
  for (const auto& [row, groups] : gathered) Rewrite(function, *row, groups);
  function.RemoveUnreachable();
  if (EstimateHalfInstructions(function) < before) return gathered.size();
  function = std::move(untouched);
  return 0;
}

std::size_t GatherOnce(ir::Function& function, const Context& context) {
  std::optional<TermRowFinder> finder(std::in_place, function, context);
  std::vector<std::uint32_t> exits;
  for (const ir::Block* exit : finder->LikelyExits()) exits.push_back(exit->id());
  for (const std::uint32_t exit : exits) {
    if (!finder) finder.emplace(function, context);
    if (const std::size_t gathered = GatherTo(function, finder, *function.block(exit)); gathered > 0)
      return gathered;
  }
  return 0;
}

}  // namespace

bool RunGatherTests(ir::Function& function, Context& context) {
  constexpr std::size_t kMaxRounds = 8;
  std::size_t gathered = 0;
  for (std::size_t round = 0; round < kMaxRounds; ++round) {
    const std::size_t now = GatherOnce(function, context);
    gathered += now;
    if (now == 0) break;
  }
  context.counters["gather-tests.rows"] += gathered;
  return gathered > 0;
}

}  // namespace bpfopt::passes
