#include "backend/membership.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

namespace bpfopt::backend {
namespace {

// What a rule's line begins with, up to the test.
std::string KeyOf(const WordSet& set) {
  return fmt::format("v[{}:{}] in {{{}}}: ", set.first + set.bits - 1, set.first, fmt::join(set.words, ", "));
}

std::uint32_t ProductOf(std::uint32_t word, const MembershipTest& test, const WordSet& set) {
  return ((word << set.first) | test.set_bits) * test.multiplier;
}

// Does no word outside of the set have a product that is 0 under the mask? Ascending, so that what the
// multiplier is too small for fails first.
bool RefusesOthers(const MembershipTest& test, const WordSet& set, std::uint64_t& tried) {
  auto member = set.words.begin();
  for (std::uint32_t word = 0; word <= set.largest(); ++word) {
    if (member != set.words.end() && *member == word) {
      ++member;
      continue;
    }
    ++tried;
    if ((ProductOf(word, test, set) & test.mask) == 0) return false;
  }
  return true;
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
  const auto set_bits = TakeNumber(text, "or #");
  const auto multiplier = TakeNumber(text, "; mul #");
  const auto mask = TakeNumber(text, "; jset #");
  if (!set_bits || !multiplier || !mask || !text.empty()) return std::nullopt;
  return MembershipTest{*set_bits, *multiplier, *mask};
}

}  // namespace

bool Decides(const MembershipTest& test, const WordSet& set) {
  if (test.set_bits != set.other_bits()) return false;
  std::uint64_t unused = 0;
  return std::all_of(set.words.begin(), set.words.end(),
                     [&](std::uint32_t word) { return (ProductOf(word, test, set) & test.mask) == 0; }) &&
         RefusesOthers(test, set, unused);
}

std::optional<MembershipTest> SearchMembershipTest(const WordSet& set, std::uint64_t& steps) {
  if (set.words.empty() || set.words.size() > kMostMembers) return std::nullopt;
  // With fewer bits in the mask too many of the other words slip through.
  const int fewest_bits = std::max(static_cast<int>(set.bits) - 4, 1);
  MembershipTest test{set.other_bits(), 1, 0};
  for (;;) {
    if (test.multiplier > 0xffffffff - 2) return std::nullopt;
    test.multiplier += 2;  // an even one shifts an odd one's products
    std::uint32_t used = 0;
    for (const std::uint32_t word : set.words) used |= ProductOf(word, test, set);
    std::uint64_t tried = set.words.size();
    test.mask = ~used;
    const bool found = std::popcount(test.mask) >= fewest_bits && RefusesOthers(test, set, tried);
    if (tried > steps) return std::nullopt;
    steps -= tried;
    if (found) return test;
  }
}

std::optional<MembershipTest> LookUpMembershipTest(const WordSet& set, bool is_exact,
                                                   std::string_view rules) {
  for (const unsigned bits : {set.bits, 8U, 16U}) {
    if (bits < set.bits || (is_exact && bits != set.bits)) continue;
    const std::string key = "\n" + KeyOf({set.first, bits, set.words});
    const std::size_t at = rules.find(key);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = rules.substr(at + key.size());
    return ParseTest(rest.substr(0, rest.find('\n')));
  }
  return std::nullopt;
}

std::string FormatRule(const MembershipRule& rule) {
  return KeyOf(rule.set) + fmt::format("or #{:#x}; mul #{:#x}; jset #{:#x}", rule.test.set_bits,
                                       rule.test.multiplier, rule.test.mask);
}

std::optional<MembershipRule> ParseRule(std::string_view line) {
  MembershipRule rule;
  const auto last = TakeNumber(line, "v[");
  const auto first = TakeNumber(line, ":");
  if (!last || !first || *first > *last || *last > 31 || *last - *first > 15) return std::nullopt;
  rule.set.first = *first;
  rule.set.bits = *last - *first + 1;
  for (std::string_view before = "] in {"; line.substr(0, 3) != "}: "; before = ", ") {
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
