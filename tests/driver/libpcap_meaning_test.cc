// A filter whose source is another program than bpfopt's reading of it: under which libpcap that is a
// mistake, and under which it is what the filter means. No other libpcap is needed: the source is made here.
#include "driver/libpcap_meaning.h"

#include "bpf/opcode.h"
#include "bpfopt/verify.h"
#include "driver/lowered_filter.h"
#include "driver/source.h"
#include "frontend/parser.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::driver {
namespace {

using namespace bpf;

// Accepts packets whose byte `at` is `value`, and asks twice.
Program ByteIs(std::uint32_t at, std::uint32_t value) {
  return {{kLd | kB | kAbs, 0, 0, at}, {kJmp | kJeq, 0, 3, value}, {kLd | kB | kAbs, 0, 0, at},
          {kJmp | kJeq, 0, 1, value},  {kRet | kK, 0, 0, 262144},  {kRet | kK, 0, 0, 0}};
}

// `filter` compiled as if `source` were what libpcap makes of it.
class MeaningTest : public testing::Test {
 protected:
  Expected<CompileResult> Compile(std::string_view filter, Program source, std::string_view libpcap,
                                  SourceKind kind = SourceKind::kLibpcap) {
    StageLog log(nobody_, statistics_);
    const auto parsed = frontend::ParseFilter(filter, {});
    if (!parsed) return tl::unexpected(parsed.error());
    const auto lowered = LowerFilter(*parsed, options_, log);
    if (!lowered) return tl::unexpected(lowered.error());
    const Subject subject{lowered->function, lowered->cooked, lowered->dlt};
    const auto explain = [](std::size_t) { return std::nullopt; };
    auto chosen = ChooseProven(subject, {std::move(source), {}, kind, {}}, options_, log, explain);
    if (!chosen) return tl::unexpected(chosen.error());
    auto* refuted = std::get_if<Refutation>(&*chosen);
    if (refuted == nullptr) return std::get<CompileResult>(std::move(*chosen));
    return TakeMeaningOfLibpcap(subject, std::move(*refuted), libpcap, options_, log, explain);
  }

  CompileOptions options_;
  const StageLog::Observer nobody_;
  CompileStatistics statistics_;
};

TEST_F(MeaningTest, IsTheProgramOfAnotherLibpcap) {
  for (const int level : {0, 1, 2, 3}) {
    options_.level = level;
    options_.proof = ProofMode::kOn;
    const auto result = Compile("link[0] = 1", ByteIs(0, 2), "1.10.6");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->proven);
    EXPECT_TRUE(result->libpcap_reads_otherwise);
    EXPECT_EQ(result->source, ByteIs(0, 2));
    const auto verdict = Verify(ByteIs(0, 2), result->program);
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_EQ(verdict->answer, Answer::kEqual);
    EXPECT_LE(result->program.size(), level == 0 ? 6U : 4U) << level;
    ASSERT_FALSE(result->diagnostics.empty());
    const Diagnostic& note = result->diagnostics.back();
    EXPECT_EQ(note.severity, Diagnostic::Severity::kNote);
    for (const char* part :
         {"libpcap 1.10.6 understands this filter otherwise", "libpcap's verdict", "packet: "})
      EXPECT_NE(note.message.find(part), std::string::npos) << part << " in " << note.message;
  }
}

TEST_F(MeaningTest, IsAMistakeUnderTheLibpcapThatIsFollowed) {
  const auto result = Compile("link[0] = 1", ByteIs(0, 2), kFollowedLibpcap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  EXPECT_NE(result.error().message.find("this is a bug of bpfopt"), std::string::npos);
}

TEST_F(MeaningTest, IsAMistakeWhereTheSourceIsOurOwn) {
  const auto result = Compile("link[0] = 1", ByteIs(0, 2), "1.10.6", SourceKind::kLowering);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
}

// The lowering means what the source means, so a pass or the backend was wrong.
TEST_F(MeaningTest, IsAMistakeWhereTheLoweringIsRight) {
  StageLog log(nobody_, statistics_);
  const auto lowered = LowerFilter(*frontend::ParseFilter("link[0] = 1", {}), options_, log);
  ASSERT_TRUE(lowered) << lowered.error().message;
  const Subject subject{lowered->function, lowered->cooked, lowered->dlt};
  const auto result =
      TakeMeaningOfLibpcap(subject, {"full", {}, {ByteIs(0, 1), {}, SourceKind::kLibpcap, {}}}, "1.10.6",
                           options_, log, [](std::size_t) { return std::nullopt; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
}

TEST_F(MeaningTest, IsNotAskedForWhereProgramsAreEqual) {
  const auto result = Compile("link[0] = 1", ByteIs(0, 1), "1.10.6");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->libpcap_reads_otherwise);
  EXPECT_TRUE(result->diagnostics.empty());
}

TEST(VersionNumberTest, IsTheWordAfterVersion) {
  EXPECT_EQ(VersionNumber("libpcap version 1.10.3 (with TPACKET_V3)"), "1.10.3");
  EXPECT_EQ(VersionNumber("libpcap version 1.10.6 (64-bit time_t, with TPACKET_V3)"), "1.10.6");
  EXPECT_EQ(VersionNumber("libpcap version 1.9.1"), "1.9.1");
  EXPECT_EQ(VersionNumber("libpcap version 1.11.0-PRE-GIT (with TPACKET_V3)"), "1.11.0-PRE-GIT");
  EXPECT_EQ(VersionNumber("something else"), "");
}

}  // namespace
}  // namespace bpfopt::driver
