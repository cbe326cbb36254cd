// Values are drawn from small pools, so that tests in a filter often speak of the same thing.
#include "random_filter.h"

#include "random_words.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace bpfopt::frontend {

Ast RandomFilter::Tree(unsigned size) {
  Ast ast;
  Predicate(ast, size);
  return ast;
}

// Operands are made one after the other, before the node itself: the order that trees have.
NodeId RandomFilter::Predicate(Ast& ast, unsigned size) {
  if (size <= 1) {
    if (Chance(15)) {
      const NodeId operand = Leaf(ast);
      return ast.Add(Not{operand});
    }
    return Leaf(ast);
  }
  if (scope_.extensions && size >= 3 && Chance(15)) {
    const NodeId condition = Predicate(ast, size / 3);
    const NodeId then = Predicate(ast, size / 3);
    const NodeId otherwise = Predicate(ast, size / 3);
    return ast.Add(When{condition, then, otherwise});
  }
  const auto left = static_cast<unsigned>(1 + Below(size - 1));
  const NodeId lhs = Predicate(ast, left);
  const NodeId rhs = Predicate(ast, size - left);
  if (Chance(50)) return ast.Add(And{lhs, rhs});
  return ast.Add(Or{lhs, rhs});
}

NodeId RandomFilter::Leaf(Ast& ast) {
  if (scope_.words != RandomWords::kNone && Chance(40)) return Word(ast);
  if (scope_.arithmetic && Chance(20)) {
    const NodeId lhs = Arithmetic(ast, 3);
    const NodeId rhs = Arithmetic(ast, 1);
    return ast.Add(Relation{Pick({Relational::kEqual, Relational::kNotEqual, Relational::kGreater,
                                  Relational::kGreaterEqual, Relational::kLess, Relational::kLessEqual}),
                            lhs, rhs});
  }
  if (scope_.encapsulations && Chance(5)) {
    return ast.Add(Encapsulated{Pick({Encapsulation::kVlan, Encapsulation::kPppoeDiscovery}), false, 0});
  }
  if (scope_.extensions && Chance(10)) return ast.Add(Rand{Pick({0.1, 0.25, 0.5, 0.999, 1e-9})});
  switch (Below(8)) {
    case 0:
    case 1:
      return ast.Add(ProtocolTest{
          Pick({Protocol::kIp, Protocol::kIp6, Protocol::kArp, Protocol::kRarp, Protocol::kTcp,
                Protocol::kUdp, Protocol::kSctp, Protocol::kIcmp, Protocol::kIcmp6, Protocol::kIgmp,
                Protocol::kPim, Protocol::kVrrp, Protocol::kAh, Protocol::kEsp})});
    case 2:
      if (scope_.ethernet && Chance(50))
        return ast.Add(Multicast{Pick({Protocol::kDefault, Protocol::kLink})});
      return ast.Add(Multicast{Pick({Protocol::kIp, Protocol::kIp6})});
    case 3:
      if (Chance(50)) return ast.Add(LengthAtLeast{Pick({0U, 60U, 1000U})});
      return ast.Add(LengthAtMost{Pick({0U, 60U, 1000U})});
    default:
      return ast.Add(RandomTest());
  }
}

