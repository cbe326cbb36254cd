// Fewer parameters, with arguments that cost less.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(Parameters, OneValueOnAllWays) {
  EXPECT_EQ(RunOnText("parameters", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0xe, ldh[12]) else b1(0x12, ldh[12])
b1(%0, %1):
  need [%0 + 9]:1
  if ldb[%0 + 9] == 0x6 then b2 else b3
b2:
  return %1
b3:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x0) else b1(0x4)
b1(%0):
  need [%0 + 23]:1
  if ldb[%0 + 23] == 0x6 then b2 else b3
b2:
  return ldh[12]
b3:
  return 0x0
}
)");
}

TEST(Parameters, AnotherParameterAndAConstant) {
  EXPECT_EQ(RunOnText("parameters", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x0, 0x4) else b1(0x8, 0xc)
b1(%0, %1):
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x6 then b2 else b3
b2:
  need [%1 + 14]:2
  if ldh[%1 + 14] == 0x7 then b4 else b3
b3:
  return 0x0
b4:
  return 0x1
}
)"),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x0) else b1(0x8)
b1(%0):
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x6 then b2 else b4
b2:
  need [(%0 + 0x4) + 14]:2
  if ldh[(%0 + 0x4) + 14] == 0x7 then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)");
}

// The sums on the ways in go, for loads have an offset at no cost.
TEST(Parameters, ConstantOfAllArguments) {
  EXPECT_EQ(RunOnText("parameters", R"(fn pcap {
b0:
  need [12]:2
  need [22]:1
  need [32]:1
  if ldh[12] == 0x800 then b1(ldb[22] + 0x1e) else b1(ldb[32] + 0x1e)
b1(%0):
  need [%0 + 9]:1
  if ldb[%0 + 9] == 0x6 then b2 else b3
b2:
  need [%0 + 12]:4
  if ld[%0 + 12] == 0x6 then b4 else b3
b3:
  return 0x0
b4:
  return 0x1
}
)"),
            R"(fn pcap {
b0:
  need [12]:2
  need [22]:1
  need [32]:1
  if ldh[12] == 0x800 then b1(ldb[22]) else b1(ldb[32])
b1(%0):
  need [%0 + 39]:1
  if ldb[%0 + 39] == 0x6 then b2 else b4
b2:
  need [%0 + 42]:4
  if ld[%0 + 42] == 0x6 then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)");
}

// A sum that wraps is another place: no load takes the constant in.
TEST(Parameters, ConstantStaysWhereASumMayWrap) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  need [22]:4
  need [32]:4
  if ldh[12] == 0x800 then b1(ld[22] + 0x1e) else b1(ld[32] + 0x1e)
b1(%0):
  need [%0 + 9]:1
  if ldb[%0 + 9] == 0x6 then b2 else b4
b2:
  need [%0 + 12]:4
  if ld[%0 + 12] == 0x6 then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("parameters", kText), kText);
}

TEST(Parameters, TheValueInsteadOfThePlace) {
  EXPECT_EQ(RunOnText("parameters", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [22]:1
  jump b3(0x18, ldb[22])
b2:
  need [22]:1
  jump b3(ldb[22] + 0x2a, ldb[22] + 0x4)
b3(%0, %1):
  need [%0 + 0]:2
  if ldh[%0 + 0] == 0x800 then b4 else b5
b4:
  need [%1 + 9]:1
  if ldb[%1 + 9] == 0x6 then b6 else b5
b5:
  return 0x0
b6:
  return 0x1
}
)"),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [22]:1
  need [24]:2
  jump b3(ldh[24], ldb[22])
b2:
  need [22]:1
  need [ldb[22] + 42]:2
  jump b3(ldh[ldb[22] + 42], ldb[22] + 0x4)
b3(%0, %1):
  if %0 == 0x800 then b4 else b6
b4:
  need [%1 + 9]:1
  if ldb[%1 + 9] == 0x6 then b5 else b6
b5:
  return 0x1
b6:
  return 0x0
}
)");
}

// The place is used twice: two values would have to be handed on.
TEST(Parameters, APlaceOfTwoLoadsIsHandedOn) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x0) else b1(0x10)
b1(%0):
  need [%0 + 20]:2
  if ldh[%0 + 20] == 0x800 then b2 else b4
b2:
  need [%0 + 28]:1
  if ldb[%0 + 28] == 0x6 then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("parameters", kText), kText);
}

// A drawn number has identity, and two ways into it do not.
TEST(Parameters, FunctionsWithEffectsStay) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x1, 0x1) else b1(0x2, 0x2)
b1(%0, %1):
  %2 = draw 3
  if (%0 + %2) == %1 then b2 else b3
b2:
  return 0x1
b3:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("parameters", kText), kText);
}

}  // namespace
}  // namespace bpfopt::passes
