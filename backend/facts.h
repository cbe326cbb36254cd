// What generation asks about the function: where values that cannot be computed again are live, which values
// later blocks want in X, and at which points a load may stand without adding a fault to a path that may
// accept.
#ifndef BPFOPT_BACKEND_FACTS_H
#define BPFOPT_BACKEND_FACTS_H

#include "backend/selection.h"
#include "bpfopt/error.h"
#include "ir/available_guards.h"
#include "ir/function.h"
#include "ir/graph.h"
#include "ir/upper_bounds.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bpfopt::backend {

// Rows of bits, all of one length.
class BitTable {
 public:
  BitTable() = default;
  BitTable(std::size_t rows, std::size_t columns);
  bool Get(std::size_t row, std::size_t column) const {
    return (words_[row * width_ + column / 64] >> (column % 64) & 1) != 0;
  }
  void Set(std::size_t row, std::size_t column, bool to = true);
  void Unite(std::size_t row, std::size_t other);

 private:
  std::size_t width_ = 0;
  std::vector<std::uint64_t> words_;
};

// A value that liveness is known of.
struct TrackedValue {
  const ir::Value* value = nullptr;
  // A parameter or an effect: lost when no register and no scratch word holds it.
  bool is_unique = false;
  // A load's base, the right side of an operation, or an argument for such a parameter.
  bool wanted_in_x = false;
};

class Facts {
 public:
  // kTooLarge when the tables would be out of proportion.
  static Expected<Facts> Compute(const ir::Function& function, const Rules& rules);

  // Every block before its successors.
  const std::vector<ir::Block*>& order() const { return order_; }
  const std::vector<ir::EdgeRef>& predecessors(const ir::Block* block) const {
    return predecessors_[block->id()];
  }
  std::uint32_t EdgeId(const ir::Block* block, std::size_t index) const {
    return first_edge_[block->id()] + static_cast<std::uint32_t>(index);
  }
  std::uint32_t edge_count() const { return edge_count_; }

  const std::vector<TrackedValue>& tracked() const { return tracked_; }
  std::optional<std::uint32_t> TrackedIndex(const ir::Value* value) const;
  bool IsLiveIn(const ir::Block* block, std::uint32_t tracked) const {
    return live_.Get(block->id(), tracked);
  }
  // Tracked indices of the unique values.
  const std::vector<std::uint32_t>& unique() const { return unique_; }
  unsigned HeightOf(const ir::Value* value) const { return heights_[value->id()]; }
  // How many values it is made of, one that is used twice counted twice, up to 2^30.
  std::uint32_t TreeSizeOf(const ir::Value* value) const { return tree_sizes_[value->id()]; }

  // Whether evaluating `value` there faults only on paths whose guards fault as well or that reject anyway.
  bool MayEvaluateAtStart(const ir::Block* block, const ir::Value* value) const;
  bool MayEvaluateAtEnd(const ir::Block* block, const ir::Value* value) const;
  // Whether every path from the block's start that may accept performs `guard`.
  bool IsAnticipated(const ir::Block* block, const ir::Guard& guard) const;

  // Facts that know of no guard yet.
  ir::GuardFacts NoGuards() const { return ir::GuardFacts(rules_.target, *bounds_); }
  // Whether a guard that has the same base and ends later says nothing of this one.
  bool MayWrap(const ir::Guard& guard) const;

 private:
  Facts() = default;
  void MeasureValues(const ir::Function& function);
  void TrackValues(const ir::Function& function);
  void ComputeLiveness(const ir::Function& function);
  void ComputeAnticipated(const ir::Function& function);

  Rules rules_;
  std::vector<ir::Block*> order_;
  std::vector<std::vector<ir::EdgeRef>> predecessors_;
  std::vector<std::uint32_t> first_edge_;
  std::uint32_t edge_count_ = 0;
  std::vector<TrackedValue> tracked_;
  std::vector<std::uint32_t> tracked_index_;  // by value id
  std::vector<std::uint32_t> unique_;
  BitTable live_;
  std::vector<unsigned> heights_;          // by value id
  std::vector<std::uint32_t> tree_sizes_;  // by value id
  std::unique_ptr<ir::UpperBounds> bounds_;
  std::unique_ptr<ir::AvailableGuards> available_;
  // By block: the guards on every path from its start that may accept. Nothing: no path accepts.
  std::vector<std::optional<ir::GuardFacts>> anticipated_;
};

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_FACTS_H
