#include "bench/set_filters.h"

#include <random>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::uint32_t kSeed = 1;
constexpr std::size_t kNeighbours = 32;

std::string Dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
}

// Draws entries one after the other. Of clustered ones the first of each neighbourhood places it.
class Entries {
 public:
  explicit Entries(const SetFilter& filter) : filter_(filter) {}

  std::string Next() {
    switch (filter_.kind) {
      case SetKind::kHosts:
        return "host " + Dotted(Address());
      case SetKind::kSourceHosts:
        return "src host " + Dotted(Address());
      case SetKind::kNets:
        return fmt::format("net {}/24", Dotted(Net() << 8));
      case SetKind::kPrefixes:
        return Prefix();
      case SetKind::kPorts:
        return fmt::format("tcp port {}", Port());
      case SetKind::kPortRanges: {
        const std::uint32_t first = Port();
        return fmt::format("tcp portrange {}-{}", first, first + Below(30));
      }
      case SetKind::kHosts6:
        return "ip6 host " + Address6();
      case SetKind::kPairs: {
        const std::string address = Dotted(Address());
        return fmt::format("(src host {} and tcp dst port {})", address, 1 + Below(0xffff));
      }
    }
    return {};
  }

 private:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  bool Moves() { return filter_.arrangement == Arrangement::kRandom || drawn_++ % kNeighbours == 0; }

  std::uint32_t Unicast(unsigned bits) {  // the upper bits of an address that a host may have
    return (1 + Below(223)) << (bits - 8) | Below(1U << (bits - 8));
  }

  std::uint32_t Address() {
    if (Moves()) place_ = Unicast(24);
    return place_ << 8 | Below(256);
  }

  std::uint32_t Net() {
    if (Moves()) place_ = Unicast(16);
    return place_ << 8 | Below(256);
  }

  std::string Prefix() {
    if (Moves()) place_ = Unicast(16);
    const std::uint32_t length = 8 + Below(25);
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - length);
    return fmt::format("net {}/{}", Dotted((place_ << 16 | Below(0x10000)) & mask), length);
  }

  std::uint32_t Port() {
    if (Moves()) place_ = 1 + Below(0xff00);
    return filter_.arrangement == Arrangement::kRandom ? place_ : place_ + Below(64);
  }

  std::string Address6() {
    if (Moves()) place_ = static_cast<std::uint32_t>(random_());
    return fmt::format("2001:db8:{:x}:{:x}::{:x}", place_ >> 16, place_ & 0xffff, 1 + Below(0xffff));
  }

  const SetFilter& filter_;
  std::mt19937 random_{kSeed};
  std::size_t drawn_ = 0;
  std::uint32_t place_ = 0;
};

}  // namespace

const std::vector<SetKindName>& SetKinds() {
  static const std::vector<SetKindName> kinds = {
      {SetKind::kHosts, "hosts", "host A"},
      {SetKind::kSourceHosts, "src-hosts", "src host A"},
      {SetKind::kNets, "nets", "net A/24"},
      {SetKind::kPrefixes, "prefixes", "net A/8 to A/32"},
      {SetKind::kPorts, "ports", "tcp port P"},
      {SetKind::kPortRanges, "port-ranges", "tcp portrange P-Q"},
      {SetKind::kHosts6, "hosts6", "ip6 host A"},
      {SetKind::kPairs, "pairs", "(src host A and tcp dst port P)"},
  };
  return kinds;
}

std::string TextOf(const SetFilter& filter) {
  Entries entries(filter);
  std::string text;
  for (std::size_t i = 0; i < filter.entries; ++i) text += (i == 0 ? "" : " or ") + entries.Next();
  return filter.is_negated ? "not (" + text + ")" : text;
}

std::vector<std::vector<std::uint8_t>> RandomFrames(SetKind kind, std::size_t count) {
  std::mt19937 random(kSeed + 1);
  std::vector<std::vector<std::uint8_t>> frames;
  const bool is_v6 = kind == SetKind::kHosts6;
  while (frames.size() < count) {
    std::vector<std::uint8_t> frame(90);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random());
    frame[12] = is_v6 ? 0x86 : 0x08;
    frame[13] = is_v6 ? 0xdd : 0x00;
    if (is_v6) {
      frame[14] = 0x60;
      frame[20] = 6;
    } else {
      frame[14] = 0x45;
      frame[20] = frame[21] = 0;  // no fragment
      frame[23] = 6;
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace bpfopt::bench
