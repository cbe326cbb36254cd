// Every small change of a program is either harmless or found: each mutant is equal or differs on a packet
// that the interpreter confirms, and no random packet contradicts an "equal".
//
// The programs are libpcap's for the rows of the corpus, optimized and not, and random ones for each target.
// A run takes a fixed sample of the mutants of each program; all of them, 140 000 of 490 programs in some ten
// minutes, are tried with
//
//   BPFOPT_ALL_MUTANTS=1 build/tests/bpfopt_verifier_tests --gtest_filter='*Mutation*'
#include "../bpf/random_program.h"
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "libpcap_programs.h"
#include "mutants.h"
#include "verifier/equivalence.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

// Mutants of each program, unless all are asked for.
#ifdef BPFOPT_IS_SANITIZED
constexpr std::size_t kCorpusSample = 2;
#else
constexpr std::size_t kCorpusSample = 4;
#endif
constexpr std::size_t kRandomSample = 4;
constexpr std::size_t kRandomPrograms = 60;  // of each target
// Shorter programs are always decided.
constexpr std::size_t kDecidedInstructions = 100;

bool AllMutants() { return std::getenv("BPFOPT_ALL_MUTANTS") != nullptr; }

struct Capture {
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_length;
};

// Packets that get deep into programs: bytes are often ones that the program asks for.
std::vector<Capture> RandomCaptures(const Program& program, Target target, std::mt19937& random) {
  std::vector<std::uint8_t> likely = {0, 0x45, 0x46, 6, 17, 0x08, 0x86, 0xdd};
  for (const Instruction& instruction : program) {
    if (!bpf::IsConditionalJump(instruction.code)) continue;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      likely.push_back(static_cast<std::uint8_t>(instruction.k >> shift));
    }
  }
  std::vector<Capture> captures(60);
  for (Capture& capture : captures) {
    capture.bytes.resize(target == Target::kSeccomp ? 64 : random() % 90);
    for (std::uint8_t& byte : capture.bytes) {
      byte = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : likely[random() % likely.size()];
    }
    // Mostly IPv4 or IPv6 in Ethernet.
    const std::uint8_t types[][2] = {{0x08, 0x00}, {0x86, 0xdd}, {0x08, 0x06}};
    if (target != Target::kSeccomp && capture.bytes.size() > 14 && random() % 4 != 0) {
      const auto& type = types[random() % 3];
      capture.bytes[12] = type[0];
      capture.bytes[13] = type[1];
    }
    capture.wire_length = static_cast<std::uint32_t>(capture.bytes.size() + random() % 3);
  }
  return captures;
}

// Ends and verdicts on a packet, with answers of the kernel that are taken from `seed`.
bpf::Outcome RunOn(const Program& program, Target target, const bpf::Packet& packet, std::uint32_t seed,
                   const std::map<std::size_t, std::size_t>& draws) {
  const auto mix = [seed](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    return ((seed ^ a) * 0x9e3779b1U + b) * 0x85ebca6bU + (c ^ (b >> 5)) * 0xc2b2ae35U;
  };
  bpf::Ancillary ancillary;
  ancillary.word = [mix](std::uint32_t offset) { return mix(1, offset, 0) >> (offset % 32); };
  ancillary.random = [mix, &draws](std::size_t instruction) {
    const auto found = draws.find(instruction);
    const std::size_t draw = found == draws.end() ? instruction : found->second;
    return mix(2, static_cast<std::uint32_t>(draw), 0);
  };
  ancillary.nlattr = [mix](std::uint32_t kind, std::uint32_t a, std::uint32_t x) {
    return mix(3 + kind, a, x);
  };
  ancillary.negative = [mix](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (mix(4, k, width) % 4 == 0) return std::nullopt;
    return mix(5, k, width);
  };
  ancillary.has_device = seed % 4 != 0;
  return bpf::Run(program, target, packet, ancillary);
}

struct Tally {
  std::size_t programs = 0;
  std::size_t equal = 0;
  std::size_t different = 0;
  std::size_t solver = 0;  // with the solver's help
  std::size_t undecided = 0;

  std::string Text() const {
    return std::to_string(programs) + " programs, " + std::to_string(equal) + " equal, " +
           std::to_string(different) + " different, " + std::to_string(solver) + " by the solver, " +
           std::to_string(undecided) + " undecided";
  }
};

class Mutation {
 public:
  // `sample`: mutants of each program, unless all are asked for.
  Mutation(Target target, std::size_t sample, Tally& tally)
      : target_(target), sample_(sample), tally_(tally) {}

