// The keyword table. Words, synonyms and values are libpcap 1.10.3's; a word that is missing here is a name.
#include "frontend/keywords.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace bpfopt::frontend {
namespace {

constexpr Keyword Word(std::string_view text, Protocol protocol) {
  return {text, TokenKind::kProtocol, static_cast<std::uint32_t>(protocol)};
}
constexpr Keyword Word(std::string_view text, Encapsulation kind) {
  return {text, TokenKind::kEncapsulation, static_cast<std::uint32_t>(kind)};
}
constexpr Keyword Word(std::string_view text, KeywordFamily family) {
  return {text, TokenKind::kUnsupported, static_cast<std::uint32_t>(family)};
}

// clang-format off
constexpr Keyword kWords[] = {
    // Connectives, qualifiers and words that stand alone.
    {"src", TokenKind::kSrc, 0},
    {"dst", TokenKind::kDst, 0},
    {"host", TokenKind::kHost, 0},
    {"net", TokenKind::kNet, 0},
    {"mask", TokenKind::kMask, 0},
    {"port", TokenKind::kPort, 0},
    {"portrange", TokenKind::kPortRange, 0},
    {"proto", TokenKind::kProto, 0},
    {"less", TokenKind::kLessWord, 0},
    {"greater", TokenKind::kGreaterWord, 0},
    {"broadcast", TokenKind::kBroadcast, 0},
    {"multicast", TokenKind::kMulticast, 0},
    {"and", TokenKind::kAnd, 0},
    {"or", TokenKind::kOr, 0},
    {"not", TokenKind::kNot, 0},
    {"len", TokenKind::kLen, 0},
    {"length", TokenKind::kLen, 0},
    {"inbound", TokenKind::kInbound, 0},
    {"outbound", TokenKind::kOutbound, 0},
    {"ifindex", TokenKind::kIfindex, 0},
    {"llc", TokenKind::kLlc, 0},
    // Protocols.
    Word("link", Protocol::kLink),
    Word("ether", Protocol::kLink),
    Word("ppp", Protocol::kLink),
    Word("slip", Protocol::kLink),
    Word("fddi", Protocol::kLink),
    Word("tr", Protocol::kLink),
    Word("wlan", Protocol::kLink),
    Word("arp", Protocol::kArp),
    Word("rarp", Protocol::kRarp),
    Word("ip", Protocol::kIp),
    Word("sctp", Protocol::kSctp),
    Word("tcp", Protocol::kTcp),
    Word("udp", Protocol::kUdp),
    Word("icmp", Protocol::kIcmp),
    Word("igmp", Protocol::kIgmp),
    Word("igrp", Protocol::kIgrp),
    Word("pim", Protocol::kPim),
    Word("vrrp", Protocol::kVrrp),
    Word("carp", Protocol::kCarp),
    Word("ip6", Protocol::kIp6),
    Word("icmp6", Protocol::kIcmp6),
    Word("ah", Protocol::kAh),
    Word("esp", Protocol::kEsp),
    Word("atalk", Protocol::kAtalk),
    Word("aarp", Protocol::kAarp),
    Word("decnet", Protocol::kDecnet),
    Word("lat", Protocol::kLat),
    Word("sca", Protocol::kSca),
    Word("moprc", Protocol::kMoprc),
    Word("mopdl", Protocol::kMopdl),
    Word("iso", Protocol::kIso),
    Word("esis", Protocol::kEsis),
    Word("es-is", Protocol::kEsis),
    Word("isis", Protocol::kIsis),
    Word("is-is", Protocol::kIsis),
    Word("clnp", Protocol::kClnp),
    Word("stp", Protocol::kStp),
    Word("ipx", Protocol::kIpx),
    Word("netbeui", Protocol::kNetbeui),
    // Encapsulations.
    Word("vlan", Encapsulation::kVlan),
    Word("mpls", Encapsulation::kMpls),
    Word("pppoed", Encapsulation::kPppoeDiscovery),
    Word("pppoes", Encapsulation::kPppoeSession),
    Word("geneve", Encapsulation::kGeneve),
    // Offsets of header fields, and values of them.
    {"icmptype", TokenKind::kNumber, 0},
    {"icmpcode", TokenKind::kNumber, 1},
    {"icmp-echoreply", TokenKind::kNumber, 0},
    {"icmp-unreach", TokenKind::kNumber, 3},
    {"icmp-sourcequench", TokenKind::kNumber, 4},
    {"icmp-redirect", TokenKind::kNumber, 5},
    {"icmp-echo", TokenKind::kNumber, 8},
    {"icmp-routeradvert", TokenKind::kNumber, 9},
    {"icmp-routersolicit", TokenKind::kNumber, 10},
    {"icmp-timxceed", TokenKind::kNumber, 11},
    {"icmp-paramprob", TokenKind::kNumber, 12},
    {"icmp-tstamp", TokenKind::kNumber, 13},
    {"icmp-tstampreply", TokenKind::kNumber, 14},
    {"icmp-ireq", TokenKind::kNumber, 15},
    {"icmp-ireqreply", TokenKind::kNumber, 16},
    {"icmp-maskreq", TokenKind::kNumber, 17},
    {"icmp-maskreply", TokenKind::kNumber, 18},
    {"icmp6type", TokenKind::kNumber, 0},
    {"icmp6code", TokenKind::kNumber, 1},
    {"icmp6-destinationunreach", TokenKind::kNumber, 1},
    {"icmp6-packettoobig", TokenKind::kNumber, 2},
    {"icmp6-timeexceeded", TokenKind::kNumber, 3},
    {"icmp6-parameterproblem", TokenKind::kNumber, 4},
    {"icmp6-echo", TokenKind::kNumber, 128},
    {"icmp6-echoreply", TokenKind::kNumber, 129},
    {"icmp6-multicastlistenerquery", TokenKind::kNumber, 130},
    {"icmp6-multicastlistenerreportv1", TokenKind::kNumber, 131},
    {"icmp6-multicastlistenerdone", TokenKind::kNumber, 132},
    {"icmp6-routersolicit", TokenKind::kNumber, 133},
    {"icmp6-routeradvert", TokenKind::kNumber, 134},
    {"icmp6-neighborsolicit", TokenKind::kNumber, 135},
    {"icmp6-neighboradvert", TokenKind::kNumber, 136},
    {"icmp6-redirect", TokenKind::kNumber, 137},
    {"icmp6-routerrenum", TokenKind::kNumber, 138},
    {"icmp6-nodeinformationquery", TokenKind::kNumber, 139},
    {"icmp6-nodeinformationresponse", TokenKind::kNumber, 140},
    {"icmp6-ineighbordiscoverysolicit", TokenKind::kNumber, 141},
    {"icmp6-ineighbordiscoveryadvert", TokenKind::kNumber, 142},
    {"icmp6-multicastlistenerreportv2", TokenKind::kNumber, 143},
    {"icmp6-homeagentdiscoveryrequest", TokenKind::kNumber, 144},
    {"icmp6-homeagentdiscoveryreply", TokenKind::kNumber, 145},
    {"icmp6-mobileprefixsolicit", TokenKind::kNumber, 146},
    {"icmp6-mobileprefixadvert", TokenKind::kNumber, 147},
    {"icmp6-certpathsolicit", TokenKind::kNumber, 148},
    {"icmp6-certpathadvert", TokenKind::kNumber, 149},
    {"icmp6-multicastrouteradvert", TokenKind::kNumber, 151},
    {"icmp6-multicastroutersolicit", TokenKind::kNumber, 152},
    {"icmp6-multicastrouterterm", TokenKind::kNumber, 153},
    {"tcpflags", TokenKind::kNumber, 13},
    {"tcp-fin", TokenKind::kNumber, 0x01},
    {"tcp-syn", TokenKind::kNumber, 0x02},
    {"tcp-rst", TokenKind::kNumber, 0x04},
    {"tcp-push", TokenKind::kNumber, 0x08},
    {"tcp-ack", TokenKind::kNumber, 0x10},
    {"tcp-urg", TokenKind::kNumber, 0x20},
    {"tcp-ece", TokenKind::kNumber, 0x40},
    {"tcp-cwr", TokenKind::kNumber, 0x80},
    // Words of libpcap that bpfopt does not compile; they are no names either.
    {"rnr", TokenKind::kRnr, 0},
    {"rulenum", TokenKind::kRnr, 0},
    Word("type", KeywordFamily::kWlan),
    Word("subtype", KeywordFamily::kWlan),
    Word("direction", KeywordFamily::kWlan),
    Word("dir", KeywordFamily::kWlan),
    Word("address1", KeywordFamily::kWlan),
    Word("addr1", KeywordFamily::kWlan),
    Word("address2", KeywordFamily::kWlan),
    Word("addr2", KeywordFamily::kWlan),
    Word("address3", KeywordFamily::kWlan),
    Word("addr3", KeywordFamily::kWlan),
    Word("address4", KeywordFamily::kWlan),
    Word("addr4", KeywordFamily::kWlan),
    Word("ra", KeywordFamily::kWlan),
    Word("ta", KeywordFamily::kWlan),
    Word("on", KeywordFamily::kPfLog),
    Word("ifname", KeywordFamily::kPfLog),
    Word("rset", KeywordFamily::kPfLog),
    Word("ruleset", KeywordFamily::kPfLog),
    Word("srnr", KeywordFamily::kPfLog),
    Word("subrulenum", KeywordFamily::kPfLog),
    Word("reason", KeywordFamily::kPfLog),
    Word("action", KeywordFamily::kPfLog),
    Word("lane", KeywordFamily::kAtm),
    Word("metac", KeywordFamily::kAtm),
    Word("bcc", KeywordFamily::kAtm),
    Word("oam", KeywordFamily::kAtm),
    Word("oamf4", KeywordFamily::kAtm),
    Word("oamf4ec", KeywordFamily::kAtm),
    Word("oamf4sc", KeywordFamily::kAtm),
    Word("sc", KeywordFamily::kAtm),
    Word("ilmic", KeywordFamily::kAtm),
    Word("vpi", KeywordFamily::kAtm),
    Word("vci", KeywordFamily::kAtm),
    Word("connectmsg", KeywordFamily::kAtm),
    Word("metaconnect", KeywordFamily::kAtm),
    Word("fisu", KeywordFamily::kSs7),
    Word("lssu", KeywordFamily::kSs7),
    Word("lsu", KeywordFamily::kSs7),
    Word("msu", KeywordFamily::kSs7),
    Word("hfisu", KeywordFamily::kSs7),
    Word("hlssu", KeywordFamily::kSs7),
    Word("hmsu", KeywordFamily::kSs7),
    Word("sio", KeywordFamily::kSs7),
    Word("opc", KeywordFamily::kSs7),
    Word("dpc", KeywordFamily::kSs7),
    Word("sls", KeywordFamily::kSs7),
    Word("hsio", KeywordFamily::kSs7),
    Word("hopc", KeywordFamily::kSs7),
    Word("hdpc", KeywordFamily::kSs7),
    Word("hsls", KeywordFamily::kSs7),
    Word("l1", KeywordFamily::kIsisPdu),
    Word("l2", KeywordFamily::kIsisPdu),
    Word("iih", KeywordFamily::kIsisPdu),
    Word("lsp", KeywordFamily::kIsisPdu),
    Word("snp", KeywordFamily::kIsisPdu),
    Word("csnp", KeywordFamily::kIsisPdu),
    Word("psnp", KeywordFamily::kIsisPdu),
    Word("radio", KeywordFamily::kRadio),
    Word("gateway", KeywordFamily::kGateway),
    Word("protochain", KeywordFamily::kProtochain),
    Word("byte", KeywordFamily::kByte),
};

constexpr std::string_view kLlcTypes[] = {
    "i", "s", "u", "rr", "rnr", "rej", "ui", "ua", "disc", "dm", "sabme", "test", "xid", "frmr",
};
// clang-format on

constexpr auto kSorted = [] {
  std::array<Keyword, std::size(kWords)> sorted{};
  std::copy(std::begin(kWords), std::end(kWords), sorted.begin());
  std::sort(sorted.begin(), sorted.end(), [](const Keyword& a, const Keyword& b) { return a.text < b.text; });
  return sorted;
}();

// The first word of the table with that meaning.
std::string_view WordOf(TokenKind kind, std::uint32_t value) {
  const auto* found = std::find_if(std::begin(kWords), std::end(kWords), [&](const Keyword& word) {
    return word.kind == kind && word.value == value;
  });
  return found == std::end(kWords) ? std::string_view() : found->text;
}

}  // namespace

