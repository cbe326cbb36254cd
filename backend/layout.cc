#include "backend/layout.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace bpfopt::backend {
namespace {

using Kind = MachineEnd::Kind;
constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::size_t kFarthest = 255;  // offset of a conditional jump

// How often each block runs when both ways of a branch are equally likely, times 2^40.
std::vector<std::uint64_t> Frequencies(const MachineFunction& function) {
  std::vector<std::uint64_t> runs(function.blocks.size(), 0);
  runs[0] = std::uint64_t{1} << 40;
  for (std::size_t i = 0; i < function.blocks.size(); ++i) {
    const std::size_t ways = function.blocks[i].successor_count();
    for (std::size_t j = 0; j < ways; ++j) runs[function.blocks[i].successor(j)] += runs[i] / ways;
  }
  return runs;
}

// For each block the one that is to follow it directly, or kNone: of all jumps to a block the most frequent
// one.
std::vector<std::uint32_t> ChooseFollowers(const MachineFunction& function) {
  const std::vector<std::uint64_t> runs = Frequencies(function);
  std::vector<std::uint32_t> jumper(function.blocks.size(), kNone);
  for (std::uint32_t i = 0; i < function.blocks.size(); ++i) {
    if (function.blocks[i].end.kind != Kind::kJump) continue;
    std::uint32_t& chosen = jumper[function.blocks[i].end.then_block];
    if (chosen == kNone || runs[i] > runs[chosen]) chosen = i;
  }
  std::vector<std::uint32_t> follower(function.blocks.size(), kNone);
  for (std::uint32_t target = 0; target < jumper.size(); ++target) {
    if (jumper[target] != kNone) follower[jumper[target]] = target;
  }
  return follower;
}

// Blocks in program order: chains of blocks that follow one another, each chain after all that lead to it,
// chains that only return last. Walking the graph depth-first keeps what belongs together close.
std::vector<std::uint32_t> Order(const MachineFunction& function) {
  const std::vector<std::uint32_t> follower = ChooseFollowers(function);
  std::vector<std::uint32_t> head(function.blocks.size(), kNone);  // of the chain that a block is in
  std::vector<bool> is_follower(function.blocks.size(), false);
  for (const std::uint32_t next : follower) {
    if (next != kNone) is_follower[next] = true;
  }
  std::vector<std::uint32_t> last(function.blocks.size(), kNone);  // by head: the chain's last block
  for (std::uint32_t i = 0; i < head.size(); ++i) {
    if (is_follower[i]) continue;
    for (std::uint32_t at = i; at != kNone; at = follower[at]) {
      head[at] = i;
      last[i] = at;
    }
  }
  std::vector<bool> seen(function.blocks.size(), false);
  std::vector<std::pair<std::uint32_t, std::size_t>> path{{0, 0}};
  std::vector<std::uint32_t> finished;
  std::vector<std::uint32_t> returns;
  seen[0] = true;
  while (!path.empty()) {
    auto& [chain, done] = path.back();
    const MachineBlock& end = function.blocks[last[chain]];
    const std::size_t count = end.successor_count();
    if (done == count) {
      const bool only_returns = function.blocks[chain].IsReturnAlone();
      (only_returns ? returns : finished).push_back(chain);
      path.pop_back();
      continue;
    }
    ++done;
    const std::uint32_t next = head[end.successor(count - done)];
    if (!seen[next]) {
      seen[next] = true;
      path.emplace_back(next, 0);
    }
  }
  std::reverse(finished.begin(), finished.end());
  // Accepting before rejecting, as one reads it.
  std::sort(returns.begin(), returns.end(), [&](std::uint32_t a, std::uint32_t b) {
    const MachineEnd& left = function.blocks[a].end;
    const MachineEnd& right = function.blocks[b].end;
    return std::pair(right.k, b) < std::pair(left.k, a);
  });
  finished.insert(finished.end(), returns.begin(), returns.end());
  std::vector<std::uint32_t> order;
  order.reserve(function.blocks.size());
  for (const std::uint32_t chain : finished) {
    for (std::uint32_t at = chain; at != kNone; at = follower[at]) order.push_back(at);
  }
  return order;
}

// Writes instructions from the last to the first. A position counts the instructions behind, so it never
// changes.
class BackwardWriter {
 public:
  explicit BackwardWriter(const MachineFunction& function)
      : function_(function), nearest_(function.blocks.size(), 0), first_(function.blocks.size(), 0) {}

