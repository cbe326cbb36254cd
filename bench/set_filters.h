// Filters of many entries, such as lists of hosts, and packets to run them on.
#ifndef BPFOPT_BENCH_SET_FILTERS_H
#define BPFOPT_BENCH_SET_FILTERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

enum class SetKind { kHosts, kSourceHosts, kNets, kPrefixes, kPorts, kPortRanges, kHosts6, kPairs };

struct SetKindName {
  SetKind kind;
  std::string_view name;  // as on the command line
  std::string_view entry;
};

const std::vector<SetKindName>& SetKinds();

// How entries lie: anywhere, or thirty-two of them in a neighbourhood: the hosts of a /24, the nets of a /16,
// 64 successive ports.
enum class Arrangement { kRandom, kClustered };

struct SetFilter {
  SetKind kind = SetKind::kHosts;
  Arrangement arrangement = Arrangement::kRandom;
  bool is_negated = false;  // `not (...)`
  std::size_t entries = 0;
};

// The filter's text; depends on its arguments alone, and the entries of a shorter one come first in a longer
// one.
std::string TextOf(const SetFilter& filter);

// Ethernet frames with TCP over IPv4, over IPv6 for entries of its addresses; addresses and ports are random.
std::vector<std::vector<std::uint8_t>> RandomFrames(SetKind kind, std::size_t count);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_SET_FILTERS_H
