// Pass `duplicate-tails`: each way into a block with parameters gets a copy of the block, and of what follows
// as far as the parameters are used, in which the arguments stand for them.
//
//   b1: jump b3(ldb[20])                          b1: if ldb[20] == 6 then b4 else b5
//   b2: jump b3(ldb[23])                     =>   b2: if ldb[23] == 6 then b4 else b5
//   b3(%0): if %0 == 6 then b4 else b5
//
// Bytecode that another optimizer made has such joins: a register that both sides loaded. Facts do not see
// through them, and merge-tails makes better ones at the end. Does nothing to functions with effects, which
// have identity, and where the copies would be many.

#include "ir/graph.h"
#include "passes/passes.h"
#include "passes/substitution.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace bpfopt::passes {
namespace {

using ir::Block;
using ir::Value;

// Blocks that there may be afterwards: half as many more, and some.
constexpr std::size_t kMoreCopies = 8;

class Duplication {
 public:
  explicit Duplication(ir::Function& function)
      : function_(function), order_(ir::TopologicalOrder(function)), live_in_(function.block_count()) {}

  bool Run() {
    bool has_parameters = false;
    for (const Block* block : order_) {
      if (!block->effects.empty()) return false;
      has_parameters = has_parameters || !block->parameters.empty();
    }
    if (!has_parameters) return false;
    ComputeLiveIn();
    Block* entry = CopyFor({function_.entry(), {}});
    const std::size_t most = order_.size() + order_.size() / 2 + kMoreCopies;
    for (std::size_t next = 0; next < pending_.size(); ++next) {
      if (pending_.size() > most) {
        function_.RemoveUnreachable();  // the copies so far
        return false;
      }
      Fill(pending_[next]);
    }
    function_.SetEntry(entry);
    function_.RemoveUnreachable();
    return true;
  }

 private:
  // A block, and what stands for the parameters that are live where it begins, its own included, by their
  // ids.
  struct Key {
    const Block* block;
    std::map<std::uint32_t, const Value*> bindings;
    friend bool operator<(const Key& a, const Key& b) {
      return a.block->id() != b.block->id() ? a.block->id() < b.block->id() : a.bindings < b.bindings;
    }
  };
  struct Copy {
    Key key;
    Block* block;
  };

  // Parameters, not its own, that a block or one after it uses.
  void ComputeLiveIn() {
    for (auto block = order_.rbegin(); block != order_.rend(); ++block) {
      std::vector<std::uint32_t>& live = live_in_[(*block)->id()];
      for (const ir::Edge* edge : std::as_const(**block).edges()) {
        const auto& after = live_in_[edge->target->id()];
        live.insert(live.end(), after.begin(), after.end());
      }
      for (const Value* used : ir::UsedValues(**block)) {
        ir::ForEachOperand(used, [&](const Value* part) {
          if (part->opcode() == ir::Opcode::kParameter) live.push_back(part->id());
        });
      }
      std::sort(live.begin(), live.end());
      live.erase(std::unique(live.begin(), live.end()), live.end());
      std::erase_if(live, [&](std::uint32_t id) {
        return std::ranges::any_of((*block)->parameters, [&](const Value* own) { return own->id() == id; });
      });
    }
  }

  Block* CopyFor(Key key) {
    const auto [found, is_new] = copies_.try_emplace(key, nullptr);
    if (is_new) {
      found->second = function_.NewBlock();
      pending_.push_back({std::move(key), found->second});
    }
    return found->second;
  }

  void Fill(const Copy copy) {
    Substitution substitution(function_);
    for (const auto& [id, value] : copy.key.bindings) substitution.Set(function_.value(id), value);
    copy.block->guards = copy.key.block->guards;
    copy.block->terminator = copy.key.block->terminator;
    substitution.Apply(*copy.block);
    for (ir::Edge* edge : copy.block->edges()) *edge = {CopyFor(KeyFor(copy.key, *edge)), {}};
    if (auto* choice = std::get_if<ir::Switch>(&copy.block->terminator)) choice->Canonicalize();
  }

  // What stands for the parameters where `edge` leads, on the way that `from` is a copy for.
  Key KeyFor(const Key& from, const ir::Edge& edge) const {
    Key key{edge.target, {}};
    for (const std::uint32_t id : live_in_[edge.target->id()]) key.bindings.emplace(id, from.bindings.at(id));
    for (std::size_t i = 0; i < edge.arguments.size(); ++i) {
      key.bindings.emplace(edge.target->parameters[i]->id(), edge.arguments[i]);
    }
    return key;
  }

  ir::Function& function_;
  const std::vector<Block*> order_;
  std::vector<std::vector<std::uint32_t>> live_in_;  // by block id: ids of parameters
  std::map<Key, Block*> copies_;
  std::vector<Copy> pending_;
};

}  // namespace

bool RunDuplicateTails(ir::Function& function, Context& context) {
  const std::size_t before = ir::TopologicalOrder(function).size();
  if (!Duplication(function).Run()) return false;
  const std::size_t after = ir::TopologicalOrder(function).size();
  context.counters["duplicate-tails.copies"] += after > before ? after - before : 0;
  return true;
}

}  // namespace bpfopt::passes
