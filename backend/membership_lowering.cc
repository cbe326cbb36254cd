#include "backend/membership_lowering.h"

#include "backend/membership.h"
#include "backend/switch_lowering.h"
#include "backend/switch_partition.h"
#include "ir/graph.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Opcode;
using ir::Value;

constexpr std::size_t kMostWide = 5;  // words of more than ten bits that a test was ever found for

// A switch that asks whether its value, without the `ignored` lowest bits, is one of `words`.
struct Question {
  unsigned ignored = 0;
  std::vector<std::uint32_t> words;
  std::uint32_t in = 0;  // the edge for these, and the other one
  std::uint32_t out = 0;
};

// The words of the last case are not counted: with that one's edge there are too many.
std::optional<Question> QuestionOf(const ir::Switch& choice) {
  if (choice.edges.size() != 2) return std::nullopt;
  Question question;
  question.out = choice.cases.back().edge;
  question.in = 1 - question.out;
  std::uint32_t bounds = 0;
  for (const ir::Switch::Case& part : choice.cases) bounds |= part.first;
  question.ignored = bounds == 0 ? 0 : static_cast<unsigned>(std::countr_zero(bounds));
  for (std::size_t i = 0; i + 1 < choice.cases.size(); ++i) {
    if (choice.cases[i].edge != question.in) continue;
    const std::uint32_t first = choice.cases[i].first >> question.ignored;
    const std::uint32_t end = choice.cases[i + 1].first >> question.ignored;
    if (end - first > kMostMembers) return std::nullopt;
    for (std::uint32_t word = first; word < end; ++word) question.words.push_back(word);
    if (question.words.size() > kMostMembers) return std::nullopt;
  }
  return question;
}

// The words of one edge, which a test is to find together, and those that are tested one by one.
struct Parts {
  std::vector<std::uint32_t> members;
  std::vector<SingleWord> singles;
  std::uint32_t in = 0;
  std::uint32_t out = 0;

  void TakeOut() {
    singles.push_back({members.back(), in});
    members.pop_back();
  }
};

std::optional<Parts> PartsOf(const ir::Switch& choice) {
  constexpr std::size_t kMostWords = 24;
  Parts parts;
  parts.out = choice.cases.back().edge;
  std::vector<std::vector<std::uint32_t>> words(choice.edges.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < choice.cases.size(); ++i) {
    const auto& [first, edge] = choice.cases[i];
    if (edge == parts.out) continue;
    const std::uint32_t end = choice.cases[i + 1].first;
    if (end - first > kMostWords || (count += end - first) > kMostWords) return std::nullopt;
    for (std::uint32_t word = first; word < end; ++word) words[edge].push_back(word);
  }
  for (std::uint32_t edge = 0; edge < words.size(); ++edge) {
    if (words[edge].size() > words[parts.in].size()) parts.in = edge;
  }
  if (words[parts.in].empty()) return std::nullopt;
  parts.members = words[parts.in];
  for (std::uint32_t edge = 0; edge < words.size(); ++edge) {
    if (edge == parts.in) continue;
    for (const std::uint32_t word : words[edge]) parts.singles.push_back({word, edge});
  }
  return parts;
}

// A value as the low bits of `whole`, when the bits of `above` are clear in it; those in between, and above,
// do not matter.
struct LowPart {
  const Value* whole = nullptr;
  unsigned bits = 0;
  std::uint32_t above = 0;
  bool is_clean = false;  // the value has no other bits
};

std::optional<LowPart> LowPartOf(const Value* value) {
  const std::uint32_t largest = LargestOf(value);
  if (value->opcode() == Opcode::kAnd && value->rhs()->IsConstant()) {
    const std::uint32_t mask = value->rhs()->constant();
    const auto bits = static_cast<unsigned>(std::countr_one(mask));
    if (bits > 0 && bits <= 16) return LowPart{value->lhs(), bits, mask & ~((1U << bits) - 1), false};
  }
  const auto bits = static_cast<unsigned>(std::bit_width(largest));
  if (bits == 0 || bits > 16) return std::nullopt;
  return LowPart{value, bits, 0, true};
}

class Lowering {
 public:
  Lowering(ir::Function& function, const MembershipOptions& options)
      : function_(function), options_(options) {}

  std::size_t Run() {
    std::size_t count = 0;
    for (Block* block : ir::TopologicalOrder(function_)) {
      if (std::holds_alternative<ir::Switch>(block->terminator) && Lower(block)) ++count;
    }
    return count;
  }

