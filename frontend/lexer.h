// Filter text to tokens, one at a time, by libpcap's longest-match rule; bpfopt adds `"quoted"` names, `~`,
// `,` and braces.
#ifndef BPFOPT_FRONTEND_LEXER_H
#define BPFOPT_FRONTEND_LEXER_H

#include "bpfopt/error.h"
#include "frontend/token.h"

#include <cstddef>
#include <string_view>

namespace bpfopt::frontend {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd again and again at the end, kError again and again after an error. Linear in all.
  Token Next();
  // The next token is the one that starts there, whatever was read before.
  void SeekTo(std::size_t place) {
    at_ = place;
    failed_ = false;
  }
  // What a kError token means.
  const Error& error() const { return error_; }

 private:
  void SkipSpace();
  Token Make(TokenKind kind, std::size_t length, std::uint32_t value = 0);
  Token MakeWord(std::size_t length);
  Token Fail(std::string message, std::size_t begin, std::size_t end);
  Token ReadShaped();
  Token ReadEscaped();
  Token ReadQuoted();

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  Error error_;
};

// Can `name` stand in a filter as a word, without escape? Not when it is a keyword or has another shape.
bool IsPlainName(std::string_view name);
// Can `name` stand in a filter behind a backslash?
bool IsEscapableName(std::string_view name);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LEXER_H
