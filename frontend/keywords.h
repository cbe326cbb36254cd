// The words of the language as data: keywords, their synonyms, and the names of header fields and values.
#ifndef BPFOPT_FRONTEND_KEYWORDS_H
#define BPFOPT_FRONTEND_KEYWORDS_H

#include "frontend/ast.h"
#include "frontend/token.h"

#include <cstdint>
#include <string_view>

namespace bpfopt::frontend {

// What a keyword that bpfopt knows but does not compile belongs to.
enum class KeywordFamily : std::uint8_t {
  kWlan,
  kPfLog,
  kAtm,
  kSs7,
  kIsisPdu,
  kRadio,
  kGateway,
  kProtochain,
  kByte,
};

struct Keyword {
  std::string_view text;
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t value = 0;
};

// Null when `word` is no keyword. Case matters, as in libpcap.
const Keyword* FindKeyword(std::string_view word);

// "the fields of 802.11 frames" and the like, for diagnostics.
std::string_view FamilyName(KeywordFamily family);

// The word that names a protocol in printed filters; empty for Protocol::kDefault.
std::string_view ProtocolWord(Protocol protocol);
std::string_view EncapsulationWord(Encapsulation kind);
std::string_view AtmWord(AtmKind kind);
std::string_view SignalUnitWord(SignalUnit kind, bool high_speed);
std::string_view Mtp3Word(Mtp3Field field, bool high_speed);

// Is `type` (in lower case) a frame type that may follow `llc`?
bool IsLlcType(std::string_view type);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_KEYWORDS_H
