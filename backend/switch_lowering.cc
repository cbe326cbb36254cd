#include "backend/switch_lowering.h"

#include "backend/switch_partition.h"
#include "backend/switch_rows.h"
#include "bpf/likelihood.h"
#include "ir/available_guards.h"
#include "ir/graph.h"
#include "ir/upper_bounds.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Block;
using ir::Opcode;
using ir::Value;
using Case = ir::Switch::Case;

constexpr std::size_t kSmallSwitch = 16;  // entries up to which no test is added for depth
// Where masks take the place of most tests, the form that executes fewest may have a fifth more instructions
// than the smallest one: still a fraction of the entries, and the path is that of every system call.
constexpr std::size_t kMaskedShare = 5;
constexpr std::size_t kFastLeaf = 3;  // `==` tests in a row when executed instructions count
// Then a mask, of which three instructions are executed, pays where it stands for more tests than this.
constexpr unsigned kFastMask = 10;

bool HasMasks(const Leaf& leaf) { return !leaf.masks.empty(); }

std::size_t LongestRow(std::size_t tests, Objective objective) {
  if (objective == Objective::kSpeed) return kFastLeaf;
  if (objective == Objective::kSize || tests <= kSmallSwitch)
    return std::numeric_limits<std::size_t>::max() / 2;
  return 9;  // one test more for nine: about 12 % more instructions at most
}

class Lowering {
 public:
  Lowering(ir::Function& function, const Rules& rules, const SwitchOptions& options)
      : function_(function), rules_(rules), options_(options), available_(function), bounds_(function) {}

  // Notes the `==` tests that block will make, wherever they will be.
  void Note(const Block* block) {
    const auto* branch = std::get_if<ir::Branch>(&block->terminator);
    if (branch != nullptr && branch->compare == ir::Compare::kEqual && branch->rhs->IsConstant()) {
      ++seen_[KeyOf(branch->rhs->constant(), branch->then_edge, branch->else_edge)];
    }
    const auto* choice = std::get_if<ir::Switch>(&block->terminator);
    if (choice == nullptr) return;
    std::vector<Case> cases = choice->cases;
    Restrict(cases, LargestOf(choice->value));
    const Division division = Divide(cases, LargestOf(choice->value), nullptr);
    for (const Leaf& leaf : division.leaves) {
      for (const auto& [word, edge] : leaf.singles) {
        ++seen_[KeyOf(word, choice->edges[edge], choice->edges[leaf.edge])];
      }
    }
  }

  // `original` is the block that had the switch at first.
  void Lower(Block* block, const Block* original) {
    PeeledSwitch peeled{block, {}};
    if (options_.objective == Objective::kSpeed) peeled = PeelLikelyWords(function_, block);
    block = peeled.block;
    ir::Switch choice = std::move(std::get<ir::Switch>(block->terminator));
    Restrict(choice.cases, LargestOf(choice.value));
    Best best = BestFor(original, choice);
    choice.value = best.value;
    if (choice.cases.size() == 1) {
      block->terminator = ir::Jump{std::move(choice.edges[choice.cases[0].edge])};
      return;
    }
    std::vector<Leaf> leaves = std::move(best.division.leaves);
    if (options_.objective == Objective::kSpeed || options_.likely_first) {
      leaves = SplitByLikelihood(std::move(leaves), best.value, peeled.words);
    }
    leaves = SplitRows(std::move(leaves), LongestRow(best.cost, options_.objective));
    const bool may_trade = options_.objective == Objective::kBalanced && best.cost > kSmallSwitch;
    if (may_trade && std::any_of(leaves.begin(), leaves.end(), HasMasks)) {
      report_.slack += (best.cost + kMaskedShare - 1) / kMaskedShare;
    }
    Build(block, choice, leaves);
  }

  const LoweringReport& report() const { return report_; }

 private:
  // The value that the tree tests: the switch's own or its upper bits.
  struct Best {
    const Value* value = nullptr;
    Division division;
    std::size_t cost = 0;
  };

  // Words that the value cannot be belong to the last part that it can be in.
  static void Restrict(std::vector<Case>& cases, std::uint32_t largest) {
    while (cases.size() > 1 && cases.back().first > largest) cases.pop_back();
  }

