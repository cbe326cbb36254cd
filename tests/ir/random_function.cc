#include "random_function.h"

#include "ir/graph.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>

namespace bpfopt::ir {
namespace {

// The distributions of <random> differ between libraries; these don't.
std::uint32_t Below(std::mt19937& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random() % bound);
}
bool Chance(std::mt19937& random, unsigned percent) { return Below(random, 100) < percent; }
template <typename Container>
auto Pick(std::mt19937& random, const Container& container) {
  return *std::next(std::begin(container), Below(random, static_cast<std::uint32_t>(std::size(container))));
}

constexpr std::array<std::uint32_t, 18> kWords = {
    0,    1,    2,      4,     6,      14,         15,         17,         0x0f,
    0x50, 0xff, 0x1fff, 0x800, 0x86dd, 0x80000000, 0x7f000001, 0xffffffff, 0xfffffffe};
constexpr std::array<unsigned, 3> kWidths = {1, 2, 4};

// What is known at a point, kept apart from ir/available_guards.h so that one can judge the other: a guard is
// taken for implied by an equal one, or for absolute loads by one that ends as far.
struct Known {
  std::uint32_t end = 0;
  std::set<std::tuple<std::uint32_t, std::uint32_t, unsigned>> based;  // id, offset, width
  std::set<std::uint32_t> non_zero;                                    // ids

  void Meet(const Known& other) {
    end = std::min(end, other.end);
    std::erase_if(based, [&](const auto& guard) { return other.based.count(guard) == 0; });
    std::erase_if(non_zero, [&](std::uint32_t id) { return other.non_zero.count(id) == 0; });
  }
};

class Generator {
 public:
  Generator(std::mt19937& random, const RandomOptions& options)
      : random_(random), options_(options), function_(options.target) {}

  Function Run() {
    const unsigned count = 3 + Below(random_, std::max(1U, options_.blocks - 2));
    for (unsigned i = 0; i < 6; ++i) offsets_.push_back(Below(random_, options_.max_offset + 1));
    for (unsigned i = 0; i < 3; ++i)
      verdicts_.push_back(i == 0 ? 0 : i == 1 ? 0x40000 : 1 + Below(random_, 0xffff));
    for (unsigned i = 0; i < count; ++i) MakeBlock(i);
    start_.resize(count);
    dominator_.resize(count);
    for (unsigned i = 0; i < count; ++i) {
      if (i == 0 || start_[i].has_value()) FillBlock(i);
    }
    function_.RemoveUnreachable();
    return std::move(function_);
  }

 private:
  void MakeBlock(unsigned index) {
    Block* block = function_.NewBlock();
    if (index == 0 || !options_.parameters) return;
    while (Chance(random_, 25)) block->parameters.push_back(function_.NewParameter());
  }

  void FillBlock(unsigned index) {
    Block& block = *function_.block(index);
    known_ = start_[index].value_or(Known{});
    visible_.clear();
    for (unsigned i = index; i != 0; i = dominator_[i]) {
      Append(function_.block(i)->parameters);
      if (i != index) Append(function_.block(i)->effects);
    }
    if (index != 0) Append(function_.block(0)->effects);
    guards_ = &block.guards;
    if (options_.ancillary && Chance(random_, 20)) MakeEffect(block);
    if (Chance(random_, 15)) Need(nullptr, Pick(random_, offsets_), Pick(random_, kWidths));
    MakeTerminator(block);
    for (const Block* successor : Successors(&block)) Reach(successor->id(), index);
  }

  void Append(const std::vector<const Value*>& values) {
    visible_.insert(visible_.end(), values.begin(), values.end());
  }

  void Reach(unsigned target, unsigned from) {
    if (!start_[target].has_value()) {
      start_[target] = known_;
      dominator_[target] = from;
      return;
    }
    start_[target]->Meet(known_);
    unsigned a = dominator_[target];
    unsigned b = from;
    while (a != b) (a > b ? a : b) = dominator_[std::max(a, b)];
    dominator_[target] = a;
  }

  void MakeEffect(Block& block) {
    const auto kind = static_cast<EffectKind>(Below(random_, 5));
    const bool needs_operands = kind == EffectKind::kNlattr || kind == EffectKind::kNlattrNest;
    const Value* a = kind == EffectKind::kDraw ? nullptr : Guarded(RandomValue(1));
    const Value* x = needs_operands ? Guarded(RandomValue(1)) : nullptr;
    block.effects.push_back(function_.NewEffect(kind, next_identity_++, a, x));
    pending_effect_ = block.effects.back();
  }

  // Values of the terminator; guards for them are added to the block. The block's own effect comes after its
  // guards, so guards must not depend on it: it is offered for comparison alone.
  const Value* TestedValue() {
    if (pending_effect_ != nullptr) return std::exchange(pending_effect_, nullptr);
    return Guarded(RandomValue(options_.depth));
  }

