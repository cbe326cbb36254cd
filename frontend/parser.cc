// The parser: an operator-precedence machine with two explicit stacks, one of operands (parsed parts of the
// tree) and one of marks (operators, qualifiers and open brackets that wait for their operands). At each
// place it knows what may stand there, so numbers and predicates share parentheses and `&` and `|` without
// backtracking:
//
//   (ip[0] & 0xf) * 4 = 20        parentheses around a number
//   (ip & udp)                    around a predicate
//   port (80 or 443)              around ids, which take the qualifier from the left
//
// docs/language.md has the grammar.
#include "frontend/parser.h"

#include "frontend/address_text.h"
#include "frontend/keywords.h"
#include "frontend/lexer.h"
#include "frontend/parse_id.h"

#include <cctype>
#include <charconv>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

// Positions are kept in 32 bits; nobody writes filters of this size.
constexpr std::size_t kMaxFilterBytes = std::size_t{256} << 20;

// What may stand at a place: a set of these.
enum Wanted : std::uint8_t {
  kNumberWanted = 1,   // arithmetic
  kPlainWanted = 2,    // a number that is an id, perhaps in parentheses
  kTermWanted = 4,     // a predicate by itself
  kIdWanted = 8,       // an id that takes its qualifier from the left
  kIdListWanted = 16,  // such ids in parentheses
};
constexpr std::uint8_t kPredicateWanted = kNumberWanted | kTermWanted;
constexpr std::uint8_t kIdsWanted = kPlainWanted | kIdWanted | kIdListWanted;

enum class Mark : std::uint8_t {
  // Frames: they enclose what is parsed inside of them.
  kRoot,
  kParenthesis,
  kIndex,  // the brackets of proto[index:size]
  kWhen,
  // Operators, prefixes.
  kAndOr,
  kPredicateOr,
  kPredicateAnd,
  kNot,
  kHead,  // qualifiers that wait for their id
  kRelation,
  kBinary,
  kNegate,
};

enum class Contents : std::uint8_t { kUnknown, kPredicates, kIds };

struct Entry {
  Mark mark;
  Contents contents = Contents::kUnknown;  // of a frame
  std::uint8_t wanted = 0;                 // what was wanted where the entry stands
  std::uint8_t op = 0;                     // Arithmetic, Relational, Protocol of an index, 1 for `or`
  std::uint8_t arguments = 0;              // of when(), so far
  bool has_inherited = false;
  bool has_last = false;
  Qualifier inherited{};  // frames: from the left of it. kHead: itself
  Qualifier last{};       // frames: of the last term inside, which the next id inherits
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

enum class Class : std::uint8_t { kNumber, kPlainNumber, kId, kTerm };

struct Operand {
  Class kind;
  std::uint8_t wanted = 0;      // what was wanted where it starts
  bool ends_in_number = false;  // a bare number is its last token
  bool has_qualifier = false;
  Qualifier qualifier{};
  NodeId node = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

std::optional<Arithmetic> ArithmeticOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPlus:
      return Arithmetic::kAdd;
    case TokenKind::kMinus:
      return Arithmetic::kSub;
    case TokenKind::kStar:
      return Arithmetic::kMul;
    case TokenKind::kSlash:
      return Arithmetic::kDiv;
    case TokenKind::kPercent:
      return Arithmetic::kMod;
    case TokenKind::kAmpersand:
      return Arithmetic::kAnd;
    case TokenKind::kPipe:
      return Arithmetic::kOr;
    case TokenKind::kCaret:
      return Arithmetic::kXor;
    case TokenKind::kShiftLeft:
      return Arithmetic::kShl;
    case TokenKind::kShiftRight:
      return Arithmetic::kShr;
    default:
      return std::nullopt;
  }
}

std::optional<Relational> RelationalOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return Relational::kEqual;
    case TokenKind::kNotEqual:
      return Relational::kNotEqual;
    case TokenKind::kGreater:
      return Relational::kGreater;
    case TokenKind::kGreaterEqual:
      return Relational::kGreaterEqual;
    case TokenKind::kLess:
      return Relational::kLess;
    case TokenKind::kLessEqual:
      return Relational::kLessEqual;
    default:
      return std::nullopt;
  }
}

