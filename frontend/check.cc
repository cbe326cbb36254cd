// The rules are those of libpcap's generator (gen_scode, gen_ncode, gen_mcode, gen_host, gen_proto, ...),
// gathered so that lowering meets only tests that mean something. What depends on the link type is left to
// lowering.
#include "frontend/check.h"

#include "frontend/keywords.h"

#include <cstddef>
#include <string_view>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

using Fault = std::optional<std::string>;

constexpr std::uint32_t kMaxPort = 65535;

bool IsTransport(Protocol protocol) {
  return protocol == Protocol::kDefault || protocol == Protocol::kTcp || protocol == Protocol::kUdp ||
         protocol == Protocol::kSctp;
}

// May it come before an IPv4 host or network?
bool HasIpv4Addresses(Protocol protocol) {
  return protocol == Protocol::kDefault || protocol == Protocol::kIp || protocol == Protocol::kArp ||
         protocol == Protocol::kRarp;
}

// A direction that names one of the addresses of an 802.11 frame?
bool IsWlanDirection(Direction direction) { return direction >= Direction::kAddress1; }

Fault CheckPort(std::uint32_t port) {
  if (port <= kMaxPort) return std::nullopt;
  return fmt::format("a port is at most {}", kMaxPort);
}

Fault CheckPortTest(const Test& test) {
  const std::string_view word = test.qualifier.kind == AddressKind::kPort ? "port" : "portrange";
  if (!IsTransport(test.qualifier.protocol)) {
    return fmt::format("'{}' has no ports; 'tcp', 'udp' and 'sctp' have",
                       ProtocolWord(test.qualifier.protocol));
  }
  if (IsWlanDirection(test.qualifier.direction)) {
    return fmt::format("'{}' is an address of 802.11 frames; ports have 'src' and 'dst'",
                       DirectionWord(test.qualifier.direction));
  }
  if (const auto* number = std::get_if<Number>(&test.id)) return CheckPort(number->value);
  if (const auto* span = std::get_if<PortSpan>(&test.id)) {
    if (test.qualifier.kind == AddressKind::kPort) return "a range of ports needs 'portrange'";
    const Fault first = CheckPort(span->first);
    return first ? first : CheckPort(span->last);
  }
  if (std::holds_alternative<Name>(test.id) || std::holds_alternative<ServicePort>(test.id))
    return std::nullopt;
  return fmt::format("'{}' takes a number or a name, not an address", word);
}

Fault CheckProtoTest(const Test& test) {
  if (test.qualifier.direction != Direction::kDefault) return "'proto' takes no direction";
  switch (test.qualifier.protocol) {
    case Protocol::kDefault:
    case Protocol::kLink:
    case Protocol::kIp:
    case Protocol::kIp6:
    case Protocol::kIso:
      break;
    case Protocol::kIsis:
      if (std::holds_alternative<Name>(test.id))
        return "the types of IS-IS PDUs have no names here; write a number";
      break;
    default:
      return fmt::format("'{}' does not carry other protocols that 'proto' could name",
                         ProtocolWord(test.qualifier.protocol));
  }
  if (std::holds_alternative<Number>(test.id) || std::holds_alternative<Name>(test.id)) return std::nullopt;
  return "'proto' takes a number or a name, not an address";
}

Fault CheckProtoChainTest(const Test& test) {
  if (test.qualifier.direction != Direction::kDefault) return "'protochain' takes no direction";
  if (test.qualifier.protocol != Protocol::kDefault && test.qualifier.protocol != Protocol::kIp &&
      test.qualifier.protocol != Protocol::kIp6) {
    return fmt::format("'{}' has no chain of headers; 'ip' and 'ip6' have",
                       ProtocolWord(test.qualifier.protocol));
  }
  if (std::holds_alternative<Number>(test.id) || std::holds_alternative<Name>(test.id)) return std::nullopt;
  return "'protochain' takes a number or a name, not an address";
}

Fault CheckGatewayTest(const Test& test) {
  if (test.qualifier.direction != Direction::kDefault) return "'gateway' takes no direction";
  if (!HasIpv4Addresses(test.qualifier.protocol)) {
    return fmt::format("'{}' goes through no gateway; write 'gateway' alone or with 'ip', 'arp' or 'rarp'",
                       ProtocolWord(test.qualifier.protocol));
  }
  if (std::holds_alternative<Name>(test.id) || std::holds_alternative<Gateway>(test.id)) return std::nullopt;
  return "'gateway' takes a name, whose Ethernet and IPv4 addresses are looked up; with addresses at hand "
         "write 'ether host ... and not host ...'";
}

