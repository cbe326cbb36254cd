// Pass `solve-predicates`: asks Z3 whether the edges that the cheap domain of passes/facts.h leaves open can
// be taken, and drops those that cannot.
//
//   b0: if ldh[16] >= ldb[20] then b1 else b9
//   b1: if ldb[20] > (ldh[16] + ldb[21]) then b2 else b3     =>   b1: jump b3
//
// Walks the dominator tree; conditions of the edges that dominate a block are asserted while its subtree is
// walked. A question costs far more than all cheap passes, so few are asked: only of tests that share bytes
// or leaves with a condition on another value, or that refer to one source twice. Each is bounded, and all of
// them together by Context::smt_steps; no answer leaves the edge.
#include "ir/graph.h"
#include "passes/encode.h"
#include "passes/facts.h"
#include "passes/partition.h"
#include "passes/passes.h"
#include "smt/solver.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

using ir::Block;
using ir::Value;

// Larger values are not asked about, nor decisions with more edges or ranges.
constexpr std::size_t kMaxNodes = 200;
constexpr std::size_t kMaxEdges = 16;
constexpr std::size_t kMaxCases = 64;
constexpr std::size_t kMaxQuestions = 256;
constexpr std::uint64_t kStepsPerQuestion = 300'000;

// A block's decision, or what is known after one: of a value against constants, or of two values.
struct Test {
  const Value* lhs = nullptr;
  const Value* rhs = nullptr;  // null: against constants
  std::vector<Source> sources;
};

struct Condition {
  Test test;
  // Of a value against constants: the words that it is among. Of two values: the comparison and its outcome.
  RangeSet words;
  ir::Compare compare = ir::Compare::kEqual;
  bool outcome = true;
};

bool IsLarge(const ir::Terminator& terminator) {
  const auto* choice = std::get_if<ir::Switch>(&terminator);
  return choice != nullptr && choice->cases.size() > kMaxCases;
}

// Nothing for constants and for values too large to be asked about.
std::optional<Test> TestOf(const Value* lhs, const Value* rhs) {
  Test test{lhs, rhs, {}};
  for (const Value* side : {lhs, rhs}) {
    if (side == nullptr) continue;
    const Sources sources = SourcesOf(side, kMaxNodes);
    if (!sources.is_complete) return std::nullopt;
    test.sources.insert(test.sources.end(), sources.list.begin(), sources.list.end());
  }
  std::sort(test.sources.begin(), test.sources.end(),
            [](const Source& a, const Source& b) { return a.id < b.id; });
  if (test.sources.empty()) return std::nullopt;
  return test;
}

// A load or some bits of one, against constants.
bool IsField(const Test& test) {
  const Value* value = test.lhs;
  if (value->opcode() == ir::Opcode::kAnd && value->rhs()->IsConstant()) value = value->lhs();
  return test.rhs == nullptr && value->opcode() == ir::Opcode::kLoad;
}

// Whether the condition says that some bits of a field are what they are, and no more.
bool FixesBits(const Condition& condition) {
  if (!IsField(condition.test)) return false;
  const Knowledge known = Facts().Of(condition.test.lhs).And({0, 0, condition.words});
  const int unknown_bits = std::popcount(~(known.zeros | known.ones));
  return known.IsSingle() || known.range.Count() == std::uint64_t{1} << unknown_bits;
}

bool RefersTwice(const Test& test) {
  for (auto source = test.sources.begin(); source != test.sources.end(); ++source) {
    for (auto next = source + 1; next != test.sources.end() && next->id == source->id; ++next) {
      if (next->Shares(*source)) return true;
    }
  }
  return false;
}

// The conditions on the way to one block, by source.
class Path {
 public:
  void Enter(const Condition& condition) {
    const bool fixes_bits = FixesBits(condition);
    for (const Source& source : condition.test.sources) {
      std::vector<Known>& known = known_[source.id];
      const Known next{condition.test.lhs, condition.test.rhs, source.bits, fixes_bits, 0};
      if (known.empty() || !known.back().SaysMoreOf(next)) known.push_back(next);
      ++known.back().times;
    }
  }
  // The condition that was entered last.
  void Leave(const Condition& condition) {
    for (const Source& source : condition.test.sources) {
      std::vector<Known>& known = known_[source.id];
      if (--known.back().times == 0) known.pop_back();
    }
  }
  // Whether some condition on other values may decide `test` where facts do not.
  bool MayDecide(const Test& test) const {
    const bool is_field = IsField(test);
    return std::any_of(test.sources.begin(), test.sources.end(), [&](const Source& source) {
      const auto found = known_.find(source.id);
      if (found == known_.end()) return false;
      return std::any_of(found->second.begin(), found->second.end(), [&](const Known& known) {
        const bool is_other = known.lhs != test.lhs || known.rhs != test.rhs;
        return is_other && (known.bits & source.bits) != 0 && !(is_field && known.fixes_bits);
      });
    });
  }

