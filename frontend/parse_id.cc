// Ids are checked here for what they are by themselves; whether a qualifier may be applied to them is
// check.cc's question.
#include "frontend/parse_id.h"

#include "frontend/address_text.h"
#include "frontend/lexer.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

std::uint32_t MaskOfLength(std::uint32_t length) { return length == 0 ? 0 : 0xffffffffU << (32 - length); }

std::string Show(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
}

Expected<Ipv4> Masked(const Ipv4& network, std::uint32_t mask, bool by_length) {
  if ((network.address & ~mask) != 0) {
    return InvalidInput(fmt::format("{} has bits set outside of its network mask; the network is {}",
                                    Show(network.address), Show(network.address & mask)));
  }
  return Ipv4{network.address, 32, true, mask, by_length};
}

// Decimal digits from the front of `text`, which they are taken off; saturates above any port.
std::optional<std::uint32_t> TakeDecimal(std::string_view& text) {
  std::size_t n = 0;
  std::uint32_t value = 0;
  for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n) {
    value = std::min<std::uint32_t>(value * 10 + static_cast<std::uint32_t>(text[n] - '0'), 100000);
  }
  if (n == 0) return std::nullopt;
  text.remove_prefix(n);
  return value;
}

// The id that the tokens of `text` spell; nothing when they spell none.
Expected<std::optional<Id>> ReadAddress(std::string_view text, Protocol protocol) {
  Lexer lexer(text);
  const Token first = lexer.Next();
  if (first.kind == TokenKind::kError) return tl::unexpected(lexer.error());
  const Token second = lexer.Next();
  if (second.kind == TokenKind::kEnd) {
    switch (first.kind) {
      case TokenKind::kNumber:
        // A named value, such as tcp-syn, is a name here.
        if (MatchNumber(text) != text.size()) return std::nullopt;
        return Id(Number{first.value});
      case TokenKind::kDotted:
        if (protocol == Protocol::kDecnet) {
          return ReadDecnet(text).map([](const Decnet& a) { return std::optional<Id>(a); });
        }
        return ReadDotted(text).map([](const Ipv4& a) { return std::optional<Id>(a); });
      case TokenKind::kIpv6:
        return Id(Ipv6{ReadIpv6(text).value_or(std::array<std::uint8_t, 16>{})});
      case TokenKind::kMac:
        return Id(ReadMac(text));
      case TokenKind::kArcnet:
        return Id(ReadArcnet(text));
      default:
        return std::nullopt;
    }
  }
  if (first.kind == TokenKind::kIpv6 && second.kind == TokenKind::kPercent) {
    return InvalidInput("an IPv6 address in a packet has no zone; leave out '%' and what follows it");
  }
  const Token third = lexer.Next();
  if (second.kind != TokenKind::kSlash || third.kind != TokenKind::kNumber ||
      lexer.Next().kind != TokenKind::kEnd) {
    return std::nullopt;
  }
  if (first.kind == TokenKind::kDotted) {
    return ReadDotted(first.text)
        .and_then([&](const Ipv4& a) { return WithPrefixLength(a, third.value); })
        .map([](const Ipv4& a) { return std::optional<Id>(a); });
  }
  if (first.kind == TokenKind::kIpv6) {
    const Ipv6 address{ReadIpv6(first.text).value_or(std::array<std::uint8_t, 16>{})};
    return WithPrefixLength(address, third.value).map([](const Ipv6& a) { return std::optional<Id>(a); });
  }
  return std::nullopt;
}

}  // namespace

Expected<Ipv4> WithPrefixLength(const Ipv4& network, std::uint32_t length) {
  if (length > 32)
    return InvalidInput(fmt::format("the prefix length of an IPv4 network is at most 32, not {}", length));
  return Masked(network, MaskOfLength(length), true);
}

Expected<Ipv4> WithMask(const Ipv4& network, const Ipv4& mask) {
  return Masked(network, mask.address, false);
}

Expected<Ipv6> WithPrefixLength(const Ipv6& network, std::uint32_t length) {
  if (length > 128)
    return InvalidInput(fmt::format("the prefix length of an IPv6 network is at most 128, not {}", length));
  for (unsigned i = 0; i < 16; ++i) {
    const std::uint32_t kept = length <= i * 8 ? 0 : std::min(length - i * 8, 8U);
    if ((network.address[i] & (0xffU >> kept)) != 0) {
      return InvalidInput(
          fmt::format("the address has bits set behind its first {}, the prefix length", length));
    }
  }
  return Ipv6{network.address, true, length};
}

Expected<Id> NameId(std::string_view name, AddressKind kind) {
  if (kind == AddressKind::kPortRange) {
    std::string_view rest = name;
    const auto first = TakeDecimal(rest);
    if (first && rest.starts_with('-')) {
      rest.remove_prefix(1);
      const auto last = TakeDecimal(rest);
      if (last && rest.empty()) return PortSpan{*first, *last};
      if (last) return InvalidInput(fmt::format("'{}' is not expected after the port range", rest));
    }
  }
  return Name{std::string(name)};
}

Expected<Id> ReadId(std::string_view text, const Qualifier& qualifier) {
  // A dash or a dot between numbers has a meaning of its own in a range of ports.
  if (qualifier.kind != AddressKind::kPortRange) {
    auto address = ReadAddress(text, qualifier.protocol);
    if (!address) return tl::unexpected(address.error());
    if (*address) return **address;
  } else if (!text.empty() && MatchNumber(text) == text.size()) {
    return ReadNumber(text).map([](std::uint32_t n) { return Id(Number{n}); });
  }
  return NameId(text, qualifier.kind);
}

}  // namespace bpfopt::frontend
