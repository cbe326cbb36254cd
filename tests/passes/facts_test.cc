// Facts: what one test tells about another, by example; and soundness, by random values and packets: what is
// learned from a packet never excludes that packet.
#include "passes/facts.h"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

using ir::Branch;
using ir::Compare;
using ir::Opcode;
using ir::Value;

class FactsTest : public testing::Test {
 protected:
  const Value* C(std::uint32_t word) { return f_.MakeConstant(word); }
  const Value* Ldb(std::uint32_t offset) { return f_.MakeLoad(nullptr, offset, 1); }
  const Value* Ldh(std::uint32_t offset) { return f_.MakeLoad(nullptr, offset, 2); }
  const Value* Ld(std::uint32_t offset) { return f_.MakeLoad(nullptr, offset, 4); }
  const Value* And(const Value* a, std::uint32_t mask) { return f_.MakeBinary(Opcode::kAnd, a, C(mask)); }
  const Value* Add(const Value* a, std::uint32_t word) { return f_.MakeBinary(Opcode::kAdd, a, C(word)); }
  const Value* Make(Opcode opcode, const Value* a, const Value* b) { return f_.MakeBinary(opcode, a, b); }
  static Branch Test(Compare compare, const Value* lhs, const Value* rhs) {
    return {compare, lhs, rhs, {}, {}};
  }
  Branch Test(Compare compare, const Value* lhs, std::uint32_t rhs) { return Test(compare, lhs, C(rhs)); }
  static RangeSet RangeOf(const Facts& facts, const Value* value) { return facts.Of(value).range; }

  ir::Function f_{Target::kPcap};
};

TEST_F(FactsTest, StructureBoundsValues) {
  const Facts none;
  EXPECT_EQ(RangeOf(none, Ldb(0)), RangeSet::Of(0, 0xff));
  EXPECT_EQ(RangeOf(none, Ldh(0)), RangeSet::Of(0, 0xffff));
  EXPECT_TRUE(RangeOf(none, Ld(0)).IsFull());
  const Knowledge header = none.Of(Make(Opcode::kShl, And(Ldb(14), 0xf), C(2)));
  EXPECT_EQ(header.range, RangeSet::Of(0, 60));
  EXPECT_EQ(header.zeros, ~std::uint32_t{0x3c});
  EXPECT_EQ(RangeOf(none, Make(Opcode::kSub, C(100), Ldb(0))),
            RangeSet::Of(0, 100).Union(RangeSet::Of(0xffffff65, 0xffffffff)));
  EXPECT_EQ(RangeOf(none, Make(Opcode::kAdd, Ldh(0), Ldb(0))), RangeSet::Of(0, 0x100fe));
}

TEST_F(FactsTest, NothingIsClaimedWhereTargetsDiffer) {
  const Facts none;
  EXPECT_TRUE(none.Of(Make(Opcode::kShr, Ldb(0), Ldb(1))).IsNothing());
  EXPECT_TRUE(none.Of(Make(Opcode::kShl, Ldb(0), C(32))).IsNothing());
  EXPECT_TRUE(none.Of(Make(Opcode::kDiv, Ldb(0), Ldb(1))).IsNothing());
  EXPECT_EQ(RangeOf(none, Make(Opcode::kShr, Ld(0), And(Ldb(1), 7))), RangeSet::Full());
  EXPECT_EQ(RangeOf(none, Make(Opcode::kShr, Ldh(0), And(Ldb(1), 7))), RangeSet::Of(0, 0xffff));
}

TEST_F(FactsTest, WideTestsInformNarrowOnes) {
  Facts facts;
  EXPECT_TRUE(facts.Learn(Ldh(12), RangeSet::Of(0x800)));
  EXPECT_EQ(RangeOf(facts, Ldb(12)), RangeSet::Of(8));
  EXPECT_EQ(RangeOf(facts, Ldb(13)), RangeSet::Of(0));
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, Ldb(12), 9)), false);
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, Ldb(14), 9)), std::nullopt);
  EXPECT_FALSE(facts.Learn(Ldb(12), RangeSet::Of(0x86)));
  EXPECT_TRUE(facts.contradictory());
}

