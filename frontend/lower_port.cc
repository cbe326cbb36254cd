// Ports and port ranges of TCP, UDP and SCTP, over IPv6 and IPv4.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <algorithm>

namespace bpfopt::frontend {
namespace {

std::uint32_t NumberOf(Protocol transport) {
  switch (transport) {
    case Protocol::kTcp:
      return kIpProtocolTcp;
    case Protocol::kUdp:
      return kIpProtocolUdp;
    default:
      return kIpProtocolSctp;
  }
}

}  // namespace

Outcome Lowering::TestPorts(Flow in, const Qualifier& qualifier, const ServicePort& ports) {
  const bool range = qualifier.kind == AddressKind::kPortRange;
  if (!range && qualifier.kind != AddressKind::kPort) return FailInternally("a port without 'port'");
  const Protocol asked = qualifier.protocol;
  const ServicePort tested{.first = std::min(ports.first, ports.last),
                           .last = std::max(ports.first, ports.last),
                           .transport = asked == Protocol::kDefault ? ports.transport : asked};
  Disjunction either(in);
  for (const bool ip6 : {true, false}) {
    either.Add(TestNetworkPorts(either.next(), ip6, range, tested, qualifier.direction));
  }
  return either.outcome();
}

Outcome Lowering::TestNetworkPorts(Flow in, bool ip6, bool range, const ServicePort& ports,
                                   Direction direction) {
  Conjunction both(in);
  both.Add(TestLinkProtocol(both.next(), ip6 ? kEtherIp6 : kEtherIp));
  if (ports.transport != Protocol::kDefault) {
    both.Add(TestTransportPorts(both.next(), ip6, range, NumberOf(ports.transport), ports, direction));
    return both.outcome();
  }
  Disjunction any(both.next());
  for (const std::uint32_t protocol : {kIpProtocolSctp, kIpProtocolTcp, kIpProtocolUdp}) {
    any.Add(TestTransportPorts(any.next(), ip6, range, protocol, ports, direction));
  }
  both.Add(any.outcome());
  return both.outcome();
}

// Later fragments of IPv4 have no ports; behind IPv6 extension headers none are looked for.
Outcome Lowering::TestTransportPorts(Flow in, bool ip6, bool range, std::uint32_t protocol,
                                     const ServicePort& ports, Direction direction) {
  Conjunction all(in);
  all.Add(TestEqual(all.next(), Field{Anchor::kNetwork, ip6 ? 6U : 9U, 1}, protocol));
  if (!ip6) all.Add(TestNotLaterFragment(all.next()));
  all.Add(TestSides(all.next(), direction, [&](Flow side, bool source) {
    const Field field{ip6 ? Anchor::kTransportIp6 : Anchor::kTransportIp, source ? 0U : 2U, 2};
    if (!range) return TestEqual(side, field, ports.first);
    Conjunction within(side);
    within.Add(TestField(within.next(), field, ir::Compare::kGreaterEqual, ports.first));
    within.Add(Invert(TestField(within.next(), field, ir::Compare::kGreater, ports.last)));
    return within.outcome();
  }));
  return all.outcome();
}

}  // namespace bpfopt::frontend
