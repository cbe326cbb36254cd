// Numbers are read by hand: the text is untrusted, and from_chars takes neither the prefix 0x nor unsigned
// spellings of negative operands.
#include "bpf/text_scan.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr std::size_t kQuotedBytes = 24;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsSpace(char c) { return IsBlank(c) || c == '\n' || c == '\v' || c == '\f'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}

std::optional<unsigned> DigitValue(char c, unsigned base) {
  unsigned value = base;
  if (IsDigit(c)) value = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
  return value < base ? std::optional<unsigned>(value) : std::nullopt;
}

// Passes over the prefix that says it, if any.
unsigned TakeBase(std::string_view& digits, Radix radix) {
  const auto take = [&](std::string_view prefix) {
    if (!digits.starts_with(prefix)) return false;
    digits.remove_prefix(prefix.size());
    return true;
  };
  if (take("0x")) return 16;
  if (radix == Radix::kPrinted) return 10;
  if (take("0X")) return 16;
  if (take("0b") || take("0B")) return 2;
  return digits.starts_with("0") ? 8 : 10;
}

// The magnitude that `digits` spells, held down to one that no caller accepts; nothing when one of them is no
// digit or there are none.
std::optional<std::int64_t> Magnitude(std::string_view digits, Radix radix) {
  constexpr std::int64_t kTooLarge = std::numeric_limits<std::int64_t>::max() / 32;
  const unsigned base = TakeBase(digits, radix);
  if (digits.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) {
    const std::optional<unsigned> digit = DigitValue(c, base);
    if (!digit) return std::nullopt;
    value = std::min(value * base + *digit, kTooLarge);
  }
  return value;
}

}  // namespace

Scanner Scanner::OfLine(std::string_view text, std::size_t begin) {
  Scanner line(text, begin);
  line.end_ = std::min(text.find('\n', begin), text.size());
  line.one_line_ = true;
  return line;
}

bool Scanner::AtWord() const { return !AtEnd() && IsWordCharacter(Peek()); }

void Scanner::SkipBlanks() {
  while (!AtEnd() && IsBlank(Peek())) ++position_;
}

void Scanner::SkipSpace(Comments comments) {
  do {
    while (!AtEnd() && IsSpace(Peek())) ++position_;
  } while (TakeComment(comments));
}

bool Scanner::TakeComment(Comments comments) {
  if (comments == Comments::kNone) return false;
  const std::string_view rest = text_.substr(position_, end_ - position_);
  if (rest.starts_with("/*")) {
    const std::size_t close = rest.find("*/", 2);
    if (close == std::string_view::npos) return false;
    position_ += close + 2;
    return true;
  }
  if (!rest.starts_with(comments == Comments::kC ? "//" : ";")) return false;
  SkipLine();
  return true;
}

void Scanner::SkipLine() { position_ = std::min(text_.find('\n', position_), end_); }

bool Scanner::Take(std::string_view token) {
  if (!text_.substr(position_, end_ - position_).starts_with(token)) return false;
  position_ += token.size();
  return true;
}

std::string_view Scanner::TakeWord() {
  const std::size_t begin = position_;
  while (AtWord()) ++position_;
  return text_.substr(begin, position_ - begin);
}

Expected<std::int64_t> Scanner::TakeNumber(std::int64_t least, std::int64_t most, std::string_view expected,
                                           Radix radix) {
  const std::size_t begin = position_;
  const bool negative = Take("-");
  if (!negative && radix == Radix::kSource) Take("+");
  const std::optional<std::int64_t> magnitude = Magnitude(TakeWord(), radix);
  const std::int64_t value = negative ? -magnitude.value_or(0) : magnitude.value_or(0);
  if (!magnitude || value < least || value > most) {
    position_ = begin;
    return Fail(expected);
  }
  return value;
}

Expected<std::uint32_t> Scanner::TakeOperand(Radix radix) {
  return TakeNumber(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::uint32_t>::max(),
                    "a number of 32 bits", radix)
      .map([](std::int64_t value) { return static_cast<std::uint32_t>(value); });
}

Expected<void> Scanner::Expect(std::string_view token) {
  if (Take(token)) return {};
  return Fail(fmt::format("'{}'", token));
}

Expected<void> Scanner::ExpectEnd() {
  SkipBlanks();
  if (AtEnd()) return {};
  return Fail(one_line_ ? "the end of the line" : "the end of the text");
}

tl::unexpected<Error> Scanner::Fail(std::string_view expected, std::size_t begin) const {
  std::size_t end = begin;
  while (end < end_ && !IsSpace(text_[end])) ++end;
  const std::string_view found = text_.substr(begin, end - begin);
  const std::string_view at_end = begin == end_ && !one_line_ ? "the end of the text" : "the end of the line";
  return Complain(fmt::format("expected {}, found {}", expected,
                              found.empty() ? std::string(at_end) : QuoteForMessage(found)),
                  begin, end);
}

tl::unexpected<Error> Scanner::Complain(std::string_view what, std::size_t begin, std::size_t end) const {
  const auto line = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(begin), '\n') + 1;
  const std::string instruction = instruction_ ? fmt::format(", instruction {}", *instruction_) : "";
  return InvalidInput(fmt::format("line {}{}: {}", line, instruction, what), SourceRange{begin, end});
}

std::string QuoteForMessage(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text.substr(0, kQuotedBytes)) {
    if (c >= ' ' && c <= '~') {
      quoted += c;
    } else {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  quoted += text.size() > kQuotedBytes ? "'..." : "'";
  return quoted;
}

}  // namespace bpfopt::bpf
