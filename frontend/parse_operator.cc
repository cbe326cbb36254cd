// What follows an operand: operators, closing brackets, the end; and the building of nodes once their
// operands are complete.
#include "frontend/parse_machine.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

std::optional<Arithmetic> ArithmeticOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPlus:
      return Arithmetic::kAdd;
    case TokenKind::kMinus:
      return Arithmetic::kSub;
    case TokenKind::kStar:
      return Arithmetic::kMul;
    case TokenKind::kSlash:
      return Arithmetic::kDiv;
    case TokenKind::kPercent:
      return Arithmetic::kMod;
    case TokenKind::kAmpersand:
      return Arithmetic::kAnd;
    case TokenKind::kPipe:
      return Arithmetic::kOr;
    case TokenKind::kCaret:
      return Arithmetic::kXor;
    case TokenKind::kShiftLeft:
      return Arithmetic::kShl;
    case TokenKind::kShiftRight:
      return Arithmetic::kShr;
    default:
      return std::nullopt;
  }
}

// Binding strength; 0 for `%` and `^`, to which libpcap's grammar gives none: they take everything to their
// right, and anything to their left waits for them.
int Strength(Arithmetic op) {
  switch (op) {
    case Arithmetic::kOr:
      return 1;
    case Arithmetic::kAnd:
      return 2;
    case Arithmetic::kShl:
    case Arithmetic::kShr:
      return 3;
    case Arithmetic::kAdd:
    case Arithmetic::kSub:
      return 4;
    case Arithmetic::kMul:
    case Arithmetic::kDiv:
      return 5;
    case Arithmetic::kMod:
    case Arithmetic::kXor:
      return 0;
  }
  return 0;
}

}  // namespace

std::optional<Relational> RelationalOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return Relational::kEqual;
    case TokenKind::kNotEqual:
      return Relational::kNotEqual;
    case TokenKind::kGreater:
      return Relational::kGreater;
    case TokenKind::kGreaterEqual:
      return Relational::kGreaterEqual;
    case TokenKind::kLess:
      return Relational::kLess;
    case TokenKind::kLessEqual:
      return Relational::kLessEqual;
    default:
      return std::nullopt;
  }
}

bool ParseMachine::ParseAfterOperand() {
  if (operands_.back().kind == Class::kNumber || operands_.back().kind == Class::kPlainNumber) {
    bool settled = false;  // nothing is left to do for this token
    if (!ParseAfterNumber(settled)) return false;
    if (settled) return true;
  }
  return ParseAfterPredicate();
}

// A number goes on, is compared, ends its brackets, or turns into a predicate for ParseAfterPredicate.
bool ParseMachine::ParseAfterNumber(bool& settled) {
  settled = true;
  const TokenKind next = Peek().kind;
  const Operand& number = operands_.back();
  const bool in_arithmetic = (number.wanted & kNumberWanted) != 0;
  if (const auto op = ArithmeticOf(next)) {
    if (in_arithmetic) return PushBinary(*op);
    // Where only ids can stand, `&` and `|` after closed parentheses connect predicates: port(80) & udp.
    const bool connects = *op == Arithmetic::kAnd || *op == Arithmetic::kOr;
    if (connects && number.ends_in_number) return FailNeedsParentheses(number);
    if (*op == Arithmetic::kDiv) return FailHere("'/' needs a whole network before it, as in 10.0.0.0/8");
    if (!connects)
      return FailHere(fmt::format("'and', 'or' or the end is expected here, not {}", Shown(Peek())));
  }
  const auto relational = RelationalOf(next);
  if (relational && in_arithmetic) return PushRelation(*relational);
  ReduceArithmetic(-1);
  const Mark below = marks_.back().mark;
  if (below == Mark::kRelation) {
    ReduceRelation();
    settled = false;
    return true;
  }
  if (below == Mark::kParenthesis && next == TokenKind::kRightParen) return CloseParenthesis();
  if (below == Mark::kIndex && (next == TokenKind::kRightBracket || next == TokenKind::kColon))
    return CloseIndex();
  settled = false;
  return NumberBecomesId();
}

bool ParseMachine::PushBinary(Arithmetic op) {
  ReduceArithmetic(Strength(op));
  PushMark(Mark::kBinary, Take().range, static_cast<std::uint8_t>(op));
  wanted_ = kNumberWanted;
  operand_expected_ = true;
  return true;
}

