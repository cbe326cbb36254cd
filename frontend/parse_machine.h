// The parser's two stacks and its steps. It is an operator-precedence machine: one stack holds operands
// (parsed parts of the tree), one marks (operators, qualifiers and open brackets that wait for their
// operands). At each place it knows what may stand there, so numbers and predicates share parentheses and `&`
// and `|` without backtracking or recursion:
//
//   (ip[0] & 0xf) * 4 = 20        parentheses around a number
//   (ip & udp)                    around a predicate
//   port (80 or 443)              around ids, which take the qualifier from the left
//
// parse_operand.cc reads what stands where an operand is expected, parse_set.cc a set of ids, parse_word.cc
// the words that are predicates by themselves, parse_operator.cc what follows an operand.
#ifndef BPFOPT_FRONTEND_PARSE_MACHINE_H
#define BPFOPT_FRONTEND_PARSE_MACHINE_H

#include "bpfopt/error.h"
#include "bpfopt/file_reader.h"
#include "frontend/ast.h"
#include "frontend/lexer.h"
#include "frontend/token.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {

// What may stand at a place: a set of these.
enum Wanted : std::uint8_t {
  kNumberWanted = 1,   // arithmetic
  kPlainWanted = 2,    // a number that is an id, perhaps in parentheses
  kTermWanted = 4,     // a predicate by itself
  kIdWanted = 8,       // an id that takes its qualifier from the left
  kIdListWanted = 16,  // such ids in parentheses
};
inline constexpr std::uint8_t kPredicateWanted = kNumberWanted | kTermWanted;
inline constexpr std::uint8_t kIdsWanted = kPlainWanted | kIdWanted | kIdListWanted;

enum class Mark : std::uint8_t {
  // Frames: they enclose what is parsed inside of them.
  kRoot,
  kParenthesis,
  kIndex,  // the brackets of proto[index:size]
  kWhen,
  // Operators, prefixes.
  kAndOr,
  kPredicateOr,
  kPredicateAnd,
  kNot,
  kHead,  // qualifiers that wait for their id
  kRelation,
  kBinary,
  kNegate,
};

enum class Contents : std::uint8_t { kUnknown, kPredicates, kIds };

struct Entry {
  Mark mark;
  Contents contents = Contents::kUnknown;  // of a frame
  std::uint8_t wanted = 0;                 // what was wanted where the entry stands
  std::uint8_t op = 0;                     // Arithmetic, Relational, Protocol of an index, 1 for `or`
  std::uint8_t arguments = 0;              // of when(), so far
  bool has_inherited = false;
  bool has_last = false;
  Qualifier inherited{};  // frames: from the left of it. kHead: itself
  Qualifier last{};       // frames: of the last term inside, which the next id inherits
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// The comparison that a token spells.
std::optional<Relational> RelationalOf(TokenKind kind);

enum class Class : std::uint8_t { kNumber, kPlainNumber, kId, kTerm };

struct Operand {
  Class kind;
  std::uint8_t wanted = 0;      // what was wanted where it starts
  bool ends_in_number = false;  // a bare number is its last token
  bool has_qualifier = false;
  Qualifier qualifier{};
  NodeId node = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

class ParseMachine {
 public:
  // `read_file` may be null, and must live as long as the machine.
  ParseMachine(std::string_view text, const FileReader* read_file)
      : text_(text), lexer_(text), read_file_(read_file) {}

  Expected<Ast> Run();

 private:
  // --- Tokens and errors ---
  const Token& Peek(std::size_t ahead = 0) {
    for (; tokens_ahead_ <= ahead; ++tokens_ahead_) tokens_[tokens_ahead_] = lexer_.Next();
    return tokens_[ahead];
  }
  Token Take() {
    const Token token = Peek();
    std::copy(tokens_.begin() + 1, tokens_.end(), tokens_.begin());
    --tokens_ahead_;
    return token;
  }
  // Goes on with the token that starts there.
  void SeekTo(std::size_t place) {
    lexer_.SeekTo(place);
    tokens_ahead_ = 0;
  }
  bool Fail(std::string message, SourceRange range) {
    error_ = Error{ErrorCode::kInvalidInput, std::move(message), range};
    return false;
  }
  // At the next token, which the lexer may have something to say about.
  bool FailHere(std::string message) {
    if (Peek().kind == TokenKind::kError) {
      error_ = lexer_.error();
      return false;
    }
    return Fail(std::move(message), Peek().range);
  }
  std::string Shown(const Token& token) const {
    if (token.kind == TokenKind::kEnd) return "the end of the filter";
    const std::string_view written = text_.substr(token.range.begin, token.range.end - token.range.begin);
    return fmt::format("'{}{}'", written.substr(0, 40), written.size() > 40 ? "..." : "");
  }
  std::string_view Written(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }

