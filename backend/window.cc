#include "backend/window.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <set>
#include <utility>

namespace bpfopt::backend {
namespace {

using namespace bpf;
using Kind = MachineEnd::Kind;

constexpr std::size_t kLargestCopy = 3;  // instructions of a block that a window may take a copy of

bool IsPacketLoad(std::uint16_t code) {
  return Class(code) == kLd && (Mode(code) == kAbs || Mode(code) == kInd);
}

// Whether a window may have it.
bool IsAllowed(const MachineInstruction& instruction) {
  if (IsPacketLoad(instruction.code)) return instruction.k < kLinkLayerOffset - 4;
  return Compute({instruction.code, 0, 0, instruction.k}, 0).has_value();
}
bool IsAllowed(const MachineEnd& end) {
  return end.kind == Kind::kJump || (end.kind == Kind::kBranch && !UsesX(end.code));
}
bool IsAllowed(const MachineBlock& block) {
  const auto allowed = [](const MachineInstruction& each) { return IsAllowed(each); };
  return IsAllowed(block.end) && std::all_of(block.code.begin(), block.code.end(), allowed);
}

bool SetsA(const MachineInstruction& instruction) {
  return Class(instruction.code) == kLd || instruction.code == (kMisc | kTxa);
}
bool ReadsA(const MachineInstruction& instruction) {
  const std::uint16_t kind = Class(instruction.code);
  // An ancillary load may look at A.
  if (kind == kLd) return Mode(instruction.code) == kAbs && instruction.k >= kLinkLayerOffset;
  return kind == kAlu || kind == kSt || instruction.code == (kMisc | kTax);
}

// X := something that neither A nor the packet's start decides, so it can come earlier.
bool IsLoadOfX(const MachineInstruction& instruction) {
  if (Class(instruction.code) != kLdx) return false;
  return Mode(instruction.code) != kMsh || instruction.k < kLinkLayerOffset;
}

// What flows into blocks.
struct Flow {
  std::vector<bool> a_is_live;
  std::vector<std::uint32_t> possible_a;
  std::vector<std::size_t> predecessors;
};

std::uint32_t PossibleAfter(const MachineInstruction& instruction, std::uint32_t before) {
  const std::uint16_t code = instruction.code;
  if (IsPacketLoad(code) && instruction.k < kLinkLayerOffset) {
    return LoadWidth(code) == 1 ? 0xff : LoadWidth(code) == 2 ? 0xffff : 0xffffffff;
  }
  if (Class(code) == kLd) return Mode(code) == kImm ? instruction.k : 0xffffffff;
  if (Class(code) == kAlu && !UsesX(code)) {
    switch (Operation(code)) {
      case kAnd:
        return before & instruction.k;
      case kOr:
      case kXor:
        return before | instruction.k;
      case kRsh:
        return instruction.k < 32 ? before >> instruction.k : 0xffffffff;
      case kLsh:
        return instruction.k < 32 ? before << instruction.k : 0xffffffff;
      default:
        return 0xffffffff;
    }
  }
  return Class(code) == kAlu || code == (kMisc | kTxa) ? 0xffffffff : before;
}

bool IsLiveBefore(const MachineBlock& block, std::size_t begin, bool live_after) {
  for (std::size_t i = begin; i < block.code.size(); ++i) {
    if (ReadsA(block.code[i])) return true;
    if (SetsA(block.code[i])) return false;
  }
  return block.end.kind == Kind::kBranch || block.end.kind == Kind::kReturnA || live_after;
}

Flow FlowOf(const MachineFunction& function) {
  const std::size_t count = function.blocks.size();
  Flow flow{std::vector<bool>(count, false), std::vector<std::uint32_t>(count, 0),
            std::vector<std::size_t>(count, 0)};
  for (std::size_t i = count; i-- > 0;) {
    const MachineBlock& block = function.blocks[i];
    bool live_after = false;
    for (std::size_t j = 0; j < block.successor_count(); ++j) {
      live_after = live_after || flow.a_is_live[block.successor(j)];
    }
    flow.a_is_live[i] = IsLiveBefore(block, 0, live_after);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const MachineBlock& block = function.blocks[i];
    std::uint32_t possible = flow.possible_a[i];
    for (const MachineInstruction& instruction : block.code) possible = PossibleAfter(instruction, possible);
    for (std::size_t j = 0; j < block.successor_count(); ++j) {
      flow.possible_a[block.successor(j)] |= possible;
      ++flow.predecessors[block.successor(j)];
    }
  }
  return flow;
}

// A window as it grows.
class Growth {
 public:
  Growth(const MachineFunction& function, const Flow& flow, std::uint32_t block, std::size_t begin)
      : function_(function), flow_(flow), block_(block), begin_(begin) {
    members_.insert(block);
  }

