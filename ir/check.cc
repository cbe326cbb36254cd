// Finds broken invariants. First the structure is checked, block by block; only in a function whose edges
// and values are sound do dominators and available guards mean anything.
#include "ir/check.h"

#include "ir/available_guards.h"
#include "ir/graph.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::ir {
namespace {

class Checker {
 public:
  explicit Checker(const Function& function) : function_(function) {}

  std::vector<BrokenInvariant> Run() {
    if (function_.entry() == nullptr) {
      Report("missing-target", nullptr, "the function has no entry");
      return std::move(broken_);
    }
    CheckTargets();
    if (!broken_.empty()) return std::move(broken_);
    order_ = TopologicalOrder(function_);
    CheckNoLoop();
    CheckValues();
    if (!broken_.empty()) return std::move(broken_);
    CheckParameters();
    for (const Block* block : order_) CheckBlock(*block);
    if (broken_.empty()) CheckUses();
    return std::move(broken_);
  }

 private:
  void Report(std::string rule, const Block* block, std::string detail) {
    broken_.push_back({std::move(rule), block == nullptr ? "function" : fmt::format("b{}", block->id()),
                       std::move(detail)});
  }

  // Blocks that nothing reaches are looked at too: whoever walks all blocks follows their edges.
  void CheckTargets() {
    std::unordered_set<const Block*> known;
    for (std::uint32_t id = 0; id < function_.block_count(); ++id) known.insert(function_.block(id));
    if (known.count(function_.entry()) == 0) {
      Report("missing-target", nullptr, "the entry is no block of the function");
    }
    for (std::uint32_t id = 0; id < function_.block_count(); ++id) {
      const Block* block = function_.block(id);
      for (std::size_t i = 0; i < block->edge_count(); ++i) {
        const Block* target = block->edge(i).target;
        if (target == nullptr) Report("missing-target", block, fmt::format("edge {} has no target", i));
        if (target != nullptr && known.count(target) == 0) {
          Report("missing-target", block,
                 fmt::format("the target of edge {} is no block of the function", i));
        }
      }
    }
  }

  void CheckNoLoop() {
    std::vector<std::size_t> position(function_.block_count());
    for (std::size_t i = 0; i < order_.size(); ++i) position[order_[i]->id()] = i;
    for (const Block* block : order_) {
      for (const Block* successor : Successors(block)) {
        if (position[successor->id()] <= position[block->id()]) {
          Report("no-loop", block, fmt::format("an edge leads back to b{}", successor->id()));
        }
      }
    }
  }

  // Every value that a reachable block mentions is there and is the function's own.
  void CheckValues() {
    for (const Block* block : order_) {
      for (const Value* parameter : block->parameters) CheckValue(block, parameter, "a parameter");
      for (const Value* effect : block->effects) CheckValue(block, effect, "an effect");
      for (const Guard& guard : block->guards) {
        const bool needs_value = guard.kind == Guard::Kind::kNonZero;
        if (needs_value || guard.value != nullptr) CheckValue(block, guard.value, "a guard's value");
      }
      for (const Value* effect : block->effects) {
        if (effect == nullptr) continue;
        for (const Value* operand : {effect->lhs(), effect->rhs()}) {
          if (operand != nullptr) CheckValue(block, operand, "an effect's operand");
        }
      }
      if (const auto* end = std::get_if<Return>(&block->terminator))
        CheckValue(block, end->value, "the verdict");
      if (const auto* branch = std::get_if<Branch>(&block->terminator)) {
        CheckValue(block, branch->lhs, "the branch's left value");
        CheckValue(block, branch->rhs, "the branch's right value");
      }
      if (const auto* choice = std::get_if<Switch>(&block->terminator)) {
        CheckValue(block, choice->value, "the switch's value");
      }
      for (std::size_t i = 0; i < block->edge_count(); ++i) {
        for (const Value* argument : block->edge(i).arguments) CheckValue(block, argument, "an argument");
      }
    }
  }

  void CheckValue(const Block* block, const Value* root, std::string_view role) {
    if (root == nullptr) return Report("foreign-value", block, fmt::format("{} is missing", role));
    std::vector<const Value*> pending{root};
    while (!pending.empty()) {
      const Value* value = pending.back();
      pending.pop_back();
      if (!own_.insert(value).second) continue;
      if (value->id() >= function_.value_count() || function_.value(value->id()) != value) {
        own_.erase(value);
        return Report("foreign-value", block, fmt::format("{} is not of this function", role));
      }
      for (const Value* operand : OperandsOf(value)) {
        if (operand != nullptr) pending.push_back(operand);
      }
    }
  }

  // Notes where each parameter and effect is defined.
  void CheckParameters() {
    if (!function_.entry()->parameters.empty()) {
      Report("entry-without-parameters", function_.entry(), "the entry has parameters");
    }
    for (const Block* block : order_) {
      for (const Value* parameter : block->parameters) {
        if (parameter->opcode() != Opcode::kParameter) {
          Report("foreign-value", block,
                 fmt::format("%{} is listed as a parameter and is none", parameter->id()));
        }
        Define(block, parameter);
      }
      for (const Value* effect : block->effects) {
        if (effect->opcode() != Opcode::kEffect) {
          Report("foreign-value", block, fmt::format("%{} is listed as an effect and is none", effect->id()));
        }
        Define(block, effect);
      }
    }
  }
  void Define(const Block* block, const Value* value) {
    const auto [defined, is_new] = defined_in_.try_emplace(value, block);
    if (is_new) return;
    Report("shared-parameter", block,
           fmt::format("%{} is defined in b{} too", value->id(), defined->second->id()));
  }

