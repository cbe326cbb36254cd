// A plain interpreter of the IR. Values are computed when they are used, each at most once in a run: blocks
// run at most once, so a value cannot change.
#include "ir/evaluate.h"

#include "bpf/opcode.h"
#include "ir/graph.h"

#include <array>
#include <bit>
#include <cassert>
#include <optional>
#include <vector>

namespace bpfopt::ir {
namespace {

using bpf::End;

constexpr std::uint64_t kFirstNegative = 0x80000000;  // the kernel's offsets are signed
constexpr std::uint32_t kSeccompDataSize = 64;

class Evaluator {
 public:
  Evaluator(const Function& function, const bpf::Packet& packet, const bpf::Ancillary& ancillary)
      : function_(function), packet_(packet), ancillary_(ancillary), words_(function.value_count()) {}

  bpf::Outcome Run() {
    const Block* block = function_.entry();
    while (!end_.has_value()) {
      if (block == nullptr || executed_ == function_.block_count()) {
        Finish(End::kMalformed, 0);
        break;
      }
      ++executed_;
      block = RunBlock(*block);
    }
    return {verdict_, *end_, executed_};
  }

 private:
  void Finish(End end, std::uint32_t verdict) {
    if (end_.has_value()) return;
    end_ = end;
    verdict_ = verdict;
  }

  // The next block; null at the end.
  const Block* RunBlock(const Block& block) {
    for (const Guard& guard : block.guards) {
      PerformGuard(guard);
      if (end_.has_value()) return nullptr;
    }
    for (const Value* effect : block.effects) {
      PerformEffect(effect);
      if (end_.has_value()) return nullptr;
    }
    const Edge* edge =
        std::visit([this](const auto& terminator) { return Follow(terminator); }, block.terminator);
    return end_.has_value() || edge == nullptr ? nullptr : Enter(*edge);
  }

  const Edge* Follow(const Return& terminator) {
    const std::uint32_t verdict = Evaluate(terminator.value);
    Finish(End::kReturn, verdict);
    return nullptr;
  }
  const Edge* Follow(const Jump& terminator) { return &terminator.edge; }
  const Edge* Follow(const Branch& terminator) {
    const std::uint32_t lhs = Evaluate(terminator.lhs);
    const std::uint32_t rhs = Evaluate(terminator.rhs);
    return Holds(terminator.compare, lhs, rhs) ? &terminator.then_edge : &terminator.else_edge;
  }
  const Edge* Follow(const Switch& terminator) {
    const std::uint32_t word = Evaluate(terminator.value);
    return end_.has_value() ? nullptr : &terminator.EdgeFor(word);
  }

  const Block* Enter(const Edge& edge) {
    if (edge.target == nullptr || edge.target->parameters.size() != edge.arguments.size()) {
      Finish(End::kMalformed, 0);
      return nullptr;
    }
    for (std::size_t i = 0; i < edge.arguments.size(); ++i) {
      words_[edge.target->parameters[i]->id()] = Evaluate(edge.arguments[i]);
    }
    return edge.target;
  }

  void PerformGuard(const Guard& guard) {
    const std::uint32_t word = guard.value == nullptr ? 0 : Evaluate(guard.value);
    if (guard.kind == Guard::Kind::kNonZero) {
      if (word == 0) Finish(End::kDivision, 0);
    } else if (!IsReadable(Address(word, guard.offset), guard.width)) {
      Finish(End::kFault, 0);
    }
  }

  void PerformEffect(const Value* effect) {
    const std::uint32_t a = effect->lhs() == nullptr ? 0 : Evaluate(effect->lhs());
    const std::uint32_t x = effect->rhs() == nullptr ? 0 : Evaluate(effect->rhs());
    words_[effect->id()] = EffectResult(*effect, a, x);
  }

  std::uint32_t EffectResult(const Value& effect, std::uint32_t a, std::uint32_t x) {
    switch (effect.effect()) {
      case EffectKind::kDraw:
        return ancillary_.random ? ancillary_.random(effect.identity()) : 0;
      case EffectKind::kNlattr:
        return ancillary_.nlattr ? ancillary_.nlattr(bpf::kAncillaryNlattr, a, x) : 0;
      case EffectKind::kNlattrNest:
        return ancillary_.nlattr ? ancillary_.nlattr(bpf::kAncillaryNlattrNest, a, x) : 0;
      case EffectKind::kDeviceIndex:
        return DeviceWord(bpf::kAncillaryInterfaceIndex, a);
      case EffectKind::kDeviceType:
        return DeviceWord(bpf::kAncillaryHardwareType, a);
    }
    return 0;
  }
  std::uint32_t DeviceWord(std::uint32_t offset, std::uint32_t a) {
    if (!ancillary_.has_device) Finish(End::kNoDevice, a);
    return AncillaryWord(offset);
  }
  std::uint32_t AncillaryWord(std::uint32_t offset) const {
    return ancillary_.word ? ancillary_.word(offset) : 0;
  }

