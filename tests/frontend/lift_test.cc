// Bytecode in, IR out.
#include "frontend/lift.h"

#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "random_program.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

// The IR of a program without instruction numbers.
std::string Lifted(const std::vector<std::string>& instructions, Target target = Target::kPcap) {
  std::string text;
  for (std::size_t i = 0; i < instructions.size(); ++i)
    text += "(" + std::to_string(i) + ") " + instructions[i] + "\n";
  const auto program = bpf::Parse(text);
  if (!program) return program.error().message;
  const auto function = Lift(*program, target);
  return function ? ir::Print(*function) : function.error().message;
}

TEST(Lift, RegistersBecomeValues) {
  EXPECT_EQ(
      Lifted({"ldh [12]", "tax", "ld #5", "st M[3]", "ldxb 4*([14]&0xf)", "txa", "ldx M[3]", "add x", "ret"}),
      "fn pcap {\nb0:\n  need [12]:2\n  need [14]:1\n  return ((ldb[14] & 0xf) << 0x2) + 0x5\n}\n");
}

TEST(Lift, EverythingStartsAtZero) {
  EXPECT_EQ(Lifted({"add x", "ret"}), "fn pcap {\nb0:\n  return 0x0\n}\n");
}

TEST(Lift, LoadsAndDivisionsBecomeGuardsInTheirOrder) {
  EXPECT_EQ(Lifted({"ldb [1]", "tax", "ldh [x + 4]", "div x", "ld [0]", "ret #1"}),
            "fn pcap {\nb0:\n  need [1]:1\n  need [ldb[1] + 4]:2\n  nonzero ldb[1]\n  need [0]:4\n  return "
            "0x1\n}\n");
}

TEST(Lift, AConstantDivisorNeedsNoGuard) {
  EXPECT_EQ(Lifted({"ld #pktlen", "div #3", "ret"}), "fn pcap {\nb0:\n  return len / 0x3\n}\n");
  EXPECT_EQ(Lifted({"ld #pktlen", "div x", "ret"}), "fn pcap {\nb0:\n  nonzero 0x0\n  return len / 0x0\n}\n");
}

TEST(Lift, DifferentValuesMeetInAParameter) {
  EXPECT_EQ(Lifted({"ldh [12]", "jeq #0x800 jt 2 jf 4", "ldxb 4*([14]&0xf)", "ja 5", "ldx #40",
                    "ldh [x + 14]", "ret"}),
            "fn pcap {\nb0:\n  need [12]:2\n  if ldh[12] == 0x800 then b1 else b2\n"
            "b1:\n  need [14]:1\n  jump b3((ldb[14] & 0xf) << 0x2)\nb2:\n  jump b3(0x28)\n"
            "b3(%0):\n  need [%0 + 14]:2\n  return ldh[%0 + 14]\n}\n");
}

TEST(Lift, EqualAndDeadValuesMeetWithoutOne) {
  EXPECT_EQ(Lifted({"ldx #7", "ld [0]", "jeq #1 jt 3 jf 4", "ld [4]", "txa", "ret"}),
            "fn pcap {\nb0:\n  need [0]:4\n  if ld[0] == 0x1 then b1 else b2\nb1:\n  need [4]:4\n  jump b2\n"
            "b2:\n  return 0x7\n}\n");
}

TEST(Lift, AScratchWordCrossesJoins) {
  EXPECT_EQ(
      Lifted({"ld [0]", "st M[0]", "jset #1 jt 3 jf 5", "ld #9", "st M[0]", "ldx M[0]", "stx M[15]",
              "ld M[15]", "ret"}),
      "fn pcap {\nb0:\n  need [0]:4\n  if ld[0] anyset 0x1 then b1 else b2(ld[0])\nb1:\n  jump b2(0x9)\n"
      "b2(%0):\n  return %0\n}\n");
}

TEST(Lift, AJumpToOnePlaceIsNoTest) {
  EXPECT_EQ(Lifted({"ld [0]", "jgt x jt 2 jf 2", "ret #1"}),
            "fn pcap {\nb0:\n  need [0]:4\n  jump b1\nb1:\n  return 0x1\n}\n");
}

