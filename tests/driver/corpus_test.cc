// Every row of the corpus: proven under both relations, no larger than libpcap's program, and the lowering
// itself proven against libpcap's unoptimized program.
#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/lower_bound.h"
#include "bpfopt/verify.h"
#include "corpus_rows.h"

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

using bench::CorpusRow;

class CorpusTest : public testing::TestWithParam<CorpusRow> {};

Expected<Program> Libpcap(const CorpusRow& row, bool optimize) {
  return CompileWithLibpcap(row.filter, {.link_type = row.link_type, .netmask = 0, .optimize = optimize});
}

void ExpectProven(const CorpusRow& row, const CompileOptions& options) {
  const auto result = Compile(row.filter, options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->source_kind, SourceKind::kLibpcap) << result->source_reason;
  EXPECT_TRUE(result->proven);
  // Nothing had to fall back.
  for (const Candidate& candidate : result->candidates) {
    EXPECT_NE(candidate.outcome, Candidate::Outcome::kUndecided)
        << candidate.name << ": " << candidate.detail;
  }
  const CheckOptions check = {.link_type = FindLinkType(row.link_type)->number};
  for (const Violation& violation : Check(result->program, check)) {
    ADD_FAILURE() << violation.instruction << ": " << violation.reason;
  }
}

TEST_P(CorpusTest, IsProvenFaithful) { ExpectProven(GetParam(), OptionsFor(GetParam())); }

TEST_P(CorpusTest, IsProvenStrict) {
  CompileOptions options = OptionsFor(GetParam());
  options.relation = Relation::kStrict;
  ExpectProven(GetParam(), options);
}

TEST_P(CorpusTest, IsNotLargerThanLibpcaps) {
  const auto ours = Compile(GetParam().filter, OptionsFor(GetParam()));
  ASSERT_TRUE(ours) << ours.error().message;
  const auto theirs = Libpcap(GetParam(), /*optimize=*/true);
  if (!theirs) {
    // "expression rejects all packets": then ours does so in one instruction.
    EXPECT_EQ(FormatProgram(ours->program, Format::kAssembly), "(000) ret      #0\n")
        << theirs.error().message;
    return;
  }
  if (ours->program.size() <= theirs->size()) return;
  const auto verdict = Verify(ours->source, *theirs, {.relation = Relation::kFaithful});
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->answer, Answer::kDifferent)
      << "libpcap's " << theirs->size() << " instructions are right, ours are " << ours->program.size()
      << ":\n"
      << FormatProgram(*theirs, Format::kAssembly) << FormatProgram(ours->program, Format::kAssembly);
}

// Of all programs that are known to be equal none is smaller than what is proven to be the least.
TEST_P(CorpusTest, HasNoProgramBelowItsLowerBound) {
  static const auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  ASSERT_TRUE(corpus);
  CompileOptions options = OptionsFor(GetParam());
  const auto ours = Compile(GetParam().filter, options);
  ASSERT_TRUE(ours) << ours.error().message;
  const LowerBoundOptions bound_options = {.relation = options.relation, .runs = 10'000};
  const LowerBound bound = FindLowerBound(ours->source, ours->program, bound_options);
  EXPECT_TRUE(CheckLowerBound(ours->source, bound, bound_options));
  EXPECT_LE(bound.instructions, ours->program.size());
  const auto by_hand = corpus->hand_written.find(GetParam().id);
  if (by_hand != corpus->hand_written.end()) {
    EXPECT_LE(bound.instructions, by_hand->second);
  }
  const auto theirs = Libpcap(GetParam(), /*optimize=*/true);
  if (!theirs || theirs->size() >= bound.instructions) return;
  const auto verdict = Verify(ours->source, *theirs, {.relation = options.relation});
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->answer, Answer::kDifferent);
}

TEST_P(CorpusTest, LoweringIsStrictlyLibpcapsUnoptimizedProgram) {
  const auto theirs = Libpcap(GetParam(), /*optimize=*/false);
  ASSERT_TRUE(theirs) << theirs.error().message;
  CompileOptions options = OptionsFor(GetParam());
  options.level = 0;
  const auto ours = Compile(GetParam().filter, options);
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_FALSE(ours->proven);
  const auto verdict = Verify(*theirs, ours->program);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->answer, Answer::kEqual)
      << verdict->reason << (verdict->counterexample ? Describe(*verdict->counterexample) : "")
      << FormatProgram(*theirs, Format::kAssembly) << FormatProgram(ours->program, Format::kAssembly);
}

INSTANTIATE_TEST_SUITE_P(Corpus, CorpusTest, testing::ValuesIn(CorpusRows()), RowName);

// What is passed over is said, and is no more than the link types that are missing.
TEST(CorpusTest, RowsOfMissingLinkTypesAreKnown) {
  ASSERT_FALSE(CorpusRows().empty());
  for (const CorpusRow& row : CorpusRows(/*supported=*/false)) {
    std::cout << "not compiled, no link type " << row.link_type << ": " << row.filter << "\n";
    EXPECT_EQ(row.link_type.rfind("IEEE802_11", 0), 0U) << row.link_type;
  }
}

}  // namespace
}  // namespace bpfopt
