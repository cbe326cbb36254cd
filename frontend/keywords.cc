// The keyword table. Words, synonyms and values are libpcap 1.10.3's; a word that is missing here is a name.
#include "frontend/keywords.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr Keyword Word(std::string_view text, Protocol protocol) {
  return {text, TokenKind::kProtocol, static_cast<std::uint32_t>(protocol)};
}
constexpr Keyword Word(std::string_view text, Encapsulation kind) {
  return {text, TokenKind::kEncapsulation, static_cast<std::uint32_t>(kind)};
}
constexpr Keyword Word(std::string_view text, Direction direction) {
  return {text, TokenKind::kDirection, static_cast<std::uint32_t>(direction)};
}
constexpr Keyword Word(std::string_view text, PfLogField field) {
  return {text, TokenKind::kPfLog, static_cast<std::uint32_t>(field)};
}
constexpr Keyword Word(std::string_view text, AtmKind kind) {
  return {text, TokenKind::kAtm, static_cast<std::uint32_t>(kind)};
}
constexpr Keyword Word(std::string_view text, AtmField field) {
  return {text, TokenKind::kAtmField, static_cast<std::uint32_t>(field)};
}
// The words of SS7 come in two speeds.
constexpr std::uint32_t WithSpeed(std::uint32_t value, bool high_speed) {
  return value << 1 | (high_speed ? 1U : 0U);
}
constexpr Keyword Word(std::string_view text, SignalUnit kind, bool high_speed) {
  return {text, TokenKind::kSignalUnit, WithSpeed(static_cast<std::uint32_t>(kind), high_speed)};
}
constexpr Keyword Word(std::string_view text, Mtp3Field field, bool high_speed) {
  return {text, TokenKind::kMtp3Field, WithSpeed(static_cast<std::uint32_t>(field), high_speed)};
}

// clang-format off
constexpr Keyword kWords[] = {
    // Connectives, qualifiers and words that stand alone.
    Word("src", Direction::kSrc),
    Word("dst", Direction::kDst),
    {"host", TokenKind::kHost, 0},
    {"net", TokenKind::kNet, 0},
    {"mask", TokenKind::kMask, 0},
    {"port", TokenKind::kPort, 0},
    {"portrange", TokenKind::kPortRange, 0},
    {"proto", TokenKind::kProto, 0},
    {"protochain", TokenKind::kProtoChain, 0},
    {"gateway", TokenKind::kGateway, 0},
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
    {"byte", TokenKind::kByte, 0},
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
    Word("radio", Protocol::kRadio),
    Word("l1", Protocol::kIsisLevel1),
    Word("l2", Protocol::kIsisLevel2),
    Word("iih", Protocol::kIsisHello),
    Word("lsp", Protocol::kIsisLinkState),
    Word("snp", Protocol::kIsisSequence),
    Word("csnp", Protocol::kIsisComplete),
    Word("psnp", Protocol::kIsisPartial),
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
    // 802.11 frames.
    {"type", TokenKind::kWlanType, 0},
    {"subtype", TokenKind::kWlanSubtype, 0},
    {"direction", TokenKind::kWlanDirection, 0},
    {"dir", TokenKind::kWlanDirection, 0},
    Word("addr1", Direction::kAddress1),
    Word("address1", Direction::kAddress1),
    Word("addr2", Direction::kAddress2),
    Word("address2", Direction::kAddress2),
    Word("addr3", Direction::kAddress3),
    Word("address3", Direction::kAddress3),
    Word("addr4", Direction::kAddress4),
    Word("address4", Direction::kAddress4),
    Word("ra", Direction::kReceiver),
    Word("ta", Direction::kTransmitter),
    // PF logs.
    Word("ifname", PfLogField::kInterface),
    Word("on", PfLogField::kInterface),
    Word("ruleset", PfLogField::kRuleset),
    Word("rset", PfLogField::kRuleset),
    Word("rulenum", PfLogField::kRule),
    Word("rnr", PfLogField::kRule),
    Word("subrulenum", PfLogField::kSubrule),
    Word("srnr", PfLogField::kSubrule),
    Word("reason", PfLogField::kReason),
    Word("action", PfLogField::kAction),
    // ATM cells.
    Word("lane", AtmKind::kLane),
    Word("metac", AtmKind::kMetac),
    Word("bcc", AtmKind::kBcc),
    Word("oam", AtmKind::kOam),
    Word("oamf4", AtmKind::kOamf4),
    Word("oamf4ec", AtmKind::kOamf4EndToEnd),
    Word("oamf4sc", AtmKind::kOamf4Segment),
    Word("sc", AtmKind::kSc),
    Word("ilmic", AtmKind::kIlmic),
    Word("connectmsg", AtmKind::kConnectMessage),
    Word("metaconnect", AtmKind::kMetaConnect),
    Word("vpi", AtmField::kVpi),
    Word("vci", AtmField::kVci),
    // SS7 signal units.
    Word("fisu", SignalUnit::kFillIn, false),
    Word("lssu", SignalUnit::kLinkStatus, false),
    Word("lsu", SignalUnit::kLinkStatus, false),
    Word("msu", SignalUnit::kMessage, false),
    Word("hfisu", SignalUnit::kFillIn, true),
    Word("hlssu", SignalUnit::kLinkStatus, true),
    Word("hmsu", SignalUnit::kMessage, true),
    Word("sio", Mtp3Field::kSio, false),
    Word("opc", Mtp3Field::kOpc, false),
    Word("dpc", Mtp3Field::kDpc, false),
    Word("sls", Mtp3Field::kSls, false),
    Word("hsio", Mtp3Field::kSio, true),
    Word("hopc", Mtp3Field::kOpc, true),
    Word("hdpc", Mtp3Field::kDpc, true),
    Word("hsls", Mtp3Field::kSls, true),
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

std::string_view ProtocolWord(Protocol protocol) {
  if (protocol == Protocol::kLink) return "ether";
  return WordOf(TokenKind::kProtocol, static_cast<std::uint32_t>(protocol));
}

std::string_view EncapsulationWord(Encapsulation kind) {
  return WordOf(TokenKind::kEncapsulation, static_cast<std::uint32_t>(kind));
}

std::string_view DirectionWord(Direction direction) {
  return WordOf(TokenKind::kDirection, static_cast<std::uint32_t>(direction));
}

std::string_view AtmWord(AtmKind kind) { return WordOf(TokenKind::kAtm, static_cast<std::uint32_t>(kind)); }

std::string_view AtmFieldWord(AtmField field) {
  return WordOf(TokenKind::kAtmField, static_cast<std::uint32_t>(field));
}

std::string_view PfLogWord(PfLogField field) {
  return WordOf(TokenKind::kPfLog, static_cast<std::uint32_t>(field));
}

std::string_view SignalUnitWord(SignalUnit kind, bool high_speed) {
  return WordOf(TokenKind::kSignalUnit, WithSpeed(static_cast<std::uint32_t>(kind), high_speed));
}

std::string_view Mtp3Word(Mtp3Field field, bool high_speed) {
  return WordOf(TokenKind::kMtp3Field, WithSpeed(static_cast<std::uint32_t>(field), high_speed));
}

bool IsLlcType(std::string_view type) {
  return std::find(std::begin(kLlcTypes), std::end(kLlcTypes), type) != std::end(kLlcTypes);
}

std::string LlcTypeNames() { return fmt::format("{}", fmt::join(kLlcTypes, ", ")); }

}  // namespace bpfopt::frontend