  // The first block's part; false when there is no window there.
  bool Start() {
    const MachineBlock& block = function_.blocks[block_];
    if (!IsAllowed(block.end)) return false;
    bool uses_x = false;
    for (std::size_t i = begin_; i < block.code.size(); ++i) {
      const MachineInstruction& instruction = block.code[i];
      if (IsLoadOfX(instruction) && !uses_x) {
        hoisted_.push_back(instruction);
        continue;
      }
      if (!IsAllowed(instruction)) return false;
      uses_x = uses_x || (IsPacketLoad(instruction.code) && Mode(instruction.code) == kInd);
      first_.push_back(instruction);
    }
    size_ = first_.size() + 1;
    return true;
  }

  // Takes in one more block; false when there is none to be taken.
  bool Grow(const WindowLimits& limits) {
    for (const std::uint32_t next : Exits()) {
      const MachineBlock& block = function_.blocks[next];
      if (!IsAllowed(block)) continue;
      const std::size_t size = block.code.size() + 1;
      if (size_ + size > limits.instructions) continue;
      if (!IsEnteredFromHere(next) && size > kLargestCopy) continue;
      members_.insert(next);
      size_ += size;
      return true;
    }
    return false;
  }

  // Members come before their successors, as the function's blocks do.
  Window Make() const {
    Window window;
    window.block = block_;
    window.begin = begin_;
    window.exits = Exits();
    window.hoisted = hoisted_;
    for (const std::uint32_t exit : window.exits) window.a_is_live.push_back(flow_.a_is_live[exit]);
    window.possible_a = flow_.possible_a[block_];
    for (std::size_t i = 0; i < begin_; ++i) {
      window.possible_a = PossibleAfter(function_.blocks[block_].code[i], window.possible_a);
    }
    window.reads_a = ReadsEntryA();
    WriteCode(window);
    CollectBytes(window);
    return window;
  }

  std::size_t size() const { return size_; }

 private:
  std::vector<std::uint32_t> Exits() const {
    std::vector<std::uint32_t> exits;
    for (const std::uint32_t member : members_) {
      const MachineBlock& block = function_.blocks[member];
      for (std::size_t j = 0; j < block.successor_count(); ++j) {
        const std::uint32_t next = block.successor(j);
        if (!members_.contains(next) && std::find(exits.begin(), exits.end(), next) == exits.end()) {
          exits.push_back(next);
        }
      }
    }
    return exits;
  }

  bool IsEnteredFromHere(std::uint32_t target) const {
    std::size_t count = 0;
    for (const std::uint32_t member : members_) {
      const MachineBlock& block = function_.blocks[member];
      for (std::size_t j = 0; j < block.successor_count(); ++j) count += block.successor(j) == target ? 1 : 0;
    }
    return count == flow_.predecessors[target];
  }

  bool ReadsEntryA() const { return first_.empty() || !SetsA(first_.front()); }

  const std::vector<MachineInstruction>& CodeOf(std::uint32_t member) const {
    return member == block_ ? first_ : function_.blocks[member].code;
  }

  void WriteCode(Window& window) const {
    std::map<std::uint32_t, std::size_t> starts;
    std::size_t at = 0;
    for (const std::uint32_t member : members_) {
      starts[member] = at;
      at += CodeOf(member).size() + 1;
    }
    for (std::size_t i = 0; i < window.exits.size(); ++i) starts[window.exits[i]] = at + i;
    for (const std::uint32_t member : members_) {
      for (const MachineInstruction& instruction : CodeOf(member)) {
        window.code.push_back({instruction.code, 0, 0, instruction.k});
      }
      const MachineEnd& end = function_.blocks[member].end;
      const std::size_t next = window.code.size() + 1;
      if (end.kind == Kind::kJump) {
        window.code.push_back({kJmp | kJa, 0, 0, static_cast<std::uint32_t>(starts[end.then_block] - next)});
      } else {
        window.code.push_back({end.code, static_cast<std::uint8_t>(starts[end.then_block] - next),
                               static_cast<std::uint8_t>(starts[end.else_block] - next), end.k});
      }
    }
  }

