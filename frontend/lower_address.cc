// Hosts and networks by address, and the choice of a test by what a qualifier is applied to.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

std::uint32_t MaskOfLength(unsigned bits) { return bits == 0 ? 0 : 0xffffffffU << (32 - bits); }

// The `index`-th 32-bit word of an address.
std::uint32_t WordOf(const std::array<std::uint8_t, 16>& address, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | address[index * 4 + i];
  return word;
}

// The part of a prefix of `length` bits that lies in the `index`-th 32-bit word.
std::uint32_t PrefixMask(unsigned length, unsigned index) {
  const unsigned before = index * 32;
  if (length <= before) return 0;
  return MaskOfLength(length - before >= 32 ? 32 : length - before);
}

}  // namespace

Outcome Lowering::TestQualified(Flow in, const Test& test) {
  const Qualifier& qualifier = test.qualifier;
  if (const auto* id = std::get_if<Number>(&test.id)) {
    if (qualifier.kind == AddressKind::kProto) return TestProtocolNumber(in, id->value, qualifier.protocol);
    if (qualifier.kind == AddressKind::kProtoChain) {
      return TestProtocolChain(in, id->value, qualifier.protocol);
    }
    return TestPorts(in, qualifier, {.first = id->value, .last = id->value});
  }
  if (const auto* id = std::get_if<PortSpan>(&test.id)) {
    return TestPorts(in, qualifier, {.first = id->first, .last = id->last});
  }
  if (const auto* id = std::get_if<ServicePort>(&test.id)) return TestPorts(in, qualifier, *id);
  if (const auto* id = std::get_if<Ipv4>(&test.id)) return TestIpv4(in, qualifier, *id);
  if (const auto* id = std::get_if<Ipv6>(&test.id)) return TestIpv6(in, qualifier, *id);
  if (const auto* id = std::get_if<Mac>(&test.id)) return TestMacId(in, qualifier, *id);
  if (const auto* id = std::get_if<Arcnet>(&test.id)) return TestArcnet(in, id->address, qualifier.direction);
  if (const auto* id = std::get_if<Decnet>(&test.id)) return TestDecnet(in, id->address, qualifier.direction);
  if (const auto* id = std::get_if<Gateway>(&test.id)) return TestGateway(in, qualifier, *id);
  if (const auto* id = std::get_if<Hosts>(&test.id)) return TestHosts(in, qualifier, *id);
  return FailInternally("a name is not resolved");
}

Outcome Lowering::TestIpv4(Flow in, const Qualifier& qualifier, const Ipv4& id) {
  const std::uint32_t mask = id.mask & MaskOfLength(id.bits);
  if (id.has_mask && (id.address & ~mask) != 0) return Fail("the address has bits set outside of its mask");
  return TestIpv4Address(in, qualifier, id.address, mask);
}

Outcome Lowering::TestIpv6(Flow in, const Qualifier& qualifier, const Ipv6& id) {
  if (id.length > 128) return Fail("the prefix of an IPv6 network has at most 128 bits");
  for (unsigned word = 0; word < 4; ++word) {
    if ((WordOf(id.address, word) & ~PrefixMask(id.length, word)) != 0) {
      return Fail("the address has bits set outside of its prefix");
    }
  }
  return TestIpv6Address(in, qualifier, id);
}

Outcome Lowering::TestMacId(Flow in, const Qualifier& qualifier, const Mac& id) {
  if (!layout_.link->mac) return Fail(fmt::format("{} has no MAC addresses", NameOf(*layout_.link)));
  return TestMac(in, id.address, qualifier.direction);
}

