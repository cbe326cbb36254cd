#include "verifier/permission.h"

#include <algorithm>
#include <array>

namespace bpfopt::verifier {
namespace {

// The high halves of SECCOMP_RET_*, as linux/seccomp.h has them, by rank.
constexpr std::array<std::uint32_t, 8> kActions = {
    0x8000,  // KILL_PROCESS
    0x0000,  // KILL_THREAD
    0x0003,  // TRAP
    0x0005,  // ERRNO
    0x7fc0,  // USER_NOTIF
    0x7ff0,  // TRACE
    0x7ffc,  // LOG
    0x7fff,  // ALLOW
};

}  // namespace

unsigned HighestPermission(Target rules) { return rules == Target::kSeccomp ? kActions.size() - 1 : 1; }

unsigned PermissionOf(std::uint32_t verdict, Target rules) {
  if (rules != Target::kSeccomp) return verdict == 0 ? 0 : 1;
  const auto* const action = std::find(kActions.begin(), kActions.end(), verdict >> 16);
  return action == kActions.end() ? 0 : static_cast<unsigned>(action - kActions.begin());
}

smt::Term PermitsAtLeast(smt::Term verdict, unsigned least, Target rules, smt::Context& terms) {
  if (rules != Target::kSeccomp) return terms.Not(terms.Eq(verdict, terms.Constant(0, 32)));
  smt::Term permits = terms.False();
  for (unsigned rank = least; rank < kActions.size(); ++rank) {
    const smt::Term is_action = terms.Eq(terms.Extract(verdict, 31, 16), terms.Constant(kActions[rank], 16));
    permits = terms.Or(permits, is_action);
  }
  return permits;
}

}  // namespace bpfopt::verifier
