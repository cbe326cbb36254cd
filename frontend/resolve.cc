// Names become addresses and numbers, test by test. Which question is asked of the resolver depends on the
// qualifiers, as in libpcap's gen_scode; so does what is refused (`tcp port domain` where domain is a UDP
// port).
#include "frontend/resolve.h"

#include "frontend/check.h"
#include "frontend/protocol_numbers.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

class NameResolution {
 public:
  explicit NameResolution(const Resolver& resolver) : resolver_(resolver) {}

  Expected<Id> Resolve(const Name& name, const Qualifier& qualifier) const {
    switch (qualifier.kind) {
      case AddressKind::kNet:
        return Network(name.text);
      case AddressKind::kPort:
        return Port(name.text, qualifier.protocol);
      case AddressKind::kPortRange:
        return PortRange(name.text, qualifier.protocol);
      case AddressKind::kGateway:
        return GatewayHost(name.text);
      case AddressKind::kProto:
      case AddressKind::kProtoChain:
        return Proto(name.text, qualifier.protocol);
      default:
        return qualifier.protocol == Protocol::kLink ? EtherHost(name.text)
                                                     : Host(name.text, qualifier.protocol);
    }
  }

 private:
  Expected<Id> Network(const std::string& name) const {
    const auto network = resolver_.NetworkByName(name);
    if (!network) return InvalidInput(fmt::format("the network '{}' is unknown", name));
    return Ipv4{network->address, 32, true, network->mask, false};
  }

  Expected<Id> EtherHost(const std::string& name) const {
    const auto address = resolver_.EtherHost(name);
    if (!address) return InvalidInput(fmt::format("the Ethernet host '{}' is unknown", name));
    return Mac{*address};
  }

  Expected<Id> Host(const std::string& name, Protocol protocol) const {
    Hosts hosts{name, {}};
    bool found = false;
    for (const HostAddress& address : resolver_.Host(name)) {
      found = true;
      if (const auto* ipv4 = std::get_if<Ipv4Address>(&address)) {
        if (protocol != Protocol::kIp6) hosts.addresses.emplace_back(Ipv4{*ipv4});
      } else if (protocol == Protocol::kDefault || protocol == Protocol::kIp6) {
        hosts.addresses.emplace_back(Ipv6{std::get<Ipv6Address>(address)});
      } else if (protocol != Protocol::kIp) {
        return InvalidInput(fmt::format("the host '{}' has an IPv6 address, which ARP cannot carry", name));
      }
    }
    if (!found) return InvalidInput(fmt::format("the host '{}' is unknown", name));
    if (hosts.addresses.empty()) {
      return InvalidInput(
          fmt::format("the host '{}' has no {} address", name, protocol == Protocol::kIp6 ? "IPv6" : "IPv4"));
    }
    return hosts;
  }

  // A gateway has both kinds of addresses; only IPv4 packets are asked for theirs.
  Expected<Id> GatewayHost(const std::string& name) const {
    const auto mac = resolver_.EtherHost(name);
    if (!mac) return InvalidInput(fmt::format("the Ethernet host '{}' is unknown", name));
    Gateway gateway{name, *mac, {}};
    for (const HostAddress& address : resolver_.Host(name)) {
      if (const auto* ipv4 = std::get_if<Ipv4Address>(&address)) gateway.addresses.push_back(*ipv4);
    }
    if (gateway.addresses.empty()) {
      return InvalidInput(fmt::format("the gateway '{}' has no IPv4 address", name));
    }
    return gateway;
  }

  // One end of a port range, or a port.
  Expected<Resolver::Port> PortNumber(std::string_view name) const {
    const auto port = resolver_.PortByName(name);
    if (!port) return InvalidInput(fmt::format("the port '{}' is unknown", name));
    return *port;
  }

