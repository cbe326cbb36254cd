// Rewrites the tests of names and prints the tree.
#include "driver/spell_out.h"

#include "driver/tree.h"
#include "frontend/print.h"

#include <utility>
#include <variant>
#include <vector>

namespace bpfopt::driver {
namespace {

using frontend::AddressKind;
using frontend::NodeId;
using frontend::Protocol;
using frontend::Qualifier;
using frontend::Test;

class Speller {
 public:
  Speller(const frontend::Ast& resolved, const frontend::LinkType& link_type)
      : resolved_(resolved), tells_protocol_(link_type.protocol_offset.has_value()) {}

  frontend::Ast Spell() {
    std::vector<NodeId> renamed;
    renamed.reserve(resolved_.nodes.size());
    for (const frontend::Node& node : resolved_.nodes) {
      frontend::Node copy = node;
      ForEachChild(copy.kind, [&](NodeId& child) { child = renamed[child]; });
      renamed.push_back(Add(std::move(copy)));
    }
    return std::move(spelled_);
  }

 private:
  NodeId Add(frontend::Node node) {
    if (const auto* word = std::get_if<frontend::Encapsulated>(&node.kind)) {
      tells_protocol_ |= word->kind == frontend::Encapsulation::kPppoeSession ||
                         word->kind == frontend::Encapsulation::kGeneve;
    }
    const auto* test = std::get_if<Test>(&node.kind);
    if (test == nullptr) return spelled_.Add(std::move(node.kind), node.range);
    if (const auto* hosts = std::get_if<frontend::Hosts>(&test->id)) return AddHosts(test->qualifier, *hosts);
    if (const auto* port = std::get_if<frontend::ServicePort>(&test->id))
      return AddPort(test->qualifier, *port);
    if (const auto* gateway = std::get_if<frontend::Gateway>(&test->id)) {
      return AddGateway(test->qualifier, *gateway);
    }
    return spelled_.Add(std::move(node.kind), node.range);
  }

  // ether host MAC and not (host A or host B ...)
  NodeId AddGateway(const Qualifier& qualifier, const frontend::Gateway& gateway) {
    const NodeId mac = spelled_.Add(Test{{AddressKind::kHost, Protocol::kLink, frontend::Direction::kDefault},
                                         frontend::Mac{gateway.mac}});
    const Qualifier host{AddressKind::kHost, qualifier.protocol, frontend::Direction::kDefault};
    NodeId all = 0;
    for (const std::uint32_t address : gateway.addresses) {
      const bool first = &address == gateway.addresses.data();
      const NodeId one = spelled_.Add(Test{host, frontend::Ipv4{address}});
      all = first ? one : spelled_.Add(frontend::Or{all, one});
    }
    const NodeId none = spelled_.Add(frontend::Not{all});
    return spelled_.Add(frontend::And{mac, none});
  }

  NodeId AddHosts(const Qualifier& qualifier, const frontend::Hosts& hosts) {
    NodeId all = 0;
    for (const auto& address : hosts.addresses) {
      const bool first = &address == hosts.addresses.data();
      const NodeId one = AddAddress(qualifier, address);
      all = first ? one : spelled_.Add(frontend::Or{all, one});
    }
    return all;
  }

  NodeId AddAddress(Qualifier qualifier, const std::variant<frontend::Ipv4, frontend::Ipv6>& address) {
    if (const auto* ipv6 = std::get_if<frontend::Ipv6>(&address)) return spelled_.Add(Test{qualifier, *ipv6});
    // Where no field of the link layer tells ARP, libpcap looks for a name's addresses in IPv4 alone.
    if (qualifier.protocol == Protocol::kDefault && !tells_protocol_) qualifier.protocol = Protocol::kIp;
    return spelled_.Add(Test{qualifier, std::get<frontend::Ipv4>(address)});
  }

  NodeId AddPort(Qualifier qualifier, const frontend::ServicePort& port) {
    if (qualifier.protocol == Protocol::kDefault) qualifier.protocol = port.transport;
    return spelled_.Add(Test{qualifier, frontend::ServicePort{port.first, port.last, Protocol::kDefault}});
  }

  const frontend::Ast& resolved_;
  bool tells_protocol_;  // the innermost header, of what has been written so far: indices follow the text
  frontend::Ast spelled_;
};

}  // namespace

std::string SpellOut(const frontend::Ast& resolved, const frontend::LinkType& link_type) {
  return frontend::PrintFilter(Speller(resolved, link_type).Spell());
}

}  // namespace bpfopt::driver