 private:
  bool Lower(Block* block) {
    const ir::Switch choice = std::get<ir::Switch>(block->terminator);
    const std::optional<Question> question = QuestionOf(choice);
    const bool is_parameter = choice.value->opcode() == Opcode::kParameter;
    if (question) {
      const std::size_t tests = CostOfTests(choice, *question);
      if (is_parameter ? LowerParameter(block, choice, *question, tests)
                       : LowerDirectly(block, choice, *question, tests)) {
        return true;
      }
    }
    return LowerInParts(block, choice,
                        is_parameter ? BitsOfParameter(block, choice.value) : BitsOf(choice.value));
  }

  bool LowerDirectly(Block* block, const ir::Switch& choice, const Question& question, std::size_t tests) {
    const std::optional<LowPart> part = LowPartOf(choice.value);
    if (!part) return false;
    const std::size_t before = tests + (part->is_clean ? 0 : 1);
    const std::size_t beside = part->above != 0 ? 1 : 0;
    if (before <= 2 + beside) return false;
    const auto test = TestFor(question, part->bits, part->is_clean, before - beside - 1);
    if (!test) return false;
    Block* at = block;
    if (part->above != 0) {
      at = function_.NewBlock();
      block->terminator = BitTest(*part, choice.edges[question.out], {at, {}});
    }
    at->terminator = Test(part->whole, *test, choice, question);
    return true;
  }

  // What leads elsewhere, and words of a set that is too large, is tested one by one first. A is as it was
  // then.
  bool LowerInParts(Block* block, const ir::Switch& choice, unsigned bits) {
    if (bits == 0 || bits > 16) return false;
    const std::size_t tests = Divide(choice.cases, LargestOf(choice.value), nullptr).cost;
    std::optional<Parts> parts = PartsOf(choice);
    if (!parts || parts->members.back() > (1U << bits) - 1) return false;
    for (; parts->members.size() >= 3 && parts->singles.size() + 2 < tests; parts->TakeOut()) {
      if (parts->members.size() > (bits > 10 ? kMostWide : kMostMembers)) continue;
      if (parts->singles.empty()) continue;  // has been tried
      WordSet set{0, bits, true, parts->members, {}};
      for (const SingleWord& single : parts->singles) set.absent.push_back(single.word);
      std::sort(set.absent.begin(), set.absent.end());
      const std::optional<MembershipTest> test = TestOf(set);
      if (!test || parts->singles.size() + test->cost() >= tests) continue;
      for (const SingleWord& single : parts->singles) {
        Block* next = function_.NewBlock();
        block->terminator = ir::Branch{ir::Compare::kEqual,
                                       choice.value,
                                       function_.MakeConstant(single.word),
                                       choice.edges[single.edge],
                                       {next, {}}};
        block = next;
      }
      block->terminator = Test(choice.value, *test, choice, {0, {}, parts->in, parts->out});
      predecessors_.clear();
      return true;
    }
    return false;
  }

  // How many bits the value has: 0 when they are too many.
  static unsigned BitsOf(const Value* value) {
    const std::optional<LowPart> part = LowPartOf(value);
    return part && (part->is_clean || part->above == 0) ? part->bits : 0;
  }

  unsigned BitsOfParameter(const Block* block, const Value* parameter) {
    if (predecessors_.empty()) predecessors_ = ir::ComputePredecessors(function_);
    const auto found = std::find(block->parameters.begin(), block->parameters.end(), parameter);
    if (found == block->parameters.end() || block->id() >= predecessors_.size()) return 0;
    unsigned bits = 0;
    for (const ir::EdgeRef& ref : predecessors_[block->id()]) {
      const unsigned own =
          BitsOf(ref.edge().arguments[static_cast<std::size_t>(found - block->parameters.begin())]);
      if (own == 0) return 0;
      bits = std::max(bits, own);
    }
    return bits;
  }

  static std::size_t CostOfTests(const ir::Switch& choice, const Question& question) {
    std::vector<ir::Switch::Case> cases = choice.cases;
    for (ir::Switch::Case& part : cases) part.first >>= question.ignored;
    const std::size_t whole = Divide(choice.cases, LargestOf(choice.value), nullptr).cost;
    if (question.ignored == 0) return whole;
    return std::min(whole, 1 + Divide(cases, LargestOf(choice.value) >> question.ignored, nullptr).cost);
  }