  void MakeTerminator(Block& block) {
    const unsigned left = static_cast<unsigned>(function_.block_count()) - block.id() - 1;
    if (left < 3 || Chance(random_, 4)) {
      block.terminator = Return{Verdict(left)};
    } else if (Chance(random_, 10)) {
      block.terminator = Jump{RandomEdge(block)};
    } else if (options_.switches && Chance(random_, 25)) {
      block.terminator = RandomSwitch(block);
    } else {
      Branch branch;
      branch.compare = static_cast<Compare>(Below(random_, 4));
      branch.lhs = TestedValue();
      branch.rhs = Chance(random_, 85) ? Constant() : Guarded(RandomValue(1));
      branch.then_edge = RandomEdge(block);
      branch.else_edge = RandomEdge(block);
      block.terminator = std::move(branch);
    }
    pending_effect_ = nullptr;
  }

  const Value* Verdict(unsigned left) {
    if (options_.computed_verdicts && Chance(random_, 5)) return Guarded(RandomValue(2));
    return function_.MakeConstant(left < 3 ? verdicts_[left] : Pick(random_, verdicts_));
  }

  Edge RandomEdge(const Block& from) {
    const auto left = static_cast<std::uint32_t>(function_.block_count()) - from.id() - 1;
    const std::uint32_t step =
        Chance(random_, 60) ? Below(random_, std::min(left, 4U)) : Below(random_, left);
    Edge edge;
    edge.target = function_.block(from.id() + 1 + step);
    for (std::size_t i = 0; i < edge.target->parameters.size(); ++i) {
      edge.arguments.push_back(Chance(random_, 50) ? Constant() : Guarded(RandomValue(1)));
    }
    return edge;
  }

  Switch RandomSwitch(const Block& block) {
    Switch choice;
    choice.value = TestedValue();
    const std::uint32_t edge_count = 2 + Below(random_, 3);
    for (std::uint32_t i = 0; i < edge_count; ++i) choice.edges.push_back(RandomEdge(block));
    std::set<std::uint32_t> firsts = {0};
    for (std::uint32_t i = Below(random_, 8); i > 0; --i) {
      const std::uint32_t word = Pick(random_, kWords);
      firsts.insert(word);
      if (Chance(random_, 70)) firsts.insert(word + 1);
    }
    for (const std::uint32_t first : firsts) choice.cases.push_back({first, Below(random_, edge_count)});
    choice.Canonicalize();
    return choice;
  }

  const Value* Constant() {
    return function_.MakeConstant(Chance(random_, 85) ? Pick(random_, kWords) : random_());
  }

  const Value* Leaf() {
    const std::uint32_t kind = Below(random_, 100);
    if (kind < 8) return Constant();
    if (kind < 25 && !visible_.empty()) return Pick(random_, visible_);
    if (kind < 32 && options_.wire_length) return function_.MakeWireLength();
    if (kind < 40 && options_.ancillary) return function_.MakeAncillary(4 * Below(random_, 2));
    return function_.MakeLoad(nullptr, Pick(random_, offsets_), Pick(random_, kWidths));
  }

  const Value* Base() {
    if (!visible_.empty() && Chance(random_, 40)) return Pick(random_, visible_);
    if (Chance(random_, 15)) return Leaf();
    const Value* byte = function_.MakeLoad(nullptr, Pick(random_, offsets_), 1);
    const Value* low = function_.MakeBinary(Opcode::kAnd, byte, function_.MakeConstant(0xf));
    return function_.MakeBinary(Opcode::kShl, low, function_.MakeConstant(Below(random_, 3)));
  }

  const Value* RandomValue(unsigned depth) {
    if (depth == 0 || Chance(random_, 30)) return Leaf();
    if (options_.based_loads && Chance(random_, 25)) {
      return function_.MakeLoad(Base(), Pick(random_, offsets_) / 2, Pick(random_, kWidths));
    }
    return Operation(depth);
  }

  const Value* Operation(unsigned depth) {
    const Value* lhs = RandomValue(depth - 1);
    if (!options_.arithmetic) {
      const bool masks = Chance(random_, 60);
      return function_.MakeBinary(masks ? Opcode::kAnd : Opcode::kShr, lhs,
                                  masks ? Constant() : function_.MakeConstant(Below(random_, 32)));
    }
    constexpr auto kFirst = static_cast<unsigned>(Opcode::kNeg);
    constexpr auto kLast = static_cast<unsigned>(Opcode::kShr);
    const auto opcode = static_cast<Opcode>(kFirst + Below(random_, kLast - kFirst + 1));
    if (IsUnary(opcode)) return function_.MakeUnary(opcode, lhs);
    const bool is_shift = opcode == Opcode::kShl || opcode == Opcode::kShr;
    if (is_shift && !(options_.wide_shifts && Chance(random_, 20))) {
      return function_.MakeBinary(opcode, lhs, function_.MakeConstant(Below(random_, 32)));
    }
    const Value* rhs = !is_shift && Chance(random_, 60) ? Constant() : RandomValue(depth - 1);
    const bool divides = opcode == Opcode::kDiv || opcode == Opcode::kMod;
    const bool is_constant = rhs->IsConstant();
    // Targets' checkers refuse a constant divisor 0 and a constant shift by 32 and more.
    if (divides && is_constant && rhs->constant() == 0) rhs = function_.MakeConstant(3);
    if (is_shift && is_constant && rhs->constant() >= 32) rhs = function_.MakeConstant(31);
    return function_.MakeBinary(opcode, lhs, rhs);
  }

