// Filters as C++ expressions. They build the same tree that filter text does:
//
//   using namespace bpfopt::filter;  // of a function: `rand` is also one of C's
//   Predicate f = ip & udp & host("localhost");
//   Predicate g = when(tcp, port(80), udp & rand(0.1));
//   Predicate h = tcp.dst.port(443) | src.net("10.0.0.0/8") | ~icmp;
//   Predicate syn = ((tcp[tcpflags] & (tcp_syn | tcp_ack)) == tcp_syn) & (ip[{2, 2}] > 40);
//   std::string text = ToText(~f).value();  // "not ((ip and udp) and host localhost)"
//
// `&`, `|`, `!` and `~` connect predicates; `&&` and `||` do not exist, since C++ would take them for
// questions about now, and a Predicate is no bool. C++ gives `==` and `>` a tighter hold than `&`: mind the
// parentheses around `tcp[13] & 2`. Names are looked up, and values checked, when the filter is compiled.
// Copies share their parts and are cheap.
#ifndef BPFOPT_FILTER_H
#define BPFOPT_FILTER_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bpfopt::filter {

namespace internal {
struct Node;
struct Access;
using NodePtr = std::shared_ptr<Node>;
}  // namespace internal

// A 32-bit number of a packet: bytes of it, its length, constants and arithmetic of these, all unsigned and
// modulo 2^32.
class BPFOPT_API Number {
 public:
  template <std::integral T>
  Number(T value) : Number(Constant(static_cast<std::uint32_t>(value))) {}  // NOLINT: literals are numbers
  Number(const Number&) = default;
  Number& operator=(const Number&) = default;

 private:
  friend internal::Access;
  explicit Number(internal::NodePtr node);
  static Number Constant(std::uint32_t value);
  internal::NodePtr node_;
};

class [[nodiscard]] BPFOPT_API Predicate {
 public:
  Predicate(const Predicate&) = default;
  Predicate& operator=(const Predicate&) = default;
  explicit operator bool() const = delete;

 private:
  friend internal::Access;
  explicit Predicate(internal::NodePtr node);
  internal::NodePtr node_;
};

BPFOPT_API Predicate operator&(const Predicate& lhs, const Predicate& rhs);
BPFOPT_API Predicate operator|(const Predicate& lhs, const Predicate& rhs);
BPFOPT_API Predicate operator!(const Predicate& operand);
BPFOPT_API Predicate operator~(const Predicate& operand);
void operator&&(const Predicate& lhs, const Predicate& rhs) = delete;
void operator||(const Predicate& lhs, const Predicate& rhs) = delete;
inline Predicate& operator&=(Predicate& lhs, const Predicate& rhs) { return lhs = lhs & rhs; }
inline Predicate& operator|=(Predicate& lhs, const Predicate& rhs) { return lhs = lhs | rhs; }

// `then` where `condition` holds, else `otherwise`.
BPFOPT_API Predicate when(const Predicate& condition, const Predicate& then, const Predicate& otherwise);
// True for this share of packets, drawn anew for each: 0 < probability < 1.
BPFOPT_API Predicate rand(double probability);

