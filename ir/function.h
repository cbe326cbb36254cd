// A filter as a control-flow graph without loops: blocks of guards and effects that end in a return,
// a jump, a branch on a comparison or a switch. The invariants are those that ir/check.h lists.
//
//   fn pcap {
//   b0:
//     need [12]:2
//     if ldh[12] == 0x800 then b1 else b2
//   b1:
//     return 0x40000
//   b2:
//     return 0x0
//   }
#ifndef BPFOPT_IR_FUNCTION_H
#define BPFOPT_IR_FUNCTION_H

#include "bpfopt/program.h"
#include "ir/value.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_set>
#include <variant>
#include <vector>

#include <llvm/ADT/ArrayRef.h>

namespace bpfopt::ir {

class Block;

// A transfer to `target`, with one argument for each of its parameters.
struct Edge {
  Block* target = nullptr;
  std::vector<const Value*> arguments;

  friend bool operator==(const Edge&, const Edge&) = default;
};

// An effect at the start of a block whose failure ends the program in a FAULT (verdict 0).
struct Guard {
  enum class Kind : std::uint8_t {
    kBounds,   // value (null: none) + offset + width <= captured length, without carry
    kNonZero,  // value != 0
  };
  Kind kind = Kind::kBounds;
  const Value* value = nullptr;
  std::uint32_t offset = 0;
  unsigned width = 0;  // bytes: 1, 2 or 4 as loads demand it, or more once guards are merged

  static Guard Bounds(const Value* base, std::uint32_t offset, unsigned width) {
    return {Kind::kBounds, base, offset, width};
  }
  static Guard NonZero(const Value* value) { return {Kind::kNonZero, value, 0, 0}; }
  friend bool operator==(const Guard&, const Guard&) = default;
};

enum class Compare : std::uint8_t {
  kEqual,         // jeq
  kGreater,       // jgt, unsigned
  kGreaterEqual,  // jge, unsigned
  kAnySet,        // jset: (lhs & rhs) != 0
};

struct Return {
  const Value* value = nullptr;
  friend bool operator==(const Return&, const Return&) = default;
};
struct Jump {
  Edge edge;
  friend bool operator==(const Jump&, const Jump&) = default;
};
struct Branch {
  Compare compare = Compare::kEqual;
  const Value* lhs = nullptr;
  const Value* rhs = nullptr;
  Edge then_edge;
  Edge else_edge;
  friend bool operator==(const Branch&, const Branch&) = default;
};
// A total, ordered partition of the 32-bit words: case i covers cases[i].first up to the word before
// cases[i + 1].first (the last one up to 0xffffffff); cases[0].first is 0. Canonical: neighbouring cases
// have different edges, `edges` has no duplicates and each is used, numbered by first use.
struct Switch {
  struct Case {
    std::uint32_t first = 0;
    std::uint32_t edge = 0;  // index into edges
    friend bool operator==(const Case&, const Case&) = default;
  };
  const Value* value = nullptr;
  std::vector<Case> cases;
  std::vector<Edge> edges;

  // Joins neighbours, drops duplicates and unused edges, renumbers: establishes the canonical form.
  void Canonicalize();
  const Edge& EdgeFor(std::uint32_t word) const;
  friend bool operator==(const Switch&, const Switch&) = default;
};

using Terminator = std::variant<Return, Jump, Branch, Switch>;

class Block {
 public:
  std::uint32_t id() const { return id_; }  // dense in the function; not an order
  std::vector<const Value*> parameters;     // each a kParameter made by Function::NewParameter
  std::vector<Guard> guards;                // performed first, in order
  std::vector<const Value*> effects;        // each a kEffect; performed after the guards, in order
  Terminator terminator = Return{};

  // The outgoing edges: Branch then before else, Switch in the order of `edges`.
  std::vector<Edge*> edges();
  std::vector<const Edge*> edges() const;
  // The same one by one, in constant time.
  std::size_t edge_count() const;
  Edge& edge(std::size_t index);
  const Edge& edge(std::size_t index) const;

 private:
  friend class Function;
  std::uint32_t id_ = 0;
};

// Owns its blocks and values. Movable, not copyable; Clone() copies.
class Function {
 public:
  explicit Function(Target target) : target_(target) {}
  Function(Function&&) = default;
  Function& operator=(Function&&) = default;

  Target target() const { return target_; }

  // Blocks. The first one made is the entry until SetEntry says otherwise. The entry has no parameters.
  Block* NewBlock();
  Block* entry() const { return entry_; }
  void SetEntry(Block* block) { entry_ = block; }
  // All blocks, reachable or not, in order of creation. Ids index this.
  std::size_t block_count() const { return blocks_.size(); }
  Block* block(std::uint32_t id) const { return blocks_[id].get(); }
  // Drops blocks that cannot be reached from the entry and renumbers the rest in a topological order
  // (reverse post-order from the entry, then-edges first). Pointers to the kept blocks stay valid.
  void RemoveUnreachable();

  // Values. Make* return the one value equal to what is asked for, with operands of commutative operations
  // ordered (constants on the right, else by id) and constant operands folded; nothing deeper than that.
  const Value* MakeConstant(std::uint32_t value);
  const Value* MakeLoad(const Value* base, std::uint32_t offset, unsigned width);
  const Value* MakeWireLength();
  const Value* MakeAncillary(std::uint32_t offset);  // offset = k - SKF_AD_OFF
  const Value* MakeUnary(Opcode opcode, const Value* operand);
  // Division and modulus by the constant 0 and shifts by a constant >= 32 are not folded.
  const Value* MakeBinary(Opcode opcode, const Value* lhs, const Value* rhs);
  const Value* NewParameter();
  // `identity` names the source's instruction for a draw; a and x may be null where the effect ignores them.
  const Value* NewEffect(EffectKind kind, std::uint32_t identity, const Value* a, const Value* x);
  std::size_t value_count() const { return values_.size(); }
  const Value* value(std::uint32_t id) const { return &values_[id]; }

  // A deep copy: same ids of blocks and of values.
  Function Clone() const;

 private:
  struct ValueHash {
    std::size_t operator()(const Value* value) const;
  };
  struct ValueEqual {
    bool operator()(const Value* a, const Value* b) const;
  };
  const Value* Intern(Value value);  // the value equal to this one, made when there is none
  const Value* Append(Value value);  // a new value, whatever it is equal to

  Target target_;
  std::vector<std::unique_ptr<Block>> blocks_;
  Block* entry_ = nullptr;
  std::deque<Value> values_;
  std::unordered_set<const Value*, ValueHash, ValueEqual> interned_;
};

// The result of a binary or unary operation on known words; nothing for division by 0 and for shifts by
// 32 or more, where targets differ.
struct FoldResult {
  bool known = false;
  std::uint32_t value = 0;
};
FoldResult Fold(Opcode opcode, std::uint32_t lhs, std::uint32_t rhs);
bool Holds(Compare compare, std::uint32_t lhs, std::uint32_t rhs);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_FUNCTION_H
