// What stands where an operand is expected: qualifiers and ids, numbers and opening brackets. Words that are
// predicates by themselves are in parse_word.cc.
#include "frontend/address_text.h"
#include "frontend/keywords.h"
#include "frontend/parse_id.h"
#include "frontend/parse_machine.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

// The words that say what kind of thing an id is; `src` and `dst` may stand before some of them only.
std::optional<AddressKind> AddressKindOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kHost:
      return AddressKind::kHost;
    case TokenKind::kNet:
      return AddressKind::kNet;
    case TokenKind::kPort:
      return AddressKind::kPort;
    case TokenKind::kPortRange:
      return AddressKind::kPortRange;
    case TokenKind::kProto:
      return AddressKind::kProto;
    case TokenKind::kProtoChain:
      return AddressKind::kProtoChain;
    case TokenKind::kGateway:
      return AddressKind::kGateway;
    default:
      return std::nullopt;
  }
}

bool TakesNoDirection(AddressKind kind) {
  return kind == AddressKind::kProto || kind == AddressKind::kProtoChain || kind == AddressKind::kGateway;
}

bool IsSourceOrDestination(Direction direction) {
  return direction == Direction::kSrc || direction == Direction::kDst;
}

Direction DirectionOf(const Token& token) { return static_cast<Direction>(token.value); }

}  // namespace

bool ParseMachine::ParseOperand() {
  const Token token = Peek();
  const auto wants = [this](std::uint8_t what) { return (wanted_ & what) != 0; };
  switch (token.kind) {
    case TokenKind::kNumber:
      if (!wants(kNumberWanted | kPlainWanted)) return FailOperand();
      Take();
      return PushOperand(Class::kPlainNumber, Literal{token.value}, token.range.begin, token.range.end, true);
    case TokenKind::kMinus:
      if (!wants(kNumberWanted)) return FailOperand();
      Take();
      PushMark(Mark::kNegate, token.range);
      wanted_ = kNumberWanted;
      return true;
    case TokenKind::kLen:
      if (!wants(kNumberWanted)) return FailOperand();
      Take();
      return PushOperand(Class::kNumber, PacketLength{}, token.range.begin, token.range.end);
    case TokenKind::kLeftParen: {
      Take();
      const bool ids = !wants(kNumberWanted | kTermWanted);
      std::uint8_t inside = wanted_ & (kNumberWanted | kTermWanted | kPlainWanted);
      if (wants(kIdListWanted)) inside |= kIdWanted;
      PushFrame(Mark::kParenthesis, token.range, inside, ids ? Contents::kIds : Contents::kUnknown);
      return true;
    }
    case TokenKind::kNot:
      if (!wants(kTermWanted | kIdWanted)) return FailOperand();
      Take();
      PushMark(Mark::kNot, token.range);
      if (wants(kIdWanted)) wanted_ |= kIdListWanted;
      return true;
    case TokenKind::kName:
      if (token.style == NameStyle::kPlain && Peek(1).kind == TokenKind::kLeftParen) {
        if (token.text == "when") return ParseWhen();
        if (token.text == "rand") return ParseRand();
      }
      if (token.style == NameStyle::kPlain && token.text == "in" && Peek(1).kind == TokenKind::kLeftBrace) {
        return wants(kIdWanted) ? ParseSet() : FailOperand();
      }
      return wants(kIdWanted) ? ParseName() : FailOperand();
    case TokenKind::kDotted:
    case TokenKind::kIpv6:
    case TokenKind::kMac:
    case TokenKind::kArcnet:
      return wants(kIdWanted) ? ParseAddress() : FailOperand();
    case TokenKind::kProtocol:
      if (Peek(1).kind == TokenKind::kLeftBracket ? !wants(kNumberWanted) : !wants(kTermWanted)) {
        return FailOperand();
      }
      return ParseProtocol();
    default:
      if (!wants(kTermWanted)) return FailOperand();
      if (token.kind == TokenKind::kDirection || AddressKindOf(token.kind)) {
        return ParseHead(token.range.begin, Protocol::kDefault);
      }
      return ParseWord();
  }
}

