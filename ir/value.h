// Values of the IR: immutable, hash-consed, 32-bit words. Two values of one function are equal exactly
// when their pointers are. See docs/ir.md for the meaning of each and for the text form.
#ifndef BPFOPT_IR_VALUE_H
#define BPFOPT_IR_VALUE_H

#include <cassert>
#include <cstdint>

namespace bpfopt::ir {

class Function;

enum class Opcode : std::uint8_t {
#define LEAF(name, text) name,
#define UNARY(name, text) name,
#define BINARY(name, text) name,
#include "ir/opcodes.def"
};

constexpr bool IsBinary(Opcode opcode) { return opcode >= Opcode::kAdd; }
constexpr bool IsUnary(Opcode opcode) { return opcode == Opcode::kNeg; }
constexpr bool IsCommutative(Opcode opcode) {
  return opcode == Opcode::kAdd || opcode == Opcode::kMul || opcode == Opcode::kAnd ||
         opcode == Opcode::kOr || opcode == Opcode::kXor;
}
const char* OpcodeName(Opcode opcode);

// What an effect does; see docs/ir.md. Each has identity: two draws are two values.
enum class EffectKind : std::uint8_t {
  kDraw,         // SKF_AD_RANDOM: a new word each time
  kNlattr,       // SKF_AD_NLATTR, a function of A, X and the packet
  kNlattrNest,   // SKF_AD_NLATTR_NEST
  kDeviceIndex,  // SKF_AD_IFINDEX: without a device the program ends with A as verdict
  kDeviceType,   // SKF_AD_HATYPE: the same
};

class Value {
 public:
  Opcode opcode() const { return opcode_; }
  // Dense within one function, in order of creation: operands have smaller ids than their users.
  std::uint32_t id() const { return id_; }

  bool IsConstant() const { return opcode_ == Opcode::kConstant; }
  bool IsConstant(std::uint32_t value) const { return IsConstant() && immediate_ == value; }
  std::uint32_t constant() const {
    assert(opcode_ == Opcode::kConstant);
    return immediate_;
  }

  // kLoad: `width` bytes in network order at base + offset (base may be null: an absolute load). The sum
  // is no u32 addition: it follows the target's rule for X + k and is never folded unless it cannot carry.
  const Value* base() const {
    assert(opcode_ == Opcode::kLoad);
    return lhs_;
  }
  std::uint32_t offset() const {
    assert(opcode_ == Opcode::kLoad || opcode_ == Opcode::kAncillary);
    return immediate_;
  }
  unsigned width() const {
    assert(opcode_ == Opcode::kLoad);
    return detail_;
  }

  // Unary: lhs alone.
  const Value* lhs() const { return lhs_; }
  const Value* rhs() const { return rhs_; }

  // kParameter and kEffect: tells apart what would be equal otherwise.
  std::uint32_t identity() const {
    assert(opcode_ == Opcode::kParameter || opcode_ == Opcode::kEffect);
    return immediate_;
  }
  EffectKind effect() const {
    assert(opcode_ == Opcode::kEffect);
    return static_cast<EffectKind>(detail_);
  }

 private:
  friend class Function;
  Opcode opcode_ = Opcode::kConstant;
  std::uint8_t detail_ = 0;      // width of a load, kind of an effect
  std::uint32_t immediate_ = 0;  // constant, offset of a load or ancillary word, identity
  std::uint32_t id_ = 0;
  const Value* lhs_ = nullptr;  // effects: the value in A; loads: the base
  const Value* rhs_ = nullptr;  // effects: the value in X
};

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_VALUE_H
