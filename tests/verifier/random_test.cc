// Random programs and one-instruction changes of them, under every target and relation: what is called equal
// must be equal on random packets, and what is called undecided must be so for want of budget.
#include "../bpf/random_program.h"
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "verifier/equivalence.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

constexpr int kPrograms = 400;
constexpr int kPackets = 60;

std::string Describe(const Program& source, const Program& result) {
  return bpf::FormatAssembly(source) + "\n" + bpf::FormatAssembly(result);
}

// Answers of the kernel that depend on all that they may depend on.
bpf::Ancillary RandomAncillary(std::uint32_t seed) {
  const auto mix = [seed](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    return ((seed ^ a) * 0x9e3779b1U + (b ^ (a >> 7))) * 0x85ebca6bU + (c ^ (b >> 5)) * 0xc2b2ae35U;
  };
  bpf::Ancillary ancillary;
  ancillary.word = [mix](std::uint32_t offset) { return mix(1, offset, 0) >> (offset % 32); };
  // One value for all draws: programs are compared draw by draw at the same instructions.
  ancillary.random = [mix](std::size_t instruction) {
    return mix(2, static_cast<std::uint32_t>(instruction), 0);
  };
  ancillary.nlattr = [mix](std::uint32_t kind, std::uint32_t a, std::uint32_t x) {
    return mix(3 + kind, a, x);
  };
  ancillary.negative = [mix](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (mix(4, k, width) % 4 == 0) return std::nullopt;
    return mix(5, k, width);
  };
  ancillary.has_device = seed % 4 != 0;
  return ancillary;
}

void CheckOnRandomPackets(const Program& source, const Program& result, const Options& options,
                          std::mt19937& random) {
  for (int i = 0; i < kPackets; ++i) {
    std::vector<std::uint8_t> bytes(options.target == Target::kSeccomp ? 64 : random() % 34);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 4);
    bpf::Packet packet{bytes, static_cast<std::uint32_t>(random() % 64), nullptr};
    const bpf::Ancillary ancillary = RandomAncillary(static_cast<std::uint32_t>(random()));
    const auto run = [&](const Program& program) {
      return bpf::Run(program, options.target, packet, ancillary);
    };
    if (options.relation == Relation::kStrict) {
      ASSERT_EQ(run(source).verdict, run(result).verdict) << Describe(source, result);
      continue;
    }
    if (run(source).verdict != 0) {
      ASSERT_NE(run(result).end, bpf::End::kFault) << Describe(source, result);
    }
    const auto salt = static_cast<std::uint64_t>(random());
    packet.continuation = [salt](std::uint64_t address) {
      return static_cast<std::uint8_t>(((address + salt) * 0x9e3779b97f4a7c15) >> 56);
    };
    ASSERT_EQ(run(source).verdict, run(result).verdict) << Describe(source, result);
  }
}

struct Tally {
  int equal = 0;
  int different = 0;
  int undecided = 0;
};

void CheckPair(const Program& source, const Program& result, Options options, std::mt19937& random,
               Tally& tally) {
  for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
    options.relation = relation;
    const Verdict verdict = CheckEquivalence(source, result, options);
    switch (verdict.answer) {
      case Answer::kEqual:
        ++tally.equal;
        CheckOnRandomPackets(source, result, options, random);
        break;
      case Answer::kDifferent:
        ++tally.different;
        break;
      case Answer::kUndecided:
        ++tally.undecided;
        ASSERT_EQ(verdict.reason.find("internal"), std::string::npos)
            << verdict.reason << Describe(source, result);
        break;
    }
  }
}

class RandomTest : public ::testing::TestWithParam<Target> {};

TEST_P(RandomTest, AnswersHoldOnPackets) {
  const Target target = GetParam();
  std::mt19937 random(17);
  bpf::RandomProgramOptions program_options;
  program_options.target = target;
  bpf::RandomProgramGenerator programs(random, program_options);
  Tally tally;
  for (int i = 0; i < kPrograms; ++i) {
    const Program source = programs.Generate();
    Program result = source;
    const Program other = programs.Generate();
    const std::size_t at = random() % result.size();
    result[at] = other[random() % other.size()];
    if (!bpf::Check(result, {.target = target}).empty()) result = source;
    Options options;
    options.target = target;
    options.steps = 300'000;
    for (std::size_t pc = 0; pc < source.size(); ++pc) {
      const Instruction draw = {bpf::kLd | bpf::kAbs, 0, 0, bpf::kAncillaryOffset + bpf::kAncillaryRandom};
      const auto is_draw = [&](const Instruction& instruction) {
        return bpf::Class(instruction.code) == bpf::kLd && bpf::Mode(instruction.code) == bpf::kAbs &&
               instruction.k == draw.k;
      };
      if (is_draw(source[pc]) && is_draw(result[pc])) options.draws[pc] = pc;
    }
    CheckPair(source, result, options, random, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.equal, kPrograms / 10);
  EXPECT_GT(tally.different, kPrograms / 10);
  EXPECT_LT(tally.undecided, kPrograms / 20);
}

INSTANTIATE_TEST_SUITE_P(Targets, RandomTest,
                         ::testing::Values(Target::kPcap, Target::kLinux, Target::kSeccomp),
                         [](const auto& test) {
                           return test.param == Target::kPcap    ? "pcap"
                                  : test.param == Target::kLinux ? "linux"
                                                                 : "seccomp";
                         });

}  // namespace
}  // namespace bpfopt::verifier