// Says what was expected here, and where the token at hand could have been meant well, what to write instead.
bool ParseMachine::FailOperand() {
  const Token& token = Peek();
  const std::string shown = Shown(token);
  const Entry& mark = marks_.back();
  if (mark.mark == Mark::kBinary && token.kind != TokenKind::kEnd && token.kind != TokenKind::kError &&
      (mark.op == static_cast<std::uint8_t>(Arithmetic::kAnd) ||
       mark.op == static_cast<std::uint8_t>(Arithmetic::kOr))) {
    return Fail(fmt::format("'{}' after a number is arithmetic, and {} is no number; put the predicates on "
                            "both sides of it in "
                            "parentheses",
                            Written(mark.begin, mark.end), shown),
                {mark.begin, token.range.end});
  }
  if ((wanted_ & kTermWanted) != 0 && token.kind == TokenKind::kName) {
    return FailHere(
        fmt::format("{} is neither a word of the language nor does it stand after a qualifier such as "
                    "'host', 'net' or 'port'",
                    shown));
  }
  if ((wanted_ & kTermWanted) != 0 && (token.kind == TokenKind::kDotted || token.kind == TokenKind::kIpv6 ||
                                       token.kind == TokenKind::kMac || token.kind == TokenKind::kArcnet)) {
    return FailHere(fmt::format(
        "the address {} needs a qualifier before it, such as 'host', 'src net' or 'ether host'", shown));
  }
  if ((wanted_ & kTermWanted) != 0) return FailHere(fmt::format("a predicate is expected, not {}", shown));
  if ((wanted_ & kNumberWanted) != 0) return FailHere(fmt::format("a number is expected, not {}", shown));
  if ((wanted_ & kIdWanted) == 0) {
    return FailHere(fmt::format(
        "a number is expected in these parentheses, not {}; write a list with one pair of parentheses",
        shown));
  }
  if (token.kind == TokenKind::kLeftBrace) return FailHere("'in' is expected before the '{' of a set");
  if (FindKeyword(token.text) != nullptr) {
    return FailHere(fmt::format(
        "an address, a name or a number is expected, not the keyword {0}; write \\{1} for the name", shown,
        token.text));
  }
  return FailHere(fmt::format("an address, a name or a number is expected, not {}", shown));
}

// A protocol word: alone, before an index in brackets, or as the first qualifier.
bool ParseMachine::ParseProtocol() {
  const Token token = Take();
  const auto protocol = static_cast<Protocol>(token.value);
  const Token& next = Peek();
  const SourceRange both{token.range.begin, next.range.end};
  switch (next.kind) {
    case TokenKind::kLeftBracket:
      Take();
      PushFrame(Mark::kIndex, both, kNumberWanted, Contents::kUnknown, static_cast<std::uint8_t>(protocol));
      return true;
    case TokenKind::kBroadcast:
      Take();
      return PushTerm(Broadcast{protocol}, both);
    case TokenKind::kMulticast:
      Take();
      return PushTerm(Multicast{protocol}, both);
    case TokenKind::kWlanType:
    case TokenKind::kWlanSubtype:
    case TokenKind::kWlanDirection:
      return ParseWlan(token.range.begin);
    default:
      if (next.kind == TokenKind::kDirection || AddressKindOf(next.kind)) {
        return ParseHead(token.range.begin, protocol);
      }
      return PushTerm(ProtocolTest{protocol}, token.range);
  }
}

// The qualifiers after the protocol; the id that they wait for comes next.
bool ParseMachine::ParseHead(std::size_t begin, Protocol protocol) {
  Qualifier qualifier{AddressKind::kDefault, protocol, Direction::kDefault};
  SourceRange range{begin, Peek().range.end};
  if (Peek().kind == TokenKind::kDirection && !ParseDirection(qualifier.direction, range)) return false;
  if (const auto kind = AddressKindOf(Peek().kind)) {
    if (qualifier.direction != Direction::kDefault && TakesNoDirection(*kind)) {
      return Fail(fmt::format("{} takes no direction", Shown(Peek())), {range.begin, Peek().range.end});
    }
    qualifier.kind = *kind;
  }
  if (qualifier.kind != AddressKind::kDefault) range.end = Take().range.end;
  if (qualifier.kind == AddressKind::kPortRange && Peek().kind == TokenKind::kLeftParen &&
      Peek(1).kind == TokenKind::kNumber && Peek(2).kind == TokenKind::kComma) {
    return ParsePortSpan(begin, qualifier);
  }
  PushMark(Mark::kHead, range);
  marks_.back().inherited = qualifier;
  Inherit(true, qualifier);
  wanted_ = kIdsWanted;
  return true;
}

// One word, or `src` and `dst` joined by `or` or `and`.
bool ParseMachine::ParseDirection(Direction& direction, SourceRange& range) {
  direction = DirectionOf(Take());
  if (!IsSourceOrDestination(direction)) return true;
  if (Peek().kind != TokenKind::kAnd && Peek().kind != TokenKind::kOr) return true;
  const bool is_or = Take().kind == TokenKind::kOr;
  const Direction other = direction == Direction::kSrc ? Direction::kDst : Direction::kSrc;
  if (Peek().kind != TokenKind::kDirection || DirectionOf(Peek()) != other) {
    return FailHere(fmt::format("'{}' is expected to complete the direction, not {}", DirectionWord(other),
                                Shown(Peek())));
  }
  direction = is_or ? Direction::kSrcOrDst : Direction::kSrcAndDst;
  range.end = Take().range.end;
  return true;
}

