// The proof, for each set of rules that applies:
//
//   1. Both programs are unfolded into decision graphs over terms of the packet (verifier/unfold.h). A term
//   of
//      the one that computes the same as a term of the other is, by the folding of smt/term.h, mostly the
//      same term.
//   2. A graph becomes conditions: for each verdict, when the program returns it (verifier/outcomes.h).
//   3. strict asks of each verdict for a packet that only one of the programs gives it to; faithful asks the
//      same of the meanings S* and R*, and for a packet with verdict(S) != 0 where R faults. No packet:
//      equal.
//   4. Each question goes to decision diagrams first (smt/diagram.h), which answer most without a search, and
//      to Z3 where those grow (smt/solver.h).
//   5. An answer "there is one" is read as a packet and run by the interpreter. Only if the programs differ
//      there are they called different.
//
// "Equal" rests on this encoder, the folding, and the diagrams or Z3; "different" on the interpreter alone.
#include "verifier/equivalence.h"

#include "bpf/opcode.h"
#include "smt/diagram.h"
#include "smt/solver.h"
#include "smt/term.h"
#include "verifier/counterexample.h"
#include "verifier/outcomes.h"
#include "verifier/permission.h"
#include "verifier/unfold.h"
#include "verifier/unknowns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

using smt::Term;

// Small pairs get this many diagram nodes in any case, and large ones not more than take about ten seconds.
constexpr std::size_t kFewestDiagrams = 20'000;
constexpr std::size_t kMostDiagrams = 12'000'000;

class Proof {
 public:
  Proof(const Program& source, const Program& result, const Options& options, Target rules, Verdict& verdict)
      : pair_{source, result, options, rules},
        verdict_(verdict),
        unknowns_(terms_, rules),
        solver_(terms_, options.interruption) {}

  // Each is true when what it is about is proven; else the verdict says what is known.
  bool ProveRelation() {
    if (!Encode()) return false;
    if (pair_.options.relation == Relation::kStrict) {
      return RefuteDifference(Difference::kVerdict, Loads::kWithinCapture);
    }
    return RefuteDifference(Difference::kCompleteVerdict, Loads::kComplete) && RefuteNewFault();
  }

  bool ProveImplication() {
    if (!Encode()) return false;
    const Outcomes source = OutcomesOf(source_, Loads::kWithinCapture, terms_);
    const Outcomes result = OutcomesOf(result_, Loads::kWithinCapture, terms_);
    for (unsigned least = 1; least <= HighestPermission(pair_.rules); ++least) {
      const Term more = terms_.And(Permits(source, least), terms_.Not(Permits(result, least)));
      if (!Refute(Difference::kPermission, more)) return false;
    }
    return true;
  }

  bool rules_differ() const { return rules_differ_; }

 private:
  bool Encode();
  bool RefuteDifference(Difference difference, Loads loads);
  bool RefuteNewFault();
  Term Accepts(const Outcomes& outcomes);
  Term Permits(const Outcomes& outcomes, unsigned least);
  Term VerdictOf(const Outcomes& outcomes);
  bool Refute(Difference difference, Term condition);
  bool RefuteBySolver(Difference difference, Term condition);
  bool DiagramsRefute(Term condition);
  smt::Answer AskDiagrams(Term condition);
  bool Confirm(Difference difference, const Valuation& valuation);
  bool Undecided(std::string reason) {
    verdict_.answer = Answer::kUndecided;
    verdict_.reason = std::move(reason);
    return false;
  }
  bool Ask(Term condition, smt::Answer& answer);

  Pair pair_;
  Verdict& verdict_;
  smt::Context terms_;
  Unknowns unknowns_;
  std::optional<smt::Diagrams> diagrams_;
  std::size_t diagrams_before_ = 0;  // made by the proofs under other rules
  smt::Solver solver_;
  DecisionGraph source_;
  DecisionGraph result_;
  bool rules_differ_ = false;
};

bool Proof::Encode() {
  const Options& options = pair_.options;
  const auto unfold = [&](const Program& program, DecisionGraph& graph, auto draw_name) {
    auto unfolding =
        Unfold(program, {pair_.rules, options.max_nodes, draw_name, {}, {}, options.interruption}, terms_,
               unknowns_);
    if (!unfolding) return false;
    graph = std::move(unfolding->graph);
    verdict_.statistics.nodes += graph.nodes.size();
    rules_differ_ = rules_differ_ || unfolding->rules_differ;
    return true;
  };
  const std::size_t before = verdict_.statistics.nodes;
  if (!unfold(pair_.source, source_, SourceDrawName) ||
      !unfold(pair_.result, result_, [&](std::size_t i) { return ResultDrawName(i, options); })) {
    return Undecided(
        fmt::format("a program has more than {} points with different register states", options.max_nodes));
  }
  rules_differ_ = rules_differ_ || unknowns_.rules_differ();
  if (options.diagram_nodes != 0) {
    const std::size_t nodes = verdict_.statistics.nodes - before;
    diagrams_.emplace(terms_, std::clamp(nodes * options.diagram_nodes, kFewestDiagrams, kMostDiagrams),
                      smt::kMostLiveDiagrams, options.interruption);
    for (const Term unknown : unknowns_.Order()) diagrams_->Place(unknown);
    diagrams_->Minimize(unknowns_.captured_length());
    diagrams_before_ = verdict_.statistics.diagram_nodes;
  }
  return true;
}

