// Switches with two outcomes, one of them for a few words, become the test of backend/membership.h.
//
//   b1: jump b3(ld[20] & 0x1fff00ff)
//   b2: jump b3(ldb[20])
//   b3(%0): switch %0 { 6, 17, 132 -> yes; else -> no }
// becomes
//   b1: if ld[20] anyset 0x1fff0000 then no else b3(ld[20])
//   b2: jump b3(ldb[20])
//   b3(%0): if (%0 | 0xffffff00) * 0x411 anyset 0x1c818 then no else yes
//
// The test does not look at bits above its words, so a mask that clears them goes; one that keeps some of
// them for words of the set to lack becomes a test of its own, where the value was computed.
#ifndef BPFOPT_BACKEND_MEMBERSHIP_LOWERING_H
#define BPFOPT_BACKEND_MEMBERSHIP_LOWERING_H

#include "backend/membership.h"
#include "ir/function.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bpfopt::backend {

struct MembershipOptions {
  std::uint64_t steps = 0;  // bounds the search for each switch whose set no rule has
  std::string_view rules = BuiltInRules();
  std::vector<WordSet>* missing = nullptr;  // gets the sets that the search fails on
};

// Does so where it may pay, and returns where: a program without is to be made as well, and compared.
// Afterwards RemoveUnreachable() orders the blocks.
std::size_t LowerMemberships(ir::Function& function, const MembershipOptions& options);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_MEMBERSHIP_LOWERING_H
