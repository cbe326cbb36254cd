// Programs as tcpdump -d, -dd and -ddd print them, and in iptables' one line. libpcap prints most operands as
// signed numbers, and so does this.
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpf/text_shape.h"

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

std::string FormatAbsolute(std::uint32_t k) {
  const std::string_view name = AncillaryName(k);
  if (!name.empty()) return fmt::format("[{}]", name);
  return fmt::format("[{}]", static_cast<std::int32_t>(k));
}

std::string FormatOperand(OperandForm form, std::uint32_t k, std::size_t index) {
  const auto signed_k = static_cast<std::int32_t>(k);
  switch (form) {
    case OperandForm::kNone:
    case OperandForm::kAccumulator:
      return "";
    case OperandForm::kX:
      return "x";
    case OperandForm::kDecimal:
      return fmt::format("#{}", signed_k);
    case OperandForm::kHexadecimal:
      return fmt::format("#0x{:x}", k);
    case OperandForm::kPacketLength:
      return "#pktlen";
    case OperandForm::kAbsolute:
      return FormatAbsolute(k);
    case OperandForm::kIndirect:
      return fmt::format("[x + {}]", signed_k);
    case OperandForm::kHeaderLength:
      return fmt::format("4*([{}]&0xf)", signed_k);
    case OperandForm::kScratch:
      return fmt::format("M[{}]", signed_k);
    case OperandForm::kJumpTarget:
      return fmt::format("{}", static_cast<std::int32_t>(static_cast<std::uint32_t>(index) + 1 + k));
  }
  return "";
}

}  // namespace

std::string FormatInstruction(const Instruction& instruction, std::size_t index) {
  const Shape* shape = FindShape(instruction.code);
  const std::string_view mnemonic = shape != nullptr ? shape->mnemonic : kUnknownMnemonic;
  const std::string operand = shape != nullptr ? FormatOperand(shape->form, instruction.k, index)
                                               : fmt::format("0x{:x}", instruction.code);
  if (IsConditionalJump(instruction.code)) {
    return fmt::format("({:03}) {:<8} {:<16} jt {}\tjf {}", index, mnemonic, operand,
                       index + 1 + instruction.jt, index + 1 + instruction.jf);
  }
  return fmt::format("({:03}) {:<8} {}", index, mnemonic, operand);
}

std::string FormatAssembly(const Program& program) {
  std::string text;
  for (std::size_t index = 0; index < program.size(); ++index) {
    text += FormatInstruction(program[index], index);
    text += '\n';
  }
  return text;
}

std::string FormatC(const Program& program) {
  std::string text;
  for (const Instruction& instruction : program) {
    fmt::format_to(std::back_inserter(text), "{{ 0x{:x}, {}, {}, 0x{:08x} }},\n", instruction.code,
                   instruction.jt, instruction.jf, instruction.k);
  }
  return text;
}

std::string FormatDecimal(const Program& program) {
  std::string text = fmt::format("{}\n", program.size());
  for (const Instruction& instruction : program) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n", instruction.code, instruction.jt,
                   instruction.jf, instruction.k);
  }
  return text;
}

std::string FormatIptables(const Program& program) {
  std::string text = fmt::format("{}", program.size());
  for (const Instruction& instruction : program) {
    fmt::format_to(std::back_inserter(text), ",{} {} {} {}", instruction.code, instruction.jt, instruction.jf,
                   instruction.k);
  }
  return text + "\n";
}

}  // namespace bpfopt::bpf
