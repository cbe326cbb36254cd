// Filters and the trees they stand for, written as the printer writes them; and what is said of text that is
// no filter.
#include "frontend/parser.h"

#include "frontend/print.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

struct Case {
  std::string_view text;
  std::string_view tree;
};

void ExpectTrees(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    const Expected<Ast> tree = ParseFilter(c.text);
    ASSERT_TRUE(tree) << c.text << ": " << tree.error().message;
    EXPECT_EQ(PrintFilter(*tree), c.tree) << c.text;
  }
}

TEST(Parser, ReadsTests) {
  ExpectTrees({
      {"", ""},
      {"tcp", "tcp"},
      {"tcp port 80", "tcp port 80"},
      {"src or dst port 1", "src or dst port 1"},
      {"dst && src port 1", "src and dst port 1"},
      {"proto \\tcp", "proto \\tcp"},
      {"ip proto 6", "ip proto 6"},
      {"tcp portrange 6000-6063", "tcp portrange 6000-6063"},
      {"portrange 80", "portrange 80"},
      {"portrange http-https", "portrange http-https"},
      {"net 1.2.3.0 mask 255.255.255.0", "net 1.2.3.0 mask 255.255.255.0"},
      {"net 10.0 / 8", "net 10.0.0.0/8"},
      {"net 10.1", "net 10.1"},
      {"net 10", "net 10"},
      {"src net 2001:db8::/32", "src net 2001:db8::/32"},
      {"host 0:0:0::1", "host ::1"},
      {"wlan host 2-0-5e-10-0-1", "ether host 02:00:5e:10:00:01"},
      {"src box0", "src box0"},
      {"host \\tcp", "host \\tcp"},
      {"broadcast or ip multicast", "broadcast or ip multicast"},
      {"vlan and vlan 5 and vlan ((6))", "(vlan and vlan 5) and vlan 6"},
      {"mpls 7 or pppoed or pppoes 8 or geneve 0x9", "((mpls 7 or pppoed) or pppoes 8) or geneve 9"},
      {"llc or llc I or llc rnr", "(llc or llc i) or llc rnr"},
      {"greater 100 and less 0x10", "greater 100 and less 16"},
      {"inbound or outbound or ifindex 3", "(inbound or outbound) or ifindex 3"},
      {"port when or port rand", "port when or port rand"},
  });
}

TEST(Parser, InheritsQualifiers) {
  ExpectTrees({
      {"port 80 or 443", "port 80 or port 443"},
      {"src host a or b", "src host a or src host b"},
      {"host a and not b", "host a and (not host b)"},
      {"host (a or b)", "host a or host b"},
      {"tcp and (port 80 or 443)", "tcp and (port 80 or port 443)"},
      {"src net (10.0.0.0/8 or 172.16.0.0/12)", "src net 10.0.0.0/8 or src net 172.16.0.0/12"},
      {"port 1 and (2 or 3)", "port 1 and (port 2 or port 3)"},
      {"port (1 or (2 and not 3))", "port 1 or (port 2 and (not port 3))"},
      {"port not 80 or 90", "(not port 80) or port 90"},
      {"port ((80)) or (((90)))", "port 80 or port 90"},
      // After parentheses the qualifier is the one from before them.
      {"tcp port 5 and (udp port 6 or 7) or 8", "(tcp port 5 and (udp port 6 or udp port 7)) or tcp port 8"},
      {"port 80 and (tcp) or 81", "(port 80 and tcp) or port 81"},
      {"port 1 or (not 2 and 3)", "port 1 or ((not port 2) and port 3)"},
  });
}

TEST(Parser, AndAndOrShareOneLevel) {
  ExpectTrees({
      {"ip or tcp and udp or arp", "((ip or tcp) and udp) or arp"},
      {"not ip and tcp", "(not ip) and tcp"},
      {"not (ip and tcp)", "not (ip and tcp)"},
      {"! not !ip", "not (not (not ip))"},
      {"ip && tcp || udp", "(ip and tcp) or udp"},
  });
}

