// The walk over the tree: connectives by wiring flows, everything else by a test of its own.
#include "frontend/lower.h"

#include "frontend/check.h"
#include "frontend/lowering.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bpfopt::frontend {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

bool IsArithmetic(const NodeKind& kind) {
  return std::holds_alternative<Literal>(kind) || std::holds_alternative<PacketLength>(kind) ||
         std::holds_alternative<Accessor>(kind) || std::holds_alternative<Binary>(kind) ||
         std::holds_alternative<Negate>(kind);
}

// The children of a node, in order of writing.
std::vector<NodeId> ChildrenOf(const NodeKind& kind) {
  return std::visit(Overloaded{
                        [](const And& node) {
                          return std::vector{node.lhs, node.rhs};
                        },
                        [](const Or& node) {
                          return std::vector{node.lhs, node.rhs};
                        },
                        [](const Not& node) { return std::vector{node.operand}; },
                        [](const When& node) {
                          return std::vector{node.condition, node.then, node.otherwise};
                        },
                        [](const Relation& node) {
                          return std::vector{node.lhs, node.rhs};
                        },
                        [](const Accessor& node) { return std::vector{node.index}; },
                        [](const Binary& node) {
                          return std::vector{node.lhs, node.rhs};
                        },
                        [](const Negate& node) { return std::vector{node.operand}; },
                        [](const auto&) { return std::vector<NodeId>(); },
                    },
                    kind);
}

// A tree as ast.h promises it: each node the child of one later node, numbers where numbers are expected.
bool IsWellFormed(const Ast& filter) {
  std::vector<bool> has_parent(filter.nodes.size(), false);
  for (NodeId id = 0; id < filter.nodes.size(); ++id) {
    const NodeKind& kind = filter.nodes[id].kind;
    const bool wants_numbers = IsArithmetic(kind) || std::holds_alternative<Relation>(kind);
    for (const NodeId child : ChildrenOf(kind)) {
      if (child >= id || has_parent[child]) return false;
      if (IsArithmetic(filter.nodes[child].kind) != wants_numbers) return false;
      has_parent[child] = true;
    }
  }
  return !IsArithmetic(filter.nodes[filter.root()].kind);
}

// A connective whose operands are being lowered.
struct Frame {
  NodeId node = 0;
  unsigned done = 0;  // operands
  Flow pass = {};     // of the operands done
  Flow fail = {};
  Flow otherwise = {};  // `when`: where the condition failed
};

class Walk {
 public:
  Walk(const Ast& filter, Lowering* lowering)
      : filter_(filter), lowering_(*lowering), function_(lowering->flow().function()) {}

  Outcome Run(Flow in) {
    Enter(filter_.root(), in);
    while (!frames_.empty() && !lowering_.error()) {
      Frame& frame = frames_.back();
      std::visit([&](const auto& node) { Resume(frame, node); }, filter_.nodes[frame.node].kind);
    }
    return result_;
  }

  // Which test each block was made for.
  const std::unordered_map<const ir::Block*, NodeId>& tests() const { return tests_; }

 private:
  void Enter(NodeId id, Flow in) {
    const NodeKind& kind = filter_.nodes[id].kind;
    if (std::holds_alternative<And>(kind) || std::holds_alternative<Or>(kind) ||
        std::holds_alternative<Not>(kind) || std::holds_alternative<When>(kind)) {
      result_ = {in, in};  // whichever the first operand is put behind
      frames_.push_back({.node = id});
      return;
    }
    const std::size_t first = function_.block_count();
    result_ = lowering_.TestLeaf(in, id);
    for (std::size_t block = first; block < function_.block_count(); ++block) {
      tests_.emplace(function_.block(static_cast<std::uint32_t>(block)), id);
    }
  }

  void Leave(Outcome outcome) {
    result_ = outcome;
    frames_.pop_back();
  }

  void Resume(Frame& frame, const And& node) {
    switch (frame.done++) {
      case 0:
        return Enter(node.lhs, result_.pass);
      case 1:
        frame.fail = result_.fail;
        return Enter(node.rhs, result_.pass);
      default:
        return Leave({result_.pass, Concatenate(frame.fail, result_.fail)});
    }
  }

  void Resume(Frame& frame, const Or& node) {
    switch (frame.done++) {
      case 0:
        return Enter(node.lhs, result_.pass);
      case 1:
        frame.pass = result_.pass;
        return Enter(node.rhs, result_.fail);
      default:
        return Leave({Concatenate(frame.pass, result_.pass), result_.fail});
    }
  }

  void Resume(Frame& frame, const Not& node) {
    if (frame.done++ == 0) return Enter(node.operand, result_.pass);
    Leave(Invert(result_));
  }

  void Resume(Frame& frame, const When& node) {
    switch (frame.done++) {
      case 0:
        return Enter(node.condition, result_.pass);
      case 1:
        frame.otherwise = result_.fail;
        return Enter(node.then, result_.pass);
      case 2:
        frame.pass = result_.pass;
        frame.fail = result_.fail;
        return Enter(node.otherwise, frame.otherwise);
      default:
        return Leave({Concatenate(frame.pass, result_.pass), Concatenate(frame.fail, result_.fail)});
    }
  }

  template <typename Leaf>
  void Resume(Frame&, const Leaf&) {}  // has no frame

  const Ast& filter_;
  Lowering& lowering_;
  ir::Function& function_;
  std::unordered_map<const ir::Block*, NodeId> tests_;
  std::vector<Frame> frames_;
  Outcome result_;
};

// What A holds is shown by a device word, when there is no device, and by `byte N & M`.
bool ShowsAccumulator(const Node& node, const LowerOptions& options) {
  if (const auto* byte = std::get_if<ByteTest>(&node.kind)) {
    return byte->op == ByteOp::kAnd || byte->op == ByteOp::kOr;
  }
  return options.target == Target::kLinux && std::holds_alternative<InterfaceIndex>(node.kind);
}

