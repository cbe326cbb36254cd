// Is a value one of a few words? Decided by three instructions, however many words there are:
//
//   jeq #0x6, yes;  jeq #0x11, yes;  jeq #0x84, yes, no
// becomes, for the low byte of A, whatever the other bytes are,
//   or #0xffffff00;  mul #0x411;  jset #0x1c818, no, yes
//
// The product's bits under the mask are all 0 for the words of the set and for no other word of that width. A
// multiplier that does this is found by trying: the mask is what none of the set's products has a bit in.
// Sets that take long are in backend/rules.txt, which `bpfopt-learn-rules` writes.
#ifndef BPFOPT_BACKEND_MEMBERSHIP_H
#define BPFOPT_BACKEND_MEMBERSHIP_H

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
  std::vector<std::uint32_t> words;

  std::uint32_t largest() const { return (1U << bits) - 1; }
  std::uint32_t other_bits() const { return ~(largest() << first); }
  friend bool operator==(const WordSet&, const WordSet&) = default;
};

// The slice of v is a word of the set when ((v | set_bits) * multiplier) & mask is 0. set_bits are all bits
// but those of the slice.
struct MembershipTest {
  std::uint32_t set_bits = 0;
  std::uint32_t multiplier = 0;
  std::uint32_t mask = 0;

  friend bool operator==(const MembershipTest&, const MembershipTest&) = default;
};
inline constexpr unsigned kMembershipCost = 3;  // instructions
inline constexpr std::size_t kMostMembers = 8;  // more have no test, by all that was tried

// Whether the test is right for every word of that width: all of them are tried.
bool Decides(const MembershipTest& test, const WordSet& set);

// The test with the smallest multiplier. Takes words tried off `steps`; nothing when they run out.
std::optional<MembershipTest> SearchMembershipTest(const WordSet& set, std::uint64_t& steps);

// What `rules` has on the set, right or not; also by a rule on wider words, which have to be below 2^bits
// then: `is_exact` forbids these.
std::optional<MembershipTest> LookUpMembershipTest(const WordSet& set, bool is_exact, std::string_view rules);

// A rule as text, and back: "v[7:0] in {6, 17, 132}: or #0xffffff00; mul #0x411; jset #0x1c818".
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
