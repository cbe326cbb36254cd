#include "backend/synthesis.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace bpfopt::backend {
namespace {

using namespace bpf;

// What multipliers are tried up to, after which operations are few, and how many values of A are compared
// with.
constexpr std::uint32_t kLastMultiplier = 1 << 15;
constexpr std::size_t kShort = 3;
constexpr std::size_t kMostValues = 12;
// Candidates are looked at on these first: most fail there.
constexpr std::size_t kSample = 32;

// Code as a tree: an operation has one successor, a test two.
struct Node {
  bool is_exit = false;
  std::size_t exit = 0;
  Instruction instruction{};
  std::size_t then_node = 0;
  std::size_t else_node = 0;
};

// Examples that reach a point, and what A is there in each.
struct Point {
  std::vector<std::uint32_t> examples;
  std::vector<std::uint32_t> a;
};

enum class Last { kEntry, kTest, kLoad, kOperation };

class Synthesis {
 public:
  Synthesis(const Window& window, const std::vector<Example>& examples, const Rules& rules,
            std::uint64_t& steps)
      : window_(window), examples_(examples), rules_(rules), steps_(steps) {
    CollectConstants();
    CollectLoads();
    CollectWitnesses();
  }

  std::optional<Program> Run(std::size_t most) {
    Point start;
    for (std::uint32_t i = 0; i < examples_.size(); ++i) {
      start.examples.push_back(i);
      start.a.push_back(examples_[i].a);
    }
    for (std::size_t length = 0; length <= most; ++length) {
      if (const auto root = Solve(start, length, Last::kEntry)) return Write(*root);
      if (steps_ == 0) break;
    }
    return std::nullopt;
  }

 private:
  std::size_t ExitOf(const Point& point, std::size_t i) const {
    return examples_[point.examples[i]].wanted.exit;
  }

  void Spend(std::size_t count) { steps_ -= std::min<std::uint64_t>(steps_, count); }

  // The code from here on, of at most `length` instructions.
  std::optional<std::size_t> Solve(const Point& point, std::size_t length, Last last) {
    Spend(point.a.size());
    if (steps_ == 0) return std::nullopt;
    const std::vector<std::size_t> exits = ExitsOf(point);
    if (exits.size() == 1 && MayLeave(point, exits[0])) return AddNode({true, exits[0], {}, 0, 0});
    if (length == 0 || exits.size() > length + 1) return std::nullopt;
    if (length == 1 && exits.size() == 2) return LastTest(point, exits);
    if (2 * LoadsNeeded(point) > length) return std::nullopt;
    if (exits.size() > 1 && last != Last::kLoad) {
      if (const auto found = LastTest(point, exits)) return found;
    }
    if (exits.size() > 1 && length > 1) {
      if (const auto found = Split(point, exits, length)) return found;
    }
    return Operate(point, exits, length, last);
  }

  std::vector<std::size_t> ExitsOf(const Point& point) const {
    std::vector<std::size_t> exits;
    for (std::size_t i = 0; i < point.a.size(); ++i) {
      const std::size_t exit = ExitOf(point, i);
      if (std::find(exits.begin(), exits.end(), exit) == exits.end()) exits.push_back(exit);
    }
    return exits;
  }

  bool MayLeave(const Point& point, std::size_t exit) const {
    if (!window_.a_is_live[exit]) return true;
    for (std::size_t i = 0; i < point.a.size(); ++i) {
      if (point.a[i] != examples_[point.examples[i]].wanted.a) return false;
    }
    return true;
  }

  // One test that tells two exits apart.
  std::optional<std::size_t> LastTest(const Point& point, const std::vector<std::size_t>& exits) {
    if (exits.size() != 2) return std::nullopt;
    const auto test = TestBetween(point, exits[0], point.a.size());
    if (!test) return std::nullopt;
    return Branch(point, *test, 1);
  }

