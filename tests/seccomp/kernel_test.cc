// Optimized filters where they are used: in the running kernel, on real system calls. A filter cannot be
// taken off again, so each gets a process of its own, which reports through shared memory.
//
// What a filter decides is made visible and harmless by giving each action an errno of its own: no call is
// carried out then, whatever its number. A few calls are also made under the filter as it is.
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpfopt/optimizer.h"
#include "profiles.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <map>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

namespace bpfopt::seccomp {
namespace {

constexpr long kCallNumbers = 500;
constexpr long kX32 = 0x40000000;
// uretprobe and uprobe of x86-64, which no filter sees: they kill whoever makes them without a probe.
constexpr std::array<long, 2> kUnfiltered = {335, 336};
using Arguments = std::array<std::uint64_t, 6>;
constexpr std::array<Arguments, 8> kArguments = {{
    {0, 0, 0, 0, 0, 0},
    {1, 2, 3, 4, 5, 6},
    {7, 21, 7, 0x1500000000, 20, 0x42},
    {0x80000000, 13, 0x500000005, 0x80000000, 0x100000000, 0x4200000042},
    {0xfedcba9876543210, 8, 0xfedcba9876543210, 0xfedcba9876543210, 7, 0xfedcba9876543210},
    {0xffffffff, 101, 0x500000005, 0xffffffff, 0xffffffff, 0xffffffff},
    {0x20008, 5, 0x100000001, 0xfedcba9876543211, 0xfedcba987654320f, 0x80000001},
    {~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0},
     ~std::uint64_t{0}},
}};

struct Report {
  volatile int attached;  // 0, or errno
  volatile std::size_t calls;
  std::array<long, 2 * kCallNumbers * kArguments.size()> outcomes;  // of the calls, -errno when one failed
};

long Call(long number, const Arguments& a) {
  const long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return result == -1 ? -errno : result;
}

class SeccompInKernel : public testing::TestWithParam<Profile> {
 protected:
  void SetUp() override {
    void* memory = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    report_ = static_cast<Report*>(memory);
    InChild({{bpf::kRet | bpf::kK, 0, 0, SECCOMP_RET_ALLOW}}, [] {});
    if (report_->attached != 0) {
      GTEST_SKIP() << "seccomp filters are not to be had here: the kernel cannot be asked";
    }
  }
  void TearDown() override { munmap(report_, sizeof(Report)); }

