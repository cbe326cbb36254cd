// Chains of tests read with fewer loads.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(TileFields, AnAddressAndATypeBehindItAreTwoWords) {
  EXPECT_EQ(RunOnText("tile-fields", R"(fn pcap {
b0:
  need [8]:4
  if ld[8] == 0x5e100001 then b1 else b4
b1:
  need [6]:2
  if ldh[6] == 0x200 then b2 else b4
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [6]:4
  if ld[6] == 0x2005e10 then b1 else b3
b1:
  need [10]:4
  if ld[10] == 0x10800 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

// Three bytes are a masked word, or a half-word and a byte; what is shared is asked for once.
TEST(TileFields, OverlappingTestsAreOne) {
  EXPECT_EQ(RunOnText("tile-fields", R"(fn pcap {
b0:
  need [20]:4
  if (ld[20] & 0xff00ff00) == 0x1000200 then b1 else b3
b1:
  need [21]:1
  if ldb[21] == 0x3 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [20]:4
  if (ld[20] & 0xffffff00) == 0x1030200 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

// A packet may end after [11] and be accepted at b1's other way, so nothing farther may be asked at once.
TEST(TileFields, NotPastWhatEveryAcceptedPacketHas) {
  const std::string text = Canonical(R"(fn pcap {
b0:
  need [8]:4
  if ld[8] == 0x5e100001 then b1 else b4
b1:
  need [6]:2
  if ldh[6] == 0x200 then b2 else b4
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x0
b4:
  return 0x40000
}
)");
  EXPECT_EQ(RunOnText("tile-fields", text), text);
}

// Packets without [100] are rejected, whichever test they fail first.
TEST(TileFields, StrictKeepsGuardsThatNoLoadPerforms) {
  EXPECT_EQ(RunOnText("tile-fields", R"(fn pcap {
b0:
  need [8]:4
  if ld[8] == 0x5e100001 then b1 else b4
b1:
  need [6]:2
  need [100]:1
  if ldh[6] == 0x200 then b2 else b4
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [8]:4
  need [6]:2
  need [100]:1
  need [12]:2
  need [6]:4
  if ld[6] == 0x2005e10 then b1 else b3
b1:
  need [10]:4
  if ld[10] == 0x10800 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(TileFields, NotWhereItCostsAsMuch) {
  const std::string text = Canonical(R"(fn pcap {
b0:
  need [8]:4
  if ld[8] == 0x5e100001 then b1 else b3
b1:
  need [6]:2
  if ldh[6] == 0x200 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
  EXPECT_EQ(RunOnText("tile-fields", text), text);
}

}  // namespace
}  // namespace bpfopt::passes
