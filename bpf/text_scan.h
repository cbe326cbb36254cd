// A cursor over untrusted text, with errors that name the line, the instruction, what was expected there and
// what was found.
#ifndef BPFOPT_BPF_TEXT_SCAN_H
#define BPFOPT_BPF_TEXT_SCAN_H

#include "bpfopt/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bpfopt::bpf {

// Which spellings of numbers count.
enum class Radix {
  kPrinted,  // as programs print them: decimal or 0x, and 010 is ten
  kSource,   // as people write them in C and in assembly: also octal 010, 0b101, a plus sign
};

// What is passed over beside blanks and line feeds. A comment that is not closed is none.
enum class Comments {
  kNone,
  kC,          // "/* ... */" and "// ..."
  kAssembler,  // "/* ... */" and "; ..."
};

class Scanner {
 public:
  // From `begin` to the end of the text.
  explicit Scanner(std::string_view text, std::size_t begin = 0)
      : text_(text), position_(begin), end_(text.size()) {}
  // The line that starts at `begin`, without its line feed.
  static Scanner OfLine(std::string_view text, std::size_t begin);

  // Errors from here on name this instruction.
  void SetInstruction(std::size_t index) { instruction_ = index; }

  bool AtEnd() const { return position_ == end_; }
  // In the whole text, as the places in errors are.
  std::size_t Position() const { return position_; }
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }
  bool AtDigit() const { return !AtEnd() && Peek() >= '0' && Peek() <= '9'; }
  bool AtWord() const;

  // Blanks and tabs.
  void SkipBlanks();
  // Those, line feeds and comments.
  void SkipSpace(Comments comments);
  // To the line feed.
  void SkipLine();
  // Passes over `token`, when it comes next.
  bool Take(std::string_view token);
  // Passes over letters, digits and '_', and returns them; empty when there are none.
  std::string_view TakeWord();
  // Passes over a number with an optional sign; it must be in [least, most]. `expected` says what it stands
  // for: "a jump offset from 0 to 255".
  Expected<std::int64_t> TakeNumber(std::int64_t least, std::int64_t most, std::string_view expected,
                                    Radix radix = Radix::kPrinted);
  // As above, for a 32-bit operand that may be written signed or unsigned.
  Expected<std::uint32_t> TakeOperand(Radix radix = Radix::kPrinted);
  Expected<void> Expect(std::string_view token);
  // Blanks may come before it.
  Expected<void> ExpectEnd();

  // "line 3, instruction 1: expected `expected`, found ...", at the token that starts at `begin` (here, when
  // not given).
  tl::unexpected<Error> Fail(std::string_view expected) const { return Fail(expected, position_); }
  tl::unexpected<Error> Fail(std::string_view expected, std::size_t begin) const;
  // "line 3, instruction 1: `what`", at [begin, end).
  tl::unexpected<Error> Complain(std::string_view what, std::size_t begin, std::size_t end) const;

 private:
  bool TakeComment(Comments comments);

  std::string_view text_;
  std::size_t position_;
  std::size_t end_;
  std::optional<std::size_t> instruction_;
  bool one_line_ = false;
};

// `text` between quotes, cut to a length that fits a message, with unprintable bytes as escapes.
std::string QuoteForMessage(std::string_view text);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_SCAN_H