  // Values: 0 and the end of the run where an invariant is broken.
  std::uint32_t Evaluate(const Value* root) {
    if (root == nullptr) return Malformed();
    std::vector<const Value*> pending{root};
    while (!pending.empty() && !end_.has_value()) {
      const Value* value = pending.back();
      bool is_ready = true;
      for (const Value* operand : OperandsOf(value)) {
        if (operand == nullptr || words_[operand->id()].has_value()) continue;
        pending.push_back(operand);
        is_ready = false;
      }
      if (!is_ready) continue;
      pending.pop_back();
      std::optional<std::uint32_t>& word = words_[value->id()];
      if (!word.has_value()) word = Compute(*value);
    }
    return words_[root->id()].value_or(0);
  }

  std::uint32_t Malformed() {
    Finish(End::kMalformed, 0);
    return 0;
  }

  std::uint32_t Compute(const Value& value) {
    switch (value.opcode()) {
      case Opcode::kConstant:
        return value.constant();
      case Opcode::kParameter:
      case Opcode::kEffect:
        return Malformed();  // no block has defined it
      case Opcode::kLoad:
        return Load(Address(value.base() == nullptr ? 0 : Word(value.base()), value.offset()), value.width());
      case Opcode::kWireLength:
        return function_.target() == Target::kSeccomp ? kSeccompDataSize : packet_.wire_length;
      case Opcode::kAncillary:
        return AncillaryWord(value.offset());
      case Opcode::kNeg:
        return Fold(Opcode::kNeg, Word(value.lhs()), 0).value;
      case Opcode::kShl:
      case Opcode::kShr:
        return Shift(value.opcode(), Word(value.lhs()), Word(value.rhs()));
      default: {
        const FoldResult result = Fold(value.opcode(), Word(value.lhs()), Word(value.rhs()));
        return result.known ? result.value : Malformed();  // a division by 0
      }
    }
  }
  std::uint32_t Word(const Value* value) const { return words_[value->id()].value_or(0); }

  std::uint32_t Shift(Opcode opcode, std::uint32_t word, std::uint32_t by) const {
    if (by >= 32 && function_.target() == Target::kPcap) return 0;
    return Fold(opcode, word, by % 32).value;
  }

  // The packet.
  std::uint64_t Address(std::uint32_t base, std::uint32_t offset) const {
    if (function_.target() == Target::kLinux) return base + offset;  // mod 2^32
    return std::uint64_t{base} + offset;
  }

  // Addresses that the kernel takes for an offset into something else than the captured bytes.
  bool IsAsked(std::uint64_t address) const {
    return function_.target() == Target::kLinux && address >= bpf::kLinkLayerOffset &&
           address < bpf::kAncillaryOffset;
  }
  std::optional<std::uint32_t> Ask(std::uint64_t address, unsigned width) const {
    if (!ancillary_.negative) return 0;
    return ancillary_.negative(static_cast<std::uint32_t>(address), width);
  }

  bool IsCaptured(std::uint64_t address, unsigned width) const {
    if (function_.target() == Target::kLinux && address >= kFirstNegative) return false;
    return address + width <= packet_.captured.size();
  }

  bool IsReadable(std::uint64_t address, unsigned width) const {
    if (function_.target() == Target::kSeccomp) return address + width <= kSeccompDataSize;
    if (IsAsked(address)) return Ask(address, width).has_value();
    return packet_.continuation || IsCaptured(address, width);
  }

  std::uint32_t Load(std::uint64_t address, unsigned width) {
    if (!IsReadable(address, width)) return Malformed();  // no guard has seen to it
    if (function_.target() == Target::kSeccomp) return LoadSeccomp(address, width);
    std::uint32_t word = 0;
    if (IsAsked(address)) {
      word = *Ask(address, width);
      return width == 4 ? word : word & ((1U << (8 * width)) - 1);
    }
    for (unsigned i = 0; i < width; ++i) word = word << 8 | ByteAt(address + i);
    return word;
  }
  std::uint8_t ByteAt(std::uint64_t address) const {
    if (IsCaptured(address, 1)) return packet_.captured[static_cast<std::size_t>(address)];
    return packet_.continuation(address);
  }

  // Aligned words in host order.
  std::uint32_t LoadSeccomp(std::uint64_t address, unsigned width) {
    if (width != 4 || address % 4 != 0) return Malformed();
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (address + i < packet_.captured.size())
        bytes[i] = packet_.captured[static_cast<std::size_t>(address) + i];
    }
    return std::bit_cast<std::uint32_t>(bytes);
  }

  const Function& function_;
  const bpf::Packet& packet_;
  const bpf::Ancillary& ancillary_;
  std::vector<std::optional<std::uint32_t>> words_;  // by value id
  std::optional<End> end_;
  std::uint32_t verdict_ = 0;
  std::size_t executed_ = 0;
};

}  // namespace

bpf::Outcome Evaluate(const Function& function, const bpf::Packet& packet, const bpf::Ancillary& ancillary) {
  return Evaluator(function, packet, ancillary).Run();
}

}  // namespace bpfopt::ir
