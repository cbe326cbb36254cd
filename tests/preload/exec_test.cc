// `bpfopt exec`: what the command gets, and what is said when there is no command or no drop-in.
#include "../cli/command.h"
#include "preloading.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace bpfopt::preload {
namespace {

constexpr const char* kPrintSettings =
    "echo $BPFOPT_LEVEL $BPFOPT_EQUAL $BPFOPT_OBJECTIVE $BPFOPT_PROOF $BPFOPT_CACHE $BPFOPT_LOG";

class ExecTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kCanPreload) GTEST_SKIP() << "a sanitizer's library cannot be preloaded";
  }
  const TemporaryDirectory directory_;
};

TEST_F(ExecTest, OptionsBecomeVariables) {
  const std::string log = directory_.Path("log");
  const auto result = RunWithDropIn(
      {"-O1", "--equal", "strict", "--objective=speed", "--proof", "required", "--cache", "5", "--log", log},
      {"sh", "-c", kPrintSettings});
  EXPECT_EQ(result.output, "1 strict speed required 5 " + log + "\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(ReadFile(log), "");  // there, and nothing in it
}

TEST_F(ExecTest, WhatIsNotAskedForStaysAsItIs) {
  const auto result = RunPlain({"env", "BPFOPT_LEVEL=3", BPFOPT_COMMAND, "exec", "sh", "-c", kPrintSettings});
  EXPECT_EQ(result.output, "3\n");
}

TEST_F(ExecTest, TheDropInComesFirst) {
  const auto result =
      RunPlain({"env", "LD_PRELOAD=libm.so.6", BPFOPT_COMMAND, "exec", "sh", "-c", "echo $LD_PRELOAD"});
  EXPECT_TRUE(result.output.ends_with("/libbpfopt-pcap.so:libm.so.6\n")) << result.output;
}

TEST_F(ExecTest, TheCommandsWordsAreItsOwn) {
  EXPECT_EQ(RunPlain({BPFOPT_COMMAND, "exec", "echo", "-n", "--log", "--", "x"}).output, "--log -- x");
  EXPECT_EQ(RunPlain({BPFOPT_COMMAND, "exec", "--", "echo", "--", "-O2"}).output, "-- -O2\n");
}

TEST_F(ExecTest, TheStatusIsTheCommands) {
  EXPECT_EQ(RunWithDropIn({}, {"sh", "-c", "exit 42"}).status, 42);
  EXPECT_EQ(RunWithDropIn({}, {"sh", "-c", "kill -TERM $$"}).signal, 15);
}

TEST_F(ExecTest, WrongUse) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"exec"},
                                             {"exec", "--"},
                                             {"exec", "--frob", "--", "true"},
                                             {"exec", "-O9", "--", "true"},
                                             {"exec", "--proof", "maybe", "--", "true"},
                                             {"exec", "--log", "/nowhere/log", "--", "true"}}) {
    const auto result = RunBpfopt(words);
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_TRUE(result.errors.starts_with("bpfopt: error: ")) << result.errors;
  }
}

TEST_F(ExecTest, CommandsThatCannotRun) {
  const auto missing = RunWithDropIn({}, {"no-such-command"});
  EXPECT_EQ(missing.status, 127);
  EXPECT_EQ(missing.errors, "bpfopt: error: cannot run no-such-command: No such file or directory\n");
  const std::string file = directory_.Write("file", "text");
  EXPECT_EQ(RunWithDropIn({}, {file}).status, 126);
}

TEST_F(ExecTest, FindsTheDropInOfAnInstallation) {
  for (const std::string path : {"bin", "lib/bpfopt"})
    std::filesystem::create_directories(directory_.Path(path));
  std::filesystem::copy_file(BPFOPT_COMMAND, directory_.Path("bin/bpfopt"));
  const std::string library = directory_.Path("lib/bpfopt/libbpfopt-pcap.so");
  std::filesystem::copy_file(BPFOPT_DROP_IN, library);
  EXPECT_EQ(RunPlain({directory_.Path("bin/bpfopt"), "exec", "sh", "-c", "echo $LD_PRELOAD"}).output,
            library + "\n");
}

TEST_F(ExecTest, SaysWhereItLookedForTheDropIn) {
  std::filesystem::copy_file(BPFOPT_COMMAND, directory_.Path("bpfopt"));
  const auto result = RunPlain({directory_.Path("bpfopt"), "exec", "--", "true"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find(directory_.Path("libbpfopt-pcap.so")), std::string::npos) << result.errors;
}

TEST_F(ExecTest, WarnsOfProgramsThatPreloadNothing) {
  const std::string ldconfig = "/sbin/ldconfig";  // static on all Debians
  if (std::filesystem::exists(ldconfig)) {
    const auto result = RunWithDropIn({}, {ldconfig, "--version"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.errors.find("is statically linked"), std::string::npos) << result.errors;
  }
  EXPECT_EQ(RunWithDropIn({}, {"true"}).errors, "");
}

// A program with threads, and one that needs no handle; each call has one line, those that libpcap's
// functions and ours make of it have none.
TEST_F(ExecTest, EachCallOfAProgramIsTakenOver) {
  const std::string log = directory_.Path("log");
  const auto nine_times = [](const std::string& word) {
    std::string line;
    for (int i = 0; i < 9; ++i) line += (i == 0 ? "" : " ") + word;
    return line + "\n";
  };
  const std::vector<std::string> command = {BPFOPT_CLIENT, "port 53", "ip and arp", "tcp port 80"};
  EXPECT_EQ(RunPlain(command).output, nine_times("24") + nine_times("refused") + nine_times("20"));
  const auto result = RunWithDropIn({"--log", log}, command);
  EXPECT_EQ(result.status, 0) << result.errors;
  const std::string first = result.output.substr(0, result.output.find(' '));
  const std::string last = result.output.substr(result.output.rfind(' ') + 1, 2);
  EXPECT_LT(first, "24");
  EXPECT_LT(last, "20");
  EXPECT_EQ(result.output, nine_times(first) + nine_times("refused") + nine_times(last));
  const std::string text = ReadFile(log);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 27);
}

TEST_F(ExecTest, SwitchedOffItIsLibpcap) {
  const auto result =
      RunPlain({"env", "BPFOPT_OFF=1", BPFOPT_COMMAND, "exec", "--", BPFOPT_CLIENT, "port 53"});
  EXPECT_EQ(result.output, "24 24 24 24 24 24 24 24 24\n");
}

// What the library shows beside these would stand in for a program's own functions.
TEST_F(ExecTest, TheDropInShowsTwoSymbols) {
  const auto nm = bench::RunProcess({"nm", "-D", "--defined-only", BPFOPT_DROP_IN});
  if (!nm) GTEST_SKIP() << "no nm to list symbols with";
  std::vector<std::string> names;
  std::istringstream lines(nm->output);
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(line.rfind(' ') + 1));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"pcap_compile", "pcap_compile_nopcap"}));
}

}  // namespace
}  // namespace bpfopt::preload
