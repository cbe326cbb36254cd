// Blocks with parameters, copied for each way into them.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(DuplicateTails, ArgumentsStandForParameters) {
  EXPECT_EQ(RunOnText("duplicate-tails", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [20]:1
  jump b3(ldb[20])
b2:
  need [23]:1
  jump b3(ldb[23])
b3(%0):
  if %0 == 0x6 then b4 else b5
b4:
  return 0x1
b5:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [20]:1
  jump b2
b2:
  if ldb[20] == 0x6 then b5 else b6
b3:
  need [23]:1
  jump b4
b4:
  if ldb[23] == 0x6 then b5 else b6
b5:
  return 0x1
b6:
  return 0x0
}
)");
}

TEST(DuplicateTails, CopiesGoAsFarAsTheParametersAreUsed) {
  EXPECT_EQ(RunOnText("duplicate-tails", R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] == 0x1 then b1(0x28) else b1((ldb[0] & 0xf) << 0x2)
b1(%0):
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x50 then b2 else b3
b2:
  return %0
b3:
  need [9]:1
  if ldb[9] == 0x7 then b4 else b5
b4:
  return 0x1
b5:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] == 0x1 then b1 else b3
b1:
  need [0x28 + 14]:2
  if ldh[0x28 + 14] == 0x50 then b2 else b5
b2:
  return 0x28
b3:
  need [((ldb[0] & 0xf) << 0x2) + 14]:2
  if ldh[((ldb[0] & 0xf) << 0x2) + 14] == 0x50 then b4 else b5
b4:
  return (ldb[0] & 0xf) << 0x2
b5:
  need [9]:1
  if ldb[9] == 0x7 then b6 else b7
b6:
  return 0x1
b7:
  return 0x0
}
)");
}

TEST(DuplicateTails, LeavesAFunctionWithoutParametersAlone) {
  const std::string text = Canonical("fn pcap {\nb0:\n  need [0]:1\n  return ldb[0]\n}\n");
  EXPECT_EQ(RunOnText("duplicate-tails", text), text);
}

TEST(DuplicateTails, LeavesEffectsAlone) {
  const std::string text = Canonical(R"(fn linux {
b0:
  need [0]:1
  if ldb[0] == 0x1 then b1(0x1) else b1(0x2)
b1(%0):
  %1 = draw 3
  return %1 + %0
}
)");
  EXPECT_EQ(RunOnText("duplicate-tails", text), text);
}

// Each of twenty joins doubles what would follow it.
TEST(DuplicateTails, StopsWhereTheCopiesWouldBeMany) {
  std::string text = "fn pcap {\nb0:\n  need [0]:20\n  jump b1(0x0)\n";
  for (int i = 0; i < 20; ++i) {
    const std::string from = "%" + std::to_string(i);
    const std::string next = "b" + std::to_string(i + 2);
    text += "b" + std::to_string(i + 1) + "(" + from + "):\n  if ldb[" + std::to_string(i) +
            "] == 0x1 then " + next + "(" + from + " + 0x" + std::to_string(i + 1) + ") else " + next + "(" +
            from + ")\n";
  }
  text += "b21(%20):\n  return %20\n}\n";
  text = Canonical(text);
  EXPECT_EQ(RunOnText("duplicate-tails", text), text);
}

}  // namespace
}  // namespace bpfopt::passes
