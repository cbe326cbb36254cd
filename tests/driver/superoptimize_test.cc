// The superoptimizer as a whole: proofs of windows, programs at -O3, and the rules that it leaves to -O2.
#include "driver/superoptimize.h"

#include "backend/membership.h"
#include "backend/window.h"
#include "bench/corpus.h"
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "bpfopt/compiler.h"
#include "bpfopt/optimizer.h"
#include "bpfopt/verify.h"
#include "driver/learn_rules.h"
#include "verifier/window_proof.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::driver {
namespace {

using namespace bpf;

// ldb [0]; 6, 17, 132 leave by exit 0, others by exit 1.
const Program kChain = {
    {kLd | kB | kAbs, 0, 0, 0}, {kJmp | kJeq, 2, 0, 6}, {kJmp | kJeq, 1, 0, 17}, {kJmp | kJeq, 0, 1, 132}};
const verifier::WindowContract kContract = {{false, false}, 0, {{false, 0}}, Target::kPcap};
constexpr std::uint64_t kSteps = 5'000'000;

Program ByProduct(std::uint32_t set, std::uint32_t multiplier, std::uint32_t mask) {
  return {{kLd | kB | kAbs, 0, 0, 0},
          {kAlu | kOr, 0, 0, set},
          {kAlu | kMul, 0, 0, multiplier},
          {kJmp | kJset, 1, 0, mask}};
}

TEST(WindowProof, ProvesTheKnownReplacement) {
  verifier::WindowProver prover(kChain, kContract);
  EXPECT_EQ(prover.Compare(ByProduct(0xffffff00, 1041, 0x1c818), kSteps).answer, verifier::Answer::kEqual);
}

// Wrong replacements are refused, and the input that shows it does.
TEST(WindowProof, RefusesPlantedErrors) {
  verifier::WindowProver prover(kChain, kContract);
  for (const Program& wrong : {ByProduct(0xffffff00, 1042, 0x1c818), ByProduct(0xffffff00, 1041, 0x1c819),
                               ByProduct(0xffffff01, 1041, 0x1c818), ByProduct(0, 1041, 0x1c818)}) {
    const verifier::WindowVerdict verdict = prover.Compare(wrong, kSteps);
    ASSERT_EQ(verdict.answer, verifier::Answer::kDifferent);
    ASSERT_EQ(verdict.input->bytes.size(), 1U);
    const auto run = [&](const Program& code) {
      return backend::RunWindow(code, {{false, 0}}, verdict.input->a, verdict.input->bytes)->exit;
    };
    EXPECT_NE(run(kChain), run(wrong));
  }
}

// A at the exits counts where it is live, and only there; so do the bits that A may have at the start.
TEST(WindowProof, ComparesWhatIsLive) {
  const Program whole = {{kAlu | kAnd, 0, 0, 0xff}, {kJmp | kJeq, 0, 1, 5}};
  const Program tested = {{kJmp | kJeq, 0, 1, 5}};
  const auto answer = [&](std::vector<bool> live, std::uint32_t possible) {
    verifier::WindowContract contract{std::move(live), possible, {}, Target::kPcap};
    return verifier::WindowProver(whole, contract).Compare(tested, kSteps).answer;
  };
  EXPECT_EQ(answer({false, false}, 0xff), verifier::Answer::kEqual);
  EXPECT_EQ(answer({true, true}, 0xff), verifier::Answer::kEqual);
  EXPECT_EQ(answer({false, false}, 0xffff), verifier::Answer::kDifferent);
  const Program moved = {{kAlu | kSub, 0, 0, 5}, {kJmp | kJset, 1, 0, 0xff}};
  const auto moved_answer = [&](std::vector<bool> live) {
    verifier::WindowContract contract{std::move(live), 0xffffffff, {}, Target::kPcap};
    return verifier::WindowProver(whole, contract).Compare(moved, kSteps).answer;
  };
  EXPECT_EQ(moved_answer({false, false}), verifier::Answer::kEqual);
  EXPECT_EQ(moved_answer({true, false}), verifier::Answer::kDifferent);
  EXPECT_EQ(moved_answer({false, true}), verifier::Answer::kDifferent);
}

TEST(WindowProof, FindsInputsForEachExit) {
  verifier::WindowProver prover(kChain, kContract);
  std::vector<std::uint8_t> members;
  while (const auto input = prover.FindInput(0, kSteps)) members.push_back(input->bytes[0]);
  std::sort(members.begin(), members.end());
  EXPECT_EQ(members, (std::vector<std::uint8_t>{6, 17, 132}));
  ASSERT_TRUE(prover.FindInput(1, kSteps));
}

// Every rule of the file again, by the verifier: against the tests that it stands for.
TEST(Rules, AreProven) {
  std::string_view rest = backend::BuiltInRules();
  std::size_t count = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    const auto rule = backend::ParseRule(line);
    ASSERT_TRUE(rule) << line;
    const auto& [set, test] = *rule;
    Program chain = {{kAlu | kRsh, 0, 0, set.first}, {kAlu | kAnd, 0, 0, set.largest()}};
    for (std::size_t i = 0; i < set.words.size(); ++i) {
      const auto left = static_cast<std::uint8_t>(set.words.size() - 1 - i);
      chain.push_back({kJmp | kJeq, left, static_cast<std::uint8_t>(left == 0 ? 1 : 0), set.words[i]});
    }
    Program code;
    using First = backend::MembershipTest::First;
    if (test.first == First::kOr) code.push_back({kAlu | kOr, 0, 0, test.operand});
    if (test.first == First::kSub) code.push_back({kAlu | kSub, 0, 0, test.operand});
    code.push_back({kAlu | kMul, 0, 0, test.multiplier});
    code.push_back({kJmp | kJset, 1, 0, test.mask});
    const verifier::WindowContract contract{
        {false, false}, set.is_whole ? set.largest() : 0xffffffff, {}, Target::kPcap};
    verifier::WindowProver prover(chain, contract);
    EXPECT_EQ(prover.Compare(code, 50'000'000).answer, verifier::Answer::kEqual) << line;
    ++count;
  }
  EXPECT_GT(count, 10U);
}