  // --- Stacks ---
  Entry& Frame() { return marks_[frames_.back()]; }
  void PushMark(Mark mark, SourceRange range, std::uint8_t op = 0) {
    Entry entry{};
    entry.mark = mark;
    entry.op = op;
    entry.wanted = wanted_;
    entry.begin = static_cast<std::uint32_t>(range.begin);
    entry.end = static_cast<std::uint32_t>(range.end);
    marks_.push_back(entry);
  }
  void PushFrame(Mark mark, SourceRange range, std::uint8_t wanted, Contents contents, std::uint8_t op = 0) {
    PushMark(mark, range, op);
    Entry& frame = marks_.back();
    frame.contents = contents;
    frame.has_inherited = frame.has_last = has_inherited_;
    frame.inherited = frame.last = inherited_;
    frames_.push_back(marks_.size() - 1);
    wanted_ = wanted;
    operand_expected_ = true;
  }
  Entry PopFrame() {
    const Entry frame = marks_.back();
    marks_.pop_back();
    frames_.pop_back();
    has_inherited_ = frame.has_inherited;
    inherited_ = frame.inherited;
    return frame;
  }
  void Inherit(bool has, const Qualifier& qualifier) {
    has_inherited_ = has;
    inherited_ = qualifier;
  }
  Operand PopOperand() {
    const Operand operand = operands_.back();
    operands_.pop_back();
    return operand;
  }
  NodeId AddNode(NodeKind kind, std::size_t begin, std::size_t end) {
    return ast_.Add(std::move(kind), {begin, end});
  }
  // A part of the tree that stands complete where `wanted_` says.
  bool PushOperand(Class kind, NodeKind node, std::size_t begin, std::size_t end,
                   bool ends_in_number = false) {
    return PushNode(kind, AddNode(std::move(node), begin, end), begin, end, ends_in_number);
  }
  bool PushNode(Class kind, NodeId node, std::size_t begin, std::size_t end, bool ends_in_number = false) {
    Operand operand{};
    operand.kind = kind;
    operand.wanted = wanted_;
    operand.ends_in_number = ends_in_number;
    operand.node = node;
    operand.begin = static_cast<std::uint32_t>(begin);
    operand.end = static_cast<std::uint32_t>(end);
    operands_.push_back(operand);
    operand_expected_ = false;
    return true;
  }
  bool PushTerm(NodeKind node, SourceRange range, bool ends_in_number = false) {
    return PushOperand(Class::kTerm, std::move(node), range.begin, range.end, ends_in_number);
  }

  // --- Operands ---
  bool ParseOperand();
  bool FailOperand();
  bool ParseProtocol();
  bool ParseHead(std::size_t begin, Protocol protocol);
  bool ParseDirection(Direction& direction, SourceRange& range);
  bool ParsePortSpan(std::size_t begin, const Qualifier& qualifier);
  bool ParseAddress();
  bool ParseIpv4(const Token& token);
  bool ParseIpv6(const Token& token);
  bool ParseDecnet(const Token& token);
  bool ParseName();
  bool PushId(Expected<Id> id, SourceRange range, bool ends_in_number = false);
  std::optional<Token> TakeNumber(std::string_view after);

  // --- Sets ---
  bool ParseSet();
  bool ParseSetFile(std::string_view name, std::size_t set_begin, SourceRange range,
                    std::optional<NodeId>& set);
  bool AddEntry(std::string_view entry, std::size_t set_begin, SourceRange range, std::optional<NodeId>& set);

  // --- Words ---
  bool ParseWord();
  bool ParseEncapsulation();
  bool ParseLlc();
  bool ParseWlan(std::size_t begin);
  bool ParseWlanType(std::size_t begin);
  bool ParseWlanSubtype(std::size_t begin);
  bool ParseWlanDirection(std::size_t begin);
  bool FailWlanSubtype(const std::string& type_text, std::uint8_t type);
  bool ParsePfLog();
  bool ParsePfVerdict(const Token& word, PfLogField field);
  bool ParseByte();
  template <typename Make>
  bool ParseFieldValues(const Token& word, Make make);
  bool ParseAtmField();
  bool ParseMtp3Field();
  bool ParseWhen();
  bool ParseRand();

  // --- What follows an operand ---
  bool ParseAfterOperand();
  bool ParseAfterNumber(bool& settled);
  bool ParseAfterPredicate();
  bool PushBinary(Arithmetic op);
  bool PushRelation(Relational op);
  bool PushPredicateOperator(bool is_or);
  bool PushAndOr(bool is_or);
  bool CloseParenthesis();
  bool CloseIndex();
  bool NextArgument();
  bool Finish();
  bool NumberBecomesId();
  bool FailNumber();
  bool FailNeedsParentheses(const Operand& left);
  bool FailUnclosed();

  // --- Reductions ---
  void ReduceArithmetic(int strength);
  void ReduceRelation();
  void ReducePrefixes();
  bool ReducePredicates(Mark down_to);
  void ReduceConnective();

  std::string_view text_;
  Lexer lexer_;
  const FileReader* read_file_;
  std::size_t entry_count_ = 0;  // of all sets
  std::array<Token, 3> tokens_;  // those looked ahead at, as far as tokens_ahead_
  std::size_t tokens_ahead_ = 0;
  Ast ast_;
  std::vector<Entry> marks_;
  std::vector<std::size_t> frames_;  // the frames among marks_
  std::vector<Operand> operands_;
  bool operand_expected_ = true;
  bool done_ = false;
  std::uint8_t wanted_ = 0;
  bool has_inherited_ = false;  // is there a qualifier that an id here inherits
  Qualifier inherited_{};
  Error error_;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PARSE_MACHINE_H
