// Splits the IR's text form into tokens, for parse.cc.
#ifndef BPFOPT_IR_LEXER_H
#define BPFOPT_IR_LEXER_H

#include "bpfopt/error.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace bpfopt::ir {

struct Token {
  enum class Kind : std::uint8_t {
    kWord,    // letters, digits and underscores
    kName,    // % and digits: a parameter, an effect or a let
    kNumber,  // decimal, or hexadecimal after 0x; a 32-bit word
    kSymbol,
    kEnd,  // after the last token; its text is empty
  };
  Kind kind = Kind::kEnd;
  bool starts_line = false;
  std::uint32_t number = 0;
  std::string_view text;
  SourceRange range;
};

// All tokens of `text`, kEnd last. The tokens refer to `text`. Comments reach from # to the end of the line.
Expected<std::vector<Token>> Tokenize(std::string_view text);

// An error that names line and column of `range.begin` in its message.
tl::unexpected<Error> ErrorAt(std::string_view text, SourceRange range, std::string_view message);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_LEXER_H
