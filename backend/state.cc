#include "backend/state.h"

#include <algorithm>
#include <iterator>

namespace bpfopt::backend {
std::optional<std::uint32_t> State::SlotOf(const ir::Value* value) const {
  if (value == nullptr) return std::nullopt;
  for (const ScratchWord& word : scratch) {
    if (word.value == value) return word.slot;
  }
  return std::nullopt;
}

void State::SetSlot(std::uint32_t slot, const ir::Value* value) {
  const auto at = std::lower_bound(scratch.begin(), scratch.end(), slot,
                                   [](const ScratchWord& word, std::uint32_t s) { return word.slot < s; });
  if (at != scratch.end() && at->slot == slot) {
    at->value = value;
  } else {
    scratch.insert(at, {slot, value});
  }
}

void State::Meet(const State& other) {
  if (a != other.a) a = nullptr;
  if (x != other.x) x = nullptr;
  if (!scratch.empty()) {
    std::vector<ScratchWord> both;
    std::set_intersection(scratch.begin(), scratch.end(), other.scratch.begin(), other.scratch.end(),
                          std::back_inserter(both), [](const ScratchWord& left, const ScratchWord& right) {
                            return left.slot != right.slot ? left.slot < right.slot
                                                           : left.value->id() < right.value->id();
                          });
    scratch = std::move(both);
  }
  performed.Meet(other.performed);
}

}  // namespace bpfopt::backend
