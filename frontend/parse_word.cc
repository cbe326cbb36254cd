// Words that are predicates by themselves, with the numbers and names that belong to them.
#include "frontend/keywords.h"
#include "frontend/parse_machine.h"
#include "frontend/value_names.h"

#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

std::optional<ByteOp> ByteOpOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return ByteOp::kEqual;
    case TokenKind::kLess:
      return ByteOp::kLess;
    case TokenKind::kGreater:
      return ByteOp::kGreater;
    case TokenKind::kAmpersand:
      return ByteOp::kAnd;
    case TokenKind::kPipe:
      return ByteOp::kOr;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool ParseMachine::ParseWord() {
  const Token token = Peek();
  switch (token.kind) {
    case TokenKind::kBroadcast:
      Take();
      return PushTerm(Broadcast{Protocol::kDefault}, token.range);
    case TokenKind::kMulticast:
      Take();
      return PushTerm(Multicast{Protocol::kDefault}, token.range);
    case TokenKind::kInbound:
    case TokenKind::kOutbound:
      Take();
      return PushTerm(Bound{token.kind == TokenKind::kOutbound}, token.range);
    case TokenKind::kLessWord:
    case TokenKind::kGreaterWord:
    case TokenKind::kIfindex: {
      Take();
      const auto number = TakeNumber(token.text);
      if (!number) return false;
      const SourceRange range{token.range.begin, number->range.end};
      if (token.kind == TokenKind::kLessWord) return PushTerm(LengthAtMost{number->value}, range, true);
      if (token.kind == TokenKind::kGreaterWord) return PushTerm(LengthAtLeast{number->value}, range, true);
      return PushTerm(InterfaceIndex{number->value}, range, true);
    }
    case TokenKind::kEncapsulation:
      return ParseEncapsulation();
    case TokenKind::kLlc:
      return ParseLlc();
    case TokenKind::kByte:
      return ParseByte();
    case TokenKind::kWlanType:
    case TokenKind::kWlanSubtype:
    case TokenKind::kWlanDirection:
      return ParseWlan(token.range.begin);
    case TokenKind::kPfLog:
      return ParsePfLog();
    case TokenKind::kAtm:
      Take();
      return PushTerm(AtmTest{static_cast<AtmKind>(token.value)}, token.range);
    case TokenKind::kAtmField:
      return ParseAtmField();
    case TokenKind::kSignalUnit:
      Take();
      return PushTerm(SignalUnitTest{static_cast<SignalUnit>(token.value >> 1), (token.value & 1) != 0},
                      token.range);
    case TokenKind::kMtp3Field:
      return ParseMtp3Field();
    default:
      return FailOperand();
  }
}

// vlan, mpls, ... and perhaps a number, perhaps in parentheses.
bool ParseMachine::ParseEncapsulation() {
  const Token word = Take();
  Encapsulated node{static_cast<Encapsulation>(word.value)};
  SourceRange range = word.range;
  const bool bare = Peek().kind == TokenKind::kNumber;
  if (node.kind != Encapsulation::kPppoeDiscovery && (bare || Peek().kind == TokenKind::kLeftParen)) {
    std::size_t parentheses = 0;
    for (; Peek().kind == TokenKind::kLeftParen; ++parentheses) Take();
    const auto number = TakeNumber(word.text);
    if (!number) return false;
    node.has_number = true;
    node.number = number->value;
    range.end = number->range.end;
    for (; parentheses > 0; --parentheses) {
      if (Peek().kind != TokenKind::kRightParen) {
        return FailHere(
            fmt::format("')' is expected after the number of '{}', not {}", word.text, Shown(Peek())));
      }
      range.end = Take().range.end;
    }
  }
  return PushTerm(node, range, bare && node.has_number);
}

bool ParseMachine::ParseLlc() {
  const Token word = Take();
  const Token type = Peek();
  // `rnr` is also a word of PF logs, and so is its synonym.
  if (type.kind == TokenKind::kPfLog && static_cast<PfLogField>(type.value) == PfLogField::kRule) {
    Take();
    return PushTerm(Llc{"rnr"}, {word.range.begin, type.range.end});
  }
  if (type.kind != TokenKind::kName) return PushTerm(Llc{}, word.range);
  std::string name(type.text);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!IsLlcType(name)) {
    return FailHere(fmt::format("{} is not a type of LLC frame; they are {}", Shown(type), LlcTypeNames()));
  }
  Take();
  return PushTerm(Llc{std::move(name)}, {word.range.begin, type.range.end});
}

// `type T`, `type T subtype S`, `subtype S` and `dir D`, perhaps after a protocol at `begin`, which says
// nothing.
bool ParseMachine::ParseWlan(std::size_t begin) {
  const Token word = Take();
  switch (word.kind) {
    case TokenKind::kWlanType:
      return ParseWlanType(begin);
    case TokenKind::kWlanSubtype:
      return ParseWlanSubtype(begin);
    default:
      return ParseWlanDirection(begin);
  }
}

