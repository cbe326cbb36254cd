#include "smt/conjunctions.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace bpfopt::smt {
namespace {

// Fewer conjuncts are as well made one by one.
constexpr std::size_t kFewestConjuncts = 8;
// Clauses that one conjunct may become.
constexpr std::size_t kMostClauses = 16;

// A literal of more clauses than this is put to their conjunction, and not to each of them.
constexpr std::size_t kManyUses = 8;

// With the negation that a term may begin with taken off.
struct Signed {
  const Node* term;
  bool is_negated;
};

Signed Strip(const Node* node) {
  return node->op == Op::kNot ? Signed{node->operands[0], true} : Signed{node, false};
}

class ClauseMaker {
 public:
  explicit ClauseMaker(Clauses& result) : result_(result) {}

  Clauses::Literal LiteralOf(const Node* node, bool negate = false) {
    const auto [term, is_negated] = Strip(node);
    const auto [position, inserted] = index_.try_emplace(term, result_.terms.size());
    if (inserted) result_.terms.push_back(term);
    return {position->second, is_negated != negate};
  }

  // The disjunction of `common` and, for each of `choices`, the conjunction of its literals.
  void Add(std::vector<Clauses::Literal> common, const std::vector<std::vector<Clauses::Literal>>& choices) {
    std::vector<std::vector<Clauses::Literal>> clauses = {std::move(common)};
    for (const auto& choice : choices) {
      std::vector<std::vector<Clauses::Literal>> longer;
      for (const auto& clause : clauses) {
        for (const Clauses::Literal& literal : choice) {
          longer.push_back(clause);
          longer.back().push_back(literal);
        }
      }
      clauses = std::move(longer);
    }
    std::move(clauses.begin(), clauses.end(), std::back_inserter(result_.clauses));
  }

 private:
  Clauses& result_;
  std::unordered_map<const Node*, std::size_t> index_;
};

}  // namespace

Conjunctions::Conjunctions(const Node* root, const std::function<bool(const Node*)>& known) {
  std::vector<const Node*> stack = {root};
  uses_.resize(root->id + 1, 0);  // operands are older
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    if (uses_[node->id] < 2 && ++uses_[node->id] == 2) continue;
    if (uses_[node->id] != 1 || known(node) || node->op == Op::kSelect) continue;
    for (const Node* operand : node->operands) {
      if (operand != nullptr && uses_[operand->id] < 2) stack.push_back(operand);
    }
  }
}

bool Conjunctions::IsPrivate(const Node* node) const {
  return node->id < uses_.size() && uses_[node->id] == 1;
}

// Through the conjunctions that it is made of.
std::vector<const Node*> Conjunctions::Conjuncts(const Node* node) const {
  std::vector<const Node*> conjuncts;
  std::vector<const Node*> stack = {node->operands[1], node->operands[0]};
  while (!stack.empty()) {
    const Node* part = stack.back();
    stack.pop_back();
    if (part->op == Op::kAnd && IsPrivate(part)) {
      stack.push_back(part->operands[1]);
      stack.push_back(part->operands[0]);
    } else {
      conjuncts.push_back(part);
    }
  }
  return conjuncts;
}

std::optional<Clauses> Conjunctions::ClausesOf(const Node* node) const {
  if (node->op != Op::kAnd) return std::nullopt;
  const std::vector<const Node*> conjuncts = Conjuncts(node);
  if (conjuncts.size() < kFewestConjuncts) return std::nullopt;
  const auto is_split = [this](const Node* negated) {
    return negated->op == Op::kNot && negated->operands[0]->op == Op::kAnd && IsPrivate(negated) &&
           IsPrivate(negated->operands[0]);
  };
  Clauses result;
  ClauseMaker maker(result);
  for (const Node* conjunct : conjuncts) {
    if (!is_split(conjunct)) {
      maker.Add({maker.LiteralOf(conjunct)}, {});
      continue;
    }
    // !(a & b & !(c & d)) is !a | !b | c & d.
    std::vector<Clauses::Literal> common;
    std::vector<std::vector<Clauses::Literal>> choices;
    std::size_t count = 1;
    for (const Node* part : Conjuncts(conjunct->operands[0])) {
      if (is_split(part)) {
        const std::vector<const Node*> both = Conjuncts(part->operands[0]);
        if (count * both.size() <= kMostClauses) {
          count *= both.size();
          auto& choice = choices.emplace_back();
          for (const Node* literal : both) choice.push_back(maker.LiteralOf(literal));
          continue;
        }
      }
      common.push_back(maker.LiteralOf(part, /*negate=*/true));
    }
    maker.Add(std::move(common), choices);
  }
  return result;
}

Ref Conjoin(const Clauses& clauses, BddManager& manager, const std::function<Ref(const Node*)>& value) {
  std::vector<Ref> values;
  values.reserve(clauses.terms.size());
  for (const Node* term : clauses.terms) values.push_back(value(term));
  std::vector<std::size_t> uses(clauses.terms.size(), 0);
  for (const auto& clause : clauses.clauses) {
    for (const Clauses::Literal& literal : clause) ++uses[literal.term];
  }
  // By the literals that many clauses have.
  std::map<std::vector<Ref>, std::vector<Ref>> groups;
  for (const auto& clause : clauses.clauses) {
    std::vector<Ref> common;
    Ref own = kFalse;
    for (const auto& [term, is_negated] : clause) {
      const Ref literal = is_negated ? Negate(values[term]) : values[term];
      if (uses[term] >= kManyUses) {
        common.push_back(literal);
      } else {
        own = manager.Or(own, literal);
      }
    }
    std::sort(common.begin(), common.end());
    groups[std::move(common)].push_back(own);
  }
  std::vector<Ref> conjuncts;
  for (auto& [common, own] : groups) {
    Ref any = manager.AndAll(std::move(own));
    for (const Ref literal : common) any = manager.Or(any, literal);
    conjuncts.push_back(any);
  }
  return manager.AndAll(std::move(conjuncts));
}

}  // namespace bpfopt::smt