  Best BestFor(const Block* block, const ir::Switch& choice) {
    Best best = BestOfUpperBits(block, choice, nullptr);
    if (!options_.uses_masks) return best;
    const bool is_shared = options_.objective != Objective::kSpeed;
    const MaskCosts costs = is_shared ? MaskCosts{} : MaskCosts{kFastMask, kFastMask};
    Best with_masks = BestOfUpperBits(block, choice, &costs);
    if (with_masks.cost >= best.cost) return best;
    report_.mask_gain += best.cost - with_masks.cost;
    return with_masks;
  }

  Best BestOfUpperBits(const Block* block, const ir::Switch& choice, const MaskCosts* masks) {
    Best best;
    const auto consider = [&](const Value* value, unsigned shift, std::size_t extra) {
      std::vector<Case> cases = choice.cases;
      for (Case& c : cases) c.first >>= shift;
      Division division = Divide(cases, LargestOf(value), masks);
      const std::size_t cost = division.cost + extra + CostOfMasks(division, value);
      if (best.value == nullptr || cost < best.cost) best = {value, std::move(division), cost};
    };
    const Value* whole = choice.value;
    consider(whole, 0, 0);
    std::uint32_t all = 0;
    for (const Case& c : choice.cases) all |= c.first;
    const auto shift = static_cast<unsigned>(std::countr_zero(all));
    if (all == 0 || shift == 0) return best;
    consider(function_.MakeBinary(Opcode::kShr, whole, function_.MakeConstant(shift)), shift, 1);
    if (!options_.narrows_loads || whole->opcode() != Opcode::kLoad) return best;
    for (const unsigned width : {2U, 1U}) {
      if (width >= whole->width()) continue;
      const unsigned dropped = 8 * (whole->width() - width);
      if (dropped > shift || !MayNarrow(block, whole, width)) continue;
      consider(function_.MakeLoad(whole->base(), whole->offset(), width), dropped, 0);
    }
    return best;
  }

  // What masks cost besides their leaves: the amount in X, and the tests that leaves share.
  std::size_t CostOfMasks(const Division& division, const Value* value) const {
    std::set<std::pair<std::uint32_t, std::uint32_t>> shared;
    for (const Leaf& leaf : division.leaves) {
      if (HasMasks(leaf)) shared.emplace(leaf.masks.back().edge, leaf.edge);
    }
    if (shared.empty()) return 0;
    const std::size_t tests = options_.objective == Objective::kSpeed ? 0 : shared.size();
    if (!MustReduceAmount(value)) return tests + 1;
    // The value itself is wanted again where the tree goes on to choose between masks.
    const bool is_direct = value->opcode() == Opcode::kLoad && value->base() == nullptr;
    const bool goes_on = std::count_if(division.leaves.begin(), division.leaves.end(), HasMasks) > 1;
    return tests + 2 + (!goes_on ? 0 : is_direct ? 1 : 2);
  }

  // libpcap's shifts by 32 and more give 0, where the kernel's take the amount modulo 32.
  bool MustReduceAmount(const Value* value) const {
    return rules_.target == Target::kPcap && LargestOf(value) > 31;
  }

  bool MayNarrow(const Block* block, const Value* load, unsigned width) const {
    if (rules_.target == Target::kSeccomp || MayBeNegative(load)) return false;
    if (!IsAllowedLoad(load->base() != nullptr, load->offset(), width, rules_)) return false;
    if (rules_.relation == Relation::kFaithful) return true;
    // Elsewhere: a load for the guard alone would be one more instruction here.
    return available_.AtStart(block).Allows(load);
  }

  // To the kernel a part of a load whose address is negative is another word.
  bool MayBeNegative(const Value* load) const {
    if (load->base() == nullptr) return false;
    return std::uint64_t{bounds_.Of(load->base())} + load->offset() + load->width() > 0x7fffffff;
  }

  // A tree for one switch.
  struct Tree {
    const ir::Switch& choice;
    const std::vector<Leaf>& leaves;
    std::size_t masked_begin = 0;  // the leaves with masks are among these
    std::size_t masked_end = 0;
    const Value* amount = nullptr;     // what masks are shifted by: argument and
    const Value* parameter = nullptr;  // parameter of the block below which all of them are
    // The shared tests of masks, by the edges for a bit that is set and for one that is not.
    std::map<std::pair<std::uint32_t, std::uint32_t>, Block*> tests = {};
  };
  // Leaves that a block, once there is one, is to tell apart.
  struct Part {
    Block* block;
    std::size_t begin;
    std::size_t end;
  };