 private:
  struct Known {
    const Value* lhs;
    const Value* rhs;
    std::uint8_t bits;
    bool fixes_bits;
    std::size_t times;  // in a row
    bool SaysMoreOf(const Known& next) const {
      return lhs == next.lhs && rhs == next.rhs && bits == next.bits && fixes_bits == next.fixes_bits;
    }
  };
  std::map<std::uint64_t, std::vector<Known>> known_;
};

// One decision with what the solver has found: the edges that can be taken.
struct Finding {
  Block* block;
  std::vector<bool> is_feasible;
};

class Solving {
 public:
  Solving(ir::Function& function, Context& context)
      : function_(function),
        context_(context),
        dominators_(function),
        predecessors_(ir::ComputePredecessors(function)),
        encoder_(terms_),
        solver_(terms_, context.interruption) {}

  bool Run() {
    FindQuestions();
    if (questions_.empty()) return false;
    CloseSources();
    Walk([this](Block& block) { AssertConditions(block); }, [this](Block& block) { Ask(block); },
         [this](Block&) { solver_.Pop(); });
    for (const Finding& finding : findings_) Apply(finding);
    if (!findings_.empty()) function_.RemoveUnreachable();
    return !findings_.empty();
  }

 private:
  // Visits the dominator tree: `enter` with what is known at a block's start, `decide` at its end, `leave`
  // after its subtree.
  template <typename Enter, typename Decide, typename Leave>
  void Walk(Enter enter, Decide decide, Leave leave) {
    struct Visit {
      Block* block;
      std::size_t next_child = 0;
    };
    std::vector<Visit> path;
    const auto visit = [&](Block* block) {
      enter(*block);
      decide(*block);
      path.push_back({block});
    };
    visit(function_.entry());
    while (!path.empty()) {
      Visit& top = path.back();
      const std::vector<Block*>& children = dominators_.Children(top.block);
      if (top.next_child == children.size()) {
        leave(*top.block);
        path.pop_back();
      } else {
        visit(children[top.next_child++]);
      }
    }
  }

  // What holds at the end of a block beyond what holds at the end of its dominator: the decision by whose
  // edges alone it is entered, and its guards that divisors are not 0.
  std::vector<Condition> ConditionsOf(const Block& block) {
    std::vector<Condition> conditions;
    if (std::optional<Condition> entry = EntryConditionOf(block)) conditions.push_back(*std::move(entry));
    for (const ir::Guard& guard : block.guards) {
      if (guard.kind != ir::Guard::Kind::kNonZero) continue;
      if (std::optional<Test> test = TestOf(guard.value, nullptr)) {
        conditions.push_back({*std::move(test), RangeSet::Of(1, 0xffffffff)});
      }
    }
    return conditions;
  }

  std::optional<Condition> EntryConditionOf(const Block& block) {
    const std::vector<ir::EdgeRef>& edges = predecessors_[block.id()];
    if (edges.empty()) return std::nullopt;
    const Block* from = edges.front().from;
    if (IsLarge(from->terminator)) return std::nullopt;
    const bool has_one_source = std::all_of(edges.begin(), edges.end(),
                                            [from](const ir::EdgeRef& edge) { return edge.from == from; });
    if (!has_one_source) return std::nullopt;
    if (const std::optional<Partition> partition = PartitionOf(function_, from->terminator)) {
      std::optional<Test> test = TestOf(partition->value, nullptr);
      if (!test) return std::nullopt;
      RangeSet words;
      for (const ir::EdgeRef& edge : edges) words = words.Union(WordsFor(*partition, edge.index));
      return Condition{*std::move(test), std::move(words)};
    }
    const auto* branch = std::get_if<ir::Branch>(&from->terminator);
    if (branch == nullptr || edges.size() > 1) return std::nullopt;
    std::optional<Test> test = TestOf(branch->lhs, branch->rhs);
    if (!test) return std::nullopt;
    return Condition{*std::move(test), RangeSet(), branch->compare, edges.front().index == 0};
  }

  std::optional<Test> DecisionOf(const Block& block) {
    if (block.edge_count() < 2 || block.edge_count() > kMaxEdges || IsLarge(block.terminator))
      return std::nullopt;
    if (const std::optional<Partition> partition = PartitionOf(function_, block.terminator)) {
      return TestOf(partition->value, nullptr);
    }
    const auto& branch = std::get<ir::Branch>(block.terminator);
    return TestOf(branch.lhs, branch.rhs);
  }

