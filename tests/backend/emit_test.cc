// Functions as text in, programs as `tcpdump -d` prints them out.
#include "backend/emit.h"

#include "bpf/text.h"
#include "ir/check.h"
#include "ir/parse.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

// The program for IR text, or what went wrong.
std::string EmitText(std::string_view text, EmitOptions options = {}) {
  const Expected<ir::Function> function = ir::Parse(text);
  if (!function) return "parse error: " + function.error().message;
  for (const ir::BrokenInvariant& broken : ir::Check(*function)) {
    ADD_FAILURE() << broken.rule << " at " << broken.place << ": " << broken.detail;
  }
  const Expected<Emitted> emitted = Emit(*function, options);
  if (!emitted) return "error: " + emitted.error().message;
  return "\n" + bpf::FormatAssembly(emitted->program);
}

TEST(Emit, ReturnsAlone) {
  EXPECT_EQ(EmitText("fn pcap {\nb0:\n  return 0x0\n}\n"), "\n(000) ret      #0\n");
}

// tcp port 80: X is the transport header's offset on both paths. One of them loads it before the test, or it
// would cost a jump: the one that fewer packets take.
TEST(Emit, MovesArgumentsBeforeTests) {
  EXPECT_EQ(EmitText(R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x86dd then b1 else b2
b1:
  need [20]:1
  if ldb[20] == 0x6 then b4(0x28) else b7
b2:
  if ldh[12] == 0x800 then b3 else b7
b3:
  need [20]:4
  need [14]:1
  if ld[20] & 0x1fff00ff == 0x6 then b4((ldb[14] & 0xf) << 0x2) else b7
b4(%0):
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x50 then b6 else b5
b5:
  need [%0 + 16]:2
  if ldh[%0 + 16] == 0x50 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)"),
            R"(
(000) ldh      [12]
(001) jeq      #0x86dd          jt 2	jf 5
(002) ldb      [20]
(003) ldx      #0x28
(004) jeq      #0x6             jt 10	jf 15
(005) jeq      #0x800           jt 6	jf 15
(006) ld       [20]
(007) and      #0x1fff00ff
(008) jeq      #0x6             jt 9	jf 15
(009) ldxb     4*([14]&0xf)
(010) ldh      [x + 14]
(011) jeq      #0x50            jt 14	jf 12
(012) ldh      [x + 16]
(013) jeq      #0x50            jt 14	jf 15
(014) ret      #262144
(015) ret      #0
)");
}

std::size_t SizeOf(std::string_view text, Relation relation = Relation::kStrict) {
  EmitOptions options;
  options.relation = relation;
  const std::string program = EmitText(text, options);
  EXPECT_EQ(program.find("error"), std::string::npos) << program;
  return static_cast<std::size_t>(std::count(program.begin(), program.end(), '(')) -
         static_cast<std::size_t>(std::count(program.begin(), program.end(), '*'));
}

// As few instructions as by hand: bench/corpus/hand.txt has programs of these shapes.
TEST(Emit, HostIsOneTestForThreeProtocols) {
  EXPECT_EQ(SizeOf(R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x806, 0x8035 -> b2; else -> b6 }
b1:
  need [26]:4
  jump b3(0x0, ld[26])
b2:
  need [28]:4
  jump b3(0x8, ld[28])
b3(%0, %1):
  if %1 == 0xc0000211 then b5 else b4
b4:
  need [%0 + 30]:4
  if ld[%0 + 30] == 0xc0000211 then b5 else b6
b5:
  return 0x40000
b6:
  return 0x0
}
)"),
            13U);
}

TEST(Emit, SourceHostHasTheOffsetInX) {
  EXPECT_EQ(SizeOf(R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1(0x0); 0x806, 0x8035 -> b1(0x2); else -> b3 }
b1(%0):
  need [%0 + 26]:4
  if ld[%0 + 26] == 0xc0000211 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)"),
            9U);
}

constexpr std::string_view kPort53 = R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2; else -> b7 }
b1:
  need [14]:1
  need [20]:4
  jump b3((ldb[14] & 0xf) << 0x2, ld[20] & 0x1fff00ff)
b2:
  need [20]:1
  jump b3(0x28, ldb[20])
b3(%0, %1):
  switch %1 { 0x6, 0x11, 0x84 -> b4; else -> b7 }
b4:
  need [%0 + 14]:2
  if ldh[%0 + 14] == 0x35 then b6 else b5
