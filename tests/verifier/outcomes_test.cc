// The conditions of a decision graph's verdicts against a walk through the graph, for all values of what it
// asks.
#include "verifier/outcomes.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

using smt::Term;

constexpr unsigned kQuestions = 6;

class OutcomesTest : public ::testing::Test {
 protected:
  Term Question(unsigned i) { return terms_.BoolVariable("q" + std::to_string(i)); }
  Term Number(std::uint32_t value) { return terms_.Constant(value, 32); }

  // `reach` bounds how far edges lead: 1 or 2 makes chains, more makes a tangle.
  DecisionGraph RandomGraph(std::size_t size, std::size_t reach) {
    DecisionGraph graph;
    const auto question = [&] {
      const Term asked = Question(static_cast<unsigned>(random_() % kQuestions));
      return random_() % 2 == 0 ? asked : terms_.Not(asked);
    };
    for (std::size_t i = 0; i < size; ++i) {
      Decision decision;
      for (; random_() % 5 == 0;) {
        decision.guards.push_back({question(), question(), Number(random_() % 3)});
      }
      if (i + 1 == size || (i > 0 && random_() % 6 == 0)) {
        decision.verdict = Number(random_() % 4);
      } else {
        const auto later = [&] { return std::min(size - 1, i + 1 + random_() % reach); };
        decision.condition = question();
        decision.if_true = later();
        decision.if_false = later();
      }
      graph.nodes.push_back(decision);
      graph.order.push_back(i);
    }
    return graph;
  }

  bool Holds(Term condition, unsigned values) {
    smt::Assignment assignment;
    assignment.variable = [&](Term variable) -> std::uint64_t {
      for (unsigned i = 0; i < kQuestions; ++i) {
        if (variable == Question(i)) return values >> i & 1;
      }
      return 0;
    };
    return terms_.Evaluate(condition, assignment) != 0;
  }

  std::uint64_t Walk(const DecisionGraph& graph, Loads loads, unsigned values) {
    for (std::size_t i = 0;;) {
      const Decision& node = graph.nodes[i];
      for (const Guard& guard : node.guards) {
        const Term holds = loads == Loads::kComplete ? guard.holds_complete : guard.holds;
        if (!Holds(holds, values)) return *terms_.AsConstant(guard.verdict);
      }
      if (node.verdict.valid()) return *terms_.AsConstant(node.verdict);
      i = Holds(node.condition, values) ? node.if_true : node.if_false;
    }
  }

  bool MayReturn(const Outcomes& bounds, std::uint64_t verdict, unsigned values) {
    return std::ranges::any_of(bounds, [&](const Outcome& bound) {
      return terms_.AsConstant(bound.verdict) == verdict && Holds(bound.condition, values);
    });
  }

  void Compare(const DecisionGraph& graph) {
    for (const Loads loads : {Loads::kWithinCapture, Loads::kComplete}) {
      const Outcomes outcomes = OutcomesOf(graph, loads, terms_);
      const Outcomes bounds = BoundsOfOutcomes(graph, loads, terms_);
      for (unsigned values = 0; values < 1U << kQuestions; ++values) {
        std::uint64_t verdict = 0;
        int holding = 0;
        for (const Outcome& outcome : outcomes) {
          if (!Holds(outcome.condition, values)) continue;
          verdict = *terms_.AsConstant(outcome.verdict);
          ++holding;
        }
        ASSERT_LE(holding, 1);
        ASSERT_EQ(verdict, Walk(graph, loads, values));
        ASSERT_TRUE(verdict == 0 || MayReturn(bounds, verdict, values));
      }
    }
  }

  smt::Context terms_;
  std::mt19937 random_{31};
};

TEST_F(OutcomesTest, AreWhatAWalkReturns) {
  for (const std::size_t reach : {1U, 2U, 4U, 30U}) {
    for (int i = 0; i < 25; ++i) {
      Compare(RandomGraph(1 + random_() % 40, reach));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(OutcomesTest, NeverNameZero) {
  DecisionGraph graph;
  graph.nodes.resize(3);
  graph.nodes[0].condition = Question(0);
  graph.nodes[0].if_true = 1;
  graph.nodes[0].if_false = 2;
  graph.nodes[1].verdict = Number(0);
  graph.nodes[2].verdict = Number(7);
  graph.order = {0, 1, 2};
  const Outcomes outcomes = OutcomesOf(graph, Loads::kComplete, terms_);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].verdict, Number(7));
  EXPECT_EQ(outcomes[0].condition, terms_.Not(Question(0)));
}

}  // namespace
}  // namespace bpfopt::verifier
