// Divisions against a search through all of them, and against the switch that they stand for.
#include "backend/switch_partition.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

using Case = ir::Switch::Case;

// `edges[word]` for every word there is.
std::vector<Case> CasesOf(const std::vector<std::uint32_t>& edges) {
  std::vector<Case> cases;
  for (std::uint32_t word = 0; word < edges.size(); ++word) {
    if (cases.empty() || cases.back().edge != edges[word]) cases.push_back({word, edges[word]});
  }
  return cases;
}

std::vector<std::uint32_t> RandomEdges(std::mt19937& random, std::size_t words, std::uint32_t edges) {
  std::vector<std::uint32_t> result;
  while (result.size() < words) {  // stretches of some density each
    const std::uint32_t common = static_cast<std::uint32_t>(random()) % edges;
    const unsigned one_in = 1 + static_cast<unsigned>(random()) % 6;
    for (std::size_t left = 1 + random() % 40; left > 0 && result.size() < words; --left) {
      result.push_back(random() % one_in == 0 ? static_cast<std::uint32_t>(random()) % edges : common);
    }
  }
  return result;
}

unsigned TestsOfLeaf(const std::vector<std::uint32_t>& edges, std::size_t begin, std::size_t end,
                     const MaskCosts* masks) {
  std::map<std::uint32_t, unsigned> words;
  for (std::size_t word = begin; word < end; ++word) ++words[edges[word]];
  std::vector<unsigned> counts;
  for (const auto& [edge, count] : words) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  unsigned singles = 0;  // all but the most frequent edge's
  for (std::size_t i = 1; i < counts.size(); ++i) singles += counts[i];
  if (masks == nullptr || end - begin > 32 || counts.size() < 2) return singles;
  unsigned with_masks = masks->last;
  for (std::size_t i = 2; i < counts.size(); ++i) {
    with_masks += counts[i] <= 2 ? std::min(counts[i], masks->other) : masks->other;
  }
  return std::min(singles, with_masks);
}

std::size_t FewestTests(const std::vector<std::uint32_t>& edges, const MaskCosts* masks) {
  std::vector<std::size_t> fewest(edges.size() + 1, 100000);
  fewest[0] = 0;
  for (std::size_t end = 1; end <= edges.size(); ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      const std::size_t leaf = fewest[begin] + (begin > 0 ? 1 : 0) + TestsOfLeaf(edges, begin, end, masks);
      fewest[end] = std::min(fewest[end], leaf);
    }
  }
  return fewest.back();
}

std::uint32_t EdgeFor(const Division& division, std::uint32_t word) {
  const Leaf* leaf = nullptr;
  for (const Leaf& candidate : division.leaves) {
    if (candidate.first <= word) leaf = &candidate;
  }
  for (const SingleWord& single : leaf->singles) {
    if (single.word == word) return single.edge;
  }
  for (const WordMask& mask : leaf->masks) {
    if ((mask.bits >> (word % 32) & 1) != 0) return mask.edge;
  }
  return leaf->edge;
}

std::string TextOf(const std::vector<std::uint32_t>& edges) {
  std::string text;
  for (const std::uint32_t edge : edges) text += fmt::format("{}", edge);
  return text;
}

TEST(SwitchPartition, TakesTheFewestTests) {
#ifdef BPFOPT_IS_SANITIZED
  constexpr unsigned kRounds = 40;
#else
  constexpr unsigned kRounds = 300;
#endif
  std::mt19937 random(21);
  const MaskCosts dear = {10, 10};
  const MaskCosts shared;
  for (const MaskCosts* masks : {static_cast<const MaskCosts*>(nullptr), &shared, &dear}) {
    for (unsigned i = 0; i < kRounds; ++i) {
      const auto edges = RandomEdges(random, 1 + random() % 150, 1 + i % 5);
      const Division division = Divide(CasesOf(edges), static_cast<std::uint32_t>(edges.size() - 1), masks);
      EXPECT_EQ(division.cost, FewestTests(edges, masks)) << TextOf(edges);
    }
  }
}

TEST(SwitchPartition, MeansTheSwitch) {
  std::mt19937 random(22);
  const MaskCosts masks;
  for (unsigned i = 0; i < 1000; ++i) {
    const auto edges = RandomEdges(random, 1 + random() % 300, 1 + i % 6);
    const Division division = Divide(CasesOf(edges), static_cast<std::uint32_t>(edges.size() - 1), &masks);
    for (std::uint32_t word = 0; word < edges.size(); ++word) {
      ASSERT_EQ(EdgeFor(division, word), edges[word]) << word << " of " << TextOf(edges);
    }
  }
}

TEST(SwitchPartition, LeavesMayBeginAnywhere) {
  // Every second word of 50..81: one mask, though the words lie in three aligned groups of 32.
  std::vector<std::uint32_t> edges(1000, 0);
  for (std::uint32_t word = 50; word < 82; word += 2) edges[word] = 1;
  const MaskCosts masks;
  const Division division = Divide(CasesOf(edges), 999, &masks);
  ASSERT_EQ(division.leaves.size(), 3U);
  ASSERT_EQ(division.leaves[1].masks.size(), 1U);
  EXPECT_EQ(division.leaves[1].masks[0].edge, 0U);
  EXPECT_EQ(division.leaves[1].masks[0].bits, 0xaaaaaaaaU);
  EXPECT_EQ(division.cost, 4U);
}

TEST(SwitchPartition, AWordOfItsOwnCostsNoMask) {
  // Even words to 1, odd ones to 2, one of them elsewhere.
  std::vector<std::uint32_t> edges;
  for (std::uint32_t word = 0; word < 32; ++word) edges.push_back(1 + word % 2);
  edges[7] = 0;
  const MaskCosts masks;
  const Division division = Divide(CasesOf(edges), 31, &masks);
  ASSERT_EQ(division.leaves.size(), 1U);
  ASSERT_EQ(division.leaves[0].singles.size(), 1U);
  EXPECT_EQ(division.leaves[0].singles[0].word, 7U);
  EXPECT_EQ(division.leaves[0].masks.size(), 1U);
  EXPECT_EQ(division.cost, 3U);
}

TEST(SwitchPartition, ReachesTheLargestWord) {
  const std::vector<Case> cases = {{0, 0},          {0xfffffff0, 1}, {0xfffffff1, 0}, {0xfffffff4, 1},
                                   {0xfffffff5, 0}, {0xfffffff9, 1}, {0xfffffffa, 0}, {0xfffffffc, 1},
                                   {0xfffffffd, 0}, {0xffffffff, 1}};
  const MaskCosts masks;
  const Division division = Divide(cases, 0xffffffff, &masks);
  ASSERT_EQ(division.leaves.size(), 2U);
  EXPECT_EQ(division.leaves[1].masks.size(), 1U);
  for (const Case& c : cases) EXPECT_EQ(EdgeFor(division, c.first), c.edge) << c.first;
}

}  // namespace
}  // namespace bpfopt::backend
