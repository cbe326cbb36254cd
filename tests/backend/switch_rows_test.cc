// Rows of `==` tests cut where that ends them for many packets.
#include "backend/switch_rows.h"

#include "bpf/likelihood.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

struct EtherType {
  ir::Function function{Target::kPcap};
  const ir::Value* value = function.MakeLoad(nullptr, 12, 2);
};

Leaf RowOf(const std::vector<std::uint32_t>& words) {
  Leaf leaf;
  for (const std::uint32_t word : words) leaf.singles.push_back({word, 1});
  return leaf;
}

std::vector<std::uint32_t> WordsOf(const Leaf& leaf) {
  std::vector<std::uint32_t> words;
  for (const SingleWord& single : leaf.singles) words.push_back(single.word);
  return words;
}

TEST(SwitchRows, AreCutInFrontOfRareWords) {
  EtherType type;
  const std::vector<Leaf> leaves = SplitByLikelihood({RowOf({0x8100, 0x88a8, 0x9100})}, type.value, {});
  ASSERT_GE(leaves.size(), 2U);
  EXPECT_TRUE(leaves[0].singles.empty());
  EXPECT_EQ(leaves[1].first, 0x8100U);
}

TEST(SwitchRows, OfOneLikelyWordStayWhole) {
  EtherType type;
  const std::vector<Leaf> leaves = SplitByLikelihood({RowOf({0x800, 0x86dd})}, type.value, {});
  ASSERT_EQ(leaves.size(), 1U);
  EXPECT_EQ(WordsOf(leaves[0]), (std::vector<std::uint32_t>{0x800, 0x86dd}));
}

TEST(SwitchRows, KeepEveryWordInOrder) {
  EtherType type;
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> words;
    for (unsigned i = 0; i < 1 + random() % 40; ++i) words.push_back(random() % 0x10000);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::vector<std::uint32_t> kept;
    std::uint32_t first = 0;
    for (const Leaf& leaf : SplitByLikelihood({RowOf(words)}, type.value, {})) {
      EXPECT_TRUE(leaf.first >= first);
      first = leaf.first;
      for (const std::uint32_t word : WordsOf(leaf)) {
        EXPECT_GE(word, leaf.first);
        kept.push_back(word);
      }
    }
    EXPECT_EQ(kept, words);
  }
}

TEST(SwitchRows, LikelyWordsAreAskedForFirst) {
  EtherType type;
  ir::Block* block = type.function.NewBlock();
  ir::Switch choice;
  choice.value = type.value;
  for (std::uint32_t i = 0; i < 3; ++i) choice.edges.push_back({type.function.NewBlock(), {}});
  choice.cases = {{0, 0}, {0x800, 1}, {0x801, 0}, {0x8100, 2}, {0x8101, 0}};
  choice.Canonicalize();
  const ir::Switch before = choice;
  block->terminator = std::move(choice);
  const PeeledSwitch peeled = PeelLikelyWords(type.function, block);
  EXPECT_EQ(peeled.words, std::vector<std::uint32_t>{0x800});
  const auto& branch = std::get<ir::Branch>(block->terminator);
  EXPECT_TRUE(branch.rhs->IsConstant(0x800));
  EXPECT_EQ(branch.then_edge, before.EdgeFor(0x800));
  EXPECT_EQ(branch.else_edge.target, peeled.block);
  const auto& rest = std::get<ir::Switch>(peeled.block->terminator);
  for (const std::uint32_t word : {0U, 0x7ffU, 0x801U, 0x8100U, 0x8101U}) {
    EXPECT_EQ(rest.EdgeFor(word), before.EdgeFor(word)) << word;
  }
}

}  // namespace
}  // namespace bpfopt::backend
