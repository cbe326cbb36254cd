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

// A packet that ends before byte 38 is rejected, from address 5 too.
TEST(GatherTests, StrictKeepsTestsWhoseLoadsFault) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0x1 then b4 else b1
b1:
  need [30]:4
  if ld[30] == 0x1 then b4 else b2
b2:
  need [34]:4
  if ld[34] == 0x1 then b4 else b3
b3:
  need [26]:4
  if ld[26] == 0x5 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("gather-tests", kText, Relation::kStrict), Canonical(kText));
  EXPECT_NE(RunOnText("gather-tests", kText, Relation::kFaithful), Canonical(kText));
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

// Terms of several values become a tree, and those of the same first values share them.
TEST(GatherTests, TermsOfSeveralValues) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [22]:4
  if ld[22] == 0x20010db8 then b1 else b2
b1:
  need [26]:4
  if ld[26] == 0x1 then b8 else b2
b2:
  need [38]:4
  if ld[38] == 0x20010db8 then b3 else b4
b3:
  need [42]:4
  if ld[42] == 0x1 then b8 else b4
b4:
  need [22]:4
  if ld[22] == 0x20010db8 then b5 else b6
b5:
  need [26]:4
  if ld[26] == 0x2 then b8 else b6
b6:
  need [22]:4
  if ld[22] == 0x20010db9 then b7 else b9
b7:
  need [26]:4
  if ld[26] == 0x2 then b8 else b9
b8:
  return 0x40000
b9:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [22]:4
  switch ld[22] { 0x20010db8 -> b1; 0x20010db9 -> b2; else -> b3 }
b1:
  need [26]:4
  switch ld[26] { 0x1..0x2 -> b5; else -> b3 }
b2:
  need [26]:4
  if ld[26] == 0x2 then b5 else b3
b3:
  need [38]:4
  if ld[38] == 0x20010db8 then b4 else b6
b4:
  need [42]:4
  if ld[42] == 0x1 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

// A packet of 30 bytes that b0 and b1 accept is too short for what b4 asks, and must not be lost.
TEST(GatherTests, NoLoadIsMadeBeforeAPacketIsAcceptedThatIsTooShortForIt) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [22]:4
  if ld[22] == 0x1 then b1 else b2
b1:
  need [38]:4
  if ld[38] == 0x1 then b6 else b2
b2:
  need [26]:4
  if ld[26] == 0x1 then b6 else b3
b3:
  need [22]:4
  if ld[22] == 0x2 then b4 else b5
b4:
  need [38]:4
  if ld[38] == 0x2 then b6 else b5
b5:
  need [26]:4
  if ld[26] == 0x2 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("gather-tests", kText, Relation::kFaithful), Canonical(kText));
}

// Here the packets of the one group are none of the other's.
TEST(GatherTests, GroupsOfDifferentPacketsMayChangePlaces) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [38]:4
  if ld[38] == 0x1 then b8 else b2
b2:
  need [12]:2
  if ldh[12] == 0x806 then b3 else b4
b3:
  need [26]:4
  if ld[26] == 0x1 then b8 else b4
b4:
  need [12]:2
  if ldh[12] == 0x800 then b5 else b6
b5:
  need [38]:4
  if ld[38] == 0x2 then b8 else b6
b6:
  need [12]:2
  if ldh[12] == 0x806 then b7 else b9
b7:
  need [26]:4
  if ld[26] == 0x2 then b8 else b9
b8:
  return 0x40000
b9:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [38]:4
  switch ld[38] { 0x1..0x2 -> b4; else -> b2 }
b2:
  need [12]:2
  if ldh[12] == 0x806 then b3 else b5
b3:
  need [26]:4
  switch ld[26] { 0x1..0x2 -> b4; else -> b5 }
b4:
  return 0x40000
b5:
  return 0x0
}
)");
}

// What the second port is asked after says that the first is not in its range, which is no matter: else the
// packet is accepted anyway.
TEST(GatherTests, RangesOfEitherPort) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [34]:2
  if ldh[34] >= 0x10 then b1 else b2
b1:
  need [34]:2
  if ldh[34] > 0x20 then b2 else b8
b2:
  need [36]:2
  if ldh[36] >= 0x10 then b3 else b4
b3:
  need [36]:2
  if ldh[36] > 0x20 then b4 else b8
b4:
  need [34]:2
  if ldh[34] >= 0x30 then b5 else b6