// Binding strength; 0 for `%` and `^`, to which libpcap's grammar gives none: they take everything to their
// right, and anything to their left waits for them.
int Strength(Arithmetic op) {
  switch (op) {
    case Arithmetic::kOr:
      return 1;
    case Arithmetic::kAnd:
      return 2;
    case Arithmetic::kShl:
    case Arithmetic::kShr:
      return 3;
    case Arithmetic::kAdd:
    case Arithmetic::kSub:
      return 4;
    case Arithmetic::kMul:
    case Arithmetic::kDiv:
      return 5;
    case Arithmetic::kMod:
    case Arithmetic::kXor:
      return 0;
  }
  return 0;
}

bool IsDirection(TokenKind kind) { return kind == TokenKind::kSrc || kind == TokenKind::kDst; }

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
    default:
      return std::nullopt;
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {}

  Expected<Ast> Run() {
    if (text_.size() > kMaxFilterBytes) return InvalidInput("the filter is longer than 256 MiB");
    if (Peek().kind == TokenKind::kEnd) return Ast{};
    PushFrame(Mark::kRoot, {}, kPredicateWanted, Contents::kPredicates);
    while (!done_) {
      if (!(operand_expected_ ? ParseOperand() : ParseAfterOperand())) return tl::unexpected(error_);
    }
    return std::move(ast_);
  }

 private:
  // --- Tokens and errors ---
  const Token& Peek(std::size_t ahead = 0) {
    while (tokens_.size() <= ahead) tokens_.push_back(lexer_.Next());
    return tokens_[ahead];
  }
  Token Take() {
    const Token token = Peek();
    tokens_.pop_front();
    return token;
  }
  bool Fail(std::string message, SourceRange range) {
    error_ = Error{ErrorCode::kInvalidInput, std::move(message), range};
    return false;
  }
  // At the next token, which the lexer may have something to say about.
  bool FailHere(std::string message) {
    if (Peek().kind == TokenKind::kError) {
      error_ = lexer_.error();
      return false;
    }
    return Fail(std::move(message), Peek().range);
  }
  std::string Shown(const Token& token) const {
    if (token.kind == TokenKind::kEnd) return "the end of the filter";
    const std::string_view written = text_.substr(token.range.begin, token.range.end - token.range.begin);
    return fmt::format("'{}{}'", written.substr(0, 40), written.size() > 40 ? "..." : "");
  }
  std::string_view Written(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }

  // --- Stacks ---
  Entry& Frame() { return marks_[frames_.back()]; }
  void PushMark(Mark mark, SourceRange range, std::uint8_t op = 0) {
    Entry entry{};
    entry.mark = mark;
    entry.op = op;
    entry.wanted = wanted_;
    entry.begin = static_cast<std::uint32_t>(range.begin);
    entry.end = static_cast<std::uint32_t>(range.end);
    marks_.push_back(entry);
  }
  void PushFrame(Mark mark, SourceRange range, std::uint8_t wanted, Contents contents, std::uint8_t op = 0) {
    PushMark(mark, range, op);
    Entry& frame = marks_.back();
    frame.contents = contents;
    frame.has_inherited = frame.has_last = has_inherited_;
    frame.inherited = frame.last = inherited_;
    frames_.push_back(marks_.size() - 1);
    wanted_ = wanted;
    operand_expected_ = true;
  }
  Entry PopFrame() {
    const Entry frame = marks_.back();
    marks_.pop_back();
    frames_.pop_back();
    has_inherited_ = frame.has_inherited;
    inherited_ = frame.inherited;
    return frame;
  }
  void Inherit(bool has, const Qualifier& qualifier) {
    has_inherited_ = has;
    inherited_ = qualifier;
  }
  Operand PopOperand() {
    const Operand operand = operands_.back();
    operands_.pop_back();
    return operand;
  }
  NodeId AddNode(NodeKind kind, std::size_t begin, std::size_t end) {
    return ast_.Add(std::move(kind), {begin, end});
  }
  // A part of the tree that stands complete where `wanted_` says.
  bool PushOperand(Class kind, NodeKind node, std::size_t begin, std::size_t end,
                   bool ends_in_number = false) {
    Operand operand{};
    operand.kind = kind;
    operand.wanted = wanted_;
    operand.ends_in_number = ends_in_number;
    operand.node = AddNode(std::move(node), begin, end);
    operand.begin = static_cast<std::uint32_t>(begin);
    operand.end = static_cast<std::uint32_t>(end);
    operands_.push_back(operand);
    operand_expected_ = false;
    return true;
  }
  bool PushTerm(NodeKind node, SourceRange range, bool ends_in_number = false) {
    return PushOperand(Class::kTerm, std::move(node), range.begin, range.end, ends_in_number);
  }

  // --- Operands ---
  bool ParseOperand();
  bool FailOperand();
  bool ParseUnsupported();
  bool ParseProtocol();
  bool ParseHead(std::size_t begin, Protocol protocol);
  bool ParsePortSpan(std::size_t begin, const Qualifier& qualifier);
  bool ParseAddress();
  bool ParseName();
  bool PushId(Expected<Id> id, SourceRange range, bool ends_in_number = false);
  bool ParseEncapsulation();
  bool ParseLlc();
  bool ParseWhen();
  bool ParseRand();
  std::optional<Token> TakeNumber(std::string_view after);

  // --- What follows an operand ---
  bool ParseAfterOperand();
  bool ParseAfterNumber(bool& settled);
  bool ParseAfterPredicate();
  bool PushBinary(Arithmetic op);
  bool PushRelation(Relational op);
  bool PushPredicateOperator(bool is_or);
  bool PushAndOr(bool is_or);
  bool CloseParenthesis();
  bool CloseIndex();
  bool NextArgument();
  bool Finish();
  bool NumberBecomesId();
  bool FailNumber();
  bool FailNeedsParentheses(const Operand& left);
  bool FailUnclosed();

  // --- Reductions ---
  void ReduceArithmetic(int strength);
  void ReduceRelation();
  void ReducePrefixes();
  bool ReducePredicates(Mark down_to);
  void ReduceConnective();

  std::string_view text_;
  Lexer lexer_;
  std::deque<Token> tokens_;  // a few tokens of look-ahead
  Ast ast_;
  std::vector<Entry> marks_;
  std::vector<std::size_t> frames_;  // the frames among marks_
  std::vector<Operand> operands_;
  bool operand_expected_ = true;
  bool done_ = false;
  std::uint8_t wanted_ = 0;
  bool has_inherited_ = false;  // is there a qualifier that an id here inherits
  Qualifier inherited_{};
  Error error_;
};

