// Entries are words of their own, not tokens of the filter: in a list of names a keyword is a name like any
// other, and nothing else could stand where an entry is expected.
#include "frontend/set_entries.h"

#include "frontend/address_text.h"
#include "frontend/check.h"
#include "frontend/parse_id.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::string_view kSeparators = ", \t\r\n";

// Letters and digits of all that can be read, and their marks.
bool IsShaped(std::string_view entry) {
  return std::all_of(entry.begin(), entry.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._-:/%$").find(c) != std::string_view::npos;
  });
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsPortSpan(std::string_view entry) {
  const std::size_t dash = entry.find('-');
  return dash != std::string_view::npos && IsDigits(entry.substr(0, dash)) &&
         IsDigits(entry.substr(dash + 1));
}

std::string_view WordOf(const Qualifier& qualifier) {
  switch (qualifier.kind) {
    case AddressKind::kNet:
      return "a network";
    case AddressKind::kPort:
      return "a port";
    case AddressKind::kPortRange:
      return "a range of ports";
    case AddressKind::kProto:
    case AddressKind::kProtoChain:
      return "a protocol";
    case AddressKind::kGateway:
      return "the name of a gateway";
    default:
      return qualifier.protocol == Protocol::kLink ? "an Ethernet address or a name"
                                                   : "an address, a network or a name";
  }
}

// Whatever is wrong with it, this is what should have been there.
tl::unexpected<Error> NotWanted(std::string_view entry, const Qualifier& qualifier) {
  return InvalidInput(fmt::format("{} is expected in this set, not {}", WordOf(qualifier), ShowEntry(entry)));
}

// Without its marks; nothing when no name can be written so.
std::optional<std::string_view> Unmarked(std::string_view entry) {
  std::string_view name = entry.substr(1);
  if (entry[0] == '"') {
    if (!name.ends_with('"')) return std::nullopt;
    name.remove_suffix(1);
  }
  const bool fits = !name.empty() &&
                    name.find_first_of(std::string_view(" !()\n\t,\0\"\\\r", 11)) == std::string_view::npos;
  return fits ? std::optional(name) : std::nullopt;
}

Expected<Id> IdOfEntry(std::string_view entry, const Qualifier& qualifier) {
  if (entry[0] == '\\' || entry[0] == '"') {
    const auto name = Unmarked(entry);
    if (!name) return NotWanted(entry, qualifier);
    return entry[0] == '"' ? ReadId(*name, qualifier) : NameId(*name, qualifier.kind);
  }
  if (entry == "mask")
    return InvalidInput(
        "'mask' has no place in a set; write a network with its prefix length, as 10.0.0.0/8");
  if (!IsShaped(entry)) return NotWanted(entry, qualifier);
  Expected<Id> id = ReadId(entry, qualifier);
  if (id && std::holds_alternative<Name>(*id) && MatchWord(entry) != entry.size())
    return NotWanted(entry, qualifier);
  return id;
}

// `host 80` is 0.0.0.80 and `net 8080` is 0.0.31.144, which nobody writes in a list: it is one of ports.
bool IsStrayNumber(const Id& id, const Qualifier& qualifier) {
  const auto* number = std::get_if<Number>(&id);
  if (number == nullptr || qualifier.protocol == Protocol::kDecnet) return false;
  if (qualifier.kind == AddressKind::kNet) return number->value > 0xff;
  return qualifier.kind == AddressKind::kHost || qualifier.kind == AddressKind::kDefault;
}

bool IsNetwork(const Id& id) {
  if (const auto* ipv4 = std::get_if<Ipv4>(&id)) return ipv4->has_mask;
  const auto* ipv6 = std::get_if<Ipv6>(&id);
  return ipv6 != nullptr && ipv6->has_length;
}

bool IsHost(const Qualifier& qualifier) {
  return (qualifier.kind == AddressKind::kHost || qualifier.kind == AddressKind::kDefault) &&
         qualifier.protocol != Protocol::kLink;
}

}  // namespace

SetEntries::Entry SetEntries::Next() {
  SkipSeparators();
  Entry entry;
  entry.begin = at_;
  entry.line = line_;
  entry.column = static_cast<std::uint32_t>(at_ - line_begin_ + 1);
  if (at_ == text_.size() || (holder_ == SetHolder::kBraces && text_[at_] == '}')) return entry;
  const std::size_t end = EndOfEntry();
  entry.text = text_.substr(at_, end - at_);
  at_ = end;
  return entry;
}

void SetEntries::SkipSeparators() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '#' && holder_ == SetHolder::kFile) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      if (at_ == text_.size()) return;
    } else if (kSeparators.find(c) == std::string_view::npos) {
      return;
    }
    if (text_[at_] != '\n') continue;
    ++line_;
    line_begin_ = at_ + 1;
  }
}

bool SetEntries::EndsEntry(char c) const {
  if (kSeparators.find(c) != std::string_view::npos) return true;
  return holder_ == SetHolder::kFile ? c == '#' : c == '}';
}

// One character at least, so that all of the text is taken in the end.
std::size_t SetEntries::EndOfEntry() const {
  const std::size_t quote = text_[at_] == '@' ? at_ + 1 : at_;
  if (quote < text_.size() && text_[quote] == '"') {
    const std::size_t partner = text_.find_first_of("\"\n", quote + 1);
    if (partner != std::string_view::npos && text_[partner] == '"') return partner + 1;
  }
  std::size_t end = at_ + 1;
  while (end < text_.size() && !EndsEntry(text_[end])) ++end;
  return end;
}

std::string_view FileOfEntry(std::string_view entry) {
  if (!entry.starts_with('@')) return {};
  std::string_view name = entry.substr(1);
  if (name.starts_with('"') && name.ends_with('"') && name.size() > 1) name = name.substr(1, name.size() - 2);
  return name;
}

Expected<Test> ReadEntry(std::string_view entry, const Qualifier& qualifier) {
  Test test{qualifier, {}};
  if (qualifier.kind == AddressKind::kPort && IsPortSpan(entry))
    test.qualifier.kind = AddressKind::kPortRange;
  Expected<Id> id = IdOfEntry(entry, test.qualifier);
  if (!id) return tl::unexpected(std::move(id.error()));
  if (IsStrayNumber(*id, qualifier)) return NotWanted(entry, qualifier);
  test.id = std::move(*id);
  if (IsHost(qualifier) && IsNetwork(test.id)) test.qualifier.kind = AddressKind::kNet;
  // A test needs no tree around it to be judged.
  if (auto fault = FindFault({}, {test, {}})) return InvalidInput(std::move(*fault));
  return test;
}

std::string ShowEntry(std::string_view entry) {
  constexpr std::size_t kMost = 40;
  std::string shown = "'";
  for (const char c : entry.substr(0, kMost)) shown += c >= 0x20 && c < 0x7f ? c : '?';
  return shown + (entry.size() > kMost ? "...'" : "'");
}

}  // namespace bpfopt::frontend
