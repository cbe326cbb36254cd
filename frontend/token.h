// The tokens of filter text, shared by the lexer, the keyword table and the parser.
#ifndef BPFOPT_FRONTEND_TOKEN_H
#define BPFOPT_FRONTEND_TOKEN_H

#include "bpfopt/error.h"

#include <cstdint>
#include <string_view>

namespace bpfopt::frontend {

enum class TokenKind : std::uint8_t {
  kEnd,
  kError,  // no token starts here; Lexer::error() says why
  // Operands, by shape. Text is what was written.
  kNumber,  // value is the number; named values (tcp-syn) too
  kDotted,  // two to four numbers joined by dots
  kIpv6,
  kMac,
  kArcnet,  // $ and one or two hexadecimal digits
  kName,    // a word that is no keyword, or a \escaped or "quoted" one; text without those marks
  // Punctuation and operators.
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kColon,
  kComma,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kAmpersand,
  kPipe,
  kCaret,
  kShiftLeft,
  kShiftRight,
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kAnd,
  kOr,
  kNot,  // not, ! and ~
  // Keywords.
  kProtocol,   // value is a Protocol
  kDirection,  // value is a Direction
  kHost,
  kNet,
  kMask,
  kPort,
  kPortRange,
  kProto,
  kProtoChain,
  kGateway,
  kLessWord,
  kGreaterWord,
  kBroadcast,
  kMulticast,
  kLen,
  kInbound,
  kOutbound,
  kIfindex,
  kEncapsulation,  // value is an Encapsulation
  kLlc,
  kByte,
  kWlanType,
  kWlanSubtype,
  kWlanDirection,
  kPfLog,       // value is a PfLogField
  kAtm,         // value is an AtmKind
  kAtmField,    // value is an AtmField
  kSignalUnit,  // value is twice a SignalUnit, and one for high speed
  kMtp3Field,   // value is twice an Mtp3Field, and one for high speed
};

// How a name was written: only plain words can be `when` and `rand`, and only quoted ones can be addresses.
enum class NameStyle : std::uint8_t { kPlain, kEscaped, kQuoted };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  NameStyle style = NameStyle::kPlain;
  std::uint32_t value = 0;
  std::string_view text;
  SourceRange range;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_TOKEN_H