// --- Operands ---

bool Parser::ParseOperand() {
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
    case TokenKind::kRnr:
    case TokenKind::kUnsupported:
      return ParseUnsupported();
    default:
      break;
  }
  if (!wants(kTermWanted)) return FailOperand();
  switch (token.kind) {
    case TokenKind::kSrc:
    case TokenKind::kDst:
    case TokenKind::kHost:
    case TokenKind::kNet:
    case TokenKind::kPort:
    case TokenKind::kPortRange:
    case TokenKind::kProto:
      return ParseHead(token.range.begin, Protocol::kDefault);
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
    default:
      return FailOperand();
  }
}

// Says what was expected here, and where the token at hand could have been meant well, what to write instead.
bool Parser::FailOperand() {
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
  if (FindKeyword(token.text) != nullptr) {
    return FailHere(fmt::format(
        "an address, a name or a number is expected, not the keyword {0}; write \\{1} for the name", shown,
        token.text));
  }
  return FailHere(fmt::format("an address, a name or a number is expected, not {}", shown));
}

bool Parser::ParseUnsupported() {
  const Token& token = Peek();
  const KeywordFamily family =
      token.kind == TokenKind::kRnr ? KeywordFamily::kPfLog : static_cast<KeywordFamily>(token.value);
  return FailHere(
      fmt::format("{} is about {}, which bpfopt does not support", Shown(token), FamilyName(family)));
}

