// Tests that all ways out of a decision begin with, made once before it.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

constexpr std::string_view kPairs = R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1 -> b1; 0x5 -> b2; else -> b6 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b3 else b6
b2:
  need [23]:1
  if ldb[23] == 0x6 then b4 else b6
b3:
  need [36]:2
  if ldh[36] == 0x50 then b5 else b6
b4:
  need [36]:2
  if ldh[36] == 0x51 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)";

TEST(HoistTests, ATestOfAllWays) {
  EXPECT_EQ(RunOnText("hoist-tests", kPairs, Relation::kStrict), R"(fn pcap {
b0:
  need [26]:4
  need [23]:1
  if ldb[23] == 0x6 then b1 else b5
b1:
  need [26]:4
  switch ld[26] { 0x1 -> b2; 0x5 -> b3; else -> b5 }
b2:
  need [36]:2
  if ldh[36] == 0x50 then b4 else b5
b3:
  need [36]:2
  if ldh[36] == 0x51 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)");
}

// Packets from other addresses would be asked one thing more.
TEST(HoistTests, NotForSpeedWhereOneWayMakesIt) {
  EXPECT_EQ(RunOnText("hoist-tests", kPairs, Relation::kStrict, Objective::kSpeed), Canonical(kPairs));
}

// The other way accepts, so a packet that is too short for the test must not be lost.
TEST(HoistTests, NotBeforeAcceptedPackets) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2; else -> b5 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b3 else b5
b2:
  need [23]:1
  if ldb[23] == 0x6 then b4 else b5
b3:
  need [36]:2
  if ldh[36] == 0x50 then b6 else b5
b4:
  need [36]:2
  if ldh[36] == 0x51 then b6 else b5
b5:
  return 0x40000
b6:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("hoist-tests", kText, Relation::kFaithful), Canonical(kText));
}

TEST(HoistTests, BeforeAcceptedPacketsWhereTheLoadIsGuarded) {
  EXPECT_EQ(RunOnText("hoist-tests", R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1 -> b1; 0x5 -> b2; else -> b5 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b3 else b5
b2:
  need [23]:1
  if ldb[23] == 0x6 then b4 else b5
b3:
  need [36]:2
  if ldh[36] == 0x50 then b6 else b5
b4:
  need [36]:2
  if ldh[36] == 0x51 then b6 else b5
b5:
  return 0x40000
b6:
  return 0x0
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [26]:4
  need [23]:1
  if ldb[23] == 0x6 then b1 else b5
b1:
  need [26]:4
  switch ld[26] { 0x1 -> b2; 0x5 -> b3; else -> b5 }
b2:
  need [36]:2
  if ldh[36] == 0x50 then b4 else b5
b3:
  need [36]:2
  if ldh[36] == 0x51 then b4 else b5
b4:
  return 0x0
b5:
  return 0x40000
}
)");
}

TEST(HoistTests, OtherWordsAreAnotherTest) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0x1 -> b1; 0x5 -> b2; else -> b4 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b3 else b4
b2:
  need [23]:1
  if ldb[23] == 0x11 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("hoist-tests", kText, Relation::kFaithful), Canonical(kText));
}

}  // namespace
}  // namespace bpfopt::passes
