#include "backend/switch_rows.h"

#include "bpf/likelihood.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace bpfopt::backend {
namespace {

using ir::Opcode;
using ir::Value;

// Longer rows are halved: a list of addresses has nothing likely in it.
constexpr std::size_t kLongestWeighed = 64;
// A cut is worth an instruction from a quarter of a test on, by all packets that come to the switch;
// likelihoods are guesses.
constexpr std::uint64_t kLeastGain = 4;

// A row and how many packets, in parts of bpf::kCertain, come to it.
struct Row {
  Leaf leaf;
  std::uint32_t last = 0;  // word
  std::uint64_t mass = 0;
};

class Splitter {
 public:
  Splitter(const Value* value, const std::vector<std::uint32_t>& peeled) : value_(value), peeled_(peeled) {
    least_gain_ = MassOf(0, ~0U) / kLeastGain;
  }

  std::uint64_t MassOf(std::uint32_t first, std::uint32_t last) const {
    std::uint64_t mass = LikelihoodOf(value_, first, last);
    for (const std::uint32_t word : peeled_) {
      if (first <= word && word <= last)
        mass -= std::min<std::uint64_t>(mass, LikelihoodOf(value_, word, word));
    }
    return mass;
  }

  void Split(Row row, std::vector<Leaf>& pieces) const {
    const std::optional<std::pair<Row, Row>> halves = BestCut(row);
    if (!halves) {
      pieces.push_back(std::move(row.leaf));
      return;
    }
    Split(halves->first, pieces);
    Split(halves->second, pieces);
  }

 private:
  std::optional<std::pair<Row, Row>> BestCut(const Row& row) const {
    const std::size_t count = row.leaf.singles.size();
    std::optional<std::pair<Row, Row>> best;
    if (count == 0) return best;
    std::uint64_t best_cost = CostOf(row) - std::min(CostOf(row), least_gain_);
    // From the middle outwards: of equal cuts the one that halves the row.
    for (std::size_t i = 0; i <= count; ++i) {
      const std::size_t half = (i + 1) / 2;
      const std::size_t at = i % 2 == 0 ? count / 2 + half : count / 2 - half;
      if (at > count) continue;
      std::optional<std::pair<Row, Row>> cut = CutAt(row, at);
      if (!cut) continue;
      const std::uint64_t cost = row.mass + CostOf(cut->first) + CostOf(cut->second);
      if (cost >= best_cost) continue;
      best_cost = cost;
      best = std::move(cut);
    }
    return best;
  }

  // Before the single word number `at`, or behind the last one.
  std::optional<std::pair<Row, Row>> CutAt(const Row& row, std::size_t at) const {
    const std::vector<SingleWord>& singles = row.leaf.singles;
    const std::uint32_t before = at == singles.size() ? singles.back().word : singles[at].word - 1;
    if ((at == 0 && singles[0].word == row.leaf.first) || before >= row.last) return std::nullopt;
    const auto middle = singles.begin() + static_cast<std::ptrdiff_t>(at);
    Row low{{row.leaf.first, row.leaf.edge, {singles.begin(), middle}, {}}, before, 0};
    Row high{{before + 1, row.leaf.edge, {middle, singles.end()}, {}}, row.last, 0};
    const std::uint64_t below = MassOf(low.leaf.first, low.last);
    const std::uint64_t above = MassOf(high.leaf.first, high.last);
    low.mass = row.mass * below / std::max<std::uint64_t>(1, below + above);
    high.mass = row.mass - low.mass;
    return std::pair(std::move(low), std::move(high));
  }

  // Tests executed in a row, the likeliest first, times mass.
  std::uint64_t CostOf(const Row& row) const {
    std::vector<std::uint64_t> likely;
    for (const SingleWord& single : row.leaf.singles) {
      likely.push_back(LikelihoodOf(value_, single.word, single.word));
    }
    std::sort(likely.rbegin(), likely.rend());
    std::uint64_t left = row.mass;
    std::uint64_t cost = 0;
    for (const std::uint64_t each : likely) {
      cost += left;
      left -= std::min(left, each);
    }
    return cost;
  }

