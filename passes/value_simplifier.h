// Values rewritten to simpler ones of the same meaning: constants folded, masks and shifts brought together,
// what known bits make superfluous dropped, sums in a normal form, narrow loads for parts of wide ones.
#ifndef BPFOPT_PASSES_VALUE_SIMPLIFIER_H
#define BPFOPT_PASSES_VALUE_SIMPLIFIER_H

#include "bpf/checker.h"
#include "ir/function.h"
#include "ir/upper_bounds.h"
#include "passes/knowledge.h"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace bpfopt::passes {

// Whether a program may have this load where `cooked` rules the link header (bpf/checker.h).
bool MayLoad(const bpf::CookedHeader& cooked, const ir::Value* base, std::uint32_t offset, unsigned width);

// A load's address or a bounds guard's, without the constant that its base ends in.
struct Address {
  const ir::Value* base = nullptr;
  std::uint32_t offset = 0;
};

// Works on one function, which it adds values to. A simplified value is used under the same guards, rewritten
// by the same object: loads keep their address or take a part of the wider load's bytes.
class ValueSimplifier {
 public:
  ValueSimplifier(ir::Function& function, bpf::CookedHeader cooked);

  // The simplest value of this meaning. Iterative and remembered: linear in the values that it meets.
  const ir::Value* Simplify(const ir::Value* value);
  // Uses `replacement` for `effect` from now on.
  void Replace(const ir::Value* effect, const ir::Value* replacement);
  Address SimplifyAddress(const ir::Value* base, std::uint32_t offset);

  // Of simplified operands.
  const ir::Value* Make(ir::Opcode opcode, const ir::Value* lhs, const ir::Value* rhs);
  const ir::Value* Make(ir::Opcode opcode, const ir::Value* lhs, std::uint32_t rhs);

  // By structure alone.
  const Knowledge& KnownOf(const ir::Value* value);
  ir::Function& function() { return function_; }

 private:
  // Rules of one operation; null where none applies.
  const ir::Value* Rewrite(ir::Opcode opcode, const ir::Value* lhs, const ir::Value* rhs);
  const ir::Value* RewriteAnd(const ir::Value* value, std::uint32_t mask);
  const ir::Value* RewriteOr(const ir::Value* value, std::uint32_t word);
  const ir::Value* RewriteXor(const ir::Value* value, std::uint32_t word);
  const ir::Value* RewriteShl(const ir::Value* value, std::uint32_t shift);
  const ir::Value* RewriteShr(const ir::Value* value, std::uint32_t shift);
  const ir::Value* RewriteDiv(const ir::Value* value, std::uint32_t divisor);
  const ir::Value* RewriteMod(const ir::Value* value, std::uint32_t divisor);
  const ir::Value* RewriteSame(ir::Opcode opcode, const ir::Value* value);
  const ir::Value* RewriteSum(ir::Opcode opcode, const ir::Value* lhs, const ir::Value* rhs);
  // The greatest word that the value may be, with parameters as great as the arguments that reach them.
  std::uint32_t GreatestOf(const ir::Value* value);
  const ir::Value* PartOfLoad(const ir::Value* load, std::uint32_t shift, std::uint32_t mask);
  const ir::Value* SimplifyNode(const ir::Value* value);

  ir::Function& function_;
  bpf::CookedHeader cooked_;
  std::optional<ir::UpperBounds>
      bounds_;  // where loads have bases: of the values that were there at the start
  bool folds_addresses_ = false;
  unsigned depth_ = 0;
  std::vector<const ir::Value*> simplified_;  // by id; null: not yet
  std::unordered_map<const ir::Value*, Knowledge> known_;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_VALUE_SIMPLIFIER_H
