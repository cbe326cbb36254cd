// Recognises which of tcpdump's three forms a text has by its first significant character, and reads it
// line by line. Memory and time are linear in the text: a count is compared, never allocated for.
#include "bpf/text.h"
#include "bpf/text_assembly.h"
#include "bpf/text_scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr std::int64_t kMaxCode = std::numeric_limits<std::uint16_t>::max();
constexpr std::int64_t kMaxOffset = std::numeric_limits<std::uint8_t>::max();

// Code, jt, jf, k, with `separator` after each but the last.
Expected<Instruction> ReadFields(LineScanner& scanner, std::string_view separator) {
  constexpr std::string_view kExpectedOffset = "a jump offset from 0 to 255";
  const auto read = [&](std::int64_t most, std::string_view expected) -> Expected<std::int64_t> {
    scanner.SkipBlanks();
    auto number = scanner.TakeNumber(0, most, expected);
    if (!number) return number;
    if (!separator.empty()) {
      scanner.SkipBlanks();
      if (auto comma = scanner.Expect(separator); !comma) return tl::unexpected(comma.error());
    }
    return number;
  };
  const auto code = read(kMaxCode, "an operation code from 0 to 0xffff");
  if (!code) return tl::unexpected(code.error());
  const auto jt = read(kMaxOffset, kExpectedOffset);
  if (!jt) return tl::unexpected(jt.error());
  const auto jf = read(kMaxOffset, kExpectedOffset);
  if (!jf) return tl::unexpected(jf.error());
  scanner.SkipBlanks();
  const auto k = scanner.TakeOperand();
  if (!k) return tl::unexpected(k.error());
  return Instruction{static_cast<std::uint16_t>(*code), static_cast<std::uint8_t>(*jt),
                     static_cast<std::uint8_t>(*jf), *k};
}

class ProgramReader {
 public:
  explicit ProgramReader(std::string_view text) : text_(text) {}

  Expected<Program> Read() {
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      if (auto read = ReadLine({text_.substr(begin, end - begin), begin, ++number}); !read) {
        return tl::unexpected(read.error());
      }
      begin = end + 1;
    }
    return Finish();
  }

 private:
  enum class Form { kAssembly, kC, kDecimal };

  Expected<void> ReadLine(const Line& line) {
    LineScanner scanner(line);
    scanner.SkipBlanks();
    if (scanner.AtEnd() || scanner.Peek() == '#' || scanner.Peek() == ';') return {};
    if (!form_) {
      form_ = Recognise(scanner);
      if (!form_) {
        return scanner.Fail(
            "a program as tcpdump -d, -dd or -ddd prints it, starting with '(', '{' or a count");
      }
    }
    if (program_.size() >= kMaxTextInstructions) {
      return scanner.Fail(fmt::format("at most {} instructions", kMaxTextInstructions));
    }
    switch (*form_) {
      case Form::kAssembly:
        return Append(ReadAssemblyLine(line, program_.size()));
      case Form::kC:
        return ReadCLine(scanner);
      case Form::kDecimal:
        return ReadDecimalLine(scanner);
    }
    return {};
  }

  static std::optional<Form> Recognise(const LineScanner& scanner) {
    if (scanner.Peek() == '(') return Form::kAssembly;
    if (scanner.Peek() == '{') return Form::kC;
    if (scanner.AtDigit()) return Form::kDecimal;
    return std::nullopt;
  }

  Expected<void> Append(const Expected<Instruction>& instruction) {
    if (!instruction) return tl::unexpected(instruction.error());
    program_.push_back(*instruction);
    return {};
  }

  Expected<void> ReadCLine(LineScanner& scanner) {
    if (auto open = scanner.Expect("{"); !open) return open;
    if (auto read = Append(ReadFields(scanner, ",")); !read) return read;
    scanner.SkipBlanks();
    if (auto close = scanner.Expect("}"); !close) return close;
    scanner.SkipBlanks();
    scanner.Take(",");
    return scanner.ExpectEnd();
  }

  Expected<void> ReadDecimalLine(LineScanner& scanner) {
    if (!announced_) {
      const auto count =
          scanner.TakeNumber(0, static_cast<std::int64_t>(kMaxTextInstructions),
                             fmt::format("a count of instructions, at most {}", kMaxTextInstructions));
      if (!count) return tl::unexpected(count.error());
      announced_ = static_cast<std::size_t>(*count);
      return scanner.ExpectEnd();
    }
    if (program_.size() == *announced_) {
      return scanner.Fail(
          fmt::format("no more than the {} instructions that the first line announces", *announced_));
    }
    if (auto read = Append(ReadFields(scanner, "")); !read) return read;
    return scanner.ExpectEnd();
  }

  Expected<Program> Finish() {
    const SourceRange end{text_.size(), text_.size()};
    if (!form_) {
      return InvalidInput("the text holds no program; expected one as tcpdump -d, -dd or -ddd prints it",
                          end);
    }
    if (announced_ && program_.size() != *announced_) {
      return InvalidInput(fmt::format("expected the {} instructions that the first line announces, found {}",
                                      *announced_, program_.size()),
                          end);
    }
    return std::move(program_);
  }

  const std::string_view text_;
  std::optional<Form> form_;
  std::optional<std::size_t> announced_;  // -ddd: the count in front
  Program program_;
};

}  // namespace

Expected<Program> Parse(std::string_view text) { return ProgramReader(text).Read(); }

}  // namespace bpfopt::bpf