  static void CollectBytes(Window& window) {
    std::set<ByteAddress> bytes;
    for (const Instruction& instruction : window.code) {
      if (!IsPacketLoad(instruction.code)) continue;
      for (unsigned i = 0; i < LoadWidth(instruction.code); ++i) {
        bytes.insert({Mode(instruction.code) == kInd, instruction.k + i});
      }
    }
    window.bytes.assign(bytes.begin(), bytes.end());
  }

  const MachineFunction& function_;
  const Flow& flow_;
  const std::uint32_t block_;
  const std::size_t begin_;
  std::set<std::uint32_t> members_;
  std::vector<MachineInstruction> first_;  // of the first block
  std::vector<MachineInstruction> hoisted_;
  std::size_t size_ = 0;
};

}  // namespace

MachineFunction FormBlocks(const Program& program, const std::map<std::size_t, std::uint32_t>& draws) {
  std::vector<bool> starts(program.size() + 1, false);
  starts[0] = true;
  const auto mark = [&](std::size_t target) {
    if (target < program.size()) starts[target] = true;
  };
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& at = program[i];
    if (Class(at.code) != kJmp && Class(at.code) != kRet) continue;
    mark(i + 1);
    if (Class(at.code) == kRet) continue;
    mark(i + 1 + (IsConditionalJump(at.code) ? at.jt : at.k));
    if (IsConditionalJump(at.code)) mark(i + 1 + at.jf);
  }
  std::vector<std::uint32_t> numbers(program.size(), 0);
  for (std::size_t i = 1; i < program.size(); ++i) numbers[i] = numbers[i - 1] + (starts[i] ? 1 : 0);
  const auto block_at = [&](std::size_t target) {
    return target < program.size() ? numbers[target]
                                   : kFirstExit + static_cast<std::uint32_t>(target - program.size());
  };
  MachineFunction function;
  function.blocks.resize(program.empty() ? 0 : numbers.back() + 1);
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& at = program[i];
    MachineBlock& block = function.blocks[numbers[i]];
    if (Class(at.code) == kRet) {
      block.end = {at.code == (kRet | kA) ? Kind::kReturnA : Kind::kReturnConstant, 0, at.k, 0, 0};
      if (block.end.kind == Kind::kReturnA) block.end.k = 0;
    } else if (IsConditionalJump(at.code)) {
      block.end = {Kind::kBranch, at.code, at.k, block_at(i + 1 + at.jt), block_at(i + 1 + at.jf)};
    } else if (Class(at.code) == kJmp) {
      block.end = {Kind::kJump, 0, 0, block_at(i + 1 + at.k), 0};
    } else {
      const auto draw = draws.find(i);
      block.code.push_back({at.code, at.k, {}});
      if (draw != draws.end()) block.code.back().draw = draw->second;
      if (i + 1 == program.size() || starts[i + 1]) block.end = {Kind::kJump, 0, 0, block_at(i + 1), 0};
    }
  }
  return function;
}

std::vector<Window> FindWindows(const MachineFunction& function, const WindowLimits& limits) {
  const Flow flow = FlowOf(function);
  std::vector<Window> windows;
  for (std::uint32_t b = 0; b < function.blocks.size(); ++b) {
    const MachineBlock& block = function.blocks[b];
    for (std::size_t begin = 0; begin <= block.code.size(); ++begin) {
      const bool loads = begin < block.code.size() && IsPacketLoad(block.code[begin].code);
      if (begin != 0 && !loads) continue;
      Growth growth(function, flow, b, begin);
      if (!growth.Start()) continue;
      do {
        Window window = growth.Make();
        if (growth.size() >= 2 && window.exits.size() <= limits.exits) windows.push_back(std::move(window));
      } while (growth.Grow(limits));
    }
  }
  std::stable_sort(windows.begin(), windows.end(),
                   [](const Window& a, const Window& b) { return a.code.size() < b.code.size(); });
  return windows;
}

