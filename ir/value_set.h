// A set of values that is small most of the time: the values that one expression is made of.
#ifndef BPFOPT_IR_VALUE_SET_H
#define BPFOPT_IR_VALUE_SET_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_set>

namespace bpfopt::ir {

class Value;

// The first values are kept in place and looked through in turn, which takes no memory and less time than
// hashing; only more than that are hashed.
class ValueSet {
 public:
  ValueSet() = default;
  explicit ValueSet(const Value* value) { insert(value); }

  bool contains(const Value* value) const {
    return std::find(first_.begin(), first_.begin() + count_, value) != first_.begin() + count_ ||
           (!others_.empty() && others_.contains(value));
  }
  // Was it not there?
  bool insert(const Value* value) {
    if (contains(value)) return false;
    if (count_ == first_.size()) return others_.insert(value).second;
    first_[count_++] = value;
    return true;
  }

 private:
  std::array<const Value*, 16> first_;  // of which `count_` are set
  std::size_t count_ = 0;
  std::unordered_set<const Value*> others_;
};

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_VALUE_SET_H
