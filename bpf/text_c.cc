// A reader for the little of C that initialisers need. What it cannot evaluate, macros of the source and
// constants of other headers, is an error at that place, never a guess.
#include "bpf/text_c.h"

#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpf/text_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr unsigned kMaxParentheses = 16;  // the reader's own stack is bounded by it
constexpr std::string_view kStatement = "BPF_STMT";
constexpr std::string_view kJump = "BPF_JUMP";

struct Name {
  std::string_view name;
  std::int64_t value;
};

constexpr auto kNames = std::to_array<Name>({
    {"BPF_LD", kLd},
    {"BPF_LDX", kLdx},
    {"BPF_ST", kSt},
    {"BPF_STX", kStx},
    {"BPF_ALU", kAlu},
    {"BPF_JMP", kJmp},
    {"BPF_RET", kRet},
    {"BPF_MISC", kMisc},
    {"BPF_W", kW},
    {"BPF_H", kH},
    {"BPF_B", kB},
    {"BPF_IMM", kImm},
    {"BPF_ABS", kAbs},
    {"BPF_IND", kInd},
    {"BPF_MEM", kMem},
    {"BPF_LEN", kLen},
    {"BPF_MSH", kMsh},
    {"BPF_ADD", kAdd},
    {"BPF_SUB", kSub},
    {"BPF_MUL", kMul},
    {"BPF_DIV", kDiv},
    {"BPF_OR", kOr},
    {"BPF_AND", kAnd},
    {"BPF_LSH", kLsh},
    {"BPF_RSH", kRsh},
    {"BPF_NEG", kNeg},
    {"BPF_MOD", kMod},
    {"BPF_XOR", kXor},
    {"BPF_JA", kJa},
    {"BPF_JEQ", kJeq},
    {"BPF_JGT", kJgt},
    {"BPF_JGE", kJge},
    {"BPF_JSET", kJset},
    {"BPF_K", kK},
    {"BPF_X", kX},
    {"BPF_A", kA},
    {"BPF_TAX", kTax},
    {"BPF_TXA", kTxa},
    // Negative, as linux/filter.h has them.
    {"SKF_AD_OFF", static_cast<std::int32_t>(kAncillaryOffset)},
    {"SKF_NET_OFF", static_cast<std::int32_t>(kNetworkOffset)},
    {"SKF_LL_OFF", static_cast<std::int32_t>(kLinkLayerOffset)},
    {"SKF_AD_PROTOCOL", kAncillaryProtocol},
    {"SKF_AD_PKTTYPE", kAncillaryPacketType},
    {"SKF_AD_IFINDEX", kAncillaryInterfaceIndex},
    {"SKF_AD_NLATTR", kAncillaryNlattr},
    {"SKF_AD_NLATTR_NEST", kAncillaryNlattrNest},
    {"SKF_AD_MARK", kAncillaryMark},
    {"SKF_AD_QUEUE", kAncillaryQueue},
    {"SKF_AD_HATYPE", kAncillaryHardwareType},
    {"SKF_AD_RXHASH", kAncillaryRxHash},
    {"SKF_AD_CPU", kAncillaryCpu},
    {"SKF_AD_ALU_XOR_X", kAncillaryAluXorX},
    {"SKF_AD_VLAN_TAG", kAncillaryVlanTag},
    {"SKF_AD_VLAN_TAG_PRESENT", kAncillaryVlanTagPresent},
    {"SKF_AD_PAY_OFFSET", kAncillaryPayloadOffset},
    {"SKF_AD_RANDOM", kAncillaryRandom},
    {"SKF_AD_VLAN_TPID", kAncillaryVlanTpid},
});

std::optional<std::int64_t> FindName(std::string_view name) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) { return each.name == name; });
  return found == kNames.end() ? std::nullopt : std::optional<std::int64_t>(found->value);
}

struct Field {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  std::string_view expected;
};

enum FieldIndex : std::size_t { kFieldCode, kFieldJt, kFieldJf, kFieldK };

