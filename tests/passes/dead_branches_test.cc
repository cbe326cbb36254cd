// Tests, jumps and blocks that do nothing.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(DeadBranches, OneOutcomeIsNoTest) {
  EXPECT_EQ(RunOnText("dead-branches", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b1
b1:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  return 0x40000
}
)");
}

TEST(DeadBranches, EmptyJumpsAreBypassed) {
  EXPECT_EQ(RunOnText("dead-branches", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  jump b3
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

TEST(DeadBranches, AJumpWithArgumentsMovesToItsPredecessors) {
  EXPECT_EQ(RunOnText("dead-branches", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2(0x8)
b1:
  jump b2(0x0)
b2(%0):
  need [%0 + 20]:1
  if ldb[%0 + 20] == 0x6 then b3 else b4
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
  if ldh[12] == 0x800 then b1(0x0) else b1(0x8)
b1(%0):
  need [%0 + 20]:1
  if ldb[%0 + 20] == 0x6 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(DeadBranches, AGuardKeepsItsBlock) {
  EXPECT_EQ(RunOnText("dead-branches", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [50]:1
  jump b3
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
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [50]:1
  return 0x40000
b2:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
