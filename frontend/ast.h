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
  kRadio,  // the header that the radio put before an 802.11 frame
  // IS-IS PDUs, by level and by type.
  kIsisLevel1,
  kIsisLevel2,
  kIsisHello,
  kIsisLinkState,
  kIsisSequence,  // complete and partial sequence numbers
  kIsisComplete,
  kIsisPartial,
};

// Which address of a packet. 802.11 frames have up to four, which its directions name by place or by role.
enum class Direction : std::uint8_t {
  kDefault,
  kSrc,
  kDst,
  kSrcOrDst,
  kSrcAndDst,
  kAddress1,
  kAddress2,
  kAddress3,
  kAddress4,
  kReceiver,
  kTransmitter,
};

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
// ARCnet addresses as libpcap understands them, which is by the first digit: `$2f` is 0xd2.
inline constexpr std::uint8_t kArcnetFirst = 0xd0;
struct Arcnet {
  std::uint8_t address = kArcnetFirst;
  friend bool operator==(const Arcnet&, const Arcnet&) = default;
};
struct Decnet {  // AREA.NODE: six bits and ten
  std::uint16_t address = 0;
  friend bool operator==(const Decnet&, const Decnet&) = default;
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
struct Gateway {  // `gateway NAME`: traffic through the host with this MAC address, not to or from it
  std::string name;
  std::array<std::uint8_t, 6> mac{};
  std::vector<std::uint32_t> addresses;  // IPv4, in the resolver's order
  friend bool operator==(const Gateway&, const Gateway&) = default;
};
using Id = std::variant<Name, Number, Ipv4, Ipv6, Mac, Arcnet, Decnet, PortSpan, Hosts, ServicePort, Gateway>;

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
// `byte OFFSET OP VALUE`, of the link-layer header. kAnd is (byte & value) != 0, kOr (byte | value)
// != 0.
enum class ByteOp : std::uint8_t { kEqual, kLess, kGreater, kAnd, kOr };
struct ByteTest {
  std::uint32_t offset;
  ByteOp op;
  std::uint32_t value;
  friend bool operator==(const ByteTest&, const ByteTest&) = default;
};
// `type T`, `type T subtype S`, `subtype S`: bits of the first byte of an 802.11 frame, the type's in 0x0c
// and the subtype's in 0xf0.
struct WlanFrame {
  std::uint8_t type;
  std::optional<std::uint8_t> subtype;
  friend bool operator==(const WlanFrame&, const WlanFrame&) = default;
};
// `dir D`: the lowest two bits of the second byte of an 802.11 frame.
struct WlanDirection {
  std::uint32_t direction;
  friend bool operator==(const WlanDirection&, const WlanDirection&) = default;
};
// What PF logged of a packet.
enum class PfLogField : std::uint8_t { kInterface, kRuleset, kRule, kSubrule, kReason, kAction };
struct PfLogName {  // kInterface or kRuleset
  PfLogField field;
  std::string name;
  friend bool operator==(const PfLogName&, const PfLogName&) = default;
};
struct PfLogNumber {  // any other
  PfLogField field;
  std::uint32_t number;
  friend bool operator==(const PfLogNumber&, const PfLogNumber&) = default;
};
// Kinds of ATM cells, each named by its word.
enum class AtmKind : std::uint8_t {
  kLane,
  kMetac,
  kBcc,
  kOamf4Segment,
  kOamf4EndToEnd,
  kSc,
  kIlmic,
  kOam,
  kOamf4,
  kConnectMessage,
  kMetaConnect,
};
struct AtmTest {
  AtmKind kind;
  friend bool operator==(const AtmTest&, const AtmTest&) = default;
};
enum class Relational : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };
enum class AtmField : std::uint8_t { kVpi, kVci };
struct AtmFieldTest {  // `vpi 5`, `vci > 5`; a list in parentheses is or-ed
  AtmField field;
  Relational op;
  std::uint32_t value;
  friend bool operator==(const AtmFieldTest&, const AtmFieldTest&) = default;
};
// SS7 signal units: fill-in, link status, message. `high_speed` is the h before the word: extended headers.
enum class SignalUnit : std::uint8_t { kFillIn, kLinkStatus, kMessage };
struct SignalUnitTest {
  SignalUnit kind;
  bool high_speed;
  friend bool operator==(const SignalUnitTest&, const SignalUnitTest&) = default;
};
enum class Mtp3Field : std::uint8_t { kSio, kOpc, kDpc, kSls };
struct Mtp3Test {  // `sio 5`, `hopc > 5`; a list in parentheses is or-ed
  Mtp3Field field;
  bool high_speed;
  Relational op;
  std::uint32_t value;
  friend bool operator==(const Mtp3Test&, const Mtp3Test&) = default;
};
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

using NodeKind =
    std::variant<And, Or, Not, When, Rand, Test, ProtocolTest, Broadcast, Multicast, LengthAtLeast,
                 LengthAtMost, Encapsulated, Llc, Bound, InterfaceIndex, ByteTest, WlanFrame, WlanDirection,
                 PfLogName, PfLogNumber, AtmTest, AtmFieldTest, SignalUnitTest, Mtp3Test, Relation, Literal,
                 PacketLength, Accessor, Binary, Negate>;

struct Node {
  NodeKind kind;
  SourceRange range;  // where it was written; empty for embedded predicates
};

// Where a name was read that is not in the text of the filter.
struct NamePlace {
  NodeId node;        // its test
  std::string place;  // FILE:LINE:COLUMN
};

// An empty tree is the empty filter, which accepts every packet.
struct Ast {
  std::vector<Node> nodes;
  std::vector<NamePlace> places = {};  // by node

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
