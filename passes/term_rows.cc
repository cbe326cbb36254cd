#include "passes/term_rows.h"

#include "ir/graph.h"
#include "passes/partition.h"

#include <algorithm>

namespace bpfopt::passes {
namespace {

constexpr std::size_t kLikelyExits = 4;
// Of one region. A term of a filter has about twenty blocks.
constexpr std::size_t kMaxBlocks = 64;
constexpr std::size_t kMaxSteps = 128;

bool HasPlainEdges(const ir::Block& block) {
  return std::ranges::all_of(block.edges(), [](const ir::Edge* edge) { return edge->arguments.empty(); });
}

const ir::Value* TestedValue(const ir::Block& block) {
  if (const auto* choice = std::get_if<ir::Switch>(&block.terminator)) return choice->value;
  const auto* branch = std::get_if<ir::Branch>(&block.terminator);
  return branch == nullptr ? nullptr : branch->lhs;
}

// The ids of blocks that two others lead to by tests of one value. Terms of the same values end in such
// tests.
std::set<std::uint32_t> EndsOfTermsAlike(const std::vector<ir::Block*>& order) {
  std::vector<std::pair<std::uint32_t, const ir::Value*>> tests;
  for (const ir::Block* block : order) {
    const ir::Value* value = TestedValue(*block);
    if (value == nullptr) continue;
    for (const ir::Edge* edge : block->edges()) tests.emplace_back(edge->target->id(), value);
  }
  std::ranges::sort(tests);
  std::set<std::uint32_t> ends;
  for (std::size_t i = 1; i < tests.size(); ++i) {
    if (tests[i] == tests[i - 1]) ends.insert(tests[i].first);
  }
  return ends;
}

// Adds a literal to `conditions`; false where its value cannot be one of `words` under them.
bool Narrow(std::vector<Literal>& conditions, const Literal& literal, const RangeSet& words) {
  if (words.IsEmpty()) return false;
  const auto known = std::ranges::find(conditions, literal.value, &Literal::value);
  if (known == conditions.end()) {
    if (!literal.words.IsFull()) conditions.push_back(literal);
    return true;
  }
  if (!known->words.Intersects(words)) return false;
  known->words = known->words.Intersect(literal.words);
  return true;
}

// The literal that two terms of the same values differ in, when it is one; else their number.
std::size_t OnlyDifference(const Term& a, const Term& b) {
  const std::size_t none = a.literals.size();
  if (b.literals.size() != none) return none;
  std::size_t different = none;
  for (std::size_t i = 0; i < none; ++i) {
    if (a.literals[i].value != b.literals[i].value) return none;
    if (a.literals[i].words == b.literals[i].words) continue;
    if (different != none) return none;
    different = i;
  }
  return different;
}

// Terms that differ in the words of one value become one.
void Merge(std::vector<Term>& terms) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (std::size_t j = i + 1; j < terms.size();) {
      const std::size_t at = OnlyDifference(terms[i], terms[j]);
      if (at == terms[i].literals.size()) {
        ++j;
        continue;
      }
      Literal& literal = terms[i].literals[at];
      literal.words = literal.words.Union(terms[j].literals[at].words);
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(j));
      j = i + 1;
    }
  }
}

// Does `term`, without its literal of `value`, imply all of `other`'s literals but that of `value`?
bool ImpliesBeside(const Term& term, const Term& other, const ir::Value* value) {
  return std::ranges::all_of(other.literals, [&](const Literal& wanted) {
    if (wanted.value == value) return true;
    const auto own = std::ranges::find(term.literals, wanted.value, &Literal::value);
    return own != term.literals.end() && wanted.words.ContainsAll(own->words);
  });
}

// Words for which another term holds anyway go to a term's own: what a way has learned by leaving that
// other's.
void Widen(std::vector<Term>& terms) {
  for (Term& term : terms) {
    for (Literal& literal : term.literals) {
      for (const Term& other : terms) {
        const auto same = std::ranges::find(other.literals, literal.value, &Literal::value);
        if (&other == &term || same == other.literals.end()) continue;
        if (ImpliesBeside(term, other, literal.value)) literal.words = literal.words.Union(same->words);
      }
    }
    std::erase_if(term.literals, [](const Literal& literal) { return literal.words.IsFull(); });
  }
}

}  // namespace

TermRowFinder::TermRowFinder(ir::Function& function, const Context& context)
    : function_(function),
      context_(context),
      order_(ir::TopologicalOrder(function)),
      incoming_(function.block_count(), 0),
      joins_(function.block_count(), nullptr),
      depths_(function.block_count(), 0),
      reaches_(function.block_count(), false) {
  for (const ir::Block* block : order_) {
    for (const ir::Edge* edge : block->edges()) ++incoming_[edge->target->id()];
  }
}

std::vector<ir::Block*> TermRowFinder::LikelyExits() const {
  const std::set<std::uint32_t> ends = EndsOfTermsAlike(order_);
  std::vector<ir::Block*> exits;
  for (ir::Block* block : order_) {
    if (block->parameters.empty() && ends.contains(block->id())) exits.push_back(block);
  }
  std::ranges::stable_sort(
      exits, [&](const ir::Block* a, const ir::Block* b) { return incoming_[a->id()] > incoming_[b->id()]; });
  if (exits.size() > kLikelyExits) exits.resize(kLikelyExits);
  return exits;
}

