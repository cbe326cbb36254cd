// The filter is lowered test by test; what each test asks about the packet is compared with what the
// conditional jumps of a program ask. Then colours flow backwards, from the jumps to what computes their
// operands.
#include "bpf/opcode.h"
#include "bpfopt/explain.h"
#include "driver/bit_tests.h"
#include "driver/lowered_filter.h"
#include "driver/stage_log.h"
#include "driver/tree.h"
#include "frontend/lower.h"
#include "frontend/parser.h"
#include "frontend/print.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

namespace bpfopt::driver {
namespace {

using frontend::NodeId;

using PartSet = std::uint32_t;  // a bit for each part
static_assert(kMostParts <= 32);

// --- The parts of a filter ---

// Of one part: the nodes [first, root] of the tree, which is in post-order.
struct PartNodes {
  NodeId first = 0;
  NodeId root = 0;
};

NodeId FirstNode(const frontend::Ast& filter, NodeId root) {
  NodeId first = root;
  for (bool descended = true; descended;) {
    descended = false;
    NodeId leftmost = first;
    ForEachChild(filter.nodes[first].kind, [&](NodeId child) { leftmost = std::min(leftmost, child); });
    descended = leftmost < first;
    first = leftmost;
  }
  return first;
}

// Connectives are taken apart from the outside, those that have too many operands are left whole.
std::vector<PartNodes> SplitFilter(const frontend::Ast& filter) {
  std::vector<NodeId> parts{filter.root()};
  std::vector<NodeId> whole;
  while (true) {
    const auto next = std::ranges::find_if(parts, [&](NodeId id) {
      return IsPredicateParent(filter.nodes[id]) && std::ranges::find(whole, id) == whole.end();
    });
    if (next == parts.end()) break;
    const std::vector<NodeId> operands = Operands(filter, *next);
    if (parts.size() - 1 + operands.size() > kMostParts) {
      whole.push_back(*next);
      continue;
    }
    parts.erase(next);
    parts.insert(parts.end(), operands.begin(), operands.end());
  }
  std::ranges::sort(parts);
  std::vector<PartNodes> nodes;
  nodes.reserve(parts.size());
  for (const NodeId root : parts) nodes.push_back({FirstNode(filter, root), root});
  return nodes;
}

std::optional<SourceRange> RangeOf(const frontend::Ast& filter, const PartNodes& nodes) {
  std::optional<SourceRange> range;
  for (NodeId id = nodes.first; id <= nodes.root; ++id) {
    const SourceRange& node = filter.nodes[id].range;
    if (node.begin == node.end) continue;
    if (!range) range = node;
    range->begin = std::min(range->begin, node.begin);
    range->end = std::max(range->end, node.end);
  }
  return range;
}

struct Parts {
  std::vector<FilterPart> parts;
  std::vector<std::size_t> of_node;  // by node
};

// Parts that were written in the same place (the entries of one file) become one.
Parts FindParts(const frontend::Ast& filter, std::string_view text) {
  Parts found;
  found.of_node.assign(filter.nodes.size(), kMostParts);
  for (const PartNodes& nodes : SplitFilter(filter)) {
    const std::optional<SourceRange> range = RangeOf(filter, nodes);
    std::optional<SourceRange>* last = found.parts.empty() ? nullptr : &found.parts.back().range;
    if (last != nullptr && *last && range && range->begin < (*last)->end) {
      **last = {std::min(range->begin, (*last)->begin), std::max(range->end, (*last)->end)};
    } else {
      found.parts.push_back({range, range ? "" : std::string("(not written)")});
    }
    std::fill(found.of_node.begin() + nodes.first, found.of_node.begin() + nodes.root + 1,
              found.parts.size() - 1);
  }
  for (FilterPart& part : found.parts) {
    if (part.range) part.text = text.substr(part.range->begin, part.range->end - part.range->begin);
  }
  return found;
}

// --- What a test says of the packet ---

// A bit, and what it has to be for the test to hold; nothing where the test is not for equality.
struct Demand {
  BytePlace byte;
  unsigned bit = 0;
  std::optional<bool> value;
};

class Demands {
 public:
  Demands(const BitTest& test, const BitWords& words) {
    const BitWord& lhs = words[test.lhs];
    const auto constant = words[test.rhs].constant();
    const bool is_equality = test.compare == ir::Compare::kEqual && constant.has_value();
    AddWord(
        lhs,
        [&](unsigned i) { return is_equality ? std::optional((*constant >> i & 1) != 0) : std::nullopt; },
        test.compare == ir::Compare::kAnySet && constant ? *constant : 0xffffffff);
    if (!constant)
      AddWord(
          words[test.rhs], [](unsigned) { return std::nullopt; }, 0xffffffff);
    std::ranges::sort(all_, {}, [](const Demand& demand) { return std::tie(demand.byte, demand.bit); });
  }

