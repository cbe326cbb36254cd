// The entries of a set, `host in { 192.0.2.1, 198.51.100.0/24, @FILE }`: where one ends and the next begins,
// and what test one stands for.
#ifndef BPFOPT_FRONTEND_SET_ENTRIES_H
#define BPFOPT_FRONTEND_SET_ENTRIES_H

#include "bpfopt/error.h"
#include "frontend/ast.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bpfopt::frontend {

// Who holds the entries: a pair of braces, the second of which ends them, or a whole file, where `#` starts a
// comment that goes to the end of the line.
enum class SetHolder : std::uint8_t { kBraces, kFile };

// Entries are separated by commas, blanks and line ends, as many as there are. One that starts with '"' or
// '@"' goes on to the next '"' of the same line. Linear in the text.
class SetEntries {
 public:
  // The entries of `text` from `begin` on.
  SetEntries(std::string_view text, std::size_t begin, SetHolder holder)
      : text_(text), at_(begin), holder_(holder) {}

  struct Entry {
    std::string_view text;   // as written, with its marks; empty behind the last one
    std::size_t begin = 0;   // of the text
    std::uint32_t line = 0;  // both from 1, and both of what is read: for files
    std::uint32_t column = 0;
  };
  Entry Next();
  // Where the closing brace stands, or the end of the text, once the last entry was taken.
  std::size_t end() const { return at_; }

 private:
  void SkipSeparators();
  std::size_t EndOfEntry() const;
  bool EndsEntry(char c) const;

  std::string_view text_;
  std::size_t at_;
  SetHolder holder_;
  std::size_t line_begin_ = 0;
  std::uint32_t line_ = 1;
};

// The file that an entry names, `@FILE` or `@"FILE"`; empty when it names none.
std::string_view FileOfEntry(std::string_view entry);

// What the entry adds to the set of `qualifier`: what the same text says behind the same words, with a
// network where a host is wanted, and a range of ports where a port is. Errors have no range.
Expected<Test> ReadEntry(std::string_view entry, const Qualifier& qualifier);

// For messages: at most 40 characters of it, printable ones.
std::string ShowEntry(std::string_view entry);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_SET_ENTRIES_H