TEST(Lift, UnreachableInstructionsAreDropped) {
  EXPECT_EQ(Lifted({"ja 2", "ret #1", "ret #2"}), "fn pcap {\nb0:\n  jump b1\nb1:\n  return 0x2\n}\n");
}

TEST(Lift, AncillaryLoads) {
  EXPECT_EQ(Lifted({"ld [mark]", "tax", "ld [vlan_tci]", "ld [random]", "ret"}, Target::kLinux),
            "fn linux {\nb0:\n  %0 = draw 3\n  return %0\n}\n");
  EXPECT_EQ(Lifted({"ld [mark]", "tax", "ld #5", "ld [-4056]", "ret"}, Target::kLinux),
            Lifted({"ld #5", "tax", "ld [mark]", "xor x", "ret"}, Target::kLinux));
}

TEST(Lift, AnEffectStaysBeforeTheGuardsAfterIt) {
  EXPECT_EQ(Lifted({"ld [0]", "ld [-4088]", "ldb [9]", "ret #1"}, Target::kLinux),
            "fn linux {\nb0:\n  need [0]:4\n  %0 = device_index 1(ld[0], _)\n  jump b1\n"
            "b1:\n  need [9]:1\n  return 0x1\n}\n");
}

TEST(Lift, SeccompLoadsWordsThatAreThere) {
  EXPECT_EQ(Lifted({"ld [4]", "jeq #0xc000003e jt 2 jf 3", "ld #pktlen", "ret"}, Target::kSeccomp),
            "fn seccomp {\nb0:\n  if ld[4] == 0xc000003e then b1 else b2(ld[4])\nb1:\n  jump b2(0x40)\n"
            "b2(%0):\n  return %0\n}\n");
}

TEST(Lift, NamesTheInstructionThatIsRefused) {
  EXPECT_EQ(Lifted({"ld [0]", "ld M[2]", "ret"}).substr(0, 14), "instruction 1:");
  EXPECT_NE(Lifted({"ld [vlan_tci]", "ret"}).find("--target linux"), std::string::npos);
}

// What the kernel answers: words that tell what was asked.
bpf::Ancillary NumberedAncillary(bool has_device) {
  bpf::Ancillary ancillary;
  ancillary.word = [](std::uint32_t offset) { return offset * 3 + 1; };
  ancillary.random = [](std::size_t instruction) { return static_cast<std::uint32_t>(instruction) * 7; };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return offset ^ a * 3 ^ x * 5;
  };
  ancillary.negative = [](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (k % 3 == 0) return std::nullopt;
    return k ^ width;
  };
  ancillary.has_device = has_device;
  return ancillary;
}

// The function means what the program does, on packets of every length, for programs that reach every
// operation.
class LiftRandom : public testing::TestWithParam<Target> {};

TEST_P(LiftRandom, MeansTheSame) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    bpf::RandomProgramOptions options;
    options.max_instructions = 30;
    options.target = GetParam();
    const Program program = bpf::RandomProgram(random, options);
    const auto function = Lift(program, GetParam());
    ASSERT_TRUE(function) << function.error().message << "\n" << bpf::FormatAssembly(program);
    const auto broken = ir::Check(*function);
    ASSERT_TRUE(broken.empty()) << broken[0].rule << " at " << broken[0].place << ": " << broken[0].detail
                                << "\n"
                                << bpf::FormatAssembly(program) << ir::Print(*function);
    for (const std::size_t length : {0, 3, 11, 20, 27, 40}) {
      const auto bytes = bpf::RandomPacket(random, GetParam() == Target::kSeccomp ? 64 : length);
      const bpf::Packet packet{bytes, static_cast<std::uint32_t>(random() % 64), {}};
      const bpf::Ancillary ancillary = NumberedAncillary(random() % 4 != 0);
      const bpf::Outcome expected = bpf::Run(program, GetParam(), packet, ancillary);
      const bpf::Outcome found = ir::Evaluate(*function, packet, ancillary);
      ASSERT_EQ(found.verdict, expected.verdict) << bpf::FormatAssembly(program) << ir::Print(*function);
      ASSERT_EQ(found.end, expected.end) << bpf::FormatAssembly(program) << ir::Print(*function);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, LiftRandom,
                         testing::Values(Target::kPcap, Target::kLinux, Target::kSeccomp));

}  // namespace
}  // namespace bpfopt::frontend
