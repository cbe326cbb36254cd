// The shapes of numbers and addresses in filter text: how long a match is, and what it stands for.
#ifndef BPFOPT_FRONTEND_ADDRESS_TEXT_H
#define BPFOPT_FRONTEND_ADDRESS_TEXT_H

#include "bpfopt/error.h"
#include "frontend/ast.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bpfopt::frontend {

// Each returns the length of the longest prefix of `text` with that shape, 0 when there is none.
std::size_t MatchNumber(std::string_view text);        // decimal, octal or hexadecimal digits
std::size_t MatchDotted(std::string_view text);        // two to four numbers joined by dots
std::size_t MatchMac(std::string_view text);           // six octets in one of the five usual spellings
std::size_t MatchIpv6(std::string_view text);          // the spellings of RFC 4291
std::size_t MatchBrokenColons(std::string_view text);  // octets and colons that are no address
std::size_t MatchArcnet(std::string_view text);        // '$' and one or two hexadecimal digits
std::size_t MatchWord(std::string_view text);          // letters, digits, inner '-', '_' and '.'

// Readers take a whole match. The message of an error quotes it; its range is left to the caller.
Expected<std::uint32_t> ReadNumber(std::string_view text);
Expected<Ipv4> ReadDotted(std::string_view text);
Expected<Decnet> ReadDecnet(std::string_view text);  // AREA.NODE of what MatchDotted found
Mac ReadMac(std::string_view text);
Arcnet ReadArcnet(std::string_view text);
std::optional<std::array<std::uint8_t, 16>> ReadIpv6(std::string_view text);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_ADDRESS_TEXT_H
