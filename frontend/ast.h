// A filter as a tree. Nodes live in one vector and name their children by index; a child always has a
// smaller index than its parent and indices follow the text, so a loop over the vector is a post-order
// walk in the order of writing. Nothing here recurses, however deep the filter.
#ifndef BPFOPT_FRONTEND_AST_H
#define BPFOPT_FRONTEND_AST_H

#include "bpfopt/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bpfopt::frontend {

using NodeId = std::uint32_t;

// The protocols that a qualifier, a protocol word or an accessor can name. Their words are in keywords.cc.
enum class Protocol : std::uint8_t {
  kDefault,  // none written
  kLink,     // ether, fddi, tr, wlan, ppp, slip, link: the link layer, whatever it is
  kIp,
  kIp6,
  kArp,
  kRarp,
  kTcp,
  kUdp,
  kSctp,
  kIcmp,
  kIcmp6,
  kIgmp,
  kIgrp,
  kPim,
  kVrrp,
  kCarp,
  kAh,
  kEsp,
  kAtalk,
  kAarp,
  kDecnet,
  kLat,
  kSca,
  kMoprc,
  kMopdl,
  kIso,
  kEsis,
  kIsis,
  kClnp,
  kStp,
  kIpx,
  kNetbeui,
  kRadio,
};

enum class Direction : std::uint8_t { kDefault, kSrc, kDst, kSrcOrDst, kSrcAndDst };

enum class AddressKind : std::uint8_t {
  kDefault,
  kHost,
  kNet,
  kPort,
  kPortRange,
  kProto,
  kProtoChain,
  kGateway,
};

struct Qualifier {
  AddressKind kind = AddressKind::kDefault;
  Protocol protocol = Protocol::kDefault;
  Direction direction = Direction::kDefault;
  friend bool operator==(const Qualifier&, const Qualifier&) = default;
};

// What a qualifier is applied to. As written:
struct Name {  // a host, network, port, port range or protocol by name; escapes (\tcp) already removed
  std::string text;
  friend bool operator==(const Name&, const Name&) = default;
};
struct Number {
  std::uint32_t value = 0;
  friend bool operator==(const Number&, const Number&) = default;
};
struct Ipv4 {  // host or network: left-aligned when fewer than four parts are written, as `net 10.1`
  std::uint32_t address = 0;
  unsigned bits = 32;               // 8, 16, 24 or 32: how many the written parts cover; 32 when has_mask
  bool has_mask = false;            // by /LEN or `mask M`
  std::uint32_t mask = 0xffffffff;  // what is compared, however it was written
  bool by_length = false;           // the mask was written as /LEN
  friend bool operator==(const Ipv4&, const Ipv4&) = default;
};
struct Ipv6 {
  std::array<std::uint8_t, 16> address{};
  bool has_length = false;
  unsigned length = 128;
  friend bool operator==(const Ipv6&, const Ipv6&) = default;
};
struct Mac {
  std::array<std::uint8_t, 6> address{};
  friend bool operator==(const Mac&, const Mac&) = default;
};
struct PortSpan {  // `portrange A-B` in numbers
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const PortSpan&, const PortSpan&) = default;
};
// As resolved (frontend/resolve.h); a resolved tree holds no Name, and a Number only as port, port range or
// protocol.
struct Hosts {  // every address of a host name, in the resolver's order
  std::string name;
  std::vector<std::variant<Ipv4, Ipv6>> addresses;
  friend bool operator==(const Hosts&, const Hosts&) = default;
};
struct ServicePort {  // `port domain`; transport is kTcp, kUdp, kSctp, or kDefault for all of them
  std::uint32_t first = 0;
  std::uint32_t last = 0;  // first again for a port, the end for a port range
  Protocol transport = Protocol::kDefault;
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};
using Id = std::variant<Name, Number, Ipv4, Ipv6, Mac, PortSpan, Hosts, ServicePort>;

