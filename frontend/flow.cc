// Joining open edges: targets, arguments, and parameters where environments disagree.
#include "frontend/flow.h"

#include "bpf/opcode.h"

#include <cassert>

namespace bpfopt::frontend {
namespace {

// A sum above this could be one of Linux's negative offsets, which absolute and indirect loads treat
// differently, or wrap.
constexpr std::uint64_t kPlainOffsets = bpf::kLinkLayerOffset;

const ir::Value* SlotOn(const Environment& environment, std::size_t slot, unsigned generation) {
  return environment.generation == generation ? environment.slots[slot] : nullptr;
}

}  // namespace

Flow Concatenate(Flow a, Flow b) {
  if (a.first == nullptr) return b;
  if (b.first == nullptr) return a;
  a.last->next = b.first;
  return {a.first, b.last};
}

FlowBuilder::FlowBuilder(ir::Function* function, bool track_accumulator)
    : function_(function), track_accumulator_(track_accumulator) {}

Flow FlowBuilder::Start() {
  OpenEdge* edge = Open(nullptr, 0, Keep({}));
  return {edge, edge};
}

Cursor FlowBuilder::Join(Flow flow) {
  ir::Block* block = function_->NewBlock();
  for (OpenEdge* edge = flow.first; edge != nullptr; edge = edge->next) {
    if (edge->block == nullptr) {
      function_->SetEntry(block);
    } else {
      edge->block->edge(edge->index).target = block;
    }
  }
  return {block, MergeInto(block, flow)};
}

const Environment* FlowBuilder::MergeInto(ir::Block* block, Flow flow) {
  if (flow.first == nullptr) return Keep({.generation = generation_});  // cannot be reached

  const Environment* common = flow.first->environment;
  for (OpenEdge* edge = flow.first; edge != nullptr && common != nullptr; edge = edge->next) {
    if (edge->environment != common) common = nullptr;
  }
  if (common != nullptr && common->generation == generation_) return common;

  Environment merged{.generation = generation_};
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    merged.slots[slot] = MergeValue(
        block, flow, [&](const Environment& environment) { return SlotOn(environment, slot, generation_); });
  }
  merged.accumulator =
      MergeValue(block, flow, [](const Environment& environment) { return environment.accumulator; });
  return Keep(merged);
}

template <typename Get>
const ir::Value* FlowBuilder::MergeValue(ir::Block* block, Flow flow, Get get) {
  assert(flow.first != nullptr && flow.first->environment != nullptr);
  const ir::Value* common = get(*flow.first->environment);
  bool agreed = true;
  for (OpenEdge* edge = flow.first; edge != nullptr; edge = edge->next) {
    agreed = agreed && get(*edge->environment) == common;
  }
  if (agreed) return common;

  const ir::Value* parameter = function_->NewParameter();
  block->parameters.push_back(parameter);
  for (OpenEdge* edge = flow.first; edge != nullptr; edge = edge->next) {
    const ir::Value* value = get(*edge->environment);
    if (value == nullptr) value = function_->MakeConstant(0);
    assert(edge->block != nullptr);  // the way in meets no other edge
    edge->block->edge(edge->index).arguments.push_back(value);
  }
  return parameter;
}

const ir::Value* FlowBuilder::SlotValue(const Cursor& cursor, Slot slot) {
  if (slot == Slot::kNone) return nullptr;
  if (generation_ == 0) used_[static_cast<std::size_t>(slot)] = true;
  const ir::Value* value = SlotOn(*cursor.environment, static_cast<std::size_t>(slot), generation_);
  return value != nullptr ? value : function_->MakeConstant(0);
}

Cursor FlowBuilder::WithSlot(const Cursor& cursor, Slot slot, const ir::Value* value) {
  Environment environment = *cursor.environment;
  if (environment.generation != generation_) {
    environment.generation = generation_;
    environment.slots = {};
  }
  environment.slots[static_cast<std::size_t>(slot)] = value;
  return {cursor.block, Keep(environment)};
}

Cursor FlowBuilder::WithAccumulator(const Cursor& cursor, const ir::Value* accumulator) {
  return {cursor.block, WithAccumulator(cursor.environment, accumulator)};
}

const ir::Value* FlowBuilder::Load(const Cursor& cursor, const ir::Value* base, std::uint32_t offset,
                                   unsigned width) {
  if (base != nullptr && base->IsConstant() && std::uint64_t{base->constant()} + offset < kPlainOffsets) {
    offset += base->constant();
    base = nullptr;
  }
  if (base == nullptr && offset >= kPlainOffsets) {
    // An offset that a packet does not reach, not one of Linux's words.
    base = function_->MakeConstant(offset);
    offset = 0;
  }
  cursor.block->guards.push_back(ir::Guard::Bounds(base, offset, width));
  return function_->MakeLoad(base, offset, width);
}

Outcome FlowBuilder::Branch(const Cursor& cursor, ir::Compare compare, const ir::Value* lhs,
                            const ir::Value* rhs, const ir::Value* accumulator) {
  cursor.block->terminator =
      ir::Branch{.compare = compare, .lhs = lhs, .rhs = rhs, .then_edge = {}, .else_edge = {}};
  const Environment* environment = WithAccumulator(cursor.environment, accumulator);
  OpenEdge* pass = Open(cursor.block, 0, environment);
  OpenEdge* fail = Open(cursor.block, 1, environment);
  return {{pass, pass}, {fail, fail}};
}

Outcome FlowBuilder::Branch(const Cursor& cursor, ir::Compare compare, const ir::Value* lhs,
                            std::uint32_t rhs) {
  return Branch(cursor, compare, lhs, function_->MakeConstant(rhs), lhs);
}

Flow FlowBuilder::Continue(const Cursor& cursor) {
  cursor.block->terminator = ir::Jump{};
  OpenEdge* edge = Open(cursor.block, 0, cursor.environment);
  return {edge, edge};
}

void FlowBuilder::Return(Flow flow, std::uint32_t bytes) {
  if (flow.first == nullptr) return;
  ir::Block* block = function_->NewBlock();
  block->terminator = ir::Return{function_->MakeConstant(bytes)};
  for (OpenEdge* edge = flow.first; edge != nullptr; edge = edge->next) {
    if (edge->block == nullptr) {
      function_->SetEntry(block);
    } else {
      edge->block->edge(edge->index).target = block;
    }
  }
}

Outcome FlowBuilder::Constant(Flow flow, bool value) {
  Cursor cursor = Join(flow);
  const ir::Value* accumulator = function_->MakeConstant(value ? 0 : 1);
  cursor.environment = WithAccumulator(cursor.environment, accumulator);
  const Flow next = Continue(cursor);
  return value ? Outcome{next, {}} : Outcome{{}, next};
}

const Environment* FlowBuilder::Keep(Environment environment) {
  environments_.push_back(environment);
  return &environments_.back();
}

const Environment* FlowBuilder::WithAccumulator(const Environment* environment,
                                                const ir::Value* accumulator) {
  if (!track_accumulator_) return environment;
  Environment changed = *environment;
  changed.accumulator = accumulator;
  return Keep(changed);
}

OpenEdge* FlowBuilder::Open(ir::Block* block, std::size_t index, const Environment* environment) {
  open_edges_.push_back({.block = block, .index = index, .environment = environment});
  return &open_edges_.back();
}

}  // namespace bpfopt::frontend