bool ParseMachine::PushRelation(Relational op) {
  ReduceArithmetic(-1);
  if (marks_.back().mark == Mark::kRelation) {
    return FailHere("a comparison cannot be compared again; connect two comparisons with 'and'");
  }
  if ((operands_.back().wanted & kTermWanted) == 0) {
    return FailHere(fmt::format("a number is expected here, not the comparison {}", Shown(Peek())));
  }
  PushMark(Mark::kRelation, Take().range, static_cast<std::uint8_t>(op));
  wanted_ = kNumberWanted;
  operand_expected_ = true;
  return true;
}

bool ParseMachine::NumberBecomesId() {
  Operand& number = operands_.back();
  if (number.kind != Class::kPlainNumber || (number.wanted & kIdWanted) == 0) {
    // `port ((80) ...`: parentheses that can only hold one number.
    return FailNumber();
  }
  const auto value = std::get<Literal>(ast_.nodes[number.node].kind).value;
  ast_.nodes[number.node].kind = Test{inherited_, Number{value}};
  number.kind = Class::kId;
  number.has_qualifier = true;
  number.qualifier = inherited_;
  return true;
}

bool ParseMachine::FailNumber() {
  const Operand& number = operands_.back();
  const Token& next = Peek();
  if (next.kind == TokenKind::kError) return FailHere({});
  const Mark below = marks_.back().mark;
  if (below == Mark::kIndex)
    return FailHere(fmt::format("']' or ':' is expected after the index, not {}", Shown(next)));
  if ((number.wanted & kTermWanted) == 0 && below == Mark::kParenthesis) {
    return FailHere(fmt::format("')' is expected after the number, not {}", Shown(next)));
  }
  if (next.kind == TokenKind::kAnd || next.kind == TokenKind::kOr || next.kind == TokenKind::kEnd ||
      next.kind == TokenKind::kRightParen || next.kind == TokenKind::kComma) {
    return Fail(
        number.kind == Class::kPlainNumber
            ? "a number alone is no predicate; compare it, or write a qualifier such as 'port' before it"
            : "a number alone is no predicate; compare it with something",
        {number.begin, number.end});
  }
  return FailHere(
      fmt::format("an operator or a comparison is expected after the number, not {}", Shown(next)));
}

bool ParseMachine::FailNeedsParentheses(const Operand& left) {
  const Token& op = Peek();
  return Fail(fmt::format("{0} after a number is arithmetic; to connect predicates put them in parentheses, "
                          "(...) {1} (...), or write "
                          "'{2}'",
                          Shown(op), op.text, op.kind == TokenKind::kPipe ? "or" : "and"),
              {left.begin, op.range.end});
}

bool ParseMachine::ParseAfterPredicate() {
  switch (Peek().kind) {
    case TokenKind::kAnd:
      return PushAndOr(false);
    case TokenKind::kOr:
      return PushAndOr(true);
    case TokenKind::kAmpersand:
      return PushPredicateOperator(false);
    case TokenKind::kPipe:
      return PushPredicateOperator(true);
    case TokenKind::kRightParen:
      return Frame().mark == Mark::kWhen ? NextArgument() : CloseParenthesis();
    case TokenKind::kComma:
      return NextArgument();
    case TokenKind::kEnd:
      return Finish();
    default:
      break;
  }
  if (RelationalOf(Peek().kind) || ArithmeticOf(Peek().kind)) {
    return FailHere(
        fmt::format("{} needs numbers on both sides, and a predicate stands before it", Shown(Peek())));
  }
  return FailHere(fmt::format("'and', 'or' or the end is expected here, not {}", Shown(Peek())));
}

bool ParseMachine::PushAndOr(bool is_or) {
  if (!ReducePredicates(Mark::kAndOr)) return false;
  Entry& frame = Frame();
  const Operand& left = operands_.back();
  if (frame.contents == Contents::kUnknown) {
    frame.contents = left.kind == Class::kId ? Contents::kIds : Contents::kPredicates;
  }
  frame.has_last = left.has_qualifier;
  frame.last = left.qualifier;
  const bool ids_only = frame.contents == Contents::kIds;
  Inherit(frame.has_last, frame.last);
  PushMark(Mark::kAndOr, Take().range, is_or ? 1 : 0);
  wanted_ = ids_only ? kIdsWanted : kPredicateWanted;
  if (has_inherited_ && !ids_only) wanted_ |= kIdWanted | kIdListWanted;
  operand_expected_ = true;
  return true;
}