TEST_F(FactsTest, NarrowTestsInformWideOnes) {
  Facts facts;
  facts.Learn(Ldb(12), RangeSet::Of(8));
  EXPECT_EQ(RangeOf(facts, Ldh(12)), RangeSet::Of(0x800, 0x8ff));
  facts.Learn(Ldb(13), RangeSet::Of(6));
  EXPECT_EQ(RangeOf(facts, Ldh(12)), RangeSet::Of(0x806));
  EXPECT_EQ(facts.Of(Ld(11)).ones, 0x00080600U);
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, Ldh(12), 0x800)), false);
}

TEST_F(FactsTest, AMaskedWordInformsItsFields) {
  Facts facts;
  facts.Learn(And(Ld(20), 0x1fff00ff), RangeSet::Of(6));
  EXPECT_EQ(RangeOf(facts, Ldb(23)), RangeSet::Of(6));
  EXPECT_EQ(facts.Decide(Test(Compare::kAnySet, Ldh(20), 0x1fff)), false);
  EXPECT_EQ(facts.Decide(Test(Compare::kAnySet, Ldh(20), 0x2000)), std::nullopt);
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, Ldb(22), 0U)), std::nullopt);
}

TEST_F(FactsTest, TestsOfBitsAndMaskedValuesAreOne) {
  Facts facts;
  facts.Learn(Test(Compare::kAnySet, Ldh(20), 0x1fff), true);
  EXPECT_EQ(facts.Decide(Test(Compare::kAnySet, Ldh(20), 0x1fff)), true);
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, And(Ldh(20), 0x1fff), 0U)), false);
  EXPECT_EQ(facts.Decide(Test(Compare::kAnySet, Ldh(20), 0x3fff)), true);
  EXPECT_EQ(facts.Decide(Test(Compare::kAnySet, Ldh(20), 0x0fff)), std::nullopt);
  EXPECT_EQ(facts.Decide(Test(Compare::kEqual, Ldh(20), 0U)), false);
  EXPECT_FALSE(facts.Learn(And(Ldh(20), 0x3fff), RangeSet::Of(0)));
}

TEST_F(FactsTest, LearnsBackwardsThroughOperations) {
  Facts facts;
  facts.Learn(Add(Ldh(0), 4), RangeSet::Of(10, 20));
  EXPECT_EQ(RangeOf(facts, Ldh(0)), RangeSet::Of(6, 16));
  facts.Learn(Make(Opcode::kShr, Ldb(4), C(4)), RangeSet::Of(4));
  EXPECT_EQ(RangeOf(facts, Ldb(4)), RangeSet::Of(0x40, 0x4f));
  EXPECT_EQ(RangeOf(facts, And(Ldb(4), 0xf0)), RangeSet::Of(0x40));
  facts.Learn(Make(Opcode::kShl, And(Ldb(14), 0xf), C(2)), RangeSet::Of(20));
  EXPECT_EQ(RangeOf(facts, And(Ldb(14), 0xf)), RangeSet::Of(5));
  facts.Learn(Make(Opcode::kXor, Ldb(6), C(0xff)), RangeSet::Of(0xf0, 0xff));
  EXPECT_EQ(RangeOf(facts, Ldb(6)), RangeSet::Of(0, 0xf));
  facts.Learn(Make(Opcode::kSub, C(30), Ldb(7)), RangeSet::Of(10));
  EXPECT_EQ(RangeOf(facts, Ldb(7)), RangeSet::Of(20));
  EXPECT_FALSE(facts.contradictory());
}

TEST_F(FactsTest, ExcludedWordsAddUp) {
  Facts facts;
  const Value* version = And(Ldb(14), 0x3);
  for (const std::uint32_t word : {0U, 1U, 2U}) facts.Learn(Test(Compare::kEqual, version, word), false);
  EXPECT_EQ(RangeOf(facts, version), RangeSet::Of(3));
  EXPECT_EQ(facts.Of(Ldb(14)).ones, 3U);
}

