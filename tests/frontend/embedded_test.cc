// The embedded language builds the trees that its text parses to.
#include "frontend/embedded.h"

#include "bpfopt/filter.h"
#include "frontend/parser.h"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

// The example that opens bpfopt/filter.h.
TEST(Embedded, ExampleOfTheHeader) {
  using namespace bpfopt::filter;
  Predicate f = ip & udp & host("localhost");
  Predicate g = when(tcp, port(80), udp & rand(0.1));
  Predicate h = tcp.dst.port(443) | src.net("10.0.0.0/8") | ~icmp;
  Predicate syn = ((tcp[tcpflags] & (tcp_syn | tcp_ack)) == tcp_syn) & (ip[{2, 2}] > 40);
  std::string text = ToText(~f).value();
  EXPECT_EQ(text, "not ((ip and udp) and host localhost)");
  EXPECT_EQ(ToText(g).value(), "when(tcp, port 80, udp and rand(0.1))");
  EXPECT_EQ(ToText(h).value(), "(tcp dst port 443 or src net 10.0.0.0/8) or (not icmp)");
  EXPECT_EQ(ToText(syn).value(), "((tcp[13] & 18) = 2) and (ip[2:2] > 40)");
}

TEST(Embedded, WhatStandsInTheIssue) {
  using namespace bpfopt::filter;
  auto f = ip & udp & host("localhost");
  auto g = when(tcp, port(80), udp & rand(0.1));
  auto h = (udp | tcp) & src("box0") & dst("box1");
  EXPECT_TRUE(SameFilter(BuildAst(f).value(), ParseFilter("ip & udp & host(\"localhost\")").value()));
  EXPECT_TRUE(SameFilter(BuildAst(g).value(), ParseFilter("when(tcp, port(80), udp & rand(0.1))").value()));
  EXPECT_TRUE(
      SameFilter(BuildAst(h).value(), ParseFilter("(udp | tcp) & src(\"box0\") & dst(\"box1\")").value()));
}

void ExpectText(const filter::Predicate& predicate, std::string_view text) {
  const Expected<Ast> tree = BuildAst(predicate);
  ASSERT_TRUE(tree) << text << ": " << tree.error().message;
  const Expected<std::string> printed = filter::ToText(predicate);
  ASSERT_TRUE(printed);
  EXPECT_EQ(*printed, text);
  const Expected<Ast> parsed = ParseFilter(*printed);
  ASSERT_TRUE(parsed) << *printed << ": " << parsed.error().message;
  EXPECT_TRUE(SameFilter(*tree, *parsed)) << *printed;
}

TEST(Embedded, PrintsAsTextOfTheSameTree) {
  using namespace bpfopt::filter;
  ExpectText(tcp, "tcp");
  ExpectText((!ip) & ~tcp, "(not ip) and (not tcp)");
  ExpectText(ip | (tcp & udp), "ip or (tcp and udp)");
  ExpectText(host("192.0.2.1") | host("::1") | net("10.1") | net("10.0.0.0", "255.0.0.0"),
             "((host 192.0.2.1 or host ::1) or net 10.1) or net 10.0.0.0 mask 255.0.0.0");
  ExpectText(ip.src.host("tcp"), "ip src host \\tcp");
  ExpectText(src_or_dst("a") & ether.src_and_dst("02:00:5e:10:00:01"),
             "src or dst a and ether src and dst 02:00:5e:10:00:01");
  ExpectText(port("http") | tcp.portrange(1, 2) | portrange("a-b"),
             "(port http or tcp portrange 1-2) or portrange a-b");
  ExpectText(proto(6) | ip.proto("tcp") | ether.proto(0x800),
             "(proto 6 or ip proto \\tcp) or ether proto 2048");
  ExpectText(greater(100) & less(200) & broadcast() & ip.multicast(),
             "((greater 100 and less 200) and broadcast) and ip multicast");
  ExpectText(vlan() & vlan(5) & mpls(6) & pppoed() & pppoes() & geneve(7),
             "((((vlan and vlan 5) and mpls 6) and pppoed) and pppoes) and geneve 7");
  ExpectText(llc() | llc("rnr") | inbound() | outbound() | ifindex(3),
             "(((llc or llc rnr) or inbound) or outbound) or ifindex 3");
  ExpectText(len >= 64, "len >= 64");
  ExpectText(5 == ip[9], "5 = ip[9]");
  ExpectText((ip[0] & 0xf) * 4 != -tcp[ip[0] + 1] % 3, "((ip[0] & 15) * 4) != ((- tcp[(ip[0] + 1)]) % 3)");
  ExpectText(((len << 1) | 2) - 3 < ((len >> 1) ^ 7) / 2, "(((len << 1) | 2) - 3) < (((len >> 1) ^ 7) / 2)");
  ExpectText(len <= -1, "len <= 4294967295");
  Predicate any = tcp;
  any |= udp;
  any &= ip;
  ExpectText(any, "(tcp or udp) and ip");
}

