// Cuts of a node: its predicates and numbers alone, or something smaller of the same kind in their place.
// They are tried from the root down, since those near the root cut most.
#include "bench/minimise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::bench {
namespace {

// Halves the distance to 0 first, then feels its way down.
std::vector<std::uint32_t> SmallerNumbers(std::uint32_t value) {
  std::vector<std::uint32_t> numbers;
  for (const std::uint32_t small : {0U, 1U, 2U, 4U, 14U}) {
    if (small < value) numbers.push_back(small);
  }
  for (unsigned shift = 1; shift < 32 && value >> shift > 0; ++shift) {
    numbers.push_back(value - (value >> shift));
  }
  if (value > 0) numbers.push_back(value - 1);
  return numbers;
}

class Cuts {
 public:
  explicit Cuts(const FilterNode& node) : node_(node) {}

  // Trees in place of the node, most cut away first.
  std::vector<FilterNode> Take() {
    switch (node_.kind) {
      case NodeKind::kAnd:
      case NodeKind::kOr:
        TakeOperands();
        DropOperands();
        ReorderOperands();
        break;
      case NodeKind::kNot:
        TakeOperands();
        TakeOperandsOf(node_.operands[0]);
        NegateRelation();
        break;
      case NodeKind::kTest:
        SimplerPredicates();
        DropWords();
        ReduceNumbers();
        break;
      case NodeKind::kRelation:
        SimplerPredicates();
        SimplerRelations();
        OtherWords({"=", "<", ">"});
        ExchangeSides();
        break;
      case NodeKind::kBinary:
        SimplerNumbers();
        TakeOperands();
        ReorderOperands();
        break;
      case NodeKind::kNegate:
        SimplerNumbers();
        TakeOperands();
        break;
      case NodeKind::kAccessor:
        SimplerNumbers();
        OtherWords({"ip", "arp", "link", "tcp", "udp"});
        if (node_.numbers[0] != 1) ReplaceNumber(0, 1);
        break;
      case NodeKind::kNumber:
        ReduceNumbers();
        break;
      case NodeKind::kLength:
        SimplerNumbers();
        break;
    }
    return std::move(cuts_);
  }

 private:
  void TakeOperands() { TakeOperandsOf(node_); }

  // Two steps at once: `not not`, and what only a negation makes true. Predicates take no place of a number.
  void TakeOperandsOf(const FilterNode& node) {
    for (const FilterNode& operand : node.operands) {
      if (IsPredicate(operand.kind) == IsPredicate(node_.kind)) cuts_.push_back(operand);
    }
  }

  void DropOperands() {
    if (node_.operands.size() <= 2) return;
    for (std::size_t i = 0; i < node_.operands.size(); ++i) {
      FilterNode cut = node_;
      cut.operands.erase(cut.operands.begin() + static_cast<std::ptrdiff_t>(i));
      cuts_.push_back(std::move(cut));
    }
  }

  void ReorderOperands() {
    for (std::size_t i = 0; i + 1 < node_.operands.size(); ++i) {
      FilterNode cut = node_;
      std::swap(cut.operands[i], cut.operands[i + 1]);
      cuts_.push_back(std::move(cut));
    }
  }

  // The last word says what the argument is.
  void DropWords() {
    const std::size_t kept = node_.argument == Argument::kNone ? 0 : 1;
    for (std::size_t i = 0; i + kept < node_.words.size() && node_.words.size() > 1; ++i) {
      FilterNode cut = node_;
      cut.words.erase(cut.words.begin() + static_cast<std::ptrdiff_t>(i));
      cuts_.push_back(std::move(cut));
    }
    if (node_.argument == Argument::kNone) return;
    FilterNode cut = node_;
    cut.argument = Argument::kNone;
    cut.numbers.clear();
    cuts_.push_back(std::move(cut));
  }

  void OtherWords(std::initializer_list<const char*> words) {
    for (const char* word : words) {
      FilterNode cut = node_;
      cut.words[0] = word;
      cuts_.push_back(std::move(cut));
    }
  }

  void SimplerPredicates() {
    for (const char* word : {"ip", "arp", "ip6", "tcp", "udp", "vlan"}) cuts_.push_back(MakeTest({word}));
  }

  // Relations of constants, and each side, or part of a side, compared with a constant.
  void SimplerRelations() {
    for (const std::uint32_t value : {0U, 1U}) {
      cuts_.push_back(MakeNode(NodeKind::kRelation, "=", {MakeNumber(0), MakeNumber(value)}));
    }
    for (const FilterNode& side : node_.operands) CompareWithConstants(side);
    for (const FilterNode& side : node_.operands) {
      for (const FilterNode& part : side.operands) CompareWithConstants(part);
    }
  }

