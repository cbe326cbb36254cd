// Random programs for tests: always acceptable to bpf::Check(), every operation of the target reachable,
// and biased towards what is interesting: short jumps, offsets near the end of short packets, constants at
// the edges of their ranges. The same seed gives the same program everywhere.
#ifndef BPFOPT_TESTS_BPF_RANDOM_PROGRAM_H
#define BPFOPT_TESTS_BPF_RANDOM_PROGRAM_H

#include "bpf/opcode.h"
#include "bpfopt/program.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace bpfopt::bpf {

struct RandomProgramOptions {
  std::size_t max_instructions = 16;
  Target target = Target::kPcap;
  // Under kLinux: also constant loads at negative offsets (ancillary words, SKF_NET_OFF, SKF_LL_OFF).
  bool negative_offsets = true;
  // Packet offsets are mostly below this.
  std::uint32_t packet_bytes = 24;
};

class RandomProgramGenerator {
 public:
  RandomProgramGenerator(std::mt19937& random, const RandomProgramOptions& options)
      : random_(random), options_(options) {}

  Program Generate() {
    const std::size_t size = 1 + Below(std::max<std::size_t>(options_.max_instructions, 1));
    masks_.assign(size, 0xffff);
    written_ = 0;
    Program program;
    for (std::size_t pc = 0; pc < size; ++pc) {
      written_ = static_cast<std::uint16_t>(written_ & masks_[pc]);
      program.push_back(pc + 1 == size ? Return() : Any(pc, size));
    }
    return program;
  }

 private:
  std::uint32_t Below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool OneIn(std::uint32_t n) { return Below(n) == 0; }
  template <std::size_t kSize>
  std::uint16_t OneOf(const std::array<std::uint16_t, kSize>& codes) {
    return codes[Below(kSize)];
  }
  static Instruction Make(unsigned code, std::uint32_t k) {
    return {static_cast<std::uint16_t>(code), 0, 0, k};
  }

  Instruction Any(std::size_t pc, std::size_t size) {
    switch (Below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return PacketLoad();
      case 4:
        return OtherLoad();
      case 5:
        return Scratch();
      case 6:
      case 7:
      case 8:
      case 9:
        return Alu();
      case 10:
      case 11:
      case 12:
        return Jump(pc, size);
      case 13:
        return OneIn(4) ? Return() : Alu();
      default:
        return Make(OneIn(2) ? kMisc | kTax : kMisc | kTxa, 0);
    }
  }

  Instruction Return() {
    if (OneIn(2)) return Make(kRet | kA, 0);
    return Make(kRet | kK, OneIn(4) ? 0 : OneIn(2) ? Value() : Below(options_.packet_bytes + 1));
  }

  Instruction PacketLoad() {
    if (options_.target == Target::kSeccomp) return Make(kLd | kW | kAbs, 4 * Below(16));
    static constexpr std::array<std::uint16_t, 3> kWidths = {kW, kH, kB};
    switch (Below(5)) {
      case 0:
        return Make(kLdx | kB | kMsh, Offset());
      case 1:
      case 2:
        return Make(kLd | OneOf(kWidths) | kInd, OneIn(6) ? Value() : Offset());
      default:
        return Make(kLd | OneOf(kWidths) | kAbs, AbsoluteOffset());
    }
  }

  std::uint32_t Offset() {
    if (OneIn(16)) return Value() % kLinkLayerOffset;
    return Below(options_.packet_bytes);
  }

  std::uint32_t AbsoluteOffset() {
    if (options_.target != Target::kLinux || !options_.negative_offsets || !OneIn(4)) return Offset();
    if (OneIn(4)) return (OneIn(2) ? kNetworkOffset : kLinkLayerOffset) + Below(options_.packet_bytes);
    return kAncillaryOffset + 4 * Below(kAncillaryMax / 4);
  }

  Instruction OtherLoad() {
    static constexpr std::array<std::uint16_t, 4> kCodes = {kLd | kImm, kLdx | kImm, kLd | kW | kLen,
                                                            kLdx | kW | kLen};
    const std::uint16_t code = OneOf(kCodes);
    return Make(code, Mode(code) == kLen ? 0 : Value());
  }

