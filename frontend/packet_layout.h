// Where the headers of a packet are, as far as the filter's words up to some point have told: `vlan`, `mpls`,
// `pppoes` and `geneve` change it for all that is written after them.
#ifndef BPFOPT_FRONTEND_PACKET_LAYOUT_H
#define BPFOPT_FRONTEND_PACKET_LAYOUT_H

#include "frontend/flow.h"
#include "frontend/link_type.h"

#include <cstdint>
#include <optional>

namespace bpfopt::frontend {

// An offset from the start of the packet: what `slot` holds (nothing for kNone) and a constant.
struct Place {
  Slot slot = Slot::kNone;
  std::uint32_t constant = 0;
};

struct PacketLayout {
  const LinkType* link = nullptr;  // of the innermost link-layer header
  Place link_header;
  std::optional<Place> link_protocol;  // nothing: the header has no such field
  Place payload;                       // of the link layer
  std::uint32_t network = 0;           // from the payload
  std::uint32_t network_llc = 0;       // the same behind an 802.2 header without SNAP
  unsigned mpls_labels = 0;
  unsigned vlan_tags = 0;
  bool in_geneve = false;  // there, a link-layer header need not be present
  // ATM LAN emulation: where the frame starts, whose first half-word tells control frames.
  std::optional<Place> lane_frame;

  static PacketLayout Of(const LinkType& link) {
    PacketLayout layout;
    layout.link = &link;
    if (link.radio != RadioHeader::kNone) layout.link_header.slot = Slot::kLinkHeader;
    layout.link_header.constant = link.header_offset;
    if (link.protocol_offset) layout.link_protocol = Place{.constant = *link.protocol_offset};
    if (link.header_length != LinkHeaderLength::kFixed) layout.payload.slot = Slot::kPayload;
    layout.payload.constant = link.payload_offset;
    layout.network = link.network_offset;
    layout.network_llc = link.network_offset_llc;
    return layout;
  }
};

// What a field's offset is counted from.
enum class Anchor : std::uint8_t {
  kPacket,
  kLinkHeader,
  kLinkProtocol,
  kPayload,  // of the link layer: where an 802.2 header would be
  kNetwork,
  kNetworkLlc,     // behind an 802.2 header without SNAP
  kPreviousLabel,  // the innermost MPLS label seen so far
  kTransportIp,    // behind the IPv4 header
  kTransportIp6,   // behind the fixed IPv6 header
};

struct Field {
  Anchor anchor = Anchor::kLinkHeader;
  std::uint32_t offset = 0;
  unsigned width = 1;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PACKET_LAYOUT_H