// The command's function makes what the file has, for filters whose sets are found soon.
TEST(Rules, AreWhatTheCommandLearns) {
  const auto rules = LearnRules({{"SUNATM", "connectmsg"},
                                 {"EN10MB", "port 22 or port 53 or port 80 or port 443"},
                                 {"EN10MB", "port 80 or port 443 or port 8080 or port 8443"},
                                 {"EN10MB", "port 53"}},
                                30'000'000);
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->size(), 3U);
  for (const backend::MembershipRule& rule : *rules) {
    EXPECT_NE(backend::BuiltInRules().find("\n" + backend::FormatRule(rule) + "\n"), std::string_view::npos)
        << backend::FormatRule(rule);
  }
}

TEST(Rules, UnknownFiltersAreErrors) {
  EXPECT_FALSE(LearnRules({{"EN10MB", "port"}}, 1000));
  EXPECT_FALSE(LearnRules({{"NOWHERE", "port 53"}}, 1000));
}

CompileResult CompileAt(int level, const std::string& link_type, const std::string& filter) {
  CompileOptions options;
  options.level = level;
  options.link_type = link_type;
  options.netmask = 0;
  const auto result = Compile(filter, options);
  EXPECT_TRUE(result) << filter;
  return result.value_or(CompileResult());
}

// Small rows of the corpus, evenly drawn: never larger, proven, and the same program each time.
TEST(Superoptimize, NeverLargerThanTheSecondLevel) {
  const auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  ASSERT_TRUE(corpus);
  constexpr std::size_t kStep = 23;
  constexpr std::size_t kSmall = 12;  // instructions: others take long
  for (std::size_t i = 3; i < corpus->rows.size(); i += kStep) {
    const bench::CorpusRow& row = corpus->rows[i];
    const CompileResult second = CompileAt(2, row.link_type, row.filter);
    if (second.program.size() > kSmall) continue;
    const CompileResult third = CompileAt(3, row.link_type, row.filter);
    EXPECT_TRUE(third.proven) << row.id;
    EXPECT_LE(third.program.size(), second.program.size()) << row.id;
    EXPECT_EQ(CompileAt(3, row.link_type, row.filter).program, third.program) << row.id;
  }
}

std::string Superoptimized(const std::string& text) {
  OptimizeOptions options;
  options.level = 3;
  const auto program = bpf::Parse(text);
  EXPECT_TRUE(program);
  const auto result = Optimize(*program, options);
  EXPECT_TRUE(result && result->proven);
  return result ? "\n" + bpf::FormatAssembly(result->program) : std::string();
}

// Strict, as bytecode is: the last byte is loaded first, so that what is cut short is refused all the same.
TEST(Superoptimize, JoinsFieldsThatOverlappingLoadsCover) {
  EXPECT_EQ(Superoptimized(R"((000) ld       [8]
(001) jeq      #0x5e100001      jt 2	jf 9
(002) ldh      [6]
(003) jeq      #0x200           jt 4	jf 9
(004) ld       [2]
(005) jeq      #0x5e100002      jt 6	jf 9
(006) ldh      [0]
(007) jeq      #0x200           jt 8	jf 9
(008) ret      #262144
(009) ret      #0
)"),
            R"(
(000) ld       [8]
(001) jeq      #0x5e100001      jt 2	jf 7
(002) ld       [4]
(003) jeq      #0x20200         jt 4	jf 7
(004) ld       [0]
(005) jeq      #0x2005e10       jt 6	jf 7
(006) ret      #262144
(007) ret      #0
)");
}

TEST(Superoptimize, FindsOneTestForATypeAndTwoSubtypes) {
  const CompileResult result = CompileAt(3, "IEEE802_11", "type ctl and (subtype rts or subtype cts)");
  EXPECT_EQ("\n" + bpf::FormatAssembly(result.program), R"(
(000) ldb      [0]
(001) sub      #180
(002) jset     #0xffffffec      jt 4	jf 3
(003) ret      #262144
(004) ret      #0
)");
}

}  // namespace
}  // namespace bpfopt::driver
