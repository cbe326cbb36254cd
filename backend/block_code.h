// Code for one block and the moves on its outgoing edges, from a known state.
#ifndef BPFOPT_BACKEND_BLOCK_CODE_H
#define BPFOPT_BACKEND_BLOCK_CODE_H

#include "backend/facts.h"
#include "backend/generate.h"
#include "backend/machine.h"
#include "backend/selection.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::backend {

// An edge's share of a parallel assignment: the location is to hold `value` when the target is entered.
struct Move {
  Place place = Place::kA;
  std::uint32_t slot = 0;  // of kScratch
  const ir::Value* value = nullptr;
  bool is_required = false;  // made for a requirement, so its loads may need leave
};

struct EdgeCode {
  std::vector<MachineInstruction> code;
  std::optional<State> state;  // at the target, under the names that values have in the source
};

struct BlockCode {
  std::vector<MachineInstruction> code;
  MachineEnd end;           // targets are not filled in
  bool is_swapped = false;  // the machine's then-edge is the block's else-edge
  std::array<EdgeCode, 2>
      edges;  // of a branch or a jump, in the order of the block's edges; a jump's has no code
  // Half instructions: an edge's own code may cost a jump besides.
  std::uint32_t score = 0;
  std::uint32_t kept = 0;  // wanted values that successors find in X
};

// Makes code for blocks of one function under one set of decisions.
class BlockCoder {
 public:
  BlockCoder(const Facts& facts, const Rules& rules, const Decisions& decisions, bool thorough)
      : facts_(facts),
        rules_(rules),
        decisions_(decisions),
        thorough_(thorough),
        next_slot_(static_cast<std::uint32_t>(facts.tracked().size())) {}

  // Plans of selection made so far: a measure of time that is the same on every machine.
  std::size_t work() const { return work_; }

  // Nothing when some value that cannot be computed again is needed but held nowhere.
  std::optional<BlockCode> Generate(const ir::Block& block, const State& entry);

 private:
  enum class GuardLoad : std::uint8_t { kThroughA, kThroughX };
  struct Variant {
    const ir::Value* first_in_x = nullptr;  // evaluated into X before the terminator's values
    bool keep_x = false;                    // and kept there
    const ir::Value* first_in_scratch = nullptr;
    bool hoists_moves = true;
    GuardLoad guard_load = GuardLoad::kThroughA;
    std::vector<ir::Guard> guards = {};  // performed by loads of their own
  };
  // One way of making a branch's test: A against `k` or, when x is given, against X.
  struct Test {
    std::uint16_t code;
    const ir::Value* a;
    const ir::Value* x;
    std::uint32_t k;
    bool is_swapped;
  };

  void Consider(const ir::Block& block, const State& entry, Variant variant, std::optional<BlockCode>& best);
  std::optional<BlockCode> Try(const ir::Block& block, const State& entry, const Variant& variant,
                               std::vector<ir::Guard>& missing);
  bool EmitStart(const ir::Block& block, const Variant& variant, Selector& selector);
  bool EmitGuard(const ir::Guard& guard, GuardLoad way, Selector& selector);
  bool EmitReach(std::uint32_t end, GuardLoad way, Selector& selector);
  void EmitEveryByte(const ir::Guard& guard, Selector& selector) const;
  bool EmitEffect(const ir::Value* effect, Selector& selector);
  void AddParts(const ir::Value* whole, std::vector<const ir::Value*>& parts) const;
  bool EmitParts(const ir::Block& block, Selector& selector);
  bool EmitTest(const ir::Branch& branch, const Variant& variant, Selector& selector, BlockCode& code);
  bool EmitMoves(const ir::Edge& edge, const std::vector<Move>& moves, const State& state, EdgeCode& result);
  bool TryMoves(const std::vector<Move>& moves, const ir::Block* target, bool spills_first,
                Selector& selector);
  void HoistMoves(const ir::Block& block, const std::array<std::vector<Move>, 2>& moves, bool test_uses_x,
                  Selector& selector);
  bool MayReplaceX(const ir::Block* other_target, const std::vector<Move>& other_moves,
                   const State& state) const;
  std::vector<Move> MovesOf(const ir::Edge& edge) const;
  static std::vector<Test> TestsOf(const ir::Branch& branch);
  std::vector<Variant> VariantsOf(const ir::Block& block) const;
  // Whether the guard holds on every complete packet.
  bool NeedsLengthAlone(const ir::Guard& guard) const {
    return guard.kind == ir::Guard::Kind::kBounds && !facts_.MayWrap(guard);
  }
  std::vector<ir::Guard> MissingGuards(const ir::Block& block, const State& end, const BlockCode& code) const;
  bool HoldsLive(const ir::Block* target, const State& state) const;
  bool IsOnlyIn(const ir::Value* reg, const ir::Block* target, const State& state) const;
  void Score(const ir::Block& block, BlockCode& code) const;

  const Facts& facts_;
  const Rules& rules_;
  const Decisions& decisions_;
  bool thorough_;
  std::uint32_t next_slot_;
  std::size_t work_ = 0;
};

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_BLOCK_CODE_H
