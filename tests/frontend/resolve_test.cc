// Names and what qualifiers may be applied to, with a resolver that knows a few names of each kind.
#include "frontend/resolve.h"

#include "frontend/parser.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

class FakeResolver : public Resolver {
 public:
  std::vector<HostAddress> Host(std::string_view name) const override {
    if (name == "both") return {Ipv4Address{0x0a000001}, Ipv6Address{0x20}, Ipv4Address{0x0a000002}};
    if (name == "box") return {Ipv6Address{0x20}, Ipv4Address{0x0a000004}, Ipv4Address{0x0a000005}};
    if (name == "four") return {Ipv4Address{0x0a000003}};
    if (name == "six") return {Ipv6Address{0x20}};
    return {};
  }
  std::optional<Network> NetworkByName(std::string_view name) const override {
    if (name == "loopback") return Network{0x7f000000, 0xff000000};
    return std::nullopt;
  }
  std::optional<Port> PortByName(std::string_view name) const override {
    if (name == "domain") return Port{53, Transport::kEither};
    if (name == "http") return Port{80, Transport::kTcp};
    if (name == "https") return Port{443, Transport::kTcp};
    if (name == "tftp") return Port{69, Transport::kUdp};
    return std::nullopt;
  }
  std::optional<std::uint32_t> IpProtocol(std::string_view name) const override {
    if (name == "tcp") return 6;
    return std::nullopt;
  }
  std::optional<std::uint32_t> EtherProtocol(std::string_view name) const override {
    if (name == "ip") return 0x800;
    return std::nullopt;
  }
  std::optional<MacAddress> EtherHost(std::string_view name) const override {
    if (name == "box" || name == "lone") return MacAddress{2, 0, 0, 0, 0, 1};
    return std::nullopt;
  }
};

Expected<Ast> Resolved(std::string_view text) {
  return ParseFilter(text).and_then([](Ast tree) { return ResolveNames(std::move(tree), FakeResolver()); });
}

// The id of a filter that is one test.
Id IdOf(std::string_view text) {
  const Expected<Ast> tree = Resolved(text);
  if (!tree) {
    ADD_FAILURE() << text << ": " << tree.error().message;
    return Name{};
  }
  return std::get<frontend::Test>(tree->nodes.back().kind).id;
}

