// The words `llc`, `llc i`, `llc rr`, ...: frames with an 802.2 header and their types.
#include "frontend/lowering.h"
#include "frontend/protocol_numbers.h"

#include <string_view>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr Field kEtherType{Anchor::kLinkProtocol, 0, 2};
constexpr Field kLlcSaps{Anchor::kPayload, 0, 2};
constexpr Field kLlcControl{Anchor::kPayload, 2, 1};

// Both addresses of an 802.3 frame without 802.2 header, as Novell sent them.
constexpr std::uint32_t kNovellSaps = 0xffff;

constexpr std::uint32_t kAtmLlc = 2;

// How the control byte of an 802.2 frame shows its type.
struct LlcType {
  std::string_view name;
  std::uint32_t value;
  std::uint32_t mask;
};
constexpr std::uint32_t kSupervisoryMask = 0x0f;
constexpr std::uint32_t kUnnumberedMask = 0xef;  // without poll/final
constexpr LlcType kLlcTypes[] = {
    {"s", 0x01, 0x03},
    {"u", 0x03, 0x03},
    {"rr", 0x01, kSupervisoryMask},
    {"rnr", 0x05, kSupervisoryMask},
    {"rej", 0x09, kSupervisoryMask},
    {"ui", 0x03, kUnnumberedMask},
    {"ua", 0x63, kUnnumberedMask},
    {"disc", 0x43, kUnnumberedMask},
    {"dm", 0x0f, kUnnumberedMask},
    {"sabme", 0x6f, kUnnumberedMask},
    {"test", 0xe3, kUnnumberedMask},
    {"xid", 0xaf, kUnnumberedMask},
    {"frmr", 0x87, kUnnumberedMask},
};

bool SameWord(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

Outcome Lowering::TestLlcFrame(Flow in) {
  switch (layout_.link->llc) {
    case LlcFrames::kNone:
      return Fail(fmt::format("'llc' is not supported on {}: its frames have no 802.2 header",
                              NameOf(*layout_.link)));
    case LlcFrames::kAll:
      return flow_.Constant(in, true);
    case LlcFrames::kWlanData:
      return TestWlanData(in);
    case LlcFrames::kAtm:
      return TestAtmTraffic(in, kAtmLlc);
    case LlcFrames::kEthernetLength:
      break;
  }
  Conjunction both(in);
  both.Add(Invert(TestField(both.next(), kEtherType, ir::Compare::kGreater, kEthernetMaximumLength)));
  both.Add(Invert(TestEqual(both.next(), kLlcSaps, kNovellSaps)));
  return both.outcome();
}

Outcome Lowering::TestLlc(Flow in, const Llc& llc) {
  Conjunction both(in);
  both.Add(TestLlcFrame(both.next()));
  if (llc.type.empty()) return both.outcome();

  if (SameWord(llc.type, "i")) {  // information frames have the lowest bit clear
    both.Add(Invert(TestField(both.next(), kLlcControl, ir::Compare::kAnySet, 1)));
    return both.outcome();
  }
  for (const LlcType& type : kLlcTypes) {
    if (!SameWord(llc.type, type.name)) continue;
    both.Add(TestEqual(both.next(), kLlcControl, type.value, type.mask));
    return both.outcome();
  }
  return FailInternally("an unknown type of LLC frame");
}

}  // namespace bpfopt::frontend
