// The table of link types, and finding a row by name or number.
#include "frontend/link_type.h"

#include "frontend/protocol_numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace bpfopt::frontend {
namespace {

constexpr int kDltHdlcBsdos = 112;

// An 802.2 header, without and with SNAP.
constexpr std::uint32_t kLlcLength = 3;
constexpr std::uint32_t kSnapLength = 8;

constexpr LinkType kEthernet{.name = "EN10MB",
                             .dlt = DLT_EN10MB,
                             .description = "Ethernet",
                             .protocol_field = ProtocolField::kEthernet,
                             .protocol_offset = 12,
                             .payload_offset = 14,
                             .network_offset_llc = kLlcLength,
                             .mac = MacAddresses{.destination = 0, .source = 6},
                             .llc = LlcFrames::kEthernetLength,
                             .has_vlan = true,
                             .mpls_protocol = kEtherMpls};

constexpr LinkType kPpp{.name = "PPP",
                        .dlt = DLT_PPP,
                        .description = "PPP",
                        .protocol_field = ProtocolField::kPpp,
                        .protocol_offset = 2,
                        .payload_offset = 4,
                        .mpls_protocol = kPppMpls};

// "MGC" and flags, of which the lowest tells the direction.
constexpr Marker kJuniperMarker{.value = 0x4d474300, .mask = 0xffffff00};
constexpr DirectionField kJuniperDirection{
    .field = {.offset = 3, .width = 1}, .outbound = 0, .inbound = 1, .mask = 1};

constexpr LinkType Juniper(std::string_view name, int dlt, std::string_view description,
                           std::uint32_t protocol, std::uint32_t payload, std::uint32_t network,
                           std::uint32_t network_llc) {
  return {.name = name,
          .dlt = dlt,
          .description = description,
          .protocol_field = ProtocolField::kMarker,
          .protocol_offset = protocol,
          .payload_offset = payload,
          .network_offset = network,
          .network_offset_llc = network_llc,
          .marker = kJuniperMarker,
          .direction = kJuniperDirection};
}

// Those whose payload libpcap does not look for. They count as having a protocol field, wherever it is.
constexpr LinkType JuniperMarker(std::string_view name, int dlt, std::string_view description) {
  return Juniper(name, dlt, description, kUnset, kUnset, kUnset, kUnset);
}

// The words for frames are missing behind PPI.
constexpr LinkType Wlan(std::string_view name, int dlt, std::string_view description, RadioHeader radio) {
  return {.name = name,
          .dlt = dlt,
          .description = description,
          .protocol_field = ProtocolField::kWlan,
          .protocol_offset = 0,
          .network_offset = kSnapLength,
          .network_offset_llc = kLlcLength,
          .radio = radio,
          .header_length = LinkHeaderLength::kWlan,
          .mac = MacAddresses{.is_wlan = true},
          .llc = LlcFrames::kWlanData,
          .has_vlan = radio != RadioHeader::kPpi,
          .has_frame_words = radio != RadioHeader::kPpi};
}

constexpr std::array kLinkTypes = {
    kEthernet,
    LinkType{.name = "NETANALYZER",
             .dlt = DLT_NETANALYZER,
             .description = "Ethernet with Hilscher netANALYZER pseudo-header",
             .protocol_field = ProtocolField::kEthernet,
             .header_offset = 4,
             .protocol_offset = 16,
             .payload_offset = 18,
             .network_offset_llc = kLlcLength,
             .mac = MacAddresses{.destination = 0, .source = 6},
             .has_vlan = true,
             .mpls_protocol = kEtherMpls},
    LinkType{.name = "NETANALYZER_TRANSPARENT",
             .dlt = DLT_NETANALYZER_TRANSPARENT,
             .description = "Ethernet with Hilscher netANALYZER pseudo-header and with preamble and SFD",
             .protocol_field = ProtocolField::kEthernet,
             .header_offset = 12,
             .protocol_offset = 24,
             .payload_offset = 26,
             .network_offset_llc = kLlcLength,
             .mac = MacAddresses{.destination = 0, .source = 6},
             .has_vlan = true,
             .mpls_protocol = kEtherMpls},
    LinkType{
        .name = "RAW", .dlt = DLT_RAW, .description = "Raw IP", .protocol_field = ProtocolField::kIpVersion},
    LinkType{.name = "IPV4",
             .dlt = DLT_IPV4,
             .description = "Raw IPv4",
             .protocol_field = ProtocolField::kAlwaysIpv4},
    LinkType{.name = "IPV6",
             .dlt = DLT_IPV6,
             .description = "Raw IPv6",
             .protocol_field = ProtocolField::kAlwaysIpv6},
    LinkType{.name = "LINUX_SLL",
             .dlt = DLT_LINUX_SLL,
             .description = "Linux cooked v1",
             .protocol_field = ProtocolField::kLinuxCooked,
             .protocol_offset = 14,
             .payload_offset = 16,
             .direction = DirectionField{.field = {.offset = 0, .width = 2}, .outbound = 4}},
    LinkType{.name = "LINUX_SLL2",
             .dlt = DLT_LINUX_SLL2,
             .description = "Linux cooked v2",
             .protocol_field = ProtocolField::kEthernetType,
             .protocol_offset = 0,
             .payload_offset = 20,
             .direction = DirectionField{.field = {.offset = 10, .width = 1}, .outbound = 4},
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
    LinkType{.name = "ENC",
             .dlt = DLT_ENC,
             .description = "OpenBSD encapsulated IP",
             .protocol_field = ProtocolField::kFamilyHost,
             .protocol_offset = 0,
             .payload_offset = 12},
    LinkType{.name = "SLIP",
             .dlt = DLT_SLIP,
             .description = "SLIP",
             .protocol_field = ProtocolField::kIpVersion,
             .payload_offset = 16,
             .direction = DirectionField{.field = {.offset = 0, .width = 1}, .inbound = 0}},
    LinkType{.name = "SLIP_BSDOS",
             .dlt = DLT_SLIP_BSDOS,
             .description = "BSD/OS SLIP",
             .protocol_field = ProtocolField::kIpVersion,
             .payload_offset = 24},
    LinkType{.name = "PPP_SERIAL",
             .dlt = DLT_PPP_SERIAL,
             .description = "PPP over serial",
             .protocol_field = ProtocolField::kPpp,
             .protocol_offset = 2,
             .payload_offset = 4},
    LinkType{.name = "PPP_ETHER",
             .dlt = DLT_PPP_ETHER,
             .description = "PPPoE",
             .protocol_field = ProtocolField::kPpp,
             .protocol_offset = 6,
             .payload_offset = 8},
    LinkType{.name = "PPP_PPPD",
             .dlt = DLT_PPP_PPPD,
             .description = "PPP for pppd, with direction flag",
             .protocol_field = ProtocolField::kPpp,
             .protocol_offset = 2,
             .payload_offset = 4,
             .direction = DirectionField{.field = {.offset = 0, .width = 1}, .outbound = 1, .inbound = 0}},
    LinkType{.name = "PPP_BSDOS",
             .dlt = DLT_PPP_BSDOS,
             .description = "BSD/OS PPP",
             .protocol_field = ProtocolField::kPppBsdos,
             .protocol_offset = 5,
             .payload_offset = 24},
    LinkType{.name = "C_HDLC",
             .dlt = DLT_C_HDLC,
             .description = "Cisco HDLC",
             .protocol_field = ProtocolField::kCiscoHdlc,
             .protocol_offset = 2,
             .payload_offset = 4,
             .mpls_protocol = kEtherMpls},
    LinkType{.name = "",
             .dlt = kDltHdlcBsdos,
             .description = "Cisco HDLC of BSD/OS",
             .protocol_field = ProtocolField::kCiscoHdlc,
             .protocol_offset = 2,
             .payload_offset = 4,
             .mpls_protocol = kEtherMpls},
    LinkType{.name = "FRELAY",
             .dlt = DLT_FRELAY,
             .description = "Frame Relay",
             .protocol_field = ProtocolField::kFrameRelay},
    LinkType{.name = "FDDI",
             .dlt = DLT_FDDI,
             .description = "FDDI",
             .protocol_field = ProtocolField::kLlc,
             .protocol_offset = 13,
             .payload_offset = 13,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength,
             .mac = MacAddresses{.destination = 1, .source = 7},
             .llc = LlcFrames::kAll},
    LinkType{.name = "IEEE802",
             .dlt = DLT_IEEE802,
             .description = "Token ring",
             .protocol_field = ProtocolField::kLlc,
             .protocol_offset = 14,
             .payload_offset = 14,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength,
             .mac = MacAddresses{.destination = 2, .source = 8},
             .llc = LlcFrames::kAll},
    LinkType{.name = "IP_OVER_FC",
             .dlt = DLT_IP_OVER_FC,
             .description = "RFC 2625 IP-over-Fibre Channel",
             .protocol_field = ProtocolField::kLlc,
             .protocol_offset = 16,
             .payload_offset = 16,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength,
             .mac = MacAddresses{.destination = 2, .source = 10}},
    LinkType{.name = "ATM_RFC1483",
             .dlt = DLT_ATM_RFC1483,
             .description = "RFC 1483 LLC-encapsulated ATM",
             .protocol_field = ProtocolField::kLlc,
             .protocol_offset = 0,
             .payload_offset = 0,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength,
             .llc = LlcFrames::kAll},
    LinkType{.name = "ATM_CLIP",
             .dlt = DLT_ATM_CLIP,
             .description = "Linux Classical IP over ATM",
             .protocol_field = ProtocolField::kLlc,
             .protocol_offset = 0,
             .payload_offset = 0,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength},
    LinkType{.name = "SUNATM",
             .dlt = DLT_SUNATM,
             .description = "Sun raw ATM",
             .protocol_field = ProtocolField::kAtm,
             .protocol_offset = 4,
             .payload_offset = 4,
             .network_offset = kSnapLength,
             .network_offset_llc = kLlcLength,
             .llc = LlcFrames::kAtm,
             .atm = AtmHeader{.protocol = 0, .vpi = 1, .vci = 2, .payload = 4}},
    LinkType{.name = "ARCNET",
             .dlt = DLT_ARCNET,
             .description = "BSD ARCNET",
             .protocol_field = ProtocolField::kArcnet,
             .protocol_offset = 2,
             .payload_offset = 6,
             .has_arcnet_addresses = true},
    LinkType{.name = "ARCNET_LINUX",
             .dlt = DLT_ARCNET_LINUX,
             .description = "Linux ARCNET",
             .protocol_field = ProtocolField::kArcnet,
             .protocol_offset = 4,
             .payload_offset = 8,
             .has_arcnet_addresses = true},
    LinkType{.name = "LTALK",
             .dlt = DLT_LTALK,
             .description = "Localtalk",
             .protocol_field = ProtocolField::kAlwaysAppleTalk},
    LinkType{.name = "APPLE_IP_OVER_IEEE1394",
             .dlt = DLT_APPLE_IP_OVER_IEEE1394,
             .description = "Apple IP-over-IEEE 1394",
             .protocol_field = ProtocolField::kEthernetType,
             .protocol_offset = 16,
             .payload_offset = 18},
    LinkType{.name = "SYMANTEC_FIREWALL",
             .dlt = DLT_SYMANTEC_FIREWALL,
             .description = "Symantec Firewall",
             .protocol_field = ProtocolField::kEthernetType,
             .protocol_offset = 6,
             .payload_offset = 44},
    LinkType{.name = "IPNET",
             .dlt = DLT_IPNET,
             .description = "Solaris ipnet",
             .protocol_field = ProtocolField::kIpnet,
             .protocol_offset = 1,
             .payload_offset = 24,
             .network_offset = 0,
             .network_offset_llc = kUnset,
             .direction = DirectionField{.field = {.offset = 2, .width = 2}, .outbound = 1, .inbound = 2}},
    LinkType{.name = "PFLOG",
             .dlt = DLT_PFLOG,
             .description = "OpenBSD pflog file",
             .protocol_field = ProtocolField::kFamilyByte,
             .protocol_offset = 0,
             .header_length = LinkHeaderLength::kPfLog,
             .direction = DirectionField{.field = {.offset = 60, .width = 1}, .outbound = 2, .inbound = 1},
             .is_pf_log = true},
    Wlan("IEEE802_11", DLT_IEEE802_11, "802.11", RadioHeader::kNone),
    Wlan("IEEE802_11_RADIO", DLT_IEEE802_11_RADIO, "802.11 plus radiotap header", RadioHeader::kRadiotap),
    Wlan("IEEE802_11_RADIO_AVS", DLT_IEEE802_11_RADIO_AVS, "802.11 plus AVS radio information header",
         RadioHeader::kAvs),
    Wlan("PRISM_HEADER", DLT_PRISM_HEADER, "802.11 plus Prism header", RadioHeader::kPrism),
    Wlan("PPI", DLT_PPI, "Per-Packet Information", RadioHeader::kPpi),
    Juniper("JUNIPER_MLPPP", DLT_JUNIPER_MLPPP, "Juniper Multi-Link PPP", 4, 4, 0, kUnset),
    Juniper("JUNIPER_MLFR", DLT_JUNIPER_MLFR, "Juniper Multi-Link Frame Relay", 4, 4, 0, kUnset),
    Juniper("JUNIPER_MFR", DLT_JUNIPER_MFR, "Juniper FRF.16 Frame Relay", 4, 4, 0, kUnset),
    Juniper("JUNIPER_PPP", DLT_JUNIPER_PPP, "Juniper PPP", 4, 4, 0, kUnset),
    Juniper("JUNIPER_FRELAY", DLT_JUNIPER_FRELAY, "Juniper Frame Relay", 4, 4, 0, kUnset),
    Juniper("JUNIPER_CHDLC", DLT_JUNIPER_CHDLC, "Juniper C-HDLC", 4, 4, 0, kUnset),
    Juniper("JUNIPER_ATM1", DLT_JUNIPER_ATM1, "Juniper ATM1 PIC", 4, 4, 0, 10),
    Juniper("JUNIPER_ATM2", DLT_JUNIPER_ATM2, "Juniper ATM2 PIC", 8, 8, 0, 10),
    Juniper("JUNIPER_PPPOE", DLT_JUNIPER_PPPOE, "Juniper PPPoE", 16, 14, 18, 21),
    Juniper("JUNIPER_ETHER", DLT_JUNIPER_ETHER, "Juniper Ethernet", 16, 14, 18, 21),
    Juniper("JUNIPER_PPPOE_ATM", DLT_JUNIPER_PPPOE_ATM, "Juniper PPPoE/ATM", 4, 6, 0, kUnset),
    Juniper("JUNIPER_GGSN", DLT_JUNIPER_GGSN, "Juniper GGSN PIC", 6, 12, 0, kUnset),
    Juniper("JUNIPER_MONITOR", DLT_JUNIPER_MONITOR, "Juniper Passive Monitor PIC", 4, 12, 0, kUnset),
    JuniperMarker("JUNIPER_ES", DLT_JUNIPER_ES, "Juniper Encryption Services PIC"),
    JuniperMarker("JUNIPER_SERVICES", DLT_JUNIPER_SERVICES, "Juniper Advanced Services PIC"),
    JuniperMarker("JUNIPER_VP", DLT_JUNIPER_VP, "Juniper Voice PIC"),
    JuniperMarker("JUNIPER_ST", DLT_JUNIPER_ST, "Juniper Secure Tunnel"),
    JuniperMarker("JUNIPER_ISM", DLT_JUNIPER_ISM, "Juniper Integrated Service Module"),
    JuniperMarker("JUNIPER_VS", DLT_JUNIPER_VS, "Juniper Virtual Server"),
    JuniperMarker("JUNIPER_SRX_E2E", DLT_JUNIPER_SRX_E2E, "Juniper SRX E2E"),
    JuniperMarker("JUNIPER_FIBRECHANNEL", DLT_JUNIPER_FIBRECHANNEL, "Juniper Fibre Channel"),
    JuniperMarker("JUNIPER_ATM_CEMIC", DLT_JUNIPER_ATM_CEMIC, "Juniper ATM CEMIC"),
    LinkType{.name = "BACNET_MS_TP",
             .dlt = DLT_BACNET_MS_TP,
             .description = "BACnet MS/TP",
             .protocol_field = ProtocolField::kMarker,
             .payload_offset = kUnset,
             .network_offset = kUnset,
             .network_offset_llc = kUnset,
             .marker = Marker{.value = 0x55ff0000, .mask = 0xffff0000}},
    LinkType{
        .name = "MTP2",
        .dlt = DLT_MTP2,
        .description = "SS7 MTP2",
        .payload_offset = kUnset,
        .network_offset = kUnset,
        .network_offset_llc = kUnset,
        .ss7 =
            Ss7Fields{
                .length = 2, .high_speed_length = 4, .service = 3, .routing_label = 4, .link_selection = 7}},
    LinkType{
        .name = "MTP2_WITH_PHDR",
        .dlt = DLT_MTP2_WITH_PHDR,
        .description = "SS7 MTP2 with Pseudo-header",
        .payload_offset = kUnset,
        .network_offset = kUnset,
        .network_offset_llc = kUnset,
        .ss7 =
            Ss7Fields{
                .length = 6, .high_speed_length = 8, .service = 7, .routing_label = 8, .link_selection = 11}},
    LinkType{.name = "ERF",
             .dlt = DLT_ERF,
             .description = "Endace ERF header",
             .payload_offset = kUnset,
             .network_offset = kUnset,
             .network_offset_llc = kUnset,
             .ss7 = Ss7Fields{.length = 22,
                              .high_speed_length = 24,
                              .service = 23,
                              .routing_label = 24,
                              .link_selection = 27}},
    kPpp,
};

// libpcap takes every number of this range, most of them for tests of bytes alone.
constexpr int kFirstMatching = 104;
constexpr int kLastMatching = 289;

constexpr bool HasRow(int dlt) {
  return std::any_of(kLinkTypes.begin(), kLinkTypes.end(),
                     [dlt](const LinkType& row) { return row.dlt == dlt; });
}

constexpr std::size_t kOpaqueCount = [] {
  std::size_t count = 0;
  for (int dlt = kFirstMatching; dlt <= kLastMatching; ++dlt) count += HasRow(dlt) ? 0 : 1;
  return count;
}();

constexpr auto kOpaqueLinkTypes = [] {
  std::array<LinkType, kOpaqueCount> rows{};
  std::size_t next = 0;
  for (int dlt = kFirstMatching; dlt <= kLastMatching; ++dlt) {
    if (HasRow(dlt)) continue;
    rows[next++] = LinkType{
        .dlt = dlt, .payload_offset = kUnset, .network_offset = kUnset, .network_offset_llc = kUnset};
  }
  return rows;
}();

}  // namespace

std::span<const LinkType> LinkTypes() { return kLinkTypes; }
std::span<const LinkType> OpaqueLinkTypes() { return kOpaqueLinkTypes; }

const LinkType& EthernetLinkType() { return kLinkTypes.front(); }
const LinkType& PppLinkType() { return kLinkTypes.back(); }

std::string NameOf(const LinkType& link) {
  if (!link.name.empty()) return std::string(link.name);
  const char* name = pcap_datalink_val_to_name(link.dlt);
  return name != nullptr ? std::string(name) : fmt::format("DLT {}", link.dlt);
}

Expected<const LinkType*> FindLinkType(int dlt) {
  for (const std::span<const LinkType> rows : {LinkTypes(), OpaqueLinkTypes()}) {
    const auto found = std::ranges::find(rows, dlt, &LinkType::dlt);
    if (found != rows.end()) return &*found;
  }
  return InvalidInput(fmt::format("unknown link type {}: libpcap compiles no filters for it", dlt));
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
