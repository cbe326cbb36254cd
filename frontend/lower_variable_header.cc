// Headers of variable length before the link layer's payload: what a radio prepends to an 802.11 frame, the
// 802.11 header itself, and that of a PF log. libpcap computes their lengths at the start of a program,
// before all tests, and only those that the program uses.
#include "frontend/lowering.h"

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kPpiWlan = 0x69000000;  // DLT_IEEE802_11 as a little-endian word
constexpr std::uint32_t kAvsMagic = 0x80211000;
constexpr std::uint32_t kAvsMagicMask = 0xfffff000;
constexpr std::uint32_t kPrismLength = 144;
constexpr std::uint32_t kWlanHeaderLength = 24;
constexpr std::uint32_t kQosLength = 2;

// The first byte of an 802.11 frame.
constexpr std::uint32_t kDataType = 0x08;
constexpr std::uint32_t kControlType = 0x04;
constexpr std::uint32_t kQosData = 0x80;

// Bits of radiotap's presence word, which is little-endian.
constexpr std::uint32_t kTimerPresent = 0x01000000;
constexpr std::uint32_t kFlagsPresent = 0x02000000;
constexpr std::uint32_t kExtendedPresent = 0x00000080;
// In radiotap's flags: there is padding between 802.11 header and payload.
constexpr std::uint32_t kDataPadding = 0x20;

}  // namespace

Flow Lowering::EnterVariableHeaders(Flow in, const VariableHeaders& used) {
  const LinkType& link = *options_.link_type;
  if (link.radio == RadioHeader::kPpi) {
    const Outcome wlan = TestEqual(in, Field{Anchor::kPacket, 4, 4}, kPpiWlan);
    flow_.Return(wlan.fail, 0);
    in = wlan.pass;
  }
  if (used.link_header) in = EnterRadioHeader(in, link.radio);
  if (used.payload) {
    in = link.header_length == LinkHeaderLength::kPfLog ? EnterPfLogHeader(in)
                                                        : EnterWlanHeader(in, used.link_header);
  }
  return in;
}

// libpcap computes the value in A.
Flow Lowering::SetSlot(const Cursor& cursor, Slot slot, const ir::Value* value) {
  return flow_.Continue(flow_.WithAccumulator(flow_.WithSlot(cursor, slot, value), value));
}

Flow Lowering::EnterRadioHeader(Flow in, RadioHeader radio) {
  if (radio == RadioHeader::kPrism) {
    const Outcome is_avs = TestEqual(in, Field{Anchor::kPacket, 0, 4}, kAvsMagic, kAvsMagicMask);
    const Flow avs = EnterRadioHeader(is_avs.pass, RadioHeader::kAvs);
    return Concatenate(avs, SetSlot(flow_.Join(is_avs.fail), Slot::kLinkHeader, Constant(kPrismLength)));
  }
  const Cursor cursor = flow_.Join(in);
  if (radio == RadioHeader::kAvs) {
    return SetSlot(cursor, Slot::kLinkHeader, LoadField(cursor, Field{Anchor::kPacket, 4, 4}));
  }
  const ir::Value* high = LoadField(cursor, Field{Anchor::kPacket, 3, 1});
  const ir::Value* low = LoadField(cursor, Field{Anchor::kPacket, 2, 1});
  const ir::Value* length = MakeBinary(ir::Opcode::kOr, MakeBinary(ir::Opcode::kShl, high, Constant(8)), low);
  return SetSlot(cursor, Slot::kLinkHeader, length);
}

// 24 bytes, two more for quality of service, and where radiotap says so padding to a multiple of four.
Flow Lowering::EnterWlanHeader(Flow in, bool behind_radio) {
  Cursor cursor = flow_.Join(in);
  const ir::Value* start = behind_radio ? flow_.SlotValue(cursor, Slot::kLinkHeader) : Constant(0);
  const ir::Value* type = flow_.Load(cursor, start, 0, 1);
  const ir::Value* plain = MakeBinary(ir::Opcode::kAdd, start, Constant(kWlanHeaderLength));
  const ir::Value* with_qos = MakeBinary(ir::Opcode::kAdd, plain, Constant(kQosLength));

  const Outcome data =
      flow_.Branch(flow_.WithSlot(cursor, Slot::kPayload, plain), ir::Compare::kAnySet, type, kDataType);
  const Outcome control = flow_.Branch(flow_.Join(data.pass), ir::Compare::kAnySet, type, kControlType);
  const Outcome qos = flow_.Branch(flow_.Join(control.fail), ir::Compare::kAnySet, type, kQosData);
  const Flow lengthened = SetSlot(flow_.Join(qos.pass), Slot::kPayload, with_qos);
  Flow frame = Concatenate(lengthened, qos.fail);
  if (options_.link_type->radio == RadioHeader::kRadiotap) frame = SkipRadiotapPadding(frame);
  return Concatenate(Concatenate(data.fail, control.pass), frame);
}

Flow Lowering::SkipRadiotapPadding(Flow in) {
  const Cursor cursor = flow_.Join(in);
  const ir::Value* present = LoadField(cursor, Field{Anchor::kPacket, 4, 4});
  const Outcome flags = flow_.Branch(cursor, ir::Compare::kAnySet, present, kFlagsPresent);
  const Outcome extended =
      flow_.Branch(flow_.Join(flags.pass), ir::Compare::kAnySet, present, kExtendedPresent);
  const Outcome timer = flow_.Branch(flow_.Join(extended.fail), ir::Compare::kAnySet, present, kTimerPresent);
  const Outcome behind_timer =
      TestField(timer.pass, Field{Anchor::kPacket, 16, 1}, ir::Compare::kAnySet, kDataPadding);
  const Outcome first =
      TestField(timer.fail, Field{Anchor::kPacket, 8, 1}, ir::Compare::kAnySet, kDataPadding);

  const Cursor padded = flow_.Join(Concatenate(behind_timer.pass, first.pass));
  const ir::Value* sum = MakeBinary(ir::Opcode::kAdd, flow_.SlotValue(padded, Slot::kPayload), Constant(3));
  const Flow aligned =
      SetSlot(padded, Slot::kPayload, MakeBinary(ir::Opcode::kAnd, sum, Constant(0xfffffffc)));
  const Flow unpadded =
      Concatenate(Concatenate(flags.fail, extended.pass), Concatenate(behind_timer.fail, first.fail));
  return Concatenate(unpadded, aligned);
}

Flow Lowering::EnterPfLogHeader(Flow in) {
  const Cursor cursor = flow_.Join(in);
  const ir::Value* length = LoadField(cursor, Field{Anchor::kPacket, 0, 1});
  const ir::Value* sum = MakeBinary(ir::Opcode::kAdd, length, Constant(3));
  return SetSlot(cursor, Slot::kPayload, MakeBinary(ir::Opcode::kAnd, sum, Constant(0xfffffffc)));
}

}  // namespace bpfopt::frontend
