// Every row of the corpus as bytecode: what libpcap makes of the filter, optimized and not, lifted and
// emitted again, and optimized.
#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/optimizer.h"
#include "bpfopt/verify.h"
#include "corpus_rows.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

using bench::CorpusRow;

Expected<Program> Libpcap(const CorpusRow& row, bool optimize) {
  return CompileWithLibpcap(row.filter, {.link_type = row.link_type, .netmask = 0, .optimize = optimize});
}

OptimizeOptions BytecodeOptionsFor(const CorpusRow& row) {
  OptimizeOptions options;
  options.link_type = FindLinkType(row.link_type)->number;
  options.check_invariants = true;
  return options;
}

TEST(CorpusOptimizeTest, LiftedAndEmittedAgainTheMeaningIsTheSame) {
  std::size_t compared = 0;
  for (const CorpusRow& row : CorpusRows()) {
    for (const bool optimize : {false, true}) {
      const auto source = Libpcap(row, optimize);
      if (!source) continue;  // libpcap's optimizer refuses filters that match nothing
      OptimizeOptions options = BytecodeOptionsFor(row);
      options.level = 0;
      options.proof = ProofMode::kRequired;
      const auto result = Optimize(*source, options);
      ASSERT_TRUE(result) << row.filter << ": " << result.error().message;
      EXPECT_TRUE(result->proven) << row.filter;
      ++compared;
    }
  }
  EXPECT_GT(compared, FewerIfSanitized(250U));
}

// What bytecode alone leaves to the optimizer is as good as the filter: nowhere more than a tenth, or one
// instruction, larger than the filter compiled, and never larger than the source.
class CorpusOptimizeRelationTest : public testing::TestWithParam<Relation> {};

TEST_P(CorpusOptimizeRelationTest, IsAsSmallAsTheFilterCompiled) {
  for (const CorpusRow& row : CorpusRows()) {
    const auto source = Libpcap(row, /*optimize=*/false);
    ASSERT_TRUE(source) << source.error().message;
    CompileOptions compile_options = OptionsFor(row);
    compile_options.relation = GetParam();
    const auto compiled = Compile(row.filter, compile_options);
    ASSERT_TRUE(compiled) << compiled.error().message;
    OptimizeOptions options = BytecodeOptionsFor(row);
    options.relation = GetParam();
    const auto optimized = Optimize(*source, options);
    ASSERT_TRUE(optimized) << row.filter << ": " << optimized.error().message;
    EXPECT_TRUE(optimized->proven) << row.filter;
    EXPECT_TRUE(optimized->diagnostics.empty()) << row.filter << ": " << optimized->diagnostics[0].message;
    const std::size_t size = compiled->program.size();
    EXPECT_LE(optimized->program.size(), std::max(size + size / 10, size + 1)) << row.filter;
    EXPECT_LE(optimized->program.size(), source->size()) << row.filter;
  }
}

TEST_P(CorpusOptimizeRelationTest, LibpcapsOptimizedProgramsDoNotGrow) {
  std::size_t smaller = 0;
  for (const CorpusRow& row : CorpusRows()) {
    const auto source = Libpcap(row, /*optimize=*/true);
    if (!source) continue;
    OptimizeOptions options = BytecodeOptionsFor(row);
    options.relation = GetParam();
    const auto optimized = Optimize(*source, options);
    ASSERT_TRUE(optimized) << row.filter << ": " << optimized.error().message;
    EXPECT_TRUE(optimized->proven) << row.filter;
    EXPECT_LE(optimized->program.size(), source->size()) << row.filter;
    if (optimized->program.size() == source->size()) continue;
    ++smaller;
    // And again: what came out is a fixed point, or shrinks further; it never swings back.
    const auto again = Optimize(optimized->program, options);
    ASSERT_TRUE(again) << row.filter << ": " << again.error().message;
    EXPECT_LE(again->program.size(), optimized->program.size()) << row.filter;
  }
  EXPECT_GT(smaller, FewerIfSanitized(60U));
}

INSTANTIATE_TEST_SUITE_P(Relations, CorpusOptimizeRelationTest,
                         testing::Values(Relation::kStrict, Relation::kFaithful), [](const auto& info) {
                           return info.param == Relation::kStrict ? std::string("Strict")
                                                                  : std::string("Faithful");
                         });

}  // namespace
}  // namespace bpfopt
