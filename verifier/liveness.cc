#include "verifier/liveness.h"

namespace bpfopt::verifier {
namespace {

using namespace bpf;

struct Effect {
  RegisterSet reads;
  RegisterSet writes;
};

RegisterSet Only(std::size_t reg) { return RegisterSet().set(reg); }

// Ancillary loads that read registers: the functions of A and X, and those that can end the program with A.
RegisterSet AncillaryReads(std::uint32_t offset) {
  switch (offset) {
    case kAncillaryNlattr:
    case kAncillaryNlattrNest:
    case kAncillaryAluXorX:
      return Only(kRegisterA).set(kRegisterX);
    case kAncillaryInterfaceIndex:
    case kAncillaryHardwareType:
      return Only(kRegisterA);
    default:
      return {};
  }
}

Effect EffectOfLd(const Instruction& instruction, Target rules) {
  Effect effect{{}, Only(kRegisterA)};
  switch (Mode(instruction.code)) {
    case kMem:
      effect.reads.set(instruction.k % kScratchWords);
      break;
    case kInd:
      effect.reads.set(kRegisterX);
      break;
    case kAbs:
      if (rules == Target::kLinux && instruction.k >= kAncillaryOffset) {
        effect.reads = AncillaryReads(instruction.k - kAncillaryOffset);
      }
      break;
    default:
      break;
  }
  return effect;
}

Effect EffectOf(const Instruction& instruction, Target rules) {
  const std::uint16_t code = instruction.code;
  switch (Class(code)) {
    case kLd:
      return EffectOfLd(instruction, rules);
    case kLdx:
      return {Mode(code) == kMem ? Only(instruction.k % kScratchWords) : RegisterSet(), Only(kRegisterX)};
    case kSt:
      return {Only(kRegisterA), Only(instruction.k % kScratchWords)};
    case kStx:
      return {Only(kRegisterX), Only(instruction.k % kScratchWords)};
    case kAlu: {
      Effect effect{Only(kRegisterA), Only(kRegisterA)};
      if (Operation(code) != kNeg && UsesX(code)) effect.reads.set(kRegisterX);
      return effect;
    }
    case kJmp:
      if (Operation(code) == kJa) return {};
      return {UsesX(code) ? Only(kRegisterA).set(kRegisterX) : Only(kRegisterA), {}};
    case kRet:
      return {code == (kRet | kA) ? Only(kRegisterA) : RegisterSet(), {}};
    default:
      if (code == (kMisc | kTxa)) return {Only(kRegisterX), Only(kRegisterA)};
      return {Only(kRegisterA), Only(kRegisterX)};
  }
}

}  // namespace

std::vector<RegisterSet> ComputeLiveness(const Program& program, Target rules) {
  std::vector<RegisterSet> live(program.size());
  const auto at = [&](std::uint64_t pc) { return pc < program.size() ? live[pc] : RegisterSet(); };
  // Jumps lead forward, so one pass from the end is enough.
  for (std::size_t pc = program.size(); pc-- > 0;) {
    const Instruction& instruction = program[pc];
    const std::uint64_t next = std::uint64_t{pc} + 1;
    RegisterSet out;
    if (IsConditionalJump(instruction.code)) {
      out = at(next + instruction.jt) | at(next + instruction.jf);
    } else if (Class(instruction.code) == kJmp) {
      out = at(next + instruction.k);
    } else if (Class(instruction.code) != kRet) {
      out = at(next);
    }
    const Effect effect = EffectOf(instruction, rules);
    live[pc] = (out & ~effect.writes) | effect.reads;
  }
  return live;
}

}  // namespace bpfopt::verifier
