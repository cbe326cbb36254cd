#include "backend/membership.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

namespace bpfopt::backend {
namespace {

using First = MembershipTest::First;

// What a rule's line begins with, up to the test.
std::string KeyOf(const WordSet& set) {
  const std::string words = fmt::format("{}", fmt::join(set.words, ", "));
  return set.is_whole ? fmt::format("v<{}> in {{{}}}: ", set.bits, words)
                      : fmt::format("v[{}:{}] in {{{}}}: ", set.first + set.bits - 1, set.first, words);
}

// Does no word outside of the set have an image of 0?
bool RefusesOthers(const MembershipTest& test, const WordSet& set, std::uint64_t& tried) {
  auto member = set.words.begin();
  auto absent = set.absent.begin();
  for (std::uint32_t word = 0; word <= set.largest(); ++word) {
    if (member != set.words.end() && *member == word) {
      ++member;
      continue;
    }
    if (absent != set.absent.end() && *absent == word) {
      ++absent;
      continue;
    }
    ++tried;
    if (test.ImageOf(word << set.first) == 0) return false;
  }
  return true;
}

// Can the bits beside the slice change the test's outcome? A difference's and a product's bits depend on the
// operands' bits up to their own place alone, and lower bits that are 0 in what is subtracted borrow nothing.
bool IgnoresOtherBits(const MembershipTest& test, const WordSet& set) {
  if (set.is_whole || (test.first == First::kOr && (test.operand & set.other_bits()) == set.other_bits())) {
    return true;
  }
  const std::uint32_t below = (1U << set.first) - 1;
  return test.multiplier == 1 && (test.mask & set.other_bits()) == 0 &&
         (test.first == First::kNone || (test.operand & below) == 0);
}

// Completes a test without a mask; false when there is none.
bool Complete(MembershipTest& test, const WordSet& set, std::uint64_t& tried) {
  // With fewer bits in the mask too many of the other words slip through.
  const int fewest_bits = test.multiplier == 1 ? 1 : std::max(static_cast<int>(set.bits) - 4, 1);
  test.mask = 0xffffffff;
  std::uint32_t used = 0;
  for (const std::uint32_t word : set.words) used |= test.ImageOf(word << set.first);
  tried += set.words.size();
  test.mask = ~used;
  if (!set.is_whole && test.multiplier == 1) test.mask &= ~set.other_bits();
  return std::popcount(test.mask) >= fewest_bits && RefusesOthers(test, set, tried);
}

// Takes a number off the front of `text`, after `before`.
std::optional<std::uint32_t> TakeNumber(std::string_view& text, std::string_view before) {
  if (text.substr(0, before.size()) != before) return std::nullopt;
  text.remove_prefix(before.size());
  const bool is_hex = text.substr(0, 2) == "0x";
  if (is_hex) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<MembershipTest> ParseTest(std::string_view text) {
  MembershipTest test;
  for (const auto& [first, before] : {std::pair(First::kOr, "or #"), std::pair(First::kSub, "sub #")}) {
    const auto operand = TakeNumber(text, before);
    if (!operand) continue;
    test.first = first;
    test.operand = *operand;
    if (text.substr(0, 2) != "; ") return std::nullopt;
    text.remove_prefix(2);
    break;
  }
  if (const auto multiplier = TakeNumber(text, "mul #")) {
    test.multiplier = *multiplier;
    if (text.substr(0, 2) != "; ") return std::nullopt;
    text.remove_prefix(2);
  }
  const auto mask = TakeNumber(text, "jset #");
  if (!mask || !text.empty()) return std::nullopt;
  test.mask = *mask;
  return test;
}

}  // namespace

bool Decides(const MembershipTest& test, const WordSet& set) {
  std::uint64_t unused = 0;
  return IgnoresOtherBits(test, set) &&
         std::all_of(set.words.begin(), set.words.end(),
                     [&](std::uint32_t word) { return test.ImageOf(word << set.first) == 0; }) &&
         RefusesOthers(test, set, unused);
}

std::optional<MembershipTest> SearchMembershipTest(const WordSet& set, std::uint64_t& steps) {
  if (set.words.empty() || set.words.size() > kMostMembers) return std::nullopt;
  MembershipTest test;
  const auto is_found = [&](First first, std::uint32_t operand, std::uint32_t multiplier) {
    test = {first, operand, multiplier, 0};
    std::uint64_t tried = 0;
    const bool complete = Complete(test, set, tried);
    steps -= std::min(steps, tried);
    return complete && steps > 0;
  };
  if (std::has_single_bit(set.words.size())) {
    for (const std::uint32_t word : set.words) {
      if (is_found(First::kSub, word << set.first, 1)) return test;
    }
  }
  // Whole values of which none is subtracted have one of few forms less: each gets its share of the steps.
  const bool has_zero = set.is_whole && set.words.front() == 0;
  const std::uint64_t kept = has_zero ? steps - steps / 8 : 0;
  for (std::uint32_t multiplier = 3; has_zero && steps > kept; multiplier += 2) {
    if (is_found(First::kNone, 0, multiplier)) return test;
  }
  if (has_zero) steps = std::min(steps, kept);
  for (std::uint32_t multiplier = 3; steps > 0; multiplier += 2) {
    for (const std::uint32_t word : set.words) {
      if (set.is_whole && is_found(First::kSub, word, multiplier)) return test;
    }
    if (is_found(First::kOr, set.other_bits(), multiplier)) return test;
    if (multiplier == 0xffffffff) break;
  }
  return std::nullopt;
}

std::optional<MembershipTest> LookUpMembershipTest(const WordSet& set, std::string_view rules) {
  const auto find = [&](WordSet key_set) -> std::optional<MembershipTest> {
    const std::string key = "\n" + KeyOf(key_set);
    const std::size_t at = rules.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = rules.substr(at + key.size());
    return ParseTest(rest.substr(0, rest.find('\n')));
  };
  if (!set.is_whole) return find(set);
  for (const unsigned bits : {set.bits, 8U, 16U}) {
    if (bits < set.bits) continue;
    for (const bool is_whole : {true, false}) {
      if (auto found = find({0, bits, is_whole, set.words, {}})) return found;
    }
  }
  return std::nullopt;
}

std::string FormatRule(const MembershipRule& rule) {
  std::string text = KeyOf(rule.set);
  if (rule.test.first != First::kNone) {
    text += fmt::format("{} #{:#x}; ", rule.test.first == First::kOr ? "or" : "sub", rule.test.operand);
  }
  if (rule.test.multiplier != 1) text += fmt::format("mul #{:#x}; ", rule.test.multiplier);
  return text + fmt::format("jset #{:#x}", rule.test.mask);
}

std::optional<MembershipRule> ParseRule(std::string_view line) {
  MembershipRule rule;
  std::string_view before;
  if (const auto bits = TakeNumber(line, "v<")) {
    if (*bits == 0 || *bits > 16) return std::nullopt;
    rule.set.is_whole = true;
    rule.set.bits = *bits;
    before = "> in {";
  } else {
    const auto last = TakeNumber(line, "v[");
    const auto first = TakeNumber(line, ":");
    if (!last || !first || *first > *last || *last > 31 || *last - *first > 15) return std::nullopt;
    rule.set.first = *first;
    rule.set.bits = *last - *first + 1;
    before = "] in {";
  }
  for (; line.substr(0, 3) != "}: "; before = ", ") {
    const auto word = TakeNumber(line, before);
    if (!word) return std::nullopt;
    rule.set.words.push_back(*word);
  }
  const auto test = ParseTest(line.substr(3));
  if (!test) return std::nullopt;
  rule.test = *test;
  return rule;
}

}  // namespace bpfopt::backend
