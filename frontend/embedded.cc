// Embedded filters are graphs of shared, immutable nodes: an AST node whose operands are pointers. They are
// cheap to build one operator at a time, and are laid out as a tree when one is needed.
#include "frontend/embedded.h"

#include "frontend/address_text.h"
#include "frontend/keywords.h"
#include "frontend/lexer.h"
#include "frontend/parse_id.h"
#include "frontend/print.h"
#include "frontend/value_names.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::filter {
namespace internal {

struct Node {
  Node(frontend::NodeKind node_kind, std::vector<NodePtr> node_operands)
      : kind(std::move(node_kind)), operands(std::move(node_operands)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  // Long chains are let go of one by one, for a destructor that calls itself would run out of stack.
  ~Node() {
    std::vector<NodePtr> last = std::move(operands);
    while (!last.empty()) {
      const NodePtr node = std::move(last.back());
      last.pop_back();
      if (node.use_count() != 1) continue;
      for (NodePtr& operand : node->operands) last.push_back(std::move(operand));
      node->operands.clear();
    }
  }

  frontend::NodeKind kind;        // its NodeIds are filled in when the tree is laid out
  std::vector<NodePtr> operands;  // in the order of the text
  std::optional<Error> error;     // of the arguments
};

// The way to the node of a value, for this file only.
struct Access {
  template <typename T>
  static const NodePtr& Get(const T& value) {
    return value.node_;
  }
  template <typename T>
  static T Make(NodePtr node) {
    return T(std::move(node));
  }
};

}  // namespace internal

namespace {

using frontend::AddressKind;
using internal::Access;
using internal::NodePtr;

NodePtr MakeNode(frontend::NodeKind kind, std::vector<NodePtr> operands = {}) {
  return std::make_shared<internal::Node>(std::move(kind), std::move(operands));
}

Predicate Leaf(frontend::NodeKind kind) { return Access::Make<Predicate>(MakeNode(std::move(kind))); }

// A node over the nodes of `operands`, which are Numbers or Predicates.
template <typename Result, typename... Operands>
Result Over(frontend::NodeKind kind, const Operands&... operands) {
  return Access::Make<Result>(MakeNode(std::move(kind), {Access::Get(operands)...}));
}

Number Arithmetic(frontend::Arithmetic op, const Number& lhs, const Number& rhs) {
  return Over<Number>(frontend::Binary{op, 0, 0}, lhs, rhs);
}

Predicate Compare(frontend::Relational op, const Number& lhs, const Number& rhs) {
  return Over<Predicate>(frontend::Relation{op, 0, 0}, lhs, rhs);
}

frontend::Protocol ProtocolOf(std::string_view word) {
  const frontend::Keyword* keyword = frontend::FindKeyword(word);
  if (keyword == nullptr || keyword->kind != frontend::TokenKind::kProtocol)
    return frontend::Protocol::kDefault;
  return static_cast<frontend::Protocol>(keyword->value);
}

frontend::Qualifier QualifierOf(AddressKind kind, std::string_view protocol, Direction direction) {
  return {kind, ProtocolOf(protocol), static_cast<frontend::Direction>(direction)};
}
static_assert(static_cast<int>(Direction::kEither) == static_cast<int>(frontend::Direction::kDefault));
static_assert(static_cast<int>(Direction::kSrc) == static_cast<int>(frontend::Direction::kSrc));
static_assert(static_cast<int>(Direction::kDst) == static_cast<int>(frontend::Direction::kDst));
static_assert(static_cast<int>(Direction::kSrcOrDst) == static_cast<int>(frontend::Direction::kSrcOrDst));
static_assert(static_cast<int>(Direction::kSrcAndDst) == static_cast<int>(frontend::Direction::kSrcAndDst));

static_assert(static_cast<int>(Direction::kAddr1) == static_cast<int>(frontend::Direction::kAddress1));
static_assert(static_cast<int>(Direction::kAddr4) == static_cast<int>(frontend::Direction::kAddress4));
static_assert(static_cast<int>(Direction::kReceiver) == static_cast<int>(frontend::Direction::kReceiver));
static_assert(static_cast<int>(Direction::kTransmitter) ==
              static_cast<int>(frontend::Direction::kTransmitter));

// A node whose arguments are wrong, which is said once a tree is built.
Predicate Wrong(frontend::NodeKind kind, std::string message) {
  const NodePtr node = MakeNode(std::move(kind));
  node->error = Error{ErrorCode::kInvalidInput, std::move(message), std::nullopt};
  return Access::Make<Predicate>(node);
}

// A test of `id`, or where that is an error, a node that keeps it until a tree is built.
Predicate TestOf(const frontend::Qualifier& qualifier, Expected<frontend::Id> id, std::string_view text) {
  if (id) return Leaf(frontend::Test{qualifier, std::move(*id)});
  return Wrong(frontend::Test{qualifier, frontend::Name{std::string(text)}}, std::move(id.error().message));
}

Expected<frontend::Id> IdOf(std::string_view text, const frontend::Qualifier& qualifier) {
  if (!frontend::IsEscapableName(text)) {
    return InvalidInput(fmt::format("'{}' is neither a name nor an address", text));
  }
  return frontend::ReadId(text, qualifier);
}

Predicate TestOf(const frontend::Qualifier& qualifier, std::string_view id) {
  return TestOf(qualifier, IdOf(id, qualifier), id);
}

Expected<frontend::Id> MaskedIdOf(std::string_view network, std::string_view mask) {
  for (const std::string_view part : {network, mask}) {
    if (part.empty() || frontend::MatchDotted(part) != part.size()) {
      return InvalidInput(fmt::format("'{}' is not a dotted IPv4 address", part));
    }
  }
  return frontend::ReadDotted(network).and_then([&](const frontend::Ipv4& n) {
    return frontend::ReadDotted(mask).and_then([&](const frontend::Ipv4& m) {
      return frontend::WithMask(n, m).map([](const frontend::Ipv4& id) { return frontend::Id(id); });
    });
  });
}

Predicate Encapsulation(frontend::Encapsulation kind) { return Leaf(frontend::Encapsulated{kind}); }
Predicate Encapsulation(frontend::Encapsulation kind, std::uint32_t number) {
  return Leaf(frontend::Encapsulated{kind, true, number});
}

}  // namespace

Number::Number(NodePtr node) : node_(std::move(node)) {}
Number Number::Constant(std::uint32_t value) { return Number(MakeNode(frontend::Literal{value})); }
PacketLength::operator Number() const { return Access::Make<Number>(MakeNode(frontend::PacketLength{})); }

Number operator+(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kAdd, lhs, rhs);
}
Number operator-(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kSub, lhs, rhs);
}
Number operator*(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kMul, lhs, rhs);
}
Number operator/(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kDiv, lhs, rhs);
}
Number operator%(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kMod, lhs, rhs);
}
Number operator&(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kAnd, lhs, rhs);
}
Number operator|(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kOr, lhs, rhs);
}
Number operator^(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kXor, lhs, rhs);
}
Number operator<<(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kShl, lhs, rhs);
}
Number operator>>(const Number& lhs, const Number& rhs) {
  return Arithmetic(frontend::Arithmetic::kShr, lhs, rhs);
}
Number operator-(const Number& operand) { return Over<Number>(frontend::Negate{0}, operand); }