TEST_F(FactsTest, LaterFactsInformEarlierOnes) {
  Facts facts;
  facts.Learn(Ldh(12), RangeSet::Of(0x800).Union(RangeSet::Of(0x86dd)));
  facts.Learn(Ldb(12), RangeSet::Of(0x86));
  EXPECT_EQ(RangeOf(facts, Ldh(12)), RangeSet::Of(0x86dd));
  EXPECT_EQ(RangeOf(facts, Ldb(13)), RangeSet::Of(0xdd));
}

TEST_F(FactsTest, RelatesTwoValues) {
  const Value* a = Ldh(0);
  const Value* b = Ldb(8);
  const Facts none;
  EXPECT_EQ(none.Decide(Test(Compare::kEqual, a, a)), true);
  EXPECT_EQ(none.Decide(Test(Compare::kGreater, a, a)), false);
  EXPECT_EQ(none.Decide(Test(Compare::kGreater, a, b)), std::nullopt);
  EXPECT_EQ(none.Decide(Test(Compare::kGreater, Add(b, 256), b)), true);

  Facts greater;
  EXPECT_TRUE(greater.Learn(Test(Compare::kGreater, b, a), true));
  EXPECT_EQ(RangeOf(greater, a), RangeSet::Of(0, 0xfe));
  EXPECT_EQ(RangeOf(greater, b), RangeSet::Of(1, 0xff));
  EXPECT_EQ(greater.Decide(Test(Compare::kGreaterEqual, a, b)), false);
  EXPECT_EQ(greater.Decide(Test(Compare::kEqual, a, b)), false);
  EXPECT_FALSE(greater.Learn(Test(Compare::kEqual, a, b), true));

  Facts equal;
  EXPECT_TRUE(equal.Learn(Test(Compare::kEqual, a, b), true));
  EXPECT_EQ(RangeOf(equal, a), RangeSet::Of(0, 0xff));
  EXPECT_EQ(equal.Decide(Test(Compare::kGreater, a, b)), false);
  EXPECT_EQ(equal.Decide(Test(Compare::kGreaterEqual, a, b)), true);

  Facts common;
  EXPECT_TRUE(common.Learn(Test(Compare::kAnySet, a, b), false));
  EXPECT_EQ(common.Decide(Test(Compare::kAnySet, b, a)), false);
  EXPECT_EQ(common.Decide(Test(Compare::kEqual, a, b)), std::nullopt);
}

TEST_F(FactsTest, MeetKeepsWhatBothKnow) {
  Facts one;
  one.Learn(Ldh(12), RangeSet::Of(0x800));
  one.Learn(Ldb(23), RangeSet::Of(6));
  Facts two;
  two.Learn(Ldh(12), RangeSet::Of(0x806));
  Facts met = one;
  met.Meet(two);
  EXPECT_EQ(RangeOf(met, Ldh(12)), RangeSet::Of(0x800).Union(RangeSet::Of(0x806)));
  EXPECT_EQ(RangeOf(met, Ldb(12)), RangeSet::Of(8));
  EXPECT_EQ(RangeOf(met, Ldb(23)), RangeSet::Of(0, 0xff));
  Facts reversed = two;
  reversed.Meet(one);
  EXPECT_EQ(met, reversed);

  // What one side knows of the word, the other may know of its byte.
  Facts byte;
  byte.Learn(Ldb(12), RangeSet::Of(8));
  one.Meet(byte);
  EXPECT_EQ(RangeOf(one, Ldh(12)), RangeSet::Of(0x800, 0x8ff));

  Facts never;
  never.Learn(Ldb(0), RangeSet());
  EXPECT_TRUE(never.contradictory());
  Facts kept = two;
  kept.Meet(never);
  EXPECT_EQ(kept, two);
  never.Meet(two);
  EXPECT_EQ(never, two);
}

