// The structural check, in one walk over the program. A rule looks at one instruction and its place;
// what must be carried from instruction to instruction is the kernel's account of written scratch words.
#include "bpf/checker.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr std::uint32_t kSeccompDataBytes = 64;  // sizeof(struct seccomp_data)

constexpr int kLinkTypeLinuxSll = 113;
constexpr int kLinkTypeLinuxSll2 = 276;

bool IsAluOperation(std::uint16_t operation) { return operation <= kXor && operation != kNeg; }

// The codes of Linux's chk_code_allowed: a whole code, since unused bits must be zero.
bool IsKnownCode(std::uint16_t code) {
  switch (Class(code)) {
    case kLd:
      return code == (kLd | kImm) || code == (kLd | kMem) || code == (kLd | kW | kLen) ||
             ((Mode(code) == kAbs || Mode(code) == kInd) && (code & ~0xf8) == 0 && (code & 0x18) != 0x18);
    case kLdx:
      return code == (kLdx | kImm) || code == (kLdx | kMem) || code == (kLdx | kW | kLen) ||
             code == (kLdx | kB | kMsh);
    case kSt:
      return code == kSt;
    case kStx:
      return code == kStx;
    case kAlu:
      return code == (kAlu | kNeg) || (code <= 0xff && IsAluOperation(Operation(code)));
    case kJmp:
      return code == (kJmp | kJa) || (code <= 0xff && Operation(code) >= kJeq && Operation(code) <= kJset);
    case kRet:
      return code == (kRet | kK) || code == (kRet | kA);
    default:
      return code == (kMisc | kTax) || code == (kMisc | kTxa);
  }
}

bool IsAbsoluteLoad(std::uint16_t code) { return Class(code) == kLd && Mode(code) == kAbs; }
bool IsIndirectLoad(std::uint16_t code) { return Class(code) == kLd && Mode(code) == kInd; }
bool IsHeaderLengthLoad(std::uint16_t code) { return code == (kLdx | kB | kMsh); }
bool IsPacketLoad(std::uint16_t code) {
  return IsAbsoluteLoad(code) || IsIndirectLoad(code) || IsHeaderLengthLoad(code);
}
bool IsStore(std::uint16_t code) { return code == kSt || code == kStx; }
bool IsScratchLoad(std::uint16_t code) { return code == (kLd | kMem) || code == (kLdx | kMem); }

// The words that Linux knows are the multiples of four from 0 to vlan_tpid.
bool IsKnownAncillary(std::uint32_t k) {
  const std::uint32_t offset = k - kAncillaryOffset;
  return offset < kAncillaryMax && offset % 4 == 0;
}

// Which scratch words are written on every way to an instruction, counted as the kernel counts: in program
// order, and after a ret the state goes on into the next instruction although control does not.
class ScratchState {
 public:
  explicit ScratchState(std::size_t instructions) : masks_(instructions, kAllWritten) {}

  void Enter(std::size_t pc) { written_ &= masks_[pc]; }
  void Write(std::uint32_t word) { written_ = static_cast<std::uint16_t>(written_ | (1U << word)); }
  bool IsWritten(std::uint32_t word) const { return ((written_ >> word) & 1U) != 0; }
  void JumpTo(std::size_t target) {
    if (target < masks_.size()) masks_[target] &= written_;
  }
  void EndOfJump() { written_ = kAllWritten; }

 private:
  static constexpr std::uint16_t kAllWritten = 0xffff;
  std::vector<std::uint16_t> masks_;
  std::uint16_t written_ = 0;
};

class Checker {
 public:
  Checker(const Program& program, const CheckOptions& options)
      : program_(program),
        options_(options),
        cooked_(options.target == Target::kSeccomp
                    ? CookedHeader{}
                    : options.cooked.value_or(CookedHeaderOf(options.link_type))),
        scratch_(program.size()) {}

  std::vector<Violation> Run() {
    for (pc_ = 0; pc_ < program_.size(); ++pc_) {
      CheckInstruction(program_[pc_]);
      if (pc_ + 1 == program_.size()) CheckLast(program_[pc_]);
    }
    CheckSize();
    return std::move(violations_);
  }

