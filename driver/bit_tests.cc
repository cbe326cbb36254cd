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

// Operands have smaller ids than their users, so their depth is bounded by what a filter can nest.
Id WordOf(const ir::Value* root, BitWords& words) {
  std::unordered_map<const ir::Value*, Id> known;
  std::vector<const ir::Value*> open{root};
  const auto find = [&](const ir::Value* value) { return value == nullptr || known.contains(value); };
  while (!open.empty()) {
    const ir::Value* value = open.back();
    const bool is_load = value->opcode() == ir::Opcode::kLoad;
    const ir::Value* lhs = is_load ? value->base() : value->lhs();
    const ir::Value* rhs = is_load ? nullptr : value->rhs();
    if (!find(lhs) || !find(rhs)) {
      if (!find(lhs)) open.push_back(lhs);
      if (!find(rhs)) open.push_back(rhs);
      continue;
    }
    open.pop_back();
    Id id = 0;
    if (value->IsConstant()) {
      id = words.Constant(value->constant());
    } else if (is_load) {
      id = words.Load(lhs == nullptr ? std::nullopt : std::optional<Id>(known.at(lhs)), value->offset(),
                      value->width());
    } else if (ir::IsBinary(value->opcode())) {
      id = words.Binary(value->opcode(), known.at(lhs), known.at(rhs));
    } else if (ir::IsUnary(value->opcode())) {
      id = words.Mixed({known.at(lhs)});
    } else if (value->opcode() == ir::Opcode::kAncillary) {
      id = words.Foreign(value->offset());
    } else if (value->opcode() == ir::Opcode::kEffect && value->effect() == ir::EffectKind::kDraw) {
      id = words.Foreign(kAncillaryRandom);
    } else if (value->opcode() == ir::Opcode::kEffect) {
      id = words.Foreign(value->effect() == ir::EffectKind::kDeviceType ? kAncillaryHardwareType
                                                                        : kAncillaryInterfaceIndex);
    } else if (value->opcode() == ir::Opcode::kWireLength) {
      id = words.Foreign(BitWords::kWireLength);
    } else {
      id = words.Mixed({});  // a parameter: computed in front of the tests
    }
    known.emplace(value, id);
  }
  return known.at(root);
}

}  // namespace

std::vector<BitTest> TestsOfBlock(const ir::Block& block, BitWords& words) {
  const auto* branch = std::get_if<ir::Branch>(&block.terminator);
  if (branch == nullptr) return {};
  return {{branch->compare, WordOf(branch->lhs, words), WordOf(branch->rhs, words)}};
}

std::vector<std::vector<BitTest>> TestsOfProgram(const Program& program, Target target, BitWords& words) {
  if (program.empty()) return {};
  return ProgramWalk(program, target, words).Run();
}

}  // namespace bpfopt::driver