MachineFunction Replace(const MachineFunction& function, const Window& window, const Program& code) {
  MachineFunction replaced = function;
  MachineFunction inserted = FormBlocks(code, {});
  const auto first = static_cast<std::uint32_t>(function.blocks.size());
  const auto renumber = [&](std::uint32_t block) {
    return block >= kFirstExit ? window.exits[block - kFirstExit] : first + block;
  };
  for (MachineBlock& block : inserted.blocks) {
    if (block.successor_count() > 0) block.end.then_block = renumber(block.end.then_block);
    if (block.successor_count() > 1) block.end.else_block = renumber(block.end.else_block);
    replaced.blocks.push_back(std::move(block));
  }
  MachineBlock& entered = replaced.blocks[window.block];
  const MachineBlock& continued = replaced.blocks[first];
  entered.code.resize(window.begin);
  entered.code.insert(entered.code.end(), window.hoisted.begin(), window.hoisted.end());
  entered.code.insert(entered.code.end(), continued.code.begin(), continued.code.end());
  entered.end = continued.end;
  Simplify(replaced);
  return replaced;
}

std::optional<std::uint32_t> Compute(const Instruction& instruction, std::uint32_t a) {
  const std::uint32_t k = instruction.k;
  if (instruction.code == (kLd | kImm)) return k;
  if (Class(instruction.code) != kAlu || UsesX(instruction.code)) return std::nullopt;
  switch (Operation(instruction.code)) {
    case kAdd:
      return a + k;
    case kSub:
      return a - k;
    case kMul:
      return a * k;
    case kOr:
      return a | k;
    case kAnd:
      return a & k;
    case kXor:
      return a ^ k;
    case kNeg:
      return 0 - a;
    case kLsh:
      return k < 32 ? std::optional(a << k) : std::nullopt;
    case kRsh:
      return k < 32 ? std::optional(a >> k) : std::nullopt;
    case kDiv:
      return k != 0 ? std::optional(a / k) : std::nullopt;
    case kMod:
      return k != 0 ? std::optional(a % k) : std::nullopt;
    default:
      return std::nullopt;
  }
}

bool IsTaken(std::uint16_t jump, std::uint32_t a, std::uint32_t k) {
  switch (Operation(jump)) {
    case kJeq:
      return a == k;
    case kJgt:
      return a > k;
    case kJge:
      return a >= k;
    default:
      return (a & k) != 0;
  }
}

std::optional<std::uint32_t> LoadFrom(const Instruction& load, const std::vector<ByteAddress>& addresses,
                                      const std::vector<std::uint8_t>& bytes) {
  const ByteAddress first{Mode(load.code) == kInd, load.k};
  const auto found = std::lower_bound(addresses.begin(), addresses.end(), first);
  const unsigned width = LoadWidth(load.code);
  const auto index = static_cast<std::size_t>(found - addresses.begin());
  if (addresses.size() - index < width) return std::nullopt;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    if (addresses[index + i] != ByteAddress{first.indirect, first.offset + i}) return std::nullopt;
    value = value << 8 | bytes[index + i];
  }
  return value;
}

std::optional<Departure> RunWindow(const Program& code, const std::vector<ByteAddress>& addresses,
                                   std::uint32_t a, const std::vector<std::uint8_t>& bytes) {
  std::size_t at = 0;
  while (at < code.size()) {
    const Instruction& instruction = code[at++];
    if (IsConditionalJump(instruction.code)) {
      at += IsTaken(instruction.code, a, instruction.k) ? instruction.jt : instruction.jf;
    } else if (Class(instruction.code) == kJmp) {
      at += instruction.k;
    } else {
      const auto next =
          IsPacketLoad(instruction.code) ? LoadFrom(instruction, addresses, bytes) : Compute(instruction, a);
      if (!next) return std::nullopt;
      a = *next;
    }
  }
  return Departure{at - code.size(), a};
}

}  // namespace bpfopt::backend
