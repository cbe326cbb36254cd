// Classes of words.
#include "passes/word_classes.h"

#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

Partition Of(std::vector<ir::Switch::Case> cases) { return {nullptr, std::move(cases), {}}; }

TEST(WordClasses, WordsOnOneEdgeAreOneClass) {
  WordClasses classes;
  classes.Refine(Of({{0, 0}, {6, 1}, {7, 0}, {17, 1}, {18, 0}}));
  EXPECT_EQ(classes.count(), 2U);
  EXPECT_EQ(classes.Union({false, true}), RangeSet::Of(6).Union(RangeSet::Of(17)));
  EXPECT_EQ(classes.Hit(RangeSet::Of(7, 17)), (std::vector<bool>{true, true}));
  EXPECT_EQ(classes.Hit(RangeSet::Of(17)), (std::vector<bool>{false, true}));
}

TEST(WordClasses, ASecondTestTellsMoreApart) {
  WordClasses classes;
  classes.Refine(Of({{0, 0}, {6, 1}, {7, 0}, {17, 1}, {18, 0}}));
  classes.Refine(Of({{0, 0}, {17, 1}, {18, 0}}));
  EXPECT_EQ(classes.count(), 3U);
  EXPECT_EQ(classes.Union({false, true, false}), RangeSet::Of(6));
  EXPECT_EQ(classes.Union({false, false, true}), RangeSet::Of(17));
  WordClasses same;
  same.Refine(classes);
  same.Refine(classes);
  EXPECT_EQ(same, classes);
}

TEST(WordClasses, TheLastWordIsAPieceOfItsOwn) {
  WordClasses classes;
  classes.Refine(Of({{0, 0}, {0xffffffff, 1}}));
  classes.Refine(Of({{0, 0}, {5, 1}}));
  EXPECT_EQ(classes.count(), 3U);
  EXPECT_EQ(classes.Union({false, false, true}), RangeSet::Of(0xffffffff));
}

TEST(WordClasses, RangesCanBeSplit) {
  WordClasses classes;
  classes.Refine(Of({{0, 0}, {6, 1}, {7, 0}}));
  classes.SplitRanges();
  EXPECT_EQ(classes.count(), 3U);
  EXPECT_EQ(classes.Union({true, false, false}), RangeSet::Of(0, 5));
}

}  // namespace
}  // namespace bpfopt::passes
