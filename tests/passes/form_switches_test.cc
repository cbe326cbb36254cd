// Chains of tests of one value.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(FormSwitches, AChainBecomesOneDecision) {
  EXPECT_EQ(RunOnText("form-switches", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0xa000001 then b3 else b1
b1:
  need [26]:4
  if ld[26] == 0xa000002 then b3 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000009 then b4 else b5
b3:
  return 0x40000
b4:
  return 0x1
b5:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000001..0xa000002 -> b2; 0xa000009 -> b3; else -> b1 }
b1:
  return 0x0
b2:
  return 0x40000
b3:
  return 0x1
}
)");
}

TEST(FormSwitches, ASharedTestStays) {
  EXPECT_EQ(RunOnText("form-switches", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [26]:4
  if ld[26] == 0xa000001 then b3 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000002 then b3 else b4
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
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [26]:4
  if ld[26] == 0xa000001 then b3 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000002 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