  void Write(std::uint32_t id) {
    const MachineBlock& block = function_.blocks[id];
    WriteEnd(block.end);
    for (auto it = block.code.rbegin(); it != block.code.rend(); ++it) {
      if (it->draw) draws_.emplace_back(reversed_.size(), *it->draw);
      reversed_.push_back({it->code, 0, 0, it->k});
    }
    nearest_[id] = first_[id] = reversed_.size() - 1;
  }

  LaidOut Finish() {
    LaidOut result;
    for (const auto& [position, identity] : draws_) result.draws[reversed_.size() - 1 - position] = identity;
    std::reverse(reversed_.begin(), reversed_.end());
    result.program = std::move(reversed_);
    return result;
  }

 private:
  // Instructions between one written next and the target: a jump's offset.
  std::size_t DistanceTo(std::uint32_t target) const { return reversed_.size() - nearest_[target] - 1; }

  void WriteReturn(const MachineEnd& end) {
    if (end.kind == Kind::kReturnA) {
      reversed_.push_back({bpf::kRet | bpf::kA, 0, 0, 0});
    } else {
      reversed_.push_back({bpf::kRet | bpf::kK, 0, 0, end.k});
    }
  }

  // A jump to `target`, or what `target` does when that is one instruction.
  void WriteTransfer(std::uint32_t target) {
    const MachineBlock& block = function_.blocks[target];
    const bool is_test = block.code.empty() && block.end.kind == Kind::kBranch;
    if (block.IsReturnAlone()) {
      WriteReturn(block.end);
    } else if (is_test && Reaches(block.end.then_block) && Reaches(block.end.else_block)) {
      WriteBranch(block.end);
    } else {
      const auto distance = static_cast<std::uint32_t>(reversed_.size() - first_[target] - 1);
      reversed_.push_back({bpf::kJmp | bpf::kJa, 0, 0, distance});
    }
  }

  bool Reaches(std::uint32_t target) const { return DistanceTo(target) <= kFarthest; }

  void WriteBranch(const MachineEnd& end) {
    reversed_.push_back({end.code, static_cast<std::uint8_t>(DistanceTo(end.then_block)),
                         static_cast<std::uint8_t>(DistanceTo(end.else_block)), end.k});
  }

  void WriteEnd(const MachineEnd& end) {
    switch (end.kind) {
      case Kind::kReturnA:
      case Kind::kReturnConstant:
        WriteReturn(end);
        break;
      case Kind::kJump:
        if (DistanceTo(end.then_block) != 0) WriteTransfer(end.then_block);
        break;
      case Kind::kBranch:
        Bridge(end);
        WriteBranch(end);
        break;
    }
  }

  // Sees to it that a conditional jump written next reaches both of its targets.
  void Bridge(const MachineEnd& end) {
    while (!Reaches(end.then_block) || !Reaches(end.else_block)) {
      const std::uint32_t target = Reaches(end.then_block) ? end.else_block : end.then_block;
      WriteTransfer(target);
      nearest_[target] = reversed_.size() - 1;
    }
  }

  const MachineFunction& function_;
  Program reversed_;
  // By block: the position of its first instruction, or of the nearest bridge to it.
  std::vector<std::size_t> nearest_;
  std::vector<std::size_t> first_;  // the former alone
  std::vector<std::pair<std::size_t, std::uint32_t>> draws_;
};

}  // namespace

LaidOut LayOut(const MachineFunction& function) {
  const std::vector<std::uint32_t> order = Order(function);
  BackwardWriter writer(function);
  for (auto id = order.rbegin(); id != order.rend(); ++id) writer.Write(*id);
  return writer.Finish();
}

}  // namespace bpfopt::backend
