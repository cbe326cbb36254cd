// The interpreter against two others: libpcap's, and the running kernel's.
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "kernel_filter.h"
#include "random_program.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::bpf {
namespace {

constexpr unsigned kSeed = 20240601;
constexpr std::size_t kPacketBytes = 24;

std::vector<bpf_insn> ToPcap(const Program& program) {
  std::vector<bpf_insn> code;
  for (const Instruction& instruction : program) {
    code.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
  }
  return code;
}

TEST(RandomProgram, IsAcceptableAndReachesEveryOperation) {
  std::mt19937 random(kSeed);
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    std::set<std::uint16_t> codes;
    for (int round = 0; round < 3000; ++round) {
      const Program program = RandomProgram(random, 40, target);
      ASSERT_LE(program.size(), 40U);
      const std::vector<Violation> violations = Check(program, {target, 40, 1});
      ASSERT_TRUE(violations.empty()) << violations.front().reason << "\n" << FormatAssembly(program);
      for (const Instruction& instruction : program) codes.insert(instruction.code);
    }
    // 13 loads, 2 stores, 21 ALU, 9 jumps, 2 returns, 2 moves; seccomp lacks 6 loads and 2 modulus.
    EXPECT_EQ(codes.size(), target == Target::kSeccomp ? 41U : 49U);
  }
}

TEST(Interpreter, AgreesWithLibpcap) {
  std::mt19937 random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    const Program program = RandomProgram(random, 24, Target::kPcap);
    const std::vector<bpf_insn> code = ToPcap(program);
    const std::vector<std::uint8_t> packet = RandomPacket(random, kPacketBytes);
    const auto wire_length = static_cast<std::uint32_t>(random() % 64);
    for (std::size_t length = 0; length <= packet.size(); ++length) {
      // A copy of its own, so that a read past the end is one past an allocation.
      const std::vector<std::uint8_t> captured(packet.begin(), packet.begin() + static_cast<int>(length));
      const Outcome outcome = bpf::Run(program, Target::kPcap, {captured, wire_length, {}});
      ASSERT_EQ(outcome.verdict,
                bpf_filter(code.data(), captured.data(), wire_length, static_cast<unsigned>(length)))
          << "round " << round << ", " << length << " bytes\n"
          << FormatAssembly(program);
      ASSERT_NE(outcome.end, End::kMalformed);
      ASSERT_LE(outcome.executed, program.size());
    }
  }
}

TEST(Interpreter, AgreesWithTheKernel) {
  KernelFilter kernel;
  if (!kernel.Works()) GTEST_SKIP() << "SO_ATTACH_FILTER is not to be had here: the kernel cannot be asked";
  std::mt19937 random(kSeed);
  RandomProgramOptions options;
  options.max_instructions = 24;
  options.target = Target::kLinux;
  std::size_t compared = 0;
  std::size_t without_device = 0;
  for (int round = 0; round < 4000; ++round) {
    const Program program = RandomProgram(random, options);
    ASSERT_EQ(kernel.Attach(program), 0) << FormatAssembly(program);
    const std::vector<std::uint8_t> packet = RandomPacket(random, kPacketBytes);
    for (std::size_t length = 0; length <= packet.size(); ++length) {
      const std::span<const std::uint8_t> captured(packet.data(), length);
      // A local socket's packet has no device, and what else a program asks the kernel about it is not known
      // here.
      bool unknown = false;
      const auto ask = [&unknown](auto...) {
        unknown = true;
        return 0U;
      };
      const Ancillary ancillary = {
          .word = ask, .random = ask, .nlattr = ask, .negative = ask, .has_device = false};
      const Outcome outcome =
          bpf::Run(program, Target::kLinux, {captured, static_cast<std::uint32_t>(length), {}}, ancillary);
      const std::optional<std::size_t> kept = kernel.Send(captured);
      if (unknown) continue;
      ++compared;
      if (outcome.end == End::kNoDevice) ++without_device;
      ASSERT_EQ(kept.has_value(), outcome.verdict != 0) << "round " << round << ", " << length << " bytes\n"
                                                        << FormatAssembly(program);
      if (kept) {
        ASSERT_EQ(*kept, std::min<std::size_t>(outcome.verdict, length))
            << "round " << round << ", " << length << " bytes\n"
            << FormatAssembly(program);
      }
    }
  }
  EXPECT_GT(compared, 80000U);
  EXPECT_GT(without_device, 100U);
}

}  // namespace
}  // namespace bpfopt::bpf
