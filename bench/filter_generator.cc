// Values come from small pools, so that the tests of a filter often speak of the same bytes. Draws are made
// one statement at a time: the order in which operands are evaluated is the compiler's choice.
#include "bench/filter_generator.h"

#include <algorithm>
#include <utility>

namespace bpfopt::bench {

const std::vector<LinkProfile>& LinkProfiles() {
  static const std::vector<LinkProfile> kProfiles = {
      {.name = "EN10MB",
       .accessor = "ether",
       .has_addresses = true,
       .has_vlan = true,
       .has_mpls = true,
       .has_pppoe = true},
      {.name = "RAW", .accessor = "link"},
      {.name = "LINUX_SLL", .accessor = "link", .has_direction = true},
      {.name = "LINUX_SLL2", .accessor = "link", .has_direction = true},
      {.name = "PPP", .accessor = "link", .has_mpls = true},
      {.name = "NULL", .accessor = "link"},
      {.name = "IEEE802_11",
       .accessor = "link",
       .has_addresses = true,
       .has_vlan = true,
       .has_wlan_types = true},
      {.name = "IEEE802_11_RADIO",
       .accessor = "link",
       .has_addresses = true,
       .has_vlan = true,
       .has_wlan_types = true},
  };
  return kProfiles;
}

FilterNode FilterGenerator::Filter(unsigned size) {
  earlier_.clear();
  return Predicate(static_cast<unsigned>(1 + Below(size)));
}

FilterNode FilterGenerator::Predicate(unsigned size) {
  if (size <= 1) {
    FilterNode leaf = !earlier_.empty() && Chance(25) ? earlier_[Below(earlier_.size())] : Leaf();
    if (Chance(15)) return MakeNode(NodeKind::kNot, "", {std::move(leaf)});
    earlier_.push_back(leaf);
    return leaf;
  }
  const NodeKind kind = Pick({NodeKind::kAnd, NodeKind::kOr});
  FilterNode node = MakeNode(kind, "", {});
  while (size > 0) {
    // At least two operands.
    const unsigned most = node.operands.empty() ? size - 1 : size;
    const auto part = static_cast<unsigned>(1 + Below(most));
    node.operands.push_back(Predicate(part));
    size -= part;
  }
  const bool negated = Chance(12);
  if (!negated) earlier_.push_back(node);
  return negated ? MakeNode(NodeKind::kNot, "", {std::move(node)}) : node;
}

FilterNode FilterGenerator::Leaf() {
  const std::uint64_t draw = Below(100);
  if (draw < 45) return Relation();
  if (draw < 60) return ProtocolWord();
  if (draw < 72) return PortTest();
  if (draw < 84) return AddressTest();
  if (draw < 90) return OffsetMover();
  return OtherTest();
}

FilterNode FilterGenerator::Relation() {
  const std::string word = PickWord({"=", "=", "!=", "<", "<=", ">", ">="});
  FilterNode left = Number(static_cast<unsigned>(Below(4)));
  FilterNode right = Chance(70) ? MakeNumber(Constant()) : Number(static_cast<unsigned>(Below(3)));
  return MakeNode(NodeKind::kRelation, word, {std::move(left), std::move(right)});
}

std::uint32_t FilterGenerator::Constant() {
  return Pick({0U,    0U,    0U,     1U,      1U,          2U,          3U,          4U,
               5U,    6U,    8U,     17U,     31U,         64U,         80U,         0x0fU,
               0xf0U, 0xffU, 0x800U, 0xffffU, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU});
}

FilterNode FilterGenerator::Number(unsigned depth) {
  if (depth > 0 && Chance(80)) {
    if (!Chance(8)) return Binary(depth);
    return MakeNode(NodeKind::kNegate, "", {Number(depth - 1)});
  }
  if (Chance(65)) return Accessor(depth);
  if (Chance(25)) return MakeNode(NodeKind::kLength, "", {});
  return MakeNumber(Constant());
}

FilterNode FilterGenerator::Binary(unsigned depth) {
  const std::string word = PickWord({"+", "-", "*", "*", "/", "/", "%", "%", "&", "&", "|", "^", "<<", ">>"});
  FilterNode left = Number(depth - 1);
  const bool is_shift = word == "<<" || word == ">>";
  const bool divides = word == "/" || word == "%";
  FilterNode right;
  if (Chance(30)) {
    right = Number(depth - 1);
  } else if (is_shift) {
    right = MakeNumber(Pick({0U, 1U, 4U, 8U, 16U, 24U, 31U}));
  } else if (divides) {
    // libpcap refuses a constant 0 here.
    right = MakeNumber(std::max(1U, Constant()));
  } else {
    right = MakeNumber(Constant());
  }
  return MakeNode(NodeKind::kBinary, word, {std::move(left), std::move(right)});
}

FilterNode FilterGenerator::Accessor(unsigned depth) {
  const std::string protocol =
      Chance(40) ? profile_.accessor
                 : PickWord({"ip", "ip", "ip6", "tcp", "tcp", "udp", "icmp", "arp", "sctp", "icmp6"});
  FilterNode index;
  if (depth > 0 && Chance(20)) {
    index = Number(depth - 1);
  } else if (Chance(1)) {
    // Where the Linux kernel has the packet's type, and libpcap's interpreter nothing.
    index = MakeNumber(0xfffff004U);
  } else {
    index = MakeNumber(Pick({0U, 0U, 1U, 2U, 6U, 9U, 12U, 13U, 14U, 20U, 33U, 40U, 1000U, 65535U}));
  }
  return MakeAccessor(protocol, std::move(index), Pick({1U, 1U, 2U, 4U}));
}

FilterNode FilterGenerator::ProtocolWord() {
  return MakeTest({PickWord({"ip", "ip", "ip6", "arp", "rarp", "tcp", "tcp", "udp", "sctp", "icmp", "icmp6",
                             "igmp", "pim", "ah", "esp"})});
}

FilterNode FilterGenerator::PortTest() {
  std::vector<std::string> words;
  if (Chance(35)) words.push_back(PickWord({"tcp", "udp", "sctp"}));
  if (Chance(50)) words.push_back(PickWord({"src", "dst"}));
  if (Chance(60)) {
    words.emplace_back("port");
    return MakeTest(std::move(words), Argument::kNumber, {Pick({0U, 22U, 53U, 80U, 443U, 65535U})});
  }
  words.emplace_back("portrange");
  const std::uint32_t first = Pick({0U, 1U, 53U, 80U, 1000U, 6000U});
  const std::uint32_t last = Pick({53U, 80U, 90U, 1500U, 6063U, 65535U});
  return MakeTest(std::move(words), Argument::kRange, {first, last});
}

FilterNode FilterGenerator::AddressTest() {
  std::vector<std::string> words;
  const bool with_mac = profile_.has_addresses && Chance(20);
  const bool version6 = !with_mac && Chance(30);
  if (with_mac) {
    words.emplace_back("ether");
  } else if (version6) {
    if (Chance(30)) words.emplace_back("ip6");
  } else if (Chance(40)) {
    words.push_back(PickWord({"ip", "arp", "rarp"}));
  }
  if (Chance(50)) words.push_back(PickWord({"src", "dst"}));
  const bool network = !with_mac && Chance(50);
  words.emplace_back(network ? "net" : "host");
  if (with_mac) return MakeTest(std::move(words), Argument::kMac, {Pick({0U, 1U, 2U})});
  if (version6) {
    if (network) return MakeTest(std::move(words), Argument::kNetwork6, {Pick({32U, 37U, 64U, 128U})});
    return MakeTest(std::move(words), Argument::kAddress6, {Pick({0U, 1U, 2U})});
  }
  const std::uint32_t address = Pick({0x0a000001U, 0x0a000001U, 0x0a000002U, 0xc0000211U, 0U});
  if (!network) return MakeTest(std::move(words), Argument::kAddress, {address});
  const std::uint32_t length = Pick({0U, 1U, 8U, 12U, 24U, 25U, 31U, 32U});
  const std::uint32_t mask = length == 0 ? 0 : 0xffffffffU << (32 - length);
  return MakeTest(std::move(words), Argument::kNetwork, {address & mask, length});
}

// The words after which the same test reads other bytes.
FilterNode FilterGenerator::OffsetMover() {
  if (Chance(10)) return MakeTest({"geneve"});
  std::vector<std::string> words;
  if (profile_.has_vlan) words.insert(words.end(), {"vlan", "vlan", "vlan"});
  if (profile_.has_mpls) words.emplace_back("mpls");
  if (profile_.has_pppoe) words.insert(words.end(), {"pppoes", "pppoed"});
  if (words.empty()) return AddressTest();
  std::string word = words[Below(words.size())];
  if (word == "pppoed" || Chance(60)) return MakeTest({std::move(word)});
  return MakeTest({std::move(word)}, Argument::kNumber, {Pick({0U, 1U, 5U, 100U, 4095U})});
}

FilterNode FilterGenerator::OtherTest() {
  if (profile_.has_wlan_types && Chance(40)) {
    return MakeTest(
        {"type", PickWord({"mgt", "ctl", "data", "mgt subtype beacon", "data subtype qos-data"})});
  }
  if (profile_.has_direction && Chance(30)) return MakeTest({PickWord({"inbound", "outbound"})});
  if (profile_.has_addresses && Chance(30)) {
    return MakeTest({"ether", PickWord({"broadcast", "multicast"})});
  }
  switch (Below(4)) {
    case 0:
      return MakeTest({"ip", "broadcast"});
    case 1:
      return MakeTest({PickWord({"ip", "ip6"}), "multicast"});
    case 2: {
      const std::string protocol = PickWord({"ip", "ip6"});
      return MakeTest({protocol, "proto"}, Argument::kNumber, {Pick({0U, 1U, 6U, 17U, 58U, 255U})});
    }
    default: {
      const std::string word = PickWord({"less", "greater"});
      return MakeTest({word}, Argument::kNumber, {Pick({0U, 1U, 60U, 1000U, 0xffffffffU})});
    }
  }
}

}  // namespace bpfopt::bench