Fault CheckLinkAddress(const Test& test) {
  if (test.qualifier.kind == AddressKind::kNet)
    return "'ether' addresses form no networks; write 'ether host'";
  if (std::holds_alternative<Arcnet>(test.id) && IsWlanDirection(test.qualifier.direction)) {
    return fmt::format("'{}' is an address of 802.11 frames; ARCnet has 'src' and 'dst'",
                       DirectionWord(test.qualifier.direction));
  }
  if (std::holds_alternative<Mac>(test.id) || std::holds_alternative<Arcnet>(test.id) ||
      std::holds_alternative<Name>(test.id)) {
    return std::nullopt;
  }
  return "'ether' takes an Ethernet address or a name from ethers(5)";
}

Fault CheckDecnetAddress(const Test& test) {
  constexpr std::uint32_t kMaxAddress = 0xffff;
  if (std::holds_alternative<Decnet>(test.id)) return std::nullopt;
  const auto* number = std::get_if<Number>(&test.id);
  if (number == nullptr) return "'decnet' takes an address AREA.NODE, such as 10.1000";
  if (number->value <= kMaxAddress) return std::nullopt;
  return fmt::format("a DECnet address is at most {}", kMaxAddress);
}

Fault CheckAddress(const Test& test) {
  const Qualifier& qualifier = test.qualifier;
  const std::string_view word = ProtocolWord(qualifier.protocol);
  if (qualifier.protocol == Protocol::kLink) return CheckLinkAddress(test);
  if (std::holds_alternative<Mac>(test.id))
    return "an Ethernet address needs 'ether' before it, as in 'ether host'";
  if (std::holds_alternative<Arcnet>(test.id))
    return "an ARCnet address needs 'ether' before it, as in 'ether host'";
  if (IsWlanDirection(qualifier.direction)) {
    return fmt::format("'{0}' is an address of 802.11 frames; write 'wlan {0}' and an Ethernet address",
                       DirectionWord(qualifier.direction));
  }
  if (qualifier.protocol == Protocol::kDecnet) return CheckDecnetAddress(test);
  if (!HasIpv4Addresses(qualifier.protocol) && qualifier.protocol != Protocol::kIp6) {
    return fmt::format("'{}' has no hosts and networks of its own; write '{} and host ...'", word, word);
  }
  if (const auto* address = std::get_if<Ipv6>(&test.id)) {
    if (qualifier.protocol != Protocol::kDefault && qualifier.protocol != Protocol::kIp6) {
      return fmt::format("'{}' has no IPv6 addresses", word);
    }
    if (qualifier.kind != AddressKind::kNet && address->length != 128) {
      return "a prefix length makes a network; write 'net' before it";
    }
    return std::nullopt;
  }
  const auto* address = std::get_if<Ipv4>(&test.id);
  if (address != nullptr || std::holds_alternative<Number>(test.id)) {
    if (!HasIpv4Addresses(qualifier.protocol)) return fmt::format("'{}' has no IPv4 addresses", word);
    if (address != nullptr && address->has_mask && qualifier.kind != AddressKind::kNet) {
      return "a mask makes a network; write 'net' before it";
    }
    return std::nullopt;
  }
  if (std::holds_alternative<PortSpan>(test.id) || std::holds_alternative<ServicePort>(test.id)) {
    return "a range of ports needs 'portrange'";
  }
  if (qualifier.kind == AddressKind::kNet && qualifier.protocol == Protocol::kIp6) {
    return "IPv6 networks have no names; write an address and a prefix length";
  }
  return std::nullopt;
}

Fault Check(const Test& test) {
  switch (test.qualifier.kind) {
    case AddressKind::kPort:
    case AddressKind::kPortRange:
      return CheckPortTest(test);
    case AddressKind::kProto:
      return CheckProtoTest(test);
    case AddressKind::kProtoChain:
      return CheckProtoChainTest(test);
    case AddressKind::kGateway:
      return CheckGatewayTest(test);
    case AddressKind::kDefault:
      if (test.qualifier.direction == Direction::kDefault)
        return "an address needs a qualifier such as 'host'";
      return CheckAddress(test);
    case AddressKind::kHost:
    case AddressKind::kNet:
      return CheckAddress(test);
  }
  return std::nullopt;
}

Fault Check(const ProtocolTest& test) {
  if (test.protocol == Protocol::kLink) {
    return "the link layer alone is no predicate; write 'ether host', 'ether proto' or 'ether[...]'";
  }
  if (test.protocol == Protocol::kRadio) return "the radio header alone is no predicate; write 'radio[...]'";
  return std::nullopt;
}