  // Adds the guards that `value` needs here, those of its operands first.
  const Value* Guarded(const Value* value) {
    ForEachOperand(value, [this](const Value* part) {
      if (part->opcode() == Opcode::kLoad) Need(part->base(), part->offset(), part->width());
      const bool divides = part->opcode() == Opcode::kDiv || part->opcode() == Opcode::kMod;
      if (divides && !part->rhs()->IsConstant() && known_.non_zero.insert(part->rhs()->id()).second) {
        guards_->push_back(Guard::NonZero(part->rhs()));
      }
    });
    return value;
  }

  void Need(const Value* base, std::uint32_t offset, unsigned width) {
    const bool is_new = base == nullptr ? offset + width > known_.end
                                        : known_.based.insert({base->id(), offset, width}).second;
    if (base == nullptr) known_.end = std::max(known_.end, offset + width);
    if (is_new || Chance(random_, 5)) guards_->push_back(Guard::Bounds(base, offset, width));
  }

  std::mt19937& random_;
  const RandomOptions& options_;
  Function function_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::uint32_t> verdicts_;
  std::vector<std::optional<Known>> start_;  // by block; nothing: not reached
  std::vector<unsigned> dominator_;
  Known known_;
  std::vector<const Value*> visible_;  // parameters and effects of dominating blocks
  std::vector<Guard>* guards_ = nullptr;
  const Value* pending_effect_ = nullptr;
  std::uint32_t next_identity_ = 0;
};

void Store(std::vector<std::uint8_t>& bytes, std::size_t offset, unsigned width, std::uint32_t word) {
  for (unsigned i = 0; i < width && offset + i < bytes.size(); ++i) {
    bytes[offset + i] = static_cast<std::uint8_t>(word >> (8 * (width - 1 - i)));
  }
}

}  // namespace

Function RandomFunction(std::mt19937& random, const RandomOptions& options) {
  return Generator(random, options).Run();
}

PacketSource::PacketSource(const Function& function) {
  const auto field_of = [](const Value& load) {
    return Field{load.offset(), load.width(), load.base() != nullptr};
  };
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const Value& value = *function.value(id);
    if (value.IsConstant()) words_.push_back(value.constant());
    if (value.opcode() != Opcode::kLoad || value.offset() > 0xffff) continue;
    fields_.push_back(field_of(value));
    longest_ = std::max(longest_, value.offset() + value.width() + (value.base() == nullptr ? 4 : 24));
  }
  const auto test = [&](const Value* value, std::uint32_t word) {
    words_.push_back(word);
    if (value->opcode() == Opcode::kLoad && value->offset() <= 0xffff)
      tested_.emplace_back(field_of(*value), word);
  };
  for (const Block* block : TopologicalOrder(function)) {
    if (const auto* branch = std::get_if<Branch>(&block->terminator)) {
      if (branch->rhs->IsConstant()) test(branch->lhs, branch->rhs->constant());
    }
    if (const auto* choice = std::get_if<Switch>(&block->terminator)) {
      for (const Switch::Case& range : choice->cases) test(choice->value, range.first);
    }
  }
  words_.push_back(0);
}

RandomPacket PacketSource::Next(std::mt19937& random) const {
  RandomPacket packet;
  packet.captured.resize(Chance(random, 60) ? longest_ : Below(random, longest_ + 1));
  const bool is_sparse = Chance(random, 50);
  for (std::uint8_t& byte : packet.captured) {
    byte = static_cast<std::uint8_t>(is_sparse ? Below(random, 8) : Below(random, 256));
  }
  const auto place = [&](const Field& field) {
    return std::size_t{field.offset} + (field.is_based ? Below(random, 24) : 0);
  };
  const auto near = [&](std::uint32_t word) {
    return Chance(random, 80) ? word : word + Below(random, 3) - 1;
  };
  if (!fields_.empty()) {
    for (std::uint32_t i = Below(random, 6); i > 0; --i) {
      const Field field = Pick(random, fields_);
      Store(packet.captured, place(field), field.width, near(Pick(random, words_)));
    }
  }
  for (const auto& [field, word] : tested_) {
    if (Chance(random, 40)) Store(packet.captured, place(field), field.width, near(word));
  }
  packet.wire_length = static_cast<std::uint32_t>(packet.captured.size());
  if (Chance(random, 30)) packet.wire_length += Below(random, 1500);
  if (Chance(random, 20)) packet.wire_length = near(Pick(random, words_));
  return packet;
}

}  // namespace bpfopt::ir
