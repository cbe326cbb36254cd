// Follows bpf_convert_filter() of net/core/filter.c, which turns classic BPF into eBPF instruction by
// instruction; __sk_filter_charge() charges the size of what comes out, of the same eight bytes each.
#include "bpf/opcode.h"
#include "bpfopt/kernel.h"

#include <cstdint>
#include <limits>

namespace bpfopt {
namespace {

using namespace bpf;  // NOLINT: operation codes

constexpr std::size_t kHeader = 96;         // struct bpf_prog without its instructions: 56 to 96 bytes
constexpr std::size_t kPrologue = 3;        // clears A and X, keeps the context
constexpr std::size_t kPacketPrologue = 4;  // the packet's data and length, when something is loaded

bool IsNegative(std::uint32_t k) { return k > std::uint32_t{std::numeric_limits<std::int32_t>::max()}; }

// From the packet's first bytes when they hold the field, else by a call that may end the program.
std::size_t PacketLoadSize(std::uint16_t code, std::uint32_t k) {
  const bool is_indirect = Mode(code) == kInd;
  const std::size_t call = 4 + (is_indirect && k != 0) + 1 + 3;
  if (is_indirect || IsNegative(k)) return call;
  const bool fits_load = k <= std::uint32_t{std::numeric_limits<std::int16_t>::max()};
  const std::size_t compare = 2 + (k != 0);
  const std::size_t load = (fits_load ? 1 : 3) + (LoadWidth(code) != 1);
  return compare + load + 1 + call;
}

std::size_t AncillarySize(std::uint32_t word) {
  switch (word) {
    case kAncillaryProtocol:
    case kAncillaryVlanTpid:
      return 2;
    case kAncillaryPacketType:
    case kAncillaryVlanTagPresent:
      return 3;
    case kAncillaryInterfaceIndex:
    case kAncillaryHardwareType:
    case kAncillaryPayloadOffset:
    case kAncillaryNlattr:
    case kAncillaryNlattrNest:
    case kAncillaryCpu:
    case kAncillaryRandom:
      return 4;
    default:
      return 1;
  }
}

std::size_t JumpSize(const Instruction& jump) {
  if (!IsConditionalJump(jump.code)) return 1;
  // Immediates of eBPF are signed: one with the highest bit set goes through a register.
  const std::size_t constant = !UsesX(jump.code) && IsNegative(jump.k) ? 1 : 0;
  // eBPF's conditional jumps have one target. All but jset have an opposite.
  const bool is_one = jump.jf == 0 || (jump.jt == 0 && Operation(jump.code) != kJset);
  return constant + (is_one ? 1 : 2);
}

bool LoadsPacket(const Instruction& instruction) {
  const std::uint16_t mode = Mode(instruction.code);
  if (Class(instruction.code) == kLdx) return mode == kMsh;
  if (Class(instruction.code) != kLd) return false;
  return mode == kInd || (mode == kAbs && instruction.k < kAncillaryOffset);
}

std::size_t LoadSize(const Instruction& load) {
  if (LoadsPacket(load)) {
    if (Class(load.code) == kLd) return PacketLoadSize(load.code, load.k);
    return 6 + PacketLoadSize(kLd | kB | kAbs, load.k);  // ldxb 4*([k]&0xf) saves A meanwhile
  }
  return Class(load.code) == kLd && Mode(load.code) == kAbs ? AncillarySize(load.k - kAncillaryOffset) : 1;
}

std::size_t SizeOf(const Instruction& instruction) {
  switch (Class(instruction.code)) {
    case kLd:
    case kLdx:
      return LoadSize(instruction);
    case kJmp:
      return JumpSize(instruction);
    case kAlu: {
      const bool divides = Operation(instruction.code) == kDiv || Operation(instruction.code) == kMod;
      return divides && UsesX(instruction.code) ? 5 : 1;  // a division by zero ends the program
    }
    case kRet:
      return (instruction.code & (kA | kX)) == kK ? 2 : 1;
    default:
      return 1;
  }
}

}  // namespace

std::size_t KernelMemory(const Program& program) {
  std::size_t instructions = kPrologue;
  bool loads_packet = false;
  for (const Instruction& instruction : program) {
    instructions += SizeOf(instruction);
    loads_packet |= LoadsPacket(instruction);
  }
  if (loads_packet) instructions += kPacketPrologue;
  return kHeader + sizeof(Instruction) * instructions;
}

}  // namespace bpfopt
