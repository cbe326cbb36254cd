// The table of link types, and finding a row by name or number.
#include "frontend/link_type.h"

#include "frontend/protocol_numbers.h"

#include <array>
#include <charconv>
#include <string>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace bpfopt::frontend {
namespace {

constexpr LinkType kEthernet{.name = "EN10MB",
                             .dlt = DLT_EN10MB,
                             .description = "Ethernet",
                             .protocol_field = ProtocolField::kEthernet,
                             .protocol_offset = 12,
                             .payload_offset = 14,
                             .network_offset = 0,
                             .network_offset_llc = 3,
                             .mac = MacAddresses{.destination = 0, .source = 6},
                             .has_llc = true,
                             .has_vlan = true,
                             .mpls_protocol = kEtherMpls};

constexpr LinkType kPpp{.name = "PPP",
                        .dlt = DLT_PPP,
                        .description = "PPP",
                        .protocol_field = ProtocolField::kPpp,
                        .protocol_offset = 2,
                        .payload_offset = 4,
                        .mpls_protocol = kPppMpls};

constexpr std::array kLinkTypes = {
    kEthernet,
    LinkType{.name = "RAW",
             .dlt = DLT_RAW,
             .description = "Raw IP",
             .protocol_field = ProtocolField::kIpVersion,
             .payload_offset = 0},
    LinkType{.name = "IPV4",
             .dlt = DLT_IPV4,
             .description = "Raw IPv4",
             .protocol_field = ProtocolField::kAlwaysIpv4,
             .payload_offset = 0},
    LinkType{.name = "IPV6",
             .dlt = DLT_IPV6,
             .description = "Raw IPv6",
             .protocol_field = ProtocolField::kAlwaysIpv6,
             .payload_offset = 0},
    LinkType{.name = "LINUX_SLL",
             .dlt = DLT_LINUX_SLL,
             .description = "Linux cooked v1",
             .protocol_field = ProtocolField::kLinuxCooked,
             .protocol_offset = 14,
             .payload_offset = 16,
             .packet_type = LinkField{.offset = 0, .width = 2}},
    LinkType{.name = "LINUX_SLL2",
             .dlt = DLT_LINUX_SLL2,
             .description = "Linux cooked v2",
             .protocol_field = ProtocolField::kEthernetType,
             .protocol_offset = 0,
             .payload_offset = 20,
             .packet_type = LinkField{.offset = 10, .width = 1},
             .interface_index = LinkField{.offset = 4, .width = 4}},
    LinkType{.name = "NULL",
             .dlt = DLT_NULL,
             .description = "BSD loopback",
             .protocol_field = ProtocolField::kFamilyHost,
             .protocol_offset = 0,
             .payload_offset = 4},
    LinkType{.name = "LOOP",
             .dlt = DLT_LOOP,
             .description = "OpenBSD loopback",
             .protocol_field = ProtocolField::kFamilyNetwork,
             .protocol_offset = 0,
             .payload_offset = 4},
    kPpp,
};

}  // namespace

std::span<const LinkType> LinkTypes() { return kLinkTypes; }

const LinkType& EthernetLinkType() { return kLinkTypes.front(); }
const LinkType& PppLinkType() { return kLinkTypes.back(); }

Expected<const LinkType*> FindLinkType(int dlt) {
  for (const LinkType& row : kLinkTypes) {
    if (row.dlt == dlt) return &row;
  }
  if (const char* name = pcap_datalink_val_to_name(dlt)) {
    return InvalidInput(fmt::format("link type {} (DLT {}) is not supported", name, dlt));
  }
  return InvalidInput(fmt::format("unknown link type {}", dlt));
}

Expected<const LinkType*> FindLinkType(std::string_view name_or_number) {
  int number = 0;
  const char* end = name_or_number.data() + name_or_number.size();
  const auto parsed = std::from_chars(name_or_number.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return FindLinkType(number);

  const int dlt = pcap_datalink_name_to_val(std::string(name_or_number).c_str());
  if (dlt < 0) return InvalidInput(fmt::format("unknown link type '{}'", name_or_number));
  return FindLinkType(dlt);
}

}  // namespace bpfopt::frontend
