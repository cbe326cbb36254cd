// What is behind a Term: the nodes that a Context owns. For the sources of this layer only.
#ifndef BPFOPT_SMT_NODE_H
#define BPFOPT_SMT_NODE_H

#include "smt/term.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace bpfopt::smt {

enum class Op : std::uint8_t {
  // Booleans. An `or` is a negated `and` of negations.
  kBool,
  kBoolVariable,
  kNot,
  kAnd,
  kIff,
  kEq,
  kUlt,
  // Booleans or bit-vectors.
  kIte,
  // Bit-vectors. Subtraction is `a + ~b + 1`; constant shifts, masks and extensions are slices.
  kConstant,
  kVariable,
  kAdd,
  kMul,
  kUDiv,
  kURem,
  kBitAnd,
  kBitOr,
  kBitXor,
  kBitNot,
  kShl,
  kLShr,
  kConcat,
  kExtract,
  kArray,
  kSelect,
};

struct Node {
  Op op = Op::kBool;
  std::uint8_t width = 0;  // 0: a boolean; of an array, its address width
  std::uint32_t id = 0;
  // The constant; of an extract its lowest bit; of a variable or array the index of its name.
  std::uint64_t value = 0;
  const Node* operands[3] = {nullptr, nullptr, nullptr};
  std::uint64_t max = 0;  // an upper bound of a bit-vector's value
  // The negation, where somebody has asked for it; of a negation nothing.
  mutable const Node* negation = nullptr;
};

// All ones in the `width` lowest bits.
constexpr std::uint64_t LowMask(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

inline bool IsConstant(const Node* node) { return node->op == Op::kConstant; }

// The slices that `node` is the concatenation of, lowest first.
std::vector<const Node*> Slices(const Node* node);

// As Context::Evaluate, with nodes for terms.
std::uint64_t EvaluateNode(const Node* root, const std::function<std::uint64_t(const Node*)>& variable,
                           const std::function<std::uint8_t(const Node*, std::uint64_t)>& byte);

struct Context::Impl {
  const Node* True() { return true_; }
  const Node* False() { return false_; }
  const Node* Bool(bool value) { return value ? true_ : false_; }
  const Node* Named(Op op, const std::string& name, unsigned width);
  const Node* Not(const Node* a);
  const Node* And(const Node* a, const Node* b);
  const Node* Or(const Node* a, const Node* b) { return Not(And(Not(a), Not(b))); }
  const Node* Iff(const Node* a, const Node* b);
  const Node* Ite(const Node* condition, const Node* a, const Node* b);

  const Node* Constant(std::uint64_t value, unsigned width);
  const Node* Add(const Node* a, const Node* b);
  const Node* Mul(const Node* a, const Node* b);
  const Node* UDiv(const Node* a, const Node* b);
  const Node* URem(const Node* a, const Node* b);
  const Node* Bitwise(Op op, const Node* a, const Node* b);
  const Node* BitNot(const Node* a);
  const Node* Shl(const Node* a, const Node* b);
  const Node* LShr(const Node* a, const Node* b);
  const Node* Concat(const Node* high, const Node* low);
  const Node* Extract(const Node* a, unsigned high, unsigned low);
  const Node* Eq(const Node* a, const Node* b);
  const Node* Ult(const Node* a, const Node* b);
  const Node* Select(const Node* array, const Node* address);

  Impl();

  std::vector<std::string> names;

 private:
  // A slot of the table of all nodes.
  struct Slot {
    std::size_t hash = 0;
    const Node* node = nullptr;
  };

  const Node* Intern(Op op, unsigned width, const Node* a = nullptr, const Node* b = nullptr,
                     const Node* c = nullptr, std::uint64_t value = 0);
  void GrowTable();
  const Node* BitwiseSlice(Op op, const Node* a, const Node* b);
  const Node* EqSlice(const Node* a, const Node* b);
  const Node* UltConstant(const Node* a, std::uint64_t bound);

  std::deque<Node> nodes_;
  std::vector<Slot> interned_;  // open addressing
  std::unordered_map<std::string, std::uint64_t> name_index_;
  const Node* true_ = nullptr;
  const Node* false_ = nullptr;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_NODE_H
