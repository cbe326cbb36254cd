// One row a rule of the meaning, the three targets side by side.
#include "bpf/interpreter.h"

#include "bpf/opcode.h"

#include <bit>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

constexpr Instruction kReturnA = {kRet | kA, 0, 0, 0};
const std::vector<std::uint8_t> kBytes = {0x81, 0x02, 0x03, 0x04, 0x45, 0x06};

Instruction Make(unsigned code, std::uint32_t k = 0) { return {static_cast<std::uint16_t>(code), 0, 0, k}; }

Packet Captured(const std::vector<std::uint8_t>& bytes) { return {bytes, 100, {}}; }

Outcome Returned(std::uint32_t verdict, std::size_t executed) { return {verdict, End::kReturn, executed}; }

TEST(Interpreter, LoadsAreBigEndian) {
  const Packet packet = Captured(kBytes);
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, 0), kReturnA}, Target::kPcap, packet), Returned(0x81020304, 2));
  EXPECT_EQ(bpf::Run({Make(kLd | kH | kAbs, 4), kReturnA}, Target::kPcap, packet), Returned(0x4506, 2));
  EXPECT_EQ(bpf::Run({Make(kLd | kB | kAbs, 5), kReturnA}, Target::kLinux, packet), Returned(6, 2));
  EXPECT_EQ(bpf::Run({Make(kLdx | kB | kMsh, 4), Make(kMisc | kTxa), kReturnA}, Target::kPcap, packet),
            Returned(20, 3));
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kLen), kReturnA}, Target::kPcap, packet), Returned(100, 2));
}

TEST(Interpreter, LoadsPastTheEndFault) {
  const Packet packet = Captured(kBytes);
  for (const Target target : {Target::kPcap, Target::kLinux}) {
    for (const std::uint32_t k : {3U, 6U, 0x7fffffffU, 0x80000000U, kLinkLayerOffset - 1}) {
      EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, k), Make(kRet | kK, 1)}, target, packet),
                (Outcome{0, End::kFault, 1}))
          << k;
    }
    EXPECT_EQ(bpf::Run({Make(kLdx | kB | kMsh, 6), Make(kRet | kK, 1)}, target, packet),
              (Outcome{0, End::kFault, 1}));
  }
  EXPECT_EQ(bpf::Run({Make(kLdx | kB | kMsh, kAncillaryOffset), kReturnA}, Target::kLinux, packet).end,
            End::kFault);
}

TEST(Interpreter, IndirectAddressesWrapUnderTheKernelAlone) {
  const Program program = {Make(kLdx | kImm, 6), Make(kLd | kB | kInd, 0xffffffff), kReturnA};
  EXPECT_EQ(bpf::Run(program, Target::kPcap, Captured(kBytes)), (Outcome{0, End::kFault, 2}));
  EXPECT_EQ(bpf::Run(program, Target::kLinux, Captured(kBytes)), Returned(6, 3));
}

TEST(Interpreter, ContinuationReplacesFaults) {
  Packet packet = Captured(kBytes);
  std::vector<std::uint64_t> asked;
  packet.continuation = [&asked](std::uint64_t address) {
    asked.push_back(address);
    return static_cast<std::uint8_t>(asked.size());
  };
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, 4), kReturnA}, Target::kPcap, packet), Returned(0x45060102, 2));
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{6, 7}));
  asked.clear();
  const Program far = {Make(kLdx | kImm, 0xffffffff), Make(kLd | kH | kInd, 0xffffffff), kReturnA};
  EXPECT_EQ(bpf::Run(far, Target::kPcap, packet), Returned(0x0102, 3));
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{0x1fffffffe, 0x1ffffffff}));
  asked.clear();
  EXPECT_EQ(bpf::Run(far, Target::kLinux, packet), Returned(0x0102, 3));
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{0xfffffffe, 0xffffffff}));
  EXPECT_EQ(bpf::Run({Make(kAlu | kDiv | kX), kReturnA}, Target::kPcap, packet).end, End::kDivision);
}

