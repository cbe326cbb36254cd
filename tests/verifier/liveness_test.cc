#include "verifier/liveness.h"

#include "bpf/text.h"

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

RegisterSet Set(std::initializer_list<std::size_t> registers) {
  RegisterSet set;
  for (const std::size_t reg : registers) set.set(reg);
  return set;
}

std::vector<RegisterSet> LivenessOf(const char* text, Target rules = Target::kPcap) {
  const auto program = bpf::Parse(text);
  EXPECT_TRUE(program.has_value()) << text;
  return program ? ComputeLiveness(*program, rules) : std::vector<RegisterSet>();
}

TEST(LivenessTest, ValuesLiveFromWriteToLastRead) {
  const auto live = LivenessOf(R"(
    (000) ldxb     4*([14]&0xf)
    (001) ld       [12]
    (002) st       M[3]
    (003) jeq      #0x1             jt 4	jf 6
    (004) ldh      [x + 14]
    (005) jeq      #0x2             jt 7	jf 6
    (006) ret      #0
    (007) ld       M[3]
    (008) ret)");
  ASSERT_EQ(live.size(), 9U);
  EXPECT_EQ(live[0], Set({}));
  EXPECT_EQ(live[1], Set({kRegisterX}));
  EXPECT_EQ(live[2], Set({kRegisterA, kRegisterX}));
  EXPECT_EQ(live[3], Set({kRegisterA, kRegisterX, 3}));
  EXPECT_EQ(live[4], Set({kRegisterX, 3}));
  EXPECT_EQ(live[5], Set({kRegisterA, 3}));
  EXPECT_EQ(live[6], Set({}));
  EXPECT_EQ(live[7], Set({3}));
  EXPECT_EQ(live[8], Set({kRegisterA}));
}

TEST(LivenessTest, AncillaryLoadsOfTheKernelReadRegisters) {
  const Program program = {
      {bpf::kLd | bpf::kImm, 0, 0, 1},
      {bpf::kLdx | bpf::kImm, 0, 0, 2},
      {bpf::kLd | bpf::kAbs, 0, 0, bpf::kAncillaryOffset + bpf::kAncillaryNlattr},
      {bpf::kLd | bpf::kAbs, 0, 0, bpf::kAncillaryOffset + bpf::kAncillaryInterfaceIndex},
      {bpf::kRet | bpf::kA, 0, 0, 0}};
  const auto live = ComputeLiveness(program, Target::kLinux);
  EXPECT_EQ(live[2], Set({kRegisterA, kRegisterX}));
  EXPECT_EQ(live[3], Set({kRegisterA}));
}

}  // namespace
}  // namespace bpfopt::verifier
