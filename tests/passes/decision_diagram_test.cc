// Functions rebuilt as diagrams.
#include "pass_testing.h"
#include "passes/passes.h"

namespace bpfopt::passes {
namespace {

TEST(DecisionDiagram, InterleavedTestsGather) {
  EXPECT_EQ(RunOnText("decision-diagram", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0xa000001 then b4 else b1
b1:
  need [30]:4
  if ld[30] == 0xa000001 then b4 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000002 then b4 else b3
b3:
  need [30]:4
  if ld[30] == 0xa000002 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000001..0xa000002 -> b3; else -> b1 }
b1:
  need [30]:4
  switch ld[30] { 0xa000001..0xa000002 -> b3; else -> b2 }
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

// A packet without [30] that comes from 0xa000002 is rejected by the guard of the second test, which is not
// made.
TEST(DecisionDiagram, StrictKeepsTheGuardOfATestThatIsNotMade) {
  EXPECT_EQ(RunOnText("decision-diagram", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0xa000001 then b3 else b1
b1:
  need [30]:4
  if ld[30] == 0xa000001 then b3 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000002 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000001 -> b4; 0xa000002 -> b3; else -> b1 }
b1:
  need [30]:4
  if ld[30] == 0xa000001 then b4 else b2
b2:
  return 0x0
b3:
  need [30]:4
  jump b4
b4:
  return 0x40000
}
)");
}

TEST(DecisionDiagram, StrictNeedsNoGuardBeforeARejection) {
  EXPECT_EQ(RunOnText("decision-diagram", R"(fn pcap {
b0:
  need [26]:4
  if ld[26] == 0xa000001 then b3 else b1
b1:
  need [30]:4
  if ld[30] == 0xa000001 then b3 else b2
b2:
  need [26]:4
  if ld[26] == 0xa000002 then b3 else b4
b3:
  return 0x0
b4:
  return 0x40000
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [26]:4
  switch ld[26] { 0xa000001..0xa000002 -> b3; else -> b1 }
b1:
  need [30]:4
  if ld[30] == 0xa000001 then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(DecisionDiagram, ATestWhoseOutcomeALaterOneImpliesGoes) {
  EXPECT_EQ(RunOnText("decision-diagram", R"(fn pcap {
b0:
  need [2]:4
  if ld[2] == 0xffffffff then b1 else b2
b1:
  need [0]:2
  if ldh[0] == 0xffff then b3 else b2
b2:
  need [0]:1
  if ldb[0] anyset 0x1 then b3 else b4
b3:
  return 0x0
b4:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x1 then b1 else b2
b1:
  return 0x0
b2:
  return 0x40000
}
)");
}

TEST(DecisionDiagram, AnImpliedTestStaysWhereItsLoadMightFault) {
  EXPECT_EQ(RunOnText("decision-diagram", R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] == 0x1 then b3 else b1
b1:
  need [0]:2
  if ldh[0] > 0x100 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] == 0x1 then b2 else b1
b1:
  need [0]:2
  if ldh[0] >= 0x101 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

// Or every compile would clean up once more for nothing.
TEST(DecisionDiagram, AFunctionThatIsOneAlreadyIsNotChanged) {
  Expected<ir::Function> function = ir::Parse(R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2; else -> b4 }
b1:
  need [23]:1
  if ldb[23] == 0x6 then b3 else b4
b2:
  need [20]:1
  if ldb[20] == 0x6 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)");
  ASSERT_TRUE(function) << function.error().message;
  Context context;
  context.relation = Relation::kFaithful;
  EXPECT_FALSE(RunDecisionDiagram(*function, context));
}

}  // namespace
}  // namespace bpfopt::passes