Predicate operator==(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kEqual, lhs, rhs);
}
Predicate operator!=(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kNotEqual, lhs, rhs);
}
Predicate operator>(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kGreater, lhs, rhs);
}
Predicate operator>=(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kGreaterEqual, lhs, rhs);
}
Predicate operator<(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kLess, lhs, rhs);
}
Predicate operator<=(const Number& lhs, const Number& rhs) {
  return Compare(frontend::Relational::kLessEqual, lhs, rhs);
}

Predicate::Predicate(NodePtr node) : node_(std::move(node)) {}
Predicate operator&(const Predicate& lhs, const Predicate& rhs) {
  return Over<Predicate>(frontend::And{0, 0}, lhs, rhs);
}
Predicate operator|(const Predicate& lhs, const Predicate& rhs) {
  return Over<Predicate>(frontend::Or{0, 0}, lhs, rhs);
}
Predicate operator!(const Predicate& operand) { return Over<Predicate>(frontend::Not{0}, operand); }
Predicate operator~(const Predicate& operand) { return !operand; }
Predicate when(const Predicate& condition, const Predicate& then, const Predicate& otherwise) {
  return Over<Predicate>(frontend::When{0, 0, 0}, condition, then, otherwise);
}
Predicate rand(double probability) {
  if (frontend::RandThreshold(probability)) return Leaf(frontend::Rand{probability});
  return Wrong(
      frontend::Rand{probability},
      fmt::format("the probability of rand() lies between 0 and 1, both excluded; {} does not", probability));
}