TEST(Resolve, Hosts) {
  const Ipv4 first{0x0a000001};
  const Ipv4 second{0x0a000002};
  const Ipv6 six{{0x20}};
  EXPECT_EQ(IdOf("host both"), Id(Hosts{"both", {first, six, second}}));
  EXPECT_EQ(IdOf("src both"), Id(Hosts{"both", {first, six, second}}));
  EXPECT_EQ(IdOf("ip host both"), Id(Hosts{"both", {first, second}}));
  EXPECT_EQ(IdOf("ip6 host both"), Id(Hosts{"both", {six}}));
  EXPECT_EQ(IdOf("arp host four"), Id(Hosts{"four", {Ipv4{0x0a000003}}}));
  EXPECT_EQ(IdOf("ether host box"), Id(Mac{{2, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(IdOf("wlan addr1 box"), Id(Mac{{2, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(IdOf("gateway box"), Id(Gateway{"box", {2, 0, 0, 0, 0, 1}, {0x0a000004, 0x0a000005}}));
  EXPECT_EQ(IdOf("ether host $1f"), Id(Arcnet{0xd1}));
  EXPECT_EQ(IdOf("decnet host 5"), Id(Decnet{5}));
  EXPECT_EQ(IdOf("decnet net 10.1000"), Id(Decnet{10 << 10 | 1000}));
}

TEST(Resolve, NumbersAsAddresses) {
  EXPECT_EQ(IdOf("host 5"), Id(Ipv4{5}));
  EXPECT_EQ(IdOf("net 10"), Id(Ipv4{0x0a000000, 8, false, 0xff000000}));
  EXPECT_EQ(IdOf("net 0xac10"), Id(Ipv4{0xac100000, 16, false, 0xffff0000}));
  EXPECT_EQ(IdOf("net 0"), Id(Ipv4{0}));
  EXPECT_EQ(IdOf("net 10.1"), Id(Ipv4{0x0a010000, 16, false, 0xffff0000}));
  EXPECT_EQ(IdOf("net loopback"), Id(Ipv4{0x7f000000, 32, true, 0xff000000}));
}

TEST(Resolve, PortsAndProtocols) {
  EXPECT_EQ(IdOf("port domain"), Id(ServicePort{53, 53, Protocol::kDefault}));
  EXPECT_EQ(IdOf("udp port domain"), Id(ServicePort{53, 53, Protocol::kUdp}));
  EXPECT_EQ(IdOf("sctp port domain"), Id(ServicePort{53, 53, Protocol::kSctp}));
  EXPECT_EQ(IdOf("port http"), Id(ServicePort{80, 80, Protocol::kTcp}));
  EXPECT_EQ(IdOf("portrange http-https"), Id(ServicePort{80, 443, Protocol::kTcp}));
  EXPECT_EQ(IdOf("portrange tftp-http"), Id(ServicePort{69, 80, Protocol::kDefault}));
  EXPECT_EQ(IdOf("proto \\tcp"), Id(Number{6}));
  EXPECT_EQ(IdOf("ip6 protochain \\tcp"), Id(Number{6}));
  EXPECT_EQ(IdOf("ether proto \\ip"), Id(Number{0x800}));
  EXPECT_EQ(IdOf("iso proto \\isis"), Id(Number{0x83}));
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
  SourceRange range;
};

TEST(Resolve, SaysWhatIsUnknownOrMeansNothing) {
  const ErrorCase cases[] = {
      {"ip and host nowhere", "the host 'nowhere' is unknown", {7, 19}},
      {"port 80 or nowhere", "the port 'nowhere' is unknown", {11, 18}},
      {"net nowhere", "the network 'nowhere' is unknown", {0, 11}},
      {"proto nowhere", "the protocol 'nowhere' is unknown", {0, 13}},
      {"ether host nowhere", "the Ethernet host 'nowhere' is unknown", {0, 18}},
      {"portrange http", "'portrange' takes two ports joined by '-', not 'http'", {0, 14}},
      {"ip6 host four", "the host 'four' has no IPv6 address", {0, 13}},
      {"ip host six", "the host 'six' has no IPv4 address", {0, 11}},
      {"arp host both", "the host 'both' has an IPv6 address, which ARP cannot carry", {0, 13}},
      {"udp port http", "'http' is the name of a TCP port", {0, 13}},
      {"sctp port tftp", "'tftp' is the name of a UDP port", {0, 14}},
      {"tcp portrange tftp-tftp", "'tftp-tftp' is the name of a UDP port", {0, 23}},
      {"ip port 80", "'ip' has no ports; 'tcp', 'udp' and 'sctp' have", {0, 10}},
      {"port 65536", "a port is at most 65535", {0, 10}},
      {"portrange 1-65536", "a port is at most 65535", {0, 17}},
      {"port 1.2", "'port' takes a number or a name, not an address", {0, 8}},
      {"port ::1", "'port' takes a number or a name, not an address", {0, 8}},
      {"tcp proto 6", "'tcp' does not carry other protocols that 'proto' could name", {0, 11}},
      {"proto 1.2", "'proto' takes a number or a name, not an address", {0, 9}},
      {"tcp host 1.2.3.4", "'tcp' has no hosts and networks of its own; write 'tcp and host ...'", {0, 16}},
      {"ip6 host 1.2.3.4", "'ip6' has no IPv4 addresses", {0, 16}},
      {"ip host ::1", "'ip' has no IPv6 addresses", {0, 11}},
      {"host 10.0.0.0/8", "a mask makes a network; write 'net' before it", {0, 15}},
      {"src 10.0.0.0/8", "a mask makes a network; write 'net' before it", {0, 14}},
      {"src 2001:db8::/32", "a prefix length makes a network; write 'net' before it", {0, 17}},
      {"host 2:0:0:0:0:1", "an Ethernet address needs 'ether' before it, as in 'ether host'", {0, 16}},
      {"ether net 2:0:0:0:0:1", "'ether' addresses form no networks; write 'ether host'", {0, 21}},
      {"ether host 5", "'ether' takes an Ethernet address or a name from ethers(5)", {0, 12}},
      {"decnet host foo", "'decnet' takes an address AREA.NODE, such as 10.1000", {0, 15}},
      {"decnet host ::1", "'decnet' takes an address AREA.NODE, such as 10.1000", {0, 15}},
      {"decnet net 65536", "a DECnet address is at most 65535", {0, 16}},
      {"decnet port 1", "'decnet' has no ports; 'tcp', 'udp' and 'sctp' have", {0, 13}},
      {"host $1", "an ARCnet address needs 'ether' before it, as in 'ether host'", {0, 7}},
      {"ether addr1 $1", "'addr1' is an address of 802.11 frames; ARCnet has 'src' and 'dst'", {0, 14}},
      {"addr1 10.1",
       "'addr1' is an address of 802.11 frames; write 'wlan addr1' and an Ethernet address",
       {0, 10}},
      {"ta net ::1", "'ta' is an address of 802.11 frames; write 'wlan ta' and an Ethernet address", {0, 10}},
      {"tcp ra port 80", "'ra' is an address of 802.11 frames; ports have 'src' and 'dst'", {0, 14}},
      {"ether protochain 6", "'ether' has no chain of headers; 'ip' and 'ip6' have", {0, 18}},
      {"protochain 1.2", "'protochain' takes a number or a name, not an address", {0, 14}},
      {"gateway 10.0.0.1",
       "'gateway' takes a name, whose Ethernet and IPv4 addresses are looked up; with addresses at hand "
       "write "
       "'ether host ... and not host ...'",
       {0, 16}},
      {"ip6 gateway box",
       "'ip6' goes through no gateway; write 'gateway' alone or with 'ip', 'arp' or 'rarp'",
       {0, 15}},
      {"gateway four", "the Ethernet host 'four' is unknown", {0, 12}},
      {"gateway lone", "the gateway 'lone' has no IPv4 address", {0, 12}},
      {"radio", "the radio header alone is no predicate; write 'radio[...]'", {0, 5}},
      {"l1[0] = 1", "the bytes of 'l1' cannot be read by index", {0, 5}},
      {"l1 host 5", "'l1' has no hosts and networks of its own; write 'l1 and host ...'", {0, 9}},
      {"ifname 0123456789abcdef-x",
       "the name of an interface in a PF log has at most 15 characters, not 18",
       {0, 25}},
      {"sio 256", "the value of 'sio' is at most 255, not 256", {0, 7}},
      {"hdpc (1 or 16384)", "the value of 'hdpc' is at most 16383, not 16384", {0, 16}},
      {"hsls > 16", "the value of 'hsls' is at most 15, not 16", {0, 9}},
      {"ether",
       "the link layer alone is no predicate; write 'ether host', 'ether proto' or 'ether[...]'",
       {0, 5}},
      {"ip6 broadcast", "'ip6' has no broadcasts; 'ether' and 'ip' have", {0, 13}},
      {"tcp multicast", "'tcp' has no multicasts; 'ether', 'ip' and 'ip6' have", {0, 13}},
      {"vlan 4096", "a VLAN tag is at most 4095", {0, 9}},
      {"mpls 1048576", "a MPLS label is at most 1048575", {0, 12}},
      {"pppoes 65536", "a PPPoE session is at most 65535", {0, 12}},
      {"geneve 16777216", "a Geneve network identifier is at most 16777215", {0, 15}},
      {"ah[0] = 1", "the bytes of 'ah' cannot be read by index", {0, 5}},
      {"len / 0 = 1", "division by zero", {0, 7}},
      {"len % (0) = 1", "division by zero", {0, 9}},
      {"len << 32 = 1", "a shift by more than 31 bits", {0, 9}},
  };
  for (const ErrorCase& c : cases) {
    const Expected<Ast> tree = Resolved(c.text);
    ASSERT_FALSE(tree) << c.text;
    EXPECT_EQ(tree.error().message, c.message);
    EXPECT_EQ(tree.error().range, c.range) << c.text;
  }
}

TEST(HostsResolver, ReadsHostsText) {
  const auto resolver = HostsResolver(
      "# comment\n"
      "10.0.0.1  box0 box0.example # trailing\n"
      "\n"
      "2001:db8::1\tBox0\r\n"
      "fe80::1%eth0 box1\n"
      "192.0.2.9 localhost",
      nullptr);
  ASSERT_TRUE(resolver) << resolver.error().message;
  const Ipv6Address box0 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ((*resolver)->Host("box0"), (std::vector<HostAddress>{Ipv4Address{0x0a000001}, box0}));
  EXPECT_EQ((*resolver)->Host("BOX0.EXAMPLE"), (std::vector<HostAddress>{Ipv4Address{0x0a000001}}));
  EXPECT_EQ((*resolver)->Host("box1").size(), 1U);
  const Ipv6Address loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ((*resolver)->Host("localhost"), (std::vector<HostAddress>{Ipv4Address{0x7f000001}, loopback}));
  EXPECT_TRUE((*resolver)->Host("box2").empty());
  EXPECT_FALSE((*resolver)->PortByName("http"));
}

TEST(HostsResolver, AsksTheNext) {
  const auto resolver = HostsResolver("10.0.0.9 four\n", std::make_unique<FakeResolver>());
  ASSERT_TRUE(resolver);
  EXPECT_EQ((*resolver)->Host("four"), (std::vector<HostAddress>{Ipv4Address{0x0a000009}}));
  EXPECT_EQ((*resolver)->Host("six").size(), 1U);
  EXPECT_EQ((*resolver)->PortByName("http")->number, 80);
  EXPECT_TRUE((*resolver)->NetworkByName("loopback"));
  EXPECT_TRUE((*resolver)->IpProtocol("tcp"));
  EXPECT_TRUE((*resolver)->EtherProtocol("ip"));
  EXPECT_TRUE((*resolver)->EtherHost("box"));
}

TEST(HostsResolver, PointsAtMalformedLines) {
  const auto bad_address = HostsResolver("10.0.0.1 a\n  10.0.0 b\n", nullptr);
  ASSERT_FALSE(bad_address);
  EXPECT_EQ(bad_address.error().message, "'10.0.0' is not an IPv4 or IPv6 address");
  EXPECT_EQ(bad_address.error().range, (SourceRange{13, 19}));
  const auto no_name = HostsResolver("10.0.0.1 # a\n", nullptr);
  ASSERT_FALSE(no_name);
  EXPECT_EQ(no_name.error().message, "a host name is expected after the address");
  EXPECT_EQ(no_name.error().range, (SourceRange{0, 8}));
}

TEST(SystemResolver, KnowsNumbersAndLinkProtocols) {
  const auto resolver = SystemResolver();
  EXPECT_EQ(resolver->Host("192.0.2.1"), (std::vector<HostAddress>{Ipv4Address{0xc0000201}}));
  EXPECT_EQ(resolver->PortByName("80")->number, 80);
  EXPECT_EQ(resolver->PortByName("80")->transport, Transport::kEither);
  EXPECT_FALSE(resolver->PortByName("no-such-port"));
  EXPECT_EQ(resolver->EtherProtocol("ip6"), 0x86ddU);
  EXPECT_EQ(resolver->EtherProtocol("stp"), 0x42U);
  EXPECT_FALSE(resolver->EtherProtocol("no-such-protocol"));
  EXPECT_FALSE(resolver->EtherHost(std::string(5000, 'a')));
}

}  // namespace
}  // namespace bpfopt::frontend
