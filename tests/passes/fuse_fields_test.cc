// Tests of neighbouring fields.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(FuseFields, ProtocolAndFragmentOffset) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [23]:1
  if ldb[23] == 0x6 then b1 else b3
b1:
  need [20]:2
  if ldh[20] anyset 0x1fff then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:4
  need [23]:1
  if (ld[20] & 0x1fff00ff) == 0x6 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

TEST(FuseFields, ASetOfProtocols) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [23]:1
  switch ldb[23] { 0x6, 0x11, 0x84 -> b1; else -> b3 }
b1:
  need [20]:2
  if ldh[20] anyset 0x1fff then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:4
  need [23]:1
  switch ld[20] & 0x1fff00ff { 0x6, 0x11, 0x84 -> b2; else -> b1 }
b1:
  return 0x0
b2:
  return 0x40000
}
)");
}

TEST(FuseFields, ALoadThatReachesFartherIsNoGuardOfTheFirst) {
  EXPECT_EQ(RunOnText("fuse-fields", R"(fn pcap {
b0:
  need [20]:1
  if ldb[20] == 0x6 then b1 else b3
b1:
  need [21]:1
  if ldb[21] == 0x1 then b2 else b3
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [20]:1
  if ldb[20] == 0x6 then b1 else b3
b1:
  need [21]:1
  if ldb[21] == 0x1 then b2 else b3
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
