// Sub-graphs that differ in where they load.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(MergeTails, PortsBehindBothHeaders) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [54]:2
  if ldh[54] == 0x50 then b4 else b3
b3:
  need [56]:2
  if ldh[56] == 0x50 then b4 else b5
b2:
  need [14]:1
  need [((ldb[14] & 0xf) << 0x2) + 14]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 14] == 0x50 then b4 else b6
b6:
  need [14]:1
  need [((ldb[14] & 0xf) << 0x2) + 16]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 16] == 0x50 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  jump b3(0x28)
b2:
  need [14]:1
  jump b3((ldb[14] & 0xf) << 0x2)
b3(%0):
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x50 then b5 else b4
b4:
  need [%0 + 16]:2
  if ldh[%0 + 16] == 0x50 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

TEST(MergeTails, AddressesAtDistancesThatDiffer) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x806 -> b2; else -> b5 }
b1:
  need [26]:4
  if ld[26] == 0xa000001 then b4 else b3
b3:
  need [30]:4
  if ld[30] == 0xa000001 then b4 else b5
b2:
  need [28]:4
  if ld[28] == 0xa000001 then b4 else b6
b6:
  need [38]:4
  if ld[38] == 0xa000001 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x806 -> b2; else -> b6 }
b1:
  need [26]:4
  jump b3(0x0, ld[26])
b2:
  need [28]:4
  jump b3(0x8, ld[28])
b3(%0, %1):
  if %1 == 0xa000001 then b5 else b4
b4:
  need [%0 + 30]:4
  if ld[%0 + 30] == 0xa000001 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

// A load of struct seccomp_data has no base, so where to load is no parameter.
TEST(MergeTails, WordsOfSystemCallsDoNotMerge) {
  constexpr std::string_view kText = R"(fn seccomp {
b0:
  if ld[0] == 0x29 then b1 else b3
b1:
  if ld[16] == 0x2 then b2 else b6
b2:
  if ld[20] == 0x1 then b5 else b6
b3:
  if ld[24] == 0x2 then b4 else b6
b4:
  if ld[28] == 0x1 then b5 else b6
b5:
  return 0x7fff0000
b6:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("merge-tails", kText), kText);
}

TEST(MergeTails, OtherConstantsDoNotMerge) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [54]:2
  if ldh[54] == 0x50 then b3 else b4
b2:
  need [56]:2
  if ldh[56] == 0x51 then b3 else b4
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
  need [54]:2
  if ldh[54] == 0x50 then b3 else b4
b2:
  need [56]:2
  if ldh[56] == 0x51 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)");
}

TEST(MergeTails, ALargerDecisionGivesUpWhatTheOtherHasNot) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b4
b1:
  need [20]:1
  switch ldb[20] { 0x2c -> b2; 0x3a -> b3; else -> b4 }
b2:
  need [54]:1
  if ldb[54] == 0x3a then b3 else b4
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
  if ldh[12] == 0x86dd then b1 else b6
b1:
  need [20]:1
  if ldb[20] == 0x2c then b2 else b3
b2:
  need [54]:1
  jump b4(ldb[54])
b3:
  need [20]:1
  jump b4(ldb[20])
b4(%0):
  if %0 == 0x3a then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)");
}

// The left side of a comparison of two values is no decision on a constant, which a value parameter is for; a
// base will do.
TEST(MergeTails, ComparisonsOfTwoValues) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [20]:4
  if ld[20] >= 0x7 then b1 else b2
b1:
  need [3]:1
  need [17]:4
  if ldb[3] >= ld[17] then b3 else b4
b2:
  need [3]:1
  need [20]:4
  if ldb[3] >= ld[20] then b3 else b4
b3:
  return 0x1
b4:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [20]:4
  if ld[20] >= 0x7 then b1 else b2
b1:
  jump b3(0x0)
b2:
  jump b3(0x3)
b3(%0):
  need [3]:1
  need [%0 + 17]:4
  if ldb[3] >= ld[%0 + 17] then b4 else b5
b4:
  return 0x1
b5:
  return 0x0
}
)");
}

