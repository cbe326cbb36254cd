#include "verifier/window_proof.h"

#include "bpf/opcode.h"
#include "smt/diagram.h"
#include "verifier/outcomes.h"
#include "verifier/unfold.h"

namespace bpfopt::verifier {
namespace {

using smt::Term;

constexpr std::size_t kMaxNodes = 10'000;
constexpr std::size_t kDiagramNodes = 100'000;

}  // namespace

WindowProver::WindowProver(const Program& code, const WindowContract& contract)
    : contract_(contract), unknowns_(terms_, contract.rules), solver_(terms_) {
  a_ = terms_.BitAnd(terms_.Variable("a", 32), terms_.Constant(contract.possible_a, 32));
  x_ = terms_.Variable("x", 32);
  for (const auto& [indirect, offset] : contract.bytes) {
    bytes_.push_back((indirect ? unknowns_.Indirect(x_, offset, 1) : unknowns_.Absolute(offset, 1)).value);
  }
  meaning_ = MeaningOf(code);
}

WindowProver::Meaning WindowProver::MeaningOf(const Program& code) {
  std::vector<Instruction> number;
  std::vector<Instruction> value;
  for (std::size_t exit = 0; exit < contract_.a_is_live.size(); ++exit) {
    number.push_back({bpf::kRet | bpf::kK, 0, 0, static_cast<std::uint32_t>(exit + 1)});
    const std::uint16_t source = contract_.a_is_live[exit] ? bpf::kA : bpf::kK;
    value.push_back({static_cast<std::uint16_t>(bpf::kRet | source), 0, 0, 0});
  }
  return {ResultOf(code, number), ResultOf(code, value)};
}

// What the code returns when its exits are the `returns`.
Term WindowProver::ResultOf(Program code, const std::vector<Instruction>& returns) {
  code.insert(code.end(), returns.begin(), returns.end());
  UnfoldOptions options;
  options.rules = contract_.rules;
  options.max_nodes = kMaxNodes;
  options.draw_name = [](std::size_t) { return std::string("draw"); };
  options.start_a = a_;
  options.start_x = x_;
  const auto unfolded = Unfold(code, options, terms_, unknowns_);
  if (!unfolded) return {};
  Term result = terms_.Constant(0, 32);
  for (const Outcome& outcome : OutcomesOf(unfolded->graph, Loads::kComplete, terms_)) {
    result = terms_.Ite(outcome.condition, outcome.verdict, result);
  }
  return result;
}

std::optional<WindowInput> WindowProver::FindInput(std::size_t exit, std::uint64_t steps) {
  if (!meaning_.exit.valid()) return std::nullopt;
  Term& is_new = new_.try_emplace(exit, terms_.True()).first->second;
  const Term leaves = terms_.Eq(meaning_.exit, terms_.Constant(exit + 1, 32));
  if (solver_.Check(terms_.And(leaves, is_new), steps) != smt::Answer::kSat) return std::nullopt;
  const WindowInput input = InputOfModel();
  Term is_same = terms_.Eq(a_, terms_.Constant(input.a, 32));
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    is_same =
        terms_.And(is_same, terms_.Eq(terms_.Extract(bytes_[i], 7, 0), terms_.Constant(input.bytes[i], 8)));
  }
  is_new = terms_.And(is_new, terms_.Not(is_same));
  return input;
}

WindowVerdict WindowProver::Compare(const Program& other, std::uint64_t steps) {
  const Meaning theirs = MeaningOf(other);
  if (!meaning_.exit.valid() || !theirs.exit.valid()) return {};
  const Term same = terms_.And(terms_.Eq(meaning_.exit, theirs.exit), terms_.Eq(meaning_.a, theirs.a));
  const Term differs = terms_.Not(same);
  smt::Diagrams diagrams(terms_, kDiagramNodes);
  for (const Term unknown : unknowns_.Order()) diagrams.Place(unknown);
  if (diagrams.Check(differs) == smt::Answer::kUnsat) return {Answer::kEqual, std::nullopt};
  switch (solver_.Check(differs, steps)) {
    case smt::Answer::kUnsat:
      return {Answer::kEqual, std::nullopt};
    case smt::Answer::kSat:
      return {Answer::kDifferent, InputOfModel()};
    default:
      return {};
  }
}

WindowInput WindowProver::InputOfModel() {
  WindowInput input;
  input.a = static_cast<std::uint32_t>(solver_.Evaluate(a_));
  for (const Term byte : bytes_) input.bytes.push_back(static_cast<std::uint8_t>(solver_.Evaluate(byte)));
  return input;
}

}  // namespace bpfopt::verifier
