// Linear forms: sums that are equal have one form, a form's value has that form, and its meaning is the sum.
#include "passes/linear_form.h"

#include "ir/print.h"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

class LinearFormTest : public testing::Test {
 protected:
  LinearFormTest() {
    for (std::uint32_t i = 0; i < 4; ++i) atoms_.push_back(f_.MakeLoad(nullptr, i, 1));
  }
  const Value* C(std::uint32_t word) { return f_.MakeConstant(word); }
  const Value* Make(Opcode opcode, const Value* a, const Value* b) { return f_.MakeBinary(opcode, a, b); }

  // The value of a sum of atoms, each of which has a word.
  static std::uint32_t Word(const Value* value, const std::map<const Value*, std::uint32_t>& words) {
    if (value->IsConstant()) return value->constant();
    if (const auto atom = words.find(value); atom != words.end()) return atom->second;
    const std::uint32_t rhs = value->rhs() == nullptr ? 0 : Word(value->rhs(), words);
    return ir::Fold(value->opcode(), Word(value->lhs(), words), rhs).value;
  }

  ir::Function f_{Target::kPcap};
  std::vector<const Value*> atoms_;
};

TEST_F(LinearFormTest, EqualSumsHaveOneForm) {
  const Value* a = atoms_[0];
  const Value* b = atoms_[1];
  const Value* c = atoms_[2];
  const LinearForm form = LinearFormOf(Make(Opcode::kSub, Make(Opcode::kSub, a, b), c));
  EXPECT_EQ(LinearFormOf(Make(Opcode::kSub, a, Make(Opcode::kAdd, b, c))), form);
  EXPECT_EQ(LinearFormOf(Make(Opcode::kAdd, f_.MakeUnary(Opcode::kNeg, c), Make(Opcode::kSub, a, b))), form);
  EXPECT_EQ(LinearFormOf(Make(Opcode::kShl, a, C(2))), LinearFormOf(Make(Opcode::kMul, a, C(4))));
  EXPECT_TRUE(Difference(form, form).terms.empty());
  EXPECT_NE(LinearFormOf(Make(Opcode::kSub, b, a)), form);
}

TEST_F(LinearFormTest, AMultipleOfASumIsOneTerm) {
  const Value* sum = Make(Opcode::kAdd, atoms_[0], atoms_[1]);
  const LinearForm form = LinearFormOf(Make(Opcode::kMul, Make(Opcode::kAdd, sum, C(3)), C(5)));
  ASSERT_EQ(form.terms.size(), 1U);
  EXPECT_EQ(form.terms[0].value, sum);
  EXPECT_EQ(form.terms[0].factor, 5U);
  EXPECT_EQ(form.constant, 15U);
}

TEST_F(LinearFormTest, RandomSumsKeepTheirMeaning) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::vector<const Value*> values = atoms_;
    for (int i = 0; i < 8; ++i) {
      const Value* a = values[random() % values.size()];
      const Value* b = random() % 3 == 0 ? C(random() % 2 == 0 ? random() : random() % 8)
                                         : values[random() % values.size()];
      switch (random() % 5) {
        case 0:
          values.push_back(f_.MakeUnary(Opcode::kNeg, a));
          break;
        case 1:
          values.push_back(Make(Opcode::kSub, b, a));
          break;
        case 2:
          values.push_back(Make(Opcode::kMul, a, C(random() % 2 == 0 ? random() : random() % 5)));
          break;
        case 3:
          values.push_back(Make(Opcode::kShl, a, C(random() % 32)));
          break;
        default:
          values.push_back(Make(Opcode::kAdd, a, b));
      }
      // As in the pass: operands are simple before what uses them is.
      if (round % 2 == 0) values.back() = MakeValue(f_, LinearFormOf(values.back()));
    }
    const Value* value = values.back();
    const LinearForm form = LinearFormOf(value);
    std::map<const Value*, std::uint32_t> words;
    for (const Value* atom : atoms_) words[atom] = random();
    std::uint32_t expected = form.constant;
    for (const LinearForm::Term& term : form.terms) expected += term.factor * Word(term.value, words);
    ASSERT_EQ(Word(value, words), expected) << ir::Print(*value);
    const Value* made = MakeValue(f_, form);
    ASSERT_EQ(Word(made, words), expected) << ir::Print(*value) << " as " << ir::Print(*made);
    if (round % 2 == 0) {
      ASSERT_EQ(MakeValue(f_, LinearFormOf(made)), made) << ir::Print(*made);
    }
  }
}

TEST_F(LinearFormTest, LongSumsAreBounded) {
  const Value* sum = atoms_[0];
  for (std::uint32_t i = 0; i < 20000; ++i) sum = Make(Opcode::kAdd, sum, f_.MakeLoad(nullptr, 4 + i, 1));
  EXPECT_LT(LinearFormOf(sum).terms.size(), 100U);
}

}  // namespace
}  // namespace bpfopt::passes
