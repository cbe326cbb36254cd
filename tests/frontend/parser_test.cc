// Filters and the trees they stand for, written as the printer writes them; and what is said of text that is
// no filter.
#include "frontend/parser.h"

#include "bpfopt/resolver.h"
#include "frontend/print.h"
#include "frontend/resolve.h"

#include <memory>
#include <pthread.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

TEST(Parser, ReadsTheWordsOfOtherLinkTypes) {
  ExpectTrees({
      {"wlan addr1 2:0:0:0:0:1 or address4 a", "ether addr1 02:00:00:00:00:01 or addr4 a"},
      {"wlan ra host b or ta c", "ether ra host b or ta c"},
      {"type mgt or type management or type CTL", "(wlan type 0 or wlan type 0) or wlan type 4"},
      {"type 12 or wlan type data", "wlan type 12 or wlan type 8"},
      {"type mgt subtype beacon or subtype RTS", "wlan type 0 subtype 128 or wlan type 4 subtype 176"},
      {"ip type 4 subtype 0x10 and tcp subtype qos", "wlan type 4 subtype 16 and wlan type 8 subtype 192"},
      {"dir tods or direction 5 or wlan dir \\dstods", "(wlan dir 1 or wlan dir 5) or wlan dir 3"},
      {"on en0 or ifname \\tcp", "ifname en0 or ifname \\tcp"},
      {"rset a or ruleset \"b\"", "ruleset a or ruleset b"},
      {"rnr 5 or rulenum 6 or srnr 0x7 or subrulenum 8",
       "((rulenum 5 or rulenum 6) or subrulenum 7) or subrulenum 8"},
      {"reason short or reason 300", "reason 3 or reason 300"},
      {"action drop or action accept or action SCRUB", "(action block or action pass) or action scrub"},
      {"llc rulenum", "llc rnr"},
      {"byte 0 == 5 or byte 1 < 2 or byte 3 & 4", "(byte 0 = 5 or byte 1 < 2) or byte 3 & 4"},
      {"lane and oamf4ec and connectmsg", "(lane and oamf4ec) and connectmsg"},
      {"vpi 5 and vci != 6", "vpi = 5 and vci != 6"},
      {"vpi (1 or 2 || 3) and ip", "((vpi = 1 or vpi = 2) or vpi = 3) and ip"},
      {"vci(7) & ip", "vci = 7 and ip"},
      {"not fisu and lsu and hmsu", "((not fisu) and lssu) and hmsu"},
      {"sio (1 or 2) or hopc 3 or sls >= 4", "((sio = 1 or sio = 2) or hopc = 3) or sls >= 4"},
      {"l1 or iih or psnp", "(l1 or iih) or psnp"},
      {"radio[4:2] = 5", "radio[4:2] = 5"},
      // libpcap takes `$` for a digit and compares the byte 0xdf, then 0xd1.
      {"ether host $f or $1F", "ether host $f or ether host $1"},
      {"decnet host 10.1000 or 1.2", "decnet host 10.1000 or decnet host 1.2"},
      {"decnet src 5 or not \"1.0\"", "decnet src 5 or (not decnet src 1.0)"},
      {"ip6 protochain 6 or \\udp", "ip6 protochain 6 or ip6 protochain \\udp"},
      {"gateway a and not b", "gateway a and (not gateway b)"},
      {"ip gateway (a or b)", "ip gateway a or ip gateway b"},
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
      {"llc foo",
       "'foo' is not a type of LLC frame; they are i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, "
       "xid, "
       "frmr",
       {4, 7}},
      {"tcp port 99999999999", "the number 99999999999 does not fit in 32 bits", {9, 20}},
      {"ip and (", "a predicate is expected, not the end of the filter", {8, 8}},
      {"type tcp", "'tcp' is not a type of 802.11 frame; they are mgt, ctl, data", {5, 8}},
      {"type 5", "the type of an 802.11 frame as a number is 0, 4, 8 or 12, not 5", {5, 6}},
      {"type 4 subtype 1",
       "the subtype of an 802.11 frame as a number is a multiple of 16 up to 240, not 1",
       {15, 16}},
      {"type ctl subtype beacon",
       "'beacon' is not a subtype of type 'ctl'; they are ps-poll, rts, cts, ack, cf-end, cf-end-ack",
       {17, 23}},
      {"type 12 subtype rts",
       "the subtypes of type '12' have no names; a number is expected, not 'rts'",
       {16, 19}},
      {"subtype 16", "a number alone does not tell the type; write 'type T subtype S'", {8, 10}},
      {"subtype foo",
       "'foo' is not a subtype of 802.11 frames; they are assoc-req, assoc-resp, reassoc-req, reassoc-resp, "
       "probe-req, probe-resp, beacon, atim, disassoc, auth, deauth, ps-poll, rts, cts, ack, cf-end, "
       "cf-end-ack, data, data-cf-ack, data-cf-poll, data-cf-ack-poll, null, cf-ack, cf-poll, cf-ack-poll, "
       "qos-data, qos-data-cf-ack, qos-data-cf-poll, qos-data-cf-ack-poll, qos, qos-cf-poll, "
       "qos-cf-ack-poll",
       {8, 11}},
      {"dir up", "'up' is not a direction of 802.11 frames; they are nods, tods, fromds, dstods", {4, 6}},
      {"on 5", "a name is expected after 'on', not '5'", {3, 4}},
      {"on tcp", "a name is expected after 'on', not the keyword 'tcp'; write \\tcp for the name", {3, 6}},
      {"tcp and rulenum x", "a number is expected after 'rulenum', not 'x'", {16, 17}},
      {"reason x",
       "'x' is not a reason of PF; they are match, bad-offset, fragment, short, normalize, memory, "
       "bad-timestamp, congestion, ip-option, proto-cksum, state-mismatch, state-insert, state-limit, "
       "src-limit, synproxy",
       {7, 8}},
      {"action 1",
       "'1' is not an action of PF; they are pass, block, scrub, noscrub, nat, nonat, binat, nobinat, rdr, "
       "nordr, synproxy-drop",
       {7, 8}},
      {"byte 0 != 1", "'=', '<', '>', '&' or '|' is expected after the offset, not '!='", {7, 9}},
      {"byte x = 1", "a number is expected after 'byte', not 'x'", {5, 6}},
      {"vpi x", "a number is expected after 'vpi', not 'x'", {4, 5}},
      {"vpi > x", "a number is expected after '>', not 'x'", {6, 7}},
      {"vci (1 and 2)", "'or' or ')' is expected after a number of 'vci', not 'and'", {7, 10}},
      {"sio (1 or)", "a number is expected after 'or', not ')'", {9, 10}},
      {"vpi 5 or 6",
       "a number alone is no predicate; compare it, or write a qualifier such as 'port' before it",
       {9, 10}},
      {"ip vpi 5", "'and', 'or' or the end is expected here, not 'vpi'", {3, 6}},
      {"src protochain 6", "'protochain' takes no direction", {0, 14}},
      {"dst gateway foo", "'gateway' takes no direction", {0, 11}},
      {"addr1 or addr2 a",
       "an address, a name or a number is expected, not the keyword 'or'; write \\or for the name",
       {6, 8}},
      {"host fe80::1%eth0",
       "an IPv6 address in a packet has no zone; leave out '%' and what follows it",
       {12, 13}},
      {"host \"fe80::1%eth0\"",
       "an IPv6 address in a packet has no zone; leave out '%' and what follows it",
       {5, 19}},
      {"decnet host 64.1",
       "a DECnet address is AREA.NODE in decimal numbers up to 63.1023, which '64.1' is not",
       {12, 16}},
      {"decnet net 1.2/8", "DECnet addresses form no networks; '/' is not expected here", {14, 15}},
      {"host 10.1000", "a part of an IPv4 address is at most 255, '1000' is more", {5, 12}},
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
  constexpr unsigned kHosts = 20000;
  std::string filter;
  for (unsigned i = 0; i < kHosts; ++i) {
    filter += i == 0 ? "" : " or ";
    filter += "src host 2001:0db8:0000:0000:0123:4567:89ab:" + std::to_string(1000 + i % 9000);
  }
  ASSERT_GT(filter.size(), 1000000U);
  const Expected<Ast> tree = ParseFilter(filter);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->nodes.size(), 2 * kHosts - 1);
}

// Text, tree, names and text again in a thread whose stack would not hold a call per level.
TEST(Parser, NeedsNoStackForDepth) {
  constexpr std::size_t kStackBytes = std::size_t{256} << 10;
  constexpr std::size_t kDepth = 50000;
  std::vector<std::string> filters = {
      "tcp" + Repeat(" and not (udp", kDepth) + Repeat(")", kDepth),
      "port 1" + Repeat(" or (2", kDepth) + Repeat(")", kDepth),
      Repeat("ip[", kDepth) + "0" + Repeat("]", kDepth) + " = 1",
      Repeat("when(ip, tcp, ", kDepth) + "udp" + Repeat(")", kDepth),
      Repeat("not ", kDepth) + "vpi (" + Repeat("1 or ", kDepth) + "2)",
      "host 10.0.0.1" + Repeat(" or 10.0.0.2", kDepth),
  };
  const auto round_trip = [](void* argument) -> void* {
    for (const std::string& filter : *static_cast<std::vector<std::string>*>(argument)) {
      const std::unique_ptr<Resolver> resolver = SystemResolver();
      const Expected<Ast> tree = ParseFilter(filter).and_then(
          [&](Ast parsed) { return ResolveNames(std::move(parsed), *resolver); });
      EXPECT_TRUE(tree);
      if (!tree) continue;
      const Expected<Ast> again = ParseFilter(PrintFilter(*tree));
      EXPECT_TRUE(again && again->nodes.size() == tree->nodes.size());
    }
    return nullptr;
  };
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, round_trip, &filters), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
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