  void CheckBlock(const Block& block) {
    for (std::size_t i = 0; i < block.edge_count(); ++i) {
      const Edge& edge = block.edge(i);
      if (edge.arguments.size() == edge.target->parameters.size()) continue;
      Report("edge-arity", &block,
             fmt::format("edge {} hands {} arguments to the {} parameters of b{}", i, edge.arguments.size(),
                         edge.target->parameters.size(), edge.target->id()));
    }
    const auto* choice = std::get_if<Switch>(&block.terminator);
    if (choice == nullptr) return;
    if (const char* defect = SwitchDefect(*choice)) Report("switch-not-canonical", &block, defect);
  }

  static const char* SwitchDefect(const Switch& choice) {
    if (choice.cases.empty() || choice.cases.front().first != 0) return "the first case does not begin at 0";
    for (std::size_t i = 0; i < choice.cases.size(); ++i) {
      const Switch::Case& range = choice.cases[i];
      if (range.edge >= choice.edges.size()) return "a case names an edge that is not there";
      if (i == 0) continue;
      if (range.first <= choice.cases[i - 1].first) return "the cases are not in order";
      if (range.edge == choice.cases[i - 1].edge) return "neighbouring cases have the same edge";
    }
    Switch canonical = choice;
    canonical.Canonicalize();
    const bool is_canonical = canonical.cases == choice.cases && canonical.edges == choice.edges;
    return is_canonical ? nullptr : "the edges are not all used, distinct and numbered by first use";
  }

  // Everything that depends on the paths to a block.
  void CheckUses() {
    const Dominators dominators(function_);
    const AvailableGuards available(function_);
    dominators_ = &dominators;
    accepted_in_.assign(function_.value_count(), nullptr);
    for (const Block* block : order_) {
      GuardFacts facts = available.AtStart(block);
      effects_pending_.clear();
      effects_pending_.insert(block->effects.begin(), block->effects.end());
      for (const Guard& guard : block->guards) {
        CheckUse(*block, guard.value, facts);
        facts.Add(guard);
      }
      for (const Value* effect : block->effects) {
        CheckUse(*block, effect->lhs(), facts);
        CheckUse(*block, effect->rhs(), facts);
        effects_pending_.erase(effect);
      }
      for (const Value* value : UsedByTerminator(*block)) CheckUse(*block, value, facts);
    }
  }

  // A value that was fine in a block is fine in all that it dominates, since neither guards nor definitions
  // are ever undone; accepted_in_ keeps one such block for each value, so shared values are walked once on a
  // path.
  bool IsAccepted(const Block& block, const Value* value) const {
    const Block* earlier = accepted_in_[value->id()];
    return earlier != nullptr && dominators_->Dominates(earlier, &block);
  }

  void CheckUse(const Block& block, const Value* root, const GuardFacts& facts) {
    if (root == nullptr || IsAccepted(block, root)) return;
    std::vector<const Value*> pending{root};
    std::vector<const Value*> walked;
    std::unordered_set<const Value*> seen{root};
    bool is_fine = true;
    while (!pending.empty()) {
      const Value* value = pending.back();
      pending.pop_back();
      walked.push_back(value);
      is_fine = CheckPart(block, value, facts) && is_fine;
      for (const Value* operand : OperandsOf(value)) {
        if (operand == nullptr || IsAccepted(block, operand)) continue;
        if (seen.insert(operand).second) pending.push_back(operand);
      }
    }
    if (!is_fine) return;
    for (const Value* value : walked) accepted_in_[value->id()] = &block;
  }

  // The value itself, its operands aside.
  bool CheckPart(const Block& block, const Value* value, const GuardFacts& facts) {
    if (value->opcode() == Opcode::kParameter || value->opcode() == Opcode::kEffect) {
      const auto defined = defined_in_.find(value);
      const bool is_defined = defined != defined_in_.end() &&
                              dominators_->Dominates(defined->second, &block) &&
                              effects_pending_.count(value) == 0;
      if (!is_defined) {
        Report("parameter-not-dominating", &block,
               fmt::format("%{} is used where its block does not dominate", value->id()));
      }
      return is_defined;
    }
    if (facts.Allows(value)) return true;
    if (value->opcode() == Opcode::kLoad) {
      Report("load-without-guard", &block,
             fmt::format("%{}: {} bytes at {}{}", value->id(), value->width(),
                         value->base() == nullptr ? "" : fmt::format("%{} + ", value->base()->id()),
                         value->offset()));
    } else {
      Report("division-without-guard", &block,
             fmt::format("%{}: nothing says that %{} is not 0", value->id(), value->rhs()->id()));
    }
    return false;
  }

  const Function& function_;
  std::vector<BrokenInvariant> broken_;
  std::vector<Block*> order_;
  std::unordered_set<const Value*> own_;  // checked, together with all that they are made of
  std::unordered_map<const Value*, const Block*> defined_in_;
  const Dominators* dominators_ = nullptr;
  std::vector<const Block*> accepted_in_;
  std::unordered_set<const Value*> effects_pending_;  // of the block, not yet performed
};

}  // namespace

std::vector<BrokenInvariant> Check(const Function& function) { return Checker(function).Run(); }

}  // namespace bpfopt::ir
