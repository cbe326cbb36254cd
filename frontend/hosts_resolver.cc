// Host names from hosts(5) text, before another resolver.
#include "bpfopt/resolver.h"

#include <arpa/inet.h>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace bpfopt {
namespace {

constexpr std::string_view kSpace = " \t\r";

using HostTable = std::map<std::string, std::vector<HostAddress>, std::less<>>;

// Host names are compared without case.
std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::optional<HostAddress> ReadAddress(std::string_view text) {
  // A zone (fe80::1%eth0) is no part of the address.
  const std::string address(text.substr(0, text.find('%')));
  in_addr ipv4{};
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return HostAddress(Ipv4Address{ntohl(ipv4.s_addr)});
  Ipv6Address ipv6{};
  if (inet_pton(AF_INET6, address.c_str(), ipv6.data()) == 1) return HostAddress(ipv6);
  return std::nullopt;
}

// The words of a line, each with its offset in the whole text.
class Words {
 public:
  Words(std::string_view line, std::size_t offset) : line_(line.substr(0, line.find('#'))), offset_(offset) {}

  bool Next() {
    const std::size_t begin = line_.find_first_not_of(kSpace, at_);
    if (begin == std::string_view::npos) return false;
    at_ = std::min(line_.find_first_of(kSpace, begin), line_.size());
    word_ = line_.substr(begin, at_ - begin);
    range_ = {offset_ + begin, offset_ + at_};
    return true;
  }
  std::string_view word() const { return word_; }
  SourceRange range() const { return range_; }

 private:
  std::string_view line_;
  std::size_t offset_;
  std::size_t at_ = 0;
  std::string_view word_;
  SourceRange range_;
};

Expected<HostTable> ReadHosts(std::string_view text) {
  HostTable table;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    Words words(text.substr(begin, end - begin), begin);
    begin = end + 1;
    if (!words.Next()) continue;
    const auto address = ReadAddress(words.word());
    if (!address)
      return InvalidInput(fmt::format("'{}' is not an IPv4 or IPv6 address", words.word()), words.range());
    const SourceRange place = words.range();
    bool named = false;
    for (; words.Next(); named = true) table[Lower(words.word())].push_back(*address);
    if (!named) return InvalidInput("a host name is expected after the address", place);
  }
  Ipv6Address loopback{};
  loopback.back() = 1;
  table["localhost"] = {Ipv4Address{0x7f000001}, loopback};
  return table;
}

class HostsFile : public ForwardingResolver {
 public:
  HostsFile(HostTable table, std::unique_ptr<Resolver> next)
      : ForwardingResolver(std::move(next)), table_(std::move(table)) {}

  std::vector<HostAddress> Host(std::string_view name) const override {
    const auto found = table_.find(Lower(name));
    return found != table_.end() ? found->second : ForwardingResolver::Host(name);
  }

 private:
  HostTable table_;
};

}  // namespace

Expected<std::unique_ptr<Resolver>> HostsResolver(std::string_view text, std::unique_ptr<Resolver> next) {
  Expected<HostTable> table = ReadHosts(text);
  if (!table) return tl::unexpected(std::move(table.error()));
  return std::make_unique<HostsFile>(std::move(*table), std::move(next));
}

}  // namespace bpfopt