Fault Check(const Broadcast& test) {
  if (test.protocol == Protocol::kDefault || test.protocol == Protocol::kLink ||
      test.protocol == Protocol::kIp) {
    return std::nullopt;
  }
  return fmt::format("'{}' has no broadcasts; 'ether' and 'ip' have", ProtocolWord(test.protocol));
}

Fault Check(const Multicast& test) {
  if (test.protocol == Protocol::kIp6) return std::nullopt;
  if (Check(Broadcast{test.protocol})) {
    return fmt::format("'{}' has no multicasts; 'ether', 'ip' and 'ip6' have", ProtocolWord(test.protocol));
  }
  return std::nullopt;
}

Fault Check(const Encapsulated& test) {
  std::uint32_t most = 0;
  std::string_view what;
  switch (test.kind) {
    case Encapsulation::kVlan:
      most = 0xfff;
      what = "VLAN tag";
      break;
    case Encapsulation::kMpls:
      most = 0xfffff;
      what = "MPLS label";
      break;
    case Encapsulation::kPppoeDiscovery:
      return std::nullopt;
    case Encapsulation::kPppoeSession:
      most = 0xffff;
      what = "PPPoE session";
      break;
    case Encapsulation::kGeneve:
      most = 0xffffff;
      what = "Geneve network identifier";
      break;
  }
  if (!test.has_number || test.number <= most) return std::nullopt;
  return fmt::format("a {} is at most {}", what, most);
}

Fault Check(const Accessor& accessor) {
  if (accessor.size != 1 && accessor.size != 2 && accessor.size != 4)
    return "1, 2 or 4 bytes can be read at once";
  switch (accessor.protocol) {
    case Protocol::kLink:
    case Protocol::kIp:
    case Protocol::kIp6:
    case Protocol::kArp:
    case Protocol::kRarp:
    case Protocol::kAtalk:
    case Protocol::kDecnet:
    case Protocol::kLat:
    case Protocol::kSca:
    case Protocol::kMoprc:
    case Protocol::kMopdl:
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kSctp:
    case Protocol::kIcmp:
    case Protocol::kIcmp6:
    case Protocol::kIgmp:
    case Protocol::kIgrp:
    case Protocol::kPim:
    case Protocol::kVrrp:
    case Protocol::kCarp:
    case Protocol::kRadio:
      return std::nullopt;
    default:
      return fmt::format("the bytes of '{}' cannot be read by index", ProtocolWord(accessor.protocol));
  }
}

Fault Check(const Ast& filter, const Binary& binary) {
  const auto* rhs = std::get_if<Literal>(&filter.nodes[binary.rhs].kind);
  if (rhs == nullptr) return std::nullopt;
  switch (binary.op) {
    case Arithmetic::kDiv:
    case Arithmetic::kMod:
      if (rhs->value == 0) return "division by zero";
      break;
    case Arithmetic::kShl:
    case Arithmetic::kShr:
      if (rhs->value > 31) return "a shift by more than 31 bits";
      break;
    default:
      break;
  }
  return std::nullopt;
}

Fault Check(const Rand& rand) {
  if (RandThreshold(rand.probability)) return std::nullopt;
  return "the probability of rand() lies between 0 and 1, both excluded, in steps of 2^-32";
}

Fault Check(const Llc& llc) {
  if (llc.type.empty() || IsLlcType(llc.type)) return std::nullopt;
  return fmt::format("'{}' is not a type of LLC frame; they are {}", llc.type, LlcTypeNames());
}

Fault Check(const PfLogName& test) {
  constexpr std::size_t kMaxName = 15;
  if (test.name.size() <= kMaxName) return std::nullopt;
  return fmt::format("the name of {} in a PF log has at most {} characters, not {}",
                     test.field == PfLogField::kInterface ? "an interface" : "a ruleset", kMaxName,
                     test.name.size());
}

Fault Check(const Mtp3Test& test) {
  std::uint32_t most = 0x3fff;  // point codes
  if (test.field == Mtp3Field::kSio) most = 0xff;
  if (test.field == Mtp3Field::kSls) most = 0xf;
  if (test.value <= most) return std::nullopt;
  return fmt::format("the value of '{}' is at most {}, not {}", Mtp3Word(test.field, test.high_speed), most,
                     test.value);
}

}  // namespace

std::optional<std::string> FindFault(const Ast& filter, const Node& node) {
  return std::visit(
      [&](const auto& kind) -> Fault {
        if constexpr (requires { Check(kind); }) {
          return Check(kind);
        } else if constexpr (requires { Check(filter, kind); }) {
          return Check(filter, kind);
        } else {
          return std::nullopt;
        }
      },
      node.kind);
}

}  // namespace bpfopt::frontend
