// Functions as text in, programs as `tcpdump -d` prints them out.
#include "backend/emit.h"

#include "bpf/text.h"
#include "ir/check.h"
#include "ir/parse.h"

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

// tcp port 80: X is the transport header's offset on both paths.
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
(001) jeq      #0x86dd          jt 2	jf 4
(002) ldb      [20]
(003) jeq      #0x6             jt 9	jf 15
(004) jeq      #0x800           jt 5	jf 15
(005) ld       [20]
(006) and      #0x1fff00ff
(007) ldxb     4*([14]&0xf)
(008) jeq      #0x6             jt 10	jf 15
(009) ldx      #0x28
(010) ldh      [x + 14]
(011) jeq      #0x50            jt 14	jf 12
(012) ldh      [x + 16]
(013) jeq      #0x50            jt 14	jf 15
(014) ret      #262144
(015) ret      #0
)");
}

}  // namespace
}  // namespace bpfopt::backend
