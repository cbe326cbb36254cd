// Ports and port ranges of TCP, UDP and SCTP, over IPv6 and IPv4.
#include "frontend/keywords.h"
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <algorithm>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kMaximumPort = 0xffff;

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
  if (!range && qualifier.kind != AddressKind::kPort)
    return Fail("a port number needs 'port' or 'portrange'");
  const Protocol asked = qualifier.protocol;
  if (asked != Protocol::kDefault && asked != Protocol::kTcp && asked != Protocol::kUdp &&
      asked != Protocol::kSctp) {
    return Fail(fmt::format("'{}' has no {}; tcp, udp and sctp have", ProtocolWord(asked),
                            range ? "port range" : "port"));
  }
  if (asked != Protocol::kDefault && ports.transport != Protocol::kDefault && ports.transport != asked) {
    return Fail(fmt::format("the port is {}, not {}", ProtocolWord(ports.transport), ProtocolWord(asked)));
  }
  if (std::max(ports.first, ports.last) > kMaximumPort) {
    return Fail(fmt::format("port {} is greater than 65535", std::max(ports.first, ports.last)));
  }
  ServicePort tested{.first = std::min(ports.first, ports.last),
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
