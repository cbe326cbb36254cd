// The words of the language as data: keywords, their synonyms, and the names of header fields and values.
#ifndef BPFOPT_FRONTEND_KEYWORDS_H
#define BPFOPT_FRONTEND_KEYWORDS_H

#include "frontend/ast.h"
#include "frontend/token.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace bpfopt::frontend {

struct Keyword {
  std::string_view text;
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t value = 0;
};

// Null when `word` is no keyword. Case matters, as in libpcap.
const Keyword* FindKeyword(std::string_view word);

// The word that names a protocol in printed filters; empty for Protocol::kDefault.
std::string_view ProtocolWord(Protocol protocol);
// The word of a direction of one word: "src", "addr1"; empty for any other.
std::string_view DirectionWord(Direction direction);
std::string_view EncapsulationWord(Encapsulation kind);
std::string_view AtmWord(AtmKind kind);
std::string_view AtmFieldWord(AtmField field);
std::string_view PfLogWord(PfLogField field);
std::string_view SignalUnitWord(SignalUnit kind, bool high_speed);
std::string_view Mtp3Word(Mtp3Field field, bool high_speed);

// Is `type` (in lower case) a frame type that may follow `llc`?
bool IsLlcType(std::string_view type);
std::string LlcTypeNames();  // "i, s, u, ..."

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_KEYWORDS_H
