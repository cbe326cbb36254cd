// For each edge of the unfolded program: it is reached, taken, and leads to a verdict other than 0.
#include "verifier/path_packets.h"

#include "bpf/interpreter.h"
#include "smt/diagram.h"
#include "smt/solver.h"
#include "smt/term.h"
#include "verifier/unfold.h"
#include "verifier/unknowns.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

using smt::Term;

constexpr std::size_t kMostNodes = 4'000;
constexpr std::size_t kMostDiagrams = 300'000;
constexpr std::uint64_t kMostSteps = 1'000'000;  // Z3 resource units
constexpr std::uint64_t kLongestPacket = 2'048;
constexpr std::size_t kSeccompBytes = 64;

class Finder {
 public:
  Finder(const Program& program, Target rules, std::size_t count)
      : program_(program), rules_(rules), count_(count), unknowns_(terms_, rules), solver_(terms_) {
    const auto draw_name = [](std::size_t instruction) { return fmt::format("draw{}", instruction); };
    if (auto unfolding = Unfold(program, {rules, kMostNodes, draw_name}, terms_, unknowns_))
      graph_ = std::move(unfolding->graph);
  }

  std::vector<BoundWitness> Run() {
    if (graph_.nodes.empty()) return {};
    FindConditions();
    diagrams_.emplace(terms_, kMostDiagrams);
    for (const Term unknown : unknowns_.Order()) diagrams_->Place(unknown);
    for (const std::size_t node : graph_.order) {
      const Decision& decision = graph_.nodes[node];
      if (packets_.size() >= count_) break;
      if (decision.verdict.valid()) {
        Ask(terms_.And(reached_[node], accepts_[node]), true);
        continue;
      }
      const Term here = terms_.And(reached_[node], Passes(decision));
      for (const bool accepted : {true, false}) {
        const auto through = [&](Term condition, std::size_t next) {
          const Term ends = accepted ? accepts_[next] : terms_.Not(accepts_[next]);
          Ask(terms_.And(terms_.And(here, condition), ends), accepted);
        };
        through(decision.condition, decision.if_true);
        through(terms_.Not(decision.condition), decision.if_false);
      }
    }
    return std::move(packets_);
  }

 private:
  Term Passes(const Decision& decision) {
    Term passes = terms_.True();
    for (const Guard& guard : decision.guards) passes = terms_.And(passes, guard.holds_complete);
    return passes;
  }

  void FindConditions() {
    reached_.assign(graph_.nodes.size(), terms_.False());
    accepts_.assign(graph_.nodes.size(), terms_.False());
    reached_[0] = terms_.True();
    for (const std::size_t node : graph_.order) {
      const Decision& decision = graph_.nodes[node];
      if (decision.verdict.valid()) continue;
      const Term here = terms_.And(reached_[node], Passes(decision));
      const auto reach = [&](std::size_t next, Term condition) {
        reached_[next] = terms_.Or(reached_[next], terms_.And(here, condition));
      };
      reach(decision.if_true, decision.condition);
      reach(decision.if_false, terms_.Not(decision.condition));
    }
    for (auto node = graph_.order.rbegin(); node != graph_.order.rend(); ++node) {
      const Decision& decision = graph_.nodes[*node];
      const Term after =
          decision.verdict.valid()
              ? terms_.Not(terms_.Eq(decision.verdict, terms_.Constant(0, 32)))
              : terms_.Ite(decision.condition, accepts_[decision.if_true], accepts_[decision.if_false]);
      accepts_[*node] = terms_.And(Passes(decision), after);
    }
  }

  void Ask(Term condition, bool accepted) {
    if (packets_.size() >= count_ || terms_.AsBool(condition) == false) return;
    const smt::Answer answer = diagrams_->Check(condition);
    if (answer == smt::Answer::kUnsat) return;
    if (answer == smt::Answer::kSat) {
      BoundWitness packet = ReadPacket([this](Term term) { return diagrams_->Evaluate(term); });
      if (Accepts(packet) == accepted) return Keep(std::move(packet));
    }
    if (solver_.steps_used() >= kMostSteps) return;
    if (solver_.Check(condition, kMostSteps - solver_.steps_used()) != smt::Answer::kSat) return;
    Keep(ReadPacket([this](Term term) { return solver_.Evaluate(term); }));
  }

  void Keep(BoundWitness packet) {
    if (std::find(packets_.begin(), packets_.end(), packet) == packets_.end())
      packets_.push_back(std::move(packet));
  }

  bool Accepts(const BoundWitness& packet) const {
    bpf::Packet complete;
    complete.captured = packet.bytes;
    complete.wire_length = packet.wire_length;
    complete.continuation = [](std::uint64_t) -> std::uint8_t { return 0; };
    return bpf::Run(program_, rules_, complete).verdict != 0;
  }

  BoundWitness ReadPacket(const std::function<std::uint64_t(Term)>& value) {
    std::map<std::uint64_t, std::uint8_t> bytes;
    smt::Assignment assignment;
    assignment.variable = value;
    assignment.byte = [&](Term array, std::uint64_t address) -> std::uint8_t {
      const auto found = bytes.find(address);
      return array == unknowns_.packet() && found != bytes.end() ? found->second : 0;
    };
    for (const Unknowns::Selected& selected : unknowns_.selected()) {
      if (selected.array != unknowns_.packet()) continue;
      const std::uint64_t address = terms_.Evaluate(selected.address, assignment);
      std::uint8_t& byte = bytes[address];
      if (byte == 0) byte = static_cast<std::uint8_t>(value(selected.value));
    }
    BoundWitness packet;
    packet.wire_length = static_cast<std::uint32_t>(terms_.Evaluate(unknowns_.wire_length(), assignment));
    std::uint64_t length = rules_ == Target::kSeccomp ? kSeccompBytes : 0;
    for (const auto& [address, byte] : bytes) {
      if (address < kLongestPacket) length = std::max(length, address + 1);
    }
    packet.bytes.resize(static_cast<std::size_t>(length));
    for (const auto& [address, byte] : bytes) {
      if (address < length) packet.bytes[static_cast<std::size_t>(address)] = byte;
    }
    return packet;
  }

  const Program& program_;
  const Target rules_;
  const std::size_t count_;
  smt::Context terms_;
  Unknowns unknowns_;
  DecisionGraph graph_;
  std::optional<smt::Diagrams> diagrams_;
  smt::Solver solver_;
  std::vector<Term> reached_;
  std::vector<Term> accepts_;
  std::vector<BoundWitness> packets_;
};

}  // namespace

std::vector<BoundWitness> PathPackets(const Program& program, Target rules, std::size_t count) {
  return Finder(program, rules, count).Run();
}

}  // namespace bpfopt::verifier
