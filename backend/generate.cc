#include "backend/generate.h"

#include "backend/block_code.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Value;

// One walk over the blocks. Machine blocks are numbered as the function's, then come the edges' own blocks.
class Walk {
 public:
  Walk(const ir::Function& function, const Facts& facts, const Rules& rules, const Decisions& decisions,
       bool thorough)
      : function_(function),
        facts_(facts),
        decisions_(decisions),
        coder_(facts, rules, decisions, thorough),
        entries_(function.block_count()) {}

  // False when a value was lost; Lost() then says which.
  bool Run();
  std::uint32_t lost() const { return lost_; }
  Generated Take();

 private:
  State EntryState(const Block* block);
  bool FindLost(const Block* block, const State& entry);
  void Connect(const Block* block, BlockCode code);
  void Enter(const ir::Edge& edge, const State& state);
  void NoteLoadedX(const Block* block, const State& entry, const BlockCode& code);

  const ir::Function& function_;
  const Facts& facts_;
  const Decisions& decisions_;
  BlockCoder coder_;
  std::vector<std::optional<State>> entries_;  // by block: what the incoming edges so far agree on
  Generated result_;
  std::uint32_t lost_ = 0;
};

bool Walk::Run() {
  result_.machine.blocks.resize(function_.block_count());
  State start(facts_.NoGuards());
  for (std::uint32_t id = 0; id < function_.value_count(); ++id) {
    if (function_.value(id)->IsConstant(0)) start.a = start.x = function_.value(id);
  }
  entries_[function_.entry()->id()] = start;
  for (const Block* block : facts_.order()) {
    const State entry = EntryState(block);
    if (FindLost(block, entry)) return false;
    std::optional<BlockCode> code = coder_.Generate(*block, entry);
    if (!code) {
      // Some value that this block defines, or finds in a register, must be saved to get on.
      const auto may_help = [&](std::uint32_t index) {
        const Value* value = facts_.tracked()[index].value;
        const bool is_defined_here =
            std::find(block->parameters.begin(), block->parameters.end(), value) != block->parameters.end() ||
            std::find(block->effects.begin(), block->effects.end(), value) != block->effects.end();
        return !decisions_.has_home[index] && (is_defined_here || entry.Holds(value));
      };
      const auto& unique = facts_.unique();
      const auto found = std::find_if(unique.begin(), unique.end(), may_help);
      lost_ = found == unique.end() ? static_cast<std::uint32_t>(facts_.tracked().size()) : *found;
      return false;
    }
    NoteLoadedX(block, entry, *code);
    Connect(block, std::move(*code));
  }
  Simplify(result_.machine);
  return true;
}

// What the edges agree on, with the block's parameters in their places.
State Walk::EntryState(const Block* block) {
  State state = std::move(*entries_[block->id()]);
  entries_[block->id()].reset();
  return state;
}

bool Walk::FindLost(const Block* block, const State& entry) {
  for (const std::uint32_t index : facts_.unique()) {
    if (!facts_.IsLiveIn(block, index) || entry.Holds(facts_.tracked()[index].value)) continue;
    lost_ = index;
    return true;
  }
  return false;
}

void Walk::Enter(const ir::Edge& edge, const State& state) {
  State renamed = state;
  for (const Value* parameter : edge.target->parameters) {
    const auto index = facts_.TrackedIndex(parameter);
    if (!index) continue;
    switch (decisions_.place[*index]) {
      case Place::kA:
        renamed.a = parameter;
        break;
      case Place::kX:
        renamed.x = parameter;
        break;
      case Place::kScratch:
        renamed.SetSlot(*index, parameter);
        break;
    }
  }
  std::optional<State>& entry = entries_[edge.target->id()];
  if (entry) {
    entry->Meet(renamed);
  } else {
    entry = std::move(renamed);
  }
}

void Walk::Connect(const Block* block, BlockCode code) {
  std::array<std::uint32_t, 2> targets = {0, 0};
  for (std::size_t i = 0; i < block->edge_count(); ++i) {
    const ir::Edge& edge = block->edge(i);
    Enter(edge, *code.edges[i].state);
    targets[i] = edge.target->id();
    if (code.edges[i].code.empty()) continue;
    MachineBlock moves{std::move(code.edges[i].code), {}};
    moves.end.kind = MachineEnd::Kind::kJump;
    moves.end.then_block = targets[i];
    targets[i] = static_cast<std::uint32_t>(result_.machine.blocks.size());
    result_.machine.blocks.push_back(std::move(moves));
  }
  if (code.is_swapped) std::swap(targets[0], targets[1]);
  MachineBlock& made = result_.machine.blocks[block->id()];
  made.code = std::move(code.code);
  made.end = code.end;
  made.end.then_block = targets[0];
  made.end.else_block = targets[1];
}

void Walk::NoteLoadedX(const Block* block, const State& entry, const BlockCode& code) {
  for (std::size_t i = 0; i < block->edge_count(); ++i) {
    const Value* loaded = code.edges[i].state->x;
    if (loaded == nullptr || loaded == entry.x) continue;
    const auto index = facts_.TrackedIndex(loaded);
    if (!index || facts_.tracked()[*index].is_unique) continue;
    result_.loaded_x.push_back({block, loaded, Place::kX});
    break;
  }
}

Generated Walk::Take() {
  result_.work = coder_.work();
  return std::move(result_);
}

}  // namespace

Decisions FirstDecisions(const Facts& facts) {
  Decisions decisions;
  decisions.place.assign(facts.tracked().size(), Place::kScratch);
  decisions.has_home.assign(facts.tracked().size(), false);
  decisions.late_moves.assign(facts.edge_count(), false);
  for (const Block* block : facts.order()) {
    bool a_is_taken = false;
    bool x_is_taken = false;
    for (const bool for_x : {true, false}) {
      for (const Value* parameter : block->parameters) {
        const auto index = facts.TrackedIndex(parameter);
        if (!index || facts.tracked()[*index].wanted_in_x != for_x) continue;
        Place& place = decisions.place[*index];
        if (!x_is_taken && (for_x || a_is_taken)) {
          place = Place::kX;
          x_is_taken = true;
        } else if (!a_is_taken) {
          place = Place::kA;
          a_is_taken = true;
        }
      }
    }
  }
  return decisions;
}

// A walk ends at the first lost value, and each value that gets a home costs one walk more. Past this many
// blocks walked, all get one.
constexpr std::size_t kMostBlocksWalked = 20'000;

Expected<Generated> Generate(const ir::Function& function, const Facts& facts, const Rules& rules,
                             Decisions& decisions, bool thorough) {
  for (std::size_t walked = 0;; walked += facts.order().size()) {
    if (walked > kMostBlocksWalked) {
      for (const std::uint32_t index : facts.unique()) decisions.has_home[index] = true;
    }
    Walk walk(function, facts, rules, decisions, thorough);
    if (walk.Run()) return walk.Take();
    const std::uint32_t lost = walk.lost();
    if (lost == facts.tracked().size()) {
      return MakeError(ErrorCode::kTooLarge, "a value of the program is too large to be computed");
    }
    if (decisions.has_home[lost]) {
      return MakeError(ErrorCode::kInternal, "a value with a scratch word of its own was lost");
    }
    decisions.has_home[lost] = true;
    // An effect's home is filled where it happens, a parameter's by its edges or at the block's start.
  }
}

}  // namespace bpfopt::backend