Predicate Qualifier::operator()(std::string_view address) const {
  return TestOf(QualifierOf(AddressKind::kDefault, protocol_, direction_), address);
}
Predicate Qualifier::host(std::string_view address) const {
  return TestOf(QualifierOf(AddressKind::kHost, protocol_, direction_), address);
}
Predicate Qualifier::net(std::string_view network) const {
  return TestOf(QualifierOf(AddressKind::kNet, protocol_, direction_), network);
}
Predicate Qualifier::net(std::string_view network, std::string_view mask) const {
  return TestOf(QualifierOf(AddressKind::kNet, protocol_, direction_), MaskedIdOf(network, mask), network);
}
Predicate Qualifier::port(std::uint32_t number) const {
  return Leaf(
      frontend::Test{QualifierOf(AddressKind::kPort, protocol_, direction_), frontend::Number{number}});
}
Predicate Qualifier::port(std::string_view name) const {
  return TestOf(QualifierOf(AddressKind::kPort, protocol_, direction_), name);
}
Predicate Qualifier::portrange(std::uint32_t first, std::uint32_t last) const {
  return Leaf(frontend::Test{QualifierOf(AddressKind::kPortRange, protocol_, direction_),
                             frontend::PortSpan{first, last}});
}
Predicate Qualifier::portrange(std::string_view range) const {
  return TestOf(QualifierOf(AddressKind::kPortRange, protocol_, direction_), range);
}

Protocol::operator Predicate() const { return Leaf(frontend::ProtocolTest{ProtocolOf(word_)}); }
Number Protocol::operator[](const Number& offset) const { return (*this)[Bytes{offset, 1}]; }
Number Protocol::operator[](const Bytes& bytes) const {
  return Over<Number>(frontend::Accessor{ProtocolOf(word_), 0, bytes.size}, bytes.offset);
}
Predicate Protocol::proto(std::uint32_t number) const {
  return Leaf(
      frontend::Test{QualifierOf(AddressKind::kProto, word_, Direction::kEither), frontend::Number{number}});
}
Predicate Protocol::proto(std::string_view name) const {
  return TestOf(QualifierOf(AddressKind::kProto, word_, Direction::kEither), name);
}
Predicate Protocol::protochain(std::uint32_t number) const {
  return Leaf(frontend::Test{QualifierOf(AddressKind::kProtoChain, word_, Direction::kEither),
                             frontend::Number{number}});
}
Predicate Protocol::protochain(std::string_view name) const {
  return TestOf(QualifierOf(AddressKind::kProtoChain, word_, Direction::kEither), name);
}
Predicate Protocol::gateway(std::string_view name) const {
  return TestOf(QualifierOf(AddressKind::kGateway, word_, Direction::kEither), name);
}
Predicate Protocol::broadcast() const { return Leaf(frontend::Broadcast{ProtocolOf(word_)}); }
Predicate Protocol::multicast() const { return Leaf(frontend::Multicast{ProtocolOf(word_)}); }

namespace {
// The words that stand before any protocol is named.
constexpr Protocol kAny("");
}  // namespace