NodeId RandomFilter::Word(Ast& ast) {
  const auto relation = [this] {
    return Pick({Relational::kEqual, Relational::kNotEqual, Relational::kGreater, Relational::kGreaterEqual,
                 Relational::kLess, Relational::kLessEqual});
  };
  const Direction direction = Pick(
      {Direction::kDefault, Direction::kSrc, Direction::kDst, Direction::kSrcOrDst, Direction::kSrcAndDst});
  switch (scope_.words) {
    case RandomWords::kNone:
      break;
    case RandomWords::kEthernet:
      switch (Below(4)) {
        case 0:
          return ast.Add(ProtocolTest{Pick(
              {Protocol::kIsisLevel1, Protocol::kIsisLevel2, Protocol::kIsisHello, Protocol::kIsisLinkState,
               Protocol::kIsisSequence, Protocol::kIsisComplete, Protocol::kIsisPartial})});
        case 1:
          return ast.Add(
              ByteTest{Pick({0U, 5U, 12U}),
                       Pick({ByteOp::kEqual, ByteOp::kLess, ByteOp::kGreater, ByteOp::kAnd, ByteOp::kOr}),
                       Pick({0U, 1U, 8U, 300U})});
        case 2:
          return ast.Add(Test{{AddressKind::kHost, Protocol::kDecnet, direction},
                              Decnet{Pick<std::uint16_t>({10 << 10 | 1000, 5, 0xffff})}});
        default:
          return ast.Add(
              Test{{AddressKind::kProtoChain, Pick({Protocol::kDefault, Protocol::kIp, Protocol::kIp6}),
                    Direction::kDefault},
                   Number{Pick({6U, 17U, 44U})}});
      }
    case RandomWords::kWlan: {
      if (Chance(40)) {
        return ast.Add(Test{{AddressKind::kHost, Protocol::kLink,
                             Pick({Direction::kAddress1, Direction::kAddress2, Direction::kAddress3,
                                   Direction::kAddress4, Direction::kReceiver, Direction::kTransmitter})},
                            Mac{{2, 0, 0x5e, 0x10, 0, static_cast<std::uint8_t>(Below(3))}}});
      }
      if (Chance(20)) return ast.Add(WlanDirection{Pick({0U, 1U, 2U, 3U, 5U})});
      WlanFrame frame{Pick<std::uint8_t>({0x00, 0x04, 0x08, 0x0c}), std::nullopt};
      if (Chance(60)) frame.subtype = Pick<std::uint8_t>({0x00, 0x10, 0x80, 0xf0});
      return ast.Add(frame);
    }
    case RandomWords::kPfLog: {
      const auto field = static_cast<PfLogField>(Below(6));
      if (field == PfLogField::kInterface || field == PfLogField::kRuleset) {
        return ast.Add(PfLogName{field, Chance(50) ? "en0" : Chance(50) ? "tcp" : "0123456789abcde"});
      }
      return ast.Add(PfLogNumber{field, Pick({0U, 1U, 8U, 10U})});
    }
    case RandomWords::kAtm:
      if (Chance(50)) return ast.Add(AtmTest{static_cast<AtmKind>(Below(11))});
      return ast.Add(AtmFieldTest{Pick({AtmField::kVpi, AtmField::kVci}), relation(), Pick({0U, 5U, 256U})});
    case RandomWords::kSs7:
      if (Chance(30)) return ast.Add(SignalUnitTest{static_cast<SignalUnit>(Below(3)), Chance(50)});
      return ast.Add(Mtp3Test{static_cast<Mtp3Field>(Below(4)), Chance(50), relation(), Pick({0U, 5U, 15U})});
    case RandomWords::kArcnet:
      return ast.Add(Test{{AddressKind::kHost, Protocol::kLink, direction},
                          Arcnet{static_cast<std::uint8_t>(Pick({0xd0, 0xd1, 0xdf}))}});
  }
  return ast.Add(LengthAtLeast{60});
}

NodeId RandomFilter::Arithmetic(Ast& ast, unsigned size) {
  if (size <= 1 || Chance(30)) {
    if (Chance(40)) return ast.Add(Literal{Pick({0U, 1U, 2U, 5U, 6U, 20U, 64U, 0xffU, 0xf0U, 0xffff0000U})});
    if (Chance(15)) return ast.Add(PacketLength{});
    const NodeId index = size > 1 && Chance(20) ? Arithmetic(ast, size - 1)
                                                : ast.Add(Literal{Pick({0U, 1U, 2U, 9U, 12U, 13U})});
    return ast.Add(
        Accessor{Pick({Protocol::kIp, Protocol::kIp6, Protocol::kTcp, Protocol::kUdp, Protocol::kIcmp}),
                 index, Pick({1U, 2U, 4U})});
  }
  if (Chance(10)) {
    const NodeId operand = Arithmetic(ast, size - 1);
    return ast.Add(Negate{operand});
  }
  const NodeId lhs = Arithmetic(ast, size - 1);
  if (Chance(20)) {
    // Constants that libpcap takes on the right of these.
    const NodeId rhs = ast.Add(Literal{Pick({1U, 2U, 4U, 31U})});
    return ast.Add(Binary{Pick({frontend::Arithmetic::kDiv, frontend::Arithmetic::kMod,
                                frontend::Arithmetic::kShl, frontend::Arithmetic::kShr}),
                          lhs, rhs});
  }
  const NodeId rhs = Arithmetic(ast, 1);
  return ast.Add(
      Binary{Pick({frontend::Arithmetic::kAdd, frontend::Arithmetic::kSub, frontend::Arithmetic::kMul,
                   frontend::Arithmetic::kAnd, frontend::Arithmetic::kOr, frontend::Arithmetic::kXor}),
             lhs, rhs});
}