b5:
  need [34]:2
  if ldh[34] > 0x40 then b6 else b8
b6:
  need [36]:2
  if ldh[36] >= 0x30 then b7 else b9
b7:
  need [36]:2
  if ldh[36] > 0x40 then b9 else b8
b8:
  return 0x40000
b9:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [34]:2
  switch ldh[34] { 0x10..0x20, 0x30..0x40 -> b3; else -> b1 }
b1:
  need [36]:2
  switch ldh[36] { 0x10..0x20, 0x30..0x40 -> b3; else -> b2 }
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// 10.0.0.0/8 is asked again where 10.1.0.0/16 has not led to the exit.
TEST(GatherTests, WordsThatOverlapTakeLayers) {
  EXPECT_EQ(RunOnText("gather-tests", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] >= 0xa000000 then b1 else b3
b1:
  need [26]:4
  if ld[26] > 0xaffffff then b3 else b2
b2:
  need [36]:2
  if ldh[36] == 0x50 then b8 else b3
b3:
  need [26]:4
  if ld[26] >= 0xa010000 then b4 else b6
b4:
  need [26]:4
  if ld[26] > 0xa01ffff then b6 else b5
b5:
  need [36]:2
  if ldh[36] == 0x51 then b8 else b6
b6:
  need [26]:4
  if ld[26] == 0x1 then b7 else b9
b7:
  need [36]:2
  if ldh[36] == 0x52 then b8 else b9
b8:
  return 0x40000
b9:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1 -> b1; 0xa000000..0xaffffff -> b2; else -> b3 }
b1:
  need [36]:2
  if ldh[36] == 0x52 then b5 else b3
b2:
  need [36]:2
  if ldh[36] == 0x50 then b5 else b3
b3:
  need [26]:4
  switch ld[26] { 0xa010000..0xa01ffff -> b4; else -> b6 }
b4:
  need [36]:2
  if ldh[36] == 0x51 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

// b1 asks for [30] of other packets only: those that b0 leaves with may be too short for it.
TEST(GatherTests, ATermBehindAnotherValueIsNotAskedBeforeIt) {
  const std::string gathered = RunOnText("gather-tests", R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1 -> b4; 0x2 -> b1; else -> b2 }
b1:
  need [30]:4
  if ld[30] == 0x1 then b4 else b3
b2:
  need [30]:4
  if ld[30] == 0x1 then b4 else b3
b3:
  need [26]:4
  if ld[26] == 0x7 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)",
                                         Relation::kFaithful);
  EXPECT_LT(gathered.find("ld[26]"), gathered.find("ld[30]")) << gathered;
}

// A packet that ends after [26] is accepted past b1 and b9, and never asked for [30].
TEST(GatherTests, OfTwoWaysThroughOneSubGraphNeitherComesBeforeTheOther) {
  const std::string text = RunOnText("gather-tests", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [26]:4
  switch ld[26] { 0xa010200..0xa0102ff -> b8; else -> b2 }
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  need [30]:4
  switch ld[30] { 0xa010200..0xa0102ff -> b8; else -> b4 }
b4:
  need [12]:2
  if ldh[12] == 0x800 then b5 else b12
b5:
  need [26]:4
  switch ld[26] { 0xa010200..0xa0102ff -> b6; 0xc0000211 -> b7; else -> b12 }
b6:
  need [30]:4
  if ld[30] == 0xc0000211 then b8 else b12
b7:
  need [30]:4
  switch ld[30] { 0xa010200..0xa0102ff -> b8; else -> b12 }
b8:
  need [12]:2
  if ldh[12] == 0x800 then b9 else b10
b9:
  need [26]:4
  switch ld[26] { 0xa010000..0xa01ffff -> b14; else -> b10 }
b10:
  need [12]:2
  if ldh[12] == 0x800 then b11 else b12
b11:
  need [30]:4
  switch ld[30] { 0xa010000..0xa01ffff -> b14; else -> b12 }
b12:
  need [12]:2
  if ldh[12] == 0x800 then b13 else b15
b13:
  need [26]:4
  switch ld[26] { 0xc0000200..0xc00002ff -> b14; else -> b15 }
b14:
  return 0x40000
b15:
  return 0x0
}
)");
  EXPECT_LT(text.find("ld[26]"), text.find("ld[30]")) << text;
}

}  // namespace
}  // namespace bpfopt::passes
