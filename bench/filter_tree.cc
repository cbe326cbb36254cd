// One walk prints both the filter and its shape.
#include "bench/filter_tree.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bpfopt::bench {
namespace {

std::string NumberText(std::uint32_t value) {
  return value < 100000 ? std::to_string(value) : fmt::format("{:#x}", value);
}

std::string AddressText(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
}

// Names of one layer get one letter.
std::string LayerLetter(const std::string& word) {
  constexpr std::array<std::string_view, 4> kLink = {"ether", "link", "wlan", "ppp"};
  constexpr std::array<std::string_view, 3> kNetwork = {"arp", "rarp", "ip6"};
  constexpr std::array<std::string_view, 9> kTransport = {"tcp",  "udp", "icmp", "icmp6", "sctp",
                                                          "igmp", "pim", "ah",   "esp"};
  constexpr std::array<std::string_view, 2> kDirection = {"src", "dst"};
  const auto is_one_of = [&](const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (is_one_of(kLink)) return "L";
  if (is_one_of(kNetwork)) return "P";
  if (is_one_of(kTransport)) return "T";
  if (is_one_of(kDirection)) return "D";
  return word;
}

class Printer {
 public:
  explicit Printer(bool shape) : shape_(shape) {}

  std::string Print(const FilterNode& node) const {
    switch (node.kind) {
      case NodeKind::kAnd:
        return Joined(node, " and ");
      case NodeKind::kOr:
        return Joined(node, " or ");
      case NodeKind::kNot:
        return "not " + Operand(node.operands[0]);
      case NodeKind::kTest:
        return Test(node);
      case NodeKind::kRelation:
      case NodeKind::kBinary:
        return Joined(node, " " + node.words[0] + " ");
      case NodeKind::kNegate:
        return "-" + Operand(node.operands[0]);
      case NodeKind::kAccessor:
        return Word(node.words[0]) + "[" + Print(node.operands[0]) +
               (node.numbers[0] == 1 ? "" : ":" + Number(node.numbers[0])) + "]";
      case NodeKind::kNumber:
        return Number(node.numbers[0]);
      case NodeKind::kLength:
        break;
    }
    return "len";
  }

 private:
  std::string Word(const std::string& word) const { return shape_ ? LayerLetter(word) : word; }

  std::string Number(std::uint32_t value) const {
    if (!shape_) return NumberText(value);
    return value == 0 ? "0" : "N";
  }

  // In parentheses when it is made of several words that an operator could tear apart.
  std::string Operand(const FilterNode& node) const {
    const bool is_operation = node.kind == NodeKind::kAnd || node.kind == NodeKind::kOr ||
                              node.kind == NodeKind::kBinary || node.kind == NodeKind::kNegate;
    return is_operation ? "(" + Print(node) + ")" : Print(node);
  }

  std::string Joined(const FilterNode& node, const std::string& operation) const {
    constexpr std::array<std::string_view, 9> kCommutative = {" and ", " or ", " + ", " * ", " & ",
                                                              " | ",   " ^ ",  " = ", " != "};
    std::vector<std::string> parts;
    for (const FilterNode& operand : node.operands) {
      // A relation's sides bind tighter than it does.
      parts.push_back(node.kind == NodeKind::kRelation ? Print(operand) : Operand(operand));
    }
    if (shape_ && std::find(kCommutative.begin(), kCommutative.end(), operation) != kCommutative.end()) {
      std::sort(parts.begin(), parts.end());
    }
    return fmt::format("{}", fmt::join(parts, operation));
  }

  std::string Test(const FilterNode& node) const {
    std::string text;
    for (const std::string& word : node.words) text += (text.empty() ? "" : " ") + Word(word);
    if (node.argument != Argument::kNone) text += " " + (shape_ ? "A" : ArgumentText(node));
    return text;
  }

  static std::string ArgumentText(const FilterNode& node) {
    const std::vector<std::uint32_t>& numbers = node.numbers;
    switch (node.argument) {
      case Argument::kNumber:
        return NumberText(numbers[0]);
      case Argument::kRange:
        return fmt::format("{}-{}", numbers[0], numbers[1]);
      case Argument::kAddress:
        return AddressText(numbers[0]);
      case Argument::kNetwork:
        return fmt::format("{}/{}", AddressText(numbers[0]), numbers[1]);
      case Argument::kAddress6:
        return fmt::format("2001:db8::{:x}", numbers[0] & 0xffff);
      case Argument::kNetwork6:
        return fmt::format("2001:db8::/{}", numbers[0]);
      case Argument::kMac:
        return fmt::format("02:00:5e:10:00:{:02x}", numbers[0] & 0xff);
      case Argument::kNone:
        break;
    }
    return {};
  }

  bool shape_;
};

}  // namespace

FilterNode MakeNumber(std::uint32_t value) { return {.kind = NodeKind::kNumber, .numbers = {value}}; }

FilterNode MakeAccessor(std::string protocol, FilterNode index, std::uint32_t size) {
  return {.kind = NodeKind::kAccessor,
          .words = {std::move(protocol)},
          .numbers = {size},
          .operands = {std::move(index)}};
}

FilterNode MakeTest(std::vector<std::string> words, Argument argument, std::vector<std::uint32_t> numbers) {
  return {.kind = NodeKind::kTest,
          .words = std::move(words),
          .argument = argument,
          .numbers = std::move(numbers)};
}

FilterNode MakeNode(NodeKind kind, std::string word, std::vector<FilterNode> operands) {
  FilterNode node{.kind = kind, .operands = std::move(operands)};
  if (!word.empty()) node.words.push_back(std::move(word));
  return node;
}

bool IsPredicate(NodeKind kind) {
  switch (kind) {
    case NodeKind::kAnd:
    case NodeKind::kOr:
    case NodeKind::kNot:
    case NodeKind::kTest:
    case NodeKind::kRelation:
      return true;
    default:
      return false;
  }
}

std::string ToText(const FilterNode& node) { return Printer(false).Print(node); }

std::string Shape(const FilterNode& node) { return Printer(true).Print(node); }

}  // namespace bpfopt::bench
