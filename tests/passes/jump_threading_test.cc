// Edges that know the outcome of the tests ahead.
#include "pass_testing.h"

#include <fmt/format.h>

namespace bpfopt::passes {
namespace {

TEST(JumpThreading, SkipsADecidedTest) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [20]:1
  if ldb[20] == 0x6 then b3 else b2
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
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
  need [20]:1
  if ldb[20] == 0x6 then b3 else b4
b2:
  need [12]:2
  if ldh[12] == 0x800 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)");
}

TEST(JumpThreading, SeesAByteInAHalfWord) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [12]:1
  if ldb[12] == 0x8 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b1
b1:
  return 0x40000
}
)");
}

TEST(JumpThreading, StrictKeepsATestWhoseGuardIsNeeded) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [12]:2
  need [50]:1
  if ldh[12] == 0x800 then b3 else b2
b2:
  return 0x0
b3:
  return 0x40000
}
)",
                      Relation::kStrict),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [12]:2
  need [50]:1
  if ldh[12] == 0x800 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(JumpThreading, SkipsABlockWithAParameterWhereNothingBehindUsesIt) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x1) else b1(0x2)
b1(%0):
  need [12]:2
  if ldh[12] == 0x800 then b2 else b3
b2:
  return %0
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1(0x1) else b3
b1(%0):
  need [12]:2
  if ldh[12] == 0x800 then b2 else b3
b2:
  return %0
b3:
  return 0x0
}
)");
}

// Whatever the second bit is, a clear first one fails.
TEST(JumpThreading, SkipsAnUndecidedTestWhoseWaysMeet) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x8 then b1 else b2(0x18)
b1:
  need [0]:1
  if ldb[0] anyset 0x80 then b2(0x1a) else b2(0x18)
b2(%0):
  need [0]:1
  if ldb[0] anyset 0x4 then b5 else b3
b3:
  need [0]:1
  if ldb[0] anyset 0x8 then b4 else b5
b4:
  need [%0 + 6]:2
  if ldh[%0 + 6] == 0x800 then b6 else b5
b5:
  return 0x0
b6:
  return 0x40000
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [0]:1
  if ldb[0] anyset 0x8 then b1 else b5
b1:
  need [0]:1
  if ldb[0] anyset 0x80 then b2(0x1a) else b2(0x18)
b2(%0):
  need [0]:1
  if ldb[0] anyset 0x4 then b5 else b3
b3:
  need [%0 + 6]:2
  if ldh[%0 + 6] == 0x800 then b4 else b5
b4:
  return 0x40000
b5:
  return 0x0
}
)");
}

// The last block is reached by one edge only, once the others go past it, and is known to follow a set bit.
TEST(JumpThreading, KnowsWhatTheThreadedEdgesTell) {
  EXPECT_EQ(RunOnText("jump-threading", R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  need [26]:4
  if ld[26] == 0x1 then b8 else b2
b2:
  need [12]:2
  if ldh[12] == 0x806 then b3 else b4
b3:
  need [28]:4
  if ld[28] == 0x1 then b8 else b4
b4:
  need [12]:2
  if ldh[12] == 0x800 then b5 else b6
b5:
  need [26]:4
  if ld[26] == 0x2 then b8 else b6
b6:
  need [12]:2
  if ldh[12] == 0x806 then b7 else b9
b7:
  need [28]:4
  if ld[28] == 0x2 then b8 else b9
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
  if ldh[12] == 0x800 then b1 else b3
b1:
  need [26]:4
  if ld[26] == 0x1 then b6 else b2
b2:
  need [26]:4
  if ld[26] == 0x2 then b6 else b7
b3:
  need [12]:2
  if ldh[12] == 0x806 then b4 else b7
b4:
  need [28]:4
  if ld[28] == 0x1 then b6 else b5
b5:
  need [28]:4
  if ld[28] == 0x2 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)");
}

// `count` tests of one address, reached too from a test of a port where the address is known to be 0.
std::string RunOfTests(std::size_t count) {
  std::string text =
      "fn pcap {\nb0:\n  need [26]:4\n  if ld[26] == 0x0 then b1 else b2\nb1:\n  need [36]:2\n";
  text += fmt::format("  if ldh[36] == 0x35 then b{} else b2\n", count + 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format("b{}:\n  need [26]:4\n  if ld[26] == {:#x} then b{} else b{}\n", i + 2, 7 * i + 1,
                        count + 2, i + 1 == count ? count + 3 : i + 3);
  }
  return text + fmt::format("b{}:\n  return 0x40000\nb{}:\n  return 0x0\n}}\n", count + 2, count + 3);
}

// However many tests there are that the address is known to fail.
TEST(JumpThreading, LeadsPastLongRunsOfTests) {
  const std::string threaded = RunOnText("jump-threading", RunOfTests(1000), Relation::kFaithful);
  EXPECT_NE(threaded.find("  if ldh[36] == 0x35 then b1002 else b1003\n"), std::string::npos) << threaded;
}

}  // namespace
}  // namespace bpfopt::passes
