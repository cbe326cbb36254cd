// A cursor over one line of untrusted text, with errors that name the line, what was expected there and
// what was found.
#ifndef BPFOPT_BPF_TEXT_SCAN_H
#define BPFOPT_BPF_TEXT_SCAN_H

#include "bpfopt/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bpfopt::bpf {

// A line without its line feed, and where in the whole text it stands.
struct Line {
  std::string_view text;
  std::size_t offset = 0;
  std::size_t number = 1;
};

class LineScanner {
 public:
  explicit LineScanner(const Line& line) : line_(line) {}

  bool AtEnd() const { return position_ == line_.text.size(); }
  std::size_t Position() const { return position_; }
  char Peek() const { return AtEnd() ? '\0' : line_.text[position_]; }
  bool AtDigit() const { return !AtEnd() && Peek() >= '0' && Peek() <= '9'; }

  void SkipBlanks();
  // Passes over `token`, when it comes next.
  bool Take(std::string_view token);
  // Passes over letters, digits and '_', and returns them; empty when there are none.
  std::string_view TakeWord();
  // Passes over a number, decimal or 0x-hexadecimal, with an optional sign; it must be in [least, most].
  // `expected` says what it stands for: "a jump offset from 0 to 255".
  Expected<std::int64_t> TakeNumber(std::int64_t least, std::int64_t most, std::string_view expected);
  // As above, for a 32-bit operand that may be written signed or unsigned.
  Expected<std::uint32_t> TakeOperand();
  Expected<void> Expect(std::string_view token);
  Expected<void> ExpectEnd();

  // "line 3: expected `expected`, found ...", at the token that starts at `begin` (here, when not given).
  tl::unexpected<Error> Fail(std::string_view expected) const { return Fail(expected, position_); }
  tl::unexpected<Error> Fail(std::string_view expected, std::size_t begin) const;

 private:
  Line line_;
  std::size_t position_ = 0;
};

// `text` between quotes, cut to a length that fits a message, with unprintable bytes as escapes.
std::string QuoteForMessage(std::string_view text);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_SCAN_H
