// Hash-consing, the normal form, and the folding against plain arithmetic by enumeration.
#include "smt/term.h"

#include "random_terms.h"

#include <gtest/gtest.h>

namespace bpfopt::smt {
namespace {

class TermTest : public ::testing::Test {
 protected:
  Term Number(std::uint64_t value) { return terms.Constant(value, 32); }
  Term Byte(std::uint64_t address) { return terms.Select(packet, terms.Constant(address, 34)); }
  Term Half(std::uint64_t address) {
    return terms.ZeroExtend(terms.Concat(Byte(address), Byte(address + 1)), 32);
  }

  Context terms;
  Term packet = terms.ByteArray("packet", 34);
  Term x = terms.Variable("x", 32);
  Term y = terms.Variable("y", 32);
};

TEST_F(TermTest, EqualTermsAreOneTerm) {
  EXPECT_EQ(terms.Add(x, y), terms.Add(y, x));
  EXPECT_EQ(terms.Variable("x", 32), x);
  EXPECT_NE(terms.Variable("x", 16), x);
  EXPECT_NE(x, y);
  EXPECT_NE(x.id(), y.id());
}

TEST_F(TermTest, ConstantsGoOutwards) {
  EXPECT_EQ(terms.Add(terms.Add(x, Number(3)), Number(4)), terms.Add(x, Number(7)));
  EXPECT_EQ(terms.Add(terms.Add(x, Number(3)), y), terms.Add(terms.Add(x, y), Number(3)));
  EXPECT_EQ(terms.Sub(terms.Add(x, Number(3)), x), Number(3));
  EXPECT_EQ(terms.Eq(terms.Add(x, Number(3)), Number(1)), terms.Eq(x, Number(0xfffffffe)));
}

TEST_F(TermTest, AMaskIsASlice) {
  const Term header = terms.ZeroExtend(Byte(14), 32);
  const Term shifted = terms.Shl(terms.BitAnd(header, Number(0xf)), Number(2));
  EXPECT_EQ(terms.Mul(terms.BitAnd(header, Number(0xf)), Number(4)), shifted);
  EXPECT_EQ(terms.BitAnd(terms.Mul(header, Number(4)), Number(0x3c)), shifted);
  EXPECT_EQ(terms.UpperBound(shifted), 60U);
  EXPECT_EQ(terms.LShr(shifted, Number(2)), terms.BitAnd(header, Number(15)));
}

TEST_F(TermTest, AWideTestIsTestsOfBytes) {
  const Term wide = terms.Eq(Half(12), Number(0x0800));
  const Term bytes =
      terms.And(terms.Eq(Byte(12), terms.Constant(8, 8)), terms.Eq(Byte(13), terms.Constant(0, 8)));
  EXPECT_EQ(wide, bytes);
  EXPECT_EQ(terms.AsBool(terms.Eq(Half(12), Number(0x10000))), false);
}

TEST_F(TermTest, ComparisonsWithPowersOfTwoAreMasks) {
  const Term below = terms.Ult(Half(20), Number(0x2000));
  EXPECT_EQ(below, terms.Eq(terms.BitAnd(Half(20), Number(0xffffe000)), Number(0)));
  EXPECT_EQ(terms.Ult(Number(0x1fff), Half(20)), terms.Not(below));
  EXPECT_EQ(terms.AsBool(terms.Ult(Half(20), Number(0x10000))), true);
}

TEST_F(TermTest, ASumThatCannotCarryWidens) {
  const Term index = terms.BitAnd(x, Number(0x3c));
  EXPECT_EQ(terms.ZeroExtend(terms.Add(index, Number(14)), 34),
            terms.Add(terms.ZeroExtend(index, 34), terms.Constant(14, 34)));
  EXPECT_NE(terms.ZeroExtend(terms.Add(x, Number(14)), 34),
            terms.Add(terms.ZeroExtend(x, 34), terms.Constant(14, 34)));
}

TEST_F(TermTest, ABigEndianSumIsALoad) {
  const Term high = terms.Shl(terms.ZeroExtend(Byte(2), 32), Number(8));
  EXPECT_EQ(terms.BitOr(high, terms.ZeroExtend(Byte(3), 32)), Half(2));
}

TEST_F(TermTest, BooleansFold) {
  const Term p = terms.BoolVariable("p");
  const Term q = terms.BoolVariable("q");
  EXPECT_EQ(terms.And(p, terms.Not(p)), terms.False());
  EXPECT_EQ(terms.Or(p, terms.Not(p)), terms.True());
  EXPECT_EQ(terms.And(p, terms.Or(p, q)), p);
  EXPECT_EQ(terms.Ite(p, terms.True(), q), terms.Or(p, q));
  EXPECT_EQ(terms.Ite(terms.Not(p), x, y), terms.Ite(p, y, x));
  EXPECT_EQ(terms.Iff(terms.Not(p), q), terms.Not(terms.Iff(p, q)));
}

TEST_F(TermTest, DivisionByItself) {
  EXPECT_EQ(terms.URem(x, x), Number(0));
  const Term quotient = terms.UDiv(x, x);
  for (const std::uint64_t value : {0U, 1U, 7U}) {
    const Assignment assignment{[&](Term) { return value; }, nullptr};
    EXPECT_EQ(terms.Evaluate(quotient, assignment), value == 0 ? 0xffffffff : 1U);
  }
}

TEST_F(TermTest, TextIsCutWhereTermsAreDeep) {
  EXPECT_EQ(terms.ToString(terms.Add(x, Number(3))), "(bvadd x 0x3:32)");
  Term deep = x;
  for (int i = 0; i < 100000; ++i) deep = terms.Mul(deep, terms.Add(deep, y));
  EXPECT_LT(terms.ToString(deep).size(), 50000U);
}

TEST(TermFoldingTest, AgreesWithArithmeticForAllValues) {
  for (unsigned width = 1; width <= 4; ++width) {
    Context terms;
    RandomTerms random(terms, width, width);
    for (int i = 0; i < 1500 / static_cast<int>(width * width); ++i) {
      const Sample sample = i % 2 == 0 ? random.BitVector(4) : random.Bool(4);
      random.ForAllValues([&](const Values& values) {
        const std::uint64_t value = random.Evaluate(sample.term, values);
        ASSERT_EQ(value, sample.value(values))
            << "width " << width << ", sample " << i << ": " << terms.ToString(sample.term);
        if (sample.width != 0) {
          ASSERT_LE(value, terms.UpperBound(sample.term)) << terms.ToString(sample.term);
        }
      });
    }
  }
}

// Wide enough for slices, masks and constants of many bits; by examples.
TEST(TermFoldingTest, AgreesWithArithmeticForSomeWideValues) {
  Context terms;
  RandomTerms random(terms, 16, 1);
  std::mt19937 values_random(2);
  for (int i = 0; i < 2000; ++i) {
    const Sample sample = i % 2 == 0 ? random.BitVector(5) : random.Bool(5);
    for (int j = 0; j < 20; ++j) {
      const Values values = {values_random() & 0xffff, values_random() & 0xff, values_random() & 0xf};
      ASSERT_EQ(random.Evaluate(sample.term, values), sample.value(values))
          << i << ": " << terms.ToString(sample.term);
    }
  }
}

}  // namespace
}  // namespace bpfopt::smt
