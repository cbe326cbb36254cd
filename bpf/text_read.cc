// Recognises which form a text has by how its first significant token looks, and reads the forms of tcpdump
// and of iptables; C and bpf_asm have readers of their own. Memory and time are linear in the text: a count
// is compared, never allocated for.
#include "bpf/text.h"
#include "bpf/text_assembly.h"
#include "bpf/text_bpf_asm.h"
#include "bpf/text_c.h"
#include "bpf/text_scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr std::string_view kExpectedForms =
    "a program as tcpdump -d, -dd or -ddd, iptables or bpf_asm have it, or as initialisers in C";

enum class Form { kAssembly, kC, kDecimal, kIptables, kBpfAsm };

struct Recognised {
  Form form;
  std::size_t begin;  // of the first significant token
};

// A count is followed by a comma in the form of one line, which may stand between quotes.
Form RecogniseCount(Scanner scanner) {
  if (!scanner.AtDigit()) return Form::kIptables;
  scanner.TakeWord();
  scanner.SkipBlanks();
  return scanner.Peek() == ',' ? Form::kIptables : Form::kDecimal;
}

std::optional<Form> RecogniseWord(std::string_view text, Scanner scanner) {
  const std::string_view word = scanner.TakeWord();
  scanner.SkipSpace(Comments::kAssembler);
  if (scanner.Peek() == ':' || IsBpfAsmMnemonic(word)) return Form::kBpfAsm;
  if (StartsCRow(word) || text.find('{', scanner.Position()) != std::string_view::npos) return Form::kC;
  return std::nullopt;
}

Expected<Recognised> Recognise(std::string_view text) {
  Scanner scanner(text);
  scanner.SkipSpace(Comments::kC);
  while (scanner.Peek() == '#' || scanner.Peek() == ';') {
    scanner.SkipLine();
    scanner.SkipSpace(Comments::kC);
  }
  const auto as = [&](Form form) { return Recognised{form, scanner.Position()}; };
  if (scanner.AtEnd()) {
    return InvalidInput(fmt::format("the text holds no program; expected {}", kExpectedForms),
                        SourceRange{text.size(), text.size()});
  }
  if (scanner.Peek() == '(') return as(Form::kAssembly);
  if (scanner.Peek() == '{') return as(Form::kC);
  if (scanner.AtDigit() || scanner.Peek() == '"' || scanner.Peek() == '\'')
    return as(RecogniseCount(scanner));
  if (const auto form = scanner.AtWord() ? RecogniseWord(text, scanner) : std::nullopt) return as(*form);
  return scanner.Fail(kExpectedForms);
}

// Code, jt, jf, k, with blanks between them.
Expected<Instruction> ReadFields(Scanner& scanner) {
  constexpr std::int64_t kMaxCode = std::numeric_limits<std::uint16_t>::max();
  constexpr std::int64_t kMaxOffset = std::numeric_limits<std::uint8_t>::max();
  scanner.SkipBlanks();
  const auto code = scanner.TakeNumber(0, kMaxCode, "an operation code from 0 to 0xffff");
  if (!code) return tl::unexpected(code.error());
  scanner.SkipBlanks();
  const auto jt = scanner.TakeNumber(0, kMaxOffset, "a jump offset from 0 to 255");
  if (!jt) return tl::unexpected(jt.error());
  scanner.SkipBlanks();
  const auto jf = scanner.TakeNumber(0, kMaxOffset, "a jump offset from 0 to 255");
  if (!jf) return tl::unexpected(jf.error());
  scanner.SkipBlanks();
  const auto k = scanner.TakeOperand();
  if (!k) return tl::unexpected(k.error());
  return Instruction{static_cast<std::uint16_t>(*code), static_cast<std::uint8_t>(*jt),
                     static_cast<std::uint8_t>(*jf), *k};
}

Expected<std::size_t> ReadCount(Scanner& scanner) {
  return scanner
      .TakeNumber(0, static_cast<std::int64_t>(kMaxTextInstructions),
                  fmt::format("a count of instructions, at most {}", kMaxTextInstructions))
      .map([](std::int64_t count) { return static_cast<std::size_t>(count); });
}

Expected<void> ExpectRoom(const Scanner& scanner, std::size_t read, std::size_t count) {
  if (read < count) return {};
  return scanner.Fail(fmt::format("no more than the {} instructions that the count announces", count));
}

