// Edges that know the outcome of the tests ahead.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(JumpThreading, SkipsADecidedTest) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [20]:1
  if ldb[20] == 0x6 then b3 else b2
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [20]:1
  if ldb[20] == 0x6 then b3 else b4
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)");
}

TEST(JumpThreading, SeesAByteInAHalfWord) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [12]:1
  if ldb[12] == 0x8 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b1
b1:
  return 0x40000
}
)");
}

TEST(JumpThreading, StrictKeepsATestWhoseGuardIsNeeded) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [12]:2
  need [50]:1
  if ldh[12] == 0x800 then b3 else b2
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [12]:2
  need [50]:1
  if ldh[12] == 0x800 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(JumpThreading, SkipsABlockWithAParameterWhereNothingBehindUsesIt) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x1) else b1(0x2)
b1(%0):
  need [12]:2
  if ldh[12] == 0x800 then b2 else b3
b2:
  return %0
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x1) else b3
b1(%0):
  need [12]:2
  if ldh[12] == 0x800 then b2 else b3
b2:
  return %0
b3:
  return 0x0
}
)");
}

// Whatever the second bit is, a clear first one fails.
TEST(JumpThreading, SkipsAnUndecidedTestWhoseWaysMeet) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x8 then b1 else b2(0x18)
b1:
  need [0]:1
  if ldb[0] anyset 0x80 then b2(0x1a) else b2(0x18)
b2(%0):
  need [0]:1
  if ldb[0] anyset 0x4 then b5 else b3
b3:
  need [0]:1
  if ldb[0] anyset 0x8 then b4 else b5
b4:
  need [%0 + 6]:2
  if ldh[%0 + 6] == 0x800 then b6 else b5
b5:
  return 0x0
b6:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x8 then b1 else b6
b1:
  need [0]:1
  if ldb[0] anyset 0x80 then b2(0x1a) else b2(0x18)
b2(%0):
  need [0]:1
  if ldb[0] anyset 0x4 then b6 else b3
b3:
  need [0]:1
  if ldb[0] anyset 0x8 then b4 else b6
b4:
  need [%0 + 6]:2
  if ldh[%0 + 6] == 0x800 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
