// Link types as data: where the network layer starts, how its protocol is told, where addresses are.
// One row a type in link_type.cc; adding a type is adding a row and a test.
#ifndef BPFOPT_FRONTEND_LINK_TYPE_H
#define BPFOPT_FRONTEND_LINK_TYPE_H

#include "bpfopt/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bpfopt::frontend {

// How a link-layer header says which protocol it carries.
enum class ProtocolField : std::uint8_t {
  kEthernet,       // an Ethernet type, or up to 1500 the length of an 802.2 frame
  kLinuxCooked,    // an Ethernet type, 1 for raw 802.3 frames or 4 for 802.2 frames
  kEthernetType,   // an Ethernet type and nothing else
  kPpp,            // a PPP protocol number
  kFamilyNetwork,  // an address family as a 32-bit word in network order
  kFamilyHost,     // the same in the order of the capturing host
  kIpVersion,      // none: the version of the IP header tells IPv4 from IPv6
  kAlwaysIpv4,     // none: every packet is IPv4
  kAlwaysIpv6,
};

// A field of the link-layer header.
struct LinkField {
  std::uint32_t offset = 0;
  unsigned width = 0;
};

// Where 48-bit MAC addresses are in the link-layer header.
struct MacAddresses {
  std::uint32_t destination = 0;
  std::uint32_t source = 0;
};

struct LinkType {
  std::string_view name;  // of the DLT_ constant, as pcap_datalink_val_to_name gives it
  int dlt = 0;
  std::string_view description;
  ProtocolField protocol_field = ProtocolField::kEthernetType;
  std::optional<std::uint32_t> protocol_offset = {};  // nothing: there is no such field
  std::uint32_t payload_offset = 0;                   // behind the link-layer header
  // Network layer, from the payload: as it is most often, and behind an 802.2 header without SNAP.
  std::uint32_t network_offset = 0;
  std::uint32_t network_offset_llc = 0;
  std::optional<MacAddresses> mac = {};
  bool has_llc = false;                             // the words `llc`, `llc i`, ...
  bool has_vlan = false;                            // the word `vlan`
  std::optional<std::uint32_t> mpls_protocol = {};  // what tells MPLS, when the word `mpls` is supported
  std::optional<LinkField> packet_type = {};        // Linux's PACKET_ word: 4 is outgoing
  std::optional<LinkField> interface_index = {};
};

// By name as pcap_datalink_name_to_val has it (case-insensitive), or by DLT_ number in decimal. A type that
// libpcap knows and that has no row here is an error that says so.
Expected<const LinkType*> FindLinkType(std::string_view name_or_number);
Expected<const LinkType*> FindLinkType(int dlt);
std::span<const LinkType> LinkTypes();

// What encapsulations carry.
const LinkType& EthernetLinkType();
const LinkType& PppLinkType();

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LINK_TYPE_H