// Each copy ends in a block that the others lead to as well, with a place of its own.
TEST(MergeTails, CopiesThatHandOnAPlace) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2; else -> b7 }
b1:
  need [23]:1
  if ldb[23] == 0x11 then b3 else b7
b3:
  need [36]:2
  if ldh[36] == 0x17c1 then b5(0x1c) else b7
b2:
  need [43]:1
  if ldb[43] == 0x11 then b4 else b7
b4:
  need [56]:2
  if ldh[56] == 0x17c1 then b5(0x30) else b7
b5(%0):
  need [%0 + 20]:2
  if ldh[%0 + 20] == 0x6558 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2; else -> b8 }
b1:
  jump b3(0x0)
b2:
  jump b3(0x14)
b3(%0):
  need [%0 + 23]:1
  if ldb[%0 + 23] == 0x11 then b4 else b8
b4:
  need [%0 + 36]:2
  if ldh[%0 + 36] == 0x17c1 then b5 else b8
b5:
  jump b6(%0 + 0x1c)
b6(%1):
  need [%1 + 20]:2
  if ldh[%1 + 20] == 0x6558 then b7 else b8
b7:
  return 0x40000
b8:
  return 0x0
}
)");
}

// Both sides load behind places that were computed before, at distances that differ.
TEST(MergeTails, DistancesBehindComputedPlaces) {
  EXPECT_EQ(RunOnText("merge-tails", R"(fn pcap {
b0:
  need [12]:2
  need [14]:1
  switch ldh[12] { 0x800 -> b1; 0x8100 -> b2; else -> b6 }
b1:
  need [ldb[14] + 16]:2
  if ldh[ldb[14] + 16] == 0x50 then b3 else b6
b3:
  need [ldb[14] + 20]:2
  if ldh[ldb[14] + 20] == 0x51 then b7 else b6
b7:
  need [ldb[14] + 30]:4
  if ld[ldb[14] + 30] == 0x51525354 then b5 else b6
b2:
  need [ldb[14] + 26]:2
  if ldh[ldb[14] + 26] == 0x50 then b4 else b6
b4:
  need [ldb[14] + 30]:2
  if ldh[ldb[14] + 30] == 0x51 then b8 else b6
b8:
  need [ldb[14] + 40]:4
  if ld[ldb[14] + 40] == 0x51525354 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  need [14]:1
  switch ldh[12] { 0x800 -> b1; 0x8100 -> b2; else -> b7 }
b1:
  need [14]:1
  jump b3(ldb[14])
b2:
  need [14]:1
  jump b3(ldb[14] + 0xa)
b3(%0):
  need [%0 + 16]:2
  if ldh[%0 + 16] == 0x50 then b4 else b7
b4:
  need [%0 + 20]:2
  if ldh[%0 + 20] == 0x51 then b5 else b7
b5:
  need [%0 + 30]:4
  if ld[%0 + 30] == 0x51525354 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)");
}

// The word may be anything: the sum of it and the distance may wrap, and then the places differ.
TEST(MergeTails, DistancesBehindUnboundedPlacesDoNotMerge) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [12]:2
  need [14]:4
  switch ldh[12] { 0x800 -> b1; 0x8100 -> b4; else -> b8 }
b1:
  need [ld[14] + 16]:2
  if ldh[ld[14] + 16] == 0x50 then b2 else b8
b2:
  need [ld[14] + 20]:2
  if ldh[ld[14] + 20] == 0x51 then b3 else b8
b3:
  need [ld[14] + 30]:4
  if ld[ld[14] + 30] == 0x51525354 then b7 else b8
b4:
  need [ld[14] + 26]:2
  if ldh[ld[14] + 26] == 0x50 then b5 else b8
b5:
  need [ld[14] + 30]:2
  if ldh[ld[14] + 30] == 0x51 then b6 else b8
b6:
  need [ld[14] + 40]:4
  if ld[ld[14] + 40] == 0x51525354 then b7 else b8
b7:
  return 0x40000
b8:
  return 0x0
}
)";
  EXPECT_EQ(RunOnText("merge-tails", kText, Relation::kFaithful), kText);
}

}  // namespace
}  // namespace bpfopt::passes
