#include "passes/encode.h"

#include "ir/graph.h"
#include "passes/facts.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

// Addresses from here on may be no packet's (see passes/facts.cc).
constexpr std::uint64_t kPacketEnd = 0x7ffffff0;

bool BytesAreShared(const Value* load) {
  std::uint64_t last = load->offset();
  if (load->base() != nullptr) {
    const Knowledge base = Facts().Of(load->base());
    if (base.IsContradiction()) return false;
    last += base.range.Max();
  }
  return last < kPacketEnd;
}

bool IsLeaf(const Value* value) {
  switch (value->opcode()) {
    case Opcode::kParameter:
    case Opcode::kEffect:
    case Opcode::kWireLength:
    case Opcode::kAncillary:
      return true;
    default:
      return false;
  }
}

// Ids of values have 32 bits, and so have offsets; absolute loads have no base.
void AddByteSources(const Value* load, std::uint32_t mask, std::vector<Source>& sources) {
  if (!BytesAreShared(load)) {
    sources.push_back({std::uint64_t{load->id()} << 32 | 0xffffffff});
    return;
  }
  const std::uint64_t base = load->base() == nullptr ? 0 : std::uint64_t{load->base()->id()} + 1;
  for (unsigned i = 0; i < load->width(); ++i) {
    const auto bits = static_cast<std::uint8_t>(mask >> 8 * (load->width() - 1 - i));
    if (bits != 0) sources.push_back({base << 32 | (load->offset() + i), bits});
  }
}

bool IsMaskedLoad(const Value* value) {
  return value->opcode() == Opcode::kAnd && value->rhs()->IsConstant() &&
         value->lhs()->opcode() == Opcode::kLoad;
}

}  // namespace

Sources SourcesOf(const Value* root, std::size_t limit) {
  Sources sources;
  std::unordered_set<const Value*> seen;
  std::vector<const Value*> pending{root};
  for (std::size_t visited = 0; !pending.empty(); ++visited) {
    if (visited == limit) return {{}, false};
    const Value* value = pending.back();
    pending.pop_back();
    if (IsLeaf(value)) sources.list.push_back({std::uint64_t{value->id()} << 32 | 0xfffffffe});
    if (value->opcode() == Opcode::kLoad) AddByteSources(value, 0xffffffff, sources.list);
    if (IsMaskedLoad(value)) AddByteSources(value->lhs(), value->rhs()->constant(), sources.list);
    if (value->opcode() == Opcode::kLoad || IsMaskedLoad(value) || !seen.insert(value).second) continue;
    for (const Value* operand : ir::OperandsOf(value)) {
      if (operand != nullptr) pending.push_back(operand);
    }
  }
  std::sort(sources.list.begin(), sources.list.end(),
            [](const Source& a, const Source& b) { return a.id < b.id; });
  return sources;
}

smt::Term Encoder::Encode(const Value* root) {
  if (const auto known = encoded_.find(root); known != encoded_.end()) return known->second;
  std::vector<const Value*> pending{root};
  while (!pending.empty()) {
    const Value* value = pending.back();
    bool is_ready = true;
    if (value->opcode() != Opcode::kLoad) {
      for (const Value* operand : ir::OperandsOf(value)) {
        if (operand == nullptr || encoded_.contains(operand)) continue;
        pending.push_back(operand);
        is_ready = false;
      }
    }
    if (!is_ready) continue;
    pending.pop_back();
    if (!encoded_.contains(value)) encoded_.emplace(value, EncodeNode(value));
  }
  return encoded_.at(root);
}

smt::Term Encoder::EncodeNode(const Value* value) {
  if (value->opcode() == Opcode::kConstant) return terms_.Constant(value->constant(), 32);
  if (value->opcode() == Opcode::kLoad) return EncodeLoad(value);
  if (IsLeaf(value)) return terms_.Variable(fmt::format("leaf{}", value->id()), 32);
  const smt::Term lhs = encoded_.at(value->lhs());
  if (value->opcode() == Opcode::kNeg) return terms_.Neg(lhs);
  const smt::Term rhs = encoded_.at(value->rhs());
  switch (value->opcode()) {
    case Opcode::kAdd:
      return terms_.Add(lhs, rhs);
    case Opcode::kSub:
      return terms_.Sub(lhs, rhs);
    case Opcode::kMul:
      return terms_.Mul(lhs, rhs);
    case Opcode::kDiv:
      return terms_.UDiv(lhs, rhs);
    case Opcode::kMod:
      return terms_.URem(lhs, rhs);
    case Opcode::kAnd:
      return terms_.BitAnd(lhs, rhs);
    case Opcode::kOr:
      return terms_.BitOr(lhs, rhs);
    case Opcode::kXor:
      return terms_.BitXor(lhs, rhs);
    default:
      return EncodeShift(value, lhs, rhs);
  }
}

smt::Term Encoder::EncodeLoad(const Value* load) {
  if (!BytesAreShared(load)) {
    const smt::Term word = terms_.Variable(fmt::format("load{}", load->id()), 8 * load->width());
    return load->width() == 4 ? word : terms_.ZeroExtend(word, 32);
  }
  const std::string base = load->base() == nullptr ? "" : fmt::format("base{}_", load->base()->id());
  smt::Term word;
  for (unsigned i = 0; i < load->width(); ++i) {
    const smt::Term byte = terms_.Variable(fmt::format("{}byte{}", base, load->offset() + i), 8);
    word = i == 0 ? byte : terms_.Concat(word, byte);
  }
  return load->width() == 4 ? word : terms_.ZeroExtend(word, 32);
}

smt::Term Encoder::EncodeShift(const Value* shift, smt::Term value, smt::Term amount) {
  const smt::Term shifted =
      shift->opcode() == Opcode::kShl ? terms_.Shl(value, amount) : terms_.LShr(value, amount);
  const smt::Term anything = terms_.Variable(fmt::format("shift{}", shift->id()), 32);
  return terms_.Ite(terms_.Ult(amount, terms_.Constant(32, 32)), shifted, anything);
}

smt::Term Encoder::IsIn(smt::Term word, const RangeSet& words) {
  const auto constant = [this](std::uint32_t c) { return terms_.Constant(c, 32); };
  smt::Term inside = terms_.False();
  for (const Range range : words.ranges()) {
    const smt::Term in_range = range.first == range.last ? terms_.Eq(word, constant(range.first))
                                                         : terms_.And(terms_.Ule(constant(range.first), word),
                                                                      terms_.Ule(word, constant(range.last)));
    inside = terms_.Or(inside, in_range);
  }
  return inside;
}

smt::Term Encoder::Holds(ir::Compare compare, const Value* lhs, const Value* rhs) {
  const smt::Term a = Encode(lhs);
  const smt::Term b = Encode(rhs);
  switch (compare) {
    case ir::Compare::kEqual:
      return terms_.Eq(a, b);
    case ir::Compare::kGreater:
      return terms_.Ult(b, a);
    case ir::Compare::kGreaterEqual:
      return terms_.Ule(b, a);
    case ir::Compare::kAnySet:
      return terms_.Not(terms_.Eq(terms_.BitAnd(a, b), terms_.Constant(0, 32)));
  }
  assert(false);
  return terms_.True();
}

}  // namespace bpfopt::passes
