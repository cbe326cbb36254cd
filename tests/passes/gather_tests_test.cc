// Rows of tests that are left for one place, with the tests of one value made one.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

constexpr std::string_view kByTurns = R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0x1 then b4 else b1
b1:
  need [30]:4
  if ld[30] == 0x1 then b4 else b2
b2:
  need [26]:4
  if ld[26] == 0x5 then b4 else b3
b3:
  need [30]:4
  if ld[30] == 0x5 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)";

TEST(GatherTests, TestsByTurns) {
  EXPECT_EQ(RunOnText("gather-tests", kByTurns, Relation::kFaithful), R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1, 0x5 -> b3; else -> b1 }
b1:
  need [30]:4
  switch ld[30] { 0x1, 0x5 -> b3; else -> b2 }
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// A packet of 30 bytes from address 5 is rejected, and may not be accepted now.
TEST(GatherTests, StrictKeepsTestsWhoseLoadsFault) {
  EXPECT_EQ(RunOnText("gather-tests", kByTurns, Relation::kStrict), Canonical(kByTurns));
}

TEST(GatherTests, StrictWhereTheGuardIsPerformedBefore) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [30]:4
  if ld[30] == 0x1 then b3 else b1
b1:
  need [26]:4
  if ld[26] == 0x1 then b3 else b2
b2:
  need [30]:4
  if ld[30] == 0x5 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [30]:4
  switch ld[30] { 0x1, 0x5 -> b3; else -> b1 }
b1:
  need [26]:4
  if ld[26] == 0x1 then b3 else b2
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// As `not (...)` has them: all lead on where they fail, and to the rejecting return where they hold.
TEST(GatherTests, RowsThatReject) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] >= 0x10 then b1 else b4
b1:
  need [30]:4
  if ld[30] == 0x1 then b4 else b2
b2:
  need [26]:4
  if ld[26] == 0x50 then b4 else b3
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x0..0xf, 0x50 -> b2; else -> b1 }
b1:
  need [30]:4
  if ld[30] == 0x1 then b2 else b3
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// Networks of one length are one masked value; those of one address stand together, so that one load serves.
TEST(GatherTests, MaskedValuesOfOneLoadStandTogether) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [26]:4
  if (ld[26] & 0xffffff00) == 0xa000100 then b5 else b1
b1:
  need [30]:4
  if (ld[30] & 0xffffff00) == 0xa000100 then b5 else b2
b2:
  need [26]:4
  if (ld[26] & 0xffff0000) == 0xc0a80000 then b5 else b3
b3:
  need [30]:4
  if (ld[30] & 0xffff0000) == 0xc0a80000 then b5 else b4
b4:
  need [26]:4
  if (ld[26] & 0xffffff00) == 0xa000500 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] & 0xffffff00 { 0xa000100, 0xa000500 -> b5; else -> b1 }
b1:
  need [26]:4
  if (ld[26] & 0xffff0000) == 0xc0a80000 then b5 else b2
b2:
  need [30]:4
  if (ld[30] & 0xffffff00) == 0xa000100 then b5 else b3
b3:
  need [30]:4
  if (ld[30] & 0xffff0000) == 0xc0a80000 then b5 else b4
b4:
  return 0x0
b5:
  return 0x40000
}
)");
}

// b2 is reached past b0 and b1 too: what they test must not be asked of those packets.
TEST(GatherTests, ARowEndsWhereAnotherWayComesIn) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [26]:4
  if ld[26] == 0x1 then b5 else b2
b2:
  need [30]:4
  if ld[30] == 0x1 then b5 else b3
b3:
  need [26]:4
  if ld[26] == 0x5 then b5 else b4
b4:
  need [30]:4
  if ld[30] == 0x5 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("gather-tests", kText, Relation::kFaithful), Canonical(kText));
}

}  // namespace
}  // namespace bpfopt::passes