// portrange(FIRST, LAST)
bool ParseMachine::ParsePortSpan(std::size_t begin, const Qualifier& qualifier) {
  Take();
  const Token first = Take();
  Take();
  const auto last = TakeNumber("the first port and ','");
  if (!last) return false;
  if (Peek().kind != TokenKind::kRightParen) {
    return FailHere(fmt::format("')' is expected after the ports of the range, not {}", Shown(Peek())));
  }
  const SourceRange range{begin, Take().range.end};
  PushTerm(Test{qualifier, PortSpan{first.value, last->value}}, range);
  operands_.back().has_qualifier = true;
  operands_.back().qualifier = qualifier;
  return true;
}

bool ParseMachine::PushId(Expected<Id> id, SourceRange range, bool ends_in_number) {
  if (!id) {
    if (!id.error().range) id.error().range = range;
    error_ = std::move(id.error());
    return false;
  }
  PushOperand(Class::kId, Test{inherited_, std::move(*id)}, range.begin, range.end, ends_in_number);
  operands_.back().has_qualifier = true;
  operands_.back().qualifier = inherited_;
  return true;
}

bool ParseMachine::ParseName() {
  const Token token = Take();
  if (token.style != NameStyle::kQuoted) return PushId(NameId(token.text, inherited_.kind), token.range);
  Expected<Id> id = ReadId(token.text, inherited_);
  if (!id && id.error().range) {
    id.error().range->begin += token.range.begin + 1;
    id.error().range->end += token.range.begin + 1;
  }
  return PushId(std::move(id), token.range);
}

bool ParseMachine::ParseAddress() {
  const Token token = Take();
  if (token.kind == TokenKind::kMac) return PushId(ReadMac(token.text), token.range);
  if (token.kind == TokenKind::kArcnet) return PushId(ReadArcnet(token.text), token.range);
  if (token.kind == TokenKind::kIpv6) return ParseIpv6(token);
  if (inherited_.protocol == Protocol::kDecnet) return ParseDecnet(token);
  return ParseIpv4(token);
}

bool ParseMachine::ParseIpv6(const Token& token) {
  const Ipv6 address{ReadIpv6(token.text).value_or(std::array<std::uint8_t, 16>{})};
  if (Peek().kind == TokenKind::kPercent) {
    return FailHere("an IPv6 address in a packet has no zone; leave out '%' and what follows it");
  }
  if (Peek().kind != TokenKind::kSlash) return PushId(address, token.range);
  Take();
  const auto length = TakeNumber("'/'");
  if (!length) return false;
  return PushId(WithPrefixLength(address, length->value), {token.range.begin, length->range.end});
}

bool ParseMachine::ParseDecnet(const Token& token) {
  if (Peek().kind == TokenKind::kSlash || Peek().kind == TokenKind::kMask) {
    return FailHere(fmt::format("DECnet addresses form no networks; {} is not expected here", Shown(Peek())));
  }
  return PushId(ReadDecnet(token.text).map([](const Decnet& a) { return Id(a); }), token.range);
}

bool ParseMachine::ParseIpv4(const Token& token) {
  const Expected<Ipv4> address = ReadDotted(token.text);
  if (!address) return Fail(address.error().message, token.range);
  if (Peek().kind == TokenKind::kSlash) {
    Take();
    const auto length = TakeNumber("'/'");
    if (!length) return false;
    return PushId(WithPrefixLength(*address, length->value), {token.range.begin, length->range.end});
  }
  if (Peek().kind != TokenKind::kMask) return PushId(*address, token.range);
  Take();
  const Token mask = Peek();
  if (mask.kind != TokenKind::kDotted) {
    return FailHere(fmt::format("a dotted mask is expected after 'mask', not {}", Shown(mask)));
  }
  Take();
  const Expected<Ipv4> bits = ReadDotted(mask.text);
  if (!bits) return Fail(bits.error().message, mask.range);
  return PushId(WithMask(*address, *bits), {token.range.begin, mask.range.end});
}

std::optional<Token> ParseMachine::TakeNumber(std::string_view after) {
  if (Peek().kind == TokenKind::kNumber) return Take();
  FailHere(fmt::format(
      "a number is expected after {}, not {}",
      after.starts_with("the ") || after.starts_with('\'') ? std::string(after) : fmt::format("'{}'", after),
      Shown(Peek())));
  return std::nullopt;
}

}  // namespace bpfopt::frontend