  // Runs `make_calls` under the filter; gives how the process ended.
  template <typename MakeCalls>
  int InChild(const Program& program, MakeCalls make_calls) {
    report_->attached = -1;
    report_->calls = 0;
    const pid_t child = fork();
    if (child == 0) {
      Attach(program);
      if (report_->attached == 0) make_calls();
      __builtin_trap();  // needs no system call
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
  }

  void Note(long outcome) {
    const std::size_t call = report_->calls;
    report_->outcomes[call] = outcome;
    report_->calls = call + 1;
  }

  std::vector<long> Outcomes() const {
    return {report_->outcomes.begin(),
            report_->outcomes.begin() + static_cast<std::ptrdiff_t>(report_->calls)};
  }

  Report* report_ = nullptr;

 private:
  void Attach(const Program& program) {
    sock_fprog argument = {static_cast<unsigned short>(program.size()),
                           // Same layout; the kernel only reads.
                           reinterpret_cast<sock_filter*>(const_cast<Instruction*>(program.data()))};
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    // A sanitizer's handler would report the trap, and try for ever to end the process by calls that are
    // refused.
    for (const int deadly : {SIGILL, SIGSEGV, SIGTRAP}) signal(deadly, SIG_DFL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &argument);
    report_->attached = result == 0 ? 0 : errno;
  }
};

Program OptimizedProgram(const Program& program) {
  const auto result = Optimize(program, OptionsForTests());
  EXPECT_TRUE(result) << result.error().message;
  return result ? result->program : program;
}

// The errnos that stand for the actions that `program` returns by constants.
std::map<std::uint32_t, std::uint32_t> ErrnosOf(const Program& program) {
  std::map<std::uint32_t, std::uint32_t> errnos;
  for (const Instruction& instruction : program) {
    if (instruction.code != (bpf::kRet | bpf::kK)) continue;
    errnos.emplace(instruction.k, 1001 + static_cast<std::uint32_t>(errnos.size()));
  }
  return errnos;
}

// The program with errnos for actions, those that it returns in A included.
Program ReturnErrnos(Program program, const std::map<std::uint32_t, std::uint32_t>& errnos) {
  const std::size_t size = program.size();
  for (std::size_t i = 0; i < size; ++i) {
    Instruction& at = program[i];
    if (at.code == (bpf::kRet | bpf::kA)) {
      at = {bpf::kJmp | bpf::kJa, 0, 0, static_cast<std::uint32_t>(size - i - 1)};
    } else if (at.code == (bpf::kRet | bpf::kK)) {
      at.k = SECCOMP_RET_ERRNO | errnos.at(at.k);
    }
  }
  for (const auto& [action, number] : errnos) {
    program.push_back({bpf::kJmp | bpf::kJeq | bpf::kK, 0, 1, action});
    program.push_back({bpf::kRet | bpf::kK, 0, 0, SECCOMP_RET_ERRNO | number});
  }
  program.push_back({bpf::kRet | bpf::kK, 0, 0, SECCOMP_RET_ERRNO | 1000});
  return program;
}

TEST_P(SeccompInKernel, EveryCallIsDecidedAsBefore) {
  const Program& source = GetParam().program;
  const Program optimized = OptimizedProgram(source);
  const auto errnos = ErrnosOf(source);
  const auto call_all = [this] {
    for (const long base : {0L, kX32}) {
      for (long number = 0; number < kCallNumbers; ++number) {
        const bool is_seen =
            std::find(kUnfiltered.begin(), kUnfiltered.end(), base + number) == kUnfiltered.end();
        if (!is_seen) continue;
        for (const Arguments& arguments : kArguments) Note(Call(base + number, arguments));
      }
    }
  };
  InChild(ReturnErrnos(source, errnos), call_all);
  ASSERT_EQ(report_->attached, 0);
  const std::vector<long> expected = Outcomes();
  ASSERT_EQ(expected.size(), (2 * kCallNumbers - kUnfiltered.size()) * kArguments.size());
  InChild(ReturnErrnos(optimized, errnos), call_all);
  ASSERT_EQ(report_->attached, 0);
  const std::vector<long> outcomes = Outcomes();
  ASSERT_EQ(outcomes.size(), expected.size());
  std::map<long, std::size_t> times;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(outcomes[i], expected[i])
        << "number " << i / kArguments.size() << " with arguments " << i % kArguments.size() << "\n"
        << bpf::FormatAssembly(optimized);
    ++times[outcomes[i]];
  }
  // The calls reach more than one action, and nothing but actions.
  EXPECT_GT(times.size(), 1U);
  for (const auto& [outcome, count] : times) {
    EXPECT_LE(outcome, -1001);
    EXPECT_GE(outcome, -1000 - static_cast<long>(errnos.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, SeccompInKernel, testing::ValuesIn(Profiles()),
                         [](const auto& instance) { return instance.param.name; });

using ContainerInKernel = SeccompInKernel;

// The filter as it is: what a container may do works, and what it may not fails.
TEST_P(ContainerInKernel, WorksInside) {
  const auto make_calls = [this] {
    int ends[2];
    char byte = 'x';
    Note(Call(SYS_getpid, {}) > 0 ? 1 : 0);
    Note(Call(SYS_pipe2, {reinterpret_cast<std::uint64_t>(ends), 0, 0, 0, 0, 0}));
    Note(Call(SYS_write,
              {static_cast<std::uint64_t>(ends[1]), reinterpret_cast<std::uint64_t>(&byte), 1, 0, 0, 0}));
    Note(Call(SYS_read,
              {static_cast<std::uint64_t>(ends[0]), reinterpret_cast<std::uint64_t>(&byte), 1, 0, 0, 0}));
    Note(Call(SYS_close, {~std::uint64_t{0}, 0, 0, 0, 0, 0}));
    Note(Call(SYS_personality, {0xffffffff, 0, 0, 0, 0, 0}) >= 0 ? 1 : 0);
    Note(Call(SYS_personality, {ADDR_NO_RANDOMIZE, 0, 0, 0, 0, 0}));
    Note(Call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0, 0, 0, 0}) >= 0 ? 1 : 0);
    Note(Call(SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0, 0, 0, 0}));
    Note(Call(SYS_clone, {CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0, 0}));
    Note(Call(SYS_unshare, {CLONE_NEWUSER, 0, 0, 0, 0, 0}));
    Note(Call(435, {}));  // clone3
    Note(Call(SYS_mount, {}));
    Note(Call(SYS_add_key, {}));
  };
  InChild(OptimizedProgram(GetParam().program), make_calls);
  ASSERT_EQ(report_->attached, 0);
  EXPECT_EQ(Outcomes(), (std::vector<long>{1, 0, 1, 1, -EBADF, 1, -EPERM, 1, -EPERM, -EPERM, -EPERM, -ENOSYS,
                                           -EPERM, -EPERM}));
}

INSTANTIATE_TEST_SUITE_P(
    Container, ContainerInKernel,
    testing::Values(Profile{"linear", ContainerProfile(SECCOMP_RET_ERRNO | EPERM, Form::kLinear)},
                    Profile{"tree", ContainerProfile(SECCOMP_RET_ERRNO | EPERM, Form::kTree)}),
    [](const auto& instance) { return instance.param.name; });

using KillInKernel = SeccompInKernel;

TEST_P(KillInKernel, ARefusedCallKills) {
  const int status = InChild(OptimizedProgram(GetParam().program), [this] {
    Note(Call(SYS_getpid, {}) > 0 ? 1 : 0);
    Note(Call(SYS_mount, {}));
  });
  ASSERT_EQ(report_->attached, 0);
  EXPECT_EQ(Outcomes(), (std::vector<long>{1}));
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

INSTANTIATE_TEST_SUITE_P(Container, KillInKernel,
                         testing::Values(Profile{"linear",
                                                 ContainerProfile(SECCOMP_RET_KILL_PROCESS, Form::kLinear)}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bpfopt::seccomp