  // The ports with the transport that both the name and the qualifier allow.
  static Expected<Id> WithTransport(std::string_view name, Resolver::Port first, Resolver::Port last,
                                    Protocol protocol) {
    const bool agree = first.transport == last.transport;
    Protocol known = Protocol::kDefault;
    if (agree && first.transport == Transport::kTcp) known = Protocol::kTcp;
    if (agree && first.transport == Transport::kUdp) known = Protocol::kUdp;
    if (protocol != Protocol::kDefault && known != Protocol::kDefault && known != protocol) {
      return InvalidInput(
          fmt::format("'{}' is the name of a {} port", name, known == Protocol::kTcp ? "TCP" : "UDP"));
    }
    return ServicePort{first.number, last.number, protocol == Protocol::kDefault ? known : protocol};
  }

  Expected<Id> Port(const std::string& name, Protocol protocol) const {
    const auto port = PortNumber(name);
    if (!port) return tl::unexpected(port.error());
    return WithTransport(name, *port, *port, protocol);
  }

  Expected<Id> PortRange(const std::string& name, Protocol protocol) const {
    const std::size_t dash = name.find('-');
    if (dash == std::string::npos) {
      return InvalidInput(fmt::format("'portrange' takes two ports joined by '-', not '{}'", name));
    }
    const auto first = PortNumber(std::string_view(name).substr(0, dash));
    if (!first) return tl::unexpected(first.error());
    const auto last = PortNumber(std::string_view(name).substr(dash + 1));
    if (!last) return tl::unexpected(last.error());
    return WithTransport(name, *first, *last, protocol);
  }

  Expected<Id> Proto(const std::string& name, Protocol protocol) const {
    std::optional<std::uint32_t> number;
    switch (protocol) {
      case Protocol::kLink:
        number = resolver_.EtherProtocol(name);
        break;
      case Protocol::kIso:
        number = OsiProtocol(name);
        break;
      default:
        number = resolver_.IpProtocol(name);
        break;
    }
    if (!number) return InvalidInput(fmt::format("the protocol '{}' is unknown", name));
    return Number{*number};
  }

  // Network layer protocol identifiers of ISO/IEC TR 9577.
  static std::optional<std::uint32_t> OsiProtocol(std::string_view name) {
    if (name == "clnp") return kOsiClnp;
    if (name == "esis") return kOsiEsis;
    if (name == "isis") return kOsiIsis;
    return std::nullopt;
  }

  const Resolver& resolver_;
};

// A number as an address: 32 bits of a host; of a network the leading octets, as `net 10`.
Ipv4 AddressOfNumber(std::uint32_t value, AddressKind kind) {
  Ipv4 address{value};
  if (kind != AddressKind::kNet || value == 0) return address;
  for (; (address.address & 0xff000000) == 0; address.bits -= 8) {
    address.address <<= 8;
    address.mask <<= 8;
  }
  return address;
}

bool NamesAddress(AddressKind kind) {
  return kind == AddressKind::kDefault || kind == AddressKind::kHost || kind == AddressKind::kNet;
}

}  // namespace

Expected<Ast> ResolveNames(Ast filter, const Resolver& resolver) {
  const NameResolution resolution(resolver);
  auto place = filter.places.begin();
  for (NodeId id = 0; id < filter.nodes.size(); ++id) {
    Node& node = filter.nodes[id];
    while (place != filter.places.end() && place->node < id) ++place;
    if (auto fault = FindFault(filter, node)) return InvalidInput(std::move(*fault), node.range);
    auto* test = std::get_if<Test>(&node.kind);
    if (test == nullptr) continue;
    if (const auto* name = std::get_if<Name>(&test->id)) {
      Expected<Id> meaning = resolution.Resolve(*name, test->qualifier);
      if (!meaning) {
        const bool is_elsewhere = place != filter.places.end() && place->node == id;
        const std::string where = is_elsewhere ? place->place + ": " : std::string();
        return InvalidInput(where + meaning.error().message, node.range);
      }
      test->id = std::move(*meaning);
    } else if (const auto* number = std::get_if<Number>(&test->id);
               number && NamesAddress(test->qualifier.kind)) {
      if (test->qualifier.protocol == Protocol::kDecnet) {
        test->id = Decnet{static_cast<std::uint16_t>(number->value)};
      } else {
        test->id = AddressOfNumber(number->value, test->qualifier.kind);
      }
    }
  }
  return filter;
}

}  // namespace bpfopt::frontend