  const Value* value_;
  const std::vector<std::uint32_t>& peeled_;
  std::uint64_t least_gain_ = 0;
};

// The case of one word that is the likeliest of those that the switch tells apart; at least one other is
// left.
std::optional<std::size_t> LikeliestWord(const ir::Switch& choice) {
  std::optional<std::size_t> best;
  std::uint32_t best_likelihood = 0;
  for (std::size_t i = 0; i + 1 < choice.cases.size(); ++i) {
    const std::uint32_t word = choice.cases[i].first;
    if (choice.cases[i + 1].first != word + 1) continue;
    const std::uint32_t likelihood = LikelihoodOf(choice.value, word, word);
    if (likelihood <= best_likelihood) continue;
    best = i;
    best_likelihood = likelihood;
  }
  return best;
}

}  // namespace

std::uint32_t LikelihoodOf(const Value* value, std::uint32_t first, std::uint32_t last) {
  const bool is_masked = value->opcode() == Opcode::kAnd && value->rhs()->IsConstant();
  const Value* field = is_masked ? value->lhs() : value;
  if (field->opcode() != Opcode::kLoad) return bpf::Likelihood(0, first, last);
  const std::uint32_t mask = is_masked ? value->rhs()->constant() : ~0U;
  return bpf::MaskedLikelihood(field->width(), mask, first, last);
}

std::vector<Leaf> SplitRows(std::vector<Leaf> leaves, std::size_t longest) {
  std::vector<Leaf> split;
  for (Leaf& leaf : leaves) {
    const std::size_t count = leaf.singles.size();
    const std::size_t pieces = count == 0 || !leaf.masks.empty() ? 1 : (count + longest - 1) / longest;
    if (pieces == 1) {
      split.push_back(std::move(leaf));
      continue;
    }
    for (std::size_t p = 0; p < pieces; ++p) {
      const auto begin = leaf.singles.begin() + static_cast<std::ptrdiff_t>(count * p / pieces);
      const auto end = leaf.singles.begin() + static_cast<std::ptrdiff_t>(count * (p + 1) / pieces);
      split.push_back({p == 0 ? leaf.first : begin->word, leaf.edge, {begin, end}, {}});
    }
  }
  return split;
}

PeeledSwitch PeelLikelyWords(ir::Function& function, ir::Block* block) {
  PeeledSwitch peeled{block, {}};
  constexpr std::uint32_t kLikely = bpf::kCertain / 4;
  while (true) {
    auto& choice = std::get<ir::Switch>(peeled.block->terminator);
    const std::optional<std::size_t> likeliest = LikeliestWord(choice);
    if (!likeliest) return peeled;
    const ir::Switch::Case likely = choice.cases[*likeliest];
    if (LikelihoodOf(choice.value, likely.first, likely.first) < kLikely) return peeled;
    ir::Branch branch;
    branch.lhs = choice.value;
    branch.rhs = function.MakeConstant(likely.first);
    branch.then_edge = choice.edges[likely.edge];
    ir::Switch rest = std::move(choice);
    rest.cases[*likeliest].edge = rest.cases[*likeliest > 0 ? *likeliest - 1 : 1].edge;
    rest.Canonicalize();
    ir::Block* next = function.NewBlock();
    next->terminator = std::move(rest);
    branch.else_edge = {next, {}};
    peeled.block->terminator = std::move(branch);
    peeled.block = next;
    peeled.words.push_back(likely.first);
  }
}

std::vector<Leaf> SplitByLikelihood(std::vector<Leaf> leaves, const Value* value,
                                    const std::vector<std::uint32_t>& peeled) {
  const Splitter splitter(value, peeled);
  std::vector<Leaf> split;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::uint32_t last = i + 1 < leaves.size() ? leaves[i + 1].first - 1 : ~0U;
    const std::size_t count = leaves[i].singles.size();
    if (count < 2 || count > kLongestWeighed || !leaves[i].masks.empty()) {
      split.push_back(std::move(leaves[i]));
      continue;
    }
    Row row{std::move(leaves[i]), last, 0};
    row.mass = splitter.MassOf(row.leaf.first, last);
    splitter.Split(std::move(row), split);
  }
  return split;
}

}  // namespace bpfopt::backend