bool NeedsAccumulator(const Ast& filter, const LowerOptions& options) {
  return std::any_of(filter.nodes.begin(), filter.nodes.end(),
                     [&](const Node& node) { return ShowsAccumulator(node, options); });
}

bool HasVariableHeaders(const LowerOptions& options) {
  return options.link_type->radio != RadioHeader::kNone ||
         options.link_type->header_length != LinkHeaderLength::kFixed;
}

Expected<ir::Function> LowerWith(const Ast& filter, const LowerOptions& options, VariableHeaders& headers,
                                 TestOfBlock* test_of_block = nullptr) {
  ir::Function function(options.target);
  Lowering lowering(&filter, &options, &function);
  Outcome outcome{.pass = lowering.flow().Start(), .fail = {}};
  Walk walk(filter, &lowering);
  if (!filter.empty()) {
    outcome.pass = lowering.EnterVariableHeaders(outcome.pass, headers);
    outcome = walk.Run(outcome.pass);
    if (lowering.error()) return tl::unexpected<Error>(*lowering.error());
  }
  lowering.flow().Return(outcome.pass, options.snaplen);
  lowering.flow().Return(outcome.fail, 0);
  headers = lowering.used_headers();
  function.RemoveUnreachable();
  if (test_of_block == nullptr) return function;
  test_of_block->assign(function.block_count(), kNoTest);
  for (std::uint32_t id = 0; id < function.block_count(); ++id) {
    const auto test = walk.tests().find(function.block(id));
    if (test != walk.tests().end()) (*test_of_block)[id] = test->second;
  }
  return function;
}

}  // namespace

Lowering::Lowering(const Ast* filter, const LowerOptions* options, ir::Function* function)
    : filter_(*filter),
      options_(*options),
      flow_(function, NeedsAccumulator(*filter, *options)),
      layout_(PacketLayout::Of(*options->link_type)) {}

Outcome Lowering::TestLeaf(Flow in, NodeId id) {
  if (!CheckNode(id)) return {};
  return std::visit(
      Overloaded{
          [&](const Test& node) { return TestQualified(in, node); },
          [&](const ProtocolTest& node) { return TestProtocolWord(in, node.protocol); },
          [&](const Broadcast& node) { return TestBroadcast(in, node.protocol); },
          [&](const Multicast& node) { return TestMulticast(in, node.protocol); },
          [&](const LengthAtLeast& node) { return TestLength(in, ir::Compare::kGreaterEqual, node.bytes); },
          [&](const LengthAtMost& node) { return Invert(TestLength(in, ir::Compare::kGreater, node.bytes)); },
          [&](const Encapsulated& node) { return TestEncapsulation(in, node); },
          [&](const Llc& node) { return TestLlc(in, node); },
          [&](const Bound& node) { return TestBound(in, node); },
          [&](const InterfaceIndex& node) { return TestInterface(in, node); },
          [&](const Rand& node) { return TestRand(in, node); },
          [&](const ByteTest& node) { return TestByte(in, node); },
          [&](const WlanFrame& node) { return TestWlanFrame(in, node); },
          [&](const WlanDirection& node) { return TestWlanDirection(in, node); },
          [&](const PfLogName& node) { return TestPfLogName(in, node); },
          [&](const PfLogNumber& node) { return TestPfLogNumber(in, node); },
          [&](const AtmTest& node) { return TestAtm(in, node); },
          [&](const AtmFieldTest& node) { return TestAtmField(in, node); },
          [&](const SignalUnitTest& node) { return TestSignalUnit(in, node); },
          [&](const Mtp3Test& node) { return TestMtp3(in, node); },
          [&](const Relation& node) { return TestRelation(in, node); },
          [&](const auto&) { return FailInternally("a node that is no test"); },
      },
      filter_.nodes[id].kind);
}

bool Lowering::CheckNode(NodeId id) {
  current_ = id;
  if (auto fault = FindFault(filter_, filter_.nodes[id])) Fail(std::move(*fault));
  return !error_;
}

Outcome Lowering::Fail(std::string message) {
  if (!error_) {
    error_ = Error{.code = ErrorCode::kInvalidInput,
                   .message = std::move(message),
                   .range = filter_.nodes[current_].range};
  }
  return {};
}

Outcome Lowering::FailInternally(std::string message) {
  if (error_) return {};
  Fail(std::move(message));
  error_->code = ErrorCode::kInternal;
  return {};
}

Expected<ir::Function> Lower(const Ast& filter, const LowerOptions& options, TestOfBlock* test_of_block) {
  if (options.link_type == nullptr) return MakeError(ErrorCode::kInternal, "no link type is given");
  if (options.target == Target::kSeccomp) {
    return InvalidInput("a packet filter cannot be compiled for --target seccomp");
  }
  if (!filter.empty() && !IsWellFormed(filter)) {
    return MakeError(ErrorCode::kInternal, "the filter's tree is malformed");
  }
  // Which lengths are computed in front of all tests is known when the last test is lowered.
  VariableHeaders headers;
  Expected<ir::Function> function = LowerWith(filter, options, headers, test_of_block);
  if (!function || !HasVariableHeaders(options) || !(headers.link_header || headers.payload)) return function;
  return LowerWith(filter, options, headers, test_of_block);
}

VariableHeaders UsedVariableHeaders(const Ast& filter, const LowerOptions& options) {
  VariableHeaders headers;
  if (!HasVariableHeaders(options) || !LowerWith(filter, options, headers)) return {};
  return headers;
}

}  // namespace bpfopt::frontend
