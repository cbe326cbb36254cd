// Rows of terms: sub-graphs one behind the other, as `or` leaves them (and `and`, with the outcomes the other
// way round). Each is left for one exit that all share, or else for the entry of the next.
#ifndef BPFOPT_PASSES_TERM_ROWS_H
#define BPFOPT_PASSES_TERM_ROWS_H

#include "ir/function.h"
#include "passes/guard_set.h"
#include "passes/pass.h"
#include "passes/range_set.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace bpfopt::passes {

struct Literal {
  const ir::Value* value = nullptr;
  RangeSet words;
};

// A conjunction: the exit is taken where each value is one of its words.
struct Term {
  std::vector<Literal> literals;  // in the order of the tests, each value once
  std::size_t region = 0;         // the place of its sub-graph in the row
  // Are its tests all that the sub-graph does? Then a packet that goes on has been asked for a value where
  // it has passed the tests of those before it, and only there. Else all that is certain is that a packet for
  // which the sub-graph leaves by the term has been asked for its values.
  bool is_alone = false;
};

struct TermRow {
  ir::Block* entry = nullptr;
  ir::Block* exit = nullptr;    // for where any term holds; no parameters
  ir::Block* onward = nullptr;  // for where none does; no parameters
  std::size_t regions = 0;      // sub-graphs that the terms come from
  std::vector<Term> terms;      // by region
};

// Finds rows in a function that stays as it is meanwhile, but for the terminators of blocks of rows found
// before and for new blocks. Blocks of rows have no effects and no parameters, and nothing leads into a row
// but to its entry. Guards of theirs that are observable have been performed before the row.
class TermRowFinder {
 public:
  TermRowFinder(ir::Function& function, const Context& context);

  // The rows that end in `exit`, as long as can be, and none a part of another. In time that is nearly linear
  // in the function.
  std::vector<TermRow> RowsTo(ir::Block& exit);

  // Blocks that many edges lead to, some from tests of one value: exits of rows with terms of the same
  // values. The one with most edges comes first.
  std::vector<ir::Block*> LikelyExits() const;

 private:
  using Conditions = std::vector<Literal>;
  // A sub-graph that is left for the exit or for one other place.
  struct Region {
    std::vector<const ir::Block*> blocks;  // the entry first
    ir::Block* onward = nullptr;
    std::uint32_t edges_onward = 0;
    std::vector<Term> terms;
  };

  void ComputeJoins(const ir::Block& exit);
  ir::Block* CommonJoin(ir::Block* a, ir::Block* b) const;
  std::optional<Region> RegionFrom(ir::Block& entry, const ir::Block& exit, const ir::Block& row_entry);
  bool HasOnlyDecisions(Region& region, const ir::Block& entry, const ir::Block& exit,
                        const ir::Block& row_entry);
  bool IsPerformedBefore(const ir::Guard& guard, const ir::Block& row_entry);
  bool Enumerate(const ir::Block& block, const ir::Block& exit, const ir::Block& onward,
                 Conditions& conditions, std::vector<Term>& terms);

  ir::Function& function_;
  const Context& context_;
  std::vector<ir::Block*> order_;
  std::vector<std::uint32_t> incoming_;
  std::optional<std::vector<GuardSet>> available_;  // before each block; made when some guard is observable
  // Of the graph without the edges to the exit: where all ways from a block meet again, by block id; null for
  // nowhere. And how many such joins follow one another.
  std::vector<ir::Block*> joins_;
  std::vector<std::uint32_t> depths_;
  std::vector<bool> reaches_;  // anything but the exit
  std::size_t steps_ = 0;      // of one enumeration
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_TERM_ROWS_H
