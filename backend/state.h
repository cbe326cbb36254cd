// What is known of the machine at one point of a program: which values A, X and the scratch words hold, and
// which guards were performed on every path to here.
#ifndef BPFOPT_BACKEND_STATE_H
#define BPFOPT_BACKEND_STATE_H

#include "ir/available_guards.h"
#include "ir/function.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::backend {

struct ScratchWord {
  std::uint32_t slot;
  const ir::Value* value;
  friend bool operator==(const ScratchWord&, const ScratchWord&) = default;
};

// A null value means that nothing is known.
struct State {
  const ir::Value* a = nullptr;
  const ir::Value* x = nullptr;
  std::vector<ScratchWord> scratch;  // ascending slots
  ir::GuardFacts performed;

  explicit State(ir::GuardFacts none) : performed(std::move(none)) {}

  std::optional<std::uint32_t> SlotOf(const ir::Value* value) const;
  bool Holds(const ir::Value* value) const { return a == value || x == value || SlotOf(value).has_value(); }
  void SetSlot(std::uint32_t slot, const ir::Value* value);
  // Keeps what both agree on.
  void Meet(const State& other);
};

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_STATE_H