// --- Predicates ---
struct And {
  NodeId lhs, rhs;
  friend bool operator==(const And&, const And&) = default;
};
struct Or {
  NodeId lhs, rhs;
  friend bool operator==(const Or&, const Or&) = default;
};
struct Not {
  NodeId operand;
  friend bool operator==(const Not&, const Not&) = default;
};
struct When {  // when(condition, then, otherwise)
  NodeId condition, then, otherwise;
  friend bool operator==(const When&, const When&) = default;
};
struct Rand {  // rand(p): true when the drawn word is below RandThreshold(p)
  double probability;
  friend bool operator==(const Rand&, const Rand&) = default;
};
struct Test {  // [proto] [dir] [kind] id, with inherited qualifiers filled in
  Qualifier qualifier;
  Id id;
  friend bool operator==(const Test&, const Test&) = default;
};
struct ProtocolTest {  // a protocol word alone: `tcp`, `ip6`, `stp`
  Protocol protocol;
  friend bool operator==(const ProtocolTest&, const ProtocolTest&) = default;
};
struct Broadcast {
  Protocol protocol;
  friend bool operator==(const Broadcast&, const Broadcast&) = default;
};
struct Multicast {
  Protocol protocol;
  friend bool operator==(const Multicast&, const Multicast&) = default;
};
struct LengthAtLeast {
  std::uint32_t bytes;
  friend bool operator==(const LengthAtLeast&, const LengthAtLeast&) = default;
};
struct LengthAtMost {
  std::uint32_t bytes;
  friend bool operator==(const LengthAtMost&, const LengthAtMost&) = default;
};
// Words that open an encapsulation and move the offsets of everything written after them.
enum class Encapsulation : std::uint8_t { kVlan, kMpls, kPppoeDiscovery, kPppoeSession, kGeneve };
struct Encapsulated {
  Encapsulation kind;
  bool has_number = false;
  std::uint32_t number = 0;
  friend bool operator==(const Encapsulated&, const Encapsulated&) = default;
};
// `llc`, `llc i`, `llc s`, `llc u`, `llc rr`, ... by its word; empty for `llc` alone.
struct Llc {
  std::string type;
  friend bool operator==(const Llc&, const Llc&) = default;
};
// Traffic direction of the capturing interface, `inbound` and `outbound`; and `ifindex N`.
struct Bound {
  bool outbound;
  friend bool operator==(const Bound&, const Bound&) = default;
};
struct InterfaceIndex {
  std::uint32_t index;
  friend bool operator==(const InterfaceIndex&, const InterfaceIndex&) = default;
};
enum class Relational : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };
struct Relation {
  Relational op;
  NodeId lhs, rhs;  // arithmetic nodes
  friend bool operator==(const Relation&, const Relation&) = default;
};

// --- Arithmetic ---
struct Literal {
  std::uint32_t value;
  friend bool operator==(const Literal&, const Literal&) = default;
};
struct PacketLength {
  friend bool operator==(const PacketLength&, const PacketLength&) = default;
};
struct Accessor {  // proto[index:size]
  Protocol protocol;
  NodeId index;
  unsigned size;  // 1, 2 or 4
  friend bool operator==(const Accessor&, const Accessor&) = default;
};
enum class Arithmetic : std::uint8_t { kAdd, kSub, kMul, kDiv, kMod, kAnd, kOr, kXor, kShl, kShr };
struct Binary {
  Arithmetic op;
  NodeId lhs, rhs;
  friend bool operator==(const Binary&, const Binary&) = default;
};
struct Negate {
  NodeId operand;
  friend bool operator==(const Negate&, const Negate&) = default;
};

using NodeKind = std::variant<And, Or, Not, When, Rand, Test, ProtocolTest, Broadcast, Multicast,
                              LengthAtLeast, LengthAtMost, Encapsulated, Llc, Bound, InterfaceIndex, Relation,
                              Literal, PacketLength, Accessor, Binary, Negate>;

struct Node {
  NodeKind kind;
  SourceRange range;  // where it was written; empty for embedded predicates
};

// An empty tree is the empty filter, which accepts every packet.
struct Ast {
  std::vector<Node> nodes;

  bool empty() const { return nodes.empty(); }
  NodeId root() const { return static_cast<NodeId>(nodes.size() - 1); }
  NodeId Add(NodeKind kind, SourceRange range = {}) {
    nodes.push_back({std::move(kind), range});
    return root();
  }
};

// round(p * 2^32), when that is neither 0 nor 2^32.
std::optional<std::uint32_t> RandThreshold(double probability);

// Equal but for source ranges.
bool SameFilter(const Ast& a, const Ast& b);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_AST_H
