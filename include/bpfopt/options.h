// What a compile can be told.
#ifndef BPFOPT_OPTIONS_H
#define BPFOPT_OPTIONS_H

#include <cstdint>

namespace bpfopt {

// How many headers `protochain` follows; packets with longer chains are rejected.
inline constexpr std::uint32_t kDefaultProtochainDepth = 6;
inline constexpr std::uint32_t kMaxProtochainDepth = 16;

// What a program is made small in.
enum class Objective {
  kSize,   // fewest instructions
  kSpeed,  // fewest executed instructions by a fixed guess at traffic (docs/objectives.md), within the limit
  kBalanced,  // fewest instructions, ties by fewest executed; large switches may trade 12 % for depth, and a
              // program that would be much slower than libpcap's a few instructions for speed
};

// As on the command line.
constexpr const char* NameOf(Objective objective) {
  switch (objective) {
    case Objective::kSize:
      return "size";
    case Objective::kSpeed:
      return "speed";
    case Objective::kBalanced:
      break;
  }
  return "balanced";
}

enum class ProofMode {
  kOff,
  kOn,        // prove; fall back to an earlier proven candidate when the budget runs out
  kRequired,  // an error rather than a fall back
};

// Where the packets come from. libpcap's filters for link types that hold an address family in the byte order
// of the capturing host (DLT_NULL) mean other words in files, and some words ask an interface.
enum class PacketOrigin {
  kInterface,        // an interface of this host
  kSavefile,         // a capture file
  kSwappedSavefile,  // a capture file from a host with the other byte order
};

}  // namespace bpfopt

#endif  // BPFOPT_OPTIONS_H
