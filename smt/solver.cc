// Terms become Z3's when a check first needs them, in an incremental solver for bit-vectors over a SAT core
// (logic QF_FD). Z3 never sees an array: a selected byte is a variable of its own, and where a model gives
// two values to one address, the two selects are told that equal addresses mean equal bytes and the check
// goes on. Most checks need no such lemma, since equal terms are one term already.
#include "smt/solver.h"

#include "smt/guarded_check.h"
#include "smt/node.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <z3.h>

namespace bpfopt::smt {
namespace {

constexpr char kBudgetRanOut[] = "the budget of solver steps ran out";
constexpr char kInterrupted[] = "interrupted";
constexpr char kTooLarge[] = "the question is too large for the solver";
// Z3 needs some hundred bytes for a gate; this many keep it below half a gigabyte.
constexpr std::uint64_t kMostGates = 2'000'000;
constexpr std::uint64_t kLargestLimit = std::numeric_limits<unsigned>::max();

// About how many gates the circuit for a node needs, given those for its operands.
std::uint64_t Gates(const Node* node) {
  const std::uint64_t width = node->width == 0 ? 1 : node->width;
  const std::uint64_t operand_width = node->operands[0] == nullptr ? 1 : node->operands[0]->width;
  const bool by_constant = node->operands[1] != nullptr && IsConstant(node->operands[1]);
  switch (node->op) {
    case Op::kNot:
    case Op::kBitNot:
    case Op::kConcat:
    case Op::kExtract:
    case Op::kConstant:
    case Op::kArray:
      return 0;
    case Op::kEq:
    case Op::kUlt:
      return (by_constant ? 1 : 4) * operand_width;
    case Op::kAdd:
      return (by_constant ? 4 : 10) * width;
    case Op::kMul:
      return (by_constant ? 5 : 10) * width * width;
    case Op::kUDiv:
    case Op::kURem:
      return 14 * width * width;
    case Op::kShl:
    case Op::kLShr:
      return 4 * width * static_cast<std::uint64_t>(std::bit_width(width));
    case Op::kIte:
      return 3 * width;
    default:
      return width;
  }
}

// Z3's context and solver, made when they are first needed: that costs more than many whole proofs.
class Engine {
 public:
  Engine() {
    Z3_config config = Z3_mk_config();
    context_ = Z3_mk_context_rc(config);
    Z3_del_config(config);
    // Without a handler, errors are codes that Failed() reads; nothing is printed, nothing exits.
    Z3_set_error_handler(context_, nullptr);
    solver_ = Z3_mk_solver_for_logic(context_, Z3_mk_string_symbol(context_, "QF_FD"));
    Z3_solver_inc_ref(context_, solver_);
    // Else each check puts a handler of Z3's in the place of the program's own for SIGINT, and Control-C
    // would end the check and nothing else.
    SetParameter([&](Z3_params parameters) {
      Z3_params_set_bool(context_, parameters, Z3_mk_string_symbol(context_, "ctrl_c"), false);
    });
  }
  ~Engine() {
    if (model_ != nullptr) Z3_model_dec_ref(context_, model_);
    Z3_solver_dec_ref(context_, solver_);
    Z3_del_context(context_);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Z3_context context() const { return context_; }
  Z3_solver solver() const { return solver_; }
  bool Failed() const { return Z3_get_error_code(context_) != Z3_OK; }
  std::string FailureText() const { return Z3_get_error_msg(context_, Z3_get_error_code(context_)); }

  void SetLimit(unsigned steps) {
    if (limit_ == steps) return;
    limit_ = steps;
    SetParameter([&](Z3_params parameters) {
      Z3_params_set_uint(context_, parameters, Z3_mk_string_symbol(context_, "rlimit"), steps);
    });
  }

  std::uint64_t StepsUsed() const {
    Z3_stats statistics = Z3_solver_get_statistics(context_, solver_);
    if (statistics == nullptr) return 0;
    Z3_stats_inc_ref(context_, statistics);
    std::uint64_t steps = 0;
    const unsigned size = Z3_stats_size(context_, statistics);
    for (unsigned i = 0; i < size; ++i) {
      if (std::string_view(Z3_stats_get_key(context_, statistics, i)) != "rlimit count") continue;
      steps = Z3_stats_is_uint(context_, statistics, i)
                  ? Z3_stats_get_uint_value(context_, statistics, i)
                  : static_cast<std::uint64_t>(Z3_stats_get_double_value(context_, statistics, i));
    }
    Z3_stats_dec_ref(context_, statistics);
    return steps;
  }

  // Keeps the model of the last satisfiable check.
  bool TakeModel() {
    Z3_model model = Z3_solver_get_model(context_, solver_);
    if (model == nullptr || Failed()) return false;
    Z3_model_inc_ref(context_, model);
    if (model_ != nullptr) Z3_model_dec_ref(context_, model_);
    model_ = model;
    return true;
  }

  // The value of a numeral or boolean term under the model.
  std::uint64_t Value(Z3_ast ast) const {
    Z3_ast result = nullptr;
    if (model_ == nullptr || !Z3_model_eval(context_, model_, ast, true, &result)) return 0;
    Z3_inc_ref(context_, result);
    std::uint64_t value = 0;
    if (Z3_get_bool_value(context_, result) == Z3_L_TRUE) {
      value = 1;
    } else if (Z3_is_numeral_ast(context_, result)) {
      Z3_get_numeral_uint64(context_, result, &value);
    }
    Z3_dec_ref(context_, result);
    return value;
  }

 private:
  template <typename Fill>
  void SetParameter(Fill fill) {
    Z3_params parameters = Z3_mk_params(context_);
    Z3_params_inc_ref(context_, parameters);
    fill(parameters);
    Z3_solver_set_params(context_, solver_, parameters);
    Z3_params_dec_ref(context_, parameters);
  }

  Z3_context context_ = nullptr;
  Z3_solver solver_ = nullptr;
  Z3_model model_ = nullptr;
  unsigned limit_ = 0;
};

}  // namespace

struct Solver::Impl {
  Impl(Context::Impl& terms, Interruption interruption)
      : terms(terms), interruption(std::move(interruption)) {}
  ~Impl() {
    if (engine == nullptr) return;
    for (const auto& [node, ast] : translated) Z3_dec_ref(engine->context(), ast);
    for (const auto& [node, ast] : literals) Z3_dec_ref(engine->context(), ast);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Answer Check(const Node* assumption, std::uint64_t steps);
  std::uint64_t Evaluate(const Node* node);

  Context::Impl& terms;
  const Interruption interruption;
  // What is asserted, by level of Push. Level 0 goes to Z3 for good; the others are assumptions of each
  // check, so that what Z3 has learnt outlives a Pop.
  std::vector<std::vector<const Node*>> levels = {{}};
  std::string unknown_reason;
  std::uint64_t steps_used = 0;

 private:
  bool FitsInMemory(const Node* root);
  Z3_ast Translate(const Node* root);
  Z3_ast TranslateOne(const Node* node);
  Z3_ast Keep(const Node* node, Z3_ast ast);
  Z3_ast Literal(const Node* condition);
  Answer Ask(const std::vector<Z3_ast>& assumptions, std::uint64_t steps);
  bool AddConsistencyLemmas();

  std::unique_ptr<Engine> engine;
  std::unordered_map<const Node*, Z3_ast> translated;
  std::unordered_map<const Node*, Z3_ast> literals;
  std::uint64_t gates = 0;  // of all that was translated
  std::vector<const Node*> selects;
  std::map<std::pair<const Node*, std::uint64_t>, std::uint8_t> bytes;  // of the last model; only looked up
  std::size_t asserted = 0;                                             // how many of level 0 Z3 has
};

Z3_ast Solver::Impl::Keep(const Node* node, Z3_ast ast) {
  if (ast != nullptr) Z3_inc_ref(engine->context(), ast);
  translated.emplace(node, ast);
  return ast;
}

// May `root` be translated, with what was translated already?
bool Solver::Impl::FitsInMemory(const Node* root) {
  std::uint64_t more = 0;
  std::vector<const Node*> stack = {root};
  std::unordered_set<const Node*> seen;
  while (!stack.empty() && gates + more <= kMostGates) {
    const Node* node = stack.back();
    stack.pop_back();
    if (translated.count(node) != 0 || !seen.insert(node).second) continue;
    more += Gates(node);
    for (const Node* operand : node->operands) {
      if (operand != nullptr) stack.push_back(operand);
    }
  }
  if (gates + more > kMostGates) return false;
  gates += more;
  return true;
}

// Post-order with a stack of its own: terms are as deep as programs are long.
Z3_ast Solver::Impl::Translate(const Node* root) {
  std::vector<const Node*> stack = {root};
  while (!stack.empty()) {
    const Node* node = stack.back();
    if (translated.count(node) != 0) {
      stack.pop_back();
      continue;
    }
    bool ready = true;
    for (const Node* operand : node->operands) {
      if (operand == nullptr || operand->op == Op::kArray || translated.count(operand) != 0) continue;
      stack.push_back(operand);
      ready = false;
    }
    if (!ready) continue;
    stack.pop_back();
    Keep(node, TranslateOne(node));
  }
  return translated.at(root);
}

Z3_ast Solver::Impl::TranslateOne(const Node* node) {
  Z3_context z3 = engine->context();
  const auto operand = [&](int i) { return translated.at(node->operands[i]); };
  const auto name = [&](const std::string& text) { return Z3_mk_string_symbol(z3, text.c_str()); };
  switch (node->op) {
    case Op::kBool:
      return node->value != 0 ? Z3_mk_true(z3) : Z3_mk_false(z3);
    case Op::kBoolVariable:
      return Z3_mk_const(z3, name(terms.names[node->value]), Z3_mk_bool_sort(z3));
    case Op::kVariable:
      return Z3_mk_const(z3, name(terms.names[node->value]), Z3_mk_bv_sort(z3, node->width));
    case Op::kConstant:
      return Z3_mk_unsigned_int64(z3, node->value, Z3_mk_bv_sort(z3, node->width));
    case Op::kSelect:
      selects.push_back(node);
      return Z3_mk_const(z3, name(fmt::format("select!{}", node->id)), Z3_mk_bv_sort(z3, 8));
    case Op::kNot:
      return Z3_mk_not(z3, operand(0));
    case Op::kAnd: {
      Z3_ast both[] = {operand(0), operand(1)};
      return Z3_mk_and(z3, 2, both);
    }
    case Op::kIff:
    case Op::kEq:
      return Z3_mk_eq(z3, operand(0), operand(1));
    case Op::kUlt:
      return Z3_mk_bvult(z3, operand(0), operand(1));
    case Op::kIte:
      return Z3_mk_ite(z3, operand(0), operand(1), operand(2));
    case Op::kAdd:
      return Z3_mk_bvadd(z3, operand(0), operand(1));
    case Op::kMul:
      return Z3_mk_bvmul(z3, operand(0), operand(1));
    case Op::kUDiv:
      return Z3_mk_bvudiv(z3, operand(0), operand(1));
    case Op::kURem:
      return Z3_mk_bvurem(z3, operand(0), operand(1));
    case Op::kBitAnd:
      return Z3_mk_bvand(z3, operand(0), operand(1));
    case Op::kBitOr:
      return Z3_mk_bvor(z3, operand(0), operand(1));
    case Op::kBitXor:
      return Z3_mk_bvxor(z3, operand(0), operand(1));
    case Op::kBitNot:
      return Z3_mk_bvnot(z3, operand(0));
    case Op::kShl:
      return Z3_mk_bvshl(z3, operand(0), operand(1));
    case Op::kLShr:
      return Z3_mk_bvlshr(z3, operand(0), operand(1));
    case Op::kConcat:
      return Z3_mk_concat(z3, operand(0), operand(1));
    case Op::kExtract: {
      const auto low = static_cast<unsigned>(node->value);
      return Z3_mk_extract(z3, low + node->width - 1, low, operand(0));
    }
    case Op::kArray:
      return nullptr;
  }
  return nullptr;
}

// A boolean constant that implies `condition`: what Z3 takes as an assumption.
Z3_ast Solver::Impl::Literal(const Node* condition) {
  const auto found = literals.find(condition);
  if (found != literals.end()) return found->second;
  Z3_context z3 = engine->context();
  Z3_ast meaning = Translate(condition);
  Z3_ast literal = Z3_mk_const(z3, Z3_mk_string_symbol(z3, fmt::format("assume!{}", condition->id).c_str()),
                               Z3_mk_bool_sort(z3));
  Z3_inc_ref(z3, literal);
  Z3_solver_assert(z3, engine->solver(), Z3_mk_implies(z3, literal, meaning));
  literals.emplace(condition, literal);
  return literal;
}

Answer Solver::Impl::Check(const Node* assumption, std::uint64_t steps) {
  unknown_reason.clear();
  if (interruption.IsRequested()) {
    unknown_reason = kInterrupted;
    return Answer::kUnknown;
  }
  const auto fits = [&](const Node* condition) { return condition == nullptr || FitsInMemory(condition); };
  if (!fits(assumption) || !std::all_of(levels.begin(), levels.end(), [&](const auto& level) {
        return std::all_of(level.begin(), level.end(), fits);
      })) {
    unknown_reason = kTooLarge;
    return Answer::kUnknown;
  }
  if (engine == nullptr) engine = std::make_unique<Engine>();
  std::vector<Z3_ast> assumptions;
  for (; asserted < levels[0].size(); ++asserted) {
    Z3_solver_assert(engine->context(), engine->solver(), Translate(levels[0][asserted]));
  }
  for (std::size_t level = 1; level < levels.size(); ++level) {
    for (const Node* condition : levels[level]) assumptions.push_back(Literal(condition));
  }
  if (assumption != nullptr) assumptions.push_back(Literal(assumption));

  const std::uint64_t limit = steps == 0 ? std::numeric_limits<std::uint64_t>::max() : steps;
  const std::uint64_t start = engine->StepsUsed();
  Answer answer = Answer::kUnknown;
  for (;;) {
    const std::uint64_t used = engine->StepsUsed() - start;
    if (used >= limit) {
      unknown_reason = kBudgetRanOut;
      answer = Answer::kUnknown;
      break;
    }
    answer = Ask(assumptions, steps == 0 ? 0 : limit - used);
    if (answer != Answer::kSat || !AddConsistencyLemmas()) break;
  }
  if (engine->Failed()) {
    unknown_reason = fmt::format("the solver failed: {}", engine->FailureText());
    answer = Answer::kUnknown;
  }
  steps_used += engine->StepsUsed() - start;
  return answer;
}

Answer Solver::Impl::Ask(const std::vector<Z3_ast>& assumptions, std::uint64_t steps) {
  if (interruption.IsRequested()) {
    unknown_reason = kInterrupted;
    return Answer::kUnknown;
  }
  engine->SetLimit(static_cast<unsigned>(std::min(steps, kLargestLimit)));
  const Z3_lbool result = RunGuarded(engine->context(), interruption, [&] {
    return Z3_solver_check_assumptions(engine->context(), engine->solver(),
                                       static_cast<unsigned>(assumptions.size()), assumptions.data());
  });
  if (result == Z3_L_FALSE) return Answer::kUnsat;
  if (result == Z3_L_TRUE && engine->TakeModel()) return Answer::kSat;
  if (interruption.IsRequested()) {
    unknown_reason = kInterrupted;
    return Answer::kUnknown;
  }
  const char* text = Z3_solver_get_reason_unknown(engine->context(), engine->solver());
  const std::string reason = text == nullptr ? "no reason" : text;
  // Z3's words for its limit.
  const bool limited =
      reason.find("cancel") != std::string::npos || reason.find("resource") != std::string::npos;
  unknown_reason = limited ? kBudgetRanOut : fmt::format("the solver gave up: {}", reason);
  return Answer::kUnknown;
}

// Tells Z3 of each two selects that the model gave one address and two bytes; false when there are none.
bool Solver::Impl::AddConsistencyLemmas() {
  Z3_context z3 = engine->context();
  bool added = false;
  bytes.clear();
  std::map<std::pair<const Node*, std::uint64_t>, const Node*> first;
  // Lemmas make no new selects: their terms are translated already.
  for (const Node* select : selects) {
    const Node* address = select->operands[1];
    const std::pair place(select->operands[0], engine->Value(translated.at(address)));
    const auto value = static_cast<std::uint8_t>(engine->Value(translated.at(select)));
    bytes.emplace(place, value);
    const auto [entry, inserted] = first.emplace(place, select);
    const Node* other = entry->second;
    if (inserted || value == bytes.at(place)) continue;
    const Node* lemma = terms.Or(terms.Not(terms.Eq(address, other->operands[1])), terms.Eq(select, other));
    Z3_solver_assert(z3, engine->solver(), Translate(lemma));
    added = true;
  }
  return added;
}

// Z3 is asked for variables only. Bytes come from the selects of the last check: a term may select others.
std::uint64_t Solver::Impl::Evaluate(const Node* node) {
  if (engine == nullptr) return 0;
  return EvaluateNode(
      node,
      [this](const Node* variable) {
        const auto found = translated.find(variable);
        return found == translated.end() ? 0 : engine->Value(found->second);
      },
      [this](const Node* array, std::uint64_t address) {
        const auto found = bytes.find({array, address});
        return found == bytes.end() ? std::uint8_t{0} : found->second;
      });
}

Solver::Solver(Context& context, Interruption interruption)
    : impl_(std::make_unique<Impl>(*context.impl_, std::move(interruption))) {}
Solver::~Solver() = default;

void Solver::Push() { impl_->levels.emplace_back(); }

void Solver::Pop() {
  if (impl_->levels.size() > 1) impl_->levels.pop_back();
}

void Solver::Assert(Term condition) { impl_->levels.back().push_back(condition.node_); }

Answer Solver::Check(std::uint64_t steps) { return impl_->Check(nullptr, steps); }
Answer Solver::Check(Term assumption, std::uint64_t steps) { return impl_->Check(assumption.node_, steps); }

const std::string& Solver::unknown_reason() const { return impl_->unknown_reason; }
std::uint64_t Solver::steps_used() const { return impl_->steps_used; }

std::uint64_t Solver::Evaluate(Term bit_vector) const { return impl_->Evaluate(bit_vector.node_); }
bool Solver::EvaluateBool(Term boolean) const { return impl_->Evaluate(boolean.node_) != 0; }

}  // namespace bpfopt::smt
