#include "passes/terminators.h"

namespace bpfopt::passes {
namespace {

using Key = std::vector<std::uint64_t>;

std::uint64_t IdOf(const ir::Value* value) { return value == nullptr ? 0 : std::uint64_t{value->id()} + 1; }

void AppendEdge(const ir::Edge& edge, Key& key) {
  key.push_back(edge.target->id());
  key.push_back(edge.arguments.size());
  for (const ir::Value* argument : edge.arguments) key.push_back(IdOf(argument));
}

void AppendTerminator(const ir::Terminator& terminator, Key& key) {
  key.push_back(terminator.index());
  if (const auto* exit = std::get_if<ir::Return>(&terminator)) {
    key.push_back(IdOf(exit->value));
  } else if (const auto* jump = std::get_if<ir::Jump>(&terminator)) {
    AppendEdge(jump->edge, key);
  } else if (const auto* branch = std::get_if<ir::Branch>(&terminator)) {
    key.push_back(static_cast<std::uint64_t>(branch->compare));
    key.push_back(IdOf(branch->lhs));
    key.push_back(IdOf(branch->rhs));
    AppendEdge(branch->then_edge, key);
    AppendEdge(branch->else_edge, key);
  } else if (const auto* choice = std::get_if<ir::Switch>(&terminator)) {
    key.push_back(IdOf(choice->value));
    for (const ir::Switch::Case& c : choice->cases) {
      key.push_back(c.first);
      key.push_back(c.edge);
    }
    for (const ir::Edge& edge : choice->edges) AppendEdge(edge, key);
  }
}

}  // namespace

std::vector<std::uint64_t> BlockKey(const ir::Block& block) {
  Key key;
  key.reserve(16);
  for (const ir::Value* parameter : block.parameters) key.push_back(IdOf(parameter));
  for (const ir::Value* effect : block.effects) key.push_back(IdOf(effect));
  key.push_back(block.guards.size());
  for (const ir::Guard& guard : block.guards) {
    key.push_back(static_cast<std::uint64_t>(guard.kind));
    key.push_back(IdOf(guard.value));
    key.push_back(guard.offset);
    key.push_back(guard.width);
  }
  AppendTerminator(block.terminator, key);
  return key;
}

}  // namespace bpfopt::passes
