// An interpreter of its own: the library's says what a program does, not where its values come from. Who uses
// the packets that are made from this asks the library's for the verdict.
#include "cli/traced_run.h"

#include <array>
#include <optional>

namespace bpfopt::cli {
namespace {

constexpr std::uint32_t kAncillary = 0xfffff000;
constexpr std::uint32_t kAllBits = 0xffffffff;

// A word, and where it is from: (load & mask) - subtrahend, if anywhere.
struct Traced {
  std::uint32_t value = 0;
  bool is_from_packet = false;
  std::size_t address = 0;
  unsigned width = 0;  // 0: the length
  std::uint32_t mask = 0;
  std::uint32_t subtrahend = 0;
};

Traced Constant(std::uint32_t value) { return {.value = value}; }

// The value of the load under its mask that has the comparison come out as wanted.
std::optional<std::uint32_t> ValueFor(unsigned comparison, const Traced& left, std::uint32_t right,
                                      bool wanted) {
  const std::uint32_t held = left.value + left.subtrahend;
  const std::uint32_t lowest = left.mask & (~left.mask + 1);
  switch (comparison) {
    case 0x10:  // jeq
      return wanted ? right + left.subtrahend : held ^ lowest;
    case 0x20:  // jgt
    case 0x30:  // jge
      if (left.subtrahend != 0) return std::nullopt;
      if (comparison == 0x20) return wanted ? (right == kAllBits ? right : right + 1) : right;
      return wanted ? right : (right == 0 ? right : right - 1);
    case 0x40:  // jset
      if (left.subtrahend != 0) return std::nullopt;
      return wanted ? held | (right & left.mask & (~(right & left.mask) + 1)) : held & ~right;
    default:
      return std::nullopt;
  }
}

class Tracer {
 public:
  Tracer(const Program& program, const ExamplePacket& packet, Target target)
      : program_(program), packet_(packet), target_(target) {}

  TracedRun Run() {
    while (!done_ && next_ < program_.size()) {
      const Instruction& instruction = program_[next_++];
      ++run_.executed;
      Execute(instruction);
    }
    return std::move(run_);
  }

 private:
  void End(bool accepts) {
    run_.accepts = accepts;
    done_ = true;
  }

  void Execute(const Instruction& instruction) {
    const auto [code, jt, jf, k] = instruction;
    switch (code & 0x07) {
      case 0x00:
        Load(code, k);
        break;
      case 0x01:
        LoadX(code, k);
        break;
      case 0x02:
        if (k < scratch_.size()) scratch_[k] = a_;
        break;
      case 0x03:
        if (k < scratch_.size()) scratch_[k] = x_;
        break;
      case 0x04:
        Compute(code, (code & 0x08) != 0 ? x_.value : k);
        break;
      case 0x05:
        Jump(instruction);
        break;
      case 0x06:
        End(((code & 0x18) == 0x10 ? a_.value : k) != 0);
        break;
      default:
        if ((code & 0xf8) == 0x80) {
          a_ = x_;
        } else {
          x_ = a_;
        }
    }
  }

  Traced Length() const {
    return {
        .value = static_cast<std::uint32_t>(packet_.bytes.size()), .is_from_packet = true, .mask = kAllBits};
  }

  std::optional<Traced> Bytes(std::uint64_t address, unsigned width) {
    if (address + width > packet_.bytes.size()) return std::nullopt;
    Traced loaded = {.is_from_packet = true,
                     .address = static_cast<std::size_t>(address),
                     .width = width,
                     .mask = kAllBits >> (32 - 8 * width)};
    for (unsigned i = 0; i < width; ++i) loaded.value = loaded.value << 8 | packet_.bytes[loaded.address + i];
    return loaded;
  }