BPFOPT_API Number operator+(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator-(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator*(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator/(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator%(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator&(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator|(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator^(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator<<(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator>>(const Number& lhs, const Number& rhs);
BPFOPT_API Number operator-(const Number& operand);
BPFOPT_API Predicate operator==(const Number& lhs, const Number& rhs);
BPFOPT_API Predicate operator!=(const Number& lhs, const Number& rhs);
BPFOPT_API Predicate operator>(const Number& lhs, const Number& rhs);
BPFOPT_API Predicate operator>=(const Number& lhs, const Number& rhs);
BPFOPT_API Predicate operator<(const Number& lhs, const Number& rhs);
BPFOPT_API Predicate operator<=(const Number& lhs, const Number& rhs);

// `len`: the length of the packet on the wire.
struct BPFOPT_API PacketLength {
  operator Number() const;  // NOLINT: it is a number
};
inline constexpr PacketLength len;

// The later ones are addresses of 802.11 frames.
enum class Direction : std::uint8_t {
  kEither,
  kSrc,
  kDst,
  kSrcOrDst,
  kSrcAndDst,
  kAddr1,
  kAddr2,
  kAddr3,
  kAddr4,
  kReceiver,
  kTransmitter,
};

// Protocol and direction, waiting for what they are applied to: `src("box0")`, `tcp.dst.port(443)`.
// Addresses are text: names, "192.0.2.1", "2001:db8::1", "10.0.0.0/8", "02:00:5e:10:00:01"; after decnet
// "10.1000", of an ARCnet "$1f".
class BPFOPT_API Qualifier {
 public:
  constexpr Qualifier(std::string_view protocol, Direction direction)
      : protocol_(protocol), direction_(direction) {}

  Predicate operator()(std::string_view address) const;
  Predicate host(std::string_view address) const;
  Predicate net(std::string_view network) const;
  Predicate net(std::string_view network, std::string_view mask) const;
  Predicate port(std::uint32_t number) const;
  Predicate port(std::string_view name) const;
  Predicate portrange(std::uint32_t first, std::uint32_t last) const;
  Predicate portrange(std::string_view range) const;

 private:
  std::string_view protocol_;
  Direction direction_;
};

// Bytes of a protocol's header, or of what follows it: ip[{2, 2}] is the total length. Size is 1, 2 or 4.
struct Bytes {
  Number offset;
  std::uint32_t size;
};

// A protocol word: `tcp` alone is a predicate, tcp[13] a byte, tcp.port(80) a test.
class BPFOPT_API Protocol {
 public:
  constexpr explicit Protocol(std::string_view word)
      : src(word, Direction::kSrc),
        dst(word, Direction::kDst),
        src_or_dst(word, Direction::kSrcOrDst),
        src_and_dst(word, Direction::kSrcAndDst),
        word_(word) {}

  operator Predicate() const;  // NOLINT: a protocol word is a predicate
  Number operator[](const Number& offset) const;
  Number operator[](const Bytes& bytes) const;
  Predicate host(std::string_view address) const { return Either().host(address); }
  Predicate net(std::string_view network) const { return Either().net(network); }
  Predicate net(std::string_view network, std::string_view mask) const { return Either().net(network, mask); }
  Predicate port(std::uint32_t number) const { return Either().port(number); }
  Predicate port(std::string_view name) const { return Either().port(name); }
  Predicate portrange(std::uint32_t first, std::uint32_t last) const {
    return Either().portrange(first, last);
  }
  Predicate portrange(std::string_view range) const { return Either().portrange(range); }
  Predicate proto(std::uint32_t number) const;
  Predicate proto(std::string_view name) const;
  Predicate protochain(std::uint32_t number) const;
  Predicate protochain(std::string_view name) const;
  Predicate gateway(std::string_view name) const;
  Predicate broadcast() const;
  Predicate multicast() const;

  Qualifier src, dst, src_or_dst, src_and_dst;

 private:
  constexpr Qualifier Either() const { return {word_, Direction::kEither}; }
  std::string_view word_;
};

// 802.11 frames: wlan.addr1("02:00:5e:10:00:01"), wlan.type("mgt", "beacon"), wlan.dir("tods"). Values can be
// numbers too: bits of the first byte for types and subtypes.
class BPFOPT_API Wlan : public Protocol {
 public:
  constexpr Wlan()
      : Protocol("wlan"),
        addr1("wlan", Direction::kAddr1),
        addr2("wlan", Direction::kAddr2),
        addr3("wlan", Direction::kAddr3),
        addr4("wlan", Direction::kAddr4),
        ra("wlan", Direction::kReceiver),
        ta("wlan", Direction::kTransmitter) {}

  Predicate type(std::string_view type) const;
  Predicate type(std::uint32_t type) const;
  Predicate type(std::string_view type, std::string_view subtype) const;
  Predicate type(std::uint32_t type, std::uint32_t subtype) const;
  Predicate subtype(std::string_view subtype) const;  // and the type that it belongs to
  Predicate dir(std::string_view direction) const;
  Predicate dir(std::uint32_t direction) const;

  Qualifier addr1, addr2, addr3, addr4, ra, ta;
};
inline constexpr Wlan wlan;

inline constexpr Protocol ether("ether"), ip("ip"), ip6("ip6"), arp("arp"), rarp("rarp"), tcp("tcp"),
    udp("udp"), sctp("sctp"), icmp("icmp"), icmp6("icmp6"), igmp("igmp"), igrp("igrp"), pim("pim"),
    vrrp("vrrp"), carp("carp"), ah("ah"), esp("esp"), atalk("atalk"), aarp("aarp"), decnet("decnet"),
    lat("lat"), sca("sca"), moprc("moprc"), mopdl("mopdl"), iso("iso"), esis("esis"), isis("isis"),
    clnp("clnp"), stp("stp"), ipx("ipx"), netbeui("netbeui"), radio("radio"), l1("l1"), l2("l2"), iih("iih"),
    lsp("lsp"), snp("snp"), csnp("csnp"), psnp("psnp");

inline constexpr Qualifier src("", Direction::kSrc), dst("", Direction::kDst),
    src_or_dst("", Direction::kSrcOrDst), src_and_dst("", Direction::kSrcAndDst);

BPFOPT_API Predicate host(std::string_view address);
BPFOPT_API Predicate net(std::string_view network);
BPFOPT_API Predicate net(std::string_view network, std::string_view mask);
BPFOPT_API Predicate port(std::uint32_t number);
BPFOPT_API Predicate port(std::string_view name);
BPFOPT_API Predicate portrange(std::uint32_t first, std::uint32_t last);
BPFOPT_API Predicate portrange(std::string_view range);
BPFOPT_API Predicate proto(std::uint32_t number);
BPFOPT_API Predicate proto(std::string_view name);
BPFOPT_API Predicate protochain(std::uint32_t number);
BPFOPT_API Predicate protochain(std::string_view name);
BPFOPT_API Predicate gateway(std::string_view name);

BPFOPT_API Predicate greater(std::uint32_t bytes);  // at least so long
BPFOPT_API Predicate less(std::uint32_t bytes);     // at most so long
BPFOPT_API Predicate broadcast();
BPFOPT_API Predicate multicast();
BPFOPT_API Predicate inbound();
BPFOPT_API Predicate outbound();
BPFOPT_API Predicate ifindex(std::uint32_t index);
BPFOPT_API Predicate llc();
BPFOPT_API Predicate llc(std::string_view type);

// Each moves the offsets of what is written after it in the filter, as in filter text.
BPFOPT_API Predicate vlan();
BPFOPT_API Predicate vlan(std::uint32_t tag);
BPFOPT_API Predicate mpls();
BPFOPT_API Predicate mpls(std::uint32_t label);
BPFOPT_API Predicate pppoed();
BPFOPT_API Predicate pppoes();
BPFOPT_API Predicate pppoes(std::uint32_t session);
BPFOPT_API Predicate geneve();
BPFOPT_API Predicate geneve(std::uint32_t network);

// What PF logged of a packet.
BPFOPT_API Predicate ifname(std::string_view name);
BPFOPT_API Predicate ruleset(std::string_view name);
BPFOPT_API Predicate rulenum(std::uint32_t number);
BPFOPT_API Predicate subrulenum(std::uint32_t number);
BPFOPT_API Predicate reason(std::uint32_t number);
BPFOPT_API Predicate reason(std::string_view name);
BPFOPT_API Predicate action(std::string_view name);

class Field;
BPFOPT_API Predicate operator==(const Field& field, std::uint32_t value);
BPFOPT_API Predicate operator!=(const Field& field, std::uint32_t value);
BPFOPT_API Predicate operator>(const Field& field, std::uint32_t value);
BPFOPT_API Predicate operator>=(const Field& field, std::uint32_t value);
BPFOPT_API Predicate operator<(const Field& field, std::uint32_t value);
BPFOPT_API Predicate operator<=(const Field& field, std::uint32_t value);

// A field of an ATM cell or an SS7 signal unit, which can be compared to a number: vpi == 5, hopc > 100.
class Field {
 public:
  constexpr explicit Field(std::string_view word) : word_(word) {}
  friend Predicate operator==(const Field& field, std::uint32_t value);
  friend Predicate operator!=(const Field& field, std::uint32_t value);
  friend Predicate operator>(const Field& field, std::uint32_t value);
  friend Predicate operator>=(const Field& field, std::uint32_t value);
  friend Predicate operator<(const Field& field, std::uint32_t value);
  friend Predicate operator<=(const Field& field, std::uint32_t value);

 private:
  std::string_view word_;
};
inline constexpr Field vpi("vpi"), vci("vci"), sio("sio"), opc("opc"), dpc("dpc"), sls("sls"), hsio("hsio"),
    hopc("hopc"), hdpc("hdpc"), hsls("hsls");

// Kinds of ATM cells.
BPFOPT_API Predicate lane();
BPFOPT_API Predicate metac();
BPFOPT_API Predicate bcc();
BPFOPT_API Predicate oam();
BPFOPT_API Predicate oamf4();
BPFOPT_API Predicate oamf4sc();
BPFOPT_API Predicate oamf4ec();
BPFOPT_API Predicate sc();
BPFOPT_API Predicate ilmic();
BPFOPT_API Predicate connectmsg();
BPFOPT_API Predicate metaconnect();

// Kinds of SS7 signal units, and the same with extended headers.
BPFOPT_API Predicate fisu();
BPFOPT_API Predicate lssu();
BPFOPT_API Predicate msu();
BPFOPT_API Predicate hfisu();
BPFOPT_API Predicate hlssu();
BPFOPT_API Predicate hmsu();

// Offsets and values of header fields.
inline constexpr std::uint32_t tcpflags = 13, tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_push = 0x08,
                               tcp_ack = 0x10, tcp_urg = 0x20, tcp_ece = 0x40, tcp_cwr = 0x80, icmptype = 0,
                               icmpcode = 1, icmp6type = 0, icmp6code = 1;

// Filter text that parses to the same tree; an error where an argument was no name, address or probability.
BPFOPT_API Expected<std::string> ToText(const Predicate& filter);

}  // namespace bpfopt::filter

#endif  // BPFOPT_FILTER_H
