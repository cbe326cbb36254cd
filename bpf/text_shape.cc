// The table of mnemonics. Which immediates are decimal and which are hexadecimal is libpcap's choice.
#include "bpf/text_shape.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <array>

namespace bpfopt::bpf {
namespace {

constexpr auto kShapes = std::to_array<Shape>({
    {kLd | kW | kAbs, "ld", OperandForm::kAbsolute},
    {kLd | kH | kAbs, "ldh", OperandForm::kAbsolute},
    {kLd | kB | kAbs, "ldb", OperandForm::kAbsolute},
    {kLd | kW | kInd, "ld", OperandForm::kIndirect},
    {kLd | kH | kInd, "ldh", OperandForm::kIndirect},
    {kLd | kB | kInd, "ldb", OperandForm::kIndirect},
    {kLd | kW | kLen, "ld", OperandForm::kPacketLength},
    {kLd | kImm, "ld", OperandForm::kHexadecimal},
    {kLd | kMem, "ld", OperandForm::kScratch},
    {kLdx | kImm, "ldx", OperandForm::kHexadecimal},
    {kLdx | kMem, "ldx", OperandForm::kScratch},
    {kLdx | kB | kMsh, "ldxb", OperandForm::kHeaderLength},
    {kSt, "st", OperandForm::kScratch},
    {kStx, "stx", OperandForm::kScratch},
    {kAlu | kAdd | kK, "add", OperandForm::kDecimal},
    {kAlu | kSub | kK, "sub", OperandForm::kDecimal},
    {kAlu | kMul | kK, "mul", OperandForm::kDecimal},
    {kAlu | kDiv | kK, "div", OperandForm::kDecimal},
    {kAlu | kMod | kK, "mod", OperandForm::kDecimal},
    {kAlu | kAnd | kK, "and", OperandForm::kHexadecimal},
    {kAlu | kOr | kK, "or", OperandForm::kHexadecimal},
    {kAlu | kXor | kK, "xor", OperandForm::kHexadecimal},
    {kAlu | kLsh | kK, "lsh", OperandForm::kDecimal},
    {kAlu | kRsh | kK, "rsh", OperandForm::kDecimal},
    {kAlu | kAdd | kX, "add", OperandForm::kX},
    {kAlu | kSub | kX, "sub", OperandForm::kX},
    {kAlu | kMul | kX, "mul", OperandForm::kX},
    {kAlu | kDiv | kX, "div", OperandForm::kX},
    {kAlu | kMod | kX, "mod", OperandForm::kX},
    {kAlu | kAnd | kX, "and", OperandForm::kX},
    {kAlu | kOr | kX, "or", OperandForm::kX},
    {kAlu | kXor | kX, "xor", OperandForm::kX},
    {kAlu | kLsh | kX, "lsh", OperandForm::kX},
    {kAlu | kRsh | kX, "rsh", OperandForm::kX},
    {kAlu | kNeg, "neg", OperandForm::kNone},
    {kJmp | kJa, "ja", OperandForm::kJumpTarget},
    {kJmp | kJeq | kK, "jeq", OperandForm::kHexadecimal},
    {kJmp | kJgt | kK, "jgt", OperandForm::kHexadecimal},
    {kJmp | kJge | kK, "jge", OperandForm::kHexadecimal},
    {kJmp | kJset | kK, "jset", OperandForm::kHexadecimal},
    {kJmp | kJeq | kX, "jeq", OperandForm::kX},
    {kJmp | kJgt | kX, "jgt", OperandForm::kX},
    {kJmp | kJge | kX, "jge", OperandForm::kX},
    {kJmp | kJset | kX, "jset", OperandForm::kX},
    {kRet | kK, "ret", OperandForm::kDecimal},
    {kRet | kA, "ret", OperandForm::kNone},
    {kMisc | kTax, "tax", OperandForm::kNone},
    {kMisc | kTxa, "txa", OperandForm::kNone},
});

bool IsImmediate(OperandForm form) {
  return form == OperandForm::kDecimal || form == OperandForm::kHexadecimal;
}

struct AncillaryWord {
  std::uint32_t offset;
  std::string_view name;
};

constexpr auto kAncillaryWords = std::to_array<AncillaryWord>({
    {kAncillaryProtocol, "proto"},
    {kAncillaryPacketType, "type"},
    {kAncillaryInterfaceIndex, "ifidx"},
    {kAncillaryNlattr, "nla"},
    {kAncillaryNlattrNest, "nlan"},
    {kAncillaryMark, "mark"},
    {kAncillaryQueue, "queue"},
    {kAncillaryHardwareType, "hatype"},
    {kAncillaryRxHash, "rxhash"},
    {kAncillaryCpu, "cpu"},
    {kAncillaryAluXorX, "xor_x"},
    {kAncillaryVlanTag, "vlan_tci"},
    {kAncillaryVlanTagPresent, "vlanp"},
    {kAncillaryPayloadOffset, "poff"},
    {kAncillaryRandom, "random"},
    {kAncillaryVlanTpid, "vlan_tpid"},
});

}  // namespace

std::span<const Shape> Shapes() { return kShapes; }

const Shape* FindShape(std::uint16_t code) {
  const auto* found =
      std::find_if(kShapes.begin(), kShapes.end(), [code](const Shape& shape) { return shape.code == code; });
  return found == kShapes.end() ? nullptr : found;
}

std::string_view DescribeForm(OperandForm form) {
  switch (form) {
    case OperandForm::kNone:
      return "no operand";
    case OperandForm::kX:
      return "x";
    case OperandForm::kDecimal:
    case OperandForm::kHexadecimal:
      return "#k";
    case OperandForm::kPacketLength:
      return "#pktlen";
    case OperandForm::kAbsolute:
      return "[k]";
    case OperandForm::kIndirect:
      return "[x + k]";
    case OperandForm::kHeaderLength:
      return "4*([k]&0xf)";
    case OperandForm::kScratch:
      return "M[k]";
    case OperandForm::kJumpTarget:
      return "the number of a later instruction";
    case OperandForm::kAccumulator:
      return "a";
  }
  return "";
}

bool SameForm(OperandForm a, OperandForm b) { return a == b || (IsImmediate(a) && IsImmediate(b)); }

std::string_view AncillaryName(std::uint32_t k) {
  for (const AncillaryWord& word : kAncillaryWords) {
    if (kAncillaryOffset + word.offset == k) return word.name;
  }
  return {};
}

std::optional<std::uint32_t> FindAncillary(std::string_view name) {
  for (const AncillaryWord& word : kAncillaryWords) {
    if (word.name == name) return kAncillaryOffset + word.offset;
  }
  return std::nullopt;
}

}  // namespace bpfopt::bpf