TEST(Embedded, HasTheWordsOfOtherLinkTypes) {
  using namespace bpfopt::filter;
  ExpectText(wlan.addr1("2:0:0:0:0:1") | wlan.ta.host("box"),
             "ether addr1 02:00:00:00:00:01 or ether ta host box");
  ExpectText(
      wlan.type("mgt") | wlan.type("mgt", "beacon") | wlan.type(12, 0x10) | wlan.subtype("RTS"),
      "((wlan type 0 or wlan type 0 subtype 128) or wlan type 12 subtype 16) or wlan type 4 subtype 176");
  ExpectText(wlan.dir("tods") | wlan.dir(5), "wlan dir 1 or wlan dir 5");
  ExpectText(radio[{4, 2}] == 5, "radio[4:2] = 5");
  ExpectText(l1 | psnp, "l1 or psnp");
  ExpectText(decnet.src("10.1000") | ether.host("$1f"), "decnet src 10.1000 or ether host $1");
  ExpectText(ip6.protochain(6) | protochain("udp"), "ip6 protochain 6 or protochain \\udp");
  ExpectText(gateway("box") & ~ip.gateway("tcp"), "gateway box and (not ip gateway \\tcp)");
  ExpectText(ifname("en0") & ruleset("type") & rulenum(5) & subrulenum(6),
             "((ifname en0 and ruleset \\type) and rulenum 5) and subrulenum 6");
  ExpectText(reason("short") | reason(7) | action("drop"), "(reason 3 or reason 7) or action block");
  ExpectText((vpi == 5) & (vci != 6) & (vci > 7) & (vci < 8),
             "((vpi = 5 and vci != 6) and vci > 7) and vci < 8");
  ExpectText((sio >= 5) | (hopc <= 6) | (hsls == 7), "(sio >= 5 or hopc <= 6) or hsls = 7");
  ExpectText(lane() & metac() & bcc() & oam() & oamf4(), "(((lane and metac) and bcc) and oam) and oamf4");
  ExpectText(oamf4sc() | oamf4ec() | sc() | ilmic() | connectmsg() | metaconnect(),
             "((((oamf4sc or oamf4ec) or sc) or ilmic) or connectmsg) or metaconnect");
  ExpectText(fisu() | lssu() | msu() | hfisu() | hlssu() | hmsu(),
             "((((fisu or lssu) or msu) or hfisu) or hlssu) or hmsu");
}