Predicate host(std::string_view address) { return kAny.host(address); }
Predicate net(std::string_view network) { return kAny.net(network); }
Predicate net(std::string_view network, std::string_view mask) { return kAny.net(network, mask); }
Predicate port(std::uint32_t number) { return kAny.port(number); }
Predicate port(std::string_view name) { return kAny.port(name); }
Predicate portrange(std::uint32_t first, std::uint32_t last) { return kAny.portrange(first, last); }
Predicate portrange(std::string_view range) { return kAny.portrange(range); }
Predicate proto(std::uint32_t number) { return kAny.proto(number); }
Predicate proto(std::string_view name) { return kAny.proto(name); }
Predicate protochain(std::uint32_t number) { return kAny.protochain(number); }
Predicate protochain(std::string_view name) { return kAny.protochain(name); }
Predicate gateway(std::string_view name) { return kAny.gateway(name); }
Predicate broadcast() { return kAny.broadcast(); }
Predicate multicast() { return kAny.multicast(); }

Predicate greater(std::uint32_t bytes) { return Leaf(frontend::LengthAtLeast{bytes}); }
Predicate less(std::uint32_t bytes) { return Leaf(frontend::LengthAtMost{bytes}); }
Predicate inbound() { return Leaf(frontend::Bound{false}); }
Predicate outbound() { return Leaf(frontend::Bound{true}); }
Predicate ifindex(std::uint32_t index) { return Leaf(frontend::InterfaceIndex{index}); }
Predicate llc() { return Leaf(frontend::Llc{}); }
Predicate llc(std::string_view type) {
  if (frontend::IsLlcType(type)) return Leaf(frontend::Llc{std::string(type)});
  return Wrong(frontend::Llc{},
               fmt::format("'{}' is not a type of LLC frame; they are {}", type, frontend::LlcTypeNames()));
}

Predicate vlan() { return Encapsulation(frontend::Encapsulation::kVlan); }
Predicate vlan(std::uint32_t tag) { return Encapsulation(frontend::Encapsulation::kVlan, tag); }
Predicate mpls() { return Encapsulation(frontend::Encapsulation::kMpls); }
Predicate mpls(std::uint32_t label) { return Encapsulation(frontend::Encapsulation::kMpls, label); }
Predicate pppoed() { return Encapsulation(frontend::Encapsulation::kPppoeDiscovery); }
Predicate pppoes() { return Encapsulation(frontend::Encapsulation::kPppoeSession); }
Predicate pppoes(std::uint32_t session) {
  return Encapsulation(frontend::Encapsulation::kPppoeSession, session);
}
Predicate geneve() { return Encapsulation(frontend::Encapsulation::kGeneve); }
Predicate geneve(std::uint32_t network) { return Encapsulation(frontend::Encapsulation::kGeneve, network); }

namespace {

Predicate WlanFrame(std::uint32_t type, std::optional<std::uint32_t> subtype) {
  if ((type & ~frontend::kWlanTypeMask) != 0) {
    return Wrong(frontend::WlanFrame{},
                 fmt::format("the type of an 802.11 frame as a number is 0, 4, 8 or 12, not {}", type));
  }
  frontend::WlanFrame frame{static_cast<std::uint8_t>(type), std::nullopt};
  if (!subtype) return Leaf(frame);
  if ((*subtype & ~frontend::kWlanSubtypeMask) != 0) {
    return Wrong(
        frame, fmt::format("the subtype of an 802.11 frame as a number is a multiple of 16 up to 240, not {}",
                           *subtype));
  }
  frame.subtype = static_cast<std::uint8_t>(*subtype);
  return Leaf(frame);
}

Predicate WrongName(frontend::NodeKind kind, std::string_view name, std::string_view what,
                    std::string_view names) {
  return Wrong(std::move(kind), fmt::format("'{}' is not {}; they are {}", name, what, names));
}

Predicate PfLogName(frontend::PfLogField field, std::string_view name) {
  if (frontend::IsEscapableName(name)) return Leaf(frontend::PfLogName{field, std::string(name)});
  return Wrong(frontend::PfLogName{field, {}}, fmt::format("'{}' is not a name", name));
}

Predicate CompareField(std::string_view word, frontend::Relational op, std::uint32_t value) {
  const frontend::Keyword& keyword = *frontend::FindKeyword(word);
  if (keyword.kind == frontend::TokenKind::kAtmField) {
    return Leaf(frontend::AtmFieldTest{static_cast<frontend::AtmField>(keyword.value), op, value});
  }
  return Leaf(frontend::Mtp3Test{static_cast<frontend::Mtp3Field>(keyword.value >> 1),
                                 (keyword.value & 1) != 0, op, value});
}

Predicate Cell(frontend::AtmKind kind) { return Leaf(frontend::AtmTest{kind}); }
Predicate Unit(frontend::SignalUnit kind, bool high_speed) {
  return Leaf(frontend::SignalUnitTest{kind, high_speed});
}

}  // namespace