  void Build(Block* root, const ir::Switch& choice, const std::vector<Leaf>& leaves) {
    Tree tree{choice, leaves};
    FindMasks(tree);
    std::vector<Part> pending{{root, 0, leaves.size()}};
    if (NeedsAmount(tree, pending[0])) root->terminator = ir::Jump{EdgeTo(pending[0], tree, pending)};
    if (pending.size() > 1) pending.erase(pending.begin());
    while (!pending.empty()) {
      const Part part = pending.back();
      pending.pop_back();
      if (part.end - part.begin == 1) {
        TestLeaf(part.block, leaves[part.begin], tree);
        continue;
      }
      const std::size_t middle = MiddleOf(part);
      ir::Branch branch;
      branch.compare = ir::Compare::kGreaterEqual;
      branch.lhs = choice.value;
      branch.rhs = function_.MakeConstant(leaves[middle].first);
      branch.then_edge = EdgeTo({nullptr, middle, part.end}, tree, pending);
      branch.else_edge = EdgeTo({nullptr, part.begin, middle}, tree, pending);
      part.block->terminator = std::move(branch);
    }
  }

  static std::size_t MiddleOf(const Part& part) { return part.begin + (part.end - part.begin) / 2; }

  void FindMasks(Tree& tree) {
    const auto first = std::find_if(tree.leaves.begin(), tree.leaves.end(), HasMasks);
    if (first == tree.leaves.end()) return;
    const auto last = std::find_if(tree.leaves.rbegin(), tree.leaves.rend(), HasMasks);
    tree.masked_begin = static_cast<std::size_t>(first - tree.leaves.begin());
    tree.masked_end = static_cast<std::size_t>(tree.leaves.rend() - last);
    tree.amount = tree.choice.value;
    if (MustReduceAmount(tree.amount)) {
      tree.amount = function_.MakeBinary(Opcode::kAnd, tree.amount, function_.MakeConstant(31));
    }
    tree.parameter = function_.NewParameter();
  }

  // Whether the part is the smallest with all masks: its block is where the amount becomes a parameter, which
  // keeps it at hand all the way down.
  static bool NeedsAmount(const Tree& tree, const Part& part) {
    if (tree.amount == nullptr || tree.masked_begin < part.begin || tree.masked_end > part.end) return false;
    if (part.end - part.begin == 1) return true;
    const std::size_t middle = MiddleOf(part);
    return tree.masked_begin < middle && tree.masked_end > middle;
  }

  // The edge that a leaf without tests is, or one to a block that makes them.
  ir::Edge EdgeTo(Part part, Tree& tree, std::vector<Part>& pending) {
    const bool needs_amount = NeedsAmount(tree, part);
    if (part.end - part.begin == 1 && !needs_amount) {
      const Leaf& leaf = tree.leaves[part.begin];
      if (leaf.singles.empty() && leaf.masks.empty()) return tree.choice.edges[leaf.edge];
      if (leaf.singles.empty() && leaf.masks.size() == 1 && SharesTests()) return SharedTest(leaf, tree);
    }
    part.block = function_.NewBlock();
    pending.push_back(part);
    if (!needs_amount) return {part.block, {}};
    part.block->parameters.push_back(tree.parameter);
    return {part.block, {tree.amount}};
  }

  bool SharesTests() const { return options_.objective != Objective::kSpeed; }

  // To the test of the leaf's last mask, which comes as an argument.
  ir::Edge SharedTest(const Leaf& leaf, Tree& tree) {
    const WordMask& mask = leaf.masks.back();
    Block*& test = tree.tests[{mask.edge, leaf.edge}];
    if (test == nullptr) {
      test = function_.NewBlock();
      test->parameters.push_back(function_.NewParameter());
      TestBit(test, test->parameters[0], tree, mask.edge, tree.choice.edges[leaf.edge]);
    }
    return {test, {function_.MakeConstant(mask.bits)}};
  }

  void TestBit(Block* block, const Value* mask, const Tree& tree, std::uint32_t edge, ir::Edge otherwise) {
    ir::Branch branch;
    branch.compare = ir::Compare::kAnySet;
    branch.lhs = function_.MakeBinary(Opcode::kShr, mask, tree.parameter);
    branch.rhs = function_.MakeConstant(1);
    branch.then_edge = tree.choice.edges[edge];
    branch.else_edge = std::move(otherwise);
    block->terminator = std::move(branch);
  }

