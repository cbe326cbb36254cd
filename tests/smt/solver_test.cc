// The solver's answers, models, levels and budget.
#include "smt/solver.h"

#include <gtest/gtest.h>

namespace bpfopt::smt {
namespace {

class SolverTest : public ::testing::Test {
 protected:
  Term Number(std::uint64_t value) { return terms.Constant(value, 32); }

  Context terms;
  Term x = terms.Variable("x", 32);
  Term y = terms.Variable("y", 32);
  Solver solver{terms};
};

TEST_F(SolverTest, ModelsSatisfyWhatIsAsked) {
  const Term condition = terms.And(terms.Eq(terms.Add(x, y), Number(100)), terms.Ult(x, y));
  ASSERT_EQ(solver.Check(condition, 0), Answer::kSat);
  EXPECT_TRUE(solver.EvaluateBool(condition));
  EXPECT_EQ(static_cast<std::uint32_t>(solver.Evaluate(x) + solver.Evaluate(y)), 100U);
  EXPECT_EQ(solver.Evaluate(terms.Add(x, y)), 100U);
}

TEST_F(SolverTest, AssertionsHaveLevels) {
  solver.Assert(terms.Ult(x, Number(10)));
  EXPECT_EQ(solver.Check(0), Answer::kSat);
  solver.Push();
  solver.Assert(terms.Ult(Number(20), x));
  EXPECT_EQ(solver.Check(0), Answer::kUnsat);
  solver.Pop();
  EXPECT_EQ(solver.Check(0), Answer::kSat);
  EXPECT_EQ(solver.Check(terms.Eq(x, Number(9)), 0), Answer::kSat);
  EXPECT_EQ(solver.Check(terms.Eq(x, Number(10)), 0), Answer::kUnsat);
  EXPECT_EQ(solver.Check(0), Answer::kSat);
}

TEST_F(SolverTest, ABudgetThatRunsOutIsUnknown) {
  // Factors of a product of two primes.
  const Term wide_x = terms.ZeroExtend(x, 64);
  const Term wide_y = terms.ZeroExtend(y, 64);
  const Term hard =
      terms.And(terms.Eq(terms.Mul(wide_x, wide_y), terms.Constant(4294967291U * 4294967279ULL, 64)),
                terms.And(terms.Ult(Number(1), x), terms.Ult(Number(1), y)));
  EXPECT_EQ(solver.Check(hard, 2000), Answer::kUnknown);
  EXPECT_FALSE(solver.unknown_reason().empty());
  EXPECT_GT(solver.steps_used(), 0U);
  // And it goes on from there.
  EXPECT_EQ(solver.Check(terms.Eq(x, Number(3)), 0), Answer::kSat);
  EXPECT_TRUE(solver.unknown_reason().empty());
}

TEST_F(SolverTest, StepsAreTheSameEachTime) {
  const auto steps = [] {
    Context context;
    Solver other(context);
    const Term a = context.Variable("a", 16);
    const Term b = context.Variable("b", 16);
    other.Check(context.Eq(context.Mul(a, b), context.Constant(12349, 16)), 0);
    return other.steps_used();
  };
  EXPECT_EQ(steps(), steps());
}

TEST_F(SolverTest, EqualAddressesHoldEqualBytes) {
  const Term array = terms.ByteArray("array", 32);
  const Term at_x = terms.Select(array, x);
  const Term at_y = terms.Select(array, terms.Add(y, Number(1)));
  const Term differ = terms.Not(terms.Eq(at_x, at_y));
  EXPECT_EQ(solver.Check(differ, 0), Answer::kSat);
  EXPECT_EQ(solver.Check(terms.And(differ, terms.Eq(terms.Sub(x, y), Number(1))), 0), Answer::kUnsat);
  // Other arrays are other bytes.
  const Term elsewhere = terms.Select(terms.ByteArray("elsewhere", 32), x);
  EXPECT_EQ(solver.Check(terms.Not(terms.Eq(at_x, elsewhere)), 0), Answer::kSat);
}

TEST_F(SolverTest, AnArrayOfAModelIsOneArray) {
  const Term array = terms.ByteArray("array", 32);
  const Term at_x = terms.Select(array, x);
  ASSERT_EQ(solver.Check(terms.And(terms.Eq(at_x, terms.Constant(7, 8)), terms.Eq(x, Number(5))), 0),
            Answer::kSat);
  EXPECT_EQ(solver.Evaluate(terms.Select(array, Number(5))), 7U);
  EXPECT_EQ(solver.Evaluate(terms.Select(array, terms.Add(Number(2), terms.Sub(x, Number(2))))), 7U);
}

TEST_F(SolverTest, DeepTermsDoNotRecurse) {
  Term deep = x;
  for (std::uint32_t i = 0; i < 4096; ++i) deep = terms.Ite(terms.Eq(y, Number(i)), Number(i), deep);
  EXPECT_EQ(solver.Check(terms.And(terms.Eq(deep, Number(77)), terms.Eq(y, Number(78))), 0), Answer::kUnsat);
}

}  // namespace
}  // namespace bpfopt::smt