Ipv4 RandomFilter::RandomNetwork() {
  Ipv4 network;
  const unsigned length = Pick({0U, 8U, 12U, 24U, 25U, 32U});
  network.mask = length == 0 ? 0 : 0xffffffffU << (32 - length);
  network.address = Pick({0x0a000001U, 0xc0000211U, 0xac100000U}) & network.mask;
  network.has_mask = true;
  network.by_length = Chance(70);
  return network;
}

Test RandomFilter::RandomTest() {
  Test test;
  test.qualifier.direction = Pick({Direction::kDefault, Direction::kDefault, Direction::kSrc, Direction::kDst,
                                   Direction::kSrcOrDst, Direction::kSrcAndDst});
  const Protocol transport = Pick({Protocol::kDefault, Protocol::kTcp, Protocol::kUdp, Protocol::kSctp});
  const Protocol network = Pick({Protocol::kDefault, Protocol::kDefault, Protocol::kIp, Protocol::kArp});
  const Ipv6 ip6{
      {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(Below(3))}};
  switch (Below(scope_.ethernet ? 8 : 7)) {
    case 0:
      test.qualifier.kind = AddressKind::kPort;
      test.qualifier.protocol = transport;
      if (scope_.names && Chance(30)) {
        test.id = Name{"http"};
        test.qualifier.protocol = Pick({Protocol::kDefault, Protocol::kTcp});
      } else {
        test.id = Number{Pick({22U, 53U, 80U, 443U})};
      }
      break;
    case 1:
      test.qualifier = {AddressKind::kPortRange, transport, test.qualifier.direction};
      test.id = PortSpan{Pick({0U, 80U, 6000U}), Pick({80U, 6063U, 65535U})};
      break;
    case 2:
      test.qualifier = {AddressKind::kProto, Pick({Protocol::kDefault, Protocol::kIp, Protocol::kIp6}),
                        Direction::kDefault};
      test.id = Number{Pick({1U, 6U, 17U, 58U, 300U})};
      break;
    case 3:
      test.qualifier = {AddressKind::kNet, network, test.qualifier.direction};
      test.id = RandomNetwork();
      break;
    case 4:
      test.qualifier = {AddressKind::kNet, Pick({Protocol::kDefault, Protocol::kIp6}),
                        test.qualifier.direction};
      test.id = Ipv6{{0x20, 0x01, 0x0d, 0xb8}, true, Pick({32U, 37U, 64U, 128U})};
      break;
    case 5:
      test.qualifier = {AddressKind::kHost, Pick({Protocol::kDefault, Protocol::kIp6}),
                        test.qualifier.direction};
      test.id = ip6;
      break;
    case 6:
      test.qualifier = {AddressKind::kHost, network, test.qualifier.direction};
      if (scope_.names && Chance(20)) {
        test.id = Name{"localhost"};
        test.qualifier.protocol = Pick({Protocol::kDefault, Protocol::kIp});
      } else {
        test.id = Ipv4{Pick({0x0a000001U, 0xc0000211U})};
      }
      break;
    default:
      test.qualifier = {AddressKind::kHost, Protocol::kLink, test.qualifier.direction};
      test.id = Mac{{2, 0, 0x5e, 0x10, 0, static_cast<std::uint8_t>(Below(3))}};
      break;
  }
  return test;
}

std::string RandomFilter::Text(unsigned size) {
  std::string text = TextTerm(size > 1 ? static_cast<unsigned>(1 + Below(size - 1)) : 1);
  for (unsigned i = 1; i < size; i += 2) {
    text += Pick({" and ", " or ", " && ", "||", " and\t"});
    text += TextTerm(1);
  }
  return text;
}

