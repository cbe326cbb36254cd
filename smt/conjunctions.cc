#include "smt/conjunctions.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace bpfopt::smt {
namespace {

// Fewer conjuncts are as well made one by one.
constexpr std::size_t kFewestConjuncts = 8;
// Clauses that one conjunct may become, and parts of a conjunction that may each become a literal.
constexpr std::size_t kMostClauses = 16;
constexpr std::size_t kMostLiterals = 32;

// A literal of more clauses than this is put to their conjunction, and not to each of them.
constexpr std::size_t kManyUses = 8;

bool IsDisjunction(const Node* node) { return node->op == Op::kNot && node->operands[0]->op == Op::kAnd; }

// Does `node` test bytes for values, and nothing else? Then it stays in one piece.
bool IsTestOfBytes(const Node* node) {
  std::vector<const Node*> stack = {node};
  for (std::size_t seen = 0; !stack.empty(); ++seen) {
    const Node* part = stack.back();
    stack.pop_back();
    if (part->op == Op::kEq) continue;
    if (part->op != Op::kAnd || seen == kMostLiterals) return false;
    stack.push_back(part->operands[1]);
    stack.push_back(part->operands[0]);
  }
  return true;
}

// As far as a few go: what they are part of may be part of others, too.
std::vector<const Node*> FewConjuncts(const Node* node) {
  std::vector<const Node*> conjuncts;
  std::vector<const Node*> stack = {node};
  while (!stack.empty()) {
    const Node* part = stack.back();
    stack.pop_back();
    if (part->op == Op::kAnd && conjuncts.size() + stack.size() < kMostLiterals && !IsTestOfBytes(part)) {
      stack.push_back(part->operands[1]);
      stack.push_back(part->operands[0]);
    } else {
      conjuncts.push_back(part);
    }
  }
  return conjuncts;
}

// Makes clauses of one conjunct after the other.
class ClauseMaker {
 public:
  using Literals = std::vector<Clauses::Literal>;

  void Add(const Node* conjunct) {
    std::vector<Literals> clauses = {{}};
    if (IsDisjunction(conjunct)) {
      for (const Node* part : FewConjuncts(conjunct->operands[0])) AddNegated(part, clauses);
    } else {
      AddLiteral(conjunct, /*negate=*/false, clauses[0]);
    }
    std::move(clauses.begin(), clauses.end(), std::back_inserter(result_.clauses));
  }

  Clauses Take() { return std::move(result_); }

 private:
  // !!(a & b) puts a to each clause, and b to a copy of each.
  void AddNegated(const Node* part, std::vector<Literals>& clauses) {
    std::vector<const Node*> both;
    if (IsDisjunction(part)) both = FewConjuncts(part->operands[0]);
    const bool is_split = both.size() > 1 && both.size() * clauses.size() <= kMostClauses;
    if (!is_split) both = {part};
    std::vector<Literals> longer;
    for (const Literals& clause : clauses) {
      for (const Node* literal : both) {
        longer.push_back(clause);
        AddLiteral(literal, /*negate=*/!is_split, longer.back());
      }
    }
    clauses = std::move(longer);
  }

  // A negated conjunction is a disjunction of literals.
  void AddLiteral(const Node* node, bool negate, Literals& clause) {
    if (node->op == Op::kNot) {
      negate = !negate;
      node = node->operands[0];
    }
    if (negate && node->op == Op::kAnd) {
      for (const Node* part : FewConjuncts(node)) {
        const bool is_negated = part->op == Op::kNot;
        clause.push_back({IndexOf(is_negated ? part->operands[0] : part), !is_negated});
      }
    } else {
      clause.push_back({IndexOf(node), negate});
    }
  }

  std::size_t IndexOf(const Node* term) {
    const auto [position, inserted] = index_.try_emplace(term, result_.terms.size());
    if (inserted) result_.terms.push_back(term);
    return position->second;
  }

  Clauses result_;
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

// Through the private conjunctions that it is made of.
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
  ClauseMaker maker;
  for (const Node* conjunct : conjuncts) maker.Add(conjunct);
  return maker.Take();
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