bool ParseMachine::PushPredicateOperator(bool is_or) {
  const Operand& right = operands_.back();
  if (right.ends_in_number) return FailNeedsParentheses(right);
  if (!ReducePredicates(is_or ? Mark::kPredicateOr : Mark::kPredicateAnd)) return false;
  const Operand& left = operands_.back();
  if (left.kind == Class::kId) {
    return Fail(
        fmt::format("{} connects whole predicates; repeat the qualifier on its left side", Shown(Peek())),
        {left.begin, Peek().range.end});
  }
  if (Frame().contents == Contents::kUnknown) Frame().contents = Contents::kPredicates;
  PushMark(is_or ? Mark::kPredicateOr : Mark::kPredicateAnd, Take().range);
  Inherit(false, {});
  wanted_ = kPredicateWanted;
  operand_expected_ = true;
  return true;
}

bool ParseMachine::CloseParenthesis() {
  const bool number = operands_.back().kind == Class::kNumber || operands_.back().kind == Class::kPlainNumber;
  if (!number && !ReducePredicates(Mark::kRoot)) return false;
  if (marks_.back().mark != Mark::kParenthesis) {
    if (marks_.back().mark == Mark::kRoot) return FailHere("this ')' has no '(' before it");
    return FailHere(fmt::format("{} is not expected here", Shown(Peek())));
  }
  const std::size_t end = Take().range.end;
  const Entry frame = PopFrame();
  Operand& inside = operands_.back();
  inside.wanted = frame.wanted;
  inside.ends_in_number = false;
  inside.begin = frame.begin;
  inside.end = static_cast<std::uint32_t>(end);
  if (!number) {
    const bool ids = frame.contents == Contents::kIds ||
                     (frame.contents == Contents::kUnknown && inside.kind == Class::kId);
    inside.kind = ids ? Class::kId : Class::kTerm;
    inside.has_qualifier = frame.has_inherited;
    inside.qualifier = frame.inherited;
  }
  return true;
}

// proto[index] or proto[index:size]
bool ParseMachine::CloseIndex() {
  std::uint32_t size = 1;
  if (Peek().kind == TokenKind::kColon) {
    Take();
    const auto number = TakeNumber("':'");
    if (!number) return false;
    size = number->value;
    if (size != 1 && size != 2 && size != 4) {
      return Fail(fmt::format("1, 2 or 4 bytes can be read at once, not {}", size), number->range);
    }
    if (Peek().kind != TokenKind::kRightBracket) {
      return FailHere(fmt::format("']' is expected after the size, not {}", Shown(Peek())));
    }
  }
  const std::size_t end = Take().range.end;
  const Entry frame = PopFrame();
  const Operand index = PopOperand();
  wanted_ = frame.wanted;
  return PushOperand(Class::kNumber, Accessor{static_cast<Protocol>(frame.op), index.node, size}, frame.begin,
                     end);
}

// At ',' or ')' of when().
bool ParseMachine::NextArgument() {
  if (!ReducePredicates(Mark::kRoot)) return false;
  Entry& frame = Frame();
  if (frame.mark != Mark::kWhen)
    return FailHere("',' separates the arguments of when() and is not expected here");
  ++frame.arguments;
  if (Peek().kind == TokenKind::kComma) {
    if (frame.arguments == 3)
      return FailHere("when() takes three arguments, when(condition, then, otherwise)");
    Take();
    frame.has_last = false;
    Inherit(false, {});
    wanted_ = kPredicateWanted;
    operand_expected_ = true;
    return true;
  }
  if (frame.arguments < 3) return FailHere("when() takes three arguments, when(condition, then, otherwise)");
  const std::size_t end = Take().range.end;
  const Entry closed = PopFrame();
  const NodeId otherwise = PopOperand().node;
  const NodeId then = PopOperand().node;
  const NodeId condition = PopOperand().node;
  wanted_ = closed.wanted;
  return PushOperand(Class::kTerm, When{condition, then, otherwise}, closed.begin, end);
}

bool ParseMachine::Finish() {
  if (!ReducePredicates(Mark::kRoot)) return false;
  if (marks_.back().mark != Mark::kRoot) return FailUnclosed();
  done_ = true;
  return true;
}

bool ParseMachine::FailUnclosed() {
  const Entry& frame = Frame();
  return Fail(fmt::format("'{}' is never closed", Written(frame.begin, frame.end)), {frame.begin, frame.end});
}

