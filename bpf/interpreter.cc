// One machine step per call of Step(); the three targets part ways in loads, in shifts by X and in the
// address X + k, and nowhere else. Offsets of jumps are unsigned and counted in 64 bits, so the program
// counter only grows and every run ends.
#include "bpf/interpreter.h"

#include "bpf/opcode.h"

#include <array>
#include <bit>
#include <cstring>

namespace bpfopt::bpf {
namespace {

constexpr std::uint32_t kSeccompDataBytes = 64;                  // sizeof(struct seccomp_data)
constexpr std::uint64_t kNegativeFrom = std::uint64_t{1} << 31;  // the kernel's offsets are signed

class Machine {
 public:
  Machine(const Program& program, Target target, const Packet& packet, const Ancillary& ancillary)
      : program_(program), target_(target), packet_(packet), ancillary_(ancillary) {}

  Outcome Run(std::vector<Step>* trace) {
    Outcome outcome;
    while (!end_) {
      if (pc_ >= program_.size()) {
        Finish(End::kMalformed, 0);
        break;
      }
      const auto current = static_cast<std::size_t>(pc_);
      ++pc_;
      ++outcome.executed;
      Execute(program_[current], current);
      if (trace != nullptr) trace->push_back({current, a_, x_});
    }
    outcome.end = *end_;
    outcome.verdict = verdict_;
    return outcome;
  }

 private:
  void Finish(End end, std::uint32_t verdict) {
    end_ = end;
    verdict_ = verdict;
  }
  void Malformed() { Finish(End::kMalformed, 0); }

  void Execute(const Instruction& instruction, std::size_t index) {
    switch (Class(instruction.code)) {
      case kLd:
        return ExecuteLd(instruction, index);
      case kLdx:
        return ExecuteLdx(instruction);
      case kSt:
        return instruction.code == kSt ? Store(instruction.k, a_) : Malformed();
      case kStx:
        return instruction.code == kStx ? Store(instruction.k, x_) : Malformed();
      case kAlu:
        return ExecuteAlu(instruction);
      case kJmp:
        return ExecuteJump(instruction);
      case kRet:
        if (instruction.code == (kRet | kK)) return Finish(End::kReturn, instruction.k);
        if (instruction.code == (kRet | kA)) return Finish(End::kReturn, a_);
        return Malformed();
      default:
        if (instruction.code == (kMisc | kTax)) {
          x_ = a_;
        } else if (instruction.code == (kMisc | kTxa)) {
          a_ = x_;
        } else {
          Malformed();
        }
    }
  }

  void ExecuteLd(const Instruction& instruction, std::size_t index) {
    const std::uint32_t k = instruction.k;
    switch (instruction.code) {
      case kLd | kImm:
        return Set(a_, k);
      case kLd | kMem:
        return SetIfAny(a_, Scratch(k));
      case kLd | kW | kLen:
        return Set(a_, Length());
      case kLd | kW | kAbs:
      case kLd | kH | kAbs:
      case kLd | kB | kAbs:
        return LoadAbsolute(k, LoadWidth(instruction.code), index);
      case kLd | kW | kInd:
      case kLd | kH | kInd:
      case kLd | kB | kInd:
        if (target_ == Target::kSeccomp) return Malformed();
        return SetIfAny(a_, LoadBytes(IndirectAddress(k), LoadWidth(instruction.code)));
      default:
        return Malformed();
    }
  }

  void ExecuteLdx(const Instruction& instruction) {
    const std::uint32_t k = instruction.k;
    switch (instruction.code) {
      case kLdx | kImm:
        return Set(x_, k);
      case kLdx | kMem:
        return SetIfAny(x_, Scratch(k));
      case kLdx | kW | kLen:
        return Set(x_, Length());
      case kLdx | kB | kMsh:
        if (target_ == Target::kSeccomp) return Malformed();
        if (const auto byte = LoadBytes(k, 1)) x_ = (*byte & 0xf) << 2;
        return;
      default:
        return Malformed();
    }
  }

  static void Set(std::uint32_t& target, std::uint32_t value) { target = value; }
  // Nothing when the program has just ended.
  static void SetIfAny(std::uint32_t& target, std::optional<std::uint32_t> value) {
    if (value) target = *value;
  }

  std::uint32_t Length() const {
    return target_ == Target::kSeccomp ? kSeccompDataBytes : packet_.wire_length;
  }

  std::optional<std::uint32_t> Scratch(std::uint32_t k) {
    if (k < kScratchWords) return scratch_[k];
    Malformed();
    return std::nullopt;
  }

  void Store(std::uint32_t k, std::uint32_t value) {
    if (k >= kScratchWords) return Malformed();
    scratch_[k] = value;
  }

  void LoadAbsolute(std::uint32_t k, unsigned width, std::size_t index) {
    if (target_ == Target::kSeccomp) return LoadSeccomp(k, width);
    if (target_ == Target::kLinux && k >= kAncillaryOffset) return LoadAncillary(k - kAncillaryOffset, index);
    SetIfAny(a_, LoadBytes(k, width));
  }

  void LoadSeccomp(std::uint32_t k, unsigned width) {
    if (width != 4 || k % 4 != 0 || k >= kSeccompDataBytes) return Malformed();
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (k + i < packet_.captured.size()) bytes[i] = packet_.captured[k + i];
    }
    a_ = std::bit_cast<std::uint32_t>(bytes);
  }