const Keyword* FindKeyword(std::string_view word) {
  const auto* found = std::lower_bound(kSorted.begin(), kSorted.end(), word,
                                       [](const Keyword& k, std::string_view w) { return k.text < w; });
  return found != kSorted.end() && found->text == word ? found : nullptr;
}

std::string_view FamilyName(KeywordFamily family) {
  switch (family) {
    case KeywordFamily::kWlan:
      return "the fields of 802.11 frames";
    case KeywordFamily::kPfLog:
      return "the fields of PF logs";
    case KeywordFamily::kAtm:
      return "the fields of ATM cells";
    case KeywordFamily::kSs7:
      return "the fields of SS7 signal units";
    case KeywordFamily::kIsisPdu:
      return "the PDU types of IS-IS";
    case KeywordFamily::kRadio:
      return "802.11 radio headers";
    case KeywordFamily::kGateway:
      return "tests for a gateway";
    case KeywordFamily::kProtochain:
      return "the chain of IPv6 extension headers";
    case KeywordFamily::kByte:
      return "the old spelling of byte tests";
  }
  return {};
}

std::string_view ProtocolWord(Protocol protocol) {
  if (protocol == Protocol::kLink) return "ether";
  return WordOf(TokenKind::kProtocol, static_cast<std::uint32_t>(protocol));
}