bool ParseMachine::ParseWlanType(std::size_t begin) {
  const Token type = Peek();
  WlanFrame frame{};
  if (type.kind == TokenKind::kNumber) {
    if ((type.value & ~kWlanTypeMask) != 0) {
      return FailHere(
          fmt::format("the type of an 802.11 frame as a number is 0, 4, 8 or 12, not {}", type.value));
    }
    frame.type = static_cast<std::uint8_t>(type.value);
  } else {
    const auto known = type.kind == TokenKind::kName ? WlanType(type.text) : std::nullopt;
    if (!known) {
      return FailHere(
          fmt::format("{} is not a type of 802.11 frame; they are {}", Shown(type), WlanTypeNames()));
    }
    frame.type = *known;
  }
  Take();
  if (Peek().kind != TokenKind::kWlanSubtype) {
    return PushTerm(frame, {begin, type.range.end}, type.kind == TokenKind::kNumber);
  }
  Take();
  const Token subtype = Peek();
  if (subtype.kind == TokenKind::kNumber) {
    if ((subtype.value & ~kWlanSubtypeMask) != 0) {
      return FailHere(fmt::format(
          "the subtype of an 802.11 frame as a number is a multiple of 16 up to 240, not {}", subtype.value));
    }
    frame.subtype = static_cast<std::uint8_t>(subtype.value);
  } else {
    frame.subtype = subtype.kind == TokenKind::kName ? WlanSubtype(subtype.text, frame.type) : std::nullopt;
    if (!frame.subtype) return FailWlanSubtype(Shown(type), frame.type);
  }
  Take();
  return PushTerm(frame, {begin, subtype.range.end}, subtype.kind == TokenKind::kNumber);
}

bool ParseMachine::FailWlanSubtype(const std::string& type_text, std::uint8_t type) {
  const std::string names = WlanSubtypeNames(type);
  if (names.empty()) {
    return FailHere(fmt::format("the subtypes of type {} have no names; a number is expected, not {}",
                                type_text, Shown(Peek())));
  }
  return FailHere(
      fmt::format("{} is not a subtype of type {}; they are {}", Shown(Peek()), type_text, names));
}

// A name tells the type too.
bool ParseMachine::ParseWlanSubtype(std::size_t begin) {
  const Token name = Peek();
  if (name.kind == TokenKind::kName) {
    for (const std::uint8_t type : kWlanTypes) {
      if (const auto subtype = WlanSubtype(name.text, type)) {
        Take();
        return PushTerm(WlanFrame{type, subtype}, {begin, name.range.end});
      }
    }
  }
  if (name.kind == TokenKind::kNumber) {
    return FailHere("a number alone does not tell the type; write 'type T subtype S'");
  }
  return FailHere(
      fmt::format("{} is not a subtype of 802.11 frames; they are {}", Shown(name), WlanSubtypeNames()));
}

bool ParseMachine::ParseWlanDirection(std::size_t begin) {
  const Token direction = Peek();
  const bool is_number = direction.kind == TokenKind::kNumber;
  std::optional<std::uint32_t> number;
  if (is_number) number = direction.value;
  if (direction.kind == TokenKind::kName) number = WlanDirectionNumber(direction.text);
  if (!number) {
    return FailHere(fmt::format("{} is not a direction of 802.11 frames; they are {}", Shown(direction),
                                WlanDirectionNames()));
  }
  Take();
  return PushTerm(WlanDirection{*number}, {begin, direction.range.end}, is_number);
}

// `ifname NAME`, `rulenum NUMBER`, `reason NUMBER or NAME`, ...
bool ParseMachine::ParsePfLog() {
  const Token word = Take();
  const auto field = static_cast<PfLogField>(word.value);
  const Token value = Peek();
  const SourceRange range{word.range.begin, value.range.end};
  switch (field) {
    case PfLogField::kInterface:
    case PfLogField::kRuleset:
      if (value.kind != TokenKind::kName) {
        if (FindKeyword(value.text) == nullptr) {
          return FailHere(fmt::format("a name is expected after '{}', not {}", word.text, Shown(value)));
        }
        return FailHere(
            fmt::format("a name is expected after '{}', not the keyword {}; write \\{} for the name",
                        word.text, Shown(value), value.text));
      }
      Take();
      return PushTerm(PfLogName{field, std::string(value.text)}, range);
    case PfLogField::kRule:
    case PfLogField::kSubrule: {
      const auto number = TakeNumber(word.text);
      return number && PushTerm(PfLogNumber{field, number->value}, range, true);
    }
    case PfLogField::kReason:
    case PfLogField::kAction:
      return ParsePfVerdict(word, field);
  }
  return FailOperand();
}