b5:
  need [%0 + 16]:2
  if ldh[%0 + 16] == 0x35 then b6 else b7
b6:
  return 0x40000
b7:
  return 0x0
}
)";

TEST(Emit, Port) { EXPECT_EQ(SizeOf(kPort53), 17U); }

TEST(Emit, TheSameAgain) { EXPECT_EQ(EmitText(kPort53), EmitText(kPort53)); }

TEST(Emit, SumsAreMovedToXForAComparison) {
  EXPECT_EQ(EmitText(R"(fn pcap {
b0:
  need [14]:1
  need [16]:2
  need [((ldb[14] & 0xf) << 0x2) + 26]:1
  if ldh[16] == (((ldb[14] & 0xf) << 0x2) + (ldb[((ldb[14] & 0xf) << 0x2) + 26] & 0x3c)) then b2 else b1
b1:
  return 0x40000
b2:
  return 0x0
}
)"),
            R"(
(000) ldxb     4*([14]&0xf)
(001) ldb      [x + 26]
(002) and      #0x3c
(003) add      x
(004) tax      
(005) ldh      [16]
(006) jeq      x                jt 8	jf 7
(007) ret      #262144
(008) ret      #0
)");
}

// Both protocols' blocks want the header's length; loaded once before they part.
TEST(Emit, LoadsXBeforePathsPart) {
  EXPECT_EQ(SizeOf(R"(fn pcap {
b0:
  need [23]:1
  switch ldb[23] { 0x6 -> b1; 0x11 -> b2; else -> b4 }
b1:
  need [((ldb[14] & 0xf) << 0x2) + 16]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 16] == 0x50 then b3 else b4
b2:
  need [((ldb[14] & 0xf) << 0x2) + 16]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 16] == 0x35 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)"),
            10U);
}

// The load that b1 and b2 share must not come before the test: what b3 accepts may end before it.
TEST(Emit, LoadsNothingThatAnAcceptedPacketMayLack) {
  EXPECT_EQ(EmitText(R"(fn pcap {
b0:
  need [0]:1
  switch ldb[0] { 0x1 -> b1; 0x2 -> b2; else -> b3 }
b1:
  need [14]:1
  need [((ldb[14] & 0xf) << 0x2) + 16]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 16] == 0x50 then b3 else b4
b2:
  need [14]:1
  need [((ldb[14] & 0xf) << 0x2) + 18]:2
  if ldh[((ldb[14] & 0xf) << 0x2) + 18] == 0x50 then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)"),
            R"(
(000) ldb      [0]
(001) jeq      #0x1             jt 2	jf 5
(002) ldxb     4*([14]&0xf)
(003) ldh      [x + 16]
(004) jeq      #0x50            jt 9	jf 10
(005) jeq      #0x2             jt 6	jf 9
(006) ldxb     4*([14]&0xf)
(007) ldh      [x + 18]
(008) jeq      #0x50            jt 9	jf 10
(009) ret      #262144
(010) ret      #0
)");
}

TEST(Emit, GuardsWithoutANeededLoad) {
  constexpr std::string_view kText = R"(fn pcap {
b0:
  need [40]:1
  if len > 0x40 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x1
}
)";
  EXPECT_EQ(SizeOf(kText, Relation::kFaithful), 4U);
  EXPECT_EQ(SizeOf(kText, Relation::kStrict), 5U);
}

TEST(Emit, ALaterLoadPerformsAnEarlierGuard) {
  EXPECT_EQ(SizeOf(R"(fn pcap {
b0:
  need [20]:1
  if len > 0x40 then b1 else b3
b1:
  need [26]:4
  if ld[26] == 0x1 then b2 else b3
b2:
  return 0x40000
b3:
  return 0x0
}
)"),
            6U);
}

TEST(Emit, DivisionPerformsItsGuard) {
  EXPECT_EQ(EmitText(R"(fn pcap {
b0:
  need [0]:4
  nonzero ldb[0]
  if ld[0] / ldb[0] == 0x7 then b1 else b2
b1:
  return 0x1
b2:
  return 0x2
}
)"),
            R"(
(000) ldb      [0]
(001) tax      
(002) ld       [0]
(003) div      x
(004) jeq      #0x7             jt 6	jf 5
(005) ret      #2
(006) ret      #1
)");
  // The quotient is not needed, its fault is.
  EXPECT_EQ(SizeOf("fn pcap {\nb0:\n  need [0]:1\n  nonzero ldb[0]\n  return 0x1\n}\n", Relation::kFaithful),
            4U);
}

