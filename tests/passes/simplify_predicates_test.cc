// Tests decided by the tests before them.
#include "pass_testing.h"

namespace bpfopt::passes {
namespace {

TEST(SimplifyPredicates, AnImpliedTestGoes) {
  EXPECT_EQ(RunOnText("simplify-predicates", R"(fn pcap {
b0:
  need [14]:1
  if ldb[14] == 0x45 then b1 else b3
b1:
  need [14]:1
  if (ldb[14] & 0xf0) == 0x40 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [14]:1
  if ldb[14] == 0x45 then b1 else b3
b1:
  need [14]:1
  jump b2
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

TEST(SimplifyPredicates, AContradictionGoes) {
  EXPECT_EQ(RunOnText("simplify-predicates", R"(fn pcap {
b0:
  if len > 0x64 then b1 else b3
b1:
  if len >= 0x32 then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  if len >= 0x65 then b1 else b2
b1:
  jump b2
b2:
  return 0x0
}
)");
}

TEST(SimplifyPredicates, AnOpenTestStays) {
  EXPECT_EQ(RunOnText("simplify-predicates", R"(fn pcap {
b0:
  need [14]:1
  if (ldb[14] & 0xf0) == 0x40 then b1 else b3
b1:
  need [14]:1
  if ldb[14] == 0x45 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)",
                      Relation::kFaithful),
            R"(fn pcap {
b0:
  need [14]:1
  if (ldb[14] & 0xf0) == 0x40 then b1 else b3
b1:
  need [14]:1
  if ldb[14] == 0x45 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)");
}

}  // namespace
}  // namespace bpfopt::passes
