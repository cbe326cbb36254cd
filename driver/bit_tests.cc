// A program's words flow forward along its jumps; where paths join, a register may hold any of theirs.
#include "driver/bit_tests.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

namespace bpfopt::driver {
namespace {

using Id = BitWords::Id;
using namespace bpf;  // the names of operations

// Words that one register may hold; those beyond are forgotten.
constexpr std::size_t kMostWords = 8;
using Words = std::vector<Id>;  // ascending

void Add(Words& words, const Words& more) {
  for (const Id id : more) {
    const auto place = std::ranges::lower_bound(words, id);
    if (words.size() < kMostWords && (place == words.end() || *place != id)) words.insert(place, id);
  }
}

struct Registers {
  Words a;
  Words x;
  std::array<Words, kScratchWords> scratch;

  void Merge(const Registers& more) {
    Add(a, more.a);
    Add(x, more.x);
    for (std::size_t i = 0; i < scratch.size(); ++i) Add(scratch[i], more.scratch[i]);
  }
};

std::optional<ir::Opcode> OpcodeOf(std::uint16_t code) {
  switch (Operation(code)) {
    case kAdd:
      return ir::Opcode::kAdd;
    case kSub:
      return ir::Opcode::kSub;
    case kMul:
      return ir::Opcode::kMul;
    case kDiv:
      return ir::Opcode::kDiv;
    case kMod:
      return ir::Opcode::kMod;
    case kAnd:
      return ir::Opcode::kAnd;
    case kOr:
      return ir::Opcode::kOr;
    case kXor:
      return ir::Opcode::kXor;
    case kLsh:
      return ir::Opcode::kShl;
    case kRsh:
      return ir::Opcode::kShr;
    default:
      return std::nullopt;
  }
}

ir::Compare CompareOf(std::uint16_t code) {
  switch (Operation(code)) {
    case kJgt:
      return ir::Compare::kGreater;
    case kJge:
      return ir::Compare::kGreaterEqual;
    case kJset:
      return ir::Compare::kAnySet;
    default:
      return ir::Compare::kEqual;
  }
}

class ProgramWalk {
 public:
  ProgramWalk(const Program& program, Target target, BitWords& words)
      : program_(program), target_(target), words_(words), states_(program.size()), tests_(program.size()) {}

  std::vector<std::vector<BitTest>> Run() {
    const Words zero{words_.Constant(0)};
    states_[0] = Registers{zero, zero, {}};
    states_[0]->scratch.fill(zero);
    for (std::size_t i = 0; i < program_.size(); ++i) {
      if (states_[i]) Visit(i);
      states_[i].reset();
    }
    return std::move(tests_);
  }

 private:
  void Visit(std::size_t i) {
    const Instruction& instruction = program_[i];
    Registers state = std::move(*states_[i]);
    if (Class(instruction.code) == kRet) return;
    if (Class(instruction.code) == kJmp) {
      if (Operation(instruction.code) == kJa) return Flow(state, i + 1 + std::size_t{instruction.k});
      AddTests(i, state);
      Flow(state, i + 1 + instruction.jt);
      return Flow(state, i + 1 + instruction.jf);
    }
    Execute(instruction, state);
    Flow(state, i + 1);
  }

  void Flow(const Registers& state, std::size_t to) {
    if (to >= states_.size()) return;
    if (!states_[to]) {
      states_[to] = state;
    } else {
      states_[to]->Merge(state);
    }
  }

  Words Right(const Instruction& instruction, const Registers& state) {
    return UsesX(instruction.code) ? state.x : Words{words_.Constant(instruction.k)};
  }

  void AddTests(std::size_t i, const Registers& state) {
    for (const Id left : state.a) {
      for (const Id right : Right(program_[i], state)) {
        if (tests_[i].size() < kMostWords) tests_[i].push_back({CompareOf(program_[i].code), left, right});
      }
    }
  }

  template <typename Make>
  static Words Each(const Words& words, Make make) {
    Words made;
    for (const Id id : words) Add(made, {make(id)});
    return made;
  }

  void Execute(const Instruction& instruction, Registers& state) {
    const std::uint32_t k = instruction.k;
    switch (Class(instruction.code)) {
      case kLd:
        state.a = Loaded(instruction, state);
        return;
      case kLdx:
        state.x = Loaded(instruction, state);
        return;
      case kSt:
        state.scratch[k % kScratchWords] = state.a;
        return;
      case kStx:
        state.scratch[k % kScratchWords] = state.x;
        return;
      case kAlu:
        state.a = Computed(instruction, state);
        return;
      default:
        (instruction.code == (kMisc | kTax) ? state.x : state.a) =
            instruction.code == (kMisc | kTax) ? state.a : state.x;
    }
  }

  Words Loaded(const Instruction& instruction, const Registers& state) {
    const std::uint32_t k = instruction.k;
    const unsigned width = LoadWidth(instruction.code);
    switch (Mode(instruction.code)) {
      case kImm:
        return {words_.Constant(k)};
      case kMem:
        return state.scratch[k % kScratchWords];
      case kLen:
        return {words_.Foreign(BitWords::kWireLength)};
      case kMsh:
        return {words_.Binary(
            ir::Opcode::kShl,
            words_.Binary(ir::Opcode::kAnd, words_.Load(std::nullopt, k, 1), words_.Constant(0xf)),
            words_.Constant(2))};
      case kInd:
        return Each(state.x, [&](Id base) { return words_.Load(base, k, width); });
      default:
        if (target_ == Target::kLinux && k >= kAncillaryOffset) return {words_.Foreign(k - kAncillaryOffset)};
        return {words_.Load(std::nullopt, k, width)};
    }
  }