  // What is taken for all of `point`'s first examples that leave by `exit` and for no other, or the other way
  // around.
  std::optional<Instruction> TestBetween(const Point& point, std::size_t exit, std::size_t count) {
    Spend(count);
    struct Side {
      std::uint32_t min = 0xffffffff;
      std::uint32_t max = 0;
      std::uint32_t any = 0;
      bool empty() const { return min > max; }
    };
    std::array<Side, 2> sides;
    for (std::size_t i = 0; i < count; ++i) {
      Side& side = sides[ExitOf(point, i) == exit ? 1 : 0];
      side.min = std::min(side.min, point.a[i]);
      side.max = std::max(side.max, point.a[i]);
      side.any |= point.a[i];
    }
    if (sides[0].empty() || sides[1].empty()) return Instruction{kJmp | kJset, 0, 0, 0};
    for (const int s : {0, 1}) {
      if (sides[s].max < sides[1 - s].min) return Instruction{kJmp | kJge, 0, 0, sides[1 - s].min};
    }
    for (const int s : {0, 1}) {
      const auto matches = [&](std::uint16_t jump, std::uint32_t k) {
        for (std::size_t i = 0; i < count; ++i) {
          if ((ExitOf(point, i) == exit ? 1 : 0) != s && IsTaken(jump, point.a[i], k) == (jump == kJeq)) {
            return false;
          }
        }
        return true;
      };
      if (sides[s].min == sides[s].max && matches(kJeq, sides[s].min)) {
        return Instruction{kJmp | kJeq, 0, 0, sides[s].min};
      }
      if (~sides[s].any != 0 && matches(kJset, ~sides[s].any)) {
        return Instruction{kJmp | kJset, 0, 0, ~sides[s].any};
      }
    }
    return std::nullopt;
  }

  // A test and then the two parts, `length` instructions in all.
  std::optional<std::size_t> Branch(const Point& point, const Instruction& test, std::size_t length) {
    std::array<Point, 2> parts;
    for (std::size_t i = 0; i < point.a.size(); ++i) {
      Point& part = parts[IsTaken(test.code, point.a[i], test.k) ? 0 : 1];
      part.examples.push_back(point.examples[i]);
      part.a.push_back(point.a[i]);
    }
    Spend(point.a.size());
    if (parts[0].a.empty() || parts[1].a.empty()) return std::nullopt;
    const std::array<std::size_t, 2> exits = {ExitsOf(parts[0]).size(), ExitsOf(parts[1]).size()};
    if (exits[0] + exits[1] - 2 > length - 1) return std::nullopt;
    const std::size_t first = exits[0] <= exits[1] ? 0 : 1;
    for (std::size_t own = exits[first] - 1; own + 1 <= length; ++own) {
      const auto one = Solve(parts[first], own, Last::kTest);
      if (!one) continue;
      const auto other = Solve(parts[1 - first], length - 1 - own, Last::kTest);
      if (!other) return std::nullopt;
      return AddNode({false, 0, test, first == 0 ? *one : *other, first == 0 ? *other : *one});
    }
    return std::nullopt;
  }

  // Tests after which others follow.
  std::optional<std::size_t> Split(const Point& point, const std::vector<std::size_t>& exits,
                                   std::size_t length) {
    std::set<std::pair<std::uint16_t, std::uint32_t>> tests;
    for (const std::uint32_t constant : compared_) tests.emplace(kJmp | kJeq, constant);
    for (const std::uint32_t constant : compared_) tests.emplace(kJmp | kJge, constant);
    for (const std::uint32_t constant : masks_) tests.emplace(kJmp | kJset, constant);
    for (const std::size_t exit : exits) {
      std::uint32_t any = 0;
      std::set<std::uint32_t> values;
      for (std::size_t i = 0; i < point.a.size(); ++i) {
        if (ExitOf(point, i) != exit) continue;
        any |= point.a[i];
        if (values.size() <= kMostValues) values.insert(point.a[i]);
      }
      if (~any != 0) tests.emplace(kJmp | kJset, ~any);
      if (values.size() > (length <= kShort ? kMostValues : 1)) continue;
      for (const std::uint32_t value : values) tests.emplace(kJmp | kJeq, value);
    }
    for (const auto& [code, k] : tests) {
      if (const auto found = Branch(point, {code, 0, 0, k}, length)) return found;
      if (steps_ == 0) break;
    }
    return std::nullopt;
  }

  // A load or an operation, and what follows.
  std::optional<std::size_t> Operate(const Point& point, const std::vector<std::size_t>& exits,
                                     std::size_t length, Last last) {
    if (last != Last::kOperation && last != Last::kLoad) {
      for (const Instruction& load : loads_) {
        if (const auto found = Continue(point, exits, load, length, Last::kLoad)) return found;
      }
    }
    for (const Instruction& operation : OperationsFor(length)) {
      if (const auto found = Continue(point, exits, operation, length, Last::kOperation)) return found;
      if (steps_ == 0) return std::nullopt;
    }
    return length == 2 && exits.size() == 2 ? Multiply(point, exits) : std::nullopt;
  }