bool ParseMachine::ParsePfVerdict(const Token& word, PfLogField field) {
  const Token value = Peek();
  const bool is_reason = field == PfLogField::kReason;
  const bool is_number = is_reason && value.kind == TokenKind::kNumber;
  std::optional<std::uint32_t> number;
  if (is_number) number = value.value;
  if (value.kind == TokenKind::kName) number = is_reason ? PfReason(value.text) : PfAction(value.text);
  if (!number) {
    return FailHere(fmt::format("{} is not {} of PF; they are {}", Shown(value),
                                is_reason ? "a reason" : "an action",
                                is_reason ? PfReasonNames() : PfActionNames()));
  }
  Take();
  return PushTerm(PfLogNumber{field, *number}, {word.range.begin, value.range.end}, is_number);
}

// byte OFFSET OP VALUE
bool ParseMachine::ParseByte() {
  const Token word = Take();
  const auto offset = TakeNumber(word.text);
  if (!offset) return false;
  const auto op = ByteOpOf(Peek().kind);
  if (!op) {
    return FailHere(
        fmt::format("'=', '<', '>', '&' or '|' is expected after the offset, not {}", Shown(Peek())));
  }
  const Token sign = Take();
  const auto value = TakeNumber(sign.text);
  if (!value) return false;
  return PushTerm(ByteTest{offset->value, *op, value->value}, {word.range.begin, value->range.end}, true);
}

// What `vpi` and `sio` and their like are compared to: NUMBER, RELATION NUMBER, or NUMBERs joined by `or` in
// parentheses. `make` gives the node of one comparison.
template <typename Make>
bool ParseMachine::ParseFieldValues(const Token& word, Make make) {
  if (Peek().kind != TokenKind::kLeftParen) {
    const auto op = RelationalOf(Peek().kind);
    const Token before = op ? Take() : word;
    const auto number = TakeNumber(before.text);
    return number && PushTerm(make(op.value_or(Relational::kEqual), number->value),
                              {word.range.begin, number->range.end}, true);
  }
  Take();
  std::optional<NodeId> list;
  for (std::string_view after = "'('";; after = "'or'") {
    const auto number = TakeNumber(after);
    if (!number) return false;
    const NodeId one = AddNode(make(Relational::kEqual, number->value), word.range.begin, number->range.end);
    list = list ? AddNode(Or{*list, one}, word.range.begin, number->range.end) : one;
    if (Peek().kind != TokenKind::kOr) break;
    Take();
  }
  if (Peek().kind != TokenKind::kRightParen) {
    return FailHere(
        fmt::format("'or' or ')' is expected after a number of '{}', not {}", word.text, Shown(Peek())));
  }
  return PushNode(Class::kTerm, *list, word.range.begin, Take().range.end);
}

bool ParseMachine::ParseAtmField() {
  const Token word = Take();
  const auto field = static_cast<AtmField>(word.value);
  return ParseFieldValues(word, [&](Relational op, std::uint32_t value) {
    return AtmFieldTest{field, op, value};
  });
}

bool ParseMachine::ParseMtp3Field() {
  const Token word = Take();
  const auto field = static_cast<Mtp3Field>(word.value >> 1);
  const bool high_speed = (word.value & 1) != 0;
  return ParseFieldValues(word, [&](Relational op, std::uint32_t value) {
    return Mtp3Test{field, high_speed, op, value};
  });
}

bool ParseMachine::ParseWhen() {
  if ((wanted_ & kTermWanted) == 0) return FailOperand();
  const Token word = Take();
  const Token open = Take();
  PushFrame(Mark::kWhen, {word.range.begin, open.range.end}, kPredicateWanted, Contents::kPredicates);
  Frame().has_last = false;
  Inherit(false, {});
  return true;
}

bool ParseMachine::ParseRand() {
  if ((wanted_ & kTermWanted) == 0) return FailOperand();
  const Token word = Take();
  Take();
  const Token value = Peek();
  double probability = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, probability);
  if (value.text.empty() || read.ec != std::errc() || read.ptr != end ||
      value.kind == TokenKind::kRightParen) {
    return FailHere(fmt::format("rand() takes a probability such as 0.1, not {}", Shown(value)));
  }
  if (!RandThreshold(probability)) {
    return FailHere(fmt::format(
        "the probability of rand() lies between 0 and 1, both excluded, in steps of 2^-32; {} does not",
        Shown(value)));
  }
  Take();
  if (Peek().kind != TokenKind::kRightParen) {
    return FailHere(fmt::format("')' is expected after the probability, not {}", Shown(Peek())));
  }
  return PushTerm(Rand{probability}, {word.range.begin, Take().range.end});
}

}  // namespace bpfopt::frontend
