// Every jump has labels, named after the instruction that they stand before. A jump that falls through when
// false needs none for that, and one that falls through when true is turned around where a mnemonic for it
// exists.
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpf/text_bpf_asm.h"
#include "bpf/text_shape.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

struct Extension {
  std::string_view name;
  std::uint32_t offset;
};

// Of two names for one word, the one to write comes first.
constexpr auto kExtensions = std::to_array<Extension>({
    {"proto", kAncillaryProtocol},
    {"type", kAncillaryPacketType},
    {"ifidx", kAncillaryInterfaceIndex},
    {"nla", kAncillaryNlattr},
    {"nlan", kAncillaryNlattrNest},
    {"mark", kAncillaryMark},
    {"queue", kAncillaryQueue},
    {"hatype", kAncillaryHardwareType},
    {"rxhash", kAncillaryRxHash},
    {"cpu", kAncillaryCpu},
    {"vlan_tci", kAncillaryVlanTag},
    {"vlan_avail", kAncillaryVlanTagPresent},
    {"vlan_pr", kAncillaryVlanTagPresent},
    {"poff", kAncillaryPayloadOffset},
    {"rand", kAncillaryRandom},
    {"vlan_tpid", kAncillaryVlanTpid},
});

// bpf_asm reads decimals as signed.
std::string FormatNumber(std::uint32_t k) {
  return (k >> 31) != 0 ? fmt::format("0x{:x}", k) : fmt::format("{}", k);
}

std::string FormatAbsolute(std::uint32_t k) {
  const std::string_view name = BpfAsmExtension(k);
  return name.empty() ? fmt::format("[{}]", FormatNumber(k)) : fmt::format("#{}", name);
}

std::string FormatOperand(OperandForm form, std::uint32_t k) {
  switch (form) {
    case OperandForm::kNone:
    case OperandForm::kJumpTarget:
      return "";
    case OperandForm::kX:
      return "x";
    case OperandForm::kDecimal:
      return "#" + FormatNumber(k);
    case OperandForm::kHexadecimal:
      return fmt::format("#0x{:x}", k);
    case OperandForm::kPacketLength:
      return "#len";
    case OperandForm::kAbsolute:
      return FormatAbsolute(k);
    case OperandForm::kIndirect:
      return fmt::format("[x + {}]", FormatNumber(k));
    case OperandForm::kHeaderLength:
      return fmt::format("4*([{}]&0xf)", FormatNumber(k));
    case OperandForm::kScratch:
      return fmt::format("M[{}]", FormatNumber(k));
    case OperandForm::kAccumulator:
      return "a";
  }
  return "";
}

// What bpf_asm has otherwise than tcpdump.
std::optional<Shape> ShapeOf(std::uint16_t code) {
  if (code == (kRet | kA)) return Shape{code, "ret", OperandForm::kAccumulator};
  if (code == (kLdx | kW | kLen)) return Shape{code, "ldx", OperandForm::kPacketLength};
  const Shape* shape = FindShape(code);
  return shape == nullptr ? std::nullopt : std::optional<Shape>(*shape);
}

// The mnemonic for "unless"; empty when there is none.
std::string_view Negated(std::uint16_t code) {
  switch (Operation(code)) {
    case kJeq:
      return "jne";
    case kJge:
      return "jlt";
    case kJgt:
      return "jle";
    default:
      return {};
  }
}

std::string Label(std::uint64_t index) { return fmt::format("L{}", index); }

// Mnemonic, operand and labels.
std::string FormatLine(const Instruction& instruction, std::size_t index) {
  const auto shape = ShapeOf(instruction.code);
  if (!shape) return fmt::format("{} 0x{:x}", kUnknownMnemonic, instruction.code);
  const std::uint64_t next = index + 1;
  if (shape->form == OperandForm::kJumpTarget) return "ja " + Label(next + instruction.k);
  const std::string operand = FormatOperand(shape->form, instruction.k);
  if (!IsConditionalJump(instruction.code)) {
    return operand.empty() ? std::string(shape->mnemonic) : fmt::format("{} {}", shape->mnemonic, operand);
  }
  const std::string_view negated = Negated(instruction.code);
  if (instruction.jt == 0 && instruction.jf != 0 && !negated.empty()) {
    return fmt::format("{} {}, {}", negated, operand, Label(next + instruction.jf));
  }
  const std::string no = instruction.jf == 0 ? "" : ", " + Label(next + instruction.jf);
  return fmt::format("{} {}, {}{}", shape->mnemonic, operand, Label(next + instruction.jt), no);
}

// The instructions that FormatLine() refers to.
std::vector<bool> FindTargets(const Program& program) {
  std::vector<bool> targets(program.size(), false);
  const auto mark = [&](std::uint64_t index) {
    if (index < targets.size()) targets[index] = true;
  };
  for (std::size_t index = 0; index < program.size(); ++index) {
    const Instruction& instruction = program[index];
    const std::uint64_t next = index + 1;
    if (instruction.code == (kJmp | kJa)) mark(next + instruction.k);
    if (!IsConditionalJump(instruction.code)) continue;
    const bool turned = instruction.jt == 0 && instruction.jf != 0 && !Negated(instruction.code).empty();
    if (!turned) mark(next + instruction.jt);
    if (instruction.jf != 0) mark(next + instruction.jf);
  }
  return targets;
}

Expected<void> CheckTarget(const Program& program, std::size_t index, std::uint64_t target) {
  if (target < program.size()) return {};
  return InvalidInput(fmt::format(
      "instruction {} jumps to instruction {}, after the last one, where bpf_asm can have no label", index,
      target));
}

}  // namespace

std::optional<std::uint32_t> FindBpfAsmExtension(std::string_view name) {
  for (const Extension& extension : kExtensions) {
    if (extension.name == name) return kAncillaryOffset + extension.offset;
  }
  return std::nullopt;
}

std::string_view BpfAsmExtension(std::uint32_t k) {
  for (const Extension& extension : kExtensions) {
    if (kAncillaryOffset + extension.offset == k) return extension.name;
  }
  return {};
}

Expected<void> CheckForBpfAsm(const Program& program) {
  if (program.size() > kMaxInstructions) {
    return MakeError(ErrorCode::kTooLarge, fmt::format("bpf_asm takes at most {} instructions, not {}",
                                                       kMaxInstructions, program.size()));
  }
  for (std::size_t index = 0; index < program.size(); ++index) {
    const Instruction& instruction = program[index];
    if (!ShapeOf(instruction.code)) {
      return InvalidInput(
          fmt::format("instruction {} has the operation code 0x{:x}, for which bpf_asm has no "
                      "mnemonic",
                      index, instruction.code));
    }
    const std::uint64_t next = index + 1;
    if (instruction.code == (kJmp | kJa)) {
      if (auto target = CheckTarget(program, index, next + instruction.k); !target) return target;
    }
    if (!IsConditionalJump(instruction.code)) continue;
    for (const std::uint8_t offset : {instruction.jt, instruction.jf}) {
      if (auto target = CheckTarget(program, index, next + offset); !target) return target;
    }
  }
  return {};
}

std::string FormatBpfAsm(const Program& program) {
  const std::vector<bool> targets = FindTargets(program);
  std::string text;
  for (std::size_t index = 0; index < program.size(); ++index) {
    text +=
        fmt::format("{:<8}{}\n", targets[index] ? Label(index) + ":" : "", FormatLine(program[index], index));
  }
  return text;
}

}  // namespace bpfopt::bpf
