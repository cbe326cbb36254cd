// Every small change of a program is either harmless or found: each mutant of libpcap's programs is equal or
// differs on a packet, never undecided; and no random packet contradicts an "equal".
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "libpcap_programs.h"
#include "verifier/equivalence.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

struct Capture {
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_length;
};

// Packets that get deep into programs: bytes are often ones that the program asks for.
std::vector<Capture> RandomCaptures(const Program& program, std::mt19937& random) {
  std::vector<std::uint8_t> likely = {0, 0x45, 0x46, 6, 17, 0x08, 0x86, 0xdd};
  for (const Instruction& instruction : program) {
    if (!bpf::IsConditionalJump(instruction.code)) continue;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      likely.push_back(static_cast<std::uint8_t>(instruction.k >> shift));
    }
  }
  std::vector<Capture> captures(60);
  for (Capture& capture : captures) {
    capture.bytes.resize(random() % 90);
    for (std::uint8_t& byte : capture.bytes) {
      byte = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : likely[random() % likely.size()];
    }
    // Mostly IPv4 or IPv6 in Ethernet.
    const std::uint8_t types[][2] = {{0x08, 0x00}, {0x86, 0xdd}, {0x08, 0x06}};
    if (capture.bytes.size() > 14 && random() % 4 != 0) {
      const auto& type = types[random() % 3];
      capture.bytes[12] = type[0];
      capture.bytes[13] = type[1];
    }
    capture.wire_length = static_cast<std::uint32_t>(capture.bytes.size() + random() % 3);
  }
  return captures;
}

std::vector<Instruction> MutantsOf(const Instruction& instruction) {
  std::vector<Instruction> mutants;
  const auto add = [&](auto change) {
    Instruction mutant = instruction;
    change(mutant);
    mutants.push_back(mutant);
  };
  add([](Instruction& m) { m.k ^= 1; });
  add([](Instruction& m) { m.k += 2; });
  add([](Instruction& m) { m.k ^= 0x10000; });
  if (bpf::Class(instruction.code) == bpf::kLd && bpf::Mode(instruction.code) != bpf::kImm) {
    for (const std::uint16_t width : {bpf::kW, bpf::kH, bpf::kB}) {
      add([&](Instruction& m) { m.code = static_cast<std::uint16_t>((m.code & ~0x18) | width); });
    }
  }
  if (bpf::IsConditionalJump(instruction.code)) {
    for (const std::uint16_t operation : {bpf::kJeq, bpf::kJgt, bpf::kJge, bpf::kJset}) {
      add([&](Instruction& m) { m.code = static_cast<std::uint16_t>((m.code & ~0xf0) | operation); });
    }
    add([](Instruction& m) { std::swap(m.jt, m.jf); });
    add([](Instruction& m) { ++m.jt; });
    add([](Instruction& m) { ++m.jf; });
    add([](Instruction& m) { m.jf = m.jt; });
  }
  if (bpf::Class(instruction.code) == bpf::kAlu && bpf::Operation(instruction.code) != bpf::kNeg) {
    for (const std::uint16_t operation :
         {bpf::kAdd, bpf::kOr, bpf::kAnd, bpf::kMul, bpf::kRsh, bpf::kSub, bpf::kXor}) {
      add([&](Instruction& m) { m.code = static_cast<std::uint16_t>((m.code & ~0xf0) | operation); });
    }
  }
  return mutants;
}

struct Tally {
  std::size_t equal = 0;
  std::size_t different = 0;
};

void CheckMutant(const Program& program, const Program& mutant, Relation relation,
                 const std::vector<Capture>& captures, Tally& tally) {
  Options options;
  options.relation = relation;
  const Verdict verdict = CheckEquivalence(program, mutant, options);
  ASSERT_NE(verdict.answer, Answer::kUndecided) << verdict.reason << "\n" << bpf::FormatAssembly(mutant);
  if (verdict.answer == Answer::kDifferent) {
    ++tally.different;
    return;
  }
  ++tally.equal;
  for (const Capture& capture : captures) {
    const bpf::Packet packet{capture.bytes, capture.wire_length, nullptr};
    const bpf::Outcome source = bpf::Run(program, Target::kPcap, packet);
    const bpf::Outcome result = bpf::Run(mutant, Target::kPcap, packet);
    if (relation == Relation::kStrict || (source.end != bpf::End::kFault && result.end != bpf::End::kFault)) {
      ASSERT_EQ(source.verdict, result.verdict) << bpf::FormatAssembly(mutant);
    } else if (source.verdict != 0) {
      ASSERT_NE(result.end, bpf::End::kFault) << bpf::FormatAssembly(mutant);
    }
  }
}

class MutationTest : public ::testing::TestWithParam<const char*> {};

TEST_P(MutationTest, MutantsAreEqualOrRefuted) {
  const auto program = CompileByLibpcap("EN10MB", GetParam(), true);
  ASSERT_TRUE(program);
  std::mt19937 random(1);
  const std::vector<Capture> captures = RandomCaptures(*program, random);
  for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
    Tally tally;
    for (std::size_t i = 0; i < program->size(); ++i) {
      for (const Instruction& instruction : MutantsOf((*program)[i])) {
        Program mutant = *program;
        mutant[i] = instruction;
        if (!bpf::Check(mutant, {}).empty()) continue;
        CheckMutant(*program, mutant, relation, captures, tally);
        if (HasFatalFailure()) return;
      }
    }
    EXPECT_GT(tally.different, program->size());
    EXPECT_GT(tally.equal, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Filters, MutationTest,
                         ::testing::Values("tcp port 80", "port 53", "host 10.0.0.1", "ip6 net 2001:db8::/32",
                                           "icmp[icmptype] == icmp-echo",
                                           "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                           "ether host 00:11:22:33:44:55", "greater 100 and udp",
                                           "vlan 5 and ip", "net 10.0.0.0/9 and not arp",
                                           "ip[2:2] - ((ip[0] & 0xf) << 2) > 100", "tcp portrange 1000-2000",
                                           "ip[ip[8]] = 7"));

}  // namespace
}  // namespace bpfopt::verifier
