// Link types as data: where the headers are, how they tell the protocol that they carry, where addresses, the
// direction and the fields that have words of their own are. One row a type in link_type.cc; adding a type is
// adding a row and a test. The rows are those of libpcap 1.10.3's generator (init_linktype, gen_linktype).
#ifndef BPFOPT_FRONTEND_LINK_TYPE_H
#define BPFOPT_FRONTEND_LINK_TYPE_H

#include "bpfopt/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bpfopt::frontend {

// How a link-layer header says which protocol it carries.
enum class ProtocolField : std::uint8_t {
  kNone,           // it does not; only its bytes can be tested
  kEthernet,       // an Ethernet type, or up to 1500 the length of an 802.2 frame
  kLinuxCooked,    // an Ethernet type, 1 for raw 802.3 frames or 4 for 802.2 frames
  kEthernetType,   // an Ethernet type and nothing else
  kCiscoHdlc,      // an Ethernet type, or both access points of an OSI frame
  kPpp,            // a PPP protocol number
  kPppBsdos,       // the same, where IP may be compressed (Van Jacobson)
  kLlc,            // an 802.2 header, and behind it SNAP
  kWlan,           // the same in data frames of 802.11
  kAtm,            // the same in cells whose pseudo-header says so
  kFamilyNetwork,  // an address family as a 32-bit word in network order
  kFamilyHost,     // the same in the order of the capturing host
  kFamilyByte,     // the same in one byte
  kIpnet,          // Solaris's address family in one byte
  kArcnet,         // an ARCnet system code
  kFrameRelay,     // an unnumbered frame's network-layer protocol identifier
  kMarker,         // a constant of the link type that says nothing of the protocol: all are accepted
  kIpVersion,      // none: the version of the IP header tells IPv4 from IPv6
  kAlwaysIpv4,     // none: every packet is IPv4
  kAlwaysIpv6,
  kAlwaysAppleTalk,
};

// What precedes the link-layer header.
enum class RadioHeader : std::uint8_t {
  kNone,
  kRadiotap,  // its length is a little-endian half-word at 2
  kPpi,       // the same, and the type of what follows is a little-endian word at 4
  kAvs,       // its length is a word at 4
  kPrism,     // an AVS header when its first word is AVS's magic, else 144 bytes
};

// The header between the link-layer header's start and its payload.
enum class LinkHeaderLength : std::uint8_t {
  kFixed,
  kWlan,   // 24 bytes, more in frames with quality of service or with padding
  kPfLog,  // its first byte, rounded up to words
};

// How the word `llc` tells frames with an 802.2 header.
enum class LlcFrames : std::uint8_t { kNone, kEthernetLength, kAll, kWlanData, kAtm };

// A field of the link-layer header.
struct LinkField {
  std::uint32_t offset = 0;
  unsigned width = 0;
};

// Where 48-bit MAC addresses are in the link-layer header. Those of 802.11 depend on the frame.
struct MacAddresses {
  bool is_wlan = false;
  std::uint32_t destination = 0;
  std::uint32_t source = 0;
};

// The field that tells what was received from what was sent, each by a value, or by not being the other's.
struct DirectionField {
  LinkField field;
  std::optional<std::uint32_t> outbound = {};
  std::optional<std::uint32_t> inbound = {};
  std::uint32_t mask = 0xffffffff;
};

// The pseudo-header of raw ATM.
struct AtmHeader {
  std::uint32_t protocol = 0;  // the traffic type in its low half
  std::uint32_t vpi = 0;
  std::uint32_t vci = 0;
  std::uint32_t payload = 0;
};

// Offsets of SS7's fields (ITU-T Q.703 and Q.704): length indicator, service information octet, and the
// routing label of MTP3. Words for high-speed links take other length indicators and add 3 to the others.
struct Ss7Fields {
  std::uint32_t length = 0;
  std::uint32_t high_speed_length = 0;
  std::uint32_t service = 0;
  std::uint32_t routing_label = 0;
  std::uint32_t link_selection = 0;
};

// A constant at the start of the link-layer header.
struct Marker {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
};

// A place that libpcap leaves unset: sums with it wrap to the end of the address space, where no packet
// reaches.
inline constexpr std::uint32_t kUnset = 0xffffffff;

struct LinkType {
  std::string_view name =
      {};  // of the DLT_ constant, as pcap_datalink_val_to_name gives it; empty: it has none
  int dlt = 0;
  std::string_view description = {};
  ProtocolField protocol_field = ProtocolField::kNone;
  std::uint32_t header_offset = 0;                    // of the link-layer header
  std::optional<std::uint32_t> protocol_offset = {};  // nothing: there is no such field
  std::uint32_t payload_offset = 0;                   // behind the link-layer header
  // Network layer, from the payload: as it is most often, and behind an 802.2 header without SNAP.
  std::uint32_t network_offset = 0;
  std::uint32_t network_offset_llc = 0;
  RadioHeader radio = RadioHeader::kNone;  // header_offset is counted from behind it
  LinkHeaderLength header_length =
      LinkHeaderLength::kFixed;  // otherwise payload_offset is counted from its end
  std::optional<MacAddresses> mac = {};
  bool has_arcnet_addresses = false;                // one byte each: source, destination
  LlcFrames llc = LlcFrames::kNone;                 // the words `llc`, `llc i`, ...
  bool has_vlan = false;                            // the word `vlan`
  std::optional<std::uint32_t> mpls_protocol = {};  // what tells MPLS, when the word `mpls` is supported
  std::optional<Marker> marker = {};
  std::optional<DirectionField> direction = {};
  std::optional<LinkField> interface_index = {};
  std::optional<AtmHeader> atm = {};
  std::optional<Ss7Fields> ss7 = {};
  bool is_pf_log = false;
  bool has_frame_words = false;  // `type`, `subtype` and `dir` of 802.11
};

// Its name, or "DLT 147" for one that has none.
std::string NameOf(const LinkType& link);

// By name as pcap_datalink_name_to_val has it (case-insensitive), or by DLT_ number in decimal. Every type
// that libpcap compiles for is found; most have nothing but bytes.
Expected<const LinkType*> FindLinkType(std::string_view name_or_number);
Expected<const LinkType*> FindLinkType(int dlt);
// Those with more than bytes to test.
std::span<const LinkType> LinkTypes();
// The others, by number.
std::span<const LinkType> OpaqueLinkTypes();

// What encapsulations carry.
const LinkType& EthernetLinkType();
const LinkType& PppLinkType();

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LINK_TYPE_H