Expected<Program> ExpectAll(Program program, std::size_t count, std::size_t end) {
  if (program.size() == count) return program;
  return InvalidInput(
      fmt::format("expected the {} instructions that the count announces, found {}", count, program.size()),
      SourceRange{end, end});
}

// The two forms of tcpdump that have an instruction a line.
class LineReader {
 public:
  LineReader(std::string_view text, Recognised recognised) : text_(text), recognised_(recognised) {}

  Expected<Program> Read() {
    for (std::size_t begin = recognised_.begin; begin < text_.size();) {
      Scanner line = Scanner::OfLine(text_, begin);
      if (auto read = ReadLine(line); !read) return tl::unexpected(read.error());
      begin = std::min(text_.find('\n', begin), text_.size()) + 1;
    }
    if (!count_) return std::move(program_);
    return ExpectAll(std::move(program_), *count_, text_.size());
  }

 private:
  Expected<void> ReadLine(Scanner& line) {
    line.SkipBlanks();
    if (line.AtEnd() || line.Peek() == '#' || line.Peek() == ';') return {};
    if (recognised_.form == Form::kDecimal && !count_) {
      const auto count = ReadCount(line);
      if (!count) return tl::unexpected(count.error());
      count_ = *count;
      return line.ExpectEnd();
    }
    if (auto room = Room(line); !room) return room;
    line.SetInstruction(program_.size());
    const auto instruction =
        recognised_.form == Form::kDecimal ? ReadDecimalLine(line) : ReadAssemblyLine(line, program_.size());
    if (!instruction) return tl::unexpected(instruction.error());
    program_.push_back(*instruction);
    return {};
  }

  Expected<void> Room(const Scanner& line) const {
    if (count_) return ExpectRoom(line, program_.size(), *count_);
    if (program_.size() < kMaxTextInstructions) return {};
    return line.Fail(fmt::format("at most {} instructions", kMaxTextInstructions));
  }

  static Expected<Instruction> ReadDecimalLine(Scanner& line) {
    auto instruction = ReadFields(line);
    if (!instruction) return instruction;
    if (auto end = line.ExpectEnd(); !end) return tl::unexpected(end.error());
    return instruction;
  }

  const std::string_view text_;
  const Recognised recognised_;
  std::optional<std::size_t> count_;  // -ddd: what the first line announces
  Program program_;
};

// "4,48 0 0 9,...". A comma may follow the last instruction, and quotes may be around the whole.
Expected<Program> ReadIptables(std::string_view text, std::size_t begin) {
  Scanner scanner(text, begin);
  const std::string_view quote = scanner.Take("\"") ? "\"" : scanner.Take("'") ? "'" : "";
  scanner.SkipSpace(Comments::kNone);
  const auto count = ReadCount(scanner);
  if (!count) return tl::unexpected(count.error());
  Program program;
  const auto at_end = [&] { return scanner.AtEnd() || (!quote.empty() && scanner.Peek() == quote[0]); };
  while (true) {
    scanner.SkipSpace(Comments::kNone);
    if (at_end()) break;
    if (auto comma = scanner.Expect(","); !comma) return tl::unexpected(comma.error());
    scanner.SkipSpace(Comments::kNone);
    if (at_end()) break;
    if (auto room = ExpectRoom(scanner, program.size(), *count); !room) return tl::unexpected(room.error());
    scanner.SetInstruction(program.size());
    const auto instruction = ReadFields(scanner);
    if (!instruction) return tl::unexpected(instruction.error());
    program.push_back(*instruction);
  }
  if (auto close = scanner.Expect(quote); !close) return tl::unexpected(close.error());
  scanner.SkipSpace(Comments::kNone);
  if (auto end = scanner.ExpectEnd(); !end) return tl::unexpected(end.error());
  return ExpectAll(std::move(program), *count, scanner.Position());
}

}  // namespace

Expected<Program> Parse(std::string_view text) {
  const auto recognised = Recognise(text);
  if (!recognised) return tl::unexpected(recognised.error());
  switch (recognised->form) {
    case Form::kAssembly:
    case Form::kDecimal:
      return LineReader(text, *recognised).Read();
    case Form::kC:
      return ReadC(text);  // it minds lines that a macro is continued on
    case Form::kIptables:
      return ReadIptables(text, recognised->begin);
    case Form::kBpfAsm:
      break;
  }
  return ReadBpfAsm(text, recognised->begin);
}

}  // namespace bpfopt::bpf