TEST(Embedded, WrongArgumentsAreErrorsOfTheTree) {
  using namespace bpfopt::filter;
  const auto message = [](const Predicate& p) {
    const Expected<Ast> tree = BuildAst(p);
    EXPECT_FALSE(ToText(p));
    return tree ? std::string() : tree.error().message;
  };
  EXPECT_EQ(message(tcp & host("a b")), "'a b' is neither a name nor an address");
  EXPECT_EQ(message(host("")), "'' is neither a name nor an address");
  EXPECT_EQ(message(host("1.2.3.256")), "a part of an IPv4 address is at most 255, '256' is more");
  EXPECT_EQ(message(net("10.0.0.1", "255.0.0.0")),
            "10.0.0.1 has bits set outside of its network mask; the network is 10.0.0.0");
  EXPECT_EQ(message(net("10.0.0.0", "x")), "'x' is not a dotted IPv4 address");
  EXPECT_EQ(message(rand(1.5)),
            "the probability of rand() lies between 0 and 1, both excluded; 1.5 does not");
  EXPECT_EQ(
      message(llc("foo")),
      "'foo' is not a type of LLC frame; they are i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid, "
      "frmr");
  EXPECT_EQ(message(decnet.host("64.1")),
            "a DECnet address is AREA.NODE in decimal numbers up to 63.1023, which '64.1' is not");
  EXPECT_EQ(message(wlan.type("foo")), "'foo' is not a type of 802.11 frame; they are mgt, ctl, data");
  EXPECT_EQ(message(wlan.type(5)), "the type of an 802.11 frame as a number is 0, 4, 8 or 12, not 5");
  EXPECT_EQ(message(wlan.type(4, 1)),
            "the subtype of an 802.11 frame as a number is a multiple of 16 up to 240, not 1");
  EXPECT_EQ(message(wlan.type("ctl", "beacon")),
            "'beacon' is not a subtype of type 'ctl'; they are ps-poll, rts, cts, ack, cf-end, cf-end-ack");
  EXPECT_EQ(message(wlan.dir("up")),
            "'up' is not a direction of 802.11 frames; they are nods, tods, fromds, dstods");
  EXPECT_EQ(
      message(action("foo")),
      "'foo' is not an action of PF; they are pass, block, scrub, noscrub, nat, nonat, binat, nobinat, rdr, "
      "nordr, synproxy-drop");
  EXPECT_EQ(message(ifname("a b")), "'a b' is not a name");
}

template <typename T>
concept HasLogicalOperators = requires(T a, T b) {
  a&& b;
}
|| requires(T a, T b) { a || b; };
template <typename T>
concept IsCondition = requires(T a) {
  a ? 1 : 2;
};

static_assert(!std::is_constructible_v<bool, filter::Predicate>);
static_assert(!std::is_convertible_v<filter::Predicate, bool>);
static_assert(!std::is_constructible_v<bool, filter::Protocol>);
static_assert(!std::is_constructible_v<bool, filter::Number>);
static_assert(!HasLogicalOperators<filter::Predicate>);
static_assert(!HasLogicalOperators<filter::Protocol>);
static_assert(!IsCondition<filter::Predicate>);
static_assert(!IsCondition<filter::Protocol>);
static_assert(!IsCondition<decltype(filter::tcp[13] == 2)>);
static_assert(HasLogicalOperators<bool> && IsCondition<bool>);
// Numbers are no predicates.
static_assert(!std::is_convertible_v<filter::Number, filter::Predicate>);
static_assert(!std::is_convertible_v<int, filter::Predicate>);
static_assert(!std::is_convertible_v<filter::Protocol, filter::Number>);

TEST(Embedded, LongChainsAreCheap) {
  using namespace bpfopt::filter;
  Predicate any = port(0);
  constexpr std::uint32_t kPorts = 200000;
  for (std::uint32_t i = 1; i < kPorts; ++i) any |= port(i % 65536);
  Predicate right = tcp;
  for (std::uint32_t i = 1; i < kPorts; ++i) right = !right;
  const Expected<Ast> tree = BuildAst(any & right);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->nodes.size(), 3 * kPorts);
}

TEST(Embedded, SharedPartsAreWrittenOutOnlySoFar) {
  using namespace bpfopt::filter;
  Predicate doubled = tcp;
  for (int i = 0; i < 60; ++i) doubled = doubled & doubled;
  const Expected<Ast> tree = BuildAst(doubled);
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().message, "the filter is too long when it is written out");
}

}  // namespace
}  // namespace bpfopt::frontend
