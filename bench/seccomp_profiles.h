// System-call filters as programs have them: rules added to libseccomp one by one, exported as bytecode.
#ifndef BPFOPT_BENCH_SECCOMP_PROFILES_H
#define BPFOPT_BENCH_SECCOMP_PROFILES_H

#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::seccomp {

// Of libseccomp's export: one comparison after the other, or its binary tree.
enum class Form { kLinear, kTree };

// The words that struct seccomp_data is made of here: the machine's own architecture, an x86 of 32 bits and
// others.
std::vector<std::uint32_t> Architectures();

// `count` random calls of 0..334 are allowed.
inline constexpr std::uint32_t kRandomCalls = 335;
Program RandomAllowList(unsigned seed, std::size_t count, std::uint32_t default_action, Form form);

// Every comparison that libseccomp knows, on all six arguments, with values that take one and both halves.
Program ArgumentTests(std::uint32_t default_action, Form form);

// Calls by name for several architectures at once, whose numbers differ.
Program SeveralArchitectures(std::uint32_t default_action, Form form);

// What a container may call: some 300 calls, clone without new namespaces, a few personalities, most kinds of
// sockets; other calls fail with EPERM.
Program ContainerProfile(std::uint32_t default_action, Form form);

}  // namespace bpfopt::seccomp

#endif  // BPFOPT_BENCH_SECCOMP_PROFILES_H