TEST_F(FactsTest, AddressesThatMayLeaveThePacketShareNoBytes) {
  const Value* far = f_.MakeLoad(nullptr, 0xffe00000, 4);
  const Value* far_byte = f_.MakeLoad(nullptr, 0xffe00000, 1);
  const Value* unbounded = f_.NewParameter();
  Facts facts;
  facts.Learn(far, RangeSet::Of(0));
  EXPECT_EQ(RangeOf(facts, far_byte), RangeSet::Of(0, 0xff));
  facts.Learn(f_.MakeLoad(unbounded, 14, 2), RangeSet::Of(0x50));
  EXPECT_EQ(RangeOf(facts, f_.MakeLoad(unbounded, 14, 1)), RangeSet::Of(0, 0xff));
  facts.Learn(unbounded, RangeSet::Of(0, 60));
  facts.Learn(f_.MakeLoad(unbounded, 16, 2), RangeSet::Of(0x50));
  EXPECT_EQ(RangeOf(facts, f_.MakeLoad(unbounded, 16, 1)), RangeSet::Of(0));
}

TEST_F(FactsTest, LargeSetsAndDeepValuesAreBounded) {
  Facts facts;
  for (std::uint32_t i = 0; i < 500; ++i) {
    EXPECT_TRUE(facts.Learn(Test(Compare::kEqual, Ld(26), i * 0x10001), false));
  }
  EXPECT_LE(RangeOf(facts, Ld(26)).ranges().size(), kMaxRanges);
  const Value* deep = Ldb(0);
  for (int i = 0; i < 20000; ++i)
    deep = Make(Opcode::kXor, Make(Opcode::kMul, deep, deep), Ldb(static_cast<std::uint32_t>(i % 50)));
  EXPECT_TRUE(facts.Learn(deep, RangeSet::Of(7)));
  EXPECT_EQ(RangeOf(facts, deep), RangeSet::Of(7));
}

// --- Soundness on random values and packets.

struct World {
  std::vector<std::uint8_t> bytes;
  std::map<const Value*, std::uint32_t> leaves;
  std::map<const Value*, std::optional<std::uint32_t>> words;

  // Nothing where targets differ or the load is past the end.
  std::optional<std::uint32_t> Word(const Value* value) {
    if (const auto known = words.find(value); known != words.end()) return known->second;
    return words[value] = Compute(value);
  }

 private:
  std::optional<std::uint32_t> Compute(const Value* value) {
    switch (value->opcode()) {
      case Opcode::kConstant:
        return value->constant();
      case Opcode::kLoad: {
        std::uint64_t at = value->offset();
        if (value->base() != nullptr) {
          const auto base = Word(value->base());
          if (!base) return std::nullopt;
          at += *base;
        }
        if (at + value->width() > bytes.size()) return std::nullopt;
        std::uint32_t word = 0;
        for (unsigned i = 0; i < value->width(); ++i) word = word << 8 | bytes[at + i];
        return word;
      }
      default:
        if (value->lhs() == nullptr) return leaves.at(value);
        const auto a = Word(value->lhs());
        const auto b = value->rhs() == nullptr ? 0U : Word(value->rhs());
        if (!a || !b) return std::nullopt;
        const ir::FoldResult folded = ir::Fold(value->opcode(), *a, *b);
        if (!folded.known) return std::nullopt;
        return folded.value;
    }
  }
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {
    for (ir::Value const*& parameter : parameters_) parameter = function_.NewParameter();
    for (int i = 0; i < 40; ++i) values_.push_back(NewValue());
  }

  std::uint32_t Pick(std::uint32_t count) { return random_() % count; }
  const Value* AnyValue() { return values_[Pick(static_cast<std::uint32_t>(values_.size()))]; }
  const std::vector<const Value*>& values() const { return values_; }

  std::uint32_t Word() {
    constexpr std::uint32_t kWords[] = {
        0,      1,    2,    3,      4,  6,  0xf,    0x3c, 0xff,       0x100,      0x800,      0x1fff,
        0xffff, 0xf0, 0x80, 0x86dd, 17, 20, 0xff00, 31,   0x80000000, 0xffffffff, 0xfffffffe, 0x1fff00ff};
    return kWords[Pick(std::size(kWords))];
  }

  World NewWorld() {
    World world;
    for (int i = 0; i < 40; ++i) {
      world.bytes.push_back(static_cast<std::uint8_t>(Pick(3) == 0 ? random_() : Word()));
    }
    for (const Value* parameter : parameters_) world.leaves[parameter] = Pick(2) == 0 ? Pick(30) : Word();
    return world;
  }

