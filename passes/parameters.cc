// Pass `parameters`: fewer parameters, with arguments that cost less.
//
//   b1: jump b3(%0 + 0x18, (%0 + ldb[%0 + 22]) + 0x1e)          b1: jump b3(ldh[%0 + 24], %0 + ldb[%0 + 22])
//   b2: jump b3((%0 + ldb[%0 + 22]) + 0x2a,                 =>  b2: jump b3(ldh[(%0 + ldb[%0 + 22]) + 42],
//               (%0 + ldb[%0 + 22]) + 0x2c)                                 (%0 + ldb[%0 + 22]) + 0xe)
//   b3(%1, %2):                                                 b3(%3, %4):
//     if ldh[%1 + 0] == 0x800 then b4 else b5                     if %3 == 0x800 then b4 else b5
//   b4: if ldb[%2 + 9] == 0x11 ...                              b4: if ldb[%4 + 39] == 0x11 ...
//
// A parameter goes that is the same value on all ways, or another parameter and a constant on all of them.
// Then, where the estimated size is smaller: a constant that all arguments end in moves to where the
// parameter is used, and the value loaded from a place is handed on instead of the place. Functions with
// effects, which have identity, and large ones stay as they are.

#include "ir/graph.h"
#include "ir/upper_bounds.h"
#include "passes/cost.h"
#include "passes/guard_set.h"
#include "passes/linear_form.h"
#include "passes/passes.h"
#include "passes/substitution.h"
#include "passes/value_simplifier.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::passes {
namespace {

using ir::Block;
using ir::Value;

constexpr std::size_t kMaxBlocks = 400;
constexpr std::size_t kMaxChanges = 64;
// Constants from here on stand for negative distances.
constexpr std::uint32_t kNegative = 0x80000000;
// Simplify takes a constant into an address where no sum reaches this.
constexpr std::uint32_t kFarOffset = 0x10000000;

using Incoming = std::vector<ir::EdgeRef>;

// The `index`-th arguments of all edges.
std::vector<const Value*> Arguments(const Incoming& incoming, std::size_t index) {
  std::vector<const Value*> arguments;
  for (const ir::EdgeRef& edge : incoming) arguments.push_back(edge.edge().arguments[index]);
  return arguments;
}

void DropArguments(Block& block, const Incoming& incoming, std::size_t index) {
  const auto at = static_cast<std::ptrdiff_t>(index);
  block.parameters.erase(block.parameters.begin() + at);
  for (const ir::EdgeRef& edge : incoming) {
    auto& arguments = edge.edge().arguments;
    arguments.erase(arguments.begin() + at);
  }
}

void SubstituteEverywhere(ir::Function& function, const Value* from, const Value* to) {
  Substitution substitution(function);
  substitution.Set(from, to);
  for (Block* block : ir::TopologicalOrder(function)) substitution.Apply(*block);
}

// Two edges to one block with different arguments may be equal now.
void Canonicalize(ir::Function& function) {
  for (Block* block : ir::TopologicalOrder(function)) {
    if (auto* choice = std::get_if<ir::Switch>(&block->terminator)) choice->Canonicalize();
  }
}

// What a parameter is on every way: one value, or another of the block's parameters and a constant. Null when
// it is neither.
const Value* Equivalent(ir::Function& function, const Block& block, const Incoming& incoming,
                        std::size_t index) {
  const std::vector<const Value*> arguments = Arguments(incoming, index);
  if (std::ranges::all_of(arguments, [&](const Value* value) { return value == arguments.front(); })) {
    return arguments.front();
  }
  for (std::size_t other = 0; other < block.parameters.size(); ++other) {
    if (other == index) continue;
    const std::vector<const Value*> others = Arguments(incoming, other);
    std::optional<std::uint32_t> distance;
    bool is_constant = true;
    for (std::size_t i = 0; i < arguments.size() && is_constant; ++i) {
      const LinearForm form = Difference(LinearFormOf(arguments[i]), LinearFormOf(others[i]));
      is_constant = form.terms.empty() && (!distance || *distance == form.constant);
      distance = form.constant;
    }
    if (!is_constant || !distance || *distance >= kNegative) continue;
    return function.MakeBinary(ir::Opcode::kAdd, block.parameters[other], function.MakeConstant(*distance));
  }
  return nullptr;
}

bool DropOne(ir::Function& function) {
  const auto predecessors = ir::ComputePredecessors(function);
  for (Block* block : ir::TopologicalOrder(function)) {
    const Incoming& incoming = predecessors[block->id()];
    for (std::size_t i = 0; i < block->parameters.size(); ++i) {
      const Value* equivalent = Equivalent(function, *block, incoming, i);
      if (equivalent == nullptr) continue;
      const Value* parameter = block->parameters[i];
      DropArguments(*block, incoming, i);
      SubstituteEverywhere(function, parameter, equivalent);
      return true;
    }
  }
  return false;
}

// The constant that all arguments have at least; 0 where a sum may wrap, for then no address takes it in.
std::uint32_t CommonConstant(const ir::UpperBounds& bounds, const Incoming& incoming, std::size_t index) {
  std::uint32_t common = kFarOffset;
  for (const Value* argument : Arguments(incoming, index)) {
    if (bounds.Of(argument) >= kFarOffset) return 0;
    common = std::min(common, LinearFormOf(argument).constant);
  }
  return common;
}

void TakeOutConstant(ir::Function& function, Block& block, const Incoming& incoming, std::size_t index) {
  const std::uint32_t common = CommonConstant(ir::UpperBounds(function), incoming, index);
  for (const ir::EdgeRef& edge : incoming) {
    const Value*& argument = edge.edge().arguments[index];
    LinearForm form = LinearFormOf(argument);
    form.constant -= common;
    argument = MakeValue(function, form);
  }
  const Value* parameter = block.parameters[index];
  block.parameters[index] = function.NewParameter();
  SubstituteEverywhere(
      function, parameter,
      function.MakeBinary(ir::Opcode::kAdd, block.parameters[index], function.MakeConstant(common)));
}

// The load that is all that a parameter is used for, in its own block, with the guard that it demands; null
// when there is more, or nothing.
const Value* OnlyLoad(const ir::Function& function, const Block& block, const Value* parameter) {
  const Value* load = nullptr;
  bool is_only = true;
  std::vector<std::pair<const Block*, ir::Guard>> guards;
  for (const Block* user : ir::TopologicalOrder(function)) {
    for (const ir::Guard& guard : user->guards) {
      if (guard.value == nullptr) continue;
      ir::ForEachOperand(guard.value, [&](const Value* part) {
        if (part == parameter) guards.emplace_back(user, guard);
      });
    }
    for (const Value* root : ir::UsedByTerminator(*user)) {
      if (root == parameter) is_only = false;
      ir::ForEachOperand(root, [&](const Value* part) {
        for (const Value* operand : ir::OperandsOf(part)) {
          if (operand != parameter) continue;
          is_only = is_only && part->opcode() == ir::Opcode::kLoad && user == &block &&
                    (load == nullptr || load == part);
          load = part;
        }
      });
    }
  }
  if (!is_only || load == nullptr) return nullptr;
  const ir::Guard demanded = ir::Guard::Bounds(parameter, load->offset(), load->width());
  const bool are_demanded = std::ranges::all_of(
      guards, [&](const auto& guard) { return guard.first == &block && guard.second == demanded; });
  return are_demanded ? load : nullptr;
}

// Each way in loads the value where its own place is.
void HandOnLoad(ir::Function& function, Block& block, const Incoming& incoming, std::size_t index,
                const Value* load) {
  for (const ir::EdgeRef& edge : incoming) {
    const Value*& argument = edge.edge().arguments[index];
    argument = function.MakeLoad(argument, load->offset(), load->width());
    Block* from = edge.from;
    if (!std::holds_alternative<ir::Jump>(from->terminator)) {
      // The load must not be performed on the other ways out.
      from = function.NewBlock();
      from->terminator = ir::Jump{edge.edge()};
      edge.edge() = {from, {}};
    }
    for (const ir::Guard& guard : DemandedGuards(*from)) {
      if (std::ranges::find(from->guards, guard) == from->guards.end()) from->guards.push_back(guard);
    }
  }
  const Value* parameter = block.parameters[index];
  std::erase_if(block.guards, [&](const ir::Guard& guard) { return guard.value == parameter; });
  block.parameters[index] = function.NewParameter();
  SubstituteEverywhere(function, load, block.parameters[index]);
}

struct Change {
  std::uint32_t block = 0;
  std::size_t index = 0;
  bool hands_on_load = false;
};

std::vector<Change> Changes(const ir::Function& function) {
  std::vector<Change> changes;
  const auto predecessors = ir::ComputePredecessors(function);
  const ir::UpperBounds bounds(function);
  for (const Block* block : ir::TopologicalOrder(function)) {
    for (std::size_t i = 0; i < block->parameters.size(); ++i) {
      if (CommonConstant(bounds, predecessors[block->id()], i) > 0)
        changes.push_back({block->id(), i, false});
      if (OnlyLoad(function, *block, block->parameters[i]) != nullptr)
        changes.push_back({block->id(), i, true});
    }
  }
  return changes;
}

void Make(ir::Function& function, const Change& change, Context& context) {
  Block& block = *function.block(change.block);
  const Incoming incoming = ir::ComputePredecessors(function)[change.block];
  if (change.hands_on_load) {
    HandOnLoad(function, block, incoming, change.index,
               OnlyLoad(function, block, block.parameters[change.index]));
  } else {
    TakeOutConstant(function, block, incoming, change.index);
  }
  Canonicalize(function);
  RunSimplify(function, context);
}

bool MakeOne(ir::Function& function, Context& context) {
  const std::size_t size = EstimateHalfInstructions(function);
  for (const Change& change : Changes(function)) {
    ir::Function trial = function.Clone();
    Context trial_context = context;
    Make(trial, change, trial_context);
    if (EstimateHalfInstructions(trial) >= size) continue;
    function = std::move(trial);
    return true;
  }
  return false;
}

bool MayChange(const ir::Function& function) {
  if (function.block_count() > kMaxBlocks) return false;
  bool has_parameters = false;
  for (const Block* block : ir::TopologicalOrder(function)) {
    if (!block->effects.empty()) return false;
    has_parameters = has_parameters || !block->parameters.empty();
  }
  return has_parameters;
}

}  // namespace

bool RunParameters(ir::Function& function, Context& context) {
  if (!MayChange(function)) return false;
  std::size_t changes = 0;
  while (changes < kMaxChanges && DropOne(function)) ++changes;
  if (changes > 0) Canonicalize(function);
  while (changes < kMaxChanges && MakeOne(function, context)) ++changes;
  context.counters["parameters.changes"] += changes;
  return changes > 0;
}

}  // namespace bpfopt::passes