  void LoadAncillary(std::uint32_t offset, std::size_t index) {
    if (offset >= kAncillaryMax || offset % 4 != 0) return Malformed();
    switch (offset) {
      case kAncillaryAluXorX:
        a_ ^= x_;
        return;
      case kAncillaryRandom:
        a_ = ancillary_.random ? ancillary_.random(index) : 0;
        return;
      case kAncillaryNlattr:
      case kAncillaryNlattrNest:
        a_ = ancillary_.nlattr ? ancillary_.nlattr(offset, a_, x_) : 0;
        return;
      case kAncillaryInterfaceIndex:
      case kAncillaryHardwareType:
        if (!ancillary_.has_device) return Finish(End::kNoDevice, a_);
        break;
      default:
        break;
    }
    a_ = ancillary_.word ? ancillary_.word(offset) : 0;
  }

  std::uint64_t IndirectAddress(std::uint32_t k) const {
    if (target_ == Target::kLinux) return x_ + k;
    return static_cast<std::uint64_t>(x_) + k;
  }

  // The big-endian value of `width` bytes at `address`; nothing, and the end of the run, on a fault.
  std::optional<std::uint32_t> LoadBytes(std::uint64_t address, unsigned width) {
    if (target_ == Target::kLinux && address >= kLinkLayerOffset && address < kAncillaryOffset) {
      return LoadNegative(static_cast<std::uint32_t>(address), width);
    }
    if (!packet_.continuation && !IsCaptured(address, width)) {
      Finish(End::kFault, 0);
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (unsigned i = 0; i < width; ++i) value = value << 8 | ByteAt(address + i);
    return value;
  }

  bool IsCaptured(std::uint64_t address, unsigned width) const {
    if (target_ == Target::kLinux && address >= kNegativeFrom) return false;
    return address + width <= packet_.captured.size() + packet_.more_captured;
  }

  std::uint8_t ByteAt(std::uint64_t address) const {
    if (!IsCaptured(address, 1)) return packet_.continuation(address);
    if (address < packet_.captured.size()) return packet_.captured[static_cast<std::size_t>(address)];
    return packet_.more ? packet_.more(address) : 0;
  }

  std::optional<std::uint32_t> LoadNegative(std::uint32_t k, unsigned width) {
    const std::optional<std::uint32_t> word = ancillary_.negative ? ancillary_.negative(k, width) : 0;
    if (!word) {
      Finish(End::kFault, 0);
      return std::nullopt;
    }
    return width == 4 ? *word : *word & ((1U << (8 * width)) - 1);
  }

  void ExecuteAlu(const Instruction& instruction) {
    if (instruction.code == (kAlu | kNeg)) return Set(a_, 0U - a_);
    if (instruction.code > 0xff) return Malformed();
    const bool by_x = UsesX(instruction.code);
    const std::uint32_t right = by_x ? x_ : instruction.k;
    switch (Operation(instruction.code)) {
      case kAdd:
        return Set(a_, a_ + right);
      case kSub:
        return Set(a_, a_ - right);
      case kMul:
        return Set(a_, a_ * right);
      case kOr:
        return Set(a_, a_ | right);
      case kAnd:
        return Set(a_, a_ & right);
      case kXor:
        return Set(a_, a_ ^ right);
      case kDiv:
      case kMod:
        if (right == 0) return by_x ? Finish(End::kDivision, 0) : Malformed();
        return Set(a_, Operation(instruction.code) == kDiv ? a_ / right : a_ % right);
      case kLsh:
      case kRsh:
        if (right >= 32 && !by_x) return Malformed();
        return Shift(Operation(instruction.code) == kLsh, right);
      default:
        return Malformed();
    }
  }

  void Shift(bool left, std::uint32_t by) {
    if (by >= 32 && target_ == Target::kPcap) return Set(a_, 0);
    by %= 32;
    a_ = left ? a_ << by : a_ >> by;
  }

  void ExecuteJump(const Instruction& instruction) {
    if (instruction.code == (kJmp | kJa)) {
      pc_ += instruction.k;
      return;
    }
    if (instruction.code > 0xff) return Malformed();
    const std::uint32_t right = UsesX(instruction.code) ? x_ : instruction.k;
    switch (Operation(instruction.code)) {
      case kJeq:
        return Branch(instruction, a_ == right);
      case kJgt:
        return Branch(instruction, a_ > right);
      case kJge:
        return Branch(instruction, a_ >= right);
      case kJset:
        return Branch(instruction, (a_ & right) != 0);
      default:
        return Malformed();
    }
  }

  void Branch(const Instruction& instruction, bool taken) { pc_ += taken ? instruction.jt : instruction.jf; }

  const Program& program_;
  const Target target_;
  const Packet& packet_;
  const Ancillary& ancillary_;
  std::uint64_t pc_ = 0;
  std::uint32_t a_ = 0;
  std::uint32_t x_ = 0;
  std::array<std::uint32_t, kScratchWords> scratch_{};
  std::optional<End> end_;
  std::uint32_t verdict_ = 0;
};

}  // namespace

Outcome Run(const Program& program, Target target, const Packet& packet, const Ancillary& ancillary,
            std::vector<Step>* trace) {
  return Machine(program, target, packet, ancillary).Run(trace);
}

}  // namespace bpfopt::bpf