constexpr std::array<Field, 4> kFields = {{
    {"code", 0, std::numeric_limits<std::uint16_t>::max(), "an operation code from 0 to 0xffff"},
    {"jt", 0, std::numeric_limits<std::uint8_t>::max(), "a jump offset from 0 to 255"},
    {"jf", 0, std::numeric_limits<std::uint8_t>::max(), "a jump offset from 0 to 255"},
    {"k", std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::uint32_t>::max(),
     "a number of 32 bits"},
}};

constexpr std::array<FieldIndex, 4> kFieldsInOrder = {kFieldCode, kFieldJt, kFieldJf, kFieldK};
constexpr std::array<FieldIndex, 2> kFieldsOfStatement = {kFieldCode, kFieldK};
constexpr std::array<FieldIndex, 4> kFieldsOfJump = {kFieldCode, kFieldK, kFieldJt, kFieldJf};

void SetField(Instruction& instruction, FieldIndex field, std::int64_t value) {
  switch (field) {
    case kFieldCode:
      instruction.code = static_cast<std::uint16_t>(value);
      break;
    case kFieldJt:
      instruction.jt = static_cast<std::uint8_t>(value);
      break;
    case kFieldJf:
      instruction.jf = static_cast<std::uint8_t>(value);
      break;
    case kFieldK:
      instruction.k = static_cast<std::uint32_t>(value);
      break;
  }
}

class CReader {
 public:
  explicit CReader(std::string_view text) : text_(text), scanner_(text) {}

  Expected<Program> Read() {
    if (auto declaration = ReadDeclaration(); !declaration) return tl::unexpected(declaration.error());
    const bool list = TakeListBrace();
    if (auto rows = ReadRows(list); !rows) return tl::unexpected(rows.error());
    if (list) {
      if (auto close = scanner_.Expect("}"); !close) return tl::unexpected(close.error());
    }
    scanner_.SkipSpace(Comments::kC);
    scanner_.Take(";");
    if (auto after = SkipBetweenRows(); !after) return tl::unexpected(after.error());
    if (auto end = scanner_.ExpectEnd(); !end) return tl::unexpected(end.error());
    return std::move(program_);
  }

 private:
  // What stands before the first brace or row: nothing, or words up to "=".
  Expected<void> ReadDeclaration() {
    while (true) {
      if (auto skipped = SkipBetweenRows(); !skipped) return skipped;
      if (TakeLineComment()) continue;
      if (scanner_.Peek() == '{' || StartsCRow(Scanner(scanner_).TakeWord())) return {};
      const std::size_t begin = scanner_.Position();
      const std::string_view word = scanner_.TakeWord();
      if (scanner_.Take("=")) {
        scanner_.SkipSpace(Comments::kC);
        declared_ = true;
        return {};
      }
      const bool passed = !word.empty() || scanner_.Take("*") || scanner_.Take("[") || scanner_.Take("]") ||
                          scanner_.Take("(") || scanner_.Take(")") || scanner_.Take(",");
      if (!passed) return scanner_.Fail("a declaration such as 'struct sock_filter code[] = {'", begin);
    }
  }

  // The brace around all rows, told from a row's own by what follows it.
  bool TakeListBrace() {
    Scanner ahead = scanner_;
    if (!ahead.Take("{")) return false;
    while (true) {
      ahead.SkipSpace(Comments::kC);
      if (ahead.Peek() != '#') break;
      ahead.SkipLine();
    }
    const bool list = ahead.Peek() == '{' || ahead.Peek() == '}' || StartsCRow(Scanner(ahead).TakeWord());
    if (list) scanner_.Take("{");
    return list;
  }

  Expected<void> ReadRows(bool list) {
    while (true) {
      if (auto skipped = SkipBetweenRows(); !skipped) return skipped;
      if (!list && !declared_ && TakeLineComment()) continue;
      const bool done = list ? scanner_.Peek() == '}' : scanner_.AtEnd();
      if (done && !program_.empty()) return {};
      scanner_.SetInstruction(program_.size());
      if (program_.size() >= kMaxTextInstructions) {
        return scanner_.Fail(fmt::format("at most {} instructions", kMaxTextInstructions));
      }
      if (auto row = ReadRow(); !row) return row;
      scanner_.SkipSpace(Comments::kC);
      // A declaration without a brace around rows holds one.
      if (!scanner_.Take(",") && !list && declared_) return {};
    }
  }