TEST(Emit, TestsOfBits) {
  EXPECT_EQ(EmitText(R"(fn pcap {
b0:
  need [27]:1
  if (ldb[27] & 0x12) == 0x0 then b1 else b2
b1:
  return 0x1
b2:
  return 0x0
}
)"),
            R"(
(000) ldb      [27]
(001) jset     #0x12            jt 3	jf 2
(002) ret      #1
(003) ret      #0
)");
}

TEST(Emit, ValuesThatOutliveTheRegistersAreKeptInScratchWords) {
  EmitOptions options;
  const std::string program = EmitText(R"(fn pcap {
b0:
  need [0]:4
  if ldb[0] == 0x1 then b1(ldb[1], ldb[2]) else b1(ldb[2], ldb[3])
b1(%0, %1):
  need [%0 + 4]:1
  if ldb[%0 + 4] == %1 then b2 else b4
b2:
  need [%1 + 4]:1
  if ldb[%1 + 4] == %0 then b3 else b4
b3:
  return %0
b4:
  return %1
}
)",
                                       options);
  EXPECT_NE(program.find("M[1]"), std::string::npos) << program;
}

TEST(Emit, DrawsAreNamed) {
  const Expected<ir::Function> function = ir::Parse(R"(fn linux {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b3
b1:
  %0 = draw 5
  if %0 > 0x19999999 then b3 else b2
b2:
  return 0x40000
b3:
  return 0x0
}
)");
  ASSERT_TRUE(function);
  const Expected<Emitted> emitted = Emit(*function, {});
  ASSERT_TRUE(emitted);
  EXPECT_EQ(emitted->draws, (std::map<std::size_t, std::uint32_t>{{2, 5}}));
}

TEST(Emit, SeccompTakesNoHeaderLengthInstruction) {
  EXPECT_EQ(EmitText(R"(fn seccomp {
b0:
  if ((ld[0] & 0xf) << 0x2) == 0x4 then b1 else b2
b1:
  return 0x7fff0000
b2:
  return 0x0
}
)"),
            R"(
(000) ld       [0]
(001) and      #0xf
(002) lsh      #2
(003) jeq      #0x4             jt 4	jf 5
(004) ret      #2147418112
(005) ret      #0
)");
}

TEST(Emit, CookedHeaders) {
  EmitOptions options;
  options.cooked = {16, {{2, 0}, {2, 14}}};
  const auto with = [&](std::string_view guard, std::string_view load) {
    return EmitText("fn pcap {\nb0:\n  need " + std::string(guard) + "\n  if " + std::string(load) +
                        " == 0x1 then b1 else b2\nb1:\n  return 0x1\nb2:\n  return 0x0\n}\n",
                    options);
  };
  EXPECT_EQ(with("[14]:2", "ldh[14]").find("error"), std::string::npos);
  EXPECT_EQ(with("[16]:1", "ldb[16]").find("error"), std::string::npos);
  EXPECT_NE(with("[15]:1", "ldb[15]").find("error: a load of 1 bytes at 15 lies in the cooked header"),
            std::string::npos);
  EXPECT_NE(with("[len + 4]:2", "ldh[len + 4]").find("error"), std::string::npos);
}

TEST(Emit, NegativeOffsetsNeedTheTargetLinux) {
  EXPECT_EQ(EmitText("fn pcap {\nb0:\n  need [4294963200]:1\n  return ldb[4294963200]\n}\n"),
            "error: a load at offset 4294963200 needs the target linux");
}

TEST(Emit, TooManyScratchWords) {
  std::string parameters;
  std::string arguments;
  std::string sum = "%0";
  for (int i = 0; i < 20; ++i) {
    parameters += (i == 0 ? "%" : ", %") + std::to_string(i);
    arguments += (i == 0 ? "ldb[" : ", ldb[") + std::to_string(i) + "]";
    if (i > 0) sum = "(" + sum + " - %" + std::to_string(i) + ")";
  }
  const std::string program =
      EmitText("fn pcap {\nb0:\n  need [20]:1\n  if len == 0x1 then b1(" + arguments + ") else b1(" +
               arguments + ")\nb1(" + parameters + "):\n  return " + sum + "\n}\n");
  EXPECT_EQ(program, "error: the filter needs more than 16 scratch words at a time");
}

}  // namespace
}  // namespace bpfopt::backend