  Instruction Scratch() {
    std::vector<std::uint32_t> readable;
    for (std::uint32_t word = 0; word < kScratchWords; ++word) {
      if ((written_ >> word & 1U) != 0) readable.push_back(word);
    }
    if (!readable.empty() && !OneIn(3)) {
      return Make(OneIn(2) ? kLd | kMem : kLdx | kMem, readable[Below(readable.size())]);
    }
    const std::uint32_t word = Below(OneIn(2) ? 3 : kScratchWords);
    written_ = static_cast<std::uint16_t>(written_ | 1U << word);
    return Make(OneIn(2) ? kSt : kStx, word);
  }

  Instruction Alu() {
    static constexpr std::array<std::uint16_t, 11> kOperations = {kAdd, kSub, kMul, kDiv, kOr, kAnd,
                                                                  kLsh, kRsh, kNeg, kXor, kMod};
    // Modulus is last: seccomp has none.
    const std::uint16_t operation =
        kOperations[Below(kOperations.size() - (options_.target == Target::kSeccomp ? 1 : 0))];
    if (operation == kNeg) return Make(kAlu | kNeg, 0);
    if (OneIn(2)) return Make(kAlu | operation | kX, 0);
    std::uint32_t k = Value();
    if (operation == kLsh || operation == kRsh) k %= 32;
    if (operation == kDiv || operation == kMod) k = std::max<std::uint32_t>(k, 1);
    return Make(kAlu | operation | kK, k);
  }

  Instruction Jump(std::size_t pc, std::size_t size) {
    static constexpr std::array<std::uint16_t, 4> kOperations = {kJeq, kJgt, kJge, kJset};
    const std::size_t room = size - pc - 1;  // targets from the next instruction on
    Instruction jump;
    if (OneIn(8)) {
      jump = Make(kJmp | kJa, JumpOffset(room));
      SetMask(pc, jump.k);
    } else {
      const bool by_x = OneIn(3);
      jump = Make(kJmp | OneOf(kOperations) | (by_x ? kX : kK), by_x ? 0 : Value());
      jump.jt = static_cast<std::uint8_t>(JumpOffset(std::min<std::size_t>(room, 256)));
      jump.jf = static_cast<std::uint8_t>(JumpOffset(std::min<std::size_t>(room, 256)));
      SetMask(pc, jump.jt);
      SetMask(pc, jump.jf);
    }
    written_ = 0xffff;
    return jump;
  }

  std::uint32_t JumpOffset(std::size_t room) {
    return Below(OneIn(4) ? room : std::min<std::size_t>(room, 4));
  }
  void SetMask(std::size_t pc, std::size_t offset) {
    masks_[pc + 1 + offset] = static_cast<std::uint16_t>(masks_[pc + 1 + offset] & written_);
  }

  std::uint32_t Value() {
    switch (Below(8)) {
      case 0:
        return static_cast<std::uint32_t>(random_());
      case 1:
        return 0U - 1 - Below(options_.packet_bytes);
      case 2:
        return 1U << Below(32);
      case 3:
        return (1U << Below(32)) - 1;
      case 4:
        return Below(256);
      default:
        return Below(options_.packet_bytes);
    }
  }

  std::mt19937& random_;
  const RandomProgramOptions options_;
  std::vector<std::uint16_t> masks_;  // the kernel's account of written scratch words
  std::uint16_t written_ = 0;
};

inline Program RandomProgram(std::mt19937& random, const RandomProgramOptions& options) {
  return RandomProgramGenerator(random, options).Generate();
}

inline Program RandomProgram(std::mt19937& random, std::size_t max_instructions, Target target) {
  RandomProgramOptions options;
  options.max_instructions = max_instructions;
  options.target = target;
  return RandomProgram(random, options);
}

// Bytes that comparisons with small constants often hit.
inline std::vector<std::uint8_t> RandomPacket(std::mt19937& random, std::size_t bytes) {
  std::vector<std::uint8_t> packet(bytes);
  for (std::uint8_t& byte : packet) {
    byte = static_cast<std::uint8_t>(random() % 2 == 0 ? random() % 8 : random());
  }
  return packet;
}

}  // namespace bpfopt::bpf

#endif  // BPFOPT_TESTS_BPF_RANDOM_PROGRAM_H
