// Does one program accept all that another accepts? Pairs with a known answer, and random pairs against every
// packet of a small alphabet.
#include "../bpf/random_program.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "large_programs.h"
#include "libpcap_programs.h"
#include "verifier/equivalence.h"
#include "verifier/permission.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

using namespace bpf;

Answer Ask(const Program& a, const Program& b, Target target = Target::kPcap) {
  Options options;
  options.target = target;
  const Verdict verdict = CheckImplication(a, b, options);
  EXPECT_EQ(verdict.counterexample.has_value(), verdict.answer == Answer::kNotImplied);
  options.diagram_nodes = 0;
  EXPECT_EQ(CheckImplication(a, b, options).answer, verdict.answer) << "by the solver alone";
  return verdict.answer;
}

TEST(ImplicationTest, NarrowerFiltersImplyWiderOnes) {
  const struct {
    const char* narrow;
    const char* wide;
  } cases[] = {{"tcp port 80", "tcp"},
               {"tcp port 80", "port 80"},
               {"net 10.0.0.0/9", "net 10.0.0.0/8"},
               {"host 192.0.2.1 and not port 22", "host 192.0.2.1"},
               {"tcp portrange 1000-1999", "tcp portrange 1000-2000"},
               {"greater 100", "greater 99"},
               {"ip and ip[8] = 3", "ip"}};
  for (const auto& [narrow, wide] : cases) {
    const auto a = CompileByLibpcap("EN10MB", narrow, false);
    const auto b = CompileByLibpcap("EN10MB", wide, true);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(Ask(*a, *b), Answer::kImplied) << narrow;
    EXPECT_EQ(Ask(*b, *a), Answer::kNotImplied) << narrow;
    EXPECT_EQ(Ask(*a, *a), Answer::kImplied) << narrow;
  }
}

Instruction Load(unsigned width, std::uint32_t k) {
  return {static_cast<std::uint16_t>(kLd | width | kAbs), 0, 0, k};
}
Instruction Return(std::uint32_t k) { return {kRet | kK, 0, 0, k}; }
constexpr Instruction kReturnA = {kRet | kA, 0, 0, 0};

TEST(ImplicationTest, OnlyWhetherAPacketIsAcceptedCounts) {
  EXPECT_EQ(Ask({Return(96)}, {Return(1)}), Answer::kImplied);
  EXPECT_EQ(Ask({Return(0)}, {Return(0)}), Answer::kImplied);
  // What a load that fails rejects is not accepted.
  EXPECT_EQ(Ask({Load(kB, 5), Return(1)}, {Load(kB, 4), Return(1)}), Answer::kImplied);
  EXPECT_EQ(Ask({Load(kB, 4), Return(1)}, {Load(kB, 5), Return(1)}), Answer::kNotImplied);
  EXPECT_EQ(Ask({Load(kB, 4), kReturnA}, {Load(kH, 4), kReturnA}), Answer::kNotImplied);
  EXPECT_EQ(Ask({Load(kH, 4), {kAlu | kRsh | kK, 0, 0, 8}, kReturnA}, {Load(kH, 4), kReturnA}),
            Answer::kImplied);
}

// A program for pcap runs in the kernel too: X + k wraps there, and shifts count modulo 32.
TEST(ImplicationTest, HoldsUnderBothRulesOfPcap) {
  const Program wraps = {{kLdx | kImm, 0, 0, 0xffffffff}, {kLd | kB | kInd, 0, 0, 3}, Return(1)};
  const Program byte = {Load(kB, 2), Return(1)};
  EXPECT_EQ(Ask(wraps, {Return(0)}), Answer::kNotImplied);
  EXPECT_EQ(Ask(wraps, byte), Answer::kImplied);
  EXPECT_EQ(Ask(byte, wraps), Answer::kNotImplied);
  EXPECT_EQ(Ask(byte, wraps, Target::kLinux), Answer::kImplied);
}

TEST(ImplicationTest, SystemCallsFollowThePrecedenceOfActions) {
  // From the least permissive on; neighbours in one row count as equal.
  const std::vector<std::vector<std::uint32_t>> ranks = {
      {0x80000000, 0x80000001, 0x12340000, 0xffff0000},  // kill the process; unknown actions
      {0x00000000, 0x00000007},                          // kill the thread
      {0x00030000},                                      // trap
      {0x00050000, 0x00050001, 0x0005ffff},              // errno
      {0x7fc00000},                                      // notify
      {0x7ff00000, 0x7ff00001},                          // trace
      {0x7ffc0000},                                      // log
      {0x7fff0000},                                      // allow
  };
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (const std::uint32_t a : ranks[i]) {
      EXPECT_EQ(PermissionOf(a, Target::kSeccomp), i) << a;
      for (std::size_t j = 0; j < ranks.size(); ++j) {
        for (const std::uint32_t b : ranks[j]) {
          EXPECT_EQ(Ask({Return(a)}, {Return(b)}, Target::kSeccomp),
                    i <= j ? Answer::kImplied : Answer::kNotImplied)
              << a << " " << b;
        }
      }
    }
  }
  // A verdict that is computed.
  const Program loaded = {Load(kW, 16), kReturnA};
  EXPECT_EQ(Ask(loaded, loaded, Target::kSeccomp), Answer::kImplied);
  EXPECT_EQ(Ask(loaded, {Return(0x7fff0000)}, Target::kSeccomp), Answer::kImplied);
  EXPECT_EQ(Ask(loaded, {Return(0x7ffc0000)}, Target::kSeccomp), Answer::kNotImplied);
  EXPECT_EQ(Ask({Return(0x80000000)}, loaded, Target::kSeccomp), Answer::kImplied);
  EXPECT_EQ(Ask({Return(0)}, loaded, Target::kSeccomp), Answer::kNotImplied);
  EXPECT_EQ(Ask({Load(kW, 16), {kAlu | kAnd | kK, 0, 0, 0xffff0000}, kReturnA}, loaded, Target::kSeccomp),
            Answer::kImplied);
}