 private:
  void Report(std::string reason) { violations_.push_back({pc_, std::move(reason)}); }

  void CheckSize() {
    if (program_.empty()) {
      Report(fmt::format("the program is empty; expected 1 to {} instructions", options_.limit));
    } else if (program_.size() > options_.limit) {
      Report(fmt::format("the program has {} instructions; expected at most {}", program_.size(),
                         options_.limit));
    }
  }

  void CheckLast(const Instruction& instruction) {
    if (instruction.code == (kRet | kK) || instruction.code == (kRet | kA)) return;
    Report("the program does not end in a return; expected 'ret #k' or 'ret a' as the last instruction");
  }

  void CheckInstruction(const Instruction& instruction) {
    scratch_.Enter(pc_);
    if (!IsKnownCode(instruction.code)) {
      Report(
          fmt::format("unknown operation code {:#x}; expected one of classic BPF as Linux knows it, "
                      "with all unused bits zero",
                      instruction.code));
      return;
    }
    CheckAlu(instruction);
    CheckScratch(instruction);
    CheckJump(instruction);
    if (options_.target == Target::kSeccomp) {
      CheckSeccomp(instruction);
    } else {
      CheckOffset(instruction);
      CheckCooked(instruction);
    }
  }

  void CheckAlu(const Instruction& instruction) {
    if (Class(instruction.code) != kAlu || UsesX(instruction.code)) return;
    switch (Operation(instruction.code)) {
      case kDiv:
      case kMod:
        if (instruction.k == 0) Report("division by the constant 0; expected a divisor other than 0");
        break;
      case kLsh:
      case kRsh:
        if (instruction.k >= 32) {
          Report(fmt::format("shift by the constant {}; expected 0 to 31", instruction.k));
        }
        break;
      default:
        break;
    }
  }

  void CheckScratch(const Instruction& instruction) {
    const bool store = IsStore(instruction.code);
    if (!store && !IsScratchLoad(instruction.code)) return;
    if (instruction.k >= kScratchWords) {
      Report(fmt::format("scratch word M[{}] does not exist; expected M[0] to M[{}]", instruction.k,
                         kScratchWords - 1));
    } else if (store) {
      scratch_.Write(instruction.k);
    } else if (!scratch_.IsWritten(instruction.k)) {
      Report(
          fmt::format("M[{}] may be read before it is written; expected a store to it on every way "
                      "here, as the kernel follows them in program order",
                      instruction.k));
    }
  }

  void CheckJump(const Instruction& instruction) {
    if (Class(instruction.code) != kJmp) return;
    if (IsConditionalJump(instruction.code)) {
      CheckTarget("jt", instruction.jt);
      CheckTarget("jf", instruction.jf);
    } else {
      CheckTarget("ja", instruction.k);
    }
    scratch_.EndOfJump();
  }

  void CheckTarget(const char* which, std::uint32_t offset) {
    const std::uint64_t target = static_cast<std::uint64_t>(pc_) + 1 + offset;
    if (target >= program_.size()) {
      Report(fmt::format("{} leads to instruction {}; expected one inside the program, at most {}", which,
                         target, program_.size() - 1));
      return;
    }
    scratch_.JumpTo(static_cast<std::size_t>(target));
  }

  void CheckOffset(const Instruction& instruction) {
    if (!IsAbsoluteLoad(instruction.code) && !IsHeaderLengthLoad(instruction.code)) return;
    if (options_.target == Target::kPcap) {
      if (instruction.k >= kLinkLayerOffset) {
        Report(
            fmt::format("load at the negative offset {}, which only the Linux kernel gives a meaning; "
                        "expected an offset below {:#x}, or use --target linux",
                        static_cast<std::int32_t>(instruction.k), kLinkLayerOffset));
      }
    } else if (IsAbsoluteLoad(instruction.code) && instruction.k >= kAncillaryOffset &&
               !IsKnownAncillary(instruction.k)) {
      Report(
          fmt::format("load of the unknown ancillary word SKF_AD_OFF + {}; expected a multiple of 4 "
                      "from 0 to {}",
                      instruction.k - kAncillaryOffset, kAncillaryVlanTpid));
    }
  }