  void Load(unsigned code, std::uint32_t k) {
    const unsigned size = code & 0x18;
    const unsigned width = size == 0x10 ? 1 : size == 0x08 ? 2 : 4;
    switch (code & 0xe0) {
      case 0x00:
        a_ = Constant(k);
        return;
      case 0x60:
        a_ = k < scratch_.size() ? scratch_[k] : Traced();
        return;
      case 0x80:
        a_ = Length();
        return;
      case 0x20:
        if (target_ == Target::kLinux && k >= kAncillary) {
          a_ = Constant(0);
          return;
        }
        SetOrEnd(Bytes(k, width));
        return;
      default:
        SetOrEnd(Bytes(target_ == Target::kLinux ? std::uint64_t{x_.value + k} : std::uint64_t{x_.value} + k,
                       width));
    }
  }

  void SetOrEnd(const std::optional<Traced>& loaded) {
    if (loaded) {
      a_ = *loaded;
    } else {
      End(false);
    }
  }

  void LoadX(unsigned code, std::uint32_t k) {
    switch (code & 0xe0) {
      case 0x00:
        x_ = Constant(k);
        return;
      case 0x60:
        x_ = k < scratch_.size() ? scratch_[k] : Traced();
        return;
      case 0x80:
        x_ = Length();
        return;
      default:
        if (const auto byte = Bytes(k, 1)) {
          x_ = Constant((byte->value & 0xf) << 2);
        } else {
          End(false);
        }
    }
  }

  void Compute(unsigned code, std::uint32_t right) {
    const std::uint32_t left = a_.value;
    const bool shifts_all = right >= 32 && target_ == Target::kPcap;
    switch (code & 0xf0) {
      case 0x50:
        if (a_.is_from_packet && a_.subtrahend == 0) {
          a_.mask &= right;
          a_.value &= right;
          return;
        }
        a_ = Constant(left & right);
        return;
      case 0x10:
        a_.value -= right;
        a_.subtrahend += right;
        return;
      case 0x00:
        a_.value += right;
        a_.subtrahend -= right;
        return;
      case 0x20:
        a_ = Constant(left * right);
        return;
      case 0x30:
      case 0x90:
        if (right == 0) return End(false);
        a_ = Constant((code & 0xf0) == 0x30 ? left / right : left % right);
        return;
      case 0x40:
        a_ = Constant(left | right);
        return;
      case 0xa0:
        a_ = Constant(left ^ right);
        return;
      case 0x60:
        a_ = Constant(shifts_all ? 0 : left << (right % 32));
        return;
      case 0x70:
        a_ = Constant(shifts_all ? 0 : left >> (right % 32));
        return;
      default:
        a_ = Constant(~left + 1);
    }
  }

  void Jump(const Instruction& instruction) {
    const auto [code, jt, jf, k] = instruction;
    if (code == 0x05) {
      next_ += k;
      return;
    }
    const unsigned comparison = code & 0xf0;
    const std::uint32_t right = (code & 0x08) != 0 ? x_.value : k;
    const bool is_true = comparison == 0x10   ? a_.value == right
                         : comparison == 0x20 ? a_.value > right
                         : comparison == 0x30 ? a_.value >= right
                                              : (a_.value & right) != 0;
    if (a_.is_from_packet && a_.mask != 0) AddTurn(comparison, right, !is_true);
    next_ += is_true ? jt : jf;
  }

  void AddTurn(unsigned comparison, std::uint32_t right, bool wanted) {
    const auto value = ValueFor(comparison, a_, right, wanted);
    if (!value || (*value & ~a_.mask) != 0) return;
    run_.turns.push_back({a_.address, a_.width, a_.mask, *value});
  }

  const Program& program_;
  const ExamplePacket& packet_;
  Target target_;
  Traced a_;
  Traced x_;
  std::array<Traced, 16> scratch_ = {};
  std::size_t next_ = 0;
  bool done_ = false;
  TracedRun run_;
};

}  // namespace

TracedRun TraceRun(const Program& program, const ExamplePacket& packet, Target target) {
  return Tracer(program, packet, target).Run();
}

}  // namespace bpfopt::cli
