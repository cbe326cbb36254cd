// Control flow while it is being made, in the order of execution: tests are put behind sets of edges that
// still lead nowhere, and each leaves two such sets, its passing and its failing edges. What differs from
// path to path (how long a header with a variable length was) travels along the edges as an Environment and
// becomes block parameters only where paths that disagree meet.
#ifndef BPFOPT_FRONTEND_FLOW_H
#define BPFOPT_FRONTEND_FLOW_H

#include "ir/function.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace bpfopt::frontend {

// Variable parts of offsets, computed while the program runs.
enum class Slot : std::uint8_t {
  kNone,
  kLinkHeader,
  kLinkType,
  kPayload,
  kScratch,
  kChainNext,    // `protochain`: the protocol of the next header, and
  kChainOffset,  // where it is, from the IP header
};
inline constexpr std::size_t kSlotCount = 7;

// What is known on a path. Slots that no test on it has set are 0, as unwritten scratch memory is.
struct Environment {
  unsigned generation = 0;                           // slots set before the last Renew() are forgotten
  std::array<const ir::Value*, kSlotCount> slots{};  // by Slot; null for 0
  const ir::Value* accumulator = nullptr;  // register A of libpcap's program, when it is tracked; null for 0
};

// An edge without a target. `block` is null for the way into the function.
struct OpenEdge {
  ir::Block* block = nullptr;
  std::size_t index = 0;
  const Environment* environment = nullptr;
  OpenEdge* next = nullptr;
};

// A set of open edges. Each is given a target exactly once, so a Flow is used up by what takes it.
struct Flow {
  OpenEdge* first = nullptr;
  OpenEdge* last = nullptr;
};

// What a test leaves.
struct Outcome {
  Flow pass;
  Flow fail;
};

// A block that is being filled.
struct Cursor {
  ir::Block* block = nullptr;
  const Environment* environment = nullptr;
};

// Joins two sets, in constant time.
Flow Concatenate(Flow a, Flow b);
inline Outcome Invert(Outcome outcome) { return {outcome.fail, outcome.pass}; }

class FlowBuilder {
 public:
  // With `track_accumulator`, environments know what libpcap's program has in A.
  FlowBuilder(ir::Function* function, bool track_accumulator);

  // The way into the function.
  Flow Start();
  // A new block that all of `flow` leads to.
  Cursor Join(Flow flow);
  // Forgets all slots: from now on they are 0 on every path that does not set them again.
  void Renew() { ++generation_; }
  // The value of a slot at the cursor; null for Slot::kNone, which is an absolute offset.
  const ir::Value* SlotValue(const Cursor& cursor, Slot slot);
  // Was its value asked for, before the first Renew()?
  bool IsUsed(Slot slot) const { return used_[static_cast<std::size_t>(slot)]; }
  // The cursor's environment with a slot set.
  Cursor WithSlot(const Cursor& cursor, Slot slot, const ir::Value* value);
  // The cursor's environment with what libpcap's program has in A then.
  Cursor WithAccumulator(const Cursor& cursor, const ir::Value* accumulator);

  // A load, and the guard that it needs. A null base, or a constant one whose sum cannot wrap, makes an
  // absolute load.
  const ir::Value* Load(const Cursor& cursor, const ir::Value* base, std::uint32_t offset, unsigned width);

  // Ends the block. `accumulator` is what A holds then.
  Outcome Branch(const Cursor& cursor, ir::Compare compare, const ir::Value* lhs, const ir::Value* rhs,
                 const ir::Value* accumulator);
  Outcome Branch(const Cursor& cursor, ir::Compare compare, const ir::Value* lhs, std::uint32_t rhs);
  Flow Continue(const Cursor& cursor);
  // Ends the function there, keeping `bytes` of the packet.
  void Return(Flow flow, std::uint32_t bytes);

  // A test without a question.
  Outcome Constant(Flow flow, bool value);

  ir::Function& function() { return *function_; }

 private:
  const Environment* Keep(Environment environment);
  const Environment* WithAccumulator(const Environment* environment, const ir::Value* accumulator);
  const Environment* MergeInto(ir::Block* block, Flow flow);
  // Agreed on by all of `flow`, or made a parameter of `block`.
  template <typename Get>
  const ir::Value* MergeValue(ir::Block* block, Flow flow, Get get);
  OpenEdge* Open(ir::Block* block, std::size_t index, const Environment* environment);

  ir::Function* function_;
  bool track_accumulator_;
  unsigned generation_ = 0;
  std::array<bool, kSlotCount> used_{};
  std::deque<Environment> environments_;
  std::deque<OpenEdge> open_edges_;
};

// Tests that must all pass, each made behind the passing edges of the one before.
class Conjunction {
 public:
  explicit Conjunction(Flow in) : next_(in) {}
  Flow next() const { return next_; }
  void Add(Outcome outcome) {
    next_ = outcome.pass;
    fail_ = Concatenate(fail_, outcome.fail);
  }
  Outcome outcome() const { return {next_, fail_}; }

 private:
  Flow next_;
  Flow fail_;
};

// Tests of which one must pass, each made behind the failing edges of the one before.
class Disjunction {
 public:
  explicit Disjunction(Flow in) : next_(in) {}
  Flow next() const { return next_; }
  void Add(Outcome outcome) {
    next_ = outcome.fail;
    pass_ = Concatenate(pass_, outcome.pass);
  }
  Outcome outcome() const { return {pass_, next_}; }

 private:
  Flow next_;
  Flow pass_;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_FLOW_H