bool Proof::RefuteDifference(Difference difference, Loads loads) {
  const Outcomes source = OutcomesOf(source_, loads, terms_);
  const Outcomes result = OutcomesOf(result_, loads, terms_);
  if (diagrams_) {
    for (const Outcomes* outcomes : {&source, &result}) {
      for (const auto& [verdict, condition] : *outcomes) diagrams_->Prepare(condition);
    }
  }
  // By verdict: the packets that one of the programs gives it to and the other does not.
  std::map<std::uint32_t, Term> one_sided;
  bool all_constant = true;
  for (const Outcomes* outcomes : {&source, &result}) {
    for (const auto& [verdict, condition] : *outcomes) {
      const auto [position, inserted] = one_sided.emplace(verdict.id(), condition);
      if (!inserted) position->second = terms_.Not(terms_.Iff(position->second, condition));
      all_constant = all_constant && terms_.AsConstant(verdict).has_value();
    }
  }
  if (all_constant) {
    return std::all_of(one_sided.begin(), one_sided.end(),
                       [&](const auto& entry) { return Refute(difference, entry.second); });
  }
  // Different terms may have the same value.
  Term any = terms_.False();
  for (const auto& [verdict, condition] : one_sided) any = terms_.Or(any, condition);
  if (DiagramsRefute(any)) return true;
  const Term differ = terms_.Not(terms_.Eq(VerdictOf(source), VerdictOf(result)));
  return Refute(difference, terms_.And(any, differ));
}

// Since R* has the verdict of S*, only a fault can make R reject what S accepts: R* accepts it as well. A
// bound of what S accepts mostly settles it, and R is the smaller of the two.
bool Proof::RefuteNewFault() {
  const Term accepted = Accepts(OutcomesOf(result_, Loads::kWithinCapture, terms_));
  if (diagrams_) {
    const Term complete = Accepts(OutcomesOf(result_, Loads::kComplete, terms_));
    const Term faults = terms_.And(complete, terms_.Not(accepted));
    const Term bound = Accepts(BoundsOfOutcomes(source_, Loads::kWithinCapture, terms_));
    diagrams_->Prepare(faults);
    diagrams_->Prepare(bound);
    if (DiagramsRefute(terms_.And(faults, bound))) return true;
  }
  const Outcomes source = OutcomesOf(source_, Loads::kWithinCapture, terms_);
  return Refute(Difference::kNewFault, terms_.And(Accepts(source), terms_.Not(accepted)));
}

Term Proof::Accepts(const Outcomes& outcomes) {
  Term accepts = terms_.False();
  for (const auto& [verdict, condition] : outcomes) {
    const Term is_zero = terms_.Eq(verdict, terms_.Constant(0, 32));
    accepts = terms_.Or(accepts, terms_.And(condition, terms_.Not(is_zero)));
  }
  return accepts;
}

Term Proof::Permits(const Outcomes& outcomes, unsigned least) {
  // Where no condition holds, the verdict is 0.
  const bool otherwise = PermissionOf(0, pair_.rules) >= least;
  Term permits = otherwise ? terms_.True() : terms_.False();
  for (const auto& [verdict, condition] : outcomes) {
    const Term enough = PermitsAtLeast(verdict, least, pair_.rules, terms_);
    permits = otherwise ? terms_.And(permits, terms_.Or(terms_.Not(condition), enough))
                        : terms_.Or(permits, terms_.And(condition, enough));
  }
  return permits;
}

Term Proof::VerdictOf(const Outcomes& outcomes) {
  Term chosen = terms_.Constant(0, 32);
  for (const auto& [verdict, condition] : outcomes) chosen = terms_.Ite(condition, verdict, chosen);
  return chosen;
}

bool Proof::DiagramsRefute(Term condition) {
  return terms_.AsBool(condition) == false || (diagrams_ && AskDiagrams(condition) == smt::Answer::kUnsat);
}

smt::Answer Proof::AskDiagrams(Term condition) {
  const smt::Answer answer = diagrams_->Check(condition);
  verdict_.statistics.diagram_nodes = diagrams_before_ + diagrams_->nodes();
  return answer;
}

// True when no packet satisfies `condition`.
bool Proof::Refute(Difference difference, Term condition) {
  if (terms_.AsBool(condition) == false) return true;
  if (diagrams_) {
    const smt::Answer answer = AskDiagrams(condition);
    if (answer == smt::Answer::kUnsat) return true;
    // A model of the diagrams may give one byte two values; then it is not confirmed, and Z3 decides.
    if (answer == smt::Answer::kSat &&
        Confirm(difference, [this](Term term) { return diagrams_->Evaluate(term); })) {
      return false;
    }
  }
  return RefuteBySolver(difference, condition);
}

