#include "verifier/unfold.h"

#include "bpf/opcode.h"
#include "verifier/liveness.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

namespace bpfopt::verifier {
namespace {

using namespace bpf;
using smt::Term;

using Registers = std::array<Term, kRegisters>;

// More states than this at one instruction are merged; where many edges lead there, as from each leaf of a
// tree that loads a mask, more of them by this for each edge.
constexpr std::size_t kMostStates = 128;
constexpr std::size_t kStatesPerEdge = 4;

class Unfolder {
 public:
  Unfolder(const Program& program, const UnfoldOptions& options, smt::Context& terms, Unknowns& unknowns)
      : program_(program),
        options_(options),
        terms_(terms),
        unknowns_(unknowns),
        live_(ComputeLiveness(program, options.rules)),
        incoming_(program.size(), 0),
        waiting_(program.size()) {}

  std::optional<Unfolding> Run();

 private:
  // A node that is known but not yet followed.
  struct Arrival {
    std::size_t node;
    Registers registers;
  };
  struct WaitingAt {
    std::vector<Arrival> arrivals;
    std::map<std::vector<std::uint32_t>, std::size_t> nodes;  // by the ids of the live registers
  };

  struct Entry {
    std::size_t from;
    Term condition;
  };

  void CountEdges();
  // Nodes start at instructions that more than one other leads to, and after branches.
  bool IsJoin(std::size_t pc) const { return incoming_[pc] > 1; }
  std::size_t NodeAt(std::uint64_t pc, const Registers& registers);
  std::size_t EnteredNode(std::uint64_t pc, Term condition);
  void Follow(std::size_t pc, const Arrival& arrival);
  Arrival Merge(std::size_t pc, const std::vector<Arrival>& arrivals);
  Term Reached(std::size_t node);

  // One instruction; false when it ended the node that is being followed.
  bool Step(const Instruction& instruction);
  bool StepLd(const Instruction& instruction);
  bool StepAncillary(std::uint32_t offset);
  bool StepLdx(const Instruction& instruction);
  bool StepAlu(const Instruction& instruction);
  bool StepJump(const Instruction& instruction);
  Term ShiftAmount(Term right);

  bool Set(std::size_t reg, Term value) {
    registers_[reg] = value;
    return true;
  }
  bool SetLoaded(std::size_t reg, const Load& load) {
    const Guard guard{load.within, load.within_complete, Number(0)};
    return AddGuard(guard) && Set(reg, load.value);
  }
  bool AddGuard(const Guard& guard);
  bool Return(Term verdict) {
    decision_.verdict = verdict;
    return false;
  }
  bool Goto(std::uint64_t pc) {
    decision_.condition = terms_.True();
    decision_.if_true = decision_.if_false = EnteredNode(pc, terms_.True());
    return false;
  }

  Term Number(std::uint32_t value) { return terms_.Constant(value, 32); }
  Term a() const { return registers_[kRegisterA]; }
  Term x() const { return registers_[kRegisterX]; }

  const Program& program_;
  const UnfoldOptions& options_;
  smt::Context& terms_;
  Unknowns& unknowns_;
  const std::vector<RegisterSet> live_;
  std::vector<std::size_t> incoming_;  // edges, by instruction
  std::vector<WaitingAt> waiting_;     // by instruction
  Unfolding result_;
  std::vector<std::vector<Entry>> entries_;  // by node: the branches that lead to it
  std::vector<Term> reached_;                // by node: the branches taken; made when states are merged
  std::size_t reached_known_ = 0;            // of result_.graph.order

