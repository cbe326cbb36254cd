// For each edge of the unfolded program: it is reached, taken, and leads to a verdict other than 0.
#include "verifier/path_packets.h"

#include "smt/diagram.h"
#include "smt/term.h"
#include "verifier/unfold.h"
#include "verifier/unknowns.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

using smt::Term;

constexpr std::size_t kMostNodes = 4'000;
constexpr std::size_t kMostDiagrams = 300'000;
constexpr std::uint64_t kLongestPacket = 2'048;
constexpr std::size_t kSeccompBytes = 64;

class Finder {
 public:
  Finder(const Program& program, Target rules, std::size_t count)
      : rules_(rules), count_(count), unknowns_(terms_, rules) {
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
        Ask(terms_.And(reached_[node], accepts_[node]));
        continue;
      }
      const Term here = terms_.And(reached_[node], Passes(decision));
      Ask(terms_.And(terms_.And(here, decision.condition), accepts_[decision.if_true]));
      Ask(terms_.And(terms_.And(here, terms_.Not(decision.condition)), accepts_[decision.if_false]));
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

  void Ask(Term condition) {
    if (packets_.size() >= count_ || terms_.AsBool(condition) == false) return;
    if (diagrams_->Check(condition) != smt::Answer::kSat) return;
    BoundWitness packet = ReadPacket();
    if (std::find(packets_.begin(), packets_.end(), packet) == packets_.end())
      packets_.push_back(std::move(packet));
  }

  BoundWitness ReadPacket() {
    std::map<std::uint64_t, std::uint8_t> bytes;
    smt::Assignment assignment;
    assignment.variable = [&](Term variable) { return diagrams_->Evaluate(variable); };
    assignment.byte = [&](Term array, std::uint64_t address) -> std::uint8_t {
      const auto found = bytes.find(address);
      return array == unknowns_.packet() && found != bytes.end() ? found->second : 0;
    };
    for (const Unknowns::Selected& selected : unknowns_.selected()) {
      if (selected.array != unknowns_.packet()) continue;
      const std::uint64_t address = terms_.Evaluate(selected.address, assignment);
      std::uint8_t& byte = bytes[address];
      if (byte == 0) byte = static_cast<std::uint8_t>(diagrams_->Evaluate(selected.value));
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

  const Target rules_;
  const std::size_t count_;
  smt::Context terms_;
  Unknowns unknowns_;
  DecisionGraph graph_;
  std::optional<smt::Diagrams> diagrams_;
  std::vector<Term> reached_;
  std::vector<Term> accepts_;
  std::vector<BoundWitness> packets_;
};

}  // namespace

std::vector<BoundWitness> PathPackets(const Program& program, Target rules, std::size_t count) {
  return Finder(program, rules, count).Run();
}

}  // namespace bpfopt::verifier