TEST(ImplicationTest, LongListsOfSystemCalls) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < 300; ++i) numbers.push_back(i * 37 % 450);
  std::vector<std::uint32_t> fewer = numbers;
  std::reverse(fewer.begin(), fewer.end());
  fewer.pop_back();
  const Program wide = SystemCalls(numbers, Shape::kBits);
  const Program narrow = SystemCalls(fewer, Shape::kTree);
  EXPECT_EQ(Ask(narrow, wide, Target::kSeccomp), Answer::kImplied);
  EXPECT_EQ(Ask(wide, narrow, Target::kSeccomp), Answer::kNotImplied);
}

// Every packet of up to kBytes bytes over a small alphabet, with a few wire lengths.
template <typename Visit>
void ForPackets(Target target, Visit visit) {
  constexpr std::uint8_t kAlphabet[] = {0, 1, 2, 0x80, 0xff};
  constexpr std::size_t kBytes = 3;
  const bool calls = target == Target::kSeccomp;
  for (std::size_t length = calls ? kBytes : 0; length <= kBytes; ++length) {
    std::vector<std::size_t> digits(length, 0);
    for (bool more = true; more;) {
      std::vector<std::uint8_t> bytes;
      for (const std::size_t digit : digits) bytes.push_back(kAlphabet[digit]);
      if (calls) bytes.resize(64, 0);
      for (const std::uint32_t wire : {0U, 3U, 70U}) visit(Packet{bytes, wire, nullptr});
      more = false;
      for (std::size_t& digit : digits) {
        more = ++digit < std::size(kAlphabet);
        if (more) break;
        digit = 0;
      }
    }
  }
}

TEST(ImplicationTest, RandomProgramsAgainstAllSmallPackets) {
#ifdef BPFOPT_IS_SANITIZED
  constexpr int kPairs = 100;
#else
  constexpr int kPairs = 400;
#endif
  std::mt19937 random(23);
  for (const Target target : {Target::kPcap, Target::kSeccomp}) {
    int implied = 0;
    int not_implied = 0;
    int undecided = 0;
    for (int i = 0; i < kPairs; ++i) {
      RandomProgramOptions program_options;
      program_options.max_instructions = 8;
      program_options.target = target;
      program_options.packet_bytes = 3;
      const Program a = RandomProgram(random, program_options);
      const Program b = RandomProgram(random, program_options);
      Options options;
      options.target = target;
      options.steps = 300'000;
      const Verdict verdict = CheckImplication(a, b, options);
      const std::string text = bpf::FormatAssembly(a) + "\n" + bpf::FormatAssembly(b);
      if (verdict.answer == Answer::kUndecided) {
        ++undecided;
        ASSERT_EQ(verdict.reason.find("internal"), std::string::npos) << verdict.reason << "\n" << text;
        continue;
      }
      const auto permits_more = [&](const Packet& packet, Target rules) {
        return PermissionOf(bpf::Run(a, rules, packet).verdict, rules) >
               PermissionOf(bpf::Run(b, rules, packet).verdict, rules);
      };
      if (verdict.answer == Answer::kNotImplied) {
        ++not_implied;
        const Counterexample& example = *verdict.counterexample;
        if (!example.negative.empty()) continue;  // needs more than the packet
        Packet packet{example.captured, example.wire_length, nullptr};
        packet.more_captured = example.more_captured;
        packet.more = [&](std::uint64_t address) {
          const auto found = example.more.find(address);
          return found == example.more.end() ? std::uint8_t{0} : found->second;
        };
        EXPECT_TRUE(permits_more(packet, example.rules)) << text;
        continue;
      }
      ++implied;
      ForPackets(target, [&](const Packet& packet) { ASSERT_FALSE(permits_more(packet, target)) << text; });
    }
    EXPECT_GT(implied, kPairs / 10);
    EXPECT_GT(not_implied, kPairs / 10);
    EXPECT_LT(undecided, kPairs / 20);
  }
}

}  // namespace
}  // namespace bpfopt::verifier