// A protocol word: alone, before an index in brackets, or as the first qualifier.
bool Parser::ParseProtocol() {
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
    case TokenKind::kUnsupported:
    case TokenKind::kRnr:
      return ParseUnsupported();
    case TokenKind::kProto:
      return ParseHead(token.range.begin, protocol);
    default:
      if (IsDirection(next.kind) || AddressKindOf(next.kind)) return ParseHead(token.range.begin, protocol);
      return PushTerm(ProtocolTest{protocol}, token.range);
  }
}

// The qualifiers after the protocol; the id that they wait for comes next.
bool Parser::ParseHead(std::size_t begin, Protocol protocol) {
  Qualifier qualifier{AddressKind::kDefault, protocol, Direction::kDefault};
  SourceRange range{begin, Peek().range.end};
  if (IsDirection(Peek().kind)) {
    const Token first = Take();
    qualifier.direction = first.kind == TokenKind::kSrc ? Direction::kSrc : Direction::kDst;
    if (Peek().kind == TokenKind::kAnd || Peek().kind == TokenKind::kOr) {
      const bool is_or = Take().kind == TokenKind::kOr;
      const TokenKind other = first.kind == TokenKind::kSrc ? TokenKind::kDst : TokenKind::kSrc;
      if (Peek().kind != other) {
        return FailHere(fmt::format("'{}' is expected to complete the direction, not {}",
                                    other == TokenKind::kSrc ? "src" : "dst", Shown(Peek())));
      }
      qualifier.direction = is_or ? Direction::kSrcOrDst : Direction::kSrcAndDst;
      range.end = Take().range.end;
    }
    if (Peek().kind == TokenKind::kProto) {
      return Fail("'proto' takes no direction", {range.begin, Peek().range.end});
    }
  }
  if (Peek().kind == TokenKind::kProto) {
    qualifier.kind = AddressKind::kProto;
  } else if (const auto kind = AddressKindOf(Peek().kind)) {
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

// portrange(FIRST, LAST)
bool Parser::ParsePortSpan(std::size_t begin, const Qualifier& qualifier) {
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

bool Parser::PushId(Expected<Id> id, SourceRange range, bool ends_in_number) {
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

bool Parser::ParseName() {
  const Token token = Take();
  if (token.style != NameStyle::kQuoted) return PushId(NameId(token.text, inherited_.kind), token.range);
  Expected<Id> id = ReadId(token.text, inherited_.kind);
  if (!id && id.error().range) {
    id.error().range->begin += token.range.begin + 1;
    id.error().range->end += token.range.begin + 1;
  }
  return PushId(std::move(id), token.range);
}

bool Parser::ParseAddress() {
  const Token token = Take();
  if (token.kind == TokenKind::kMac) return PushId(ReadMac(token.text), token.range);
  if (token.kind == TokenKind::kArcnet) return Fail("ARCnet addresses are not supported", token.range);
  if (token.kind == TokenKind::kIpv6) {
    const Ipv6 address{ReadIpv6(token.text).value_or(std::array<std::uint8_t, 16>{})};
    if (Peek().kind != TokenKind::kSlash) return PushId(address, token.range);
    Take();
    const auto length = TakeNumber("'/'");
    if (!length) return false;
    return PushId(WithPrefixLength(address, length->value), {token.range.begin, length->range.end});
  }
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

std::optional<Token> Parser::TakeNumber(std::string_view after) {
  if (Peek().kind == TokenKind::kNumber) return Take();
  FailHere(fmt::format(
      "a number is expected after {}, not {}",
      after.starts_with("the ") || after.starts_with('\'') ? std::string(after) : fmt::format("'{}'", after),
      Shown(Peek())));
  return std::nullopt;
}

// vlan, mpls, ... and perhaps a number, perhaps in parentheses.
bool Parser::ParseEncapsulation() {
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

bool Parser::ParseLlc() {
  const Token word = Take();
  const Token type = Peek();
  if (type.kind == TokenKind::kRnr) {
    Take();
    return PushTerm(Llc{"rnr"}, {word.range.begin, type.range.end});
  }
  if (type.kind != TokenKind::kName) return PushTerm(Llc{}, word.range);
  std::string name(type.text);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!IsLlcType(name)) return FailHere(fmt::format("{} is not a type of LLC frame", Shown(type)));
  Take();
  return PushTerm(Llc{std::move(name)}, {word.range.begin, type.range.end});
}

bool Parser::ParseWhen() {
  if ((wanted_ & kTermWanted) == 0) return FailOperand();
  const Token word = Take();
  const Token open = Take();
  PushFrame(Mark::kWhen, {word.range.begin, open.range.end}, kPredicateWanted, Contents::kPredicates);
  Frame().has_last = false;
  Inherit(false, {});
  return true;
}

bool Parser::ParseRand() {
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

// --- What follows an operand ---

bool Parser::ParseAfterOperand() {
  if (operands_.back().kind == Class::kNumber || operands_.back().kind == Class::kPlainNumber) {
    bool settled = false;  // nothing is left to do for this token
    if (!ParseAfterNumber(settled)) return false;
    if (settled) return true;
  }
  return ParseAfterPredicate();
}

// A number goes on, is compared, ends its brackets, or turns into a predicate for ParseAfterPredicate.
bool Parser::ParseAfterNumber(bool& settled) {
  settled = true;
  const TokenKind next = Peek().kind;
  const Operand& number = operands_.back();
  const bool in_arithmetic = (number.wanted & kNumberWanted) != 0;
  if (const auto op = ArithmeticOf(next)) {
    if (in_arithmetic) return PushBinary(*op);
    // Where only ids can stand, `&` and `|` after closed parentheses connect predicates: port(80) & udp.
    const bool connects = *op == Arithmetic::kAnd || *op == Arithmetic::kOr;
    if (connects && number.ends_in_number) return FailNeedsParentheses(number);
    if (*op == Arithmetic::kDiv) return FailHere("'/' needs a whole network before it, as in 10.0.0.0/8");
    if (!connects)
      return FailHere(fmt::format("'and', 'or' or the end is expected here, not {}", Shown(Peek())));
  }
  const auto relational = RelationalOf(next);
  if (relational && in_arithmetic) return PushRelation(*relational);
  ReduceArithmetic(-1);
  const Mark below = marks_.back().mark;
  if (below == Mark::kRelation) {
    ReduceRelation();
    settled = false;
    return true;
  }
  if (below == Mark::kParenthesis && next == TokenKind::kRightParen) return CloseParenthesis();
  if (below == Mark::kIndex && (next == TokenKind::kRightBracket || next == TokenKind::kColon))
    return CloseIndex();
  settled = false;
  return NumberBecomesId();
}

bool Parser::PushBinary(Arithmetic op) {
  ReduceArithmetic(Strength(op));
  PushMark(Mark::kBinary, Take().range, static_cast<std::uint8_t>(op));
  wanted_ = kNumberWanted;
  operand_expected_ = true;
  return true;
}

bool Parser::PushRelation(Relational op) {
  ReduceArithmetic(-1);
  if (marks_.back().mark == Mark::kRelation) {
    return FailHere("a comparison cannot be compared again; connect two comparisons with 'and'");
  }
  if ((operands_.back().wanted & kTermWanted) == 0) {
    return FailHere(fmt::format("a number is expected here, not the comparison {}", Shown(Peek())));
  }
  PushMark(Mark::kRelation, Take().range, static_cast<std::uint8_t>(op));
  wanted_ = kNumberWanted;
  operand_expected_ = true;
  return true;
}

bool Parser::NumberBecomesId() {
  Operand& number = operands_.back();
  if (number.kind != Class::kPlainNumber || (number.wanted & kIdWanted) == 0) {
    // `port ((80) ...`: parentheses that can only hold one number.
    return FailNumber();
  }
  const auto value = std::get<Literal>(ast_.nodes[number.node].kind).value;
  ast_.nodes[number.node].kind = Test{inherited_, Number{value}};
  number.kind = Class::kId;
  number.has_qualifier = true;
  number.qualifier = inherited_;
  return true;
}

bool Parser::FailNumber() {
  const Operand& number = operands_.back();
  const Token& next = Peek();
  if (next.kind == TokenKind::kError) return FailHere({});
  const Mark below = marks_.back().mark;
  if (below == Mark::kIndex)
    return FailHere(fmt::format("']' or ':' is expected after the index, not {}", Shown(next)));
  if ((number.wanted & kTermWanted) == 0 && below == Mark::kParenthesis) {
    return FailHere(fmt::format("')' is expected after the number, not {}", Shown(next)));
  }
  if (next.kind == TokenKind::kAnd || next.kind == TokenKind::kOr || next.kind == TokenKind::kEnd ||
      next.kind == TokenKind::kRightParen || next.kind == TokenKind::kComma) {
    return Fail(
        number.kind == Class::kPlainNumber
            ? "a number alone is no predicate; compare it, or write a qualifier such as 'port' before it"
            : "a number alone is no predicate; compare it with something",
        {number.begin, number.end});
  }
  return FailHere(
      fmt::format("an operator or a comparison is expected after the number, not {}", Shown(next)));
}

bool Parser::FailNeedsParentheses(const Operand& left) {
  const Token& op = Peek();
  return Fail(fmt::format("{0} after a number is arithmetic; to connect predicates put them in parentheses, "
                          "(...) {1} (...), or write "
                          "'{2}'",
                          Shown(op), op.text, op.kind == TokenKind::kPipe ? "or" : "and"),
              {left.begin, op.range.end});
}

bool Parser::ParseAfterPredicate() {
  switch (Peek().kind) {
    case TokenKind::kAnd:
      return PushAndOr(false);
    case TokenKind::kOr:
      return PushAndOr(true);
    case TokenKind::kAmpersand:
      return PushPredicateOperator(false);
    case TokenKind::kPipe:
      return PushPredicateOperator(true);
    case TokenKind::kRightParen:
      return Frame().mark == Mark::kWhen ? NextArgument() : CloseParenthesis();
    case TokenKind::kComma:
      return NextArgument();
    case TokenKind::kEnd:
      return Finish();
    default:
      break;
  }
  if (RelationalOf(Peek().kind) || ArithmeticOf(Peek().kind)) {
    return FailHere(
        fmt::format("{} needs numbers on both sides, and a predicate stands before it", Shown(Peek())));
  }
  return FailHere(fmt::format("'and', 'or' or the end is expected here, not {}", Shown(Peek())));
}

bool Parser::PushAndOr(bool is_or) {
  if (!ReducePredicates(Mark::kAndOr)) return false;
  Entry& frame = Frame();
  const Operand& left = operands_.back();
  if (frame.contents == Contents::kUnknown) {
    frame.contents = left.kind == Class::kId ? Contents::kIds : Contents::kPredicates;
  }
  frame.has_last = left.has_qualifier;
  frame.last = left.qualifier;
  const bool ids_only = frame.contents == Contents::kIds;
  Inherit(frame.has_last, frame.last);
  PushMark(Mark::kAndOr, Take().range, is_or ? 1 : 0);
  wanted_ = ids_only ? kIdsWanted : kPredicateWanted;
  if (has_inherited_ && !ids_only) wanted_ |= kIdWanted | kIdListWanted;
  operand_expected_ = true;
  return true;
}

bool Parser::PushPredicateOperator(bool is_or) {
  const Operand& right = operands_.back();
  if (right.ends_in_number) return FailNeedsParentheses(right);
  if (!ReducePredicates(is_or ? Mark::kPredicateOr : Mark::kPredicateAnd)) return false;
  const Operand& left = operands_.back();
  if (left.kind == Class::kId) {
    return Fail(
        fmt::format("{} connects whole predicates; repeat the qualifier on its left side", Shown(Peek())),
        {left.begin, Peek().range.end});
  }
  if (Frame().contents == Contents::kUnknown) Frame().contents = Contents::kPredicates;
  PushMark(is_or ? Mark::kPredicateOr : Mark::kPredicateAnd, Take().range);
  Inherit(false, {});
  wanted_ = kPredicateWanted;
  operand_expected_ = true;
  return true;
}

bool Parser::CloseParenthesis() {
  const bool number = operands_.back().kind == Class::kNumber || operands_.back().kind == Class::kPlainNumber;
  if (!number && !ReducePredicates(Mark::kRoot)) return false;
  if (marks_.back().mark != Mark::kParenthesis) {
    if (marks_.back().mark == Mark::kRoot) return FailHere("this ')' has no '(' before it");
    return FailHere(fmt::format("{} is not expected here", Shown(Peek())));
  }
  const std::size_t end = Take().range.end;
  const Entry frame = PopFrame();
  Operand& inside = operands_.back();
  inside.wanted = frame.wanted;
  inside.ends_in_number = false;
  inside.begin = frame.begin;
  inside.end = static_cast<std::uint32_t>(end);
  if (!number) {
    const bool ids = frame.contents == Contents::kIds ||
                     (frame.contents == Contents::kUnknown && inside.kind == Class::kId);
    inside.kind = ids ? Class::kId : Class::kTerm;
    inside.has_qualifier = frame.has_inherited;
    inside.qualifier = frame.inherited;
  }
  return true;
}

// proto[index] or proto[index:size]
bool Parser::CloseIndex() {
  std::uint32_t size = 1;
  if (Peek().kind == TokenKind::kColon) {
    Take();
    const auto number = TakeNumber("':'");
    if (!number) return false;
    size = number->value;
    if (size != 1 && size != 2 && size != 4) {
      return Fail(fmt::format("1, 2 or 4 bytes can be read at once, not {}", size), number->range);
    }
    if (Peek().kind != TokenKind::kRightBracket) {
      return FailHere(fmt::format("']' is expected after the size, not {}", Shown(Peek())));
    }
  }
  const std::size_t end = Take().range.end;
  const Entry frame = PopFrame();
  const Operand index = PopOperand();
  wanted_ = frame.wanted;
  return PushOperand(Class::kNumber, Accessor{static_cast<Protocol>(frame.op), index.node, size}, frame.begin,
                     end);
}

// At ',' or ')' of when().
bool Parser::NextArgument() {
  if (!ReducePredicates(Mark::kRoot)) return false;
  Entry& frame = Frame();
  if (frame.mark != Mark::kWhen)
    return FailHere("',' separates the arguments of when() and is not expected here");
  ++frame.arguments;
  if (Peek().kind == TokenKind::kComma) {
    if (frame.arguments == 3)
      return FailHere("when() takes three arguments, when(condition, then, otherwise)");
    Take();
    frame.has_last = false;
    Inherit(false, {});
    wanted_ = kPredicateWanted;
    operand_expected_ = true;
    return true;
  }
  if (frame.arguments < 3) return FailHere("when() takes three arguments, when(condition, then, otherwise)");
  const std::size_t end = Take().range.end;
  const Entry closed = PopFrame();
  const NodeId otherwise = PopOperand().node;
  const NodeId then = PopOperand().node;
  const NodeId condition = PopOperand().node;
  wanted_ = closed.wanted;
  return PushOperand(Class::kTerm, When{condition, then, otherwise}, closed.begin, end);
}

bool Parser::Finish() {
  if (!ReducePredicates(Mark::kRoot)) return false;
  if (marks_.back().mark != Mark::kRoot) return FailUnclosed();
  done_ = true;
  return true;
}

bool Parser::FailUnclosed() {
  const Entry& frame = Frame();
  return Fail(fmt::format("'{}' is never closed", Written(frame.begin, frame.end)), {frame.begin, frame.end});
}

// --- Reductions ---

// Builds the waiting operators that bind at least as tightly as `strength`; -1 for all of them.
void Parser::ReduceArithmetic(int strength) {
  for (;;) {
    const Entry& mark = marks_.back();
    const bool all = strength < 0;
    if (mark.mark == Mark::kNegate) {
      if (!all && strength == 0) return;
      const Operand value = PopOperand();
      Operand result = value;
      result.kind = Class::kNumber;
      result.wanted = mark.wanted;
      result.begin = mark.begin;
      result.node = AddNode(Negate{value.node}, mark.begin, value.end);
      operands_.push_back(result);
    } else if (mark.mark == Mark::kBinary) {
      const auto op = static_cast<Arithmetic>(mark.op);
      if (!all && (strength == 0 || Strength(op) == 0 || Strength(op) < strength)) return;
      const Operand rhs = PopOperand();
      const Operand lhs = PopOperand();
      Operand result = lhs;
      result.kind = Class::kNumber;
      result.end = rhs.end;
      result.ends_in_number = rhs.ends_in_number;
      result.node = AddNode(Binary{op, lhs.node, rhs.node}, lhs.begin, rhs.end);
      operands_.push_back(result);
    } else {
      return;
    }
    marks_.pop_back();
  }
}

void Parser::ReduceRelation() {
  const auto op = static_cast<Relational>(marks_.back().op);
  marks_.pop_back();
  const Operand rhs = PopOperand();
  Operand result = PopOperand();
  result.kind = Class::kTerm;
  result.end = rhs.end;
  result.ends_in_number = rhs.ends_in_number;
  result.has_qualifier = false;
  result.node = AddNode(Relation{op, result.node, rhs.node}, result.begin, rhs.end);
  operands_.push_back(result);
}

// `not` and qualifiers, which bind to one operand.
void Parser::ReducePrefixes() {
  for (;; marks_.pop_back()) {
    const Entry& mark = marks_.back();
    Operand& operand = operands_.back();
    if (mark.mark == Mark::kNot) {
      operand.node = AddNode(Not{operand.node}, mark.begin, operand.end);
      operand.begin = mark.begin;
    } else if (mark.mark == Mark::kHead) {
      // The place of a test is its qualifiers and its id, where they stand side by side.
      Node& node = ast_.nodes[operand.node];
      if (std::holds_alternative<Test>(node.kind) && node.range.begin == operand.begin)
        node.range.begin = mark.begin;
      operand.kind = Class::kTerm;
      operand.begin = mark.begin;
    } else {
      return;
    }
  }
}

// Builds what waits in the current frame down to operators of that level (kRoot: everything).
bool Parser::ReducePredicates(Mark down_to) {
  for (;;) {
    ReducePrefixes();
    const Mark mark = marks_.back().mark;
    switch (mark) {
      case Mark::kPredicateAnd:
      case Mark::kPredicateOr:
      case Mark::kAndOr:
        // The marks of connectives are declared from the loosest to the tightest.
        if (down_to != Mark::kRoot && mark < down_to) return true;
        if (mark != Mark::kAndOr && operands_.back().kind == Class::kId) {
          return Fail("'&' and '|' connect whole predicates; repeat the qualifier here",
                      {operands_.back().begin, operands_.back().end});
        }
        ReduceConnective();
        break;
      default:
        return true;
    }
  }
}

void Parser::ReduceConnective() {
  const Entry mark = marks_.back();
  marks_.pop_back();
  const Operand rhs = PopOperand();
  Operand result = PopOperand();
  const bool is_or = mark.mark == Mark::kPredicateOr || (mark.mark == Mark::kAndOr && mark.op == 1);
  const std::size_t begin = result.begin;
  if (is_or) {
    result.node = AddNode(Or{result.node, rhs.node}, begin, rhs.end);
  } else {
    result.node = AddNode(And{result.node, rhs.node}, begin, rhs.end);
  }
  if (Frame().contents != Contents::kIds) result.kind = Class::kTerm;
  result.end = rhs.end;
  result.has_qualifier = rhs.has_qualifier;
  result.qualifier = rhs.qualifier;
  result.ends_in_number = rhs.ends_in_number;
  operands_.push_back(result);
}

}  // namespace

Expected<Ast> ParseFilter(std::string_view text) { return Parser(text).Run(); }

}  // namespace bpfopt::frontend
