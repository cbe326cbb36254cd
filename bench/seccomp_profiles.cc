#include "bench/seccomp_profiles.h"

#include "bench/container_calls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <seccomp.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::seccomp {
namespace {

constexpr std::uint32_t kAllow = SCMP_ACT_ALLOW;

// A filter of libseccomp's in the making. Throws what libseccomp refuses: a fault of the test.
class Filter {
 public:
  Filter(std::uint32_t default_action, Form form) : context_(seccomp_init(default_action)) {
    if (context_ == nullptr) throw std::runtime_error("seccomp_init");
    if (form == Form::kTree) Demand(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  }
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void AddArchitecture(std::uint32_t token) { Demand(seccomp_arch_add(context_, token), "arch_add"); }

  void Add(std::uint32_t action, int call, const std::vector<scmp_arg_cmp>& tests = {}) {
    const int result =
        seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(tests.size()), tests.data());
    Demand(result, fmt::format("rule_add for call {}", call));
  }

  // By name; libraries and kernels know different ones.
  void Add(std::uint32_t action, const char* name, const std::vector<scmp_arg_cmp>& tests = {}) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call != __NR_SCMP_ERROR) Add(action, call, tests);
  }

  Program Export() const {
    const int file = memfd_create("filter", 0);
    if (file < 0) throw std::runtime_error("memfd_create");
    Demand(seccomp_export_bpf(context_, file), "export_bpf");
    Program program(static_cast<std::size_t>(lseek(file, 0, SEEK_END)) / sizeof(Instruction));
    static_assert(sizeof(Instruction) == 8);  // the layout of struct sock_filter
    const ssize_t bytes = pread(file, program.data(), program.size() * sizeof(Instruction), 0);
    close(file);
    if (bytes != static_cast<ssize_t>(program.size() * sizeof(Instruction)))
      throw std::runtime_error("pread");
    return program;
  }

 private:
  static void Demand(int result, const std::string& what) {
    if (result != 0)
      throw std::runtime_error(fmt::format("libseccomp: {}: {}", what, std::strerror(-result)));
  }

  scmp_filter_ctx context_;
};

scmp_arg_cmp Compare(unsigned argument, scmp_compare how, std::uint64_t a, std::uint64_t b = 0) {
  return {argument, how, a, b};
}

}  // namespace

std::vector<std::uint32_t> Architectures() {
  return {seccomp_arch_native(),
          SCMP_ARCH_X86,
          SCMP_ARCH_X86_64,
          SCMP_ARCH_ARM,
          SCMP_ARCH_AARCH64,
          SCMP_ARCH_RISCV64,
          0,
          0xffffffff};
}

Program RandomAllowList(unsigned seed, std::size_t count, std::uint32_t default_action, Form form) {
  std::vector<int> calls(kRandomCalls);
  std::iota(calls.begin(), calls.end(), 0);
  std::mt19937 random(seed);
  std::shuffle(calls.begin(), calls.end(), random);
  Filter filter(default_action, form);
  for (std::size_t i = 0; i < count; ++i) filter.Add(kAllow, calls[i]);
  return filter.Export();
}

Program ArgumentTests(std::uint32_t default_action, Form form) {
  constexpr std::array<std::uint64_t, 3> kValues = {7, 0x100000000, 0xfedcba9876543210};
  constexpr std::array kOrders = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,
                                  SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT};
  Filter filter(default_action, form);
  int call = 0;
  for (const scmp_compare order : kOrders) {
    for (std::size_t i = 0; i < kValues.size(); ++i) {
      const auto argument = static_cast<unsigned>(call) % 6;
      const std::uint32_t action = i % 2 == 0 ? kAllow : SCMP_ACT_ERRNO(20 + static_cast<unsigned>(i));
      if (action != default_action) filter.Add(action, call, {Compare(argument, order, kValues[i])});
      ++call;
    }
  }
  for (const std::uint64_t mask : {std::uint64_t{0xff}, std::uint64_t{0xff00000000}, ~std::uint64_t{0}}) {
    filter.Add(kAllow, call, {Compare(5, SCMP_CMP_MASKED_EQ, mask, mask & 0x4200000042)});
    filter.Add(SCMP_ACT_TRACE(3), call + 1,
               {Compare(0, SCMP_CMP_MASKED_EQ, mask, 0), Compare(1, SCMP_CMP_GT, 100),
                Compare(2, SCMP_CMP_NE, 0x500000005)});
    call += 2;
  }
  // Several rules for one call: any of them will do.
  for (const std::uint64_t value : {1U, 2U, 3U, 5U, 8U, 13U, 21U}) {
    filter.Add(kAllow, call, {Compare(1, SCMP_CMP_EQ, value)});
    filter.Add(SCMP_ACT_ERRNO(33), call + 1,
               {Compare(3, SCMP_CMP_GE, value << 32), Compare(4, SCMP_CMP_LT, value)});
  }
  return filter.Export();
}

Program SeveralArchitectures(std::uint32_t default_action, Form form) {
  Filter filter(default_action, form);
  constexpr std::array<std::uint32_t, 6> kTokens = {SCMP_ARCH_X86_64,  SCMP_ARCH_X86, SCMP_ARCH_X32,
                                                    SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_RISCV64};
  for (const std::uint32_t token : kTokens) {
    if (token != seccomp_arch_native()) filter.AddArchitecture(token);
  }
  for (const char* name :
       {"read",   "write",  "close",      "openat",  "fstat",        "lseek",     "mmap",   "munmap", "brk",
        "ioctl",  "exit",   "exit_group", "futex",   "nanosleep",    "getpid",    "gettid", "tgkill", "uname",
        "getuid", "getgid", "geteuid",    "getegid", "rt_sigreturn", "getrandom", "rseq"}) {
    filter.Add(kAllow, name);
  }
  filter.Add(kAllow, "fcntl", {Compare(1, SCMP_CMP_LE, 4)});
  filter.Add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  return filter.Export();
}

Program ContainerProfile(std::uint32_t default_action, Form form) {
  constexpr std::uint64_t kNewNamespaces = 0x7e020000;  // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
  Filter filter(default_action, form);
  if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
    filter.AddArchitecture(SCMP_ARCH_X86);
    filter.AddArchitecture(SCMP_ARCH_X32);
  }
  for (const char* name : kContainerCalls) filter.Add(kAllow, name);
  for (const std::uint64_t persona : {0x0U, 0x8U, 0x20000U, 0x20008U, 0xffffffffU}) {
    filter.Add(kAllow, "personality", {Compare(0, SCMP_CMP_EQ, persona)});
  }
  filter.Add(kAllow, "clone", {Compare(0, SCMP_CMP_MASKED_EQ, kNewNamespaces, 0)});
  // Older programs fall back on clone, whose flags can be seen.
  if (default_action != SCMP_ACT_ERRNO(ENOSYS)) filter.Add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  for (const std::uint64_t family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET}) {
    filter.Add(kAllow, "socket", {Compare(0, SCMP_CMP_EQ, family)});
  }
  return filter.Export();
}

}  // namespace bpfopt::seccomp
