// Blocks that do the same.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(MergeBlocks, EqualTailsBecomeOne) {
  EXPECT_EQ(RunOnText("merge-blocks", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [20]:1
  if ldb[20] == 0x6 then b3 else b4
b2:
  need [20]:1
  if ldb[20] == 0x6 then b5 else b6
b3:
  return 0x40000
b4:
  return 0x0
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
  if ldh[12] == 0x800 then b1 else b1
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

TEST(MergeBlocks, OtherGuardsAreOtherBlocks) {
  EXPECT_EQ(RunOnText("merge-blocks", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [20]:1
  return 0x40000
b2:
  return 0x40000
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [20]:1
  return 0x40000
b2:
  return 0x40000
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