  // What pcap_setfilter makes of an offset on a cooked link type: nothing from SKF_AD_OFF on; else it takes
  // the header's length from it; inside of the header it takes the offset, at any width, for a field's name.
  void CheckCooked(const Instruction& instruction) {
    if (cooked_.header_bytes == 0 || !IsPacketLoad(instruction.code)) return;
    if (IsIndirectLoad(instruction.code)) {
      if (instruction.k < cooked_.header_bytes || instruction.k >= kAncillaryOffset) {
        Report(
            fmt::format("indirect load at [x + {}] on a cooked capture, which pcap_setfilter does not "
                        "rewrite rightly for the kernel; expected k of at least {}, not negative",
                        static_cast<std::int32_t>(instruction.k), cooked_.header_bytes));
      }
      return;
    }
    if (instruction.k >= kLinkLayerOffset && instruction.k < kAncillaryOffset) {
      Report(
          fmt::format("load at the negative offset {} on a cooked capture, which pcap_setfilter moves by "
                      "the header's {} bytes; expected an offset into the packet or an ancillary word",
                      static_cast<std::int32_t>(instruction.k), cooked_.header_bytes));
    } else if (instruction.k < cooked_.header_bytes && !IsAllowedInHeader(instruction)) {
      Report(
          fmt::format("load of {} inside the {}-byte header of a cooked capture, which pcap_setfilter "
                      "rewrites by its offset alone; expected one of {}",
                      DescribeLoad(instruction), cooked_.header_bytes, AllowedLoads()));
    }
  }

  bool IsAllowedInHeader(const Instruction& instruction) const {
    return IsAbsoluteLoad(instruction.code) &&
           std::any_of(cooked_.allowed.begin(), cooked_.allowed.end(), [&](const CookedHeader::Load& load) {
             return load.width == LoadWidth(instruction.code) && load.offset == instruction.k;
           });
  }

  static std::string DescribeLoad(const Instruction& instruction) {
    if (IsHeaderLengthLoad(instruction.code)) return fmt::format("'ldxb 4*([{}]&0xf)'", instruction.k);
    return DescribeLoad(LoadWidth(instruction.code), instruction.k);
  }

  static std::string DescribeLoad(unsigned width, std::uint32_t offset) {
    return fmt::format("'{} [{}]'", width == 1 ? "ldb" : width == 2 ? "ldh" : "ld", offset);
  }

  std::string AllowedLoads() const {
    std::string list;
    for (const CookedHeader::Load& load : cooked_.allowed) {
      if (!list.empty()) list += ", ";
      list += DescribeLoad(load.width, load.offset);
    }
    return list;
  }

  void CheckSeccomp(const Instruction& instruction) {
    const std::uint16_t code = instruction.code;
    if (code == (kLd | kW | kAbs)) {
      if (instruction.k >= kSeccompDataBytes || instruction.k % 4 != 0) {
        Report(fmt::format("load at offset {} of struct seccomp_data; expected a multiple of 4 below {}",
                           instruction.k, kSeccompDataBytes));
      }
    } else if (IsPacketLoad(code)) {
      Report("this load does not exist for seccomp; expected 'ld [k]', a word at a constant offset");
    } else if (Class(code) == kAlu && Operation(code) == kMod) {
      Report(
          "modulus does not exist for seccomp; expected add, sub, mul, div, or, and, lsh, rsh, neg or xor");
    }
  }

  const Program& program_;
  const CheckOptions& options_;
  const CookedHeader cooked_;
  ScratchState scratch_;
  std::size_t pc_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace

CookedHeader CookedHeaderOf(int link_type) {
  switch (link_type) {
    case kLinkTypeLinuxSll:
      return {16, {{2, 0}, {2, 14}}};
    case kLinkTypeLinuxSll2:
      return {20, {{2, 0}, {4, 4}, {1, 10}}};
    default:
      return {};
  }
}

std::vector<Violation> Check(const Program& program, const CheckOptions& options) {
  return Checker(program, options).Run();
}

}  // namespace bpfopt::bpf
