// Learns backend/rules.txt: the tests of membership that filters want and that a compile's own search does
// not find in its steps.
#ifndef BPFOPT_DRIVER_LEARN_RULES_H
#define BPFOPT_DRIVER_LEARN_RULES_H

#include "backend/membership.h"
#include "bpfopt/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bpfopt::driver {

struct LearnedFrom {
  std::string link_type;
  std::string filter;
};

// Rules for the sets that the filters ask for, each set once, in the order of their first filter, without
// those that no test is found for in `steps` (backend::SearchMembershipTest). Filters that do not compile,
// for names that do not resolve here, are an error. Deterministic.
Expected<std::vector<backend::MembershipRule>> LearnRules(const std::vector<LearnedFrom>& filters,
                                                          std::uint64_t steps);

// The file: a comment and the rules, one a line.
std::string FormatRules(const std::vector<backend::MembershipRule>& rules);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_LEARN_RULES_H