  // Without the solver: which decisions are worth a question.
  void FindQuestions() {
    Path path;
    std::map<const Block*, std::vector<Condition>> known;
    Walk(
        [&](Block& block) {
          for (const Condition& condition : known[&block] = ConditionsOf(block)) {
            path.Enter(condition);
            linked_.push_back(condition.test.sources);
          }
        },
        [&](Block& block) {
          const std::optional<Test> decision = DecisionOf(block);
          if (!decision || questions_.size() == kMaxQuestions) return;
          if (!RefersTwice(*decision) && !path.MayDecide(*decision)) return;
          questions_.insert(&block);
          AddAsked(decision->sources);
        },
        [&](Block& block) {
          for (const Condition& condition : known[&block]) path.Leave(condition);
          known.erase(&block);
        });
  }

  void AddAsked(const std::vector<Source>& sources) {
    for (const Source& source : sources) asked_.insert(source.id);
  }
  bool IsAskedAbout(const std::vector<Source>& sources) const {
    return std::any_of(sources.begin(), sources.end(),
                       [this](const Source& source) { return asked_.contains(source.id); });
  }

  // Conditions that share nothing with any question, not even through others, stay away from the solver.
  void CloseSources() {
    for (std::size_t before = 0; before != asked_.size();) {
      before = asked_.size();
      std::erase_if(linked_, [this](const std::vector<Source>& sources) {
        if (!IsAskedAbout(sources)) return false;
        AddAsked(sources);
        return true;
      });
    }
  }

  void AssertConditions(const Block& block) {
    solver_.Push();
    for (const Condition& condition : ConditionsOf(block)) {
      if (IsAskedAbout(condition.test.sources)) solver_.Assert(TermOf(condition));
    }
  }

  smt::Term TermOf(const Condition& condition) {
    const Test& test = condition.test;
    if (test.rhs == nullptr) return encoder_.IsIn(encoder_.Encode(test.lhs), condition.words);
    const smt::Term holds = encoder_.Holds(condition.compare, test.lhs, test.rhs);
    return condition.outcome ? holds : terms_.Not(holds);
  }

  void Ask(Block& block) {
    if (!questions_.contains(&block)) return;
    Finding finding{&block, std::vector<bool>(block.edge_count(), true)};
    std::size_t open = finding.is_feasible.size();
    for (std::size_t i = 0; i < finding.is_feasible.size() && open > 1; ++i) {
      if (CanTake(block, i)) continue;
      finding.is_feasible[i] = false;
      --open;
    }
    if (open < finding.is_feasible.size()) findings_.push_back(std::move(finding));
  }

  bool CanTake(const Block& block, std::size_t index) {
    if (context_.smt_steps == 0) return true;
    smt::Term taken;
    if (const std::optional<Partition> partition = PartitionOf(function_, block.terminator)) {
      const RangeSet words = WordsFor(*partition, static_cast<std::uint32_t>(index));
      taken = encoder_.IsIn(encoder_.Encode(partition->value), words);
    } else {
      const auto& branch = std::get<ir::Branch>(block.terminator);
      taken = encoder_.Holds(branch.compare, branch.lhs, branch.rhs);
      if (index == 1) taken = terms_.Not(taken);
    }
    ++context_.counters["solve-predicates.questions"];
    const std::uint64_t before = solver_.steps_used();
    const smt::Answer answer = solver_.Check(taken, std::min(context_.smt_steps, kStepsPerQuestion));
    context_.smt_steps -= std::min(context_.smt_steps, solver_.steps_used() - before);
    return answer != smt::Answer::kUnsat;
  }

  void Apply(const Finding& finding) {
    Block& block = *finding.block;
    for (const bool is_feasible : finding.is_feasible) {
      if (!is_feasible) ++context_.counters["solve-predicates.edges"];
    }
    if (std::count(finding.is_feasible.begin(), finding.is_feasible.end(), true) == 1) {
      const auto only = std::find(finding.is_feasible.begin(), finding.is_feasible.end(), true);
      block.terminator = ir::Jump{block.edge(static_cast<std::size_t>(only - finding.is_feasible.begin()))};
      return;
    }
    const std::optional<Partition> partition = PartitionOf(function_, block.terminator);
    RangeSet possible;
    for (std::uint32_t i = 0; i < finding.is_feasible.size(); ++i) {
      if (finding.is_feasible[i]) possible = possible.Union(WordsFor(*partition, i));
    }
    block.terminator = ToTerminator(function_, Restrict(*partition, possible));
  }

  ir::Function& function_;
  Context& context_;
  ir::Dominators dominators_;
  std::vector<std::vector<ir::EdgeRef>> predecessors_;
  smt::Context terms_;
  Encoder encoder_;
  smt::Solver solver_;
  std::set<const Block*> questions_;         // looked up only: its order does not matter
  std::set<std::uint64_t> asked_;            // of the questions and of conditions that are linked to them
  std::vector<std::vector<Source>> linked_;  // by each condition; those not yet in asked_
  std::vector<Finding> findings_;
};

}  // namespace

bool RunSolvePredicates(ir::Function& function, Context& context) {
  return context.smt_steps != 0 && Solving(function, context).Run();
}

}  // namespace bpfopt::passes
