// The lexer. Words, numbers and addresses overlap in shape (`1-2` is a word, `123456789012` an Ethernet
// address), so every shape is tried and the longest match wins, the earlier in libpcap's list among equals.
#include "frontend/lexer.h"

#include "frontend/address_text.h"
#include "frontend/keywords.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

struct Operator {
  std::string_view text;
  TokenKind kind;
};

// Longer ones first.
constexpr Operator kOperators[] = {
    {"&&", TokenKind::kAnd},         {"||", TokenKind::kOr},         {">=", TokenKind::kGreaterEqual},
    {"<=", TokenKind::kLessEqual},   {"!=", TokenKind::kNotEqual},   {"==", TokenKind::kEqual},
    {"<<", TokenKind::kShiftLeft},   {">>", TokenKind::kShiftRight}, {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},        {"*", TokenKind::kStar},        {"/", TokenKind::kSlash},
    {"%", TokenKind::kPercent},      {":", TokenKind::kColon},       {"[", TokenKind::kLeftBracket},
    {"]", TokenKind::kRightBracket}, {"!", TokenKind::kNot},         {"~", TokenKind::kNot},
    {"<", TokenKind::kLess},         {">", TokenKind::kGreater},     {"(", TokenKind::kLeftParen},
    {")", TokenKind::kRightParen},   {"&", TokenKind::kAmpersand},   {"|", TokenKind::kPipe},
    {"^", TokenKind::kCaret},        {"=", TokenKind::kEqual},       {",", TokenKind::kComma},
    {"{", TokenKind::kLeftBrace},    {"}", TokenKind::kRightBrace},
};

// What ends a name behind a backslash. The comma is bpfopt's: it separates the arguments of when().
constexpr std::string_view kEscapeEnd(" !()\n\t,\0", 8);
// What no quoted name may hold, so that every name can be printed for libpcap too.
constexpr std::string_view kQuoteBad(" !()\n\t,\0\"\\\r", 11);

bool StartsAddress(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '$' || c == ':';
}

std::string ShowCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return fmt::format("'{}'", c);
  return fmt::format("byte 0x{:02x}", byte);
}

}  // namespace

Token Lexer::Next() {
  if (!failed_) SkipSpace();
  if (failed_) return {TokenKind::kError, NameStyle::kPlain, 0, {}, error_.range.value_or(SourceRange{})};
  if (at_ == text_.size()) return Make(TokenKind::kEnd, 0);
  const Token shaped = ReadShaped();
  if (shaped.kind != TokenKind::kEnd) return shaped;
  if (text_[at_] == '\\') return ReadEscaped();
  if (text_[at_] == '"') return ReadQuoted();
  for (const Operator& op : kOperators) {
    if (text_.substr(at_).starts_with(op.text)) return Make(op.kind, op.text.size());
  }
  return Fail(fmt::format("{} has no meaning in a filter", ShowCharacter(text_[at_])), at_, at_ + 1);
}

void Lexer::SkipSpace() {
  while (at_ < text_.size() && std::string_view(" \r\n\t").find(text_[at_]) != std::string_view::npos) ++at_;
}

Token Lexer::Make(TokenKind kind, std::size_t length, std::uint32_t value) {
  const Token token{kind, NameStyle::kPlain, value, text_.substr(at_, length), {at_, at_ + length}};
  at_ += length;
  return token;
}

Token Lexer::MakeWord(std::size_t length) {
  if (const Keyword* keyword = FindKeyword(text_.substr(at_, length))) {
    return Make(keyword->kind, length, keyword->value);
  }
  return Make(TokenKind::kName, length);
}

Token Lexer::Fail(std::string message, std::size_t begin, std::size_t end) {
  failed_ = true;
  error_ = Error{ErrorCode::kInvalidInput, std::move(message), SourceRange{begin, end}};
  return {TokenKind::kError, NameStyle::kPlain, 0, text_.substr(begin, end - begin), {begin, end}};
}

// A token that starts with a letter, digit, '$' or "::"; kEnd when there is none here.
Token Lexer::ReadShaped() {
  const std::string_view rest = text_.substr(at_);
  // All shapes but words start with a hexadecimal digit or with a mark of their own.
  if (!StartsAddress(rest[0])) {
    const std::size_t length = MatchWord(rest);
    return length == 0 ? Token{} : MakeWord(length);
  }
  struct Shape {
    std::size_t length;
    TokenKind kind;
  };
  const std::array<Shape, 7> shapes = {{
      {MatchArcnet(rest), TokenKind::kArcnet},
      {MatchMac(rest), TokenKind::kMac},
      {MatchNumber(rest), TokenKind::kNumber},
      {MatchDotted(rest), TokenKind::kDotted},
      {MatchIpv6(rest), TokenKind::kIpv6},
      {MatchBrokenColons(rest), TokenKind::kError},
      {MatchWord(rest), TokenKind::kName},
  }};
  const Shape best = *std::max_element(shapes.begin(), shapes.end(),
                                       [](const Shape& a, const Shape& b) { return a.length < b.length; });
  if (best.length == 0) return {};
  const std::string_view text = rest.substr(0, best.length);
  switch (best.kind) {
    case TokenKind::kNumber: {
      const Expected<std::uint32_t> value = ReadNumber(text);
      if (!value) return Fail(value.error().message, at_, at_ + best.length);
      return Make(TokenKind::kNumber, best.length, *value);
    }
    case TokenKind::kIpv6:
      if (!ReadIpv6(text)) {
        return Fail(fmt::format("'{}' is not an IPv6 address", text), at_, at_ + best.length);
      }
      return Make(TokenKind::kIpv6, best.length);
    case TokenKind::kError:
      return Fail(fmt::format("'{}' is not an Ethernet address: six octets are expected", text.substr(0, 60)),
                  at_, at_ + best.length);
    case TokenKind::kName:
      return MakeWord(best.length);
    default:
      return Make(best.kind, best.length);
  }
}

Token Lexer::ReadEscaped() {
  const std::size_t begin = at_ + 1;
  const std::size_t end = std::min(text_.find_first_of(kEscapeEnd, begin), text_.size());
  if (begin == end) return Fail("a name is expected after '\\'", at_, begin);
  Token token = Make(TokenKind::kName, end - at_);
  token.style = NameStyle::kEscaped;
  token.text.remove_prefix(1);
  return token;
}

Token Lexer::ReadQuoted() {
  const std::size_t begin = at_ + 1;
  const std::size_t end = text_.find('"', begin);
  if (end == std::string_view::npos) return Fail("this quotation mark has no partner", at_, begin);
  if (begin == end) return Fail("there is no name between these quotation marks", at_, end + 1);
  const std::size_t bad = text_.find_first_of(kQuoteBad, begin);
  if (bad < end) {
    return Fail(fmt::format("{} cannot stand in a name", ShowCharacter(text_[bad])), bad, bad + 1);
  }
  Token token = Make(TokenKind::kName, end + 1 - at_);
  token.style = NameStyle::kQuoted;
  token.text = text_.substr(begin, end - begin);
  return token;
}

bool IsPlainName(std::string_view name) {
  Lexer lexer(name);
  const Token token = lexer.Next();
  return token.kind == TokenKind::kName && token.style == NameStyle::kPlain &&
         token.text.size() == name.size();
}

bool IsEscapableName(std::string_view name) {
  return !name.empty() && name.find_first_of(kEscapeEnd) == std::string_view::npos;
}

}  // namespace bpfopt::frontend