  void CompareWithConstants(const FilterNode& number) {
    for (const std::uint32_t value : {0U, 1U}) {
      cuts_.push_back(MakeNode(NodeKind::kRelation, "=", {number, MakeNumber(value)}));
    }
  }

  void ExchangeSides() {
    FilterNode cut = node_;
    std::swap(cut.operands[0], cut.operands[1]);
    for (char& c : cut.words[0]) {
      if (c == '<' || c == '>') c = c == '<' ? '>' : '<';
    }
    cuts_.push_back(std::move(cut));
  }

  void NegateRelation() {
    constexpr std::array<std::array<const char*, 2>, 6> kOpposites = {
        {{"=", "!="}, {"!=", "="}, {"<", ">="}, {">=", "<"}, {">", "<="}, {"<=", ">"}}};
    FilterNode cut = node_.operands[0];
    if (cut.kind != NodeKind::kRelation) return;
    for (const auto& [word, opposite] : kOpposites) {
      if (node_.operands[0].words[0] == word) cut.words[0] = opposite;
    }
    cuts_.push_back(std::move(cut));
  }

  void SimplerNumbers() {
    for (const std::uint32_t value : {0U, 1U}) cuts_.push_back(MakeNumber(value));
    cuts_.push_back(MakeNode(NodeKind::kLength, "", {}));
    for (const char* protocol : {"ip", "link", "tcp"}) cuts_.push_back(MakeAccessor(protocol, MakeNumber(0)));
  }

  void ReplaceNumber(std::size_t index, std::uint32_t value) {
    FilterNode cut = node_;
    cut.numbers[index] = value;
    cuts_.push_back(std::move(cut));
  }

  void ReduceNumbers() {
    for (std::size_t i = 0; i < node_.numbers.size(); ++i) {
      for (const std::uint32_t value : SmallerNumbers(node_.numbers[i])) ReplaceNumber(i, value);
    }
  }

  const FilterNode& node_;
  std::vector<FilterNode> cuts_;
};

std::uint64_t SumOfNumbers(const FilterNode& node) {
  std::uint64_t sum = std::accumulate(node.numbers.begin(), node.numbers.end(), std::uint64_t{0});
  for (const FilterNode& operand : node.operands) sum += SumOfNumbers(operand);
  return sum;
}

// Shorter text, then smaller numbers, then the text that comes first read from its end: that has constants on
// the right. `=` comes before all other relations.
bool IsSimpler(const FilterNode& a, const FilterNode& b) {
  const auto rank = [](const FilterNode& node) {
    std::string text = ToText(node);
    std::replace(text.begin(), text.end(), '=', '\x01');
    std::reverse(text.begin(), text.end());
    return std::make_tuple(text.size(), SumOfNumbers(node), std::move(text));
  };
  return rank(a) < rank(b);
}

// Puts `cut` in the place of every part of `node` that is equal to `original`. Returns how many there were.
std::size_t ReplaceAll(FilterNode& node, const FilterNode& original, const FilterNode& cut) {
  if (node == original) {
    node = cut;
    return 1;
  }
  std::size_t count = 0;
  for (FilterNode& operand : node.operands) count += ReplaceAll(operand, original, cut);
  return count;
}

class Minimiser {
 public:
  Minimiser(FilterNode filter, const Shows& shows) : filter_(std::move(filter)), shows_(shows) {}

  FilterNode Run() {
    while (Descend(filter_)) {
    }
    return std::move(filter_);
  }

 private:
  // Cuts `node`, a part of filter_, as often as that works, then its operands. Returns whether any did.
  bool Descend(FilterNode& node) {
    bool changed = false;
    while (CutOnce(node)) changed = true;
    for (FilterNode& operand : node.operands) changed |= Descend(operand);
    return changed;
  }

  bool CutOnce(FilterNode& node) {
    for (const FilterNode& cut : Cuts(node).Take()) {
      if (IsSimpler(cut, node) && (CutHere(node, cut) || CutEverywhere(node, cut))) return true;
    }
    return false;
  }

  bool CutHere(FilterNode& node, const FilterNode& cut) {
    FilterNode original = std::exchange(node, cut);
    if (shows_(filter_)) return true;
    node = std::move(original);
    return false;
  }

  // What shows only when something is asked twice needs the same cut in both places.
  bool CutEverywhere(const FilterNode& node, const FilterNode& cut) {
    const FilterNode original = node;  // NOLINT: `node` may be a part of what is replaced
    FilterNode filter = filter_;
    if (ReplaceAll(filter, original, cut) < 2 || !shows_(filter)) return false;
    ReplaceAll(filter_, original, cut);
    return true;
  }

  FilterNode filter_;
  const Shows& shows_;
};

}  // namespace

FilterNode Minimise(FilterNode filter, const Shows& shows) {
  return Minimiser(std::move(filter), shows).Run();
}

}  // namespace bpfopt::bench