  // The node that is being followed.
  std::size_t node_ = 0;
  std::size_t pc_ = 0;
  Registers registers_;
  Decision decision_;
};

void Unfolder::CountEdges() {
  const auto reach = [&](std::uint64_t pc) {
    if (pc < program_.size()) ++incoming_[pc];
  };
  for (std::size_t pc = 0; pc < program_.size(); ++pc) {
    const Instruction& instruction = program_[pc];
    const std::uint64_t next = std::uint64_t{pc} + 1;
    if (IsConditionalJump(instruction.code)) {
      reach(next + instruction.jt);
      reach(next + instruction.jf);
    } else if (Class(instruction.code) == kJmp) {
      reach(next + instruction.k);
    } else if (Class(instruction.code) != kRet) {
      reach(next);
    }
  }
}

std::optional<Unfolding> Unfolder::Run() {
  CountEdges();
  Registers start;
  start.fill(Number(0));
  if (options_.start_a.valid()) start[kRegisterA] = options_.start_a;
  if (options_.start_x.valid()) start[kRegisterX] = options_.start_x;
  NodeAt(0, start);
  // Edges lead forward, so all arrivals at an instruction are known when its turn comes.
  for (std::size_t pc = 0; pc < program_.size(); ++pc) {
    if (options_.interruption.IsRequested()) return std::nullopt;
    WaitingAt waiting = std::exchange(waiting_[pc], WaitingAt());
    const std::size_t most = kMostStates + kStatesPerEdge * incoming_[pc];
    if (waiting.arrivals.size() > most) waiting.arrivals = {Merge(pc, waiting.arrivals)};
    for (const Arrival& arrival : waiting.arrivals) {
      if (result_.graph.nodes.size() > options_.max_nodes) return std::nullopt;
      Follow(pc, arrival);
    }
  }
  return std::move(result_);
}

std::size_t Unfolder::NodeAt(std::uint64_t pc, const Registers& registers) {
  std::vector<Decision>& nodes = result_.graph.nodes;
  if (pc >= program_.size()) {  // the checker refuses such programs; the interpreter rejects the packet
    nodes.emplace_back().verdict = Number(0);
    result_.graph.order.push_back(nodes.size() - 1);
    return nodes.size() - 1;
  }
  std::vector<std::uint32_t> key;
  for (std::size_t reg = 0; reg < kRegisters; ++reg) {
    if (live_[pc][reg]) key.push_back(registers[reg].id());
  }
  const auto [position, inserted] = waiting_[pc].nodes.try_emplace(std::move(key), nodes.size());
  if (inserted) {
    waiting_[pc].arrivals.push_back({nodes.size(), registers});
    nodes.emplace_back();
  }
  return position->second;
}

std::size_t Unfolder::EnteredNode(std::uint64_t pc, Term condition) {
  const std::size_t node = NodeAt(pc, registers_);
  if (entries_.size() <= node) entries_.resize(node + 1);
  entries_[node].push_back({node_, condition});
  return node;
}

// One node that all of `arrivals` go on to. A packet reaches at most one of them, so the branches taken tell
// which registers it has.
Unfolder::Arrival Unfolder::Merge(std::size_t pc, const std::vector<Arrival>& arrivals) {
  DecisionGraph& graph = result_.graph;
  reached_.resize(graph.nodes.size() + 1);
  for (; reached_known_ < graph.order.size(); ++reached_known_) {
    const std::size_t node = graph.order[reached_known_];
    reached_[node] = Reached(node);
  }
  Arrival merged{graph.nodes.size(), arrivals.front().registers};
  graph.nodes.emplace_back();
  entries_.resize(graph.nodes.size());
  for (const Arrival& arrival : arrivals) {
    const Term reached = Reached(arrival.node);
    for (std::size_t reg = 0; reg < kRegisters; ++reg) {
      if (live_[pc][reg])
        merged.registers[reg] = terms_.Ite(reached, arrival.registers[reg], merged.registers[reg]);
    }
    entries_[merged.node].push_back({arrival.node, terms_.True()});
    Decision& decision = graph.nodes[arrival.node];
    decision.condition = terms_.True();
    decision.if_true = decision.if_false = merged.node;
    graph.order.push_back(arrival.node);
  }
  return merged;
}

// The condition of the branches on some path to `node`, whose predecessors' conditions are known.
Term Unfolder::Reached(std::size_t node) {
  if (node == 0) return terms_.True();
  Term reached = terms_.False();
  for (const Entry& entry : entries_[node]) {
    reached = terms_.Or(reached, terms_.And(reached_[entry.from], entry.condition));
  }
  return reached;
}

void Unfolder::Follow(std::size_t pc, const Arrival& arrival) {
  result_.graph.order.push_back(arrival.node);
  node_ = arrival.node;
  registers_ = arrival.registers;
  decision_ = Decision();
  pc_ = pc;
  while (Step(program_[pc_])) {
    ++pc_;
    if (pc_ >= program_.size() || IsJoin(pc_)) {
      Goto(pc_);
      break;
    }
  }
  result_.graph.nodes[arrival.node] = std::move(decision_);
}

bool Unfolder::AddGuard(const Guard& guard) {
  const std::optional<bool> holds = terms_.AsBool(guard.holds);
  const std::optional<bool> holds_complete = terms_.AsBool(guard.holds_complete);
  if (holds == true && holds_complete == true) return true;
  decision_.guards.push_back(guard);
  if (holds == false && holds_complete == false) return Return(guard.verdict);
  return true;
}

bool Unfolder::Step(const Instruction& instruction) {
  const std::uint16_t code = instruction.code;
  switch (Class(code)) {
    case kLd:
      return StepLd(instruction);
    case kLdx:
      return StepLdx(instruction);
    case kSt:
      return Set(instruction.k % kScratchWords, a());
    case kStx:
      return Set(instruction.k % kScratchWords, x());
    case kAlu:
      return StepAlu(instruction);
    case kJmp:
      return StepJump(instruction);
    case kRet:
      return Return(code == (kRet | kA) ? a() : Number(instruction.k));
    default:
      return code == (kMisc | kTxa) ? Set(kRegisterA, x()) : Set(kRegisterX, a());
  }
}

bool Unfolder::StepLd(const Instruction& instruction) {
  const std::uint32_t k = instruction.k;
  const unsigned width = LoadWidth(instruction.code);
  switch (Mode(instruction.code)) {
    case kImm:
      return Set(kRegisterA, Number(k));
    case kMem:
      return Set(kRegisterA, registers_[k % kScratchWords]);
    case kLen:
      return Set(kRegisterA, unknowns_.WireLength());
    case kInd:
      return SetLoaded(kRegisterA, unknowns_.Indirect(x(), k, width));
    default:
      if (options_.rules == Target::kLinux && k >= kAncillaryOffset)
        return StepAncillary(k - kAncillaryOffset);
      return SetLoaded(kRegisterA, unknowns_.Absolute(k, width));
  }
}

bool Unfolder::StepAncillary(std::uint32_t offset) {
  switch (offset) {
    case kAncillaryAluXorX:
      return Set(kRegisterA, terms_.BitXor(a(), x()));
    case kAncillaryRandom:
      return Set(kRegisterA, unknowns_.Draw(options_.draw_name(pc_)));
    case kAncillaryNlattr:
    case kAncillaryNlattrNest:
      return Set(kRegisterA, unknowns_.Attribute(offset, a(), x()));
    case kAncillaryInterfaceIndex:
    case kAncillaryHardwareType: {
      const Term device = unknowns_.HasDevice();
      return AddGuard({device, device, a()}) && Set(kRegisterA, unknowns_.AncillaryWord(offset));
    }
    default:
      return Set(kRegisterA, unknowns_.AncillaryWord(offset));
  }
}

bool Unfolder::StepLdx(const Instruction& instruction) {
  switch (Mode(instruction.code)) {
    case kImm:
      return Set(kRegisterX, Number(instruction.k));
    case kMem:
      return Set(kRegisterX, registers_[instruction.k % kScratchWords]);
    case kLen:
      return Set(kRegisterX, unknowns_.WireLength());
    default: {
      Load load = unknowns_.Absolute(instruction.k, 1);
      load.value = terms_.Shl(terms_.BitAnd(load.value, Number(0xf)), Number(2));
      return SetLoaded(kRegisterX, load);
    }
  }
}

// libpcap's interpreter shifts everything out from 32 on; the kernel counts modulo 32.
Term Unfolder::ShiftAmount(Term right) {
  if (terms_.UpperBound(right) >= 32) result_.rules_differ = true;
  return options_.rules == Target::kPcap ? right : terms_.BitAnd(right, Number(31));
}

bool Unfolder::StepAlu(const Instruction& instruction) {
  const Term right = UsesX(instruction.code) ? x() : Number(instruction.k);
  const std::uint16_t operation = Operation(instruction.code);
  switch (operation) {
    case kAdd:
      return Set(kRegisterA, terms_.Add(a(), right));
    case kSub:
      return Set(kRegisterA, terms_.Sub(a(), right));
    case kMul:
      return Set(kRegisterA, terms_.Mul(a(), right));
    case kOr:
      return Set(kRegisterA, terms_.BitOr(a(), right));
    case kAnd:
      return Set(kRegisterA, terms_.BitAnd(a(), right));
    case kXor:
      return Set(kRegisterA, terms_.BitXor(a(), right));
    case kNeg:
      return Set(kRegisterA, terms_.Neg(a()));
    case kLsh:
      return Set(kRegisterA, terms_.Shl(a(), ShiftAmount(right)));
    case kRsh:
      return Set(kRegisterA, terms_.LShr(a(), ShiftAmount(right)));
    default: {
      const Term nonzero = terms_.Not(terms_.Eq(right, Number(0)));
      if (!AddGuard({nonzero, nonzero, Number(0)})) return false;
      return Set(kRegisterA, operation == kDiv ? terms_.UDiv(a(), right) : terms_.URem(a(), right));
    }
  }
}

bool Unfolder::StepJump(const Instruction& instruction) {
  const std::uint64_t next = std::uint64_t{pc_} + 1;
  const Term right = UsesX(instruction.code) ? x() : Number(instruction.k);
  Term taken;
  switch (Operation(instruction.code)) {
    case kJa:
      return Goto(next + instruction.k);
    case kJeq:
      taken = terms_.Eq(a(), right);
      break;
    case kJgt:
      taken = terms_.Ult(right, a());
      break;
    case kJge:
      taken = terms_.Ule(right, a());
      break;
    default:
      taken = terms_.Not(terms_.Eq(terms_.BitAnd(a(), right), Number(0)));
      break;
  }
  if (const std::optional<bool> known = terms_.AsBool(taken)) {
    return Goto(next + (*known ? instruction.jt : instruction.jf));
  }
  decision_.condition = taken;
  decision_.if_true = EnteredNode(next + instruction.jt, taken);
  decision_.if_false = EnteredNode(next + instruction.jf, terms_.Not(taken));
  return false;
}

}  // namespace

std::optional<Unfolding> Unfold(const Program& program, const UnfoldOptions& options, smt::Context& terms,
                                Unknowns& unknowns) {
  return Unfolder(program, options, terms, unknowns).Run();
}

}  // namespace bpfopt::verifier
