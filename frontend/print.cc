// The printer walks the tree with its own stack of pending work: nodes to print, and pieces of text to put
// between. Every test is printed with all of its qualifiers, so nothing is inherited in printed text.
#include "frontend/print.h"

#include "frontend/keywords.h"
#include "frontend/lexer.h"
#include "frontend/value_names.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <bit>
#include <charconv>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string_view Word(Relational op) {
  switch (op) {
    case Relational::kEqual:
      return "=";
    case Relational::kNotEqual:
      return "!=";
    case Relational::kGreater:
      return ">";
    case Relational::kGreaterEqual:
      return ">=";
    case Relational::kLess:
      return "<";
    case Relational::kLessEqual:
      return "<=";
  }
  return {};
}

std::string_view Word(Arithmetic op) {
  switch (op) {
    case Arithmetic::kAdd:
      return "+";
    case Arithmetic::kSub:
      return "-";
    case Arithmetic::kMul:
      return "*";
    case Arithmetic::kDiv:
      return "/";
    case Arithmetic::kMod:
      return "%";
    case Arithmetic::kAnd:
      return "&";
    case Arithmetic::kOr:
      return "|";
    case Arithmetic::kXor:
      return "^";
    case Arithmetic::kShl:
      return "<<";
    case Arithmetic::kShr:
      return ">>";
  }
  return {};
}

std::string_view Word(Direction direction) {
  switch (direction) {
    case Direction::kDefault:
      return "";
    case Direction::kSrc:
      return "src ";
    case Direction::kDst:
      return "dst ";
    case Direction::kSrcOrDst:
      return "src or dst ";
    case Direction::kSrcAndDst:
      return "src and dst ";
    case Direction::kAddress1:
      return "addr1 ";
    case Direction::kAddress2:
      return "addr2 ";
    case Direction::kAddress3:
      return "addr3 ";
    case Direction::kAddress4:
      return "addr4 ";
    case Direction::kReceiver:
      return "ra ";
    case Direction::kTransmitter:
      return "ta ";
  }
  return {};
}

std::string_view Word(AddressKind kind) {
  switch (kind) {
    case AddressKind::kDefault:
      return "";
    case AddressKind::kHost:
      return "host ";
    case AddressKind::kNet:
      return "net ";
    case AddressKind::kPort:
      return "port ";
    case AddressKind::kPortRange:
      return "portrange ";
    case AddressKind::kProto:
      return "proto ";
    case AddressKind::kProtoChain:
      return "protochain ";
    case AddressKind::kGateway:
      return "gateway ";
  }
  return {};
}

std::string_view Word(ByteOp op) {
  switch (op) {
    case ByteOp::kEqual:
      return "=";
    case ByteOp::kLess:
      return "<";
    case ByteOp::kGreater:
      return ">";
    case ByteOp::kAnd:
      return "&";
    case ByteOp::kOr:
      return "|";
  }
  return {};
}

// The shortest decimal fraction that reads back as the same number, without an exponent.
std::string ShortestFraction(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return end.ec == std::errc() ? std::string(text.data(), end.ptr) : std::string("0");
}

// With a blank behind each.
std::string Words(const Qualifier& qualifier) {
  std::string words;
  if (qualifier.protocol != Protocol::kDefault) words = fmt::format("{} ", ProtocolWord(qualifier.protocol));
  words += Word(qualifier.direction);
  words += Word(qualifier.kind);
  return words;
}

class Printer {
 public:
  explicit Printer(const Ast& filter) : filter_(filter) {}

  std::string Run() {
    if (!filter_.empty()) Push(filter_.root(), false);
    while (!work_.empty()) {
      const Work work = work_.back();
      work_.pop_back();
      if (!work.text.empty()) {
        out_ += work.text;
      } else {
        PrintNode(work.node, work.enclose);
      }
    }
    return std::move(out_);
  }

 private:
  struct Work {
    std::string_view text;  // printed when not empty, else the node
    NodeId node = 0;
    bool enclose = false;  // in parentheses, when it is more than one word
  };