  std::optional<std::size_t> Continue(const Point& point, const std::vector<std::size_t>& exits,
                                      const Instruction& instruction, std::size_t length, Last last) {
    Point next;
    next.a.resize(point.a.size());
    const auto apply = [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto value = last == Last::kLoad
                               ? LoadFrom(instruction, window_.bytes, examples_[point.examples[i]].bytes)
                               : Compute(instruction, point.a[i]);
        if (!value) return false;
        next.a[i] = *value;
      }
      Spend(end - begin);
      return true;
    };
    const std::size_t sample = std::min(kSample, point.a.size());
    next.examples = point.examples;
    if (!apply(0, sample)) return std::nullopt;
    if (length == 2 && exits.size() == 2 && !TestBetween(next, exits[0], sample)) return std::nullopt;
    if (!apply(sample, point.a.size()) || next.a == point.a) return std::nullopt;
    const auto rest = Solve(next, length - 1, last);
    if (!rest) return std::nullopt;
    return AddNode({false, 0, instruction, *rest, *rest});
  }

  // `mul #m; jset #k`, with m tried: k is what no product for one of the exits has.
  std::optional<std::size_t> Multiply(const Point& point, const std::vector<std::size_t>& exits) {
    std::array<std::vector<std::uint32_t>, 2> sides;
    for (std::size_t i = 0; i < point.a.size(); ++i) {
      sides[ExitOf(point, i) == exits[0] ? 0 : 1].push_back(point.a[i]);
    }
    const std::size_t fewer = sides[0].size() <= sides[1].size() ? 0 : 1;
    for (std::uint32_t m = 3; m < kLastMultiplier && steps_ > 0; m += 2) {
      std::uint32_t any = 0;
      for (const std::uint32_t value : sides[fewer]) any |= value * m;
      Spend(sides[fewer].size());
      if (~any == 0) continue;
      std::size_t tried = 0;
      bool fits = true;
      for (const std::uint32_t value : sides[1 - fewer]) {
        ++tried;
        fits = (value * m & ~any) != 0;
        if (!fits) break;
      }
      Spend(tried);
      if (!fits) continue;
      if (const auto found = Continue(point, exits, {kAlu | kMul, 0, 0, m}, 2, Last::kOperation))
        return found;
    }
    return std::nullopt;
  }

  // Constants that the window has, and others that come of them.
  void CollectConstants() {
    for (const Instruction& instruction : window_.code) {
      if (IsConditionalJump(instruction.code)) {
        if (Operation(instruction.code) == kJset) {
          masks_.insert(instruction.k);
        } else {
          compared_.insert(instruction.k);
          if (Operation(instruction.code) == kJgt && instruction.k != 0xffffffff) {
            compared_.insert(instruction.k + 1);
          }
        }
      } else if (Class(instruction.code) == kAlu) {
        (Operation(instruction.code) == kAnd ? masks_ : operands_).insert(instruction.k);
      }
    }
    for (const std::uint32_t mask : {0xffU, 0xffffU, 0xf0U, 0xfU}) masks_.insert(mask);
  }

  // Two examples that differ in one byte and leave by different exits: while A is the same in both, code has
  // to load that byte.
  struct Witness {
    std::uint32_t one;
    std::uint32_t other;
    std::size_t byte;
  };

  void CollectWitnesses() {
    constexpr std::size_t kMostBases = 48;
    for (std::uint32_t one = 0; one < std::min(kMostBases, examples_.size()); ++one) {
      for (std::uint32_t other = one + 1; other < examples_.size(); ++other) {
        const Example& a = examples_[one];
        const Example& b = examples_[other];
        if (a.wanted.exit == b.wanted.exit || a.a != b.a) continue;
        std::size_t differing = 0;
        std::size_t byte = 0;
        for (std::size_t i = 0; i < a.bytes.size() && differing < 2; ++i) {
          if (a.bytes[i] == b.bytes[i]) continue;
          ++differing;
          byte = i;
        }
        if (differing == 1) witnesses_.push_back({one, other, byte});
      }
    }
  }

