// Text that Print would write comes back unchanged, other spellings are read as what they mean, and wrong
// text is refused with its place.
#include "ir/parse.h"

#include "ir/print.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

TEST(Parse, RoundTrips) {
  const std::string kTexts[] = {
      R"(fn pcap {
b0:
  need [12]:2
  if ldh[12] == 0x800 then b1 else b2
b1:
  return 0x40000
b2:
  return 0x0
}
)",
      R"(fn pcap {
b0:
  need [12]:2
  switch ldh[12] { 0x800 -> b1; 0x86dd -> b2(0x28); else -> b4 }
b1:
  need [14]:1
  jump b2((ldb[14] & 0xf) << 0x2)
b2(%0):
  need [%0 + 14]:2
  if ldh[%0 + 14] anyset 0x1fff then b3 else b4
b3:
  return 0x40000
b4:
  return 0x0
}
)",
      R"(fn linux {
b0:
  %0 = draw 3
  %1 = nlattr 4(0x1, len)
  %2 = nlattr_nest 5(%1, ancillary[0])
  %3 = device_index 6(%0, _)
  %4 = device_type 7
  return %4
}
)",
      R"(fn seccomp {
b0:
  if ld[0] > 0x5 then b2 else b1
b1:
  if ld[4] >= 0xc000003e then b2 else b3
b2:
  return 0x7fff0000
b3:
  return 0x0
}
)",
      R"(fn pcap {
b0:
  need [0]:64
  nonzero ldb[1] ^ 0x7
  let %0 = ((ldb[0] + ldb[1]) * (ldb[2] + ldb[3])) - ((ldb[4] / 0x3) >> (ldb[5] % (ldb[1] ^ 0x7)))
  if %0 == 0x1 then b1 else b2
b1:
  return %0
b2:
  return %0 | 0x1
}
)",
      R"(fn pcap {
b0:
  need [0x5 + 14]:4
  switch ld[0x5 + 14] { 0x5..0x7, 0x9 -> b2; else -> b1 }
b1:
  return 0x1
b2:
  return 0x0
}
)",
  };
  for (const std::string& text : kTexts) {
    const Expected<Function> function = Parse(text);
    ASSERT_TRUE(function.has_value()) << function.error().message << "\n" << text;
    EXPECT_EQ(Print(*function), text);
  }
}

TEST(Parse, OtherSpellings) {
  const Expected<Function> good = Parse(R"(# A comment; decimal numbers; names that skip.
fn pcap {
b7: need[0x0c]:2 if 2048==ldh[ 12 ] then b3 else b5(1 + 1)
b5(%9): let %4 = 0xf & %9
  switch %4 { 0x2..4 -> b3; 5 -> b3; 0 -> b6; else -> b3 }
b3: return (((0x40000)))  # no more
b6: return 0
})");
  ASSERT_TRUE(good.has_value()) << good.error().message;
  EXPECT_EQ(Print(*good), R"(fn pcap {
b0:
  need [12]:2
  if 0x800 == ldh[12] then b3 else b1(0x2)
b1(%0):
  switch %0 & 0xf { 0x0 -> b2; else -> b3 }
b2:
  return 0x0
b3:
  return 0x40000
}
)");
}