TEST(Interpreter, ShiftsByX) {
  for (const std::uint32_t x : {0U, 1U, 31U, 32U, 33U, 0xffffffffU}) {
    for (const std::uint16_t operation : {kLsh, kRsh}) {
      const Program program = {Make(kLd | kImm, 0x80000001), Make(kLdx | kImm, x),
                               Make(kAlu | operation | kX), kReturnA};
      const auto shifted = [&](std::uint32_t by) {
        return operation == kLsh ? 0x80000001 << by : 0x80000001 >> by;
      };
      EXPECT_EQ(bpf::Run(program, Target::kPcap, {}).verdict, x < 32 ? shifted(x) : 0);
      EXPECT_EQ(bpf::Run(program, Target::kLinux, {}).verdict, shifted(x % 32));
      EXPECT_EQ(bpf::Run(program, Target::kSeccomp, {}).verdict, shifted(x % 32));
    }
  }
}

TEST(Interpreter, DivisionByXEndsTheProgram) {
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    for (const std::uint16_t operation : {kDiv, kMod}) {
      EXPECT_EQ(bpf::Run({Make(kLd | kImm, 7), Make(kAlu | operation | kX), Make(kRet | kK, 1)}, target, {}),
                (Outcome{0, End::kDivision, 2}));
    }
  }
}

TEST(Interpreter, AncillaryLoads) {
  Ancillary ancillary;
  ancillary.word = [](std::uint32_t offset) { return 1000 + offset; };
  ancillary.random = [](std::size_t instruction) { return static_cast<std::uint32_t>(7000 + instruction); };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return offset * 100 + a * 10 + x;
  };
  const auto run = [&](std::uint32_t offset) {
    return bpf::Run({Make(kLdx | kImm, 3), Make(kLd | kImm, 5),
                     Make(kLd | kH | kAbs, kAncillaryOffset + offset), kReturnA},
                    Target::kLinux, {}, ancillary);
  };
  EXPECT_EQ(run(kAncillaryProtocol), Returned(1000, 4));
  EXPECT_EQ(run(kAncillaryVlanTpid), Returned(1060, 4));
  EXPECT_EQ(run(kAncillaryRandom), Returned(7002, 4));
  EXPECT_EQ(run(kAncillaryAluXorX), Returned(5 ^ 3, 4));
  EXPECT_EQ(run(kAncillaryNlattr), Returned(1253, 4));
  EXPECT_EQ(run(kAncillaryNlattrNest), Returned(1653, 4));
  EXPECT_EQ(run(kAncillaryInterfaceIndex), Returned(1008, 4));
  EXPECT_EQ(run(kAncillaryMax).end, End::kMalformed);
  EXPECT_EQ(run(2).end, End::kMalformed);
  ancillary.has_device = false;
  EXPECT_EQ(run(kAncillaryInterfaceIndex), (Outcome{5, End::kNoDevice, 3}));
  EXPECT_EQ(run(kAncillaryHardwareType), (Outcome{5, End::kNoDevice, 3}));
  EXPECT_EQ(run(kAncillaryMark), Returned(1020, 4));
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, kAncillaryOffset), kReturnA}, Target::kLinux, {}),
            Returned(0, 2));
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, kAncillaryOffset), kReturnA}, Target::kPcap, {}, ancillary).end,
            End::kFault);
}

TEST(Interpreter, NegativeLoads) {
  Ancillary ancillary;
  ancillary.negative = [](std::uint32_t k, unsigned) -> std::optional<std::uint32_t> {
    if (k == kNetworkOffset) return std::nullopt;
    return 0xabcdef12;
  };
  const auto run = [&](unsigned code, std::uint32_t x, std::uint32_t k) {
    return bpf::Run({Make(kLdx | kImm, x), Make(code, k), kReturnA}, Target::kLinux, {}, ancillary);
  };
  EXPECT_EQ(run(kLd | kW | kAbs, 0, kLinkLayerOffset), Returned(0xabcdef12, 3));
  EXPECT_EQ(run(kLd | kH | kAbs, 0, kAncillaryOffset - 1), Returned(0xef12, 3));
  EXPECT_EQ(run(kLd | kB | kInd, 1, kLinkLayerOffset - 1), Returned(0x12, 3));
  EXPECT_EQ(run(kLd | kW | kInd, 1, kNetworkOffset - 1), (Outcome{0, End::kFault, 2}));
  EXPECT_EQ(run(kLd | kW | kAbs, 0, kLinkLayerOffset - 1), (Outcome{0, End::kFault, 2}));
  EXPECT_EQ(run(kLd | kW | kInd, 1, kAncillaryOffset - 1), (Outcome{0, End::kFault, 2}));
  EXPECT_EQ(bpf::Run({Make(kLdx | kB | kMsh, kLinkLayerOffset), Make(kMisc | kTxa), kReturnA}, Target::kLinux,
                     {}, ancillary),
            Returned(8, 3));
}

