// Filters as trees that can be taken apart: what the generator makes and the minimiser cuts. They know the
// grammar of filters and nothing of what one means.
//
//   And{Test{ip}, Relation{=}{Accessor{tcp, 13}, Number 2}}    "ip and tcp[13] = 2"
#ifndef BPFOPT_BENCH_FILTER_TREE_H
#define BPFOPT_BENCH_FILTER_TREE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bpfopt::bench {

enum class NodeKind {
  // Predicates.
  kAnd,
  kOr,
  kNot,
  kTest,      // words and what follows them: `tcp src port 80`, `vlan`, `net 10.0.0.0/8`
  kRelation,  // word: = != < <= > >=
  // Numbers.
  kBinary,  // word: + - * / % & | ^ << >>
  kNegate,
  kAccessor,  // word: the protocol; the index is the operand; numbers: the size
  kNumber,    // numbers: the value
  kLength,    // `len`
};

// What the numbers of a test stand for.
enum class Argument {
  kNone,
  kNumber,    // numbers[0]
  kRange,     // numbers[0]-numbers[1]
  kAddress,   // the IPv4 address numbers[0]
  kNetwork,   // the IPv4 network numbers[0]/numbers[1]
  kAddress6,  // 2001:db8::numbers[0]
  kNetwork6,  // 2001:db8::/numbers[0]
  kMac,       // 02:00:5e:10:00:numbers[0]
};

struct FilterNode {
  NodeKind kind = NodeKind::kNumber;
  std::vector<std::string> words = {};
  Argument argument = Argument::kNone;
  std::vector<std::uint32_t> numbers = {};
  std::vector<FilterNode> operands = {};

  friend bool operator==(const FilterNode&, const FilterNode&) = default;
};

FilterNode MakeNumber(std::uint32_t value);
FilterNode MakeAccessor(std::string protocol, FilterNode index, std::uint32_t size = 1);
FilterNode MakeTest(std::vector<std::string> words, Argument argument = Argument::kNone,
                    std::vector<std::uint32_t> numbers = {});
FilterNode MakeNode(NodeKind kind, std::string word, std::vector<FilterNode> operands);

bool IsPredicate(NodeKind kind);

// Filter text that is parsed back into this tree, with parentheses around each operand that is an operation.
std::string ToText(const FilterNode& node);

// What filters that differ in details have in common: the text with other numbers than 0, addresses and
// names of the same layer replaced by letters, and operands whose order says nothing sorted.
std::string Shape(const FilterNode& node);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FILTER_TREE_H
