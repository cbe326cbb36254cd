// Two steps, as labels are used before they are defined: instructions with what they refer to, then offsets.
// Mnemonic and form of operand together name the code, by tcpdump's table and what bpf_asm has beside it.
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpf/text_bpf_asm.h"
#include "bpf/text_scan.h"
#include "bpf/text_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr auto kMoreShapes = std::to_array<Shape>({
    {kLd | kImm, "ldi", OperandForm::kDecimal},
    {kLdx | kImm, "ldxi", OperandForm::kDecimal},
    {kLdx | kB | kMsh, "ldx", OperandForm::kHeaderLength},
    {kLdx | kW | kLen, "ldx", OperandForm::kPacketLength},
    {kRet | kA, "ret", OperandForm::kAccumulator},
    {kJmp | kJa, "jmp", OperandForm::kJumpTarget},
    {kJmp | kJeq | kK, "jne", OperandForm::kHexadecimal},
    {kJmp | kJeq | kX, "jne", OperandForm::kX},
    {kJmp | kJeq | kK, "jneq", OperandForm::kHexadecimal},
    {kJmp | kJeq | kX, "jneq", OperandForm::kX},
    {kJmp | kJge | kK, "jlt", OperandForm::kHexadecimal},
    {kJmp | kJge | kX, "jlt", OperandForm::kX},
    {kJmp | kJgt | kK, "jle", OperandForm::kHexadecimal},
    {kJmp | kJgt | kX, "jle", OperandForm::kX},
});