TEST(Parser, ReadsArithmetic) {
  ExpectTrees({
      {"ip[0] = 5", "ip[0] = 5"},
      {"1 + 2 * 3 - 4 == 5", "((1 + (2 * 3)) - 4) = 5"},
      {"1 | 2 & 3 << 4 + 5 * 6 = 7", "(1 | (2 & (3 << (4 + (5 * 6))))) = 7"},
      {"8 / 4 * 2 = 4", "((8 / 4) * 2) = 4"},
      {"- 1 + 2 = 1", "((- 1) + 2) = 1"},
      {"- - 1 = 1", "(- (- 1)) = 1"},
      // % and ^ have no place in libpcap's order: they take all to their right.
      {"7 % 3 + 1 = 3", "(7 % (3 + 1)) = 3"},
      {"2 * 7 ^ 3 & 2 = 3", "(2 * (7 ^ (3 & 2))) = 3"},
      {"- 7 % 3 = 1", "(- (7 % 3)) = 1"},
      {"(ip[0] & 0xf) * 4 = 20", "((ip[0] & 15) * 4) = 20"},
      {"((ip[0])) = ((5))", "ip[0] = 5"},
      {"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420", "tcp[((tcp[12] & 240) >> 2):4] = 1195725856"},
      {"len >= 64 and length != 65", "(len >= 64) and (len != 65)"},
      {"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "(tcp[13] & (2 | 1)) != 0"},
      {"icmp[icmptype] = icmp-echo", "icmp[0] = 8"},
      {"not ip[0] = 5 and (tcp)", "(not (ip[0] = 5)) and tcp"},
      {"port 80 and 443 = 443", "port 80 and (443 = 443)"},
      {"port 80 or (443 & 1 = 1)", "port 80 or ((443 & 1) = 1)"},
      {"link[0] & 1 = 0", "(ether[0] & 1) = 0"},
  });
}

TEST(Parser, ReadsItsOwnSpellings) {
  ExpectTrees({
      {"ip & udp & host(\"localhost\")", "(ip and udp) and host localhost"},
      {"(udp | tcp) & src(\"box0\") & dst(\"box1\")", "((udp or tcp) and src box0) and dst box1"},
      {"ip & rand(0.1) & icmp", "(ip and rand(0.1)) and icmp"},
      {"when(tcp, port(80), udp & rand(1e-3))", "when(tcp, port 80, udp and rand(0.001))"},
      {"when (when(ip, tcp, udp), not arp, (rarp))", "when(when(ip, tcp, udp), not arp, rarp)"},
      {"ip | tcp & udp and arp", "(ip or (tcp and udp)) and arp"},
      {"ip and tcp | udp", "ip and (tcp or udp)"},
      {"~ip & !tcp | not udp", "((not ip) and (not tcp)) or (not udp)"},
      {"port(80) & udp", "port 80 and udp"},
      {"(port 80) & (vlan 5)", "port 80 and vlan 5"},
      {"vlan(5) & ip", "vlan 5 and ip"},
      {"tcp & tcp[13] & 2 = 2", "tcp and ((tcp[13] & 2) = 2)"},
      {"net(\"10.0.0.0/8\") | host(\"::1\") | ether src(\"2:0:5e:10:0:1\")",
       "(net 10.0.0.0/8 or host ::1) or ether src 02:00:5e:10:00:01"},
      {"portrange(1, 2) & tcp", "portrange 1-2 and tcp"},
      {"portrange(\"1-2\") or 5-6", "portrange 1-2 or portrange 5-6"},
      {"host \"tcp\" or \"10\"", "host \\tcp or host 10"},
      {"net 10.0.0.0/8 & tcp", "net 10.0.0.0/8 and tcp"},
      {"when(ip, proto \\tcp, arp)", "when(ip, proto \\tcp, arp)"},
  });
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
  SourceRange range;
};

TEST(Parser, SaysWhereAndWhatIsWrong) {
  const ErrorCase cases[] = {
      {"()", "a predicate is expected, not ')'", {1, 2}},
      {"(tcp", "'(' is never closed", {0, 1}},
      {"tcp)", "this ')' has no '(' before it", {3, 4}},
      {"((tcp)", "'(' is never closed", {0, 1}},
      {"ip[0 = 1", "a number is expected here, not the comparison '='", {5, 6}},
      {"ip[0", "']' or ':' is expected after the index, not the end of the filter", {4, 4}},
      {"ip[0) = 1", "']' or ':' is expected after the index, not ')'", {4, 5}},
      {"ip[0:3] = 1", "1, 2 or 4 bytes can be read at once, not 3", {5, 6}},
      {"when(tcp, udp", "'when(' is never closed", {0, 5}},
      {"when(tcp, udp)", "when() takes three arguments, when(condition, then, otherwise)", {13, 14}},
      {"when(ip, tcp, udp, arp)", "when() takes three arguments, when(condition, then, otherwise)", {17, 18}},
      {"tcp, udp", "',' separates the arguments of when() and is not expected here", {3, 4}},
      {"rand(1)",
       "the probability of rand() lies between 0 and 1, both excluded, in steps of 2^-32; '1' does not",
       {5, 6}},
      {"rand(x)", "rand() takes a probability such as 0.1, not 'x'", {5, 6}},
      {"tpc port 80",
       "'tpc' is neither a word of the language nor does it stand after a qualifier such as 'host', 'net' or "
       "'port'",
       {0, 3}},
      {"1.2.3.4",
       "the address '1.2.3.4' needs a qualifier before it, such as 'host', 'src net' or 'ether host'",
       {0, 7}},
      {"tcp port", "an address, a name or a number is expected, not the end of the filter", {8, 8}},
      {"host tcp",
       "an address, a name or a number is expected, not the keyword 'tcp'; write \\tcp for the name",
       {5, 8}},
      {"port 80 443", "'and', 'or' or the end is expected here, not '443'", {8, 11}},
      {"tcp and", "a predicate is expected, not the end of the filter", {7, 7}},
      {"tcp and 80",
       "a number alone is no predicate; compare it, or write a qualifier such as 'port' before it",
       {8, 10}},
      {"len", "a number alone is no predicate; compare it with something", {0, 3}},
      {"1 = 2 = 3", "a comparison cannot be compared again; connect two comparisons with 'and'", {6, 7}},
      {"tcp = 1", "'=' needs numbers on both sides, and a predicate stands before it", {4, 5}},
      {"port 80 & 443",
       "'&' after a number is arithmetic; to connect predicates put them in parentheses, (...) & (...), or "
       "write 'and'",
       {5, 9}},
      {"vlan 5 | ip",
       "'|' after a number is arithmetic; to connect predicates put them in parentheses, (...) | (...), or "
       "write 'or'",
       {0, 8}},
      {"tcp[0] = 2 & udp",
       "'&' after a number is arithmetic, and 'udp' is no number; put the predicates on both sides of it in "
       "parentheses",
       {11, 16}},
      {"port 80 or a & tcp",
       "'&' connects whole predicates; repeat the qualifier on its left side",
       {11, 14}},
      {"host ((1.2.3.4))",
       "a number is expected in these parentheses, not '1.2.3.4'; write a list with one pair of parentheses",
       {7, 14}},
      {"net 10/8", "'/' needs a whole network before it, as in 10.0.0.0/8", {6, 7}},
      {"net 10.0.0.1/8",
       "10.0.0.1 has bits set outside of its network mask; the network is 10.0.0.0",
       {4, 14}},
      {"net 10.0.0.0/33", "the prefix length of an IPv4 network is at most 32, not 33", {4, 15}},
      {"net ::/129", "the prefix length of an IPv6 network is at most 128, not 129", {4, 10}},
      {"net 2001:db8::1/64", "the address has bits set behind its first 64, the prefix length", {4, 18}},
      {"net 10.0.0.0 mask 8", "a dotted mask is expected after 'mask', not '8'", {18, 19}},
      {"host 1.2.3.256", "a part of an IPv4 address is at most 255, '256' is more", {5, 14}},
      {"host(\"1.2.3.256\")", "a part of an IPv4 address is at most 255, '256' is more", {5, 16}},
      {"portrange 80-90x", "'x' is not expected after the port range", {10, 16}},
      {"src or host a", "'dst' is expected to complete the direction, not 'host'", {7, 11}},
      {"src proto 6", "'proto' takes no direction", {0, 9}},
      {"less tcp", "a number is expected after 'less', not 'tcp'", {5, 8}},
      {"llc foo", "'foo' is not a type of LLC frame", {4, 7}},
      {"tcp port 99999999999", "the number 99999999999 does not fit in 32 bits", {9, 20}},
      {"ip and (", "a predicate is expected, not the end of the filter", {8, 8}},
      {"type mgt", "'type' is about the fields of 802.11 frames, which bpfopt does not support", {0, 4}},
      {"tcp and rulenum 5",
       "'rulenum' is about the fields of PF logs, which bpfopt does not support",
       {8, 15}},
      {"ip and vpi 5", "'vpi' is about the fields of ATM cells, which bpfopt does not support", {7, 10}},
      {"fisu", "'fisu' is about the fields of SS7 signal units, which bpfopt does not support", {0, 4}},
      {"gateway foo", "'gateway' is about tests for a gateway, which bpfopt does not support", {0, 7}},
      {"ip protochain 5",
       "'protochain' is about the chain of IPv6 extension headers, which bpfopt does not support",
       {3, 13}},
      {"radio[0] = 1", "'radio' is about 802.11 radio headers, which bpfopt does not support", {0, 5}},
      {"l1 or l2", "'l1' is about the PDU types of IS-IS, which bpfopt does not support", {0, 2}},
      {"byte 0 = 1", "'byte' is about the old spelling of byte tests, which bpfopt does not support", {0, 4}},
      {"ether host $1", "ARCnet addresses are not supported", {11, 13}},
      {std::string_view("tcp\0udp", 7), "byte 0x00 has no meaning in a filter", {3, 4}},
  };
  for (const ErrorCase& c : cases) {
    const Expected<Ast> tree = ParseFilter(c.text);
    ASSERT_FALSE(tree) << c.text;
    EXPECT_EQ(tree.error().message, c.message);
    EXPECT_EQ(tree.error().range, c.range) << c.text;
    EXPECT_EQ(tree.error().code, ErrorCode::kInvalidInput);
  }
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Parser, NestsWithoutRecursion) {
  constexpr std::size_t kDepth = 100000;
  const auto parses = [](const std::string& text) { return ParseFilter(text).has_value(); };
  EXPECT_TRUE(parses(Repeat("(", kDepth) + "tcp" + Repeat(")", kDepth)));
  EXPECT_TRUE(parses(Repeat("(", kDepth) + "len" + Repeat(")", kDepth) + " = 1"));
  EXPECT_TRUE(parses("port " + Repeat("(", kDepth) + "80" + Repeat(")", kDepth)));
  EXPECT_TRUE(parses(Repeat("not ", kDepth) + "tcp"));
  EXPECT_TRUE(parses(Repeat("-", kDepth) + "1 = 1"));
  EXPECT_TRUE(parses(Repeat("ip[", kDepth) + "0" + Repeat("]", kDepth) + " = 1"));
  EXPECT_TRUE(parses("port 1" + Repeat(" or (2", kDepth) + Repeat(")", kDepth)));
  EXPECT_TRUE(parses(Repeat("when(ip, tcp, ", kDepth) + "udp" + Repeat(")", kDepth)));
  EXPECT_FALSE(parses(Repeat("(", kDepth) + "tcp" + Repeat(")", kDepth - 1)));
  EXPECT_FALSE(parses(Repeat("(", kDepth) + "tcp" + Repeat(")", kDepth + 1)));
}

TEST(Parser, PrintsWhatIsDeepAndReadsItAgain) {
  const Expected<Ast> tree = ParseFilter("tcp" + Repeat(" and not (udp", 10000) + Repeat(")", 10000));
  ASSERT_TRUE(tree);
  const Expected<Ast> again = ParseFilter(PrintFilter(*tree));
  ASSERT_TRUE(again);
  EXPECT_TRUE(SameFilter(*tree, *again));
}

TEST(Parser, TakesAMegabyte) {
  const std::string filter = "host 10.0.0.1" + Repeat(" or 10.0.0.2", 100000);
  ASSERT_GT(filter.size(), 1000000U);
  const Expected<Ast> tree = ParseFilter(filter);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->nodes.size(), 200001U);
}

TEST(Parser, RefusesAMegabyteOfGarbage) {
  for (const char* piece :
       {"(", ")", "!",  "-",  "1",    "a",    ":",    "1:",  "a-",    ".",  "&",     "|",     "\\", "\"",
        "$", "[", "1.", "0x", "\x01", "\xff", "not ", "1 +", "port ", "::", "when(", "host(", ","}) {
    EXPECT_FALSE(ParseFilter(Repeat(piece, 1000000 / std::string_view(piece).size()))) << piece;
  }
  EXPECT_FALSE(ParseFilter(std::string(1000000, '\0')));
}

}  // namespace
}  // namespace bpfopt::frontend
