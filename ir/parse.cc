// Reads the grammar of docs/ir.md by recursive descent. Blocks and their parameters are made in a first pass
// over the headers, so that edges may lead forwards; a second pass reads what is in the blocks.
#include "ir/parse.h"

#include "ir/lexer.h"
#include "ir/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::ir {
namespace {

// Print() nests far less; text that nests deeper is refused before it exhausts the stack.
constexpr unsigned kMaxDepth = 256;

// Reading functions report by their result that they failed; the first error is kept in error_.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Expected<Function> Run() {
    if (!ReadFunction()) return tl::unexpected<Error>(std::move(*error_));
    return std::move(function_);
  }

 private:
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t edge;
    SourceRange place;
  };

  // Tokens.
  const Token& Next() const { return tokens_[position_]; }
  const Token& Take() {
    const Token& token = tokens_[position_];
    if (token.kind != Token::Kind::kEnd) ++position_;
    return token;
  }
  bool NextIs(std::string_view text) const { return Next().text == text && Next().kind != Token::Kind::kEnd; }
  bool TakeIf(std::string_view text) {
    if (!NextIs(text)) return false;
    Take();
    return true;
  }
  static bool IsBlockName(const Token& token) {
    return token.kind == Token::Kind::kWord && token.text.size() > 1 && token.text[0] == 'b' &&
           std::all_of(token.text.begin() + 1, token.text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  static bool IsHeader(const Token& token) { return token.starts_line && IsBlockName(token); }

  // Errors: these return false, or null, for the caller to return.
  bool Fail(const Token& token, std::string_view message) {
    if (!error_.has_value()) error_ = ErrorAt(text_, token.range, message).value();
    return false;
  }
  bool FailExpected(std::string_view what) {
    if (Next().kind == Token::Kind::kEnd)
      return Fail(Next(), fmt::format("expected {}, found the end", what));
    return Fail(Next(), fmt::format("expected {}, found '{}'", what, Next().text));
  }
  bool Expect(std::string_view symbol) { return TakeIf(symbol) || FailExpected(fmt::format("'{}'", symbol)); }
  bool ExpectNumber(std::uint32_t& number) {
    if (Next().kind != Token::Kind::kNumber) return FailExpected("a number");
    number = Take().number;
    return true;
  }

  bool ReadFunction() {
    if (!Expect("fn")) return false;
    const Target* target = MeaningOf(kTargetWords, Next().text);
    if (target == nullptr) return FailExpected("'pcap', 'linux' or 'seccomp'");
    function_ = Function(*target);
    Take();
    if (!Expect("{") || !ReadHeaders()) return false;
    while (!NextIs("}")) {
      if (!ReadBlock()) return false;
    }
    Take();
    if (Next().kind != Token::Kind::kEnd) return FailExpected("the end");
    return true;
  }

  // First pass: makes the blocks in the order of their headers, and their parameters.
  bool ReadHeaders() {
    const std::size_t body = position_;
    for (; Next().kind != Token::Kind::kEnd; ++position_) {
      if (IsHeader(Next()) && !ReadHeader()) return false;
    }
    position_ = body;
    if (function_.block_count() == 0) return FailExpected("a block");
    return true;
  }

  // Stops before the colon, which the second pass demands.
  bool ReadHeader() {
    const Token& name = Take();
    if (blocks_.count(name.text) != 0) return Fail(name, fmt::format("a second block '{}'", name.text));
    Block* block = blocks_[name.text] = function_.NewBlock();
    if (!NextIs("(")) return Rewind();
    do {
      Take();
      const Token& parameter = Next();
      if (parameter.kind != Token::Kind::kName) return FailExpected("a parameter");
      block->parameters.push_back(function_.NewParameter());
      if (!Define(parameter, block->parameters.back())) return false;
      Take();
    } while (NextIs(","));
    return Expect(")") && Rewind();
  }
  // The loop over all tokens steps over the last token of a header.
  bool Rewind() {
    --position_;
    return true;
  }

  bool Define(const Token& name, const Value* value) {
    if (values_.emplace(name.text, value).second) return true;
    return Fail(name, fmt::format("a second '{}'", name.text));
  }

  bool ReadBlock() {
    if (!IsHeader(Next())) return FailExpected("a block at the start of a line, or '}'");
    Block* block = blocks_.at(Take().text);
    while (!NextIs(":")) {
      const bool is_list = NextIs("(") || NextIs(",") || NextIs(")") || Next().kind == Token::Kind::kName;
      if (!is_list) return FailExpected("':'");
      Take();
    }
    Take();
    for (;;) {
      if (TakeIf("let")) {
        if (!ReadLet()) return false;
      } else if (NextIs("need") || NextIs("nonzero")) {
        if (!block->effects.empty()) return Fail(Next(), "a guard after an effect");
        if (!ReadGuard(block)) return false;
      } else if (Next().kind == Token::Kind::kName) {
        if (!ReadEffect(block)) return false;
      } else {
        return ReadTerminator(block);
      }
    }
  }

  bool ReadLet() {
    const Token& name = Next();
    if (name.kind != Token::Kind::kName) return FailExpected("a name such as '%0'");
    Take();
    if (!Expect("=")) return false;
    const Value* value = ReadExpression();
    return value != nullptr && Define(name, value);
  }

  bool ReadGuard(Block* block) {
    if (TakeIf("nonzero")) {
      const Value* value = ReadExpression();
      if (value == nullptr) return false;
      block->guards.push_back(Guard::NonZero(value));
      return true;
    }
    Take();
    Guard guard;
    if (!ReadAddress(guard.value, guard.offset) || !Expect(":")) return false;
    const Token& width = Next();
    if (!ExpectNumber(guard.width)) return false;
    if (guard.width == 0) return Fail(width, "a guard of no bytes");
    block->guards.push_back(guard);
    return true;
  }

  bool ReadEffect(Block* block) {
    const Token& name = Take();
    if (!Expect("=")) return false;
    const EffectKind* kind = MeaningOf(kEffectWords, Next().text);
    if (kind == nullptr) return FailExpected("an effect");
    Take();
    std::uint32_t identity = 0;
    if (!ExpectNumber(identity)) return false;
    const Value* a = nullptr;
    const Value* x = nullptr;
    if (TakeIf("(")) {
      const bool is_read = ReadEffectOperand(a) && Expect(",") && ReadEffectOperand(x) && Expect(")");
      if (!is_read) return false;
    }
    block->effects.push_back(function_.NewEffect(*kind, identity, a, x));
    return Define(name, block->effects.back());
  }
  bool ReadEffectOperand(const Value*& operand) {
    if (TakeIf("_")) return true;
    operand = ReadExpression();
    return operand != nullptr;
  }

  // Terminators.
  bool ReadTerminator(Block* block) {
    if (TakeIf("return")) {
      const Value* value = ReadExpression();
      block->terminator = Return{value};
      return value != nullptr;
    }
    if (TakeIf("jump")) {
      Jump jump;
      if (!ReadEdge(jump.edge)) return false;
      block->terminator = std::move(jump);
      return true;
    }
    if (TakeIf("if")) return ReadBranch(block);
    if (TakeIf("switch")) return ReadSwitch(block);
    return FailExpected("a guard, an effect, 'let', 'return', 'jump', 'if' or 'switch'");
  }

  bool ReadBranch(Block* block) {
    Branch branch;
    branch.lhs = ReadExpression();
    if (branch.lhs == nullptr) return false;
    const Compare* compare = MeaningOf(kCompareWords, Next().text);
    if (compare == nullptr) return FailExpected("a comparison");
    Take();
    branch.compare = *compare;
    branch.rhs = ReadExpression();
    const bool is_read = branch.rhs != nullptr && Expect("then") && ReadEdge(branch.then_edge) &&
                         Expect("else") && ReadEdge(branch.else_edge);
    if (is_read) block->terminator = std::move(branch);
    return is_read;
  }

  bool ReadSwitch(Block* block) {
    Switch choice;
    choice.value = ReadExpression();
    if (choice.value == nullptr || !Expect("{")) return false;
    std::vector<Range> ranges;
    while (!TakeIf("else")) {
      if (!ReadRanges(ranges, static_cast<std::uint32_t>(choice.edges.size()))) return false;
      choice.edges.emplace_back();
      if (!Expect("->") || !ReadEdge(choice.edges.back()) || !Expect(";")) return false;
    }
    choice.edges.emplace_back();
    if (!Expect("->") || !ReadEdge(choice.edges.back()) || !Expect("}")) return false;
    if (!FillCases(std::move(ranges), choice)) return false;
    block->terminator = std::move(choice);
    return true;
  }

  bool ReadRanges(std::vector<Range>& ranges, std::uint32_t edge) {
    do {
      const std::size_t begin = Next().range.begin;
      Range range{0, 0, edge, {}};
      const Token& first = Next();
      if (!ExpectNumber(range.first)) return false;
      range.last = range.first;
      if (TakeIf("..") && !ExpectNumber(range.last)) return false;
      if (range.last < range.first) return Fail(first, "a range that ends before it begins");
      range.place = {begin, tokens_[position_ - 1].range.end};
      ranges.push_back(range);
    } while (TakeIf(","));
    return true;
  }

  // The last edge is that of all words in no range.
  bool FillCases(std::vector<Range> ranges, Switch& choice) {
    const auto otherwise = static_cast<std::uint32_t>(choice.edges.size() - 1);
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::uint64_t next = 0;  // the first word that is not covered
    for (const Range& range : ranges) {
      if (range.first < next) {
        error_ = ErrorAt(text_, range.place, "a range that overlaps another one").value();
        return false;
      }
      if (range.first > next) choice.cases.push_back({static_cast<std::uint32_t>(next), otherwise});
      choice.cases.push_back({range.first, range.edge});
      next = std::uint64_t{range.last} + 1;
    }
    if (next <= 0xffffffff) choice.cases.push_back({static_cast<std::uint32_t>(next), otherwise});
    choice.Canonicalize();
    return true;
  }

  bool ReadEdge(Edge& edge) {
    if (!IsBlockName(Next())) return FailExpected("a block");
    const auto block = blocks_.find(Next().text);
    if (block == blocks_.end()) return Fail(Next(), fmt::format("no block '{}'", Next().text));
    Take();
    edge.target = block->second;
    if (!TakeIf("(")) return true;
    do {
      edge.arguments.push_back(ReadExpression());
      if (edge.arguments.back() == nullptr) return false;
    } while (TakeIf(","));
    return Expect(")");
  }

  // Expressions: null when the text is wrong.
  const Value* ReadExpression() {
    const Value* lhs = ReadPrimary();
    if (lhs == nullptr) return nullptr;
    const std::optional<Opcode> opcode = NextOperation();
    if (!opcode.has_value()) return lhs;
    Take();
    const Value* rhs = ReadPrimary();
    if (rhs == nullptr) return nullptr;
    if (NextOperation().has_value()) {
      Fail(Next(), "a second operation needs parentheses");
      return nullptr;
    }
    return function_.MakeBinary(*opcode, lhs, rhs);
  }

  std::optional<Opcode> NextOperation() const {
    if (Next().kind != Token::Kind::kSymbol) return std::nullopt;
#define LEAF(name, symbol)
#define UNARY(name, symbol)
#define BINARY(name, symbol) \
  if (Next().text == (symbol)) return Opcode::name;
#include "ir/opcodes.def"
    return std::nullopt;
  }

  const Value* ReadPrimary() {
    if (depth_ == kMaxDepth) {
      Fail(Next(), "an expression that nests too deeply");
      return nullptr;
    }
    ++depth_;
    const Value* value = ReadPrimaryWithin();
    --depth_;
    return value;
  }

  const Value* ReadPrimaryWithin() {
    const Token& token = Next();
    if (token.kind == Token::Kind::kNumber) return function_.MakeConstant(Take().number);
    if (token.kind == Token::Kind::kName) return ReadName();
    if (TakeIf(OpcodeName(Opcode::kNeg))) {
      const Value* operand = ReadPrimary();
      return operand == nullptr ? nullptr : function_.MakeUnary(Opcode::kNeg, operand);
    }
    if (TakeIf("(")) {
      const Value* value = ReadExpression();
      return value != nullptr && Expect(")") ? value : nullptr;
    }
    if (TakeIf(OpcodeName(Opcode::kWireLength))) return function_.MakeWireLength();
    if (TakeIf(OpcodeName(Opcode::kAncillary))) {
      std::uint32_t offset = 0;
      const bool is_read = Expect("[") && ExpectNumber(offset) && Expect("]");
      return is_read ? function_.MakeAncillary(offset) : nullptr;
    }
    if (const unsigned* width = MeaningOf(kLoadWords, token.text)) {
      Take();
      const Value* base = nullptr;
      std::uint32_t offset = 0;
      return ReadAddress(base, offset) ? function_.MakeLoad(base, offset, *width) : nullptr;
    }
    FailExpected("a value");
    return nullptr;
  }

  const Value* ReadName() {
    const auto value = values_.find(Next().text);
    if (value == values_.end()) {
      Fail(Next(), fmt::format("'{}' is not defined before its use", Next().text));
      return nullptr;
    }
    Take();
    return value->second;
  }

  // "[14]" or "[BASE + 14]".
  bool ReadAddress(const Value*& base, std::uint32_t& offset) {
    if (!Expect("[")) return false;
    const bool is_absolute = Next().kind == Token::Kind::kNumber && tokens_[position_ + 1].text == "]";
    if (!is_absolute) {
      base = ReadPrimary();
      if (base == nullptr || !Expect("+")) return false;
    }
    return ExpectNumber(offset) && Expect("]");
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  unsigned depth_ = 0;
  std::optional<Error> error_;
  Function function_{Target::kPcap};
  std::unordered_map<std::string_view, Block*> blocks_;
  std::unordered_map<std::string_view, const Value*> values_;
};

}  // namespace

Expected<Function> Parse(std::string_view text) {
  Expected<std::vector<Token>> tokens = Tokenize(text);
  if (!tokens.has_value()) return tl::unexpected<Error>(std::move(tokens.error()));
  return Parser(text, std::move(*tokens)).Run();
}

}  // namespace bpfopt::ir