std::string LowerCase(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

template <typename Visit>
void ForEachShape(std::string_view mnemonic, const Visit& visit) {
  const auto visit_if_named = [&](const Shape& shape) {
    // tcpdump's bare "ret" is "ret a" here.
    const bool bare_return = shape.code == (kRet | kA) && shape.form == OperandForm::kNone;
    if (shape.mnemonic == mnemonic && !bare_return) visit(shape);
  };
  std::for_each(Shapes().begin(), Shapes().end(), visit_if_named);
  std::for_each(kMoreShapes.begin(), kMoreShapes.end(), visit_if_named);
}

bool IsMnemonic(const std::string& lower) {
  bool found = false;
  ForEachShape(lower, [&](const Shape&) { found = true; });
  return found;
}

std::optional<std::uint16_t> FindCode(std::string_view mnemonic, OperandForm form) {
  std::optional<std::uint16_t> code;
  ForEachShape(mnemonic, [&](const Shape& shape) {
    if (SameForm(shape.form, form)) code = shape.code;
  });
  return code;
}

std::string DescribeForms(std::string_view mnemonic) {
  std::vector<std::string_view> forms;
  ForEachShape(mnemonic, [&](const Shape& shape) {
    forms.push_back(shape.form == OperandForm::kJumpTarget     ? "a label"
                    : shape.form == OperandForm::kPacketLength ? "#len"
                                                               : DescribeForm(shape.form));
  });
  return fmt::format("{} after '{}'", fmt::join(forms, " or "), mnemonic);
}

bool IsNegated(std::string_view mnemonic) {
  return mnemonic == "jne" || mnemonic == "jneq" || mnemonic == "jlt" || mnemonic == "jle";
}

struct Operand {
  OperandForm form = OperandForm::kNone;
  std::uint32_t k = 0;
};

// A use of a label.
struct Reference {
  enum class Field { kJt, kJf, kK };
  std::size_t instruction;
  Field field;
  std::string_view label;
  std::size_t position;
};

class BpfAsmReader {
 public:
  BpfAsmReader(std::string_view text, std::size_t begin) : scanner_(text, begin) {}

  Expected<Program> Read() {
    while (true) {
      SkipToStatement();
      if (scanner_.AtEnd()) break;
      if (auto read = ReadStatement(); !read) return tl::unexpected(read.error());
    }
    if (last_labelled_ == program_.size()) return scanner_.Fail("an instruction after the label");
    for (const Reference& reference : references_) {
      if (auto resolved = Resolve(reference); !resolved) return tl::unexpected(resolved.error());
    }
    return std::move(program_);
  }

 private:
  void SkipSpace() { scanner_.SkipSpace(Comments::kAssembler); }

  void SkipToStatement() {
    SkipSpace();
    while (scanner_.Peek() == '#') {
      scanner_.SkipLine();
      SkipSpace();
    }
  }

  // A label or an instruction.
  Expected<void> ReadStatement() {
    scanner_.SetInstruction(program_.size());
    const std::size_t begin = scanner_.Position();
    const bool digit = scanner_.AtDigit();
    const std::string_view word = scanner_.TakeWord();
    const std::size_t end = scanner_.Position();
    SkipSpace();
    if (!word.empty() && !digit && scanner_.Take(":")) return Define(word, begin);
    const std::string mnemonic = LowerCase(word);
    if (!IsMnemonic(mnemonic)) {
      return scanner_.Fail("a label or an instruction such as 'ldh', 'jeq' or 'ret'", begin);
    }
    if (program_.size() >= kMaxTextInstructions) {
      return scanner_.Complain(fmt::format("expected at most {} instructions", kMaxTextInstructions), begin,
                               end);
    }
    return ReadInstruction(mnemonic);
  }

  Expected<void> Define(std::string_view label, std::size_t begin) {
    if (definitions_.size() >= kMaxTextInstructions) {
      return scanner_.Complain(fmt::format("expected at most {} labels", kMaxTextInstructions), begin,
                               begin + label.size());
    }
    if (definitions_.emplace(label, program_.size()).second) {
      last_labelled_ = program_.size();
      return {};
    }
    return scanner_.Complain(fmt::format("the label {} is defined twice", QuoteForMessage(label)), begin,
                             begin + label.size());
  }

  // After the mnemonic.
  Expected<void> ReadInstruction(const std::string& mnemonic) {
    const std::size_t operand_begin = scanner_.Position();
    const Expected<Operand> operand = ReadOperand(mnemonic);
    if (!operand) return tl::unexpected(operand.error());
    const auto code = FindCode(mnemonic, operand->form);
    if (!code) return scanner_.Fail(DescribeForms(mnemonic), operand_begin);
    if (IsConditionalJump(*code)) {
      if (auto branches = ReadBranches(IsNegated(mnemonic)); !branches) return branches;
    }
    program_.push_back({*code, 0, 0, operand->k});
    return {};
  }

  Expected<Operand> ReadOperand(const std::string& mnemonic) {
    if (FindCode(mnemonic, OperandForm::kNone)) return Operand{};
    if (FindCode(mnemonic, OperandForm::kJumpTarget)) {
      if (auto label = ReadLabel(Reference::Field::kK); !label) return tl::unexpected(label.error());
      return Operand{OperandForm::kJumpTarget, 0};
    }
    if (scanner_.Take("#")) return ReadHash(mnemonic);
    if (scanner_.Take("[")) return ReadBracket();
    if (scanner_.AtDigit() || scanner_.Peek() == '-' || scanner_.Peek() == '+') return ReadNumber(mnemonic);
    return ReadWord(mnemonic);
  }

  Expected<std::uint32_t> TakeK() {
    SkipSpace();
    return scanner_.TakeOperand(Radix::kSource);
  }

  // After "#".
  Expected<Operand> ReadHash(const std::string& mnemonic) {
    SkipSpace();
    const std::size_t begin = scanner_.Position();
    if (!scanner_.AtWord() || scanner_.AtDigit()) {
      return TakeK().map([](std::uint32_t k) { return Operand{OperandForm::kDecimal, k}; });
    }
    if (const auto operand = FindOperandWord(scanner_.TakeWord())) return *operand;
    return scanner_.Fail(
        FindCode(mnemonic, OperandForm::kAbsolute) ? "a number, or the name of an extension" : "a number",
        begin);
  }

  static std::optional<Operand> FindOperandWord(std::string_view word) {
    const std::string lower = LowerCase(word);
    if (lower == "len" || lower == "pktlen") return Operand{OperandForm::kPacketLength, 0};
    if (const auto k = FindBpfAsmExtension(lower)) return Operand{OperandForm::kAbsolute, *k};
    return std::nullopt;
  }

  // After "[": "12]" or "x + 14]", with or without a "%" before x.
  Expected<Operand> ReadBracket() {
    SkipSpace();
    OperandForm form = OperandForm::kAbsolute;
    if (!scanner_.AtDigit() && scanner_.Peek() != '-' && scanner_.Peek() != '+') {
      const std::size_t begin = scanner_.Position();
      scanner_.Take("%");
      if (LowerCase(scanner_.TakeWord()) != "x") return scanner_.Fail("an offset, or 'x + ' and one", begin);
      SkipSpace();
      if (auto plus = scanner_.Expect("+"); !plus) return tl::unexpected(plus.error());
      form = OperandForm::kIndirect;
    }
    return ReadClosed(form, "]");
  }

  // "4*([14]&0xf)", or the number of ldi.
  Expected<Operand> ReadNumber(const std::string& mnemonic) {
    const std::size_t begin = scanner_.Position();
    const auto number = TakeK();
    if (!number) return tl::unexpected(number.error());
    if (mnemonic == "ldi" || mnemonic == "ldxi") return Operand{OperandForm::kDecimal, *number};
    SkipSpace();
    if (*number != 4 || scanner_.Peek() != '*') return scanner_.Fail(DescribeForms(mnemonic), begin);
    for (const std::string_view token : {"*", "(", "["}) {
      if (auto taken = Expect(token); !taken) return tl::unexpected(taken.error());
    }
    auto operand = ReadClosed(OperandForm::kHeaderLength, "]");
    if (!operand) return operand;
    if (auto taken = Expect("&"); !taken) return tl::unexpected(taken.error());
    SkipSpace();
    if (auto mask = scanner_.TakeNumber(0xf, 0xf, "the mask 0xf", Radix::kSource); !mask) {
      return tl::unexpected(mask.error());
    }
    if (auto taken = Expect(")"); !taken) return tl::unexpected(taken.error());
    return operand;
  }

  // "x", "a", either after "%", "M[3]", or an extension without its '#'.
  Expected<Operand> ReadWord(const std::string& mnemonic) {
    const std::size_t begin = scanner_.Position();
    const bool percent = scanner_.Take("%");
    const std::string word = LowerCase(scanner_.TakeWord());
    if (word == "x") return Operand{OperandForm::kX, 0};
    if (word == "a") return Operand{OperandForm::kAccumulator, 0};
    if (!percent && word == "m") {
      if (auto open = Expect("["); !open) return tl::unexpected(open.error());
      return ReadClosed(OperandForm::kScratch, "]");
    }
    const auto operand = percent ? std::nullopt : FindOperandWord(word);
    if (operand && FindCode(mnemonic, operand->form)) return *operand;
    return scanner_.Fail(DescribeForms(mnemonic), begin);
  }

  Expected<Operand> ReadClosed(OperandForm form, std::string_view close) {
    const auto k = TakeK();
    if (!k) return tl::unexpected(k.error());
    if (auto closed = Expect(close); !closed) return tl::unexpected(closed.error());
    return Operand{form, *k};
  }

  Expected<void> Expect(std::string_view token) {
    SkipSpace();
    return scanner_.Expect(token);
  }

  // ", yes" or ", yes, no".
  Expected<void> ReadBranches(bool negated) {
    using enum Reference::Field;
    if (auto comma = Expect(","); !comma) return comma;
    if (auto label = ReadLabel(negated ? kJf : kJt); !label) return label;
    SkipSpace();
    if (!scanner_.Take(",")) return {};
    return ReadLabel(negated ? kJt : kJf);
  }

  Expected<void> ReadLabel(Reference::Field field) {
    SkipSpace();
    const std::size_t begin = scanner_.Position();
    const std::string_view label = scanner_.AtDigit() ? "" : scanner_.TakeWord();
    if (label.empty()) return scanner_.Fail("a label", begin);
    references_.push_back({program_.size(), field, label, begin});
    return {};
  }

  Expected<void> Resolve(const Reference& reference) {
    scanner_.SetInstruction(reference.instruction);
    const std::size_t end = reference.position + reference.label.size();
    const auto found = definitions_.find(reference.label);
    if (found == definitions_.end()) {
      return scanner_.Complain(fmt::format("the label {} is not defined", QuoteForMessage(reference.label)),
                               reference.position, end);
    }
    const std::size_t next = reference.instruction + 1;
    if (found->second < next) {
      return scanner_.Complain(
          fmt::format("this jumps to instruction {}, and jumps go forwards alone", found->second),
          reference.position, end);
    }
    const std::size_t offset = found->second - next;
    Instruction& instruction = program_[reference.instruction];
    if (reference.field == Reference::Field::kK) {
      instruction.k = static_cast<std::uint32_t>(offset);
      return {};
    }
    constexpr std::size_t kMost = std::numeric_limits<std::uint8_t>::max();
    if (offset > kMost) {
      return scanner_.Complain(fmt::format("this jumps to instruction {}, over {} others; a conditional jump "
                                           "reaches over {} at most",
                                           found->second, offset, kMost),
                               reference.position, end);
    }
    (reference.field == Reference::Field::kJt ? instruction.jt : instruction.jf) =
        static_cast<std::uint8_t>(offset);
    return {};
  }

  Scanner scanner_;
  Program program_;
  std::map<std::string_view, std::size_t> definitions_;  // no hash: the labels are whatever someone likes
  std::vector<Reference> references_;
  std::optional<std::size_t> last_labelled_;
};

}  // namespace

bool IsBpfAsmMnemonic(std::string_view word) {
  constexpr std::size_t kLongest = 4;
  return word.size() <= kLongest && IsMnemonic(LowerCase(word));
}

Expected<Program> ReadBpfAsm(std::string_view text, std::size_t begin) {
  return BpfAsmReader(text, begin).Read();
}

}  // namespace bpfopt::bpf