  // Each takes a load, and then a test.
  std::size_t LoadsNeeded(const Point& point) {
    if (witnesses_.empty()) return 0;
    constexpr std::uint32_t kAbsent = 0xffffffff;
    places_.assign(examples_.size(), kAbsent);
    for (std::uint32_t i = 0; i < point.examples.size(); ++i) places_[point.examples[i]] = i;
    Spend(witnesses_.size() / 4);
    std::vector<bool> needed(window_.bytes.size(), false);
    for (const Witness& witness : witnesses_) {
      const std::uint32_t one = places_[witness.one];
      const std::uint32_t other = places_[witness.other];
      if (one != kAbsent && other != kAbsent && point.a[one] == point.a[other]) needed[witness.byte] = true;
    }
    std::size_t loads = 0;
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      ++loads;
      ByteAddress last = window_.bytes[i];
      last.offset += 3;
      while (i + 1 < needed.size() && window_.bytes[i + 1] <= last) ++i;
    }
    return loads;
  }

  void CollectLoads() {
    for (const ByteAddress& at : window_.bytes) {
      for (const std::uint16_t width : {kW, kH, kB}) {
        const auto mode = at.indirect ? kInd : kAbs;
        const Instruction load{static_cast<std::uint16_t>(kLd | width | mode), 0, 0, at.offset};
        const bool is_own =
            std::any_of(window_.code.begin(), window_.code.end(),
                        [&](const Instruction& each) { return each.code == load.code && each.k == load.k; });
        const bool may_change = rules_.target != Target::kSeccomp &&
                                IsAllowedLoad(at.indirect, at.offset, LoadWidth(load.code), rules_);
        const std::vector<std::uint8_t> zeros(window_.bytes.size());
        if ((is_own || may_change) && LoadFrom(load, window_.bytes, zeros)) loads_.push_back(load);
      }
    }
  }

  std::vector<Instruction> OperationsFor(std::size_t length) const {
    std::vector<Instruction> operations;
    const auto add = [&](std::uint16_t operation, std::uint32_t k) {
      operations.push_back({static_cast<std::uint16_t>(kAlu | operation), 0, 0, k});
    };
    for (const std::uint32_t mask : masks_) add(kAnd, mask);
    if (length > kShort + 1) return operations;
    for (const std::uint32_t mask : masks_) add(kOr, ~mask);
    for (const std::uint32_t k : operands_) {
      for (const std::uint16_t operation : {kAdd, kSub, kMul, kOr, kXor}) add(operation, k);
    }
    if (length > kShort) return operations;
    for (const std::uint32_t k : compared_) {
      for (const std::uint16_t operation : {kSub, kXor}) add(operation, k);
    }
    for (const std::uint32_t k : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 16U, 24U}) {
      add(kRsh, k);
      add(kLsh, k);
    }
    if (length > 2) return operations;
    for (std::uint32_t k = 3; k < 64; ++k) add(kMod, k);
    add(kNeg, 0);
    return operations;
  }

  std::size_t AddNode(const Node& node) {
    nodes_.push_back(node);
    return nodes_.size() - 1;
  }

  // Trees are written in pre-order; a jump to an exit is a place after the end.
  std::size_t SizeOf(std::size_t node) const {
    const Node& at = nodes_[node];
    if (at.is_exit) return 0;
    if (IsConditionalJump(at.instruction.code)) return 1 + SizeOf(at.then_node) + SizeOf(at.else_node);
    return 1 + SizeOf(at.then_node) + (nodes_[at.then_node].is_exit ? 1 : 0);
  }

  Program Write(std::size_t root) const {
    Program code;
    const std::size_t size = SizeOf(root) + (nodes_[root].is_exit ? 1 : 0);
    WriteFrom(root, size, code);
    if (nodes_[root].is_exit) WriteJump(root, size, code);
    return code;
  }

  void WriteJump(std::size_t exit, std::size_t size, Program& code) const {
    const std::size_t next = code.size() + 1;
    code.push_back({kJmp | kJa, 0, 0, static_cast<std::uint32_t>(size + nodes_[exit].exit - next)});
  }

  void WriteFrom(std::size_t node, std::size_t size, Program& code) const {
    const Node& at = nodes_[node];
    if (at.is_exit) return;
    const std::size_t own = code.size();
    code.push_back(at.instruction);
    if (!IsConditionalJump(at.instruction.code)) {
      WriteFrom(at.then_node, size, code);
      if (nodes_[at.then_node].is_exit) WriteJump(at.then_node, size, code);
      return;
    }
    const auto offset = [&](std::size_t target, std::size_t otherwise) {
      const std::size_t place = nodes_[target].is_exit ? size + nodes_[target].exit : otherwise;
      return static_cast<std::uint8_t>(place - own - 1);
    };
    code[own].jt = offset(at.then_node, own + 1);
    WriteFrom(at.then_node, size, code);
    code[own].jf = offset(at.else_node, code.size());
    WriteFrom(at.else_node, size, code);
  }

  const Window& window_;
  const std::vector<Example>& examples_;
  const Rules& rules_;
  std::uint64_t& steps_;
  std::set<std::uint32_t> compared_;
  std::set<std::uint32_t> masks_;
  std::set<std::uint32_t> operands_;
  std::vector<Instruction> loads_;
  std::vector<Witness> witnesses_;
  std::vector<std::uint32_t> places_;  // by example: where it is in the point that is looked at
  std::vector<Node> nodes_;
};

}  // namespace

std::optional<Program> Synthesize(const Window& window, const std::vector<Example>& examples,
                                  const Rules& rules, std::size_t most, std::uint64_t& steps) {
  if (examples.empty()) return std::nullopt;
  return Synthesis(window, examples, rules, steps).Run(most);
}

}  // namespace bpfopt::backend
