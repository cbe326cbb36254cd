// Matching and reading of numbers and addresses. The shapes are those of libpcap 1.10.3's scanner, which
// takes the longest match.
#include "frontend/address_text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <string>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

unsigned HexValue(char c) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

// How many hexadecimal digits start at `at`, at most `most`.
std::size_t HexRun(std::string_view text, std::size_t at, std::size_t most) {
  std::size_t n = 0;
  while (n < most && at + n < text.size() && IsHex(text[at + n])) ++n;
  return n;
}

bool CharAt(std::string_view text, std::size_t at, char c) { return at < text.size() && text[at] == c; }

// `groups` runs of hexadecimal digits, each of `least` to `most`, joined by `separator`.
std::size_t MatchGroups(std::string_view text, unsigned groups, std::size_t least, std::size_t most,
                        char separator) {
  std::size_t at = 0;
  for (unsigned i = 0; i < groups; ++i) {
    if (i > 0) {
      if (!CharAt(text, at, separator)) return 0;
      ++at;
    }
    const std::size_t digits = HexRun(text, at, most);
    if (digits < least) return 0;
    at += digits;
  }
  return at;
}

// `parts` numbers joined by dots.
std::size_t MatchDottedParts(std::string_view text, unsigned parts) {
  std::size_t at = 0;
  for (unsigned i = 0; i < parts; ++i) {
    if (i > 0) {
      if (!CharAt(text, at, '.')) return 0;
      ++at;
    }
    const std::size_t digits = MatchNumber(text.substr(at));
    if (digits == 0) return 0;
    at += digits;
  }
  return at;
}

}  // namespace

std::size_t MatchNumber(std::string_view text) {
  if (CharAt(text, 0, '0') && (CharAt(text, 1, 'x') || CharAt(text, 1, 'X'))) {
    const std::size_t digits = HexRun(text, 2, text.size());
    if (digits > 0) return 2 + digits;
  }
  std::size_t n = 0;
  while (n < text.size() && IsDigit(text[n])) ++n;
  return n;
}

std::size_t MatchDotted(std::string_view text) {
  for (unsigned parts = 4; parts >= 2; --parts) {
    if (const std::size_t n = MatchDottedParts(text, parts)) return n;
  }
  return 0;
}

std::size_t MatchMac(std::string_view text) {
  const std::size_t plain = HexRun(text, 0, 12);
  return std::max({MatchGroups(text, 6, 1, 2, ':'), MatchGroups(text, 6, 1, 2, '-'),
                   MatchGroups(text, 6, 1, 2, '.'), MatchGroups(text, 3, 4, 4, '.'),
                   plain == 12 ? plain : std::size_t{0}});
}

std::size_t MatchIpv6(std::string_view text) {
  std::size_t at = 0;
  std::size_t accepted = 0;
  unsigned groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    at = accepted = 2;
  }
  for (;;) {
    // An IPv4 address may stand for the last two groups.
    const std::size_t ipv4 = MatchDottedParts(text.substr(at), 4);
    if (ipv4 > 0 && (compressed ? groups <= 5 : groups == 6)) accepted = std::max(accepted, at + ipv4);

    const std::size_t digits = HexRun(text, at, 4);
    if (digits == 0) break;
    at += digits;
    ++groups;
    if (groups > (compressed ? 7U : 8U)) break;
    if (compressed || groups == 8) accepted = std::max(accepted, at);
    if (!CharAt(text, at, ':')) break;
    ++at;
    if (!compressed && groups <= 7 && CharAt(text, at, ':')) {
      ++at;
      compressed = true;
      accepted = std::max(accepted, at);
    }
  }
  return accepted;
}

std::size_t MatchBrokenColons(std::string_view text) {
  std::size_t at = 0;
  std::size_t accepted = 0;
  for (unsigned octets = 1;; ++octets) {
    const std::size_t digits = HexRun(text, at, 2);
    if (digits == 0 || !CharAt(text, at + digits, ':')) return accepted;
    at += digits;
    while (CharAt(text, at, ':')) ++at;
    if (octets >= 2) accepted = at;
  }
}

std::size_t MatchArcnet(std::string_view text) {
  if (!CharAt(text, 0, '$')) return 0;
  const std::size_t digits = HexRun(text, 1, 2);
  return digits == 0 ? 0 : 1 + digits;
}

