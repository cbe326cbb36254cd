// The operand is read first, by its own look; mnemonic and form of operand together then name the code.
#include "bpf/text_assembly.h"

#include "bpf/opcode.h"
#include "bpf/text_shape.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

struct Operand {
  OperandForm form = OperandForm::kNone;
  std::uint32_t k = 0;
};

class AssemblyLine {
 public:
  AssemblyLine(const Scanner& line, std::size_t index) : scanner_(line), index_(index) {}

  Expected<Instruction> Read() {
    if (auto number = ReadNumber(); !number) return tl::unexpected(number.error());
    scanner_.SkipBlanks();
    Expected<Instruction> instruction = ReadOperation();
    if (!instruction) return instruction;
    if (IsConditionalJump(instruction->code)) {
      const auto jt = ReadBranch("jt");
      if (!jt) return tl::unexpected(jt.error());
      const auto jf = ReadBranch("jf");
      if (!jf) return tl::unexpected(jf.error());
      instruction->jt = *jt;
      instruction->jf = *jf;
    }
    if (auto end = scanner_.ExpectEnd(); !end) return tl::unexpected(end.error());
    return instruction;
  }

 private:
  Expected<void> ReadNumber() {
    scanner_.SkipBlanks();
    const auto index = static_cast<std::int64_t>(index_);
    const std::string expected = fmt::format("the instruction number ({:03})", index_);
    const std::size_t begin = scanner_.Position();
    if (!scanner_.Take("(")) return scanner_.Fail(expected);
    if (!scanner_.TakeNumber(index, index, expected)) return scanner_.Fail(expected, begin);
    return scanner_.Expect(")");
  }

  Expected<Instruction> ReadOperation() {
    const std::size_t begin = scanner_.Position();
    const std::string_view mnemonic = scanner_.TakeWord();
    if (mnemonic == kUnknownMnemonic) return ReadUnknown();
    if (!IsMnemonic(mnemonic)) {
      return scanner_.Fail("an instruction such as 'ldh', 'jeq' or 'ret'", begin);
    }
    scanner_.SkipBlanks();
    const std::size_t operand_begin = scanner_.Position();
    const Expected<Operand> operand = ReadOperand(mnemonic);
    if (!operand) return tl::unexpected(operand.error());
    for (const Shape& shape : Shapes()) {
      if (shape.mnemonic == mnemonic && SameForm(shape.form, operand->form)) {
        return Instruction{shape.code, 0, 0, operand->k};
      }
    }
    return scanner_.Fail(DescribeForms(mnemonic), operand_begin);
  }

  // "unimp 0x81": an operation that tcpdump has no mnemonic for. Its k is not in the text.
  Expected<Instruction> ReadUnknown() {
    scanner_.SkipBlanks();
    const auto code = scanner_.TakeNumber(0, std::numeric_limits<std::uint16_t>::max(),
                                          "an operation code from 0 to 0xffff");
    if (!code) return tl::unexpected(code.error());
    return Instruction{static_cast<std::uint16_t>(*code), 0, 0, 0};
  }

  static bool IsMnemonic(std::string_view word) {
    for (const Shape& shape : Shapes()) {
      if (shape.mnemonic == word) return true;
    }
    return false;
  }

  static std::string DescribeForms(std::string_view mnemonic) {
    std::string forms;
    for (const Shape& shape : Shapes()) {
      if (shape.mnemonic != mnemonic) continue;
      if (!forms.empty()) forms += " or ";
      forms += DescribeForm(shape.form);
    }
    return fmt::format("{} after '{}'", forms, mnemonic);
  }

  Expected<Operand> ReadOperand(std::string_view mnemonic) {
    if (scanner_.AtEnd()) return Operand{};
    if (scanner_.Take("#")) return ReadHash();
    if (scanner_.Take("M[")) return ReadClosed(OperandForm::kScratch, "]");
    if (scanner_.Take("4*([")) return ReadClosed(OperandForm::kHeaderLength, "]&0xf)");
    if (scanner_.Take("[")) return ReadBracket();
    if (mnemonic == "ja") return ReadJump();
    const std::size_t begin = scanner_.Position();
    if (scanner_.TakeWord() == "x") return Operand{OperandForm::kX, 0};
    return scanner_.Fail(DescribeForms(mnemonic), begin);
  }

  Expected<Operand> ReadHash() {
    if (scanner_.Take("pktlen")) return Operand{OperandForm::kPacketLength, 0};
    return scanner_.TakeOperand().map([](std::uint32_t k) { return Operand{OperandForm::kDecimal, k}; });
  }

  // After "[": "12]", "x + 14]" or "vlan_tci]".
  Expected<Operand> ReadBracket() {
    if (scanner_.AtDigit() || scanner_.Peek() == '-') return ReadClosed(OperandForm::kAbsolute, "]");
    const std::size_t begin = scanner_.Position();
    const std::string_view word = scanner_.TakeWord();
    if (word == "x") {
      scanner_.SkipBlanks();
      if (auto plus = scanner_.Expect("+"); !plus) return tl::unexpected(plus.error());
      scanner_.SkipBlanks();
      return ReadClosed(OperandForm::kIndirect, "]");
    }
    const std::optional<std::uint32_t> k = FindAncillary(word);
    if (!k) return scanner_.Fail("an offset, 'x + ' and an offset, or the name of an ancillary word", begin);
    if (auto close = scanner_.Expect("]"); !close) return tl::unexpected(close.error());
    return Operand{OperandForm::kAbsolute, *k};
  }

  Expected<Operand> ReadClosed(OperandForm form, std::string_view close) {
    const Expected<std::uint32_t> k = scanner_.TakeOperand();
    if (!k) return tl::unexpected(k.error());
    if (auto closed = scanner_.Expect(close); !closed) return tl::unexpected(closed.error());
    return Operand{form, *k};
  }

  Expected<Operand> ReadJump() {
    const auto next = static_cast<std::int64_t>(index_) + 1;
    const auto target = scanner_.TakeNumber(next, next + std::numeric_limits<std::uint32_t>::max(),
                                            fmt::format("a jump target of {} or more", next));
    if (!target) return tl::unexpected(target.error());
    return Operand{OperandForm::kJumpTarget, static_cast<std::uint32_t>(*target - next)};
  }

  // "jt 5": the offset from the next instruction.
  Expected<std::uint8_t> ReadBranch(std::string_view name) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint8_t>::max();
    scanner_.SkipBlanks();
    if (auto word = scanner_.Expect(name); !word) return tl::unexpected(word.error());
    scanner_.SkipBlanks();
    const auto next = static_cast<std::int64_t>(index_) + 1;
    const auto target = scanner_.TakeNumber(
        next, next + kMost,
        fmt::format("a jump target after this instruction, {} to {}", next, next + kMost));
    if (!target) return tl::unexpected(target.error());
    return static_cast<std::uint8_t>(*target - next);
  }

  Scanner scanner_;
  const std::size_t index_;
};

}  // namespace

Expected<Instruction> ReadAssemblyLine(const Scanner& line, std::size_t index) {
  return AssemblyLine(line, index).Read();
}

}  // namespace bpfopt::bpf
