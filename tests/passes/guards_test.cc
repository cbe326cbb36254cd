// What each block is left to guard.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(Guards, EachBlockGuardsItsOwnLoads) {
  EXPECT_EQ(RunOnText("guards", R"(fn pcap {
b0:
  need [12]:2
  need [20]:1
  if ldh[12] == 0x800 then b1 else b2
b1:
  if ldb[20] == 0x6 then b3 else b2
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
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [20]:1
  if ldb[20] == 0x6 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(Guards, StrictKeepsAGuardThatNothingElsePerforms) {
  EXPECT_EQ(RunOnText("guards", R"(fn pcap {
b0:
  need [12]:2
  need [20]:1
  if ldh[12] == 0x800 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [12]:2
  need [20]:1
  if ldh[12] == 0x800 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

TEST(Guards, StrictDropsAGuardThatEveryAcceptingPathPerforms) {
  EXPECT_EQ(RunOnText("guards", R"(fn pcap {
b0:
  need [30]:4
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [30]:4
  if ld[30] == 0x1 then b3 else b2
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
  need [30]:4
  if ld[30] == 0x1 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(Guards, FaithfulForgetsBoundsButNotDivisions) {
  EXPECT_EQ(RunOnText("guards", R"(fn pcap {
b0:
  need [30]:4
  need [1]:1
  nonzero ldb[1]
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [1]:1
  nonzero ldb[1]
  return 0x40000
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
