// verify and implies as commands: operands, answers by exit status, and what they write.
#include "command.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr char kAllow[] = "1\n6 0 0 2147418112\n";
constexpr char kErrno[] = "1\n6 0 0 327681\n";

TEST(ProofCommandTest, ImpliesAnswersByExitStatus) {
  const auto implied = RunBpfopt({"implies", "expr:tcp port 80", "expr:tcp"});
  EXPECT_EQ(implied.status, 0) << implied.errors;
  EXPECT_EQ(implied.output, "implied\n");

  const TemporaryDirectory directory;
  const std::string capture = directory.Path("only-in-a.pcap");
  const auto not_implied =
      RunBpfopt({"implies", "--counterexample", capture, "expr:tcp", "expr:tcp port 80"});
  EXPECT_EQ(not_implied.status, 1) << not_implied.errors;
  EXPECT_EQ(not_implied.output.rfind("not implied\npacket: ", 0), 0U) << not_implied.output;
  EXPECT_NE(not_implied.output.find("A verdict 262144, B verdict 0"), std::string::npos)
      << not_implied.output;
  EXPECT_EQ(RunBpfopt({"run", "-r", capture, "--verdicts", "tcp"}).output, "262144\n");
  EXPECT_EQ(RunBpfopt({"run", "-r", capture, "--verdicts", "tcp port 80"}).output, "0\n");
  EXPECT_EQ(directory.Files(), std::vector<std::string>{"only-in-a.pcap"});

  const auto undecided =
      RunBpfopt({"implies", "--steps", "1", "expr:len*len=17", "expr:len*len=17 and len%3=1"});
  EXPECT_EQ(undecided.status, 3) << undecided.output << undecided.errors;
  EXPECT_EQ(undecided.output.rfind("undecided: ", 0), 0U) << undecided.output;
}

TEST(ProofCommandTest, OperandsComeFromFilesAndStandardInput) {
  const TemporaryDirectory directory;
  const std::string file = directory.Write("errno.txt", kErrno);
  EXPECT_EQ(RunBpfopt({"implies", "--target", "seccomp", file, "-"}, kAllow).status, 0);
  const auto wider = RunBpfopt({"implies", "--target", "seccomp", "-", file}, kAllow);
  EXPECT_EQ(wider.status, 1);
  EXPECT_NE(wider.output.find("system call: number 0"), std::string::npos) << wider.output;
  EXPECT_NE(wider.output.find("A verdict 0x7fff0000, B verdict 0x00050001"), std::string::npos)
      << wider.output;
  // Link type, snapshot length and netmask reach the expressions.
  EXPECT_EQ(RunBpfopt({"implies", "-y", "RAW", "expr:tcp", "expr:ip or ip6"}).status, 0);
  EXPECT_EQ(
      RunBpfopt({"verify", "-s", "96", "expr:ip", "-"}, RunBpfopt({"-s", "96", "-ddd", "ip"}).output).status,
      0);
  EXPECT_EQ(RunBpfopt({"implies", "-m", "255.255.255.0", "expr:ip broadcast", "expr:ip"}).status, 0);
}

TEST(ProofCommandTest, WrongUseIsRefusedBeforeAnythingIsWritten) {
  const TemporaryDirectory directory;
  const std::string capture = directory.Path("none.pcap");
  const struct {
    std::vector<std::string> words;
    const char* message;
  } cases[] = {
      {{"implies", "expr:ip"}, "implies takes two programs"},
      {{"implies", "-", "-"}, "standard input"},
      {{"implies", "expr:ip", "expr:nosuch"}, "nosuch"},
      {{"implies", "expr:ip", directory.Path("missing")}, "missing"},
      {{"implies", "--equal", "strict", "expr:ip", "expr:ip"}, "--equal"},
      {{"implies", "--counterexample", capture, "--target", "seccomp", "-", "expr:ip"}, "system call"},
      {{"verify", "--counterexample", capture, "--target", "seccomp", "-", "expr:ip"}, "system call"},
      {{"implies", "--target", "seccomp", "expr:ip", "expr:ip"}, "first program has no meaning"},
      {{"verify", "--counterexample", directory.Path("no/such/place"), "expr:ip", "expr:ip6"},
       "no/such/place"},
  };
  for (const auto& [words, message] : cases) {
    const auto refused = RunBpfopt(words, kAllow);
    EXPECT_EQ(refused.status, 2) << words.back();
    EXPECT_NE(refused.errors.find(message), std::string::npos) << refused.errors;
  }
  EXPECT_TRUE(directory.Files().empty());
}

TEST(ProofCommandTest, StatisticsSayWhatTheProofTook) {
  const auto result = RunBpfopt({"verify", "--stats", "expr:tcp port 80", "expr:tcp port 80"});
  EXPECT_EQ(result.status, 0);
  for (const char* word : {" nodes", " diagram nodes", " queries", " steps", " ms"}) {
    EXPECT_NE(result.errors.find(word), std::string::npos) << result.errors;
  }
}

// What a capture cannot hold is said.
TEST(ProofCommandTest, CapturesHoldPacketsAlone) {
  const TemporaryDirectory directory;
  const std::string mark = "4\n32 0 0 4294963220\n21 0 1 7\n6 0 0 1\n6 0 0 0\n";  // ld #mark; jeq #7
  const std::string program = directory.Write("mark.txt", mark);
  const std::string capture = directory.Path("mark.pcap");
  const auto result =
      RunBpfopt({"verify", "--target", "linux", "--counterexample", capture, program, "-"}, "1\n6 0 0 0\n");
  EXPECT_EQ(result.status, 1) << result.errors;
  EXPECT_NE(result.output.find("ancillary word 20: 0x7"), std::string::npos) << result.output;
  EXPECT_NE(result.errors.find("the capture holds the packet's bytes alone"), std::string::npos);
  EXPECT_EQ(RunBpfopt({"run", "-r", capture, "--verdicts", "ip"}).output, "0\n");
}

}  // namespace
}  // namespace bpfopt