  Expected<void> ReadRow() {
    if (scanner_.Take("{")) return ReadBracedRow();
    const std::size_t begin = scanner_.Position();
    const std::string_view word = scanner_.TakeWord();
    if (word == kStatement) return ReadMacro(kFieldsOfStatement);
    if (word == kJump) return ReadMacro(kFieldsOfJump);
    return scanner_.Fail("'{', BPF_STMT or BPF_JUMP", begin);
  }

  Expected<void> ReadMacro(std::span<const FieldIndex> fields) {
    Instruction instruction;
    scanner_.SkipSpace(Comments::kC);
    if (auto open = scanner_.Expect("("); !open) return open;
    for (const FieldIndex& field : fields) {
      if (auto value = ReadField(instruction, field); !value) return value;
      if (auto next = scanner_.Expect(&field == &fields.back() ? ")" : ","); !next) return next;
    }
    program_.push_back(instruction);
    return {};
  }

  // After "{".
  Expected<void> ReadBracedRow() {
    scanner_.SkipSpace(Comments::kC);
    if (scanner_.Peek() == '.') return ReadNamedFields();
    Instruction instruction;
    for (const FieldIndex field : kFieldsInOrder) {
      if (auto value = ReadField(instruction, field); !value) return value;
      if (field == kFieldK) break;
      if (auto comma = scanner_.Expect(","); !comma) return comma;
    }
    if (scanner_.Take(",")) scanner_.SkipSpace(Comments::kC);
    if (auto close = scanner_.Expect("}"); !close) return close;
    program_.push_back(instruction);
    return {};
  }

  // Fields that are not named are 0, as in C, but the code is no field to forget.
  Expected<void> ReadNamedFields() {
    Instruction instruction;
    std::array<bool, kFields.size()> given = {};
    while (scanner_.Peek() != '}') {
      const auto field = ReadFieldName();
      if (!field) return tl::unexpected(field.error());
      given[*field] = true;
      scanner_.SkipSpace(Comments::kC);
      if (auto equals = scanner_.Expect("="); !equals) return equals;
      if (auto value = ReadField(instruction, *field); !value) return value;
      if (!scanner_.Take(",")) break;
      scanner_.SkipSpace(Comments::kC);
    }
    if (!given[kFieldCode]) return scanner_.Fail("a field .code");
    if (auto close = scanner_.Expect("}"); !close) return close;
    program_.push_back(instruction);
    return {};
  }

  Expected<FieldIndex> ReadFieldName() {
    const std::size_t begin = scanner_.Position();
    if (scanner_.Take(".")) {
      const std::string_view name = scanner_.TakeWord();
      for (const FieldIndex field : kFieldsInOrder) {
        if (kFields[field].name == name) return field;
      }
    }
    return scanner_.Fail(".code, .jt, .jf or .k", begin);
  }

  Expected<void> ReadField(Instruction& instruction, FieldIndex index) {
    const Field& field = kFields[index];
    scanner_.SkipSpace(Comments::kC);
    const std::size_t begin = scanner_.Position();
    const auto value = ReadExpression(0);
    if (!value) return tl::unexpected(value.error());
    if (*value < field.least || *value > field.most) return scanner_.Fail(field.expected, begin);
    SetField(instruction, index, *value);
    return {};
  }

  // Sums, joined by "|". A text is too short for a sum of 64 bits to overflow.
  Expected<std::int64_t> ReadExpression(unsigned depth) {
    auto value = ReadSum(depth);
    while (value && scanner_.Take("|")) {
      auto right = ReadSum(depth);
      if (!right) return right;
      *value |= *right;
    }
    return value;
  }