  // The arguments change with the test.
  bool LowerParameter(Block* block, const ir::Switch& choice, const Question& question, std::size_t tests) {
    if (predecessors_.empty()) predecessors_ = ir::ComputePredecessors(function_);
    const auto found = std::find(block->parameters.begin(), block->parameters.end(), choice.value);
    if (found == block->parameters.end() || block->id() >= predecessors_.size()) return false;
    const auto index = static_cast<std::size_t>(found - block->parameters.begin());
    const std::vector<ir::EdgeRef>& incoming = predecessors_[block->id()];

    std::vector<LowPart> parts;
    unsigned bits = 0;
    for (const ir::EdgeRef& ref : incoming) {
      const std::optional<LowPart> part = LowPartOf(ref.edge().arguments[index]);
      if (!part) return false;
      bits = std::max(bits, part->bits);
      parts.push_back(*part);
    }
    const auto is_clean = [](const LowPart& part) { return part.is_clean; };
    const bool all_clean = std::all_of(parts.begin(), parts.end(), is_clean);
    if (all_clean && tests <= 2) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].is_clean) continue;
      if (parts[i].bits != bits) return false;
      if (parts[i].above != 0 && !MayLeaveBefore(incoming[i], *block, choice.edges[question.out]))
        return false;
    }
    if (!all_clean && IsUsedElsewhere(choice.value, block)) return false;
    const auto test = TestFor(question, bits, all_clean, all_clean ? tests - 1 : tests);
    if (!test) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].is_clean) continue;
      ir::Edge& edge = incoming[i].edge();
      edge.arguments[index] = parts[i].whole;
      if (parts[i].above == 0) continue;
      ir::Edge on = std::move(edge);
      incoming[i].from->terminator = BitTest(parts[i], choice.edges[question.out], std::move(on));
    }
    block->terminator = Test(choice.value, *test, choice, question);
    predecessors_.clear();  // edges have moved
    return true;
  }

  // Whether what comes along `ref` may skip `block`, which leads it to `out`.
  static bool MayLeaveBefore(const ir::EdgeRef& ref, const Block& block, const ir::Edge& out) {
    return block.guards.empty() && block.effects.empty() && out.arguments.empty() &&
           std::holds_alternative<ir::Jump>(ref.from->terminator);
  }

  bool IsUsedElsewhere(const Value* parameter, const Block* block) const {
    for (const Block* other : ir::TopologicalOrder(function_)) {
      for (const Value* used : ir::UsedValues(*other)) {
        if (other == block && used == parameter) continue;  // the switch, or an argument: looked at below
        bool is_used = false;
        ir::ForEachOperand(used, [&](const Value* value) { is_used = is_used || value == parameter; });
        if (is_used) return true;
      }
    }
    for (const ir::Edge* edge : block->edges()) {
      if (std::count(edge->arguments.begin(), edge->arguments.end(), parameter) != 0) return true;
    }
    return false;
  }

  // One of at most `most` instructions.
  std::optional<MembershipTest> TestFor(const Question& question, unsigned bits, bool is_clean,
                                        std::size_t most) {
    if (bits <= question.ignored) return std::nullopt;
    const bool is_whole = is_clean && question.ignored == 0;
    const WordSet set{question.ignored, bits - question.ignored, is_whole, question.words, {}};
    if (set.words.back() > set.largest()) return std::nullopt;
    const std::optional<MembershipTest> test = TestOf(set);
    if (!test && options_.missing != nullptr) options_.missing->push_back(set);
    return test && test->cost() <= most ? test : std::nullopt;
  }

  // Switches of one function ask for the same sets.
  std::optional<MembershipTest> TestOf(const WordSet& set) {
    for (const auto& [known, test] : known_) {
      if (known == set) return test;
    }
    std::uint64_t steps = options_.steps;
    std::optional<MembershipTest> test = LookUpMembershipTest(set, options_.rules);
    if (!test) test = SearchMembershipTest(set, steps);
    known_.emplace_back(set, test);
    return test;
  }

  ir::Branch BitTest(const LowPart& part, const ir::Edge& out, ir::Edge on) {
    return {ir::Compare::kAnySet, part.whole, function_.MakeConstant(part.above), out, std::move(on)};
  }

  ir::Branch Test(const Value* value, const MembershipTest& test, const ir::Switch& choice,
                  const Question& question) {
    const Value* image = value;
    if (test.first != MembershipTest::First::kNone) {
      const Opcode opcode = test.first == MembershipTest::First::kOr ? Opcode::kOr : Opcode::kSub;
      image = function_.MakeBinary(opcode, image, function_.MakeConstant(test.operand));
    }
    if (test.multiplier != 1) {
      image = function_.MakeBinary(Opcode::kMul, image, function_.MakeConstant(test.multiplier));
    }
    return {ir::Compare::kAnySet, image, function_.MakeConstant(test.mask), choice.edges[question.out],
            choice.edges[question.in]};
  }

  ir::Function& function_;
  const MembershipOptions& options_;
  std::vector<std::vector<ir::EdgeRef>> predecessors_;
  std::vector<std::pair<WordSet, std::optional<MembershipTest>>> known_;
};

}  // namespace

std::size_t LowerMemberships(ir::Function& function, const MembershipOptions& options) {
  return Lowering(function, options).Run();
}

}  // namespace bpfopt::backend
