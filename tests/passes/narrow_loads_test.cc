// Loads whose low bytes do not matter.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(NarrowLoads, AnAlignedRangeNeedsOneByte) {
  EXPECT_EQ(RunOnText("narrow-loads", R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000000..0xaffffff -> b1; else -> b2 }
b1:
  return 0x40000
b2:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:1
  if ldb[26] == 0xa then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)");
}

TEST(NarrowLoads, AnotherUseKeepsTheWidth) {
  EXPECT_EQ(RunOnText("narrow-loads", R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000000..0xaffffff -> b1; else -> b2 }
b1:
  need [26]:4
  if ld[26] anyset 0x1 then b3 else b2
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000000..0xaffffff -> b1; else -> b3 }
b1:
  need [26]:4
  if ld[26] anyset 0x1 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
