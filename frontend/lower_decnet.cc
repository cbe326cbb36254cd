// DECnet hosts: the routing header is short or long and may be padded by a byte, and its numbers are
// little-endian.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <array>

namespace bpfopt::frontend {
namespace {

// The two forms of the header, told by its flags, with where its addresses are from behind the flags.
struct RoutingHeader {
  std::uint32_t flags;
  std::uint32_t destination;
  std::uint32_t source;
};
constexpr std::array<RoutingHeader, 2> kHeaders = {{
    {0x02, 1, 3},   // short
    {0x06, 7, 15},  // long
}};
constexpr std::uint32_t kFlagsMask = 0x07;
constexpr std::uint32_t kPadding = 0x81;  // one byte of it

constexpr std::uint32_t kLengthField = 2;  // before the flags

constexpr std::uint32_t Swapped(std::uint32_t half) { return (half & 0xff) << 8 | half >> 8; }

}  // namespace

Outcome Lowering::TestDecnet(Flow in, std::uint16_t address, Direction direction) {
  return TestSides(in, direction, [&](Flow side, bool source) {
    Conjunction both(side);
    both.Add(TestLinkProtocol(both.next(), kEtherDecnet));
    Disjunction any(both.next());
    for (const RoutingHeader& header : kHeaders) {
      for (const bool padded : {false, true}) {
        const std::uint32_t flags_at = kLengthField + (padded ? 1U : 0U);
        const std::uint32_t offset = flags_at + (source ? header.source : header.destination);
        Conjunction form(any.next());
        form.Add(
            padded ? TestEqual(form.next(), Field{Anchor::kNetwork, kLengthField, 2},
                               kPadding << 8 | header.flags, 0xff00 | kFlagsMask)
                   : TestEqual(form.next(), Field{Anchor::kNetwork, flags_at, 1}, header.flags, kFlagsMask));
        form.Add(TestEqual(form.next(), Field{Anchor::kNetwork, offset, 2}, Swapped(address)));
        any.Add(form.outcome());
      }
    }
    both.Add(any.outcome());
    return both.outcome();
  });
}

}  // namespace bpfopt::frontend
