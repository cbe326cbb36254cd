// Tokens by shape: the longest match wins, as in libpcap's scanner.
#include "frontend/lexer.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kError:
      return "error";
    case TokenKind::kNumber:
      return "number";
    case TokenKind::kDotted:
      return "dotted";
    case TokenKind::kIpv6:
      return "ipv6";
    case TokenKind::kMac:
      return "mac";
    case TokenKind::kArcnet:
      return "arcnet";
    case TokenKind::kName:
      return "name";
    default:
      return "word";
  }
}

// "kind:text" of every token; numbers by value.
std::string Tokens(std::string_view text) {
  Lexer lexer(text);
  std::string result;
  for (;;) {
    const Token token = lexer.Next();
    if (token.kind == TokenKind::kEnd) return result;
    if (!result.empty()) result += ' ';
    result += KindName(token.kind);
    result += ':';
    result += token.kind == TokenKind::kNumber ? std::to_string(token.value) : std::string(token.text);
    if (token.kind == TokenKind::kError) return result;
  }
}

struct Case {
  std::string_view text;
  std::string_view tokens;
};

TEST(Lexer, TakesTheLongestShape) {
  const Case cases[] = {
      {"", ""},
      {" \t\r\n", ""},
      {"80", "number:80"},
      {"0x1F 0X1f 017 0", "number:31 number:31 number:15 number:0"},
      {"4294967295", "number:4294967295"},
      {"0xzz", "name:0xzz"},
      {"10.1 10.1.2 10.1.2.3", "dotted:10.1 dotted:10.1.2 dotted:10.1.2.3"},
      {"1.2.3.4.5", "name:1.2.3.4.5"},
      {"1.2.3.4.", "name:1.2.3.4."},
      {"10.0.0.0/8", "dotted:10.0.0.0 word:/ number:8"},
      {"1-2", "name:1-2"},
      {"len-20", "name:len-20"},
      {"ip[2:2]-20", "word:ip word:[ number:2 word:: number:2 word:] word:- number:20"},
      {"a-", "name:a word:-"},
      {"tcp-syn tcp tcp-sy", "number:2 word:tcp name:tcp-sy"},
      {"icmp6-echo icmp6", "number:128 word:icmp6"},
      {"02:00:5e:10:00:01", "mac:02:00:5e:10:00:01"},
      {"2-0-5e-10-0-1", "mac:2-0-5e-10-0-1"},
      {"2.0.5e.10.0.1 0200.5e10.0001 02005e100001", "mac:2.0.5e.10.0.1 mac:0200.5e10.0001 mac:02005e100001"},
      {"123456789012", "mac:123456789012"},
      {"1.2.3.4.5.6", "mac:1.2.3.4.5.6"},
      {"1:2:3:4:5:6:7:8", "ipv6:1:2:3:4:5:6:7:8"},
      {":: ::1 1:: 1::2 fe80::1:2", "ipv6::: ipv6:::1 ipv6:1:: ipv6:1::2 ipv6:fe80::1:2"},
      {"::ffff:1.2.3.4 1:2:3:4:5:6:1.2.3.4", "ipv6:::ffff:1.2.3.4 ipv6:1:2:3:4:5:6:1.2.3.4"},
      {"1:2", "number:1 word:: number:2"},
      {"$a $ff", "arcnet:$a arcnet:$ff"},
      {"\\tcp \\a&b", "name:tcp name:a&b"},
      {"\"box0\" \"tcp\"", "name:box0 name:tcp"},
      {"a&&b||c!d~e", "name:a word:&& name:b word:|| name:c word:! name:d word:~ name:e"},
      {"<<=>>=!===", "word:<< word:= word:>> word:= word:!= word:=="},
      {"es-is is-is l1", "word:es-is word:is-is word:l1"},
  };
  for (const Case& c : cases) EXPECT_EQ(Tokens(c.text), c.tokens) << c.text;
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
  SourceRange range;
};

TEST(Lexer, SaysWhatIsNoToken) {
  const ErrorCase cases[] = {
      {"#", "'#' has no meaning in a filter", {0, 1}},
      {"tcp ;", "';' has no meaning in a filter", {4, 5}},
      {std::string_view("tcp\0", 4), "byte 0x00 has no meaning in a filter", {3, 4}},
      {"4294967296", "the number 4294967296 does not fit in 32 bits", {0, 10}},
      {"0x100000000", "the number 0x100000000 does not fit in 32 bits", {0, 11}},
      {"08", "'08' starts with 0, so it is octal, but has the digit 8", {0, 2}},
      {"1:2:3", "'1:2:' is not an Ethernet address: six octets are expected", {0, 4}},
      {"::1.2.3.400", "'::1.2.3.400' is not an IPv6 address", {0, 11}},
      {"\\ a", "a name is expected after '\\'", {0, 1}},
      {"\"a", "this quotation mark has no partner", {0, 1}},
      {"\"\"", "there is no name between these quotation marks", {0, 2}},
      {"\"a b\"", "' ' cannot stand in a name", {2, 3}},
  };
  for (const ErrorCase& c : cases) {
    Lexer lexer(c.text);
    Token token = lexer.Next();
    while (token.kind != TokenKind::kError && token.kind != TokenKind::kEnd) token = lexer.Next();
    ASSERT_EQ(token.kind, TokenKind::kError) << c.text;
    EXPECT_EQ(lexer.error().message, c.message);
    EXPECT_EQ(lexer.error().range, c.range) << c.text;
    EXPECT_EQ(lexer.Next().kind, TokenKind::kError);
  }
}

TEST(Lexer, KnowsWhichNamesNeedMarks) {
  for (const char* name : {"localhost", "a-b", "a.b", "x1", "80x", "when"})
    EXPECT_TRUE(IsPlainName(name)) << name;
  for (const char* name : {"", "tcp", "80", "1.2", "a b", "\\a", "\"a\"", "a-", "::1", "a("}) {
    EXPECT_FALSE(IsPlainName(name)) << name;
  }
  EXPECT_TRUE(IsEscapableName("tcp"));
  EXPECT_TRUE(IsEscapableName("a:b"));
  EXPECT_FALSE(IsEscapableName("a b"));
  EXPECT_FALSE(IsEscapableName(""));
}

}  // namespace
}  // namespace bpfopt::frontend
