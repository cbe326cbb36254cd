// Classic BPF's operation codes, as linux/bpf_common.h and pcap/bpf.h define them, and questions
// about an instruction that every user of programs asks.
#ifndef BPFOPT_BPF_OPCODE_H
#define BPFOPT_BPF_OPCODE_H

#include "bpfopt/program.h"

#include <cstdint>
#include <optional>

namespace bpfopt::bpf {

// Bits 0-2: the class.
inline constexpr std::uint16_t kLd = 0x00;
inline constexpr std::uint16_t kLdx = 0x01;
inline constexpr std::uint16_t kSt = 0x02;
inline constexpr std::uint16_t kStx = 0x03;
inline constexpr std::uint16_t kAlu = 0x04;
inline constexpr std::uint16_t kJmp = 0x05;
inline constexpr std::uint16_t kRet = 0x06;
inline constexpr std::uint16_t kMisc = 0x07;

// Loads: bits 3-4, the width; bits 5-7, the addressing mode.
inline constexpr std::uint16_t kW = 0x00;
inline constexpr std::uint16_t kH = 0x08;
inline constexpr std::uint16_t kB = 0x10;
inline constexpr std::uint16_t kImm = 0x00;
inline constexpr std::uint16_t kAbs = 0x20;
inline constexpr std::uint16_t kInd = 0x40;
inline constexpr std::uint16_t kMem = 0x60;
inline constexpr std::uint16_t kLen = 0x80;
inline constexpr std::uint16_t kMsh = 0xa0;

// ALU: bits 4-7, the operation; bit 3, the source of the right operand.
inline constexpr std::uint16_t kAdd = 0x00;
inline constexpr std::uint16_t kSub = 0x10;
inline constexpr std::uint16_t kMul = 0x20;
inline constexpr std::uint16_t kDiv = 0x30;
inline constexpr std::uint16_t kOr = 0x40;
inline constexpr std::uint16_t kAnd = 0x50;
inline constexpr std::uint16_t kLsh = 0x60;
inline constexpr std::uint16_t kRsh = 0x70;
inline constexpr std::uint16_t kNeg = 0x80;
inline constexpr std::uint16_t kMod = 0x90;
inline constexpr std::uint16_t kXor = 0xa0;

// Jumps: bits 4-7.
inline constexpr std::uint16_t kJa = 0x00;
inline constexpr std::uint16_t kJeq = 0x10;
inline constexpr std::uint16_t kJgt = 0x20;
inline constexpr std::uint16_t kJge = 0x30;
inline constexpr std::uint16_t kJset = 0x40;

// The right operand (ALU, jumps) or the returned value (ret).
inline constexpr std::uint16_t kK = 0x00;
inline constexpr std::uint16_t kX = 0x08;
inline constexpr std::uint16_t kA = 0x10;

inline constexpr std::uint16_t kTax = 0x00;
inline constexpr std::uint16_t kTxa = 0x80;

inline constexpr unsigned kScratchWords = 16;          // BPF_MEMWORDS
inline constexpr std::size_t kMaxInstructions = 4096;  // BPF_MAXINSNS of Linux

// Linux's negative offsets (linux/filter.h).
inline constexpr std::uint32_t kAncillaryOffset = 0xfffff000;  // SKF_AD_OFF
inline constexpr std::uint32_t kNetworkOffset = 0xfff00000;    // SKF_NET_OFF
inline constexpr std::uint32_t kLinkLayerOffset = 0xffe00000;  // SKF_LL_OFF
inline constexpr std::uint32_t kAncillaryProtocol = 0;
inline constexpr std::uint32_t kAncillaryPacketType = 4;
inline constexpr std::uint32_t kAncillaryInterfaceIndex = 8;
inline constexpr std::uint32_t kAncillaryNlattr = 12;
inline constexpr std::uint32_t kAncillaryNlattrNest = 16;
inline constexpr std::uint32_t kAncillaryMark = 20;
inline constexpr std::uint32_t kAncillaryQueue = 24;
inline constexpr std::uint32_t kAncillaryHardwareType = 28;
inline constexpr std::uint32_t kAncillaryRxHash = 32;
inline constexpr std::uint32_t kAncillaryCpu = 36;
inline constexpr std::uint32_t kAncillaryAluXorX = 40;
inline constexpr std::uint32_t kAncillaryVlanTag = 44;
inline constexpr std::uint32_t kAncillaryVlanTagPresent = 48;
inline constexpr std::uint32_t kAncillaryPayloadOffset = 52;
inline constexpr std::uint32_t kAncillaryRandom = 56;
inline constexpr std::uint32_t kAncillaryVlanTpid = 60;
inline constexpr std::uint32_t kAncillaryMax = 64;

constexpr std::uint16_t Class(std::uint16_t code) { return code & 0x07; }
constexpr std::uint16_t Mode(std::uint16_t code) { return code & 0xe0; }
constexpr std::uint16_t Operation(std::uint16_t code) { return code & 0xf0; }
constexpr bool UsesX(std::uint16_t code) { return (code & kX) != 0; }  // ALU and jump classes
constexpr bool IsConditionalJump(std::uint16_t code) { return Class(code) == kJmp && Operation(code) != kJa; }

// Bytes that a packet load of this code reads: 1, 2 or 4.
constexpr unsigned LoadWidth(std::uint16_t code) {
  return (code & 0x18) == kB ? 1 : (code & 0x18) == kH ? 2 : 4;
}

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_OPCODE_H