  const std::vector<Demand>& all() const { return all_; }

  // Do the tests ask about bits in common, and never for two values of one?
  bool IsAkinTo(const Demands& other) const {
    bool any = false;
    auto theirs = other.all_.begin();
    for (const Demand& ours : all_) {
      const auto key = std::tie(ours.byte, ours.bit);
      while (theirs != other.all_.end() && std::tie(theirs->byte, theirs->bit) < key) ++theirs;
      if (theirs == other.all_.end()) break;
      if (std::tie(theirs->byte, theirs->bit) != key) continue;
      if (ours.value && theirs->value && *ours.value != *theirs->value) return false;
      any = true;
    }
    return any;
  }

 private:
  template <typename Value>
  void AddWord(const BitWord& word, Value value, std::uint32_t mask) {
    bool is_exact = true;
    for (unsigned i = 0; i < word.bits.size(); ++i) {
      const WordBit& bit = word.bits[i];
      if (bit.kind == WordBit::Kind::kUnknown) is_exact = false;
      if (bit.kind == WordBit::Kind::kPacket && (mask >> i & 1) != 0)
        all_.push_back({bit.byte, bit.bit, value(i)});
    }
    if (is_exact) return;
    for (const BytePlace& byte : word.sources) {
      for (unsigned bit = 0; bit < 8; ++bit) all_.push_back({byte, bit, std::nullopt});
    }
  }

  std::vector<Demand> all_;
};

// The tests of the filter, found by the bytes that they ask about.
class PartTests {
 public:
  void Add(const Demands& demands, std::size_t part) {
    for (const Demand& demand : demands.all()) {
      std::vector<std::size_t>& tests = by_byte_[demand.byte];
      if (tests.empty() || tests.back() != tests_.size()) tests.push_back(tests_.size());
    }
    tests_.emplace_back(demands, part);
  }

  PartSet Akin(const std::vector<Demands>& jump) const {
    PartSet akin = 0;
    PartSet nearby = 0;
    for (const Demands& demands : jump) {
      std::optional<BytePlace> last;
      for (const Demand& demand : demands.all()) {
        if (last == demand.byte) continue;
        last = demand.byte;
        const auto found = by_byte_.find(demand.byte);
        if (found == by_byte_.end()) continue;
        for (const std::size_t test : found->second) {
          const auto& [theirs, part] = tests_[test];
          nearby |= PartSet{1} << part;
          if ((akin >> part & 1) == 0 && demands.IsAkinTo(theirs)) akin |= PartSet{1} << part;
        }
      }
    }
    return akin != 0 ? akin : nearby;
  }

 private:
  std::vector<std::pair<Demands, std::size_t>> tests_;
  std::map<BytePlace, std::vector<std::size_t>> by_byte_;
};

// --- Backwards through a program ---

struct Wanted {
  PartSet a = 0;
  PartSet x = 0;
  std::array<PartSet, bpf::kScratchWords> scratch{};

