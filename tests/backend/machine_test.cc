// Machine code between selection and the program: simplification, shared tails, scratch words, order and
// bridges.
#include "backend/machine.h"

#include "backend/layout.h"
#include "backend/scratch.h"
#include "backend/tail_merging.h"
#include "bpf/checker.h"
#include "bpf/opcode.h"
#include "bpf/text.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

MachineInstruction LoadByte(std::uint32_t offset) { return {bpf::kLd | bpf::kAbs | bpf::kB, offset, {}}; }
MachineEnd ReturnOf(std::uint32_t verdict) { return {MachineEnd::Kind::kReturnConstant, 0, verdict, 0, 0}; }
MachineEnd JumpTo(std::uint32_t block) { return {MachineEnd::Kind::kJump, 0, 0, block, 0}; }
MachineEnd IfEqual(std::uint32_t k, std::uint32_t then_block, std::uint32_t else_block) {
  return {MachineEnd::Kind::kBranch, bpf::kJmp | bpf::kJeq, k, then_block, else_block};
}

std::string Text(const MachineFunction& function) {
  return "\n" + bpf::FormatAssembly(LayOut(function).program);
}

TEST(Machine, SimplifyThreadsMergesAndDrops) {
  MachineFunction function;
  function.blocks = {
      {{LoadByte(0)}, IfEqual(1, 1, 2)},  // both ways lead to equal blocks through an empty one
      {{}, JumpTo(3)},
      {{LoadByte(1)}, JumpTo(5)},
      {{LoadByte(1)}, JumpTo(4)},
      {{}, ReturnOf(7)},
      {{}, ReturnOf(7)},
      {{}, ReturnOf(9)},  // not reached
  };
  Simplify(function);
  EXPECT_EQ(Text(function), "\n(000) ldb      [0]\n(001) ldb      [1]\n(002) ret      #7\n");
  EXPECT_EQ(CostOf(function).instructions, 3U);
}

TEST(Machine, TailsAreSharedWhereThatSaves) {
  MachineFunction function;
  function.blocks = {
      {{LoadByte(0)}, IfEqual(1, 1, 2)},
      {{LoadByte(1), LoadByte(5)}, IfEqual(5, 3, 4)},
      {{LoadByte(2), LoadByte(5)}, IfEqual(5, 3, 4)},
      {{}, ReturnOf(1)},
      {{}, ReturnOf(0)},
  };
  Simplify(function);
  const std::size_t before = CostOf(function).instructions;
  MergeTails(function);
  EXPECT_EQ(CostOf(function).instructions, before - 1);
  EXPECT_EQ(LayOut(function).program.size(), before - 1);

  MachineFunction nothing_to_share;
  nothing_to_share.blocks = {
      {{LoadByte(0)}, IfEqual(1, 1, 2)},
      {{LoadByte(1)}, IfEqual(5, 3, 4)},
      {{LoadByte(2)}, IfEqual(5, 3, 4)},
      {{}, ReturnOf(1)},
      {{}, ReturnOf(0)},
  };
  const std::vector<MachineBlock> unchanged = nothing_to_share.blocks;
  MergeTails(nothing_to_share);
  EXPECT_EQ(nothing_to_share.blocks, unchanged);
}

TEST(Machine, ATestIsRepeatedInsteadOfJumpedTo) {
  MachineFunction function;
  function.blocks = {
      {{LoadByte(0)}, IfEqual(1, 1, 2)},
      {{LoadByte(1)}, JumpTo(3)},
      {{LoadByte(2)}, JumpTo(3)},
      {{}, IfEqual(5, 4, 5)},
      {{}, ReturnOf(1)},
      {{}, ReturnOf(0)},
  };
  EXPECT_EQ(Text(function), R"(
(000) ldb      [0]
(001) jeq      #0x1             jt 4	jf 2
(002) ldb      [2]
(003) jeq      #0x5             jt 6	jf 7
(004) ldb      [1]
(005) jeq      #0x5             jt 6	jf 7
(006) ret      #1
(007) ret      #0
)");
}

// A row of tests, the first of which is `length` instructions away from where all lead.
MachineFunction LongRow(std::uint32_t length) {
  MachineFunction function;
  for (std::uint32_t i = 0; i < length; ++i) {
    function.blocks.push_back({{}, IfEqual(i, length, i + 1)});
  }
  function.blocks.push_back({{LoadByte(0), LoadByte(1)}, ReturnOf(1)});
  return function;
}

TEST(Machine, FarTargetsAreBridged) {
  for (const std::uint32_t length : {250U, 255U, 256U, 257U, 600U, 5000U}) {
    const LaidOut laid_out = LayOut(LongRow(length));
    bpf::CheckOptions check;
    check.limit = 10000;
    EXPECT_TRUE(bpf::Check(laid_out.program, check).empty()) << length;
    const std::size_t bridges = laid_out.program.size() - (length + 3);
    EXPECT_LE(bridges, length / 254) << length;
    EXPECT_EQ(bridges == 0, length <= 256) << length;
  }
}

TEST(Machine, ScratchWordsShareRoomWhenNeverLiveTogether) {
  const auto store = [](std::uint32_t slot) { return MachineInstruction{bpf::kSt, slot, {}}; };
  const auto load = [](std::uint32_t slot) { return MachineInstruction{bpf::kLd | bpf::kMem, slot, {}}; };
  MachineFunction function;
  function.blocks = {{{store(70), store(99), load(70), store(80), load(80)}, ReturnOf(0)}};
  ASSERT_TRUE(AllocateScratch(function));
  // The store that nobody reads is gone.
  EXPECT_EQ(function.blocks[0].code, (std::vector<MachineInstruction>{store(0), load(0), store(0), load(0)}));

  MachineFunction crowded;
  crowded.blocks.resize(1);
  for (std::uint32_t slot = 0; slot < 17; ++slot) crowded.blocks[0].code.push_back(store(slot));
  for (std::uint32_t slot = 0; slot < 17; ++slot) crowded.blocks[0].code.push_back(load(slot));
  const Expected<void> refused = AllocateScratch(crowded);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace bpfopt::backend
