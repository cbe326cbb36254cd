// Lets LLVM's graph algorithms walk the control-flow graph, such as llvm::depth_first_ext with a visited set
// of the caller's own. Only headers of LLVM that need no library are used here.
#ifndef BPFOPT_IR_GRAPH_TRAITS_H
#define BPFOPT_IR_GRAPH_TRAITS_H

#include "ir/function.h"

#include <cstddef>
#include <iterator>

#include <llvm/ADT/GraphTraits.h>
#include <llvm/ADT/iterator.h>
#include <llvm/ADT/iterator_range.h>

namespace bpfopt::ir {

// Over the targets of a block's outgoing edges, in the order of Block::edges(); a target may occur twice.
class SuccessorIterator
    : public llvm::iterator_facade_base<SuccessorIterator, std::random_access_iterator_tag, Block*,
                                        std::ptrdiff_t, Block**, Block*> {
 public:
  SuccessorIterator() = default;
  SuccessorIterator(const Block* block, std::size_t index)
      : block_(block), index_(static_cast<std::ptrdiff_t>(index)) {}

  Block* operator*() const { return block_->edge(static_cast<std::size_t>(index_)).target; }
  SuccessorIterator& operator+=(std::ptrdiff_t steps) {
    index_ += steps;
    return *this;
  }
  SuccessorIterator& operator-=(std::ptrdiff_t steps) { return *this += -steps; }
  std::ptrdiff_t operator-(const SuccessorIterator& other) const { return index_ - other.index_; }
  bool operator==(const SuccessorIterator& other) const { return index_ == other.index_; }
  bool operator<(const SuccessorIterator& other) const { return index_ < other.index_; }

 private:
  const Block* block_ = nullptr;
  std::ptrdiff_t index_ = 0;
};

inline SuccessorIterator SuccessorsBegin(const Block* block) { return {block, 0}; }
inline SuccessorIterator SuccessorsEnd(const Block* block) { return {block, block->edge_count()}; }
inline llvm::iterator_range<SuccessorIterator> Successors(const Block* block) {
  return {SuccessorsBegin(block), SuccessorsEnd(block)};
}

}  // namespace bpfopt::ir

namespace llvm {

template <>
struct GraphTraits<bpfopt::ir::Block*> {
  using NodeRef = bpfopt::ir::Block*;
  using ChildIteratorType = bpfopt::ir::SuccessorIterator;
  static NodeRef getEntryNode(bpfopt::ir::Block* block) { return block; }
  static ChildIteratorType child_begin(NodeRef block) { return bpfopt::ir::SuccessorsBegin(block); }
  static ChildIteratorType child_end(NodeRef block) { return bpfopt::ir::SuccessorsEnd(block); }
};

template <>
struct GraphTraits<const bpfopt::ir::Block*> {
  using NodeRef = const bpfopt::ir::Block*;
  using ChildIteratorType = bpfopt::ir::SuccessorIterator;
  static NodeRef getEntryNode(const bpfopt::ir::Block* block) { return block; }
  static ChildIteratorType child_begin(NodeRef block) { return bpfopt::ir::SuccessorsBegin(block); }
  static ChildIteratorType child_end(NodeRef block) { return bpfopt::ir::SuccessorsEnd(block); }
};

template <>
struct GraphTraits<bpfopt::ir::Function*> : GraphTraits<bpfopt::ir::Block*> {
  static NodeRef getEntryNode(bpfopt::ir::Function* function) { return function->entry(); }
};

template <>
struct GraphTraits<const bpfopt::ir::Function*> : GraphTraits<const bpfopt::ir::Block*> {
  static NodeRef getEntryNode(const bpfopt::ir::Function* function) { return function->entry(); }
};

}  // namespace llvm

#endif  // BPFOPT_IR_GRAPH_TRAITS_H