TEST(Interpreter, SeccompReadsWordsInHostOrder) {
  std::vector<std::uint8_t> data(64);
  const std::uint32_t value = 0x12345678;
  std::memcpy(data.data() + 60, &value, sizeof value);
  const Packet packet = Captured(data);
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, 60), kReturnA}, Target::kSeccomp, packet), Returned(value, 2));
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kLen), kReturnA}, Target::kSeccomp, packet), Returned(64, 2));
  EXPECT_EQ(bpf::Run({Make(kLdx | kW | kLen), Make(kMisc | kTxa), kReturnA}, Target::kSeccomp, packet),
            Returned(64, 3));
  EXPECT_EQ(bpf::Run({Make(kLd | kW | kAbs, 60), kReturnA}, Target::kSeccomp, {}), Returned(0, 2));
  for (const Instruction load :
       {Make(kLd | kW | kAbs, 64), Make(kLd | kW | kAbs, 2), Make(kLd | kH | kAbs, 0),
        Make(kLd | kW | kInd, 0), Make(kLdx | kB | kMsh, 0)}) {
    EXPECT_EQ(bpf::Run({load, kReturnA}, Target::kSeccomp, packet), (Outcome{0, End::kMalformed, 1}));
  }
}

TEST(Interpreter, EndsOnMalformedPrograms) {
  const std::vector<std::pair<Program, std::size_t>> rows = {
      {{}, 0},
      {{Make(kMisc | kTax)}, 1},
      {{Make(kJmp | kJa, 0xffffffff), kReturnA}, 1},
      {{{kJmp | kJeq | kK, 255, 255, 0}, kReturnA}, 1},
      {{Make(0xffff), kReturnA}, 1},
      {{Make(kRet | kX)}, 1},
      {{Make(kLd | kMem, 16), kReturnA}, 1},
      {{Make(kSt, 0xffffffff), kReturnA}, 1},
      {{Make(kAlu | kDiv | kK, 0), kReturnA}, 1},
      {{Make(kAlu | kLsh | kK, 32), kReturnA}, 1},
      {{Make(kAlu | 0xf0), kReturnA}, 1},
      {{Make(kJmp | 0x50), kReturnA}, 1},
  };
  for (const auto& [program, executed] : rows) {
    EXPECT_EQ(bpf::Run(program, Target::kLinux, Captured(kBytes)), (Outcome{0, End::kMalformed, executed}));
  }
  for (unsigned code = 0; code <= 0xffff; ++code) {
    for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
      EXPECT_LE(bpf::Run({Make(code, 0xfffffffe)}, target, Captured(kBytes)).executed, 1U);
    }
  }
}

TEST(Interpreter, TracesRegistersAfterEachInstruction) {
  std::vector<Step> trace;
  const Program program = {
      Make(kLd | kImm, 5), {kJmp | kJgt | kK, 1, 0, 4}, Make(kRet | kK, 0), Make(kMisc | kTax), kReturnA};
  EXPECT_EQ(bpf::Run(program, Target::kPcap, {}, {}, &trace), Returned(5, 4));
  ASSERT_EQ(trace.size(), 4U);
  EXPECT_EQ(trace[1].instruction, 1U);
  EXPECT_EQ(trace[2].instruction, 3U);
  EXPECT_EQ(trace[2].x, 5U);
  EXPECT_EQ(trace[3].a, 5U);
}

}  // namespace
}  // namespace bpfopt::bpf