// --- Reductions ---

// Builds the waiting operators that bind at least as tightly as `strength`; -1 for all of them.
void ParseMachine::ReduceArithmetic(int strength) {
  for (;;) {
    const Entry& mark = marks_.back();
    const bool all = strength < 0;
    if (mark.mark == Mark::kNegate) {
      if (!all && strength == 0) return;
      const Operand value = PopOperand();
      Operand result = value;
      result.kind = Class::kNumber;
      result.wanted = mark.wanted;
      result.begin = mark.begin;
      result.node = AddNode(Negate{value.node}, mark.begin, value.end);
      operands_.push_back(result);
    } else if (mark.mark == Mark::kBinary) {
      const auto op = static_cast<Arithmetic>(mark.op);
      if (!all && (strength == 0 || Strength(op) == 0 || Strength(op) < strength)) return;
      const Operand rhs = PopOperand();
      const Operand lhs = PopOperand();
      Operand result = lhs;
      result.kind = Class::kNumber;
      result.end = rhs.end;
      result.ends_in_number = rhs.ends_in_number;
      result.node = AddNode(Binary{op, lhs.node, rhs.node}, lhs.begin, rhs.end);
      operands_.push_back(result);
    } else {
      return;
    }
    marks_.pop_back();
  }
}

void ParseMachine::ReduceRelation() {
  const auto op = static_cast<Relational>(marks_.back().op);
  marks_.pop_back();
  const Operand rhs = PopOperand();
  Operand result = PopOperand();
  result.kind = Class::kTerm;
  result.end = rhs.end;
  result.ends_in_number = rhs.ends_in_number;
  result.has_qualifier = false;
  result.node = AddNode(Relation{op, result.node, rhs.node}, result.begin, rhs.end);
  operands_.push_back(result);
}

// `not` and qualifiers, which bind to one operand.
void ParseMachine::ReducePrefixes() {
  for (;; marks_.pop_back()) {
    const Entry& mark = marks_.back();
    Operand& operand = operands_.back();
    if (mark.mark == Mark::kNot) {
      operand.node = AddNode(Not{operand.node}, mark.begin, operand.end);
      operand.begin = mark.begin;
    } else if (mark.mark == Mark::kHead) {
      // The place of a test is its qualifiers and its id, where they stand side by side, and that of a set
      // too.
      Node& node = ast_.nodes[operand.node];
      const bool is_whole = std::holds_alternative<Test>(node.kind) || std::holds_alternative<Or>(node.kind);
      if (is_whole && node.range.begin == operand.begin) node.range.begin = mark.begin;
      operand.kind = Class::kTerm;
      operand.begin = mark.begin;
    } else {
      return;
    }
  }
}

// Builds what waits in the current frame down to operators of that level (kRoot: everything).
bool ParseMachine::ReducePredicates(Mark down_to) {
  for (;;) {
    ReducePrefixes();
    const Mark mark = marks_.back().mark;
    switch (mark) {
      case Mark::kPredicateAnd:
      case Mark::kPredicateOr:
      case Mark::kAndOr:
        // The marks of connectives are declared from the loosest to the tightest.
        if (down_to != Mark::kRoot && mark < down_to) return true;
        if (mark != Mark::kAndOr && operands_.back().kind == Class::kId) {
          return Fail("'&' and '|' connect whole predicates; repeat the qualifier here",
                      {operands_.back().begin, operands_.back().end});
        }
        ReduceConnective();
        break;
      default:
        return true;
    }
  }
}

void ParseMachine::ReduceConnective() {
  const Entry mark = marks_.back();
  marks_.pop_back();
  const Operand rhs = PopOperand();
  Operand result = PopOperand();
  const bool is_or = mark.mark == Mark::kPredicateOr || (mark.mark == Mark::kAndOr && mark.op == 1);
  const std::size_t begin = result.begin;
  if (is_or) {
    result.node = AddNode(Or{result.node, rhs.node}, begin, rhs.end);
  } else {
    result.node = AddNode(And{result.node, rhs.node}, begin, rhs.end);
  }
  if (Frame().contents != Contents::kIds) result.kind = Class::kTerm;
  result.end = rhs.end;
  result.has_qualifier = rhs.has_qualifier;
  result.qualifier = rhs.qualifier;
  result.ends_in_number = rhs.ends_in_number;
  operands_.push_back(result);
}

}  // namespace bpfopt::frontend