// Frames of the gateway with packets of others.
Outcome Lowering::TestGateway(Flow in, const Qualifier& qualifier, const Gateway& id) {
  if (!layout_.link->mac) {
    return Fail(fmt::format("'gateway' needs MAC addresses, which {} has not", NameOf(*layout_.link)));
  }
  Conjunction both(in);
  both.Add(TestMac(both.next(), id.mac, Direction::kSrcOrDst));
  Disjunction its_own(both.next());
  for (const std::uint32_t address : id.addresses) {
    const Qualifier host{AddressKind::kHost, qualifier.protocol, Direction::kSrcOrDst};
    its_own.Add(TestIpv4Address(its_own.next(), host, address, 0xffffffff));
  }
  both.Add(Invert(its_own.outcome()));
  return both.outcome();
}

// Every address of a name that the qualifier leaves; without a link-layer protocol field IPv4 addresses are
// looked for in IPv4 alone.
Outcome Lowering::TestHosts(Flow in, const Qualifier& qualifier, const Hosts& id) {
  const bool only_ip = qualifier.protocol == Protocol::kDefault && !layout_.link_protocol;
  Disjunction any(in);
  bool found = false;
  for (const std::variant<Ipv4, Ipv6>& address : id.addresses) {
    Qualifier each = qualifier;
    if (const auto* ipv4 = std::get_if<Ipv4>(&address)) {
      if (qualifier.protocol == Protocol::kIp6) continue;
      if (only_ip) each.protocol = Protocol::kIp;
      any.Add(TestIpv4Address(any.next(), each, ipv4->address, 0xffffffff));
    } else {
      if (qualifier.protocol == Protocol::kIp) continue;
      any.Add(TestIpv6Address(any.next(), each, std::get<Ipv6>(address)));
    }
    found = true;
  }
  if (!found) return Fail(fmt::format("'{}' has no address of the family that is asked for", id.name));
  return any.outcome();
}

Outcome Lowering::TestIpv4Address(Flow in, const Qualifier& qualifier, std::uint32_t address,
                                  std::uint32_t mask) {
  struct Location {
    std::uint32_t link_protocol;
    std::uint32_t source;
    std::uint32_t destination;
  };
  constexpr Location kIp{kEtherIp, 12, 16};
  constexpr Location kArp{kEtherArp, 14, 24};
  constexpr Location kRarp{kEtherRarp, 14, 24};
  const auto test = [&](Flow flow, const Location& at) {
    return TestSides(flow, qualifier.direction, [&](Flow side, bool source) {
      return TestAddressWord(side, at.link_protocol, source ? at.source : at.destination, address, mask);
    });
  };
  switch (qualifier.protocol) {
    case Protocol::kIp:
      return test(in, kIp);
    case Protocol::kArp:
      return test(in, kArp);
    case Protocol::kRarp:
      return test(in, kRarp);
    case Protocol::kDefault: {
      Disjunction any(in);
      any.Add(test(any.next(), kIp));
      if (layout_.mpls_labels == 0) {  // nothing else can be told behind a label
        any.Add(test(any.next(), kArp));
        any.Add(test(any.next(), kRarp));
      }
      return any.outcome();
    }
    default:
      return FailInternally("a protocol without IPv4 addresses");
  }
}

Outcome Lowering::TestAddressWord(Flow in, std::uint32_t link_protocol, std::uint32_t offset,
                                  std::uint32_t address, std::uint32_t mask) {
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), link_protocol));
  both.Add(TestEqual(both.next(), Field{Anchor::kNetwork, offset, 4}, address, mask));
  return both.outcome();
}

Outcome Lowering::TestIpv6Address(Flow in, const Qualifier& qualifier, const Ipv6& id) {
  return TestSides(in, qualifier.direction, [&](Flow side, bool source) {
    Conjunction all(side);
    all.Add(TestLinkProtocol(all.next(), kEtherIp6));
    for (unsigned word = 0; word < 4; ++word) {
      const Field field{Anchor::kNetwork, (source ? 8 : 24) + word * 4, 4};
      all.Add(TestEqual(all.next(), field, WordOf(id.address, word), PrefixMask(id.length, word)));
    }
    return all.outcome();
  });
}

}  // namespace bpfopt::frontend
