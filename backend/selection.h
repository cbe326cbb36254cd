// Instruction selection: puts values into A and X with the fewest instructions, given what the machine holds.
//
// A value can be reached in several ways (tiles), each a short list of steps: the left side first and X
// loaded directly after it, the right side first through `tax`, one side kept in a scratch word meanwhile,
// and so on. One list of tiles serves both planning, which prices them recursively, and emission, which
// follows the cheapest.
//
//   ld[x + 26] & 0xf0 >> 2 + x   with x in X:  ldb [x + 26]; and #0xf0; rsh #2; add x
//
// Recursion is bounded: the caller evaluates parts of very high values into scratch words first (kMaxHeight).
#ifndef BPFOPT_BACKEND_SELECTION_H
#define BPFOPT_BACKEND_SELECTION_H

#include "backend/machine.h"
#include "backend/state.h"
#include "bpf/checker.h"
#include "bpfopt/program.h"
#include "ir/function.h"

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace bpfopt::backend {

// What code may look like, and what it must not leave out.
struct Rules {
  Target target = Target::kPcap;
  Relation relation = Relation::kFaithful;
  bpf::CookedHeader cooked;
};

// Parts of values higher than this are to be in scratch words before the whole is evaluated.
inline constexpr unsigned kMaxHeight = 200;

inline constexpr std::uint32_t kImpossible = 1U << 30;

// k when `value` is what `ldxb 4*([k]&0xf)` loads, and that instruction may be used.
std::optional<std::uint32_t> HeaderLengthOffset(const ir::Value* value, const Rules& rules);
// Whether a load of `width` bytes at constant offset `offset` may be used.
bool IsAllowedLoad(bool indirect, std::uint32_t offset, unsigned width, const Rules& rules);

class Selector {
 public:
  // `next_slot` numbers new scratch words.
  // `work` counts the plans made.
  Selector(const Rules& rules, State state, std::uint32_t& next_slot, std::size_t& work)
      : rules_(rules), state_(std::move(state)), next_slot_(next_slot), work_(work) {}

  const State& state() const { return state_; }
  State& mutable_state() { return state_; }
  const std::vector<MachineInstruction>& code() const { return code_; }
  std::vector<MachineInstruction> TakeCode() { return std::move(code_); }

  // Instructions needed from here; kImpossible when something that cannot be computed again is held nowhere.
  std::uint32_t CostOfA(const ir::Value* value, bool keep_x);
  std::uint32_t CostOfX(const ir::Value* value);
  std::uint32_t CostOfBoth(const ir::Value* in_a, const ir::Value* in_x);
  // Whether `value` is in X already or one instruction that leaves A alone brings it there.
  bool CanLoadXDirectly(const ir::Value* value) const;

  // Each evaluates at the cost above; false and nothing emitted when that is kImpossible.
  bool EvaluateA(const ir::Value* value, bool keep_x = false);
  bool EvaluateX(const ir::Value* value);
  bool EvaluateBoth(const ir::Value* in_a, const ir::Value* in_x);
  // X := value without touching A. Requires CanLoadXDirectly.
  void LoadXDirectly(const ir::Value* value);
  // Puts A or X, one of which holds `value`, into the scratch word `slot`.
  void Store(std::uint32_t slot, const ir::Value* value);

  // Instructions that are no values: effects and loads made for their guard. `in_a` is what A holds
  // afterwards.
  void EmitToA(MachineInstruction instruction, const ir::Value* in_a);
  // X := some byte-derived word of no use, by `ldxb 4*([k]&0xf)`.
  void EmitHeaderLengthLoad(std::uint32_t k);

 private:
  struct Context {
    const ir::Value* a;
    const ir::Value* x;
  };
  // Cost of a way of doing something, and what X holds then.
  struct Plan {
    std::uint32_t cost = kImpossible;
    const ir::Value* x = nullptr;
  };
  struct Step {
    enum class Kind : std::uint8_t {
      kEvaluateA,      // A := value; X keeps its value when the tile promises to keep it
      kEvaluateAKeep,  // A := value, X unchanged
      kEvaluateX,      // X := value
      kLoadX,          // X := value, A unchanged
      kToA,            // one instruction: A := value
      kToX,            // one instruction: X := value
      kSpillA,         // scratch := A, which holds value
      kSpillX,         // scratch := X
      kReloadA,        // A := scratch, which holds value
      kReloadX,        // X := scratch
    };
    Kind kind;
    const ir::Value* value;
    std::uint16_t code = 0;
    std::uint32_t k = 0;
  };
  struct Tile {
    std::array<Step, 7> steps;
    unsigned count = 0;
    bool keeps_x = false;  // every kEvaluateA step is to keep X

    Tile& Add(Step step) {
      steps[count++] = step;
      return *this;
    }
  };
  struct Key {
    const ir::Value* value;
    const ir::Value* a;
    const ir::Value* x;
    bool keep_x;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  bool IsDirect(const ir::Value* value) const;
  std::optional<Step> OneInstructionToA(const ir::Value* value) const;
  std::optional<Step> OneInstructionToX(const ir::Value* value) const;

  // Calls visit(tile) for each way of A := value that begins with the given context.
  template <typename Visit>
  void ForEachTile(const ir::Value* value, const Context& context, bool keep_x, Visit visit) const;
  template <typename Visit>
  void ForEachPlacement(const ir::Value* in_a, const ir::Value* in_x, const Step* last, Visit visit) const;
  template <typename Visit>
  void ForEachRestoringTile(const ir::Value* value, const Context& context, Visit visit) const;

  Plan PlanA(const ir::Value* value, Context context, bool keep_x);
  Plan PlanTiles(const ir::Value* value, const Context& context, bool keep_x);
  Plan PlanTile(const Tile& tile, Context context, bool keep_x, std::uint32_t bound);
  std::uint32_t PlanStep(const Step& step, Context& context, bool keep_x);
  // X := value through A when it is not direct. `context` becomes what holds afterwards.
  std::uint32_t PlanX(const ir::Value* value, Context& context);
  Tile BestTile(const ir::Value* value, bool keep_x);
  std::optional<Tile> BestPlacement(const ir::Value* in_a, const ir::Value* in_x, std::uint32_t& cost);

  void EmitTile(const Tile& tile, bool keep_x);
  void EmitA(const ir::Value* value, bool keep_x);
  void EmitX(const ir::Value* value);
  void EmitOne(const Step& step);
  void NoteLoad(const Step& step);

  const Rules& rules_;
  State state_;
  std::uint32_t& next_slot_;
  std::size_t& work_;
  std::vector<MachineInstruction> code_;
  // Plans depend on what the scratch words hold, so stores clear this.
  std::unordered_map<Key, Plan, KeyHash> plans_;
};

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_SELECTION_H
