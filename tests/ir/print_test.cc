// What functions look like; that the text depends on structure alone and stays small.
#include "ir/print.h"

#include "ir/parse.h"

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

TEST(PrintValue, Expressions) {
  Function f(Target::kPcap);
  const Value* byte = f.MakeLoad(nullptr, 14, 1);
  const Value* low = f.MakeBinary(Opcode::kAnd, byte, f.MakeConstant(0xf));
  const Value* length = f.MakeBinary(Opcode::kShl, low, f.MakeConstant(2));
  EXPECT_EQ(Print(*byte), "ldb[14]");
  EXPECT_EQ(Print(*f.MakeConstant(0xffffffff)), "0xffffffff");
  EXPECT_EQ(Print(*length), "(ldb[14] & 0xf) << 0x2");
  EXPECT_EQ(Print(*f.MakeLoad(length, 16, 2)), "ldh[((ldb[14] & 0xf) << 0x2) + 16]");
  EXPECT_EQ(Print(*f.MakeUnary(Opcode::kNeg, low)), "-(ldb[14] & 0xf)");
  EXPECT_EQ(Print(*f.MakeUnary(Opcode::kNeg, byte)), "-ldb[14]");
  EXPECT_EQ(Print(*f.MakeBinary(Opcode::kMod, f.MakeWireLength(), f.MakeAncillary(4))), "len % ancillary[4]");
  const Value* parameter = f.NewParameter();
  EXPECT_EQ(Print(*parameter), "%" + std::to_string(parameter->id()));
}

TEST(PrintValue, SharedParts) {
  Function f(Target::kPcap);
  const Value* value = f.MakeLoad(nullptr, 0, 4);
  for (int i = 0; i < 200; ++i) value = f.MakeBinary(Opcode::kMul, value, value);  // a tree of 2^200 leaves
  EXPECT_LT(Print(*value).size(), 10000U);
}

TEST(PrintFunction, OrderOfConstructionDoesNotShow) {
  const auto build = [](bool backwards) {
    Function f(Target::kPcap);
    const auto load = [&f](std::uint32_t offset) { return f.MakeLoad(nullptr, offset, 1); };
    if (backwards) load(9);
    const Value* sum = f.MakeBinary(Opcode::kAdd, load(3), load(9));
    Block* first = f.NewBlock();
    Block* second = f.NewBlock();
    if (backwards) std::swap(first, second);
    f.SetEntry(first);
    first->guards = {Guard::Bounds(nullptr, 0, 10)};
    first->terminator = Jump{{second, {}}};
    second->terminator = Return{f.MakeBinary(Opcode::kXor, sum, load(1))};
    return Print(f);
  };
  EXPECT_EQ(build(false), build(true));
  EXPECT_EQ(build(false), R"(fn pcap {
b0:
  need [0]:10
  jump b1
b1:
  return ldb[1] ^ (ldb[3] + ldb[9])
}
)");
}

TEST(PrintFunction, UnreachableBlocksAreNotPrinted) {
  Function f(Target::kLinux);
  f.NewBlock()->terminator = Return{f.MakeConstant(1)};
  f.NewBlock()->terminator = Return{f.MakeConstant(2)};
  EXPECT_EQ(Print(f), "fn linux {\nb0:\n  return 0x1\n}\n");
}

TEST(PrintFunction, DeepValuesAreCutByLets) {
  Function f(Target::kPcap);
  const Value* value = f.MakeLoad(nullptr, 0, 4);
  for (int i = 0; i < 20000; ++i)
    value = f.MakeUnary(Opcode::kNeg, f.MakeBinary(Opcode::kSub, value, f.MakeConstant(1)));
  f.NewBlock()->terminator = Return{value};
  const std::string text = Print(f);
  const Expected<Function> parsed = Parse(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(Print(*parsed), text);
}

}  // namespace
}  // namespace bpfopt::ir
