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

TEST(JumpThreading, DoesNotSkipABlockWithAParameter) {
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
  if ldh[12] == 0x800 then b1(0x1) else b1(0x2)
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

}  // namespace
}  // namespace bpfopt::passes
