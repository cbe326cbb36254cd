// Filters as C++ expressions. They build the same tree that filter text does:
//
//   using namespace bpfopt::filter;
//   Predicate f = ip & udp & host("localhost");
//   Predicate g = when(tcp, port(80), udp & rand(0.1));
//   Predicate h = tcp.dst.port(443) | src.net("10.0.0.0/8") | ~icmp;
//   Predicate syn = (tcp[tcpflags] & (tcp_syn | tcp_ack)) == tcp_syn & ip[{2, 2}] > 40;
//   std::string text = ToText(~f).value();  // "not ((ip and udp) and host localhost)"
//
// `&`, `|`, `!` and `~` connect predicates; `&&` and `||` do not exist, since C++ would take them for
// questions about now, and a Predicate is no bool. C++ gives `==` and `>` a tighter hold than `&`: mind the
// parentheses around `tcp[13] & 2`. Names are looked up, and values checked, when the filter is compiled.
// Copies share their parts and are cheap.
#ifndef BPFOPT_FILTER_H
#define BPFOPT_FILTER_H

#include "bpfopt/error.h"

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
class Number {
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

class [[nodiscard]] Predicate {
 public:
  Predicate(const Predicate&) = default;
  Predicate& operator=(const Predicate&) = default;
  explicit operator bool() const = delete;

 private:
  friend internal::Access;
  explicit Predicate(internal::NodePtr node);
  internal::NodePtr node_;
};

Predicate operator&(const Predicate& lhs, const Predicate& rhs);
Predicate operator|(const Predicate& lhs, const Predicate& rhs);
Predicate operator!(const Predicate& operand);
Predicate operator~(const Predicate& operand);
void operator&&(const Predicate& lhs, const Predicate& rhs) = delete;
void operator||(const Predicate& lhs, const Predicate& rhs) = delete;
inline Predicate& operator&=(Predicate& lhs, const Predicate& rhs) { return lhs = lhs & rhs; }
inline Predicate& operator|=(Predicate& lhs, const Predicate& rhs) { return lhs = lhs | rhs; }

// `then` where `condition` holds, else `otherwise`.
Predicate when(const Predicate& condition, const Predicate& then, const Predicate& otherwise);
// True for this share of packets, drawn anew for each: 0 < probability < 1.
Predicate rand(double probability);

Number operator+(const Number& lhs, const Number& rhs);
Number operator-(const Number& lhs, const Number& rhs);
Number operator*(const Number& lhs, const Number& rhs);
Number operator/(const Number& lhs, const Number& rhs);
Number operator%(const Number& lhs, const Number& rhs);
Number operator&(const Number& lhs, const Number& rhs);
Number operator|(const Number& lhs, const Number& rhs);
Number operator^(const Number& lhs, const Number& rhs);
Number operator<<(const Number& lhs, const Number& rhs);
Number operator>>(const Number& lhs, const Number& rhs);
Number operator-(const Number& operand);
Predicate operator==(const Number& lhs, const Number& rhs);
Predicate operator!=(const Number& lhs, const Number& rhs);
Predicate operator>(const Number& lhs, const Number& rhs);
Predicate operator>=(const Number& lhs, const Number& rhs);
Predicate operator<(const Number& lhs, const Number& rhs);
Predicate operator<=(const Number& lhs, const Number& rhs);

// `len`: the length of the packet on the wire.
struct PacketLength {
  operator Number() const;  // NOLINT: it is a number
};
inline constexpr PacketLength len;

enum class Direction : std::uint8_t { kEither, kSrc, kDst, kSrcOrDst, kSrcAndDst };

// Protocol and direction, waiting for what they are applied to: `src("box0")`, `tcp.dst.port(443)`.
// Addresses are text: names, "192.0.2.1", "2001:db8::1", "10.0.0.0/8", "02:00:5e:10:00:01".
class Qualifier {
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
class Protocol {
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
  Predicate broadcast() const;
  Predicate multicast() const;

  Qualifier src, dst, src_or_dst, src_and_dst;

 private:
  constexpr Qualifier Either() const { return {word_, Direction::kEither}; }
  std::string_view word_;
};

inline constexpr Protocol ether("ether"), ip("ip"), ip6("ip6"), arp("arp"), rarp("rarp"), tcp("tcp"),
    udp("udp"), sctp("sctp"), icmp("icmp"), icmp6("icmp6"), igmp("igmp"), igrp("igrp"), pim("pim"),
    vrrp("vrrp"), carp("carp"), ah("ah"), esp("esp"), atalk("atalk"), aarp("aarp"), decnet("decnet"),
    lat("lat"), sca("sca"), moprc("moprc"), mopdl("mopdl"), iso("iso"), esis("esis"), isis("isis"),
    clnp("clnp"), stp("stp"), ipx("ipx"), netbeui("netbeui");

inline constexpr Qualifier src("", Direction::kSrc), dst("", Direction::kDst),
    src_or_dst("", Direction::kSrcOrDst), src_and_dst("", Direction::kSrcAndDst);

Predicate host(std::string_view address);
Predicate net(std::string_view network);
Predicate net(std::string_view network, std::string_view mask);
Predicate port(std::uint32_t number);
Predicate port(std::string_view name);
Predicate portrange(std::uint32_t first, std::uint32_t last);
Predicate portrange(std::string_view range);
Predicate proto(std::uint32_t number);
Predicate proto(std::string_view name);

Predicate greater(std::uint32_t bytes);  // at least so long
Predicate less(std::uint32_t bytes);     // at most so long
Predicate broadcast();
Predicate multicast();
Predicate inbound();
Predicate outbound();
Predicate ifindex(std::uint32_t index);
Predicate llc();
Predicate llc(std::string_view type);

// Each moves the offsets of what is written after it in the filter, as in filter text.
Predicate vlan();
Predicate vlan(std::uint32_t tag);
Predicate mpls();
Predicate mpls(std::uint32_t label);
Predicate pppoed();
Predicate pppoes();
Predicate pppoes(std::uint32_t session);
Predicate geneve();
Predicate geneve(std::uint32_t network);

// Offsets and values of header fields.
inline constexpr std::uint32_t tcpflags = 13, tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_push = 0x08,
                               tcp_ack = 0x10, tcp_urg = 0x20, tcp_ece = 0x40, tcp_cwr = 0x80, icmptype = 0,
                               icmpcode = 1, icmp6type = 0, icmp6code = 1;

// Filter text that parses to the same tree; an error where an argument was no name, address or probability.
Expected<std::string> ToText(const Predicate& filter);

}  // namespace bpfopt::filter

#endif  // BPFOPT_FILTER_H
