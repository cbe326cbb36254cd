// Random programs that reach every operation of each target, optimized: every result is proven equal to its
// program by a verifier that shares nothing with the optimizer, runs the same on packets of every length, and
// is never larger. BPFOPT_RANDOM_ROUNDS, BPFOPT_RANDOM_SEED and BPFOPT_RANDOM_INSTRUCTIONS in the environment
// make longer and other runs.
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "bpfopt/optimizer.h"
#include "random_program.h"

#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

#ifdef BPFOPT_IS_SANITIZED
constexpr int kDefaultRounds = 60;
#else
constexpr int kDefaultRounds = 300;
#endif
constexpr int kDefaultInstructions = 24;

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

bpf::Ancillary RandomAncillary(std::uint32_t seed) {
  bpf::Ancillary ancillary;
  ancillary.word = [seed](std::uint32_t offset) { return (seed ^ offset) * 2654435761U; };
  ancillary.nlattr = [seed](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return (seed ^ offset ^ a * 3 ^ x * 5) * 2654435761U;
  };
  ancillary.negative = [seed](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (((seed ^ k) & 3) == 0) return std::nullopt;
    return (seed ^ k ^ width) * 2654435761U;
  };
  ancillary.has_device = (seed & 1) != 0;
  return ancillary;
}

// Draws are left out: the interpreter does not know which of the result's stands for which.
bool Draws(const Program& program) {
  return std::any_of(program.begin(), program.end(), [](const Instruction& instruction) {
    return bpf::Class(instruction.code) == bpf::kLd && bpf::Mode(instruction.code) == bpf::kAbs &&
           instruction.k == bpf::kAncillaryOffset + bpf::kAncillaryRandom;
  });
}

void ExpectSameRuns(const Program& source, const Program& result, Target target, std::mt19937& random) {
  for (std::size_t length = 0; length <= 28; ++length) {
    const auto bytes = bpf::RandomPacket(random, target == Target::kSeccomp ? 64 : length);
    const bpf::Packet packet{bytes, static_cast<std::uint32_t>(bytes.size() + random() % 3), {}};
    const bpf::Ancillary ancillary = RandomAncillary(static_cast<std::uint32_t>(random()));
    ASSERT_EQ(bpf::Run(source, target, packet, ancillary).verdict,
              bpf::Run(result, target, packet, ancillary).verdict)
        << bpf::FormatAssembly(source) << bpf::FormatAssembly(result);
  }
}

using Parameters = std::tuple<Target, Relation, int>;  // and the level
class OptimizeRandomTest : public testing::TestWithParam<Parameters> {};

TEST_P(OptimizeRandomTest, IsProvenAndNotLarger) {
  const auto [target, relation, level] = GetParam();
  const int rounds = Setting("BPFOPT_RANDOM_ROUNDS", kDefaultRounds);
  std::mt19937 random(static_cast<unsigned>(Setting("BPFOPT_RANDOM_SEED", 0)) * 1000 +
                      static_cast<unsigned>(level) * 100 + static_cast<unsigned>(target));
  const auto instructions =
      static_cast<std::size_t>(Setting("BPFOPT_RANDOM_INSTRUCTIONS", kDefaultInstructions));
  std::size_t smaller = 0;
  std::size_t undecided = 0;
  for (int round = 0; round < rounds; ++round) {
    const Program program = bpf::RandomProgram(random, instructions, target);
    OptimizeOptions options;
    options.target = target;
    options.relation = relation;
    options.level = level;
    options.proof = ProofMode::kOn;
    options.check_invariants = true;
    const Expected<CompileResult> result = Optimize(program, options);
    ASSERT_TRUE(result) << result.error().message << "\n" << bpf::FormatAssembly(program);
    ASSERT_TRUE(result->proven) << bpf::FormatAssembly(program);
    undecided += result->diagnostics.size();
    ASSERT_TRUE(bpf::Check(result->program, {.target = target}).empty()) << bpf::FormatAssembly(program);
    if (level > 0) {
      ASSERT_LE(result->program.size(), program.size()) << bpf::FormatAssembly(program);
    }
    smaller += static_cast<std::size_t>(result->program.size() < program.size());
    if (relation == Relation::kStrict && !Draws(program)) {
      ASSERT_NO_FATAL_FAILURE(ExpectSameRuns(program, result->program, target, random));
    }
  }
  EXPECT_LE(undecided, static_cast<std::size_t>(rounds) / 50);
  if (level > 0) {
    EXPECT_GT(smaller, static_cast<std::size_t>(rounds) / 3);
  }
}

std::string NameOf(const testing::TestParamInfo<Parameters>& info) {
  static constexpr std::array kTargets = {"Pcap", "Linux", "Seccomp"};
  const auto [target, relation, level] = info.param;
  return std::string(kTargets[static_cast<std::size_t>(target)]) +
         (relation == Relation::kStrict ? "Strict" : "Faithful") + "O" + std::to_string(level);
}

INSTANTIATE_TEST_SUITE_P(Targets, OptimizeRandomTest,
                         testing::Combine(testing::Values(Target::kPcap, Target::kLinux, Target::kSeccomp),
                                          testing::Values(Relation::kStrict, Relation::kFaithful),
                                          testing::Values(0, 1, 2)),
                         NameOf);

}  // namespace
}  // namespace bpfopt
