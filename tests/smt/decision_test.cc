// Diagrams and the solver against enumeration, and against one another.
#include "random_terms.h"
#include "smt/diagram.h"
#include "smt/solver.h"

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::smt {
namespace {

constexpr std::size_t kNodes = 1'000'000;

Answer AnswerByEnumeration(const RandomTerms& random, const Sample& condition) {
  Answer answer = Answer::kUnsat;
  random.ForAllValues([&](const Values& values) {
    if (condition.value(values) != 0) answer = Answer::kSat;
  });
  return answer;
}

TEST(DecisionTest, DiagramsAndSolverAgreeWithEnumeration) {
  Context terms;
  RandomTerms random(terms, 3, 7);
  Diagrams diagrams(terms, kNodes);
  Solver solver(terms);
  int unsatisfiable = 0;
  for (int i = 0; i < 600; ++i) {
    Sample condition = random.Bool(4);
    const Sample other = random.Bool(4);
    condition.term = terms.And(condition.term, other.term);
    condition.value = [a = condition.value, b = other.value](const Values& values) {
      return a(values) & b(values);
    };
    const Answer expected = AnswerByEnumeration(random, condition);
    unsatisfiable += expected == Answer::kUnsat ? 1 : 0;
    ASSERT_EQ(diagrams.Check(condition.term), expected) << terms.ToString(condition.term);
    if (expected == Answer::kSat) {
      const auto value = [&](const char* name) { return diagrams.Evaluate(terms.Variable(name, 3)); };
      ASSERT_NE(condition.value({value("x"), value("y"), value("z")}), 0U) << terms.ToString(condition.term);
    }
    ASSERT_EQ(solver.Check(condition.term, 0), expected) << terms.ToString(condition.term);
    if (expected == Answer::kSat) {
      ASSERT_TRUE(solver.EvaluateBool(condition.term));
    }
  }
  EXPECT_GT(unsatisfiable, 30);
}

// Large enough for smt/conjunctions.h to take them apart, with parts that occur again elsewhere.
TEST(DecisionTest, LargeConjunctionsAgreeWithEnumeration) {
  Context terms;
  RandomTerms random(terms, 3, 23);
  std::mt19937 choice(29);
  Diagrams diagrams(terms, kNodes);
  int unsatisfiable = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<Sample> atoms;
    for (int j = 0; j < 12; ++j) atoms.push_back(random.Bool(choice() % 3));
    const auto atom = [&] {
      Sample sample = atoms[choice() % atoms.size()];
      if (choice() % 2 == 0) return sample;
      return Sample{terms.Not(sample.term), 0,
                    [value = sample.value](const Values& v) { return value(v) ^ 1; }};
    };
    const auto both = [&](const Sample& a, const Sample& b) {
      return Sample{terms.And(a.term, b.term), 0,
                    [x = a.value, y = b.value](const Values& v) { return x(v) & y(v); }};
    };
    const auto either = [&](const Sample& a, const Sample& b) {
      return Sample{terms.Or(a.term, b.term), 0,
                    [x = a.value, y = b.value](const Values& v) { return x(v) | y(v); }};
    };
    std::vector<Sample> clauses = {atom()};
    Sample all = clauses[0];
    const unsigned count = 8 + choice() % 8;
    for (unsigned j = 0; j < count; ++j) {
      Sample clause = either(atom(), both(atom(), either(atom(), both(atom(), atom()))));
      if (choice() % 2 == 0) clause = either(clause, both(either(atom(), atom()), either(atom(), atom())));
      if (choice() % 3 == 0) clause = either(atom(), both(clauses[choice() % clauses.size()], atom()));
      clauses.push_back(clause);
      all = both(all, clause);
    }
    const Answer expected = AnswerByEnumeration(random, all);
    unsatisfiable += expected == Answer::kUnsat ? 1 : 0;
    const Term asked = choice() % 2 == 0 ? all.term : terms.Not(terms.Not(all.term));
    ASSERT_EQ(diagrams.Check(asked), expected) << terms.ToString(asked);
    const Sample negated{terms.Not(all.term), 0,
                         [value = all.value](const Values& v) { return value(v) ^ 1; }};
    ASSERT_EQ(diagrams.Check(negated.term), AnswerByEnumeration(random, negated));
  }
  EXPECT_GT(unsatisfiable, 30);
  EXPECT_LT(unsatisfiable, 270);
}

// Whatever the order of the levels and the polarity, a function has one diagram.
TEST(DecisionTest, EqualFunctionsAreOneDiagram) {
  Context terms;
  RandomTerms random(terms, 3, 31);
  Diagrams diagrams(terms, kNodes);
  int equal = 0;
  std::vector<Sample> samples;
  for (int i = 0; i < 400; ++i) samples.push_back(random.Bool(3));
  std::map<std::vector<std::uint64_t>, Term> by_table;
  for (const Sample& sample : samples) {
    std::vector<std::uint64_t> table;
    random.ForAllValues([&](const Values& values) { table.push_back(sample.value(values)); });
    const auto [position, inserted] = by_table.emplace(table, sample.term);
    if (inserted) continue;
    ++equal;
    EXPECT_EQ(diagrams.Check(terms.Not(terms.Iff(position->second, sample.term))), Answer::kUnsat);
  }
  EXPECT_GT(equal, 50);
}

TEST(DecisionTest, OneSetTestedInTwoOrdersIsOneDiagram) {
  Context terms;
  const Term x = terms.Variable("x", 32);
  std::mt19937 random(3);
  std::vector<std::uint64_t> members;
  for (int i = 0; i < 300; ++i) members.push_back(random());
  const auto chain = [&] {
    Term in = terms.False();
    for (const std::uint64_t member : members)
      in = terms.Ite(terms.Eq(x, terms.Constant(member, 32)), terms.True(), in);
    return in;
  };
  const Term forwards = chain();
  std::reverse(members.begin(), members.end());
  const Term backwards = chain();
  Diagrams diagrams(terms, kNodes);
  EXPECT_EQ(diagrams.Check(terms.Not(terms.Iff(forwards, backwards))), Answer::kUnsat);
  members.pop_back();
  EXPECT_EQ(diagrams.Check(terms.Not(terms.Iff(forwards, chain()))), Answer::kSat);
}

TEST(DecisionTest, TheLeastValueAndThenTheFewestBits) {
  Context terms;
  std::mt19937 random(5);
  for (int i = 0; i < 50; ++i) {
    const Term x = terms.Variable("x", 4);
    const Term y = terms.Variable("y", 4);
    // A set of pairs (x, y), as one condition.
    std::vector<std::pair<unsigned, unsigned>> pairs;
    Term in = terms.False();
    for (int j = 0; j < 12; ++j) {
      pairs.emplace_back(random() % 16, random() % 16);
      in = terms.Or(in, terms.And(terms.Eq(x, terms.Constant(pairs.back().first, 4)),
                                  terms.Eq(y, terms.Constant(pairs.back().second, 4))));
    }
    Diagrams diagrams(terms, kNodes);
    diagrams.Place(x);
    diagrams.Place(y);
    diagrams.Minimize(y);
    ASSERT_EQ(diagrams.Check(in), Answer::kSat);
    const auto cost = [](std::uint64_t a, std::uint64_t b) { return std::pair(b, std::popcount(a)); };
    auto least = cost(pairs[0].first, pairs[0].second);
    for (const auto& [a, b] : pairs) least = std::min(least, cost(a, b));
    EXPECT_EQ(cost(diagrams.Evaluate(x), diagrams.Evaluate(y)), least);
  }
}

// As above, with nodes dropped all the time.
TEST(DecisionTest, DroppingNodesChangesNothing) {
  Context terms;
  RandomTerms random(terms, 3, 19);
  constexpr std::size_t kLive = 1500;
  Diagrams diagrams(terms, kNodes, kLive);
  for (int i = 0; i < 400; ++i) {
    const Sample condition = random.Bool(4);
    const Answer answer = diagrams.Check(condition.term);
    ASSERT_EQ(answer, AnswerByEnumeration(random, condition)) << terms.ToString(condition.term);
  }
  EXPECT_GT(diagrams.nodes(), 4 * kLive);
}

TEST(DecisionTest, TooManyNodesAtATimeAreUnknown) {
  Context terms;
  std::mt19937 random(3);
  const Term x = terms.Variable("x", 32);
  Term in = terms.False();
  for (int i = 0; i < 100; ++i) in = terms.Or(in, terms.Eq(x, terms.Constant(random(), 32)));
  EXPECT_EQ(Diagrams(terms, kNodes).Check(in), Answer::kSat);
  EXPECT_EQ(Diagrams(terms, kNodes, 150).Check(in), Answer::kUnknown);
}

TEST(DecisionTest, TooFewNodesAreUnknown) {
  Context terms;
  Diagrams diagrams(terms, 20);
  const Term x = terms.Variable("x", 32);
  EXPECT_EQ(diagrams.Check(terms.Ult(x, terms.Constant(0x12345678, 32))), Answer::kUnknown);
}

// The diagram of such a condition has a node for each value of x.
TEST(DecisionTest, LargeComparisonsBecomeUnknownsThatKeepTheirOrder) {
  Context terms;
  const Term x = terms.BitAnd(terms.Variable("x", 34), terms.Constant(0xffff, 34));
  const Term length = terms.Variable("length", 34);
  const auto within = [&](std::uint64_t end) {
    return terms.Ule(terms.Add(x, terms.Constant(end, 34)), length);
  };
  Diagrams diagrams(terms, kNodes);
  EXPECT_EQ(diagrams.Check(terms.And(within(20), terms.Not(within(18)))), Answer::kUnsat);
  EXPECT_EQ(diagrams.Check(terms.And(within(18), terms.Not(within(20)))), Answer::kSat);
  EXPECT_EQ(diagrams.Check(terms.And(within(0), terms.Not(within(1)))), Answer::kSat);
  EXPECT_EQ(diagrams.Check(terms.And(within(1), terms.Not(within(0)))), Answer::kUnsat);
  EXPECT_LT(diagrams.nodes(), 50'000U);
}

}  // namespace
}  // namespace bpfopt::smt
