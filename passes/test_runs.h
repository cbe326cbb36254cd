// Runs of tests: blocks one behind the other that compare one value with a constant each, as a filter of many
// hosts has them. Where little is known of the value, the next test of a run that may hold is found without
// a look at those before it.
#ifndef BPFOPT_PASSES_TEST_RUNS_H
#define BPFOPT_PASSES_TEST_RUNS_H

#include "ir/function.h"
#include "passes/range_set.h"

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace bpfopt::passes {

class TestRuns {
 public:
  // Of the function as it is. Blocks of a run have no parameters and no effects, and all the same guards;
  // each but the first is where the one before it leads when the value is another word.
  explicit TestRuns(const ir::Function& function);

  // The value that `block` tests, if it is in a run with more tests behind it; else null.
  const ir::Value* ValueOf(const ir::Block& block) const;

  // From `block`, which ValueOf() has answered for: past the tests that no word of `possible` passes, the
  // edge to the first that one does, or else the edge out of the run's last block. Null where that is
  // `block` itself. Logarithmic in the run's length for each of its constants, or each word of `possible`,
  // whichever are fewer; null too where both are many.
  const ir::Edge* Skip(const ir::Block& block, const RangeSet& possible) const;

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  // Constants and words that Skip() looks for.
  static constexpr std::size_t kFew = 8;

  struct Run {
    const ir::Value* value = nullptr;
    std::vector<const ir::Block*> blocks;
    std::map<std::uint32_t, std::vector<std::uint32_t>> positions;  // by constant, ascending
  };
  struct Place {
    std::uint32_t run = kNone;
    std::uint32_t position = 0;
  };

  void Collect(const ir::Block& first);

  std::vector<Run> runs_;
  std::vector<Place> places_;  // by block id
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_TEST_RUNS_H
