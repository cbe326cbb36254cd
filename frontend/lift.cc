// Instructions in order, each on the values that the registers hold: edges only lead forward, so all that
// arrives at an instruction is known when its turn comes.
#include "frontend/lift.h"

#include "bpf/checker.h"
#include "bpf/opcode.h"
#include "ir/dead_parameters.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

using namespace bpf;
using ir::Block;
using ir::Guard;
using ir::Opcode;
using ir::Value;

// Scratch word i is register i; A and X follow.
constexpr std::size_t kRegisterA = kScratchWords;
constexpr std::size_t kRegisterX = kScratchWords + 1;
constexpr std::size_t kRegisters = kScratchWords + 2;

constexpr std::uint32_t kSeccompDataBytes = 64;  // sizeof(struct seccomp_data), what `ld #pktlen` gives there

class Lifter {
 public:
  Lifter(const Program& program, Target target)
      : program_(program), function_(target), arrivals_(program.size()) {}

  ir::Function Run() {
    registers_.fill(function_.MakeConstant(0));
    block_ = function_.NewBlock();
    for (pc_ = 0; pc_ < program_.size(); ++pc_) {
      if (!arrivals_[pc_].empty()) Join();
      if (block_ != nullptr) Step(program_[pc_]);
    }
    function_.RemoveUnreachable();
    ir::DropDeadParameters(function_);
    return std::move(function_);
  }

 private:
  using Registers = std::array<const Value*, kRegisters>;

  // An edge whose arguments wait for the parameters of its target.
  struct Arrival {
    Block* from;
    std::size_t edge;
    Registers registers;
  };

  // Starts the block at pc_, which is the target of a jump; the block before runs into it.
  void Join() {
    if (block_ != nullptr) JumpTo(pc_);
    const std::vector<Arrival> arrivals = std::move(arrivals_[pc_]);
    block_ = function_.NewBlock();
    for (const Arrival& arrival : arrivals) arrival.from->edge(arrival.edge).target = block_;
    registers_ = arrivals.front().registers;
    for (std::size_t reg = 0; reg < kRegisters; ++reg) JoinRegister(reg, arrivals);
  }

  void JoinRegister(std::size_t reg, const std::vector<Arrival>& arrivals) {
    bool agree = true;
    for (const Arrival& arrival : arrivals) agree = agree && arrival.registers[reg] == registers_[reg];
    if (agree) return;
    registers_[reg] = function_.NewParameter();
    block_->parameters.push_back(registers_[reg]);
    for (const Arrival& arrival : arrivals) {
      arrival.from->edge(arrival.edge).arguments.push_back(arrival.registers[reg]);
    }
  }

  void Arrive(std::uint64_t pc, std::size_t edge) { arrivals_[pc].push_back({block_, edge, registers_}); }

  void JumpTo(std::uint64_t pc) {
    block_->terminator = ir::Jump{};
    Arrive(pc, 0);
    block_ = nullptr;
  }

  void AddGuard(const Guard& guard) {
    if (!block_->effects.empty()) {  // guards come before effects in a block
      Block* next = function_.NewBlock();
      block_->terminator = ir::Jump{{next, {}}};
      block_ = next;
    }
    block_->guards.push_back(guard);
  }

  const Value* Constant(std::uint32_t word) { return function_.MakeConstant(word); }
  const Value*& a() { return registers_[kRegisterA]; }
  const Value*& x() { return registers_[kRegisterX]; }

  const Value* Load(const Value* base, std::uint32_t offset, unsigned width) {
    if (function_.target() != Target::kSeccomp) AddGuard(Guard::Bounds(base, offset, width));
    return function_.MakeLoad(base, offset, width);
  }

  const Value* WireLength() {
    return function_.target() == Target::kSeccomp ? Constant(kSeccompDataBytes) : function_.MakeWireLength();
  }

  void Step(const Instruction& instruction) {
    switch (Class(instruction.code)) {
      case kLd:
        a() = Loaded(instruction);
        return;
      case kLdx:
        x() = LoadedX(instruction);
        return;
      case kSt:
        registers_[instruction.k] = a();
        return;
      case kStx:
        registers_[instruction.k] = x();
        return;
      case kAlu:
        a() = Computed(instruction);
        return;
      case kJmp:
        return StepJump(instruction);
      case kRet:
        block_->terminator = ir::Return{instruction.code == (kRet | bpf::kA) ? a() : Constant(instruction.k)};
        block_ = nullptr;
        return;
      default:
        if (instruction.code == (kMisc | kTxa)) {
          a() = x();
        } else {
          x() = a();
        }
    }
  }