  // Words that other tests with the same outcomes ask for come last: rows that end alike become one. Of the
  // others the likeliest come first.
  void TestLeaf(Block* block, Leaf leaf, Tree& tree) {
    const std::vector<ir::Edge>& edges = tree.choice.edges;
    const auto times_seen = [&](const SingleWord& single) {
      const auto known = seen_.find(KeyOf(single.word, edges[single.edge], edges[leaf.edge]));
      return known == seen_.end() ? 0U : known->second;
    };
    const auto rank = [&](const SingleWord& single) {
      const std::uint32_t likelihood = LikelihoodOf(tree.choice.value, single.word, single.word);
      const unsigned seen = SharesTests() && !options_.likely_first ? times_seen(single) : 0;
      return std::pair(seen, bpf::kCertain - likelihood);
    };
    std::stable_sort(leaf.singles.begin(), leaf.singles.end(),
                     [&](const SingleWord& a, const SingleWord& b) { return rank(a) < rank(b); });
    std::size_t left = leaf.singles.size() + leaf.masks.size();
    // Where to go on: the next test of the leaf.
    const auto next = [&]() -> ir::Edge {
      if (left == 0) return edges[leaf.edge];
      if (left == 1 && HasMasks(leaf) && SharesTests()) return SharedTest(leaf, tree);
      return {function_.NewBlock(), {}};
    };
    for (const SingleWord& single : leaf.singles) {
      --left;
      ir::Branch branch;
      branch.lhs = tree.choice.value;
      branch.rhs = function_.MakeConstant(single.word);
      branch.then_edge = edges[single.edge];
      branch.else_edge = next();
      Block* target = branch.else_edge.target;
      block->terminator = std::move(branch);
      block = target;
    }
    const std::size_t own = leaf.masks.size() - (HasMasks(leaf) && SharesTests() ? 1 : 0);
    if (left == 1 && own == 0 && leaf.singles.empty()) {
      block->terminator = ir::Jump{SharedTest(leaf, tree)};
    }
    for (std::size_t i = 0; i < own; ++i) {
      --left;
      ir::Edge otherwise = next();
      Block* target = otherwise.target;
      TestBit(block, function_.MakeConstant(leaf.masks[i].bits), tree, leaf.masks[i].edge,
              std::move(otherwise));
      block = target;
    }
  }

  // A test for a word and where it leads: then, else.
  using TestKey = std::array<std::uint32_t, 3>;
  static TestKey KeyOf(std::uint32_t word, const ir::Edge& then_edge, const ir::Edge& else_edge) {
    return {word, then_edge.target->id(), else_edge.target->id()};
  }

  ir::Function& function_;
  const Rules& rules_;
  const SwitchOptions& options_;
  std::map<TestKey, unsigned> seen_;
  LoweringReport report_;
  const ir::AvailableGuards available_;  // as they were before
  const ir::UpperBounds bounds_;         // of the values that were there before
};

}  // namespace

std::uint32_t LargestOf(const Value* value) {
  constexpr std::uint32_t kAll = 0xffffffff;
  switch (value->opcode()) {
    case Opcode::kConstant:
      return value->constant();
    case Opcode::kLoad:
      return value->width() == 1 ? 0xff : value->width() == 2 ? 0xffff : kAll;
    case Opcode::kAnd:
      return value->rhs()->IsConstant() ? value->rhs()->constant() : kAll;
    case Opcode::kShr:
      if (!value->rhs()->IsConstant() || value->rhs()->constant() >= 32) return kAll;
      // One level is enough: what is shifted is mostly a load.
      return (value->lhs()->opcode() == Opcode::kLoad ? LargestOf(value->lhs()) : kAll) >>
             value->rhs()->constant();
    default:
      return kAll;
  }
}

LoweringReport LowerSwitches(ir::Function& function, const Rules& rules, const SwitchOptions& options) {
  Lowering lowering(function, rules, options);
  const std::vector<Block*> blocks = ir::TopologicalOrder(function);
  for (const Block* block : blocks) lowering.Note(block);
  for (Block* block : blocks) {
    if (!std::holds_alternative<ir::Switch>(block->terminator)) continue;
    lowering.Lower(block, block);
  }
  return lowering.report();
}

}  // namespace bpfopt::backend