std::size_t MatchWord(std::string_view text) {
  if (text.empty() || !IsAlnum(text[0])) return 0;
  std::size_t accepted = 1;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (IsAlnum(text[at]) || text[at] == '.') {
      accepted = at + 1;
    } else if (text[at] != '-' && text[at] != '_') {
      break;
    }
  }
  return accepted;
}

Expected<std::uint32_t> ReadNumber(std::string_view text) {
  unsigned base = 10;
  std::string_view digits = text;
  if (text.size() > 1 && text[0] == '0') {
    base = text[1] == 'x' || text[1] == 'X' ? 16 : 8;
    digits.remove_prefix(base == 16 ? 2 : 1);
  }
  std::uint64_t value = 0;
  for (const char c : digits) {
    const unsigned digit = HexValue(c);
    if (digit >= base) {
      return InvalidInput(
          fmt::format("'{}' starts with 0, so it is octal, but has the digit {}", text, digit));
    }
    value = value * base + digit;
    if (value > 0xffffffffU) {
      // A shown number need not be longer than what proves the point.
      const std::string_view shown = text.substr(0, 24);
      return InvalidInput(fmt::format("the number {}{} does not fit in 32 bits", shown,
                                      shown.size() < text.size() ? "..." : ""));
    }
  }
  return static_cast<std::uint32_t>(value);
}

Expected<Ipv4> ReadDotted(std::string_view text) {
  Ipv4 result;
  result.bits = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    // Parts are decimal, leading zeros or not, as in libpcap.
    std::uint32_t value = 0;
    for (const char c : part) {
      if (!IsDigit(c)) {
        return InvalidInput(
            fmt::format("the parts of an IPv4 address are decimal numbers, '{}' is not", part.substr(0, 24)));
      }
      value = std::min<std::uint32_t>(value * 10 + HexValue(c), 256);
    }
    if (value > 255) {
      return InvalidInput(
          fmt::format("a part of an IPv4 address is at most 255, '{}' is more", part.substr(0, 24)));
    }
    result.address = result.address << 8 | value;
    result.bits += 8;
  }
  if (result.bits == 0 || result.bits > 32) return InvalidInput("an IPv4 address has one to four parts");
  result.address <<= 32 - result.bits;
  result.mask = 0xffffffffU << (32 - result.bits);
  return result;
}

Expected<Decnet> ReadDecnet(std::string_view text) {
  constexpr std::uint32_t kMaxArea = 63;
  constexpr std::uint32_t kMaxNode = 1023;
  const auto read = [](std::string_view part) {
    std::uint32_t value = part.empty() ? kMaxNode + 1 : 0;
    for (const char c : part) {
      value = IsDigit(c) ? std::min(value * 10 + HexValue(c), kMaxNode + 1) : kMaxNode + 1;
    }
    return value;
  };
  const std::size_t dot = text.find('.');
  const std::uint32_t area = read(text.substr(0, dot));
  const std::uint32_t node = dot == std::string_view::npos ? kMaxNode + 1 : read(text.substr(dot + 1));
  if (area > kMaxArea || node > kMaxNode) {
    return InvalidInput(
        fmt::format("a DECnet address is AREA.NODE in decimal numbers up to {}.{}, which '{}' is not",
                    kMaxArea, kMaxNode, text.substr(0, 24)));
  }
  return Decnet{static_cast<std::uint16_t>(area << 10 | node)};
}

Mac ReadMac(std::string_view text) {
  Mac mac;
  std::size_t at = 0;
  for (std::uint8_t& octet : mac.address) {
    if (at < text.size() && !IsHex(text[at])) ++at;
    unsigned value = 0;
    for (const std::size_t end = at + HexRun(text, at, 2); at < end; ++at) {
      value = value << 4 | HexValue(text[at]);
    }
    octet = static_cast<std::uint8_t>(value);
  }
  return mac;
}

// libpcap reads the '$' as if it were a digit too, and then no more than one.
Arcnet ReadArcnet(std::string_view text) {
  return Arcnet{static_cast<std::uint8_t>(kArcnetFirst | HexValue(text[1]))};
}

std::optional<std::array<std::uint8_t, 16>> ReadIpv6(std::string_view text) {
  std::array<std::uint8_t, 16> address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
  return address;
}

}  // namespace bpfopt::frontend
