// Each line of the table of targets in docs/proof.md, on the machine that the line is about: libpcap's
// interpreter (bpf_filter), and the running kernel through SO_ATTACH_FILTER. seccomp_test.cc asks the kernel
// about seccomp.
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "kernel_filter.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::bpf {
namespace {

constexpr std::uint32_t kAccept = 4;

Instruction Make(unsigned code, std::uint32_t k = 0) { return {static_cast<std::uint16_t>(code), 0, 0, k}; }

// Accepts when A is `expected` after `code`.
Program ExpectA(Program code, std::uint32_t expected) {
  code.push_back({kJmp | kJeq | kK, 0, 1, expected});
  code.push_back(Make(kRet | kK, kAccept));
  code.push_back(Make(kRet | kK, 0));
  return code;
}

// Accepts when `code` does not end the program.
Program ExpectNoEnd(Program code) {
  code.push_back(Make(kRet | kK, kAccept));
  return code;
}

struct Row {
  std::string line;  // of the table
  Program program;
  std::vector<std::uint8_t> packet;
  bool accepted_by_pcap;
  bool accepted_by_linux;
};

const std::vector<std::uint8_t> kBytes = {0x45, 1, 2, 3, 4, 5, 6, 7};

std::vector<Row> Rows() {
  const auto shift = [](std::uint16_t operation, std::uint32_t x) {
    return Program{Make(kLd | kImm, 0x80000001), Make(kLdx | kImm, x), Make(kAlu | operation | kX)};
  };
  const auto indirect = [](std::uint32_t x, std::uint32_t k, std::uint16_t width = kB) {
    return Program{Make(kLdx | kImm, x), Make(kLd | width | kInd, k)};
  };
  return {
      {"shift by X of 31", ExpectA(shift(kRsh, 31), 1), kBytes, true, true},
      {"shift by X of 32 is by 0 in the kernel", ExpectA(shift(kLsh, 32), 0x80000001), kBytes, false, true},
      {"shift by X of 32 gives 0 in libpcap", ExpectA(shift(kLsh, 32), 0), kBytes, true, false},
      {"shift by X of 33", ExpectA(shift(kRsh, 33), 0x40000000), kBytes, false, true},
      {"shift by the largest X", ExpectA(shift(kRsh, 0xffffffff), 1), kBytes, false, true},
      {"X + k inside", ExpectA(indirect(2, 3), 5), kBytes, true, true},
      {"X + k at the end", ExpectNoEnd(indirect(4, 3, kH)), kBytes, false, false},
      {"X + k wraps in the kernel alone", ExpectA(indirect(6, 0xffffffff), 5), kBytes, false, true},
      {"X + k of 2^31", ExpectNoEnd(indirect(0x7fffffff, 1)), kBytes, false, false},
      {"a negative address that is nobody's", ExpectNoEnd(indirect(0x90000000, 0)), kBytes, false, false},
      {"an address past the negative ones that are somebody's", ExpectNoEnd(indirect(0xfffffff0, 0)), kBytes,
       false, false},
      {"division by X of 0", ExpectNoEnd({Make(kAlu | kDiv | kX)}), kBytes, false, false},
      {"modulus by X of 0", ExpectNoEnd({Make(kAlu | kMod | kX)}), kBytes, false, false},
      {"4*([k]&0xf) inside", ExpectA({Make(kLdx | kB | kMsh, 0), Make(kMisc | kTxa)}, 20), kBytes, true,
       true},
      {"4*([k]&0xf) past the end", ExpectNoEnd({Make(kLdx | kB | kMsh, 8)}), kBytes, false, false},
      {"A, X and the scratch words start at 0", ExpectA({Make(kAlu | kOr | kX)}, 0), kBytes, true, true},
  };
}

std::vector<Row> LinuxRows() {
  const auto ancillary = [](std::uint32_t offset) {
    return Make(kLd | kW | kAbs, kAncillaryOffset + offset);
  };
  // nlattr looks for an attribute of type X from byte A on: two of them here, nested into one of type 1.
  const std::vector<std::uint8_t> attributes = {12, 0, 1, 0, 8, 0, 5, 0, 9, 9, 9, 9};
  const auto find = [&](std::uint32_t kind, std::uint32_t a, std::uint32_t x) {
    return Program{Make(kLdx | kImm, x), Make(kLd | kImm, a), ancillary(kind)};
  };
  return {
      {"4*([k]&0xf) of an ancillary offset", ExpectNoEnd({Make(kLdx | kB | kMsh, kAncillaryOffset)}), kBytes,
       false, false},
      {"alu_xor_x", ExpectA({Make(kLdx | kImm, 6), Make(kLd | kImm, 5), ancillary(kAncillaryAluXorX)}, 3),
       kBytes, false, true},
      {"ifindex without a device ends with A",
       {Make(kLd | kImm, kAccept), ancillary(kAncillaryInterfaceIndex), Make(kRet | kK, 0)},
       kBytes,
       false,
       true},
      {"hatype without a device ends with A",
       {Make(kLd | kImm, 0), ancillary(kAncillaryHardwareType), Make(kRet | kK, kAccept)},
       kBytes,
       false,
       false},
      {"the same word twice",
       ExpectA(
           {ancillary(kAncillaryMark), Make(kMisc | kTax), ancillary(kAncillaryMark), Make(kAlu | kXor | kX)},
           0),
       kBytes, false, true},
      {"nlattr of a type that is not", ExpectA(find(kAncillaryNlattr, 0, 7), 0), attributes, false, true},
      {"nlattr of a type that is there", ExpectA(find(kAncillaryNlattr, 4, 5), 4), attributes, false, true},
      {"nlattr_nest", ExpectA(find(kAncillaryNlattrNest, 0, 5), 4), attributes, false, true},
  };
}

TEST(Targets, Libpcap) {
  for (const Row& row : Rows()) {
    std::vector<bpf_insn> code;
    for (const Instruction& i : row.program) code.push_back({i.code, i.jt, i.jf, i.k});
    const auto length = static_cast<unsigned>(row.packet.size());
    const unsigned verdict = bpf_filter(code.data(), row.packet.data(), length, length);
    EXPECT_EQ(verdict != 0, row.accepted_by_pcap) << row.line;
    EXPECT_EQ(bpf::Run(row.program, Target::kPcap, {row.packet, length, {}}).verdict, verdict) << row.line;
  }
}

TEST(Targets, Kernel) {
  KernelFilter kernel;
  if (!kernel.Works()) GTEST_SKIP() << "SO_ATTACH_FILTER is not to be had here: the kernel cannot be asked";
  std::vector<Row> rows = Rows();
  for (const Row& row : LinuxRows()) rows.push_back(row);
  for (const Row& row : rows) {
    ASSERT_EQ(kernel.Attach(row.program), 0) << row.line << "\n" << FormatAssembly(row.program);
    EXPECT_EQ(kernel.Send(row.packet).has_value(), row.accepted_by_linux) << row.line;
    if (row.line.starts_with("nlattr")) continue;  // the interpreter is told, it does not look
    const Ancillary nobody = {.word = {}, .random = {}, .nlattr = {}, .negative = {}, .has_device = false};
    const bpf::Packet packet{row.packet, static_cast<std::uint32_t>(row.packet.size()), {}};
    EXPECT_EQ(bpf::Run(row.program, Target::kLinux, packet, nobody).verdict != 0, row.accepted_by_linux)
        << row.line;
  }
}

// What a constant in a run would not do: two draws in one run that differ.
TEST(Targets, KernelDrawsAnew) {
  KernelFilter kernel;
  if (!kernel.Works()) GTEST_SKIP() << "SO_ATTACH_FILTER is not to be had here: the kernel cannot be asked";
  const Instruction draw = Make(kLd | kW | kAbs, kAncillaryOffset + kAncillaryRandom);
  ASSERT_EQ(kernel.Attach(ExpectA({draw, Make(kMisc | kTax), draw, Make(kAlu | kXor | kX)}, 0)), 0);
  std::size_t equal = 0;
  for (int i = 0; i < 20; ++i) equal += static_cast<std::size_t>(kernel.Send(kBytes).has_value());
  EXPECT_LT(equal, 20U);
}

}  // namespace
}  // namespace bpfopt::bpf