// One id, a list in parentheses, or lists in lists.
std::string RandomFilter::TextIds(unsigned size, const std::vector<std::string>& ids) {
  if (scope_.extensions && Chance(20)) return TextSet(size + 1, ids);
  std::string text = ids[Below(ids.size())];
  if (Chance(10)) text = "not " + text;
  if (size <= 1) return text;
  for (unsigned i = 1; i < size; ++i) {
    text += Pick({" or ", " and ", "||"});
    text += Chance(20) ? TextIds(2, ids) : ids[Below(ids.size())];
  }
  return "(" + text + ")";
}

std::string RandomFilter::TextSet(unsigned size, const std::vector<std::string>& ids) {
  std::string text = "in {";
  for (unsigned i = 0; i < size; ++i) {
    const std::string& id = ids[Below(ids.size())];
    text += Pick({" ", ", ", ","});
    text += Chance(80) ? id : Chance(50) ? "@" + id : "@\"" + id + " ;# " + id + "\"";
  }
  return text + Pick({"}", " }", ",\n}"});
}

std::string RandomFilter::TextTerm(unsigned size) {
  static const std::vector<std::string> kHosts = {"192.0.2.17", "10.1", "10.1.2", "5", "10.0.0.1"};
  static const std::vector<std::string> kHosts6 = {"2001:db8::1", "::", "::ffff:192.0.2.1",
                                                   "1:2:3:4:5:6:7:8"};
  static const std::vector<std::string> kNets = {
      "10.0.0.0/8", "192.0.2.0 mask 255.255.255.0", "10.1", "10", "2001:db8::/32", "172.16.0.0/12"};
  static const std::vector<std::string> kPorts = {"80", "http", "0x50", "(443)", "\\domain", "0", "020"};
  static const std::vector<std::string> kRanges = {"80-90", "90-80", "80", "http-90", "6000-6063"};
  static const std::vector<std::string> kProtos = {"6", "\\tcp", "\\udp", "(17)", "\\icmp"};
  static const std::vector<std::string> kMacs = {"02:00:5e:10:00:01", "2-0-5e-10-0-1", "0200.5e10.0001",
                                                 "02005e100001", "2.0.5e.10.0.1"};
  if (scope_.words != RandomWords::kNone && Chance(60)) return TextWord();
  if (size > 2 && Chance(60)) return (Chance(15) ? "not (" : "(") + Text(size - 1) + ")";
  if (Chance(10)) return Pick({"not ", "!", "not not "}) + TextTerm(1);
  const auto ids = static_cast<unsigned>(Chance(30) ? 2 + Below(3) : 1);
  const std::string direction =
      Pick({"", "", "src ", "dst ", "src or dst ", "dst or src ", "src and dst ", "dst && src "});
  switch (Below(9)) {
    case 0:
      return Pick(
          {"ip", "ip6", "arp", "tcp", "udp", "icmp", "igmp", "(tcp)", "ah", "stp", "netbeui", "es-is"});
    case 1:
      return Pick({"", "tcp ", "udp ", "sctp ", "ip "}) + direction + "port " + TextIds(ids, kPorts);
    case 2:
      return Pick({"", "tcp ", "udp ", "icmp "}) + direction + "portrange " + TextIds(ids, kRanges);
    case 3:
      return Pick({"", "ip ", "arp ", "ip6 "}) + direction + "host " +
             TextIds(ids, Chance(30) ? kHosts6 : kHosts);
    case 4:
      return Pick({"", "ip ", "rarp ", "udp "}) + direction + "net " + TextIds(ids, kNets);
    case 5:
      return Pick({"", "ip ", "ip6 ", "ether "}) + std::string("proto ") + TextIds(ids, kProtos);
    case 6:
      return Pick({"ether host ", "ether src ", "ether dst host ", "ether src or dst ", "host "}) +
             TextIds(ids, kMacs);
    case 7:
      return Pick({"greater 60", "less 0x40", "vlan", "vlan 5", "vlan (7)", "broadcast", "ether multicast",
                   "ip multicast", "ip6 broadcast", "llc", "llc U", "llc rnr", "inbound", "ifindex 3",
                   "pppoed"});
    default:
      return TextArithmetic(3) + Pick({" = ", "==", " != ", ">", " >= ", "<", " <= "}) + TextArithmetic(2);
  }
}