Predicate Wlan::type(std::string_view type) const {
  if (const auto known = frontend::WlanType(type)) return WlanFrame(*known, std::nullopt);
  return WrongName(frontend::WlanFrame{}, type, "a type of 802.11 frame", frontend::WlanTypeNames());
}
Predicate Wlan::type(std::uint32_t type) const { return WlanFrame(type, std::nullopt); }
Predicate Wlan::type(std::string_view type, std::string_view subtype) const {
  const auto known = frontend::WlanType(type);
  if (!known) return this->type(type);
  if (const auto bits = frontend::WlanSubtype(subtype, *known)) return WlanFrame(*known, *bits);
  return WrongName(frontend::WlanFrame{}, subtype, fmt::format("a subtype of type '{}'", type),
                   frontend::WlanSubtypeNames(*known));
}
Predicate Wlan::type(std::uint32_t type, std::uint32_t subtype) const { return WlanFrame(type, subtype); }
Predicate Wlan::subtype(std::string_view subtype) const {
  for (const std::uint8_t type : frontend::kWlanTypes) {
    if (const auto bits = frontend::WlanSubtype(subtype, type)) return WlanFrame(type, *bits);
  }
  return WrongName(frontend::WlanFrame{}, subtype, "a subtype of 802.11 frames",
                   frontend::WlanSubtypeNames());
}
Predicate Wlan::dir(std::string_view direction) const {
  if (const auto number = frontend::WlanDirectionNumber(direction)) return dir(*number);
  return WrongName(frontend::WlanDirection{}, direction, "a direction of 802.11 frames",
                   frontend::WlanDirectionNames());
}
Predicate Wlan::dir(std::uint32_t direction) const { return Leaf(frontend::WlanDirection{direction}); }

Predicate ifname(std::string_view name) { return PfLogName(frontend::PfLogField::kInterface, name); }
Predicate ruleset(std::string_view name) { return PfLogName(frontend::PfLogField::kRuleset, name); }
Predicate rulenum(std::uint32_t number) {
  return Leaf(frontend::PfLogNumber{frontend::PfLogField::kRule, number});
}
Predicate subrulenum(std::uint32_t number) {
  return Leaf(frontend::PfLogNumber{frontend::PfLogField::kSubrule, number});
}
Predicate reason(std::uint32_t number) {
  return Leaf(frontend::PfLogNumber{frontend::PfLogField::kReason, number});
}
Predicate reason(std::string_view name) {
  if (const auto number = frontend::PfReason(name)) return reason(*number);
  return WrongName(frontend::PfLogNumber{}, name, "a reason of PF", frontend::PfReasonNames());
}
Predicate action(std::string_view name) {
  if (const auto number = frontend::PfAction(name)) {
    return Leaf(frontend::PfLogNumber{frontend::PfLogField::kAction, *number});
  }
  return WrongName(frontend::PfLogNumber{}, name, "an action of PF", frontend::PfActionNames());
}

