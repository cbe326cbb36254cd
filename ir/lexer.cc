// The tokens of the IR's text form; docs/ir.md gives them.
#include "ir/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace bpfopt::ir {
namespace {

// Longer symbols stand before those that they start with.
constexpr std::array<std::string_view, 25> kSymbols = {"==", ">=", ">>", "<<", "->", "..", "{", "}", "(",
                                                       ")",  "[",  "]",  ":",  ";",  ",",  "+", "-", "*",
                                                       "/",  "%",  "&",  "|",  "^",  ">",  "="};

// Not those of <cctype>, which ask the locale.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IsDigit(c);
}
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Expected<std::vector<Token>> Run() {
    for (SkipBlanks(); position_ < text_.size(); SkipBlanks()) {
      const Token::Kind kind = NextKind();
      if (kind == Token::Kind::kEnd) {
        return ErrorAt(text_, {position_, position_ + 1}, "unexpected character");
      }
      const std::size_t begin = position_;
      position_ += Length(kind);
      Token token{kind, starts_line_, 0, text_.substr(begin, position_ - begin), {begin, position_}};
      if (kind == Token::Kind::kNumber && !ReadNumber(token)) {
        return ErrorAt(text_, token.range, fmt::format("'{}' is no 32-bit number", token.text));
      }
      tokens_.push_back(token);
      starts_line_ = false;
    }
    tokens_.push_back({Token::Kind::kEnd, true, 0, {}, {position_, position_}});
    return std::move(tokens_);
  }

 private:
  void SkipBlanks() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '\n') starts_line_ = true;
      if (c == '#') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (IsBlank(c)) {
        ++position_;
      } else {
        return;
      }
    }
  }

  // kEnd when no token begins here.
  Token::Kind NextKind() const {
    const std::string_view rest = text_.substr(position_);
    if (IsDigit(rest[0])) return Token::Kind::kNumber;
    if (rest[0] == '%' && rest.size() > 1 && IsDigit(rest[1])) return Token::Kind::kName;
    if (IsWordCharacter(rest[0])) return Token::Kind::kWord;
    return SymbolLength() > 0 ? Token::Kind::kSymbol : Token::Kind::kEnd;
  }

  std::size_t Length(Token::Kind kind) const {
    if (kind == Token::Kind::kSymbol) return SymbolLength();
    std::size_t end = position_ + 1;
    while (end < text_.size() && IsWordCharacter(text_[end])) ++end;
    return end - position_;
  }

  std::size_t SymbolLength() const {
    const std::string_view rest = text_.substr(position_);
    const auto* symbol = std::find_if(kSymbols.begin(), kSymbols.end(), [&](std::string_view known) {
      return rest.substr(0, known.size()) == known;
    });
    return symbol == kSymbols.end() ? 0 : symbol->size();
  }

  static bool ReadNumber(Token& token) {
    const bool is_hexadecimal = token.text.substr(0, 2) == "0x";
    const std::string_view digits = token.text.substr(is_hexadecimal ? 2 : 0);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, token.number, is_hexadecimal ? 16 : 10);
    return error == std::errc() && stop == end;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  bool starts_line_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Expected<std::vector<Token>> Tokenize(std::string_view text) { return Lexer(text).Run(); }

tl::unexpected<Error> ErrorAt(std::string_view text, SourceRange range, std::string_view message) {
  const std::string_view before = text.substr(0, range.begin);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return InvalidInput(fmt::format("{}:{}: {}", line, range.begin - line_begin + 1, message), range);
}

}  // namespace bpfopt::ir
