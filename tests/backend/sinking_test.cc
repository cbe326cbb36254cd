// Loads of X behind the test that decides whether they are needed.
#include "backend/sinking.h"

#include "backend/layout.h"
#include "bpf/opcode.h"
#include "bpf/text.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

const MachineInstruction kLoadByte = {bpf::kLd | bpf::kAbs | bpf::kB, 23, {}};
const MachineInstruction kLoadLength = {bpf::kLdx | bpf::kMsh | bpf::kB, 14, {}};
const MachineInstruction kLoadForty = {bpf::kLdx | bpf::kImm | bpf::kW, 40, {}};
const MachineInstruction kLoadPort = {bpf::kLd | bpf::kInd | bpf::kH, 14, {}};

MachineEnd ReturnOf(std::uint32_t verdict) { return {MachineEnd::Kind::kReturnConstant, 0, verdict, 0, 0}; }
MachineEnd IfEqual(std::uint32_t k, std::uint32_t then_block, std::uint32_t else_block) {
  return {MachineEnd::Kind::kBranch, bpf::kJmp | bpf::kJeq, k, then_block, else_block};
}

// `load`, a test, and a block that needs X where it succeeds; `otherwise` is where it fails.
MachineFunction LoadedEarly(const MachineInstruction& load, const MachineBlock& otherwise) {
  MachineFunction function;
  function.blocks = {{{kLoadByte, load}, IfEqual(6, 1, 2)}, {{kLoadPort}, ReturnOf(1)}, otherwise};
  Simplify(function);
  return function;
}

std::string Text(const MachineFunction& function) {
  return "\n" + bpf::FormatAssembly(LayOut(function).program);
}

TEST(SinkLoads, MovesALoadToTheWayThatNeedsIt) {
  MachineFunction function = LoadedEarly(kLoadLength, {{}, ReturnOf(0)});
  const MachineCost before = CostOf(function);
  SinkLoads(function, Objective::kBalanced);
  EXPECT_EQ(Text(function), R"(
(000) ldb      [23]
(001) jeq      #0x6             jt 2	jf 5
(002) ldxb     4*([14]&0xf)
(003) ldh      [x + 14]
(004) ret      #1
(005) ret      #0
)");
  EXPECT_EQ(CostOf(function).instructions, before.instructions);
  EXPECT_LT(CostOf(function).executed, before.executed);
}

TEST(SinkLoads, KeepsAFaultWhereThePacketIsAcceptedWithoutTheLoad) {
  MachineFunction function = LoadedEarly(kLoadLength, {{}, ReturnOf(2)});
  const std::string before = Text(function);
  SinkLoads(function, Objective::kBalanced);
  EXPECT_EQ(Text(function), before);
  // A constant cannot fault.
  function = LoadedEarly(kLoadForty, {{}, ReturnOf(2)});
  SinkLoads(function, Objective::kBalanced);
  EXPECT_NE(Text(function).find("jeq      #0x6             jt 2"), std::string::npos) << Text(function);
}

TEST(SinkLoads, LeavesALoadThatBothWaysNeed) {
  MachineFunction function = LoadedEarly(kLoadForty, {{kLoadPort}, ReturnOf(0)});
  const std::string before = Text(function);
  SinkLoads(function, Objective::kSpeed);
  EXPECT_EQ(Text(function), before);
}

// The kernel looks for the attribute whose type is in X.
TEST(SinkLoads, LeavesALoadBeforeAnAncillaryLoadThatLooksAtX) {
  const MachineInstruction attribute = {
      bpf::kLd | bpf::kAbs | bpf::kW, bpf::kAncillaryOffset + bpf::kAncillaryNlattr, {}};
  MachineFunction function;
  function.blocks = {
      {{kLoadForty, attribute}, IfEqual(6, 1, 2)}, {{kLoadPort}, ReturnOf(1)}, {{}, ReturnOf(0)}};
  const std::string before = Text(function);
  SinkLoads(function, Objective::kSpeed);
  EXPECT_EQ(Text(function), before);
}

}  // namespace
}  // namespace bpfopt::backend