Predicate operator==(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kEqual, value);
}
Predicate operator!=(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kNotEqual, value);
}
Predicate operator>(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kGreater, value);
}
Predicate operator>=(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kGreaterEqual, value);
}
Predicate operator<(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kLess, value);
}
Predicate operator<=(const Field& field, std::uint32_t value) {
  return CompareField(field.word_, frontend::Relational::kLessEqual, value);
}

Predicate lane() { return Cell(frontend::AtmKind::kLane); }
Predicate metac() { return Cell(frontend::AtmKind::kMetac); }
Predicate bcc() { return Cell(frontend::AtmKind::kBcc); }
Predicate oam() { return Cell(frontend::AtmKind::kOam); }
Predicate oamf4() { return Cell(frontend::AtmKind::kOamf4); }
Predicate oamf4sc() { return Cell(frontend::AtmKind::kOamf4Segment); }
Predicate oamf4ec() { return Cell(frontend::AtmKind::kOamf4EndToEnd); }
Predicate sc() { return Cell(frontend::AtmKind::kSc); }
Predicate ilmic() { return Cell(frontend::AtmKind::kIlmic); }
Predicate connectmsg() { return Cell(frontend::AtmKind::kConnectMessage); }
Predicate metaconnect() { return Cell(frontend::AtmKind::kMetaConnect); }

Predicate fisu() { return Unit(frontend::SignalUnit::kFillIn, false); }
Predicate lssu() { return Unit(frontend::SignalUnit::kLinkStatus, false); }
Predicate msu() { return Unit(frontend::SignalUnit::kMessage, false); }
Predicate hfisu() { return Unit(frontend::SignalUnit::kFillIn, true); }
Predicate hlssu() { return Unit(frontend::SignalUnit::kLinkStatus, true); }
Predicate hmsu() { return Unit(frontend::SignalUnit::kMessage, true); }

namespace {

using frontend::NodeId;

// A filter that names its parts again and again can be far longer as a tree than as a graph.
constexpr std::size_t kMaxNodes = std::size_t{1} << 21;

// The operands of a node, in the order of the text.
template <typename Kind>
void SetOperands(Kind& kind, const NodeId* ids) {
  if constexpr (requires { kind.otherwise; }) {
    kind.condition = ids[0];
    kind.then = ids[1];
    kind.otherwise = ids[2];
  } else if constexpr (requires { kind.lhs; }) {
    kind.lhs = ids[0];
    kind.rhs = ids[1];
  } else if constexpr (requires { kind.operand; }) {
    kind.operand = ids[0];
  } else if constexpr (std::is_same_v<Kind, frontend::Accessor>) {
    kind.index = ids[0];
  }
}

// Post-order, with a stack of the nodes whose operands are being laid out.
Expected<frontend::Ast> LayOut(const Predicate& filter) {
  struct Open {
    const internal::Node* node;
    std::size_t done;
  };
  frontend::Ast ast;
  std::vector<Open> open = {{Access::Get(filter).get(), 0}};
  std::vector<NodeId> ids;
  while (!open.empty()) {
    Open& top = open.back();
    if (top.done < top.node->operands.size()) {
      open.push_back({top.node->operands[top.done++].get(), 0});
      continue;
    }
    const internal::Node& node = *top.node;
    open.pop_back();
    if (node.error) return tl::unexpected(*node.error);
    if (ast.nodes.size() == kMaxNodes) return InvalidInput("the filter is too long when it is written out");
    frontend::NodeKind kind = node.kind;
    const NodeId* operands = ids.data() + ids.size() - node.operands.size();
    std::visit([&](auto& k) { SetOperands(k, operands); }, kind);
    ids.resize(ids.size() - node.operands.size());
    ids.push_back(ast.Add(std::move(kind)));
  }
  return ast;
}

}  // namespace

Expected<std::string> ToText(const Predicate& filter) {
  return LayOut(filter).map([](const frontend::Ast& tree) { return frontend::PrintFilter(tree); });
}

}  // namespace bpfopt::filter

namespace bpfopt::frontend {

Expected<Ast> BuildAst(const filter::Predicate& filter) { return filter::LayOut(filter); }

}  // namespace bpfopt::frontend
