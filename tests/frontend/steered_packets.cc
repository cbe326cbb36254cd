#include "steered_packets.h"

#include "bpf/interpreter.h"
#include "bpf/opcode.h"

#include <array>
#include <bit>
#include <cstddef>

#include <pcap/dlt.h>

namespace bpfopt::frontend {
namespace {

constexpr std::size_t kPacketLength = 180;

// A field of the packet that was loaded since the jump before.
struct LoadedField {
  std::uint64_t address = 0;
  unsigned width = 0;
};

// A conditional jump that a run met, and what it was about.
struct Decision {
  Instruction jump;
  std::uint32_t lhs = 0;
  std::uint32_t rhs = 0;
  std::uint32_t mask = 0xffffffff;  // by which lhs was masked last
  std::vector<LoadedField> fields;
};

std::vector<Decision> DecisionsOf(const Program& program, const std::vector<bpf::Step>& steps) {
  std::vector<Decision> decisions;
  Decision open;
  std::uint32_t x = 0;
  for (const bpf::Step& step : steps) {
    const Instruction& instruction = program[step.instruction];
    const std::uint16_t code = instruction.code;
    const bool indirect = bpf::Mode(code) == bpf::kInd;
    if (bpf::Class(code) == bpf::kLd && (indirect || bpf::Mode(code) == bpf::kAbs)) {
      open.fields.push_back({instruction.k + (indirect ? std::uint64_t{x} : 0), bpf::LoadWidth(code)});
    } else if (code == (bpf::kAlu | bpf::kAnd | bpf::kK)) {
      open.mask = instruction.k;
    } else if (bpf::IsConditionalJump(code)) {
      open.jump = instruction;
      open.lhs = step.a;
      open.rhs = bpf::UsesX(code) ? step.x : instruction.k;
      if (!open.fields.empty()) decisions.push_back(open);
      open = {};
    }
    x = step.x;
  }
  return decisions;
}

}  // namespace

SteeredPackets::SteeredPackets(const Program& program, int dlt, std::uint32_t seed)
    : program_(program), dlt_(dlt), random_(seed) {
  for (const Instruction& instruction : program) {
    if (bpf::Class(instruction.code) != bpf::kRet) constants_.push_back(instruction.k);
  }
  constants_.push_back(0);
}

std::uint32_t SteeredPackets::SomeConstant() {
  if (Below(4) == 0) return static_cast<std::uint32_t>(random_());
  return constants_[Below(static_cast<std::uint32_t>(constants_.size()))];
}

std::uint32_t SteeredPackets::WireLength(std::size_t captured) {
  switch (Below(4)) {
    case 0:
      return SomeConstant() + Below(3) - 1;
    case 1:
      return static_cast<std::uint32_t>(random_());
    case 2:
      return static_cast<std::uint32_t>(captured) + Below(2000);
    default:
      return static_cast<std::uint32_t>(captured);
  }
}

void SteeredPackets::AppendWord(PacketBytes* packet, std::uint32_t value, unsigned width) {
  for (unsigned byte = width; byte-- > 0;) packet->push_back(static_cast<std::uint8_t>(value >> (byte * 8)));
}

void SteeredPackets::AppendLink(PacketBytes* packet, bool ip6) {
  constexpr std::array<std::uint32_t, 10> kTypes = {0x0806, 0x8035, 0x8100, 0x88a8, 0x9100,
                                                    0x8847, 0x8864, 0x8863, 0x0040, 0x6003};
  std::uint32_t type = ip6 ? 0x86dd : 0x0800;
  if (Below(6) == 0) type = kTypes[Below(kTypes.size())];
  const std::uint32_t family = ip6 ? 10 : 2;
  const auto append_random = [this, packet](unsigned bytes) {
    while (bytes-- > 0)
      packet->push_back(static_cast<std::uint8_t>(Below(3) == 0 ? SomeConstant() : random_()));
  };
  switch (dlt_) {
    case DLT_EN10MB:
      append_random(12);
      for (unsigned tags = Below(3); tags > 0; --tags) {
        if (Below(3) == 0) AppendWord(packet, 0x81000000 | Below(0x10000), 4);
      }
      AppendWord(packet, type, 2);
      break;
    case DLT_LINUX_SLL:
      AppendWord(packet, Below(6), 2);
      append_random(12);
      AppendWord(packet, type, 2);
      break;
    case DLT_LINUX_SLL2:
      AppendWord(packet, type, 2);
      append_random(8);
      AppendWord(packet, Below(6), 1);
      append_random(9);
      break;
    case DLT_NULL:
      AppendWord(packet, std::endian::native == std::endian::little ? family << 24 : family, 4);
      break;
    case DLT_LOOP:
      AppendWord(packet, family, 4);
      break;
    case DLT_PPP:
      AppendWord(packet, 0xff03, 2);
      AppendWord(packet, ip6 ? 0x57 : 0x21, 2);
      break;
    default:
      break;
  }
}

void SteeredPackets::AppendIp(PacketBytes* packet, bool ip6) {
  constexpr std::array<std::uint32_t, 9> kProtocols = {1, 2, 6, 17, 44, 50, 58, 103, 132};
  const std::uint32_t protocol = kProtocols[Below(kProtocols.size())];
  if (ip6) {
    AppendWord(packet, 0x60000000 | Below(0x100000), 4);
    AppendWord(packet, 64, 2);
    AppendWord(packet, protocol << 8 | 64, 2);
    for (int word = 0; word < 8; ++word) AppendWord(packet, SomeConstant(), 4);
  } else {
    const std::uint32_t words = Below(3) == 0 ? Below(16) : 5;
    AppendWord(packet, 0x40000000 | words << 24 | Below(0x10000), 4);
    AppendWord(packet, Below(0x10000) << 16 | (Below(3) == 0 ? Below(0x4000) : 0), 4);
    AppendWord(packet, 64 << 24 | protocol << 16, 4);
    AppendWord(packet, SomeConstant(), 4);
    AppendWord(packet, SomeConstant(), 4);
    for (std::uint32_t word = 5; word < words; ++word) AppendWord(packet, SomeConstant(), 4);
  }
  AppendWord(packet, Below(2) == 0 ? SomeConstant() : static_cast<std::uint32_t>(random_()), 2);
  AppendWord(packet, Below(3) == 0 ? 6081 : SomeConstant(), 2);
}

PacketBytes SteeredPackets::Next() {
  PacketBytes packet;
  if (Below(5) != 0) {
    const bool ip6 = Below(2) == 0;
    AppendLink(&packet, ip6);
    AppendIp(&packet, ip6);
  }
  while (packet.size() < kPacketLength) {
    packet.push_back(static_cast<std::uint8_t>(Below(2) == 0 ? SomeConstant() : random_()));
  }
  for (unsigned bends = Below(32); bends > 0; --bends) Bend(&packet);
  return packet;
}

void SteeredPackets::Bend(PacketBytes* packet) {
  std::vector<bpf::Step> steps;
  bpf::Run(program_, Target::kPcap,
           {.captured = *packet, .wire_length = WireLength(packet->size()), .continuation = {}}, {}, &steps);
  const std::vector<Decision> decisions = DecisionsOf(program_, steps);
  if (decisions.empty()) return;

  // Mostly the last ones, which the others have led to.
  const std::size_t back = Below(2) == 0 ? 0 : Below(static_cast<std::uint32_t>(decisions.size()));
  const Decision& decision = decisions[decisions.size() - 1 - back];
  const LoadedField field = decision.fields[Below(static_cast<std::uint32_t>(decision.fields.size()))];
  if (field.address + field.width > packet->size()) return;

  std::uint32_t word = 0;
  for (unsigned byte = 0; byte < field.width; ++byte) word = word << 8 | (*packet)[field.address + byte];

  const std::uint32_t near = decision.rhs + (Below(4) == 0 ? Below(3) - 1 : 0);
  if (bpf::Operation(decision.jump.code) == bpf::kJset && Below(2) == 0) {
    word &= ~decision.rhs;
  } else if (decision.fields.size() == 1 && (decision.mask != 0xffffffff || Below(2) == 0)) {
    word = (word & ~decision.mask) | (near & decision.mask);
  } else {  // right where the field counts once, with either sign
    word += Below(2) == 0 ? near - decision.lhs : decision.lhs - near;
  }
  for (unsigned byte = field.width; byte-- > 0; word >>= 8) {
    (*packet)[field.address + byte] = static_cast<std::uint8_t>(word);
  }
}

}  // namespace bpfopt::frontend