  // Learns something that is true in `world`.
  void LearnTruth(Facts& facts, World& world) {
    const Value* value = AnyValue();
    const auto word = world.Word(value);
    if (!word) return;
    if (Pick(2) == 0) {
      const std::uint32_t a = Pick(2) == 0 ? Word() : *word - Pick(4);
      const std::uint32_t b = Pick(2) == 0 ? Word() : *word + Pick(4);
      RangeSet set = RangeSet::Of(std::min(a, b), std::max(a, b));
      if (!set.Contains(*word)) set = Pick(2) == 0 ? set.Complement() : set.Union(RangeSet::Of(*word));
      facts.Learn(value, set);
      return;
    }
    const Value* other = Pick(2) == 0 ? AnyValue() : function_.MakeConstant(Pick(2) == 0 ? Word() : *word);
    const auto other_word = world.Word(other);
    if (!other_word) return;
    const auto compare = static_cast<Compare>(Pick(4));
    Branch branch{compare, value, other, {}, {}};
    bool outcome = ir::Holds(compare, *word, *other_word);
    if (Pick(2) == 0) {
      std::swap(branch.lhs, branch.rhs);
      outcome = ir::Holds(compare, *other_word, *word);
    }
    facts.Learn(branch, outcome);
  }

  void ExpectTrue(const Facts& facts, World& world, int round) {
    ASSERT_FALSE(facts.contradictory()) << "round " << round;
    for (const Value* value : values_) {
      const auto word = world.Word(value);
      if (!word) continue;
      ASSERT_TRUE(facts.Of(value).Contains(*word)) << "round " << round << ", word " << *word;
      const Value* other = AnyValue();
      const auto other_word = world.Word(other);
      if (!other_word) continue;
      const auto compare = static_cast<Compare>(Pick(4));
      const std::optional<bool> decided = facts.Decide({compare, value, other, {}, {}});
      if (decided) {
        ++decisions_;
        ASSERT_EQ(*decided, ir::Holds(compare, *word, *other_word)) << "round " << round;
      }
    }
  }
  std::size_t decisions() const { return decisions_; }

 private:
  const Value* NewValue() {
    if (values_.empty() || Pick(4) == 0) {
      if (Pick(6) == 0) return parameters_[Pick(2)];
      const Value* base = values_.empty() || Pick(5) != 0 ? nullptr : AnyValue();
      return function_.MakeLoad(base, Pick(12), 1U << Pick(3));
    }
    const auto opcode = static_cast<Opcode>(static_cast<unsigned>(Opcode::kNeg) + Pick(11));
    if (opcode == Opcode::kNeg) return function_.MakeUnary(opcode, AnyValue());
    const bool is_shift = opcode == Opcode::kShl || opcode == Opcode::kShr;
    const Value* operand = Pick(3) == 0 ? AnyValue() : function_.MakeConstant(is_shift ? Pick(33) : Word());
    const Value* other = AnyValue();
    if (opcode == Opcode::kSub && Pick(3) == 0) std::swap(operand, other);
    return function_.MakeBinary(opcode, other, operand);
  }

  std::mt19937 random_;
  ir::Function function_{Target::kPcap};
  const Value* parameters_[2] = {};
  std::vector<const Value*> values_;
  std::size_t decisions_ = 0;
};

TEST(FactsProperty, TruthsNeverExcludeTheWorldTheyAreTakenFrom) {
  std::size_t decisions = 0;
  for (int round = 0; round < 400; ++round) {
    Generator generator(static_cast<unsigned>(round));
    World world = generator.NewWorld();
    World other = generator.NewWorld();
    Facts facts;
    Facts elsewhere;
    for (int i = 0; i < 8; ++i) {
      generator.LearnTruth(facts, world);
      generator.LearnTruth(elsewhere, other);
      generator.ExpectTrue(facts, world, round);
      if (testing::Test::HasFatalFailure()) return;
    }
    facts.Meet(elsewhere);
    generator.ExpectTrue(facts, world, round);
    generator.ExpectTrue(facts, other, round);
    if (testing::Test::HasFatalFailure()) return;
    decisions += generator.decisions();
  }
  EXPECT_GT(decisions, 1000U);
}

}  // namespace
}  // namespace bpfopt::passes
