// libseccomp's exports, optimized: proven, never larger, the same on calls around everything that they test,
// and as small and fast as sets of system calls can be.
#include "profiles.h"

#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpfopt/optimizer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <linux/seccomp.h>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::seccomp {
namespace {

std::span<const std::uint8_t> BytesOf(const seccomp_data& data) {
  return {reinterpret_cast<const std::uint8_t*>(&data), sizeof data};
}

bpf::Outcome RunOn(const Program& program, const seccomp_data& data) {
  return bpf::Run(program, Target::kSeccomp, {BytesOf(data), sizeof data, {}});
}

// Every constant that the program compares with, and its neighbours.
std::vector<std::uint32_t> InterestingWords(const Program& program) {
  std::set<std::uint32_t> words = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x40000000};
  for (const Instruction& instruction : program) {
    if (!bpf::IsConditionalJump(instruction.code)) continue;
    for (const std::uint32_t word : {instruction.k - 1, instruction.k, instruction.k + 1}) words.insert(word);
  }
  return {words.begin(), words.end()};
}

// Calls of every architecture: all numbers that may matter, each with some random arguments of words that
// may.
std::vector<seccomp_data> Calls(const Program& program, std::size_t each, unsigned seed) {
  std::mt19937 random(seed);
  const std::vector<std::uint32_t> words = InterestingWords(program);
  std::set<std::uint32_t> numbers(words.begin(), words.end());
  for (std::uint32_t number = 0; number < 480; ++number) numbers.insert(number);
  std::vector<seccomp_data> calls;
  for (const std::uint32_t architecture : Architectures()) {
    for (const std::uint32_t number : numbers) {
      for (std::size_t i = 0; i < each; ++i) {
        seccomp_data call = {};
        call.nr = static_cast<int>(number);
        call.arch = architecture;
        for (auto& argument : call.args) {
          const auto word = [&]() -> std::uint64_t {
            return random() % 3 == 0 ? 0 : words[random() % words.size()];
          };
          argument = word() << 32 | word();
        }
        calls.push_back(call);
      }
    }
  }
  return calls;
}

void ExpectSameOutcomes(const Program& source, const Program& result) {
  constexpr std::size_t kEach = kIsSanitized ? 1 : 3;
  for (const seccomp_data& call : Calls(source, kEach, 3)) {
    const std::uint32_t expected = RunOn(source, call).verdict;
    ASSERT_EQ(RunOn(result, call).verdict, expected)
        << fmt::format("call {:#x} of {:#x}, arguments {:#x} {:#x} {:#x} {:#x} {:#x} {:#x}\n",
                       static_cast<std::uint32_t>(call.nr), call.arch, call.args[0], call.args[1],
                       call.args[2], call.args[3], call.args[4], call.args[5])
        << bpf::FormatAssembly(result);
  }
}

CompileResult Optimized(const Program& program, int level = 2) {
  auto result = Optimize(program, OptionsForTests(level));
  EXPECT_TRUE(result) << result.error().message;
  return result ? std::move(*result) : CompileResult{};
}

class ProfileTest : public testing::TestWithParam<Profile> {};

TEST_P(ProfileTest, IsProvenAndNoLarger) {
  const Program& source = GetParam().program;
  const CompileResult result = Optimized(source);
  EXPECT_TRUE(result.proven);
  EXPECT_LE(result.program.size(), source.size());
  EXPECT_TRUE(bpf::Check(result.program, {.target = Target::kSeccomp}).empty());
  ExpectSameOutcomes(source, result.program);
}

TEST_P(ProfileTest, LiftedAndEmittedAgainMeansTheSame) {
  const Program& source = GetParam().program;
  const CompileResult result = Optimized(source, 0);
  EXPECT_TRUE(bpf::Check(result.program, {.target = Target::kSeccomp}).empty());
  ExpectSameOutcomes(source, result.program);
}

INSTANTIATE_TEST_SUITE_P(Seccomp, ProfileTest, testing::ValuesIn(Profiles()),
                         [](const auto& instance) { return instance.param.name; });

// Instructions executed for each call from 0 on, and for those that are allowed.
struct Executed {
  std::uint64_t all = 0;
  std::uint64_t allowed = 0;
};

Executed ExecutedOf(const Program& program, std::uint32_t calls) {
  Executed executed;
  for (std::uint32_t number = 0; number < calls; ++number) {
    seccomp_data call = {};
    call.nr = static_cast<int>(number);
    call.arch = Architectures()[0];
    const bpf::Outcome outcome = RunOn(program, call);
    executed.all += outcome.executed;
    if (outcome.verdict == SECCOMP_RET_ALLOW) executed.allowed += outcome.executed;
  }
  return executed;
}

class RandomSetTest : public testing::TestWithParam<std::size_t> {};

TEST_P(RandomSetTest, IsSmallAndFast) {
  const std::size_t count = GetParam();
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    const Program linear = RandomAllowList(seed, count, SECCOMP_RET_KILL_THREAD, Form::kLinear);
    const Program tree = RandomAllowList(seed, count, SECCOMP_RET_KILL_THREAD, Form::kTree);
    const CompileResult result = Optimized(linear);
    EXPECT_TRUE(result.proven);
    EXPECT_LE(result.program.size(), 60U);
    const Executed ours = ExecutedOf(result.program, kRandomCalls);
    const Executed theirs = ExecutedOf(tree, kRandomCalls);
    EXPECT_LE(10 * ours.all, 11 * theirs.all) << bpf::FormatAssembly(result.program);
    EXPECT_LE(10 * ours.allowed, 11 * theirs.allowed) << bpf::FormatAssembly(result.program);
  }
}

INSTANTIATE_TEST_SUITE_P(Seccomp, RandomSetTest, testing::Values(100, 200, 300),
                         [](const auto& instance) { return std::to_string(instance.param); });

TEST(ContainerProfile, IsSmallAndFast) {
  const std::uint32_t fails = SECCOMP_RET_ERRNO | 1;
  const Program linear = ContainerProfile(fails, Form::kLinear);
  const Program tree = ContainerProfile(fails, Form::kTree);
  const CompileResult result = Optimized(linear);
  EXPECT_TRUE(result.proven);
  EXPECT_LE(3 * result.program.size(), linear.size());
  const Executed ours = ExecutedOf(result.program, 470);
  const Executed theirs = ExecutedOf(tree, 470);
  EXPECT_LE(ours.all, theirs.all);
  EXPECT_LE(ours.allowed, theirs.allowed);
}

}  // namespace
}  // namespace bpfopt::seccomp
