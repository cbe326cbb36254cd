// libseccomp's filters as test parameters.
#ifndef BPFOPT_TESTS_SECCOMP_PROFILES_H
#define BPFOPT_TESTS_SECCOMP_PROFILES_H

#include "bench/seccomp_profiles.h"
#include "bpfopt/optimizer.h"

#include <string>
#include <vector>

namespace bpfopt::seccomp {

struct Profile {
  std::string name;
  Program program;
};

// Sanitizers make everything several times as slow.
#ifdef BPFOPT_IS_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

// All that bench/seccomp_profiles.h has in both forms, and some under other default actions than an errno;
// fewer under sanitizers.
std::vector<Profile> Profiles();

OptimizeOptions OptionsForTests(int level = 2);

}  // namespace bpfopt::seccomp

#endif  // BPFOPT_TESTS_SECCOMP_PROFILES_H