  const Value* Loaded(const Instruction& instruction) {
    switch (Mode(instruction.code)) {
      case kImm:
        return Constant(instruction.k);
      case kMem:
        return registers_[instruction.k];
      case kLen:
        return WireLength();
      case kInd:
        return Load(x(), instruction.k, LoadWidth(instruction.code));
      default:
        if (function_.target() == Target::kLinux && instruction.k >= kAncillaryOffset) {
          return Ancillary(instruction.k - kAncillaryOffset);
        }
        return Load(nullptr, instruction.k, LoadWidth(instruction.code));
    }
  }

  const Value* Ancillary(std::uint32_t offset) {
    switch (offset) {
      case kAncillaryAluXorX:
        return function_.MakeBinary(Opcode::kXor, a(), x());
      case kAncillaryRandom:
        return Effect(ir::EffectKind::kDraw, nullptr, nullptr);
      case kAncillaryNlattr:
        return Effect(ir::EffectKind::kNlattr, a(), x());
      case kAncillaryNlattrNest:
        return Effect(ir::EffectKind::kNlattrNest, a(), x());
      case kAncillaryInterfaceIndex:
        return Effect(ir::EffectKind::kDeviceIndex, a(), nullptr);
      case kAncillaryHardwareType:
        return Effect(ir::EffectKind::kDeviceType, a(), nullptr);
      default:
        return function_.MakeAncillary(offset);
    }
  }

  const Value* Effect(ir::EffectKind kind, const Value* in_a, const Value* in_x) {
    const Value* effect = function_.NewEffect(kind, static_cast<std::uint32_t>(pc_), in_a, in_x);
    block_->effects.push_back(effect);
    return effect;
  }

  const Value* LoadedX(const Instruction& instruction) {
    switch (Mode(instruction.code)) {
      case kImm:
        return Constant(instruction.k);
      case kMem:
        return registers_[instruction.k];
      case kLen:
        return WireLength();
      default: {
        const Value* nibble =
            function_.MakeBinary(Opcode::kAnd, Load(nullptr, instruction.k, 1), Constant(0xf));
        return function_.MakeBinary(Opcode::kShl, nibble, Constant(2));
      }
    }
  }

  const Value* Computed(const Instruction& instruction) {
    const std::uint16_t operation = Operation(instruction.code);
    if (operation == kNeg) return function_.MakeUnary(Opcode::kNeg, a());
    const Value* right = UsesX(instruction.code) ? x() : Constant(instruction.k);
    if (operation == kDiv || operation == kMod) {
      if (!right->IsConstant() || right->constant() == 0) AddGuard(Guard::NonZero(right));
    }
    return function_.MakeBinary(OpcodeOf(operation), a(), right);
  }

  static Opcode OpcodeOf(std::uint16_t operation) {
    switch (operation) {
      case kAdd:
        return Opcode::kAdd;
      case kSub:
        return Opcode::kSub;
      case kMul:
        return Opcode::kMul;
      case kDiv:
        return Opcode::kDiv;
      case kMod:
        return Opcode::kMod;
      case kOr:
        return Opcode::kOr;
      case kAnd:
        return Opcode::kAnd;
      case kXor:
        return Opcode::kXor;
      case kLsh:
        return Opcode::kShl;
      default:
        return Opcode::kShr;
    }
  }

  void StepJump(const Instruction& instruction) {
    const std::uint64_t next = std::uint64_t{pc_} + 1;
    if (!IsConditionalJump(instruction.code)) return JumpTo(next + instruction.k);
    if (instruction.jt == instruction.jf) return JumpTo(next + instruction.jt);
    ir::Branch branch;
    branch.compare = CompareOf(Operation(instruction.code));
    branch.lhs = a();
    branch.rhs = UsesX(instruction.code) ? x() : Constant(instruction.k);
    block_->terminator = std::move(branch);
    Arrive(next + instruction.jt, 0);
    Arrive(next + instruction.jf, 1);
    block_ = nullptr;
  }

  static ir::Compare CompareOf(std::uint16_t operation) {
    switch (operation) {
      case kJeq:
        return ir::Compare::kEqual;
      case kJgt:
        return ir::Compare::kGreater;
      case kJge:
        return ir::Compare::kGreaterEqual;
      default:
        return ir::Compare::kAnySet;
    }
  }

  const Program& program_;
  ir::Function function_;
  std::vector<std::vector<Arrival>> arrivals_;  // by instruction: the edges that lead there
  std::size_t pc_ = 0;
  Block* block_ = nullptr;  // null where no path leads to
  Registers registers_;
};

}  // namespace

Expected<ir::Function> Lift(const Program& program, Target target, std::size_t limit) {
  const std::vector<Violation> violations = Check(program, {.target = target, .limit = limit});
  if (!violations.empty()) {
    return InvalidInput(fmt::format("instruction {}: {}", violations[0].instruction, violations[0].reason));
  }
  return Lifter(program, target).Run();
}

}  // namespace bpfopt::frontend