std::string RandomFilter::TextArithmetic(unsigned size) {
  if (size <= 1) return TextNumber();
  if (Chance(15)) return "-" + TextArithmetic(size - 1);
  if (Chance(30)) return "(" + TextArithmetic(size - 1) + ")";
  return TextArithmetic(size - 1) + Pick({" + ", " - ", "*", " / ", " % ", " & ", "|", " ^ ", "<<", " >> "}) +
         TextArithmetic(1);
}

std::string RandomFilter::TextNumber() {
  if (Chance(30)) return Pick({"1", "2", "7", "0x1f", "017", "tcp-syn", "icmp-echo", "(3)", "0"});
  if (Chance(15)) return Pick({"len", "length"});
  return fmt::format("{}[{}{}]", Pick({"ip", "tcp", "udp", "icmp", "ether", "link", "ip6", "ah"}),
                     Pick({"0", "tcpflags", "icmptype", "ip[0]", "(ip[0]&0xf)<<2", "20 - 4"}),
                     Pick({"", "", ":1", ":2", ":4", ":3"}));
}

std::string RandomFilter::TextWord() {
  switch (scope_.words) {
    case RandomWords::kNone:
      return {};
    case RandomWords::kEthernet:
      return Expand("{ethernet}");
    case RandomWords::kWlan:
      return Expand("{wlan}");
    case RandomWords::kPfLog:
      return Expand("{pf-log}");
    case RandomWords::kAtm:
      return Expand("{atm}");
    case RandomWords::kSs7:
      return Expand("{ss7}");
    case RandomWords::kArcnet:
      return Expand("{arcnet}");
  }
  return {};
}

// Nothing in the rules leads back to itself, so this ends.
std::string RandomFilter::Expand(std::string_view text) {
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) return std::string(text);
  const std::size_t close = text.find('}', open);
  std::string_view symbol = text.substr(open + 1, close - open - 1);
  const bool ids = symbol.starts_with("ids:");
  if (ids) symbol.remove_prefix(4);
  const auto rule = std::find_if(kWordRules.begin(), kWordRules.end(),
                                 [&](const WordRule& r) { return r.symbol == symbol; });
  const auto draw = [&] {
    const std::string_view alternative = rule->alternatives[Below(rule->alternatives.size())];
    drawn_.insert(fmt::format("{}: {}", symbol, alternative));
    return Expand(alternative);
  };
  std::string result(text.substr(0, open));
  if (ids) {
    std::vector<std::string> pool;
    for (int i = 0; i < 3; ++i) pool.push_back(draw());
    result += TextIds(static_cast<unsigned>(Chance(30) ? 2 + Below(2) : 1), pool);
  } else {
    result += draw();
  }
  return result + Expand(text.substr(close + 1));
}

std::string RandomFilter::Mutate(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back(word);
  if (words.empty()) return text;
  const std::size_t at = Below(words.size());
  switch (Below(4)) {
    case 0:
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      std::swap(words[at], words[Below(words.size())]);
      break;
    case 2:
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), words[Below(words.size())]);
      break;
    default:
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), Pick({"(",          ")",
                                                                          "not",        "and",
                                                                          "or",         "host",
                                                                          "port",       "net",
                                                                          "src",        "dst",
                                                                          "proto",      "tcp",
                                                                          "ip",         "80",
                                                                          "10.0.0.1",   "::1",
                                                                          "mask",       "=",
                                                                          "+",          "[",
                                                                          "]",          ":",
                                                                          "len",        "less",
                                                                          "vlan",       "llc",
                                                                          "-",          "1.2.3.4/8",
                                                                          "portrange",  "1-2",
                                                                          "\\tcp",      "broadcast",
                                                                          "ether",      "02:00:5e:10:00:01",
                                                                          "0xffffffff", "port 5",
                                                                          "type",       "subtype",
                                                                          "dir",        "vpi",
                                                                          "sio",        "on",
                                                                          "byte",       "addr1",
                                                                          "gateway",    "protochain",
                                                                          "l1",         "radio",
                                                                          "action",     "reason",
                                                                          "$1f",        "rnr",
                                                                          "mgt",        "decnet",
                                                                          "fisu",       "lane"}));
      break;
  }
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : " ") + word;
  return result;
}

}  // namespace bpfopt::frontend