// Immediate post-dominators; the graph has no loops, so one pass from the last block on will do.
void TermRowFinder::ComputeJoins(const ir::Block& exit) {
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    const ir::Block& block = **at;
    ir::Block* join = nullptr;
    bool reaches = block.edge_count() == 0;
    bool meets = true;
    for (const ir::Edge* edge : block.edges()) {
      if (edge->target == &exit || !reaches_[edge->target->id()]) continue;
      if (!reaches) {
        join = edge->target;
      } else if (meets) {
        join = CommonJoin(join, edge->target);
        meets = join != nullptr;
      }
      reaches = true;
    }
    reaches_[block.id()] = reaches;
    joins_[block.id()] = join;
    depths_[block.id()] = join == nullptr ? 0 : depths_[join->id()] + 1;
  }
}

ir::Block* TermRowFinder::CommonJoin(ir::Block* a, ir::Block* b) const {
  while (a != b && a != nullptr && b != nullptr) {
    if (depths_[a->id()] < depths_[b->id()]) std::swap(a, b);
    a = joins_[a->id()];
  }
  return a == b ? a : nullptr;
}

std::vector<TermRow> TermRowFinder::RowsTo(ir::Block& exit) {
  reaches_.assign(reaches_.size(), false);
  ComputeJoins(exit);
  std::vector<TermRow> rows;
  std::vector<bool> taken(joins_.size(), false);
  for (ir::Block* block : order_) {
    if (taken[block->id()] || block == &exit) continue;
    TermRow row{.entry = block, .exit = &exit, .onward = block, .regions = 0, .terms = {}};
    while (std::optional<Region> region = RegionFrom(*row.onward, exit, *block)) {
      if (taken[row.onward->id()]) break;
      for (const ir::Block* inside : region->blocks) taken[inside->id()] = true;
      for (Term& term : region->terms) {
        term.region = row.regions;
        row.terms.push_back(std::move(term));
      }
      row.onward = region->onward;
      ++row.regions;
      if (incoming_[row.onward->id()] != region->edges_onward || !row.onward->parameters.empty()) break;
    }
    if (row.regions > 0 && row.onward->parameters.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<TermRowFinder::Region> TermRowFinder::RegionFrom(ir::Block& entry, const ir::Block& exit,
                                                               const ir::Block& row_entry) {
  Region region;
  region.onward = joins_[entry.id()];
  if (region.onward == nullptr || !HasOnlyDecisions(region, entry, exit, row_entry)) return std::nullopt;
  Conditions conditions;
  steps_ = 0;
  if (!Enumerate(entry, exit, *region.onward, conditions, region.terms) || region.terms.empty())
    return std::nullopt;
  Term& first = region.terms.front();
  first.is_alone = region.terms.size() == 1 && first.literals.size() == region.blocks.size();
  Merge(region.terms);
  Widen(region.terms);
  return region;
}

bool TermRowFinder::IsPerformedBefore(const ir::Guard& guard, const ir::Block& row_entry) {
  if (!available_) available_ = ComputeAvailableGuards(function_);
  GuardSet performed = (*available_)[row_entry.id()];
  for (const ir::Guard& own : row_entry.guards) performed.Add(own);
  return performed.Covers(guard);
}

// Do all ways from `entry` lead to the two places, past blocks that do nothing but decide, and that nothing
// else leads to?
bool TermRowFinder::HasOnlyDecisions(Region& region, const ir::Block& entry, const ir::Block& exit,
                                     const ir::Block& row_entry) {
  std::map<std::uint32_t, std::uint32_t> entered;  // edges from inside, by block id
  region.blocks = {&entry};
  for (std::size_t i = 0; i < region.blocks.size(); ++i) {
    const ir::Block& block = *region.blocks[i];
    // Edges of a block lead to different places, so too many of them are too many blocks.
    if (region.blocks.size() > kMaxBlocks || block.edge_count() > kMaxBlocks + 2) return false;
    if (block.edge_count() < 2 || !HasPlainEdges(block)) return false;
    if (!block.effects.empty() || (i > 0 && !block.parameters.empty())) return false;
    const bool may_move = std::ranges::all_of(block.guards, [&](const ir::Guard& guard) {
      return !IsObservable(guard, context_.relation) || IsPerformedBefore(guard, row_entry);
    });
    if (!may_move) return false;
    for (const ir::Edge* edge : block.edges()) {
      if (edge->target == &exit) continue;
      if (edge->target == region.onward) {
        ++region.edges_onward;
      } else if (++entered[edge->target->id()] == 1) {
        region.blocks.push_back(edge->target);
      }
    }
  }
  return std::ranges::all_of(entered,
                             [&](const auto& block) { return incoming_[block.first] == block.second; });
}

// Adds a term for each way from `block` to the exit on which the conditions hold, those that leave here
// first: the ways onward from here may then take the words along that leave, as they are for the exit anyway.
bool TermRowFinder::Enumerate(const ir::Block& block, const ir::Block& exit, const ir::Block& onward,
                              Conditions& conditions, std::vector<Term>& terms) {
  const std::optional<Partition> partition = PartitionOf(function_, block.terminator);
  if (!partition || ++steps_ > kMaxSteps) return false;
  RangeSet leaving;
  for (std::uint32_t i = 0; i < partition->edges.size(); ++i) {
    if (partition->edges[i].target == &exit) leaving = leaving.Union(WordsFor(*partition, i));
  }
  const Conditions before = conditions;
  if (Narrow(conditions, {partition->value, leaving}, leaving)) {
    terms.push_back({.literals = conditions});
  }
  for (std::uint32_t i = 0; i < partition->edges.size(); ++i) {
    const ir::Block* target = partition->edges[i].target;
    if (target == &onward || target == &exit) continue;
    conditions = before;
    const RangeSet words = WordsFor(*partition, i);
    if (!Narrow(conditions, {partition->value, words.Union(leaving)}, words)) continue;
    if (!Enumerate(*target, exit, onward, conditions, terms)) return false;
  }
  conditions = before;
  return true;
}

}  // namespace bpfopt::passes
