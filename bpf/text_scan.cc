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
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}

std::optional<unsigned> DigitValue(char c, unsigned base) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (base == 16 && c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (base == 16 && c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

// The magnitude that `digits` spells, held down to one that no caller accepts; nothing when one of them is no
// digit or there are none.
std::optional<std::int64_t> Magnitude(std::string_view digits) {
  constexpr std::int64_t kTooLarge = std::numeric_limits<std::int64_t>::max() / 32;
  const unsigned base = digits.starts_with("0x") ? 16 : 10;
  if (base == 16) digits.remove_prefix(2);
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

void LineScanner::SkipBlanks() {
  while (!AtEnd() && IsBlank(Peek())) ++position_;
}

bool LineScanner::Take(std::string_view token) {
  if (!line_.text.substr(position_).starts_with(token)) return false;
  position_ += token.size();
  return true;
}

std::string_view LineScanner::TakeWord() {
  const std::size_t begin = position_;
  while (!AtEnd() && IsWordCharacter(Peek())) ++position_;
  return line_.text.substr(begin, position_ - begin);
}

Expected<std::int64_t> LineScanner::TakeNumber(std::int64_t least, std::int64_t most,
                                               std::string_view expected) {
  const std::size_t begin = position_;
  const bool negative = Take("-");
  const std::optional<std::int64_t> magnitude = Magnitude(TakeWord());
  const std::int64_t value = negative ? -magnitude.value_or(0) : magnitude.value_or(0);
  if (!magnitude || value < least || value > most) {
    position_ = begin;
    return Fail(expected);
  }
  return value;
}

Expected<std::uint32_t> LineScanner::TakeOperand() {
  return TakeNumber(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::uint32_t>::max(),
                    "a number of 32 bits")
      .map([](std::int64_t value) { return static_cast<std::uint32_t>(value); });
}

Expected<void> LineScanner::Expect(std::string_view token) {
  if (Take(token)) return {};
  return Fail(fmt::format("'{}'", token));
}

Expected<void> LineScanner::ExpectEnd() {
  SkipBlanks();
  if (AtEnd()) return {};
  return Fail("the end of the line");
}

tl::unexpected<Error> LineScanner::Fail(std::string_view expected, std::size_t begin) const {
  std::size_t end = begin;
  while (end < line_.text.size() && !IsBlank(line_.text[end])) ++end;
  const std::string_view found = line_.text.substr(begin, end - begin);
  return InvalidInput(fmt::format("line {}: expected {}, found {}", line_.number, expected,
                                  found.empty() ? "the end of the line" : QuoteForMessage(found)),
                      SourceRange{line_.offset + begin, line_.offset + end});
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
