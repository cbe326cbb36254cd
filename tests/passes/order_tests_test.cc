// Orders of tests.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

// Both hosts ask for the protocol.
TEST(OrderTests, ATestThatAllWaysMakeComesFirst) {
  EXPECT_EQ(RunOnText("order-tests", R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000001 -> b1; 0xa000003 -> b3; else -> b6 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b2 else b6
b2:
  need [36]:2
  if ldh[36] == 0x50 then b5 else b6
b3:
  need [23]:1
  if ldb[23] == 0x6 then b4 else b6
b4:
  need [38]:2
  if ldh[38] == 0x16 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [23]:1
  if ldb[23] == 0x6 then b1 else b5
b1:
  need [26]:4
  switch ld[26] { 0xa000001 -> b2; 0xa000003 -> b3; else -> b5 }
b2:
  need [36]:2
  if ldh[36] == 0x50 then b4 else b5
b3:
  need [38]:2
  if ldh[38] == 0x16 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)");
}

// A packet may be accepted that ends before [23], so [23] cannot be asked for before [10].
TEST(OrderTests, NotWhereATestMadeEarlierMightFault) {
  const std::string text = Canonical(R"(fn pcap {
b0:
  need [10]:1
  switch ldb[10] { 0x1 -> b1; 0x3 -> b3; 0x4 -> b5; else -> b6 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b2 else b6
b2:
  need [36]:2
  if ldh[36] == 0x50 then b5 else b6
b3:
  need [23]:1
  if ldb[23] == 0x6 then b4 else b6
b4:
  return 0x1
b5:
  return 0x40000
b6:
  return 0x0
}
)");
  EXPECT_EQ(RunOnText("order-tests", text), text);
}

// Addresses, low half before high half, of one or the other.
TEST(OrderTests, TwoAddressesInTwoPlacesAreTwoSets) {
  EXPECT_EQ(RunOnText("order-tests", R"(fn pcap {
b0:
  need [8]:4
  if ld[8] == 0x1 then b1 else b2
b1:
  need [6]:2
  if ldh[6] == 0x2 then b8 else b2
b2:
  need [2]:4
  if ld[2] == 0x1 then b3 else b4
b3:
  need [0]:2
  if ldh[0] == 0x2 then b8 else b4
b4:
  need [8]:4
  if ld[8] == 0x3 then b5 else b6
b5:
  need [6]:2
  if ldh[6] == 0x2 then b8 else b6
b6:
  need [2]:4
  if ld[2] == 0x3 then b7 else b9
b7:
  need [0]:2
  if ldh[0] == 0x2 then b8 else b9
b8:
  return 0x40000
b9:
  return 0x0
}
)"),
            R"(fn pcap {
b0:
  need [8]:4
  switch ld[8] { 0x1, 0x3 -> b1; else -> b2 }
b1:
  need [6]:2
  if ldh[6] == 0x2 then b4 else b2
b2:
  need [2]:4
  switch ld[2] { 0x1, 0x3 -> b3; else -> b5 }
b3:
  need [0]:2
  if ldh[0] == 0x2 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