  void Merge(const Wanted& more) {
    a |= more.a;
    x |= more.x;
    for (std::size_t i = 0; i < scratch.size(); ++i) scratch[i] |= more.scratch[i];
  }
};

// The parts whose tests use what the instruction computes; `wanted` is after it and becomes that before it.
PartSet Propagate(const Instruction& instruction, Wanted& wanted) {
  const auto take = [](PartSet& from) { return std::exchange(from, 0); };
  const std::uint16_t mode = bpf::Mode(instruction.code);
  PartSet& scratch = wanted.scratch[instruction.k % bpf::kScratchWords];
  switch (bpf::Class(instruction.code)) {
    case bpf::kLd:
    case bpf::kLdx: {
      const PartSet parts = take(bpf::Class(instruction.code) == bpf::kLd ? wanted.a : wanted.x);
      if (mode == bpf::kMem) scratch |= parts;
      if (mode == bpf::kInd) wanted.x |= parts;
      return parts;
    }
    case bpf::kSt:
    case bpf::kStx: {
      const PartSet parts = take(scratch);
      (bpf::Class(instruction.code) == bpf::kSt ? wanted.a : wanted.x) |= parts;
      return parts;
    }
    case bpf::kAlu:
      if (bpf::UsesX(instruction.code) && bpf::Operation(instruction.code) != bpf::kNeg) wanted.x |= wanted.a;
      return wanted.a;
    default: {
      const bool to_x = instruction.code == (bpf::kMisc | bpf::kTax);
      const PartSet parts = take(to_x ? wanted.x : wanted.a);
      (to_x ? wanted.a : wanted.x) |= parts;
      return parts;
    }
  }
}

std::vector<PartSet> Colour(const Program& program, const std::vector<PartSet>& jumps) {
  std::vector<Wanted> before(program.size() + 1);
  std::vector<PartSet> parts(program.size(), 0);
  const auto at = [&](std::size_t i) -> const Wanted& { return before[std::min(i, program.size())]; };
  for (std::size_t i = program.size(); i-- > 0;) {
    const Instruction& instruction = program[i];
    Wanted& wanted = before[i];
    if (bpf::Class(instruction.code) == bpf::kRet) continue;
    if (bpf::IsConditionalJump(instruction.code)) {
      wanted = at(i + 1 + instruction.jt);
      wanted.Merge(at(i + 1 + instruction.jf));
      parts[i] = jumps[i];
      wanted.a |= jumps[i];
      if (bpf::UsesX(instruction.code)) wanted.x |= jumps[i];
    } else if (bpf::Class(instruction.code) == bpf::kJmp) {
      wanted = at(i + 1 + std::size_t{instruction.k});
    } else {
      wanted = at(i + 1);
      parts[i] = Propagate(instruction, wanted);
    }
  }
  return parts;
}

std::vector<std::size_t> Members(PartSet set) {
  std::vector<std::size_t> members;
  for (; set != 0; set &= set - 1) members.push_back(static_cast<std::size_t>(std::countr_zero(set)));
  return members;
}

std::vector<std::vector<std::size_t>> AttributeProgram(const Program& program, Target target,
                                                       const PartTests& tests, BitWords& words) {
  std::vector<PartSet> jumps;
  for (const std::vector<BitTest>& asked : TestsOfProgram(program, target, words)) {
    std::vector<Demands> demands;
    demands.reserve(asked.size());
    for (const BitTest& test : asked) demands.emplace_back(test, words);
    jumps.push_back(tests.Akin(demands));
  }
  std::vector<std::vector<std::size_t>> parts;
  for (const PartSet set : Colour(program, jumps)) parts.push_back(Members(set));
  return parts;
}

}  // namespace
}  // namespace bpfopt::driver

namespace bpfopt {

Expected<Attribution> AttributeInstructions(std::string_view filter, const CompileOptions& options,
                                            std::initializer_list<const Program*> programs) {
  const std::function<void(const StageReport&)> nobody;
  CompileStatistics unused;
  driver::StageLog log(nobody, unused);
  const auto parsed = frontend::ParseFilter(filter, options.read_file);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto lowered = driver::LowerFilter(*parsed, options, log);
  if (!lowered) return tl::unexpected(lowered.error());
  Attribution result;
  if (lowered->filter.empty()) {
    for (const Program* program : programs) result.programs.emplace_back(program->size());
    return result;
  }
  frontend::TestOfBlock test_of_block;
  const auto function =
      frontend::Lower(lowered->filter, driver::LowerOptionsFor(*lowered->link_type, options), &test_of_block);
  if (!function) return tl::unexpected(function.error());

  driver::Parts parts = driver::FindParts(lowered->filter, filter);
  driver::BitWords words;
  driver::PartTests tests;
  const auto asked = driver::TestsOfFunction(*function, words);
  for (std::uint32_t id = 0; id < function->block_count(); ++id) {
    if (test_of_block[id] == frontend::kNoTest) continue;
    for (const driver::BitTest& test : asked[id]) {
      tests.Add(driver::Demands(test, words), parts.of_node[test_of_block[id]]);
    }
  }
  for (const Program* program : programs) {
    result.programs.push_back(driver::AttributeProgram(*program, options.target, tests, words));
  }
  result.parts = std::move(parts.parts);
  return result;
}

}  // namespace bpfopt
