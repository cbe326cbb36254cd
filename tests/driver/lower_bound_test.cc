// Lower bounds: what they are where the smallest program is known, that no program is ever smaller than what
// is proven of it, and that a certificate which was tampered with is refused.
#include "bpfopt/lower_bound.h"

#include "bpf/text.h"
#include "bpfopt/compiler.h"
#include "bpfopt/format.h"
#include "random_program.h"

#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

LowerBound BoundOf(const std::string& filter, Relation relation = Relation::kFaithful) {
  CompileOptions options;
  options.relation = relation;
  const auto compiled = Compile(filter, options);
  if (!compiled) {
    ADD_FAILURE() << filter << ": " << compiled.error().message;
    return {};
  }
  return FindLowerBound(compiled->source, compiled->program, {.relation = relation});
}

TEST(LowerBoundTest, MeetsProgramsThatCannotBeSmaller) {
  for (const Relation relation : {Relation::kFaithful, Relation::kStrict}) {
    EXPECT_EQ(BoundOf("", relation).instructions, 1U);
    EXPECT_EQ(BoundOf("ip", relation).instructions, 4U);
    EXPECT_EQ(BoundOf("not ip", relation).instructions, 4U);
    EXPECT_EQ(BoundOf("less 64", relation).instructions, 4U);
    EXPECT_EQ(BoundOf("ether[0] & 1 != 0", relation).instructions, 4U);
    EXPECT_EQ(BoundOf("ip and udp", relation).instructions, 6U);
  }
}

// A port of two is read by a load of its own, whichever comes first.
TEST(LowerBoundTest, CountsWhatARejectedPacketLacks) {
  EXPECT_GE(BoundOf("tcp dst port 80").instructions, 8U);
  EXPECT_GE(BoundOf("tcp port 80").instructions, 10U);
  EXPECT_GE(BoundOf("ip host 192.0.2.17").instructions, 8U);
}

TEST(LowerBoundTest, NeverExceedsTheProgramOfAnyLevel) {
  for (const char* filter : {"tcp port 80", "port 53 or host 192.0.2.17", "not ip6 and greater 100",
                             "ether[0] & 1 = 0 and ip[16] >= 224", "vlan 100 and tcp port 443"}) {
    for (const Relation relation : {Relation::kFaithful, Relation::kStrict}) {
      const LowerBound bound = BoundOf(filter, relation);
      for (int level = 0; level <= 2; ++level) {
        CompileOptions options;
        options.relation = relation;
        options.level = level;
        const auto compiled = Compile(filter, options);
        ASSERT_TRUE(compiled) << compiled.error().message;
        EXPECT_LE(bound.instructions, compiled->program.size()) << filter << " at level " << level;
      }
    }
  }
}

// Three instructions decide these, in ways that a bound must not overlook.
TEST(LowerBoundTest, KnowsTestsThatAreNoJumps) {
  for (const char* text :
       {"ldx #pktlen; div x; ret #7", "ldxb 4*([2]&0xf); div x; ret #7", "ldb [1]; and #1; ret a",
        "ldb [1]; ret a", "ldxb 4*([2]&0xf); ldb [x + 3]; ret #7"}) {
    std::string lines = text;
    for (char& c : lines) c = c == ';' ? '\n' : c;
    const auto program = ParseProgram(lines);
    ASSERT_TRUE(program) << program.error().message;
    for (const Relation relation : {Relation::kFaithful, Relation::kStrict}) {
      EXPECT_LE(FindLowerBound(*program, *program, {.relation = relation}).instructions, 3U) << text;
    }
  }
}

TEST(LowerBoundTest, RefusesTamperedCertificates) {
  const auto compiled = Compile("tcp port 80");
  ASSERT_TRUE(compiled);
  const LowerBound bound = FindLowerBound(compiled->source, compiled->program);
  ASSERT_GE(bound.instructions, 8U);
  EXPECT_TRUE(CheckLowerBound(compiled->source, bound));

  LowerBound higher = bound;
  ++higher.instructions;
  EXPECT_FALSE(CheckLowerBound(compiled->source, higher));
  LowerBound without = bound;
  without.witnesses.clear();
  EXPECT_FALSE(CheckLowerBound(compiled->source, without));
  LowerBound rejected = bound;
  for (BoundWitness& witness : rejected.witnesses) witness.bytes.assign(witness.bytes.size(), 0);
  EXPECT_FALSE(CheckLowerBound(compiled->source, rejected));
  LowerBound no_neighbour = bound;
  for (BoundWitness& witness : no_neighbour.witnesses) witness.near = {{5, 9}};
  EXPECT_FALSE(CheckLowerBound(compiled->source, no_neighbour));
  const auto other = Compile("ip");
  ASSERT_TRUE(other);
  EXPECT_FALSE(CheckLowerBound(other->source, bound));
}

// A program is equal to itself. BPFOPT_RANDOM_ROUNDS and BPFOPT_RANDOM_SEED make longer and other runs.
class LowerBoundRandomTest : public testing::TestWithParam<Target> {};

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

TEST_P(LowerBoundRandomTest, IsNeverAboveTheProgramItself) {
  std::mt19937 random(static_cast<std::uint32_t>(Setting("BPFOPT_RANDOM_SEED", 1)));
  std::size_t met = 0;
  for (int round = Setting("BPFOPT_RANDOM_ROUNDS", 700); round > 0; --round) {
    bpf::RandomProgramOptions options;
    options.max_instructions = 3 + random() % 6;
    options.target = GetParam();
    options.packet_bytes = 8;
    const Program program = bpf::RandomProgram(random, options);
    for (const Relation relation : {Relation::kFaithful, Relation::kStrict}) {
      const LowerBoundOptions bound_options = {.target = GetParam(), .relation = relation, .runs = 3'000};
      const LowerBound bound = FindLowerBound(program, program, bound_options);
      ASSERT_LE(bound.instructions, program.size()) << FormatProgram(program, Format::kAssembly);
      EXPECT_TRUE(CheckLowerBound(program, bound, bound_options));
      if (bound.instructions == program.size() && program.size() > 2) ++met;
    }
  }
  EXPECT_GT(met, 3U);
}

INSTANTIATE_TEST_SUITE_P(Targets, LowerBoundRandomTest,
                         testing::Values(Target::kPcap, Target::kLinux, Target::kSeccomp),
                         [](const auto& info) {
                           return info.param == Target::kPcap    ? std::string("Pcap")
                                  : info.param == Target::kLinux ? std::string("Linux")
                                                                 : std::string("Seccomp");
                         });

}  // namespace
}  // namespace bpfopt
