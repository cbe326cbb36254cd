// Large programs in different shapes: the same question is found to be the same, and one value changed among
// many is found, without a search and with work that grows little faster than the programs.
#include "bpf/checker.h"
#include "large_programs.h"
#include "verifier/equivalence.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

using Values = std::vector<std::uint32_t>;

#ifdef BPFOPT_IS_SANITIZED
constexpr std::size_t kHosts = 100;
#else
constexpr std::size_t kHosts = 300;
#endif
// More than are needed per program point; with quadratic work many times that would be.
constexpr std::size_t kDiagramsPerPoint = 500;

class ScaleTest : public ::testing::Test {
 protected:
  Values Distinct(std::size_t count, std::uint32_t mask) {
    std::set<std::uint32_t> seen;
    Values values;
    while (values.size() < count) {
      const auto value = static_cast<std::uint32_t>(random_()) & mask;
      if (seen.insert(value).second) values.push_back(value);
    }
    return values;
  }
  Values Shuffled(Values values) {
    std::shuffle(values.begin(), values.end(), random_);
    return values;
  }
  static Values Changed(Values values) {
    values[values.size() / 3] ^= 0x100;
    return values;
  }

  std::mt19937 random_{11};
};

void Expect(Answer answer, const Program& source, const Program& result, Relation relation,
            Target target = Target::kPcap) {
  Options options;
  options.target = target;
  options.relation = relation;
  ASSERT_TRUE(bpf::Check(source, {.target = target, .limit = 10'000}).empty());
  ASSERT_TRUE(bpf::Check(result, {.target = target, .limit = 10'000}).empty());
  const Verdict verdict = CheckEquivalence(source, result, options);
  EXPECT_EQ(verdict.answer, answer) << verdict.reason;
  EXPECT_EQ(verdict.counterexample.has_value(), answer == Answer::kDifferent);
  EXPECT_EQ(verdict.statistics.queries, 0U);
  EXPECT_LT(verdict.statistics.diagram_nodes, kDiagramsPerPoint * verdict.statistics.nodes);
}

// Under both relations.
void ExpectBoth(Answer answer, const Program& source, const Program& result, Target target = Target::kPcap) {
  for (const Relation relation : {Relation::kStrict, Relation::kFaithful}) {
    Expect(answer, source, result, relation, target);
  }
}

TEST_F(ScaleTest, SourceHosts) {
  const Values hosts = Distinct(kHosts, ~0U);
  const Program chain = SourceHosts(hosts, Shape::kChain);
  ExpectBoth(Answer::kEqual, chain, SourceHosts(Shuffled(hosts), Shape::kChain));
  ExpectBoth(Answer::kEqual, chain, SourceHosts(hosts, Shape::kTree));
  ExpectBoth(Answer::kDifferent, chain, SourceHosts(Changed(Shuffled(hosts)), Shape::kChain));
  ExpectBoth(Answer::kDifferent, chain, SourceHosts(Changed(hosts), Shape::kTree));
}

TEST_F(ScaleTest, SourcesThenDestinations) {
  const Values hosts = Distinct(kHosts, ~0U);
  const Program chain = SourceOrDestinationHosts(hosts, Shape::kChain);
  ExpectBoth(Answer::kEqual, chain, SourceOrDestinationHosts(Shuffled(hosts), Shape::kChain));
  ExpectBoth(Answer::kEqual, chain, SourceOrDestinationHosts(hosts, Shape::kTree));
  ExpectBoth(Answer::kDifferent, chain, SourceOrDestinationHosts(Changed(hosts), Shape::kTree));
}

TEST_F(ScaleTest, SourcesAndDestinationsByTurns) {
  const Values hosts = Distinct(kHosts, ~0U);
  const Program alternating = AlternatingHosts(hosts);
  ExpectBoth(Answer::kEqual, alternating, alternating);
  // A packet that ends after its source is accepted when that comes before the first destination, so the
  // order of the hosts matters, and all sources may come first only in the result.
  ExpectBoth(Answer::kDifferent, alternating, AlternatingHosts(Shuffled(hosts)));
  const Program tree = SourceOrDestinationHosts(hosts, Shape::kTree);
  Expect(Answer::kEqual, alternating, tree, Relation::kFaithful);
  Expect(Answer::kDifferent, tree, alternating, Relation::kFaithful);
  ExpectBoth(Answer::kDifferent, alternating, SourceOrDestinationHosts(Changed(hosts), Shape::kTree));
}

TEST_F(ScaleTest, HostsAsLibpcapWritesThem) {
  const Values hosts = Distinct(kHosts / 3, ~0U);
  Expect(Answer::kEqual, LibpcapHosts(hosts), TreeHosts(Shuffled(hosts)), Relation::kFaithful);
  ExpectBoth(Answer::kDifferent, LibpcapHosts(hosts), TreeHosts(Changed(hosts)));
}

TEST_F(ScaleTest, Nets) {
  const Values nets = Distinct(kHosts, 0xffffff00);
  const Program chain = SourceNets(nets, Shape::kChain);
  ExpectBoth(Answer::kEqual, chain, SourceNets(Shuffled(nets), Shape::kChain));
  ExpectBoth(Answer::kEqual, chain, SourceNets(nets, Shape::kTree));
  ExpectBoth(Answer::kDifferent, chain, SourceNets(Changed(nets), Shape::kTree));
}

TEST_F(ScaleTest, PairsOfHostAndPort) {
  const Values hosts = Distinct(kHosts / 3, ~0U);
  std::vector<Pair32> pairs;
  for (std::size_t i = 0; i < kHosts / 2; ++i) {
    pairs.push_back({hosts[i % hosts.size()], static_cast<std::uint32_t>(random_()) & 0xffff});
  }
  const Program chain = HostPortPairs(pairs, Shape::kChain);
  std::shuffle(pairs.begin(), pairs.end(), random_);
  ExpectBoth(Answer::kEqual, chain, HostPortPairs(pairs, Shape::kChain));
  ExpectBoth(Answer::kEqual, chain, HostPortPairs(pairs, Shape::kTree));
  pairs[kHosts / 4].second ^= 1;
  ExpectBoth(Answer::kDifferent, chain, HostPortPairs(pairs, Shape::kTree));
}

TEST_F(ScaleTest, SystemCalls) {
  const Values numbers = Distinct(kHosts, 511);
  for (const bool deny : {false, true}) {
    const Program chain = SystemCalls(numbers, Shape::kChain, deny);
    for (const Shape shape : {Shape::kChain, Shape::kTree, Shape::kBits}) {
      ExpectBoth(Answer::kEqual, chain, SystemCalls(Shuffled(numbers), shape, deny), Target::kSeccomp);
      Values changed = Shuffled(numbers);
      changed[kHosts / 2] = 9999;
      ExpectBoth(Answer::kDifferent, chain, SystemCalls(changed, shape, deny), Target::kSeccomp);
    }
  }
}

TEST_F(ScaleTest, NoneOfTheHosts) {
  const Values hosts = Distinct(kHosts, ~0U);
  const Program chain = NoneOfHosts(hosts, Shape::kChain);
  ExpectBoth(Answer::kEqual, chain, NoneOfHosts(Shuffled(hosts), Shape::kChain));
  ExpectBoth(Answer::kEqual, chain, NoneOfHosts(hosts, Shape::kTree));
  ExpectBoth(Answer::kDifferent, chain, NoneOfHosts(Changed(hosts), Shape::kTree));
}

TEST_F(ScaleTest, WorkGrowsWithTheProgram) {
  const Values hosts = Distinct(4 * kHosts, ~0U);
  const auto work = [&](std::size_t count) {
    const Values some(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(count));
    Options options;
    options.relation = Relation::kFaithful;
    const Verdict verdict =
        CheckEquivalence(AlternatingHosts(some), SourceOrDestinationHosts(some, Shape::kTree), options);
    EXPECT_EQ(verdict.answer, Answer::kEqual) << verdict.reason;
    return verdict.statistics.diagram_nodes;
  };
  EXPECT_LT(work(4 * kHosts), 7 * work(kHosts));
}

}  // namespace
}  // namespace bpfopt::verifier