  void Check(const Program& program) {
    ++tally_.programs;
    const std::vector<Capture> captures = RandomCaptures(program, target_, random_);
    std::vector<Change> changes = ChangesOf(program);
    if (!AllMutants()) std::shuffle(changes.begin(), changes.end(), random_);
    std::size_t checked = 0;
    for (const Change& change : changes) {
      const std::optional<Mutant> mutant = Mutate(program, change, target_);
      if (!mutant) continue;
      for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
        CheckMutant(program, *mutant, relation, captures);
        if (::testing::Test::HasFatalFailure()) return;
      }
      if (++checked == sample_ && !AllMutants()) return;
    }
  }

 private:
  void CheckMutant(const Program& program, const Mutant& mutant, Relation relation,
                   const std::vector<Capture>& captures) {
    Options options;
    options.target = target_;
    options.relation = relation;
    options.draws = mutant.draws;
    const Verdict verdict = CheckEquivalence(program, mutant.program, options);
    const std::string text = mutant.text + "\n" + bpf::FormatAssembly(program);
    tally_.solver += verdict.statistics.queries != 0 ? 1 : 0;
    switch (verdict.answer) {
      case Answer::kEqual:
        ++tally_.equal;
        for (const Capture& capture : captures) {
          CompareOn(capture, program, mutant, relation, text);
          if (::testing::Test::HasFatalFailure()) return;
        }
        break;
      case Answer::kDifferent:
        ++tally_.different;
        CheckCounterexample(*verdict.counterexample, program, mutant, text);
        break;
      case Answer::kUndecided:
        CountUndecided(verdict.reason, program, text);
        break;
    }
  }

  void CompareOn(const Capture& capture, const Program& program, const Mutant& mutant, Relation relation,
                 const std::string& text) {
    const bpf::Packet packet{capture.bytes, capture.wire_length, nullptr};
    const auto seed = static_cast<std::uint32_t>(random_());
    const bpf::Outcome source = RunOn(program, target_, packet, seed, {});
    const bpf::Outcome result = RunOn(mutant.program, target_, packet, seed, mutant.draws);
    if (relation == Relation::kStrict || (source.end != bpf::End::kFault && result.end != bpf::End::kFault)) {
      ASSERT_EQ(source.verdict, result.verdict) << text;
    } else if (source.verdict != 0) {
      ASSERT_NE(result.end, bpf::End::kFault) << text;
    }
  }

  // Where the packet is all that there is to it, the interpreter is asked here again.
  void CheckCounterexample(const Counterexample& example, const Program& program, const Mutant& mutant,
                           const std::string& text) {
    ASSERT_TRUE(example.source_verdict != example.result_verdict || example.result_faults) << text;
    if (example.rules == Target::kLinux) return;
    bpf::Packet packet{example.captured, example.wire_length, nullptr};
    packet.more_captured = example.more_captured;
    packet.more = [&](std::uint64_t address) {
      const auto found = example.more.find(address);
      return found == example.more.end() ? std::uint8_t{0} : found->second;
    };
    if (example.on_complete_packet) {
      packet.continuation = [&](std::uint64_t address) {
        const auto found = example.continuation.find(address);
        return found == example.continuation.end() ? std::uint8_t{0} : found->second;
      };
    }
    ASSERT_EQ(bpf::Run(program, example.rules, packet).verdict, example.source_verdict) << text;
    ASSERT_EQ(bpf::Run(mutant.program, example.rules, packet).verdict, example.result_verdict) << text;
  }

  void CountUndecided(const std::string& reason, const Program& program, const std::string& text) {
    ++tally_.undecided;
    ASSERT_EQ(reason.find("internal"), std::string::npos) << reason << "\n" << text;
    EXPECT_GE(program.size(), kDecidedInstructions) << reason << "\n" << text;
  }

  const Target target_;
  const std::size_t sample_;
  Tally& tally_;
  std::mt19937 random_{1};
};

class CorpusMutationTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CorpusMutationTest, MutantsAreEqualOrRefuted) {
  Tally tally;
  Mutation mutation(Target::kPcap, kCorpusSample, tally);
  for (const CorpusRow& row : ReadCorpus(GetParam())) {
    for (const bool optimize : {false, true}) {
      const auto program = CompileByLibpcap(row.link_type, row.filter, optimize);
      if (!program || program->size() > 400) continue;
      mutation.Check(*program);
      if (HasFatalFailure()) return;
    }
  }
  if (AllMutants()) std::cout << tally.Text() << std::endl;
  EXPECT_GT(tally.programs, 30U);
  EXPECT_GT(tally.equal, tally.programs / 4);
  EXPECT_GT(tally.different, tally.programs);
  EXPECT_EQ(tally.undecided, 0U);
}

INSTANTIATE_TEST_SUITE_P(Files, CorpusMutationTest,
                         ::testing::Values("common.txt", "redundant.txt", "libpcap-bugs.txt"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name[0] == 'l' ? std::string("bugs") : name.substr(0, name.find('.'));
                         });

class RandomMutationTest : public ::testing::TestWithParam<Target> {};

TEST_P(RandomMutationTest, MutantsAreEqualOrRefuted) {
  std::mt19937 random(29);
  bpf::RandomProgramOptions options;
  options.target = GetParam();
  options.max_instructions = 24;
  bpf::RandomProgramGenerator programs(random, options);
  Tally tally;
  Mutation mutation(GetParam(), kRandomSample, tally);
  for (std::size_t i = 0; i < kRandomPrograms; ++i) {
    mutation.Check(programs.Generate());
    if (HasFatalFailure()) return;
  }
  if (AllMutants()) std::cout << tally.Text() << std::endl;
  EXPECT_GT(tally.equal, tally.programs);
  EXPECT_GT(tally.different, tally.programs);
  EXPECT_EQ(tally.undecided, 0U);
}

INSTANTIATE_TEST_SUITE_P(Targets, RandomMutationTest,
                         ::testing::Values(Target::kPcap, Target::kLinux, Target::kSeccomp),
                         [](const auto& test) {
                           return test.param == Target::kPcap    ? "pcap"
                                  : test.param == Target::kLinux ? "linux"
                                                                 : "seccomp";
                         });

}  // namespace
}  // namespace bpfopt::verifier
