// Tests of neighbouring fields.
#include "pass_testing.h"

#include <string>

namespace bpfopt::passes {
namespace {

TEST(FuseFields, ProtocolAndFragmentOffset) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [23]:1
  if ldb[23] == 0x6 then b1 else b3
b1:
  need [20]:2
  if ldh[20] anyset 0x1fff then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:4
  need [23]:1
  if (ld[20] & 0x1fff00ff) == 0x6 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

TEST(FuseFields, ASetOfProtocols) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [23]:1
  switch ldb[23] { 0x6, 0x11, 0x84 -> b1; else -> b3 }
b1:
  need [20]:2
  if ldh[20] anyset 0x1fff then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:4
  need [23]:1
  switch ld[20] & 0x1fff00ff { 0x6, 0x11, 0x84 -> b2; else -> b1 }
b1:
  return 0x0
b2:
  return 0x40000
}
)");
}

TEST(FuseFields, ALoadThatReachesFartherIsNoGuardOfTheFirst) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [20]:1
  if ldb[20] == 0x6 then b1 else b3
b1:
  need [21]:1
  if ldb[21] == 0x1 then b2 else b3
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:1
  if ldb[20] == 0x6 then b1 else b3
b1:
  need [21]:1
  if ldb[21] == 0x1 then b2 else b3
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// The second block's guard is one that an earlier pass left behind: packets without [100] are rejected there.
TEST(FuseFields, StrictKeepsAGuardThatNoLoadPerforms) {
  const std::string text = RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [20]:1
  if ldb[20] == 0x6 then b1 else b3
b1:
  need [21]:1
  need [100]:1
  if ldb[21] == 0x1 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                                     Relation::kStrict);
  EXPECT_NE(text.find("if ldh[20] == 0x601"), std::string::npos) << text;
  EXPECT_NE(text.find("need [100]:1"), std::string::npos) << text;
}

// What one test of two bytes makes of one test after the other, where both lead to b2 or else to b3.
std::string Fused(const std::string& first, const std::string& second) {
  return RunOnText("fuse-fields", "fn pcap {\nb0:\n  need [20]:4\n  if " + first +
                                      " then b1 else b3\nb1:\n  need [20]:4\n  if " + second +
                                      " then b2 else b3\nb2:\n  return 0x40000\nb3:\n  return 0x0\n}\n");
}
TEST(FuseFields, ARangeThatIsAWordOnSomeBits) {
  const std::string text = Fused("ldb[20] >= 0xc0", "(ldb[21] & 0x7f) == 0x8");
  EXPECT_NE(text.find("if (ldh[20] & 0xc07f) == 0xc008 then b1 else b2"), std::string::npos) << text;
}

TEST(FuseFields, BitsThatOverlap) {
  const std::string text = Fused("(ldb[20] & 0x3) == 0x2", "(ldb[20] & 0x12) == 0x2");
  EXPECT_NE(text.find("if (ldb[20] & 0x13) == 0x2 then b1 else b2"), std::string::npos) << text;
  // No `and` is needed where all bits are asked for.
  const std::string whole = Fused("(ldb[20] & 0xf) == 0x2", "(ldb[20] & 0xf8) == 0x10");
  EXPECT_NE(whole.find("if ldb[20] == 0x12 then b1 else b2"), std::string::npos) << whole;
  const std::string never = Fused("(ldb[20] & 0xf) == 0x2", "(ldb[20] & 0xf8) == 0x18");
  EXPECT_EQ(never.find("0x40000"), std::string::npos) << never;
}

TEST(FuseFields, AShortRangeIsItsWords) {
  const std::string text = Fused("ldb[20] == 0x1", "ldb[21] == 0x11");
  EXPECT_NE(text.find("if ldh[20] == 0x111 then b1 else b2"), std::string::npos) << text;
  const std::string range = RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [22]:1
  switch ldb[22] { 0x1..0x2 -> b1; else -> b3 }
b1:
  need [23]:1
  if ldb[23] == 0x11 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
  EXPECT_NE(range.find("switch ldh[22] { 0x111, 0x211 -> "), std::string::npos) << range;
}

// What b2 tests is still in the accumulator after jumps on bits, and not after `and`.
TEST(FuseFields, NotWhereTheLoadWouldBeMadeAgain) {
  const std::string text = Canonical(R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x8 then b1 else b4
b1:
  need [0]:1
  if ldb[0] anyset 0x4 then b4 else b2
b2:
  need [0]:1
  if ldb[0] >= 0x80 then b3 else b5
b3:
  return 0x40000
b4:
  return 0x0
b5:
  return 0x1
}
)");
  EXPECT_EQ(RunOnText("fuse-fields", text), text);
}

}  // namespace
}  // namespace bpfopt::passes