std::string_view EncapsulationWord(Encapsulation kind) {
  return WordOf(TokenKind::kEncapsulation, static_cast<std::uint32_t>(kind));
}

std::string_view AtmWord(AtmKind kind) {
  switch (kind) {
    case AtmKind::kLane:
      return "lane";
    case AtmKind::kMetac:
      return "metac";
    case AtmKind::kBcc:
      return "bcc";
    case AtmKind::kOamf4Segment:
      return "oamf4sc";
    case AtmKind::kOamf4EndToEnd:
      return "oamf4ec";
    case AtmKind::kSc:
      return "sc";
    case AtmKind::kIlmic:
      return "ilmic";
    case AtmKind::kOam:
      return "oam";
    case AtmKind::kOamf4:
      return "oamf4";
    case AtmKind::kConnectMessage:
      return "connectmsg";
    case AtmKind::kMetaConnect:
      return "metaconnect";
  }
  return {};
}

std::string_view SignalUnitWord(SignalUnit kind, bool high_speed) {
  switch (kind) {
    case SignalUnit::kFillIn:
      return high_speed ? "hfisu" : "fisu";
    case SignalUnit::kLinkStatus:
      return high_speed ? "hlssu" : "lssu";
    case SignalUnit::kMessage:
      return high_speed ? "hmsu" : "msu";
  }
  return {};
}

std::string_view Mtp3Word(Mtp3Field field, bool high_speed) {
  switch (field) {
    case Mtp3Field::kSio:
      return high_speed ? "hsio" : "sio";
    case Mtp3Field::kOpc:
      return high_speed ? "hopc" : "opc";
    case Mtp3Field::kDpc:
      return high_speed ? "hdpc" : "dpc";
    case Mtp3Field::kSls:
      return high_speed ? "hsls" : "sls";
  }
  return {};
}

bool IsLlcType(std::string_view type) {
  return std::find(std::begin(kLlcTypes), std::end(kLlcTypes), type) != std::end(kLlcTypes);
}

}  // namespace bpfopt::frontend
