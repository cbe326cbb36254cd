// Is a value one of a few words? Decided by two or three instructions, however many words there are:
//
//   jeq #0x6, yes;  jeq #0x11, yes;  jeq #0x84, yes, no
// becomes, for the low byte of A, whatever the other bytes are,
//   or #0xffffff00;  mul #0x411;  jset #0x1c818, no, yes
//
// The last test's mask is what none of the set's images has a bit in; all other words' images must have one.
// A multiplier that does this is found by trying. Sets that take long are in backend/rules.txt, which
// `bpfopt-learn-rules` writes.
#ifndef BPFOPT_BACKEND_MEMBERSHIP_H
#define BPFOPT_BACKEND_MEMBERSHIP_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::backend {

// What a slice of a value, `bits` of them from bit `first` on, may be: words below 2^bits, ascending. There
// are 1 to 16 bits: a test is tried on all their words.
struct WordSet {
  unsigned first = 0;
  unsigned bits = 0;
  bool is_whole = false;  // the value has no other bits; first is 0
  std::vector<std::uint32_t> words;
  std::vector<std::uint32_t> absent = {};  // others that the slice is known not to be, ascending

  std::uint32_t largest() const { return (1U << bits) - 1; }
  std::uint32_t other_bits() const { return ~(largest() << first); }
  friend bool operator==(const WordSet&, const WordSet&) = default;
};

// v is in the set when (f(v) * multiplier) & mask is 0, where f(v) is `v | operand`, `v - operand` or v.
struct MembershipTest {
  enum class First : std::uint8_t { kNone, kOr, kSub };
  First first = First::kNone;
  std::uint32_t operand = 0;
  std::uint32_t multiplier = 1;
  std::uint32_t mask = 0;

  std::size_t cost() const { return 1U + (first == First::kNone ? 0 : 1) + (multiplier == 1 ? 0 : 1); }
  std::uint32_t ImageOf(std::uint32_t value) const {
    const std::uint32_t start = first == First::kOr    ? value | operand
                                : first == First::kSub ? value - operand
                                                       : value;
    return start * multiplier & mask;
  }
  friend bool operator==(const MembershipTest&, const MembershipTest&) = default;
};
inline constexpr std::size_t kMostMembers =
    8;  // of more, no test was ever found but for the first form below

// Whether the test is right for every word of that width, whatever the bits beside the slice: all words are
// tried, and that the other bits do not matter follows from the test's form.
bool Decides(const MembershipTest& test, const WordSet& set);

// The cheapest of these, and then the one with the smallest multiplier:
//
//   sub #c; jset #k           a set of c plus each sum of some powers of two
//   mul #m; jset #k           a set with 0 in it, of whole values
//   sub #c; mul #m; jset #k   c one of the words: whole values
//   or #c; mul #m; jset #k    c all bits beside the slice
//
// Takes words tried off `steps`; nothing when they run out.
std::optional<MembershipTest> SearchMembershipTest(const WordSet& set, std::uint64_t& steps);

// What `rules` has on the set, right or not; `absent` plays no part. A rule on a slice serves whole values
// too, and one on more bits values that lack these.
std::optional<MembershipTest> LookUpMembershipTest(const WordSet& set, std::string_view rules);

// A rule as text, and back:
//   v[7:0] in {6, 17, 132}: or #0xffffff00; mul #0x411; jset #0x1c818     of a slice
//   v<8> in {0, 1, 6}: mul #0x25; jset #0x50                              of values of 8 bits
struct MembershipRule {
  WordSet set;
  MembershipTest test;
  friend bool operator==(const MembershipRule&, const MembershipRule&) = default;
};
std::string FormatRule(const MembershipRule& rule);
std::optional<MembershipRule> ParseRule(std::string_view line);

// The text of backend/rules.txt, as it was when this was built: rules, one a line, and comments from '#' on.
std::string_view BuiltInRules();

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_MEMBERSHIP_H
