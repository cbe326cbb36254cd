// The seccomp target against the running kernel. A filter cannot be taken off again, so each program gets a
// process of its own, which reports through shared memory: once a random filter stands, no system call is
// sure to return, not even the one that ends the process.
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "random_program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <random>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

constexpr long kProbe = 0x1234567;  // no system call has this number
constexpr std::array<std::uint64_t, 6> kArguments = {1,  0xfedcba9876543210, 0,
                                                     40, 0x80000000,         ~std::uint64_t{0}};
constexpr std::uint32_t kMaxErrno = 4095;

struct Report {
  volatile int attached;  // 0, or errno
  volatile long probe;    // what the probing call gave: -errno
};

// The bytes of struct seccomp_data for the probing call, but for the instruction pointer, which is not known.
std::vector<std::uint8_t> ProbeData() {
  seccomp_data data = {};
  data.nr = static_cast<int>(kProbe);
  data.arch = AUDIT_ARCH_X86_64;
  std::memcpy(data.args, kArguments.data(), sizeof data.args);
  std::vector<std::uint8_t> bytes(sizeof data);
  std::memcpy(bytes.data(), &data, sizeof data);
  return bytes;
}

long Probe() {
  const auto& a = kArguments;
  const long result = syscall(kProbe, a[0], a[1], a[2], a[3], a[4], a[5]);
  return result == -1 ? -errno : result;
}

class SeccompKernel : public testing::Test {
 protected:
  void SetUp() override {
    void* memory = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    report_ = static_cast<Report*>(memory);
    Run({{kRet | kK, 0, 0, SECCOMP_RET_ALLOW}});
    if (report_->attached != 0)
      GTEST_SKIP() << "seccomp filters are not to be had here: the kernel cannot be asked";
  }
  void TearDown() override { munmap(report_, sizeof(Report)); }

  void Run(const Program& program) {
    report_->attached = -1;
    report_->probe = 1;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) Attach(program);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
  }

  Report* report_ = nullptr;

 private:
  // Without the address sanitizer, which makes system calls before what does not return.
  [[noreturn, gnu::no_sanitize_address]] void Attach(const Program& program) {
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
    if (result != 0) _exit(0);
    report_->probe = Probe();
    __builtin_trap();
  }
};

// The verdict in a form that the probing call can see: an errno of 12 bits.
Program ReturnErrno(const Program& program) {
  Program result = program;
  for (Instruction& instruction : result) {
    if (instruction.code == (kRet | kA)) instruction = {kJmp | kJa, 0, 0, 0};
    if (instruction.code == (kRet | kK)) instruction.k = SECCOMP_RET_ERRNO | (instruction.k & 0x7ff);
  }
  // A returned A: its low bits, told from constants by the bit above them.
  const std::size_t epilogue = result.size();
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (program[i].code == (kRet | kA)) result[i].k = static_cast<std::uint32_t>(epilogue - i - 1);
  }
  result.push_back({kAlu | kAnd | kK, 0, 0, 0x7ff});
  result.push_back({kAlu | kOr | kK, 0, 0, SECCOMP_RET_ERRNO | 0x800});
  result.push_back({kRet | kA, 0, 0, 0});
  return result;
}

bool ReadsInstructionPointer(const Program& program) {
  for (const Instruction& instruction : program) {
    if (instruction.code == (kLd | kW | kAbs) && (instruction.k == 8 || instruction.k == 12)) return true;
  }
  return false;
}

TEST_F(SeccompKernel, InterpreterAgrees) {
#ifndef __x86_64__
  GTEST_SKIP() << "the expected struct seccomp_data is that of x86-64";
#endif
  std::mt19937 random(5);
  const std::vector<std::uint8_t> data = ProbeData();
  std::size_t compared = 0;
  for (int round = 0; round < 400; ++round) {
    const Program program = ReturnErrno(RandomProgram(random, 24, Target::kSeccomp));
    if (ReadsInstructionPointer(program) || !Check(program, {Target::kSeccomp}).empty()) continue;
    ASSERT_NO_FATAL_FAILURE(Run(program));
    ASSERT_EQ(report_->attached, 0) << FormatAssembly(program);
    const Outcome outcome = bpf::Run(program, Target::kSeccomp, {data, 0, {}});
    if (outcome.end == End::kDivision) {
      ASSERT_EQ(report_->probe, 1) << "verdict 0 kills\n" << FormatAssembly(program);
    } else {
      ASSERT_EQ(report_->probe, -static_cast<long>(std::min(outcome.verdict & SECCOMP_RET_DATA, kMaxErrno)))
          << FormatAssembly(program);
    }
    ++compared;
  }
  EXPECT_GT(compared, 150U);
}

TEST_F(SeccompKernel, CheckerAgreesOnEveryCode) {
  for (unsigned code = 0; code <= 0xff; ++code) {
    for (const std::uint32_t k : {0U, 4U}) {
      const Program program = {{kSt, 0, 0, k},       {static_cast<std::uint16_t>(code), 0, 0, k},
                               {kRet | kK, 0, 0, 0}, {kRet | kK, 0, 0, 0},
                               {kRet | kK, 0, 0, 0}, {kRet | kK, 0, 0, 0},
                               {kRet | kK, 0, 0, 0}};
      ASSERT_NO_FATAL_FAILURE(Run(program));
      ASSERT_EQ(Check(program, {Target::kSeccomp}).empty(), report_->attached == 0)
          << report_->attached << "\n"
          << FormatAssembly(program);
    }
  }
}

TEST_F(SeccompKernel, CheckerAgreesOnOffsets) {
  for (const std::uint32_t k : {56U, 60U, 62U, 63U, 64U, 68U, 0x80000000U, kAncillaryOffset, 0xfffffffcU}) {
    for (const std::uint16_t code : {kLd | kW | kAbs, kLd | kH | kAbs, kLd | kB | kAbs}) {
      const Program program = {{code, 0, 0, k}, {kRet | kA, 0, 0, 0}};
      ASSERT_NO_FATAL_FAILURE(Run(program));
      ASSERT_EQ(Check(program, {Target::kSeccomp}).empty(), report_->attached == 0)
          << FormatAssembly(program);
    }
  }
}

}  // namespace
}  // namespace bpfopt::bpf
