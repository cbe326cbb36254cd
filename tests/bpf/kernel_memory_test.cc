// KernelMemory against the running kernel: while one program replaces another a socket is charged for both,
// so the largest one that may take the place of a given one tells the size of that one to the byte.
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpfopt/kernel.h"
#include "kernel_filter.h"

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

std::optional<std::size_t> ReadSetting(const std::string& name) {
  std::ifstream file("/proc/sys/net/core/" + name);
  std::size_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

// Each `ld #0` is one instruction of eBPF, so this takes any multiple of eight bytes.
Program Filler(std::size_t instructions) {
  Program program(instructions, {kLd | kImm, 0, 0, 0});
  program.push_back({kRet | kK, 0, 0, 1});
  return program;
}

// So many byte loads before `subject` that a filler reaches the end of the socket's memory.
Program WithBulk(const Program& subject, std::size_t bytes) {
  const Instruction load{kLd | kB | kAbs, 0, 0, 1};
  const std::size_t each = KernelMemory({load, load, load}) - KernelMemory({load, load});
  Program program(bytes / each, load);
  program.insert(program.end(), subject.begin(), subject.end());
  return program;
}

// All forms of instructions whose size does not depend on the kernel's version, a few in each program.
std::vector<Program> Subjects() {
  constexpr std::size_t kInOne = 16;
  std::vector<Program> subjects;
  std::size_t count = 0;
  const auto add = [&](Instruction instruction) {
    if (count++ % kInOne == 0) subjects.push_back({{kRet | kK, 0, 0, 0}});
    // Somewhere to jump to.
    const Program one = {instruction, {kLd | kImm, 0, 0, 0}, {kLd | kImm, 0, 0, 0}};
    subjects.back().insert(subjects.back().begin(), one.begin(), one.end());
  };
  for (const std::uint32_t offset :
       {0U, 1U, 14U, 32767U, 32768U, 100000U, kNetworkOffset, kLinkLayerOffset}) {
    for (const std::uint16_t width : {kB, kH, kW}) {
      add({static_cast<std::uint16_t>(kLd | width | kAbs), 0, 0, offset});
      add({static_cast<std::uint16_t>(kLd | width | kInd), 0, 0, offset});
    }
    add({kLdx | kMsh | kB, 0, 0, offset});
  }
  for (const std::uint16_t operation : {kJeq, kJgt, kJge, kJset}) {
    for (const std::uint32_t k : {0U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
      for (std::uint8_t jt = 0; jt < 3; ++jt) {
        for (std::uint8_t jf = 0; jf < 3; ++jf) {
          add({static_cast<std::uint16_t>(kJmp | operation | kK), jt, jf, k});
          add({static_cast<std::uint16_t>(kJmp | operation | kX), jt, jf, 0});
        }
      }
    }
  }
  add({kJmp | kJa, 0, 0, 1});
  for (const std::uint16_t operation : {kAdd, kSub, kMul, kDiv, kOr, kAnd, kLsh, kRsh, kMod, kXor}) {
    add({static_cast<std::uint16_t>(kAlu | operation | kK), 0, 0, 3});
    add({static_cast<std::uint16_t>(kAlu | operation | kX), 0, 0, 0});
  }
  add({kAlu | kNeg, 0, 0, 0});
  add({kRet | kA, 0, 0, 0});
  add({kSt, 0, 0, 3});
  add({kStx, 0, 0, 3});
  add({kLd | kLen, 0, 0, 0});
  add({kLdx | kLen, 0, 0, 0});
  add({kLdx | kImm, 0, 0, 3});
  add({kMisc | kTax, 0, 0, 0});
  add({kMisc | kTxa, 0, 0, 0});
  return subjects;
}

// What the kernel needs beside KernelMemory(): 0 where that is exact.
class KernelMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto limit = ReadSetting("optmem_max");
    if (!kernel_.Works() || !limit) GTEST_SKIP() << "no filters here";
    if (ReadSetting("bpf_jit_harden").value_or(0) != 0) GTEST_SKIP() << "constants are blinded";
    if (*limit > 200000) GTEST_SKIP() << "two programs cannot fill the memory of a socket";
    limit_ = *limit;
  }

  // The kernel's bytes for `subject`, were KernelMemory right about fillers.
  std::size_t Charged(const Program& subject) {
    std::size_t fits = 0;
    std::size_t fails = 4000;
    while (fits + 1 < fails) {
      const std::size_t middle = (fits + fails) / 2;
      EXPECT_EQ(kernel_.Attach(subject), 0);
      (kernel_.Replace(Filler(middle)) == 0 ? fits : fails) = middle;
    }
    // The largest one that fits leaves one byte at least, and less than nine.
    return limit_ - sizeof(Instruction) - KernelMemory(Filler(fits));
  }

  KernelFilter kernel_;
  std::size_t limit_ = 0;
};

// Since 4.18 the instructions are charged as here; what stands before them has grown to what is taken here.
TEST_F(KernelMemoryTest, IsWhatTheKernelCharges) {
  const std::size_t bulk = limit_ > 40000 ? limit_ - 24000 : limit_ / 2;
  const Program plain = WithBulk({{kRet | kK, 0, 0, 0}}, bulk);
  const std::size_t charged = Charged(plain);
  // The header counts twice: the filler has one too.
  EXPECT_LE(charged, KernelMemory(plain) + 80);
  EXPECT_GE(charged + 8, KernelMemory(plain));
  const std::size_t difference = charged - KernelMemory(plain);
  for (const Program& subject : Subjects()) {
    const Program program = WithBulk(subject, bulk);
    EXPECT_EQ(Charged(program) - KernelMemory(program), difference) << FormatAssembly(subject);
  }
}

TEST(KernelMemory, CountsWhatInstructionsBecome) {
  const std::size_t empty = KernelMemory({{kRet | kK, 0, 0, 0}});
  const auto more = [&](Instruction instruction) {
    return (KernelMemory({instruction, {kRet | kK, 0, 0, 0}}) - empty) / sizeof(Instruction);
  };
  EXPECT_EQ(more({kLd | kImm, 0, 0, 7}), 1U);
  EXPECT_EQ(more({kJmp | kJeq, 0, 0, 7}), 1U);
  EXPECT_EQ(more({kLd | kB | kAbs, 0, 0, kAncillaryOffset + kAncillaryRandom}), 4U);
  EXPECT_EQ(more({kLd | kB | kAbs, 0, 0, 23}), 4U + 13U);  // the first load costs a prologue
}

TEST(KernelMemory, FitsBelowTheLimitOnly) {
  EXPECT_TRUE(FitsOptmem(20479, kOldOptmemMax));
  EXPECT_FALSE(FitsOptmem(20480, kOldOptmemMax));
}

}  // namespace
}  // namespace bpfopt::bpf