  Expected<std::int64_t> ReadSum(unsigned depth) {
    auto value = ReadTerm(depth);
    while (value && (scanner_.Peek() == '+' || scanner_.Peek() == '-')) {
      const bool negative = scanner_.Peek() == '-';
      scanner_.Take(negative ? "-" : "+");
      auto right = ReadTerm(depth);
      if (!right) return right;
      *value += negative ? -*right : *right;
    }
    return value;
  }

  // A number, a name or a parenthesis, with the blanks around it.
  Expected<std::int64_t> ReadTerm(unsigned depth) {
    scanner_.SkipSpace(Comments::kC);
    bool negative = false;
    while (scanner_.Take("-")) {
      negative = !negative;
      scanner_.SkipSpace(Comments::kC);
    }
    auto value = scanner_.Peek() == '(' ? ReadParenthesis(depth) : ReadNumberOrName();
    if (!value) return value;
    scanner_.SkipSpace(Comments::kC);
    return negative ? -*value : *value;
  }

  Expected<std::int64_t> ReadParenthesis(unsigned depth) {
    if (depth == kMaxParentheses) {
      return scanner_.Fail(fmt::format("at most {} parentheses in each other", kMaxParentheses));
    }
    scanner_.Take("(");
    auto value = ReadExpression(depth + 1);
    if (!value) return value;
    if (auto close = scanner_.Expect(")"); !close) return tl::unexpected(close.error());
    return value;
  }

  Expected<std::int64_t> ReadNumberOrName() {
    const std::size_t begin = scanner_.Position();
    if (!scanner_.AtDigit()) {
      if (const auto value = FindName(scanner_.TakeWord())) return *value;
      return scanner_.Fail("a number, or a name of linux/filter.h such as BPF_LD", begin);
    }
    const std::string_view word = Scanner(scanner_).TakeWord();
    const std::size_t digits = word.find_last_not_of("uUlL") + 1;
    Scanner number(text_.substr(0, begin + digits), begin);
    auto value = number.TakeNumber(0, std::numeric_limits<std::uint32_t>::max(), "", Radix::kSource);
    if (!value) return scanner_.Fail("a number of 32 bits");
    scanner_.TakeWord();
    return value;
  }

  // Blanks, comments and the preprocessor's lines.
  Expected<void> SkipBetweenRows() {
    scanner_.SkipSpace(Comments::kC);
    while (scanner_.Peek() == '#') {
      if (auto skipped = SkipDirective(); !skipped) return skipped;
      scanner_.SkipSpace(Comments::kC);
    }
    return {};
  }

  // A line that starts with ';' is a comment between the rows of tcpdump -dd, as in its other forms.
  bool TakeLineComment() {
    if (scanner_.Peek() != ';') return false;
    const std::size_t last = text_.substr(0, scanner_.Position()).find_last_not_of(" \t\r");
    if (last != std::string_view::npos && text_[last] != '\n') return false;
    scanner_.SkipLine();
    return true;
  }

  // One that is continued on the next line ends there.
  Expected<void> SkipDirective() {
    Scanner directive = scanner_;
    directive.Take("#");
    directive.SkipBlanks();
    const std::string_view word = directive.TakeWord();
    for (const std::string_view condition : {"if", "ifdef", "ifndef", "else", "elif", "endif"}) {
      if (word == condition) return scanner_.Fail("no condition of the preprocessor");
    }
    bool continued = true;
    while (continued && !scanner_.AtEnd()) {
      scanner_.SkipLine();
      std::string_view line = text_.substr(0, scanner_.Position());
      if (line.ends_with('\r')) line.remove_suffix(1);
      continued = line.ends_with('\\');
      if (continued) scanner_.Take("\n");
    }
    return {};
  }

  const std::string_view text_;
  Scanner scanner_;
  Program program_;
  bool declared_ = false;
};

}  // namespace

bool StartsCRow(std::string_view word) { return word == kStatement || word == kJump; }

Expected<Program> ReadC(std::string_view text) { return CReader(text).Read(); }

}  // namespace bpfopt::bpf
