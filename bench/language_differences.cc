// A row for each known difference.
#include "bench/language_differences.h"

#include <algorithm>
#include <iterator>
#include <regex>
#include <string>

namespace bpfopt::bench {
namespace {

constexpr ExplainedDifference kDifferences[] = {
    {LanguageOutcome::kOnlyBpfopt, "^(division|modulus) by zero$", R"([/%])",
     "libpcap takes the index of an accessor on the right, when it is the constant 0, for the divisor"},
    {LanguageOutcome::kOnlyBpfopt, "^shift by more than 31 bits$", R"(<<|>>)",
     "libpcap takes the index of an accessor on the right, when it is a constant above 31, for the shift"},
    {LanguageOutcome::kOnlyBpfopt, "^too many registers needed to evaluate expression$", "",
     "libpcap has 16 registers for arithmetic and frees them late; bpfopt has no such limit"},
    {LanguageOutcome::kOnlyBpfopt, "syntax error$", R"([^&|][&|]([^&|]|$)|~|when|rand|")",
     "`&`, `|` and `~` connect predicates in bpfopt, which also has `when`, `rand` and quoted names"},
    {LanguageOutcome::kOnlyBpfopt, "^'gateway' not supported in this configuration$", "",
     "libpcap refuses `gateway` wherever it knows IPv6"},
    {LanguageOutcome::kOnlyLibpcap, "^'(inbound|outbound|ifindex)' asks the kernel on", "vlan",
     "a program that asks the kernel also asks it for VLAN tags, which libpcap does only on an open "
     "interface; "
     "`--target linux` compiles the filter"},
    {LanguageOutcome::kOnlyLibpcap, "^'(inbound|outbound|ifindex)' (cannot be told of|asks the kernel on)",
     "",
     "libpcap adds where the header begins to the place of the kernel's word, and reads another or nothing"},
    {LanguageOutcome::kOnlyLibpcap, "DECnet", "",
     "libpcap keeps the low bits of an area, a node or a number that is too large, ignores a third part, and "
     "takes a network for a host; no packet has the address that was written"},
    {LanguageOutcome::kOnlyLibpcap, "is not expected after the port range$", "",
     "libpcap ignores what follows a range"},
    {LanguageOutcome::kUndecided, "^the budget of solver steps ran out$", R"([*/%])",
     "products, quotients and remainders of two words of a packet are hard for the solver"},
};

bool Holds(const std::string& text, std::string_view pattern) {
  return std::regex_search(text, std::regex(pattern.begin(), pattern.end()));
}

}  // namespace

std::span<const ExplainedDifference> ExplainedDifferences() { return kDifferences; }

const std::string& DecidingMessage(const LanguageJudgement& judgement) {
  switch (judgement.outcome) {
    case LanguageOutcome::kOnlyLibpcap:
      return judgement.ours;
    case LanguageOutcome::kUndecided:
      return judgement.packet;
    default:
      return judgement.theirs;
  }
}

const ExplainedDifference* Explanation(const JudgedFilter& judged) {
  const std::string& message = DecidingMessage(judged.judgement);
  const auto* found =
      std::find_if(std::begin(kDifferences), std::end(kDifferences), [&](const ExplainedDifference& each) {
        return each.outcome == judged.judgement.outcome && Holds(message, each.message) &&
               (each.filter.empty() || Holds(judged.filter.text, each.filter));
      });
  return found == std::end(kDifferences) ? nullptr : found;
}

}  // namespace bpfopt::bench