  void Push(NodeId node, bool enclose = true) { work_.push_back({{}, node, enclose}); }
  void Push(std::string_view text) { work_.push_back({text, 0, false}); }
  template <typename... Args>
  void Out(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  // "(lhs WORD rhs)"
  void Infix(NodeId lhs, std::string_view word, NodeId rhs, bool enclose) {
    if (enclose) {
      out_ += '(';
      Push(")");
    }
    Push(rhs);
    Push(" ");
    Push(word);
    Push(" ");
    Push(lhs);
  }
  void Prefix(std::string_view word, NodeId operand, bool enclose) {
    if (enclose) {
      out_ += '(';
      Push(")");
    }
    out_ += word;
    Push(operand);
  }

  void PrintNode(NodeId id, bool enclose);
  void PrintId(const Id& id);
  void PrintName(std::string_view name);
  void PrintIpv4(const Ipv4& address);
  void PrintIpv6(const Ipv6& address);

  const Ast& filter_;
  std::vector<Work> work_;
  std::string out_;
};

void Printer::PrintNode(NodeId id, bool enclose) {
  const auto protocol_word = [this](Protocol protocol, std::string_view word) {
    if (protocol != Protocol::kDefault) Out("{} ", ProtocolWord(protocol));
    out_ += word;
  };
  std::visit(
      Overloaded{
          [&](const And& n) { Infix(n.lhs, "and", n.rhs, enclose); },
          [&](const Or& n) { Infix(n.lhs, "or", n.rhs, enclose); },
          [&](const Not& n) { Prefix("not ", n.operand, enclose); },
          [&](const When& n) {
            out_ += "when(";
            Push(")");
            Push(n.otherwise, false);
            Push(", ");
            Push(n.then, false);
            Push(", ");
            Push(n.condition, false);
          },
          [&](const Rand& n) { Out("rand({})", ShortestFraction(n.probability)); },
          [&](const Test& n) {
            out_ += Words(n.qualifier);
            PrintId(n.id);
          },
          [&](const ProtocolTest& n) { out_ += ProtocolWord(n.protocol); },
          [&](const Broadcast& n) { protocol_word(n.protocol, "broadcast"); },
          [&](const Multicast& n) { protocol_word(n.protocol, "multicast"); },
          [&](const LengthAtLeast& n) { Out("greater {}", n.bytes); },
          [&](const LengthAtMost& n) { Out("less {}", n.bytes); },
          [&](const Encapsulated& n) {
            out_ += EncapsulationWord(n.kind);
            if (n.has_number) Out(" {}", n.number);
          },
          [&](const Llc& n) { Out("llc{}{}", n.type.empty() ? "" : " ", n.type); },
          [&](const Bound& n) { out_ += n.outbound ? "outbound" : "inbound"; },
          [&](const InterfaceIndex& n) { Out("ifindex {}", n.index); },
          [&](const ByteTest& n) { Out("byte {} {} {}", n.offset, Word(n.op), n.value); },
          [&](const WlanFrame& n) {
            Out("wlan type {}", n.type);
            if (n.subtype) Out(" subtype {}", *n.subtype);
          },
          [&](const WlanDirection& n) { Out("wlan dir {}", n.direction); },
          [&](const PfLogName& n) {
            Out("{} ", PfLogWord(n.field));
            PrintName(n.name);
          },
          [&](const PfLogNumber& n) {
            if (n.field == PfLogField::kAction) {
              Out("{} {}", PfLogWord(n.field), PfActionName(n.number));
            } else {
              Out("{} {}", PfLogWord(n.field), n.number);
            }
          },
          [&](const AtmTest& n) { out_ += AtmWord(n.kind); },
          [&](const AtmFieldTest& n) { Out("{} {} {}", AtmFieldWord(n.field), Word(n.op), n.value); },
          [&](const SignalUnitTest& n) { out_ += SignalUnitWord(n.kind, n.high_speed); },
          [&](const Mtp3Test& n) { Out("{} {} {}", Mtp3Word(n.field, n.high_speed), Word(n.op), n.value); },
          [&](const Relation& n) { Infix(n.lhs, Word(n.op), n.rhs, enclose); },
          [&](const Literal& n) { Out("{}", n.value); },
          [&](const PacketLength&) { out_ += "len"; },
          [&](const Accessor& n) {
            Out("{}[", ProtocolWord(n.protocol));
            Push(n.size == 1 ? "]" : n.size == 2 ? ":2]" : ":4]");
            Push(n.index, true);
          },
          [&](const Binary& n) { Infix(n.lhs, Word(n.op), n.rhs, enclose); },
          [&](const Negate& n) { Prefix("- ", n.operand, enclose); },
      },
      filter_.nodes[id].kind);
}

void Printer::PrintId(const Id& id) {
  std::visit(Overloaded{
                 [&](const Name& n) { PrintName(n.text); },
                 [&](const Number& n) { Out("{}", n.value); },
                 [&](const Ipv4& n) { PrintIpv4(n); },
                 [&](const Ipv6& n) { PrintIpv6(n); },
                 [&](const Mac& n) { Out("{:02x}", fmt::join(n.address, ":")); },
                 [&](const Arcnet& n) { Out("${:x}", n.address & 0xf); },
                 [&](const Decnet& n) { Out("{}.{}", n.address >> 10, n.address & 0x3ff); },
                 [&](const PortSpan& n) { Out("{}-{}", n.first, n.last); },
                 [&](const Hosts& n) { PrintName(n.name); },
                 [&](const Gateway& n) { PrintName(n.name); },
                 [&](const ServicePort& n) {
                   Out("{}", n.first);
                   if (n.last != n.first) Out("-{}", n.last);
                 },
             },
             id);
}

void Printer::PrintName(std::string_view name) {
  if (IsPlainName(name)) {
    out_ += name;
  } else if (IsEscapableName(name)) {
    Out("\\{}", name);
  } else {
    Out("\"{}\"", name);
  }
}

void Printer::PrintIpv4(const Ipv4& address) {
  const auto dotted = [this](std::uint32_t value, unsigned bits) {
    for (unsigned shown = 8; shown <= bits; shown += 8) {
      Out("{}{}", shown == 8 ? "" : ".", value >> (32 - shown) & 0xff);
    }
  };
  dotted(address.address, address.bits);
  if (!address.has_mask) return;
  if (address.by_length) {
    Out("/{}", std::popcount(address.mask));
  } else {
    out_ += " mask ";
    dotted(address.mask, 32);
  }
}

void Printer::PrintIpv6(const Ipv6& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  out_ += inet_ntop(AF_INET6, address.address.data(), text.data(), text.size());
  if (address.has_length) Out("/{}", address.length);
}

}  // namespace

std::string PrintFilter(const Ast& filter) { return Printer(filter).Run(); }

std::string PrintQualifier(const Qualifier& qualifier) {
  std::string words = Words(qualifier);
  if (!words.empty()) words.pop_back();
  return words;
}

bool UsesExtensions(const Ast& filter) {
  return std::any_of(filter.nodes.begin(), filter.nodes.end(), [](const Node& node) {
    return std::holds_alternative<When>(node.kind) || std::holds_alternative<Rand>(node.kind);
  });
}

}  // namespace bpfopt::frontend