TEST(Parse, RefusesWithPlace) {
  struct Row {
    std::string text;
    std::string message;
  };
  const std::string kStart = "fn pcap {\nb0:\n";
  const Row kRows[] = {
      {"", "1:1: expected 'fn', found the end"},
      {"fn bsd {", "1:4: expected 'pcap', 'linux' or 'seccomp', found 'bsd'"},
      {"fn pcap {\n}", "2:1: expected a block, found '}'"},
      {kStart, "3:1: expected a guard, an effect, 'let', 'return', 'jump', 'if' or 'switch', found the end"},
      {kStart + "  return 1", "3:11: expected a block at the start of a line, or '}', found the end"},
      {kStart + "  return 1\n}\n}", "5:1: expected the end, found '}'"},
      {kStart + "  return $\n}", "3:10: unexpected character"},
      {kStart + "  return 0x100000000\n}", "3:10: '0x100000000' is no 32-bit number"},
      {kStart + "  return 12ab\n}", "3:10: '12ab' is no 32-bit number"},
      {kStart + "  return 0x\n}", "3:10: '0x' is no 32-bit number"},
      {kStart + "  return 1 + 2 + 3\n}", "3:16: a second operation needs parentheses"},
      {kStart + "  return %3\n}", "3:10: '%3' is not defined before its use"},
      {kStart + "  return (1\n}", "4:1: expected ')', found '}'"},
      {kStart + "  return\n}", "4:1: expected a value, found '}'"},
      {kStart + "  jump b4\n}", "3:8: no block 'b4'"},
      {kStart + "  jump 4\n}", "3:8: expected a block, found '4'"},
      {kStart + "  return 1\nb0:\n  return 2\n}", "4:1: a second block 'b0'"},
      {kStart + "  return 1\nb1(%0, %0):\n  return 2\n}", "4:8: a second '%0'"},
      {kStart + "  return 1\nb1(5):\n  return 2\n}", "4:4: expected a parameter, found '5'"},
      {kStart + "  return 1\nb1 return 2\n}", "4:4: expected ':', found 'return'"},
      {kStart + "  let %0 = 1\n  let %0 = 2\n  return 1\n}", "4:7: a second '%0'"},
      {kStart + "  let x = 1\n  return 1\n}", "3:7: expected a name such as '%0', found 'x'"},
      {kStart + "  need [12]\n  return 1\n}", "4:3: expected ':', found 'return'"},
      {kStart + "  need [12]:0\n  return 1\n}", "3:13: a guard of no bytes"},
      {kStart + "  need 12:2\n  return 1\n}", "3:8: expected '[', found '12'"},
      {kStart + "  %0 = draw 1\n  need [1]:1\n  return 1\n}", "4:3: a guard after an effect"},
      {kStart + "  %0 = roll 1\n  return 1\n}", "3:8: expected an effect, found 'roll'"},
      {kStart + "  return ldb[len]\n}", "3:17: expected '+', found ']'"},
      {kStart + "  if 1 < 2 then b0 else b0\n}", "3:8: unexpected character"},
      {kStart + "  if 1 = 2 then b0 else b0\n}", "3:8: expected a comparison, found '='"},
      {kStart + "  if 1 == 2 then b0\n}", "4:1: expected 'else', found '}'"},
      {kStart + "  switch 1 { 5 -> b0 }\n}", "3:22: expected ';', found '}'"},
      {kStart + "  switch 1 { 5..4 -> b0; else -> b0 }\n}", "3:14: a range that ends before it begins"},
      {kStart + "  switch 1 { 5..9 -> b0; 9 -> b0; else -> b0 }\n}",
       "3:26: a range that overlaps another one"},
      {kStart + "  switch 1 { }\n}", "3:14: expected a number, found '}'"},
      {kStart + "  return " + std::string(100000, '(') + "1\n}",
       "3:266: an expression that nests too deeply"},
      {kStart + "  return " + std::string(100000, '-') + "1\n}",
       "3:266: an expression that nests too deeply"},
  };
  for (const Row& row : kRows) {
    const Expected<Function> function = Parse(row.text);
    ASSERT_FALSE(function.has_value()) << row.text;
    EXPECT_EQ(function.error().message, row.message) << row.text.substr(0, 200);
    EXPECT_TRUE(function.error().range.has_value());
  }
}

TEST(Parse, SurvivesEveryPrefixAndByteChange) {
  const std::string text = R"(fn linux {
b0:
  need [12]:2
  nonzero -len
  %0 = nlattr 2(_, 0x1)
  let %1 = ldh[12] % 0x3
  if %1 == 0x1 then b1(%0, 0x2) else b2
b1(%2, %3):
  switch %2 { 0x1..0x2, 0x4 -> b2; else -> b3 }
b2:
  return ancillary[4]
b3:
  return %3
}
)";
  ASSERT_TRUE(Parse(text).has_value());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_FALSE(Parse(text.substr(0, length)).has_value()) << length;
  }
  const std::string bytes("\0 \n()[]{}:;,%#b0_=\xff", 19);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char byte : bytes) {
      std::string changed = text;
      changed[i] = byte;
      const Expected<Function> function = Parse(changed);
      if (!function.has_value()) continue;
      const std::string printed = Print(*function);
      const Expected<Function> again = Parse(printed);
      ASSERT_TRUE(again.has_value()) << changed << "\n" << printed << again.error().message;
      EXPECT_EQ(Print(*again), printed) << changed;
    }
  }
}

}  // namespace
}  // namespace bpfopt::ir