// False when the budget is spent or Z3 gives up.
bool Proof::Ask(Term condition, smt::Answer& answer) {
  const std::uint64_t budget = pair_.options.steps;
  const std::uint64_t used = verdict_.statistics.steps;
  if (budget != 0 && used >= budget) return Undecided("the budget of solver steps ran out");
  const std::uint64_t before = solver_.steps_used();
  answer = solver_.Check(condition, budget == 0 ? 0 : budget - used);
  ++verdict_.statistics.queries;
  verdict_.statistics.steps += solver_.steps_used() - before;
  return answer != smt::Answer::kUnknown || Undecided(solver_.unknown_reason());
}

bool Proof::RefuteBySolver(Difference difference, Term condition) {
  smt::Answer answer = smt::Answer::kUnknown;
  if (!Ask(condition, answer)) return false;
  if (answer == smt::Answer::kUnsat) return true;
  const Valuation model = [this](Term term) {
    return terms_.Width(term) == 0 ? static_cast<std::uint64_t>(solver_.EvaluateBool(term))
                                   : solver_.Evaluate(term);
  };
  if (solver_.Evaluate(unknowns_.captured_length()) > kLongestCapture) {
    // A packet of a length that can be shown whole, if there is one.
    const Term short_capture = terms_.Ule(unknowns_.captured_length(), terms_.Constant(kLongestCapture, 32));
    if (!Ask(terms_.And(condition, short_capture), answer)) return false;
    // There is none: the model of a long one again.
    if (answer == smt::Answer::kUnsat && !Ask(condition, answer)) return false;
  }
  if (Confirm(difference, model)) return false;
  return Undecided("internal error: the interpreter does not confirm the solver's packet");
}

bool Proof::Confirm(Difference difference, const Valuation& valuation) {
  std::optional<Counterexample> example =
      ConfirmedCounterexample(pair_, difference, terms_, unknowns_, valuation);
  if (!example) return false;
  verdict_.answer = Answer::kDifferent;
  verdict_.counterexample = std::move(example);
  return true;
}

bool IsDraw(const Program& program, std::size_t index) {
  return index < program.size() && bpf::Class(program[index].code) == bpf::kLd &&
         bpf::Mode(program[index].code) == bpf::kAbs &&
         program[index].k == bpf::kAncillaryOffset + bpf::kAncillaryRandom;
}

// Instructions that some path from `start` leads to.
std::vector<bool> ReachableFrom(const Program& program, std::size_t start) {
  std::vector<bool> reached(program.size() + 1, false);
  const auto reach = [&](std::uint64_t pc) { reached[std::min<std::uint64_t>(pc, program.size())] = true; };
  reached[start] = true;
  for (std::size_t pc = start; pc < program.size(); ++pc) {
    if (!reached[pc]) continue;
    const Instruction& instruction = program[pc];
    const std::uint64_t next = std::uint64_t{pc} + 1;
    if (bpf::IsConditionalJump(instruction.code)) {
      reach(next + instruction.jt);
      reach(next + instruction.jf);
    } else if (bpf::Class(instruction.code) == bpf::kJmp) {
      reach(next + instruction.k);
    } else if (bpf::Class(instruction.code) != bpf::kRet) {
      reach(next);
    }
  }
  return reached;
}

// The map of draws must be honest, or a proof would mean nothing: draws stand for draws, and no two on one
// path for the same.
bool DrawsAreValid(const Program& source, const Program& result, const Options& options) {
  for (const auto& [first, stands_for] : options.draws) {
    if (!IsDraw(result, first) || !IsDraw(source, stands_for)) return false;
    const std::vector<bool> reached = ReachableFrom(result, first);
    for (const auto& [second, other] : options.draws) {
      if (second > first && other == stands_for && second < result.size() && reached[second]) return false;
    }
  }
  return true;
}

template <typename Prove>
Verdict ProveUnderAllRules(const Program& source, const Program& result, const Options& options,
                           Prove prove) {
  Verdict verdict;
  if (!DrawsAreValid(source, result, options)) {
    verdict.reason = "the map of draws is wrong: it names other instructions, or one draw twice on a path";
    return verdict;
  }
  std::vector<Target> rules = {options.target};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Proof proof(source, result, options, rules[i], verdict);
    if (!prove(proof)) return verdict;
    // tcpdump attaches its programs to the kernel.
    if (rules[i] == Target::kPcap && proof.rules_differ()) rules.push_back(Target::kLinux);
  }
  verdict.answer = Answer::kEqual;
  return verdict;
}

}  // namespace

Verdict CheckEquivalence(const Program& source, const Program& result, const Options& options) {
  return ProveUnderAllRules(source, result, options, [](Proof& proof) { return proof.ProveRelation(); });
}

Verdict CheckImplication(const Program& source, const Program& result, const Options& options) {
  return ProveUnderAllRules(source, result, options, [](Proof& proof) { return proof.ProveImplication(); });
}

}  // namespace bpfopt::verifier