  Words Computed(const Instruction& instruction, const Registers& state) {
    const std::optional<ir::Opcode> opcode = OpcodeOf(instruction.code);
    Words made;
    for (const Id left : state.a) {
      if (!opcode) Add(made, {words_.Mixed({left})});
      for (const Id right : Right(instruction, state)) {
        if (opcode) Add(made, {words_.Binary(*opcode, left, right)});
      }
    }
    return made;
  }

  const Program& program_;
  const Target target_;
  BitWords& words_;
  std::vector<std::optional<Registers>> states_;
  std::vector<std::vector<BitTest>> tests_;
};

class FunctionWalk {
 public:
  FunctionWalk(const ir::Function& function, BitWords& words) : function_(function), words_(words) {}

  std::vector<std::vector<BitTest>> Run() {
    std::vector<std::vector<BitTest>> tests(function_.block_count());
    for (std::uint32_t id = 0; id < function_.block_count(); ++id) {
      const ir::Block& block = *function_.block(id);
      for (const ir::Edge* edge : block.edges()) PassArguments(*edge);
      const auto* branch = std::get_if<ir::Branch>(&block.terminator);
      if (branch == nullptr) continue;
      for (const auto& [lhs, rhs] : Pairs(WordsOf(branch->lhs), WordsOf(branch->rhs))) {
        if (tests[id].size() < kMostWords) tests[id].push_back({branch->compare, lhs, rhs});
      }
    }
    return tests;
  }

 private:
  static std::vector<std::pair<Id, Id>> Pairs(const Words& left, const Words& right) {
    std::vector<std::pair<Id, Id>> pairs;
    for (const Id lhs : left) {
      for (const Id rhs : right) pairs.emplace_back(lhs, rhs);
    }
    return pairs;
  }

  void PassArguments(const ir::Edge& edge) {
    for (std::size_t i = 0; i < edge.arguments.size(); ++i) {
      const Words passed = WordsOf(edge.arguments[i]);
      Add(known_[edge.target->parameters[i]], passed);
    }
  }

  // Operands first, without recursion.
  Words WordsOf(const ir::Value* root) {
    std::vector<const ir::Value*> open{root};
    while (!open.empty()) {
      const ir::Value* value = open.back();
      const bool is_load = value->opcode() == ir::Opcode::kLoad;
      const ir::Value* operands[] = {is_load ? value->base() : value->lhs(),
                                     is_load ? nullptr : value->rhs()};
      const std::size_t before = open.size();
      for (const ir::Value* operand : operands) {
        if (operand != nullptr && !known_.contains(operand)) open.push_back(operand);
      }
      if (open.size() != before) continue;
      open.pop_back();
      if (!known_.contains(value)) known_.emplace(value, Make(*value));
    }
    return known_.at(root);
  }

  // Of a value whose operands are known.
  Words Make(const ir::Value& value) {
    Words made;
    if (value.opcode() == ir::Opcode::kLoad && value.base() != nullptr) {
      for (const Id base : known_.at(value.base()))
        Add(made, {words_.Load(base, value.offset(), value.width())});
    } else if (ir::IsBinary(value.opcode())) {
      for (const auto& [lhs, rhs] : Pairs(known_.at(value.lhs()), known_.at(value.rhs()))) {
        Add(made, {words_.Binary(value.opcode(), lhs, rhs)});
      }
    } else if (ir::IsUnary(value.opcode())) {
      for (const Id operand : known_.at(value.lhs())) Add(made, {words_.Mixed({operand})});
    } else {
      made.push_back(MakeLeaf(value));
    }
    return made;
  }

  Id MakeLeaf(const ir::Value& value) {
    switch (value.opcode()) {
      case ir::Opcode::kConstant:
        return words_.Constant(value.constant());
      case ir::Opcode::kLoad:
        return words_.Load(std::nullopt, value.offset(), value.width());
      case ir::Opcode::kWireLength:
        return words_.Foreign(BitWords::kWireLength);
      case ir::Opcode::kAncillary:
        return words_.Foreign(value.offset());
      case ir::Opcode::kEffect:
        return words_.Foreign(PlaceOf(value.effect()));
      default:
        return words_.Mixed({});
    }
  }

  static std::uint32_t PlaceOf(ir::EffectKind effect) {
    switch (effect) {
      case ir::EffectKind::kDraw:
        return kAncillaryRandom;
      case ir::EffectKind::kNlattr:
        return kAncillaryNlattr;
      case ir::EffectKind::kNlattrNest:
        return kAncillaryNlattrNest;
      case ir::EffectKind::kDeviceType:
        return kAncillaryHardwareType;
      default:
        return kAncillaryInterfaceIndex;
    }
  }

  const ir::Function& function_;
  BitWords& words_;
  std::unordered_map<const ir::Value*, Words> known_;
};

}  // namespace

std::vector<std::vector<BitTest>> TestsOfFunction(const ir::Function& function, BitWords& words) {
  return FunctionWalk(function, words).Run();
}

std::vector<std::vector<BitTest>> TestsOfProgram(const Program& program, Target target, BitWords& words) {
  if (program.empty()) return {};
  return ProgramWalk(program, target, words).Run();
}

}  // namespace bpfopt::driver
