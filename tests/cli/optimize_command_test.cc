// `bpfopt optimize` from outside.
#include "command.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

using Words = std::vector<std::string>;

// What libpcap makes of `udp or tcp` when it optimizes, and what is left of it.
constexpr const char* kSource =
    "(000) ldh      [12]\n"
    "(001) jeq      #0x86dd          jt 2\tjf 7\n"
    "(002) ldb      [20]\n"
    "(003) jeq      #0x11            jt 11\tjf 4\n"
    "(004) jeq      #0x2c            jt 5\tjf 10\n"
    "(005) ldb      [54]\n"
    "(006) jeq      #0x11            jt 11\tjf 10\n"
    "(007) jeq      #0x800           jt 8\tjf 12\n"
    "(008) ldb      [23]\n"
    "(009) jeq      #0x11            jt 11\tjf 10\n"
    "(010) jeq      #0x6             jt 11\tjf 12\n"
    "(011) ret      #262144\n"
    "(012) ret      #0\n";

TEST(OptimizeCommand, MakesSmallerProgramsThatVerifyCallsEqual) {
  const auto optimized = RunBpfopt({"optimize", "-"}, kSource);
  EXPECT_EQ(optimized.status, 0);
  EXPECT_EQ(optimized.errors, "");
  EXPECT_LT(std::count(optimized.output.begin(), optimized.output.end(), '\n'), 13);
  const TemporaryDirectory directory;
  const std::string source = directory.Write("source", kSource);
  EXPECT_EQ(RunBpfopt({"verify", source, "-"}, optimized.output).output, "equal (strict)\n");
  // From a file, and again.
  EXPECT_EQ(RunBpfopt({"optimize", source}).output, optimized.output);
  EXPECT_EQ(RunBpfopt({"optimize", "-"}, optimized.output).output, optimized.output);
}

TEST(OptimizeCommand, ReadsAndWritesEveryFormat) {
  const std::string expected = RunBpfopt({"optimize", "-"}, kSource).output;
  for (const char* format : {"asm", "c", "decimal", "json", "iptables"}) {
    const auto source = RunBpfopt({"disasm", "--format", format, "-"}, kSource);
    const auto result = RunBpfopt({"optimize", "--format", format, "-"}, source.output);
    EXPECT_EQ(result.status, 0) << format << result.errors;
    EXPECT_EQ(RunBpfopt({"disasm", "-"}, result.output).output, expected) << format;
  }
}

TEST(OptimizeCommand, RefusesWithoutOutput) {
  struct Case {
    Words words;
    std::string input;
    int status;
    std::string part_of_errors;
  };
  const std::string negative = "2\n32 0 0 4294963244\n6 0 0 1\n";  // ld [vlan_tci]
  for (const Case& each : std::vector<Case>{
           {{"optimize"}, "", 2, "one file"},
           {{"optimize", "a", "b"}, "", 2, "one file"},
           {{"optimize", "/nonexistent"}, "", 2, "/nonexistent"},
           {{"optimize", "--no-such-option", "-"}, kSource, 2, "--no-such-option"},
           {{"optimize", "-y", "NOSUCH", "-"}, kSource, 2, "NOSUCH"},
           {{"optimize", "--stop-after", "nosuch", "-"}, kSource, 2, "nosuch"},
           {{"optimize", "--print-after", "nosuch", "-"}, kSource, 2, "nosuch"},
           {{"optimize", "-"}, "", 2, "program"},
           {{"optimize", "-"}, "(000) ldh [12]\n(001) frobnicate\n", 2, "standard input:2:"},
           {{"optimize", "-"}, "2\n21 9 0 0\n6 0 0 1\n", 2, "instruction 0: "},
           {{"optimize", "-"}, "2\n40 0 0 12\n21 0 0 0\n", 2, "instruction 1: "},
           {{"optimize", "-"}, negative, 2, "--target linux"},
           {{"optimize", "--target", "seccomp", "-"}, kSource, 2, "instruction 0: "},
           {{"optimize", "-y", "LINUX_SLL", "-"}, "2\n32 0 0 14\n6 0 0 1\n", 2, "instruction 0: "},
           {{"optimize", "--limit", "2", "-"}, kSource, 4, "instructions"},
       }) {
    SCOPED_TRACE(testing::PrintToString(each.words));
    const auto result = RunBpfopt(each.words, each.input);
    EXPECT_EQ(result.status, each.status) << result.errors;
    EXPECT_EQ(result.output, "");
    EXPECT_NE(result.errors.find(each.part_of_errors), std::string::npos) << result.errors;
  }
  EXPECT_EQ(RunBpfopt({"optimize", "--target", "linux", "-"}, negative).status, 0);
}

TEST(OptimizeCommand, ShowsItsSteps) {
  const auto lifted = RunBpfopt({"optimize", "--stop-after=lift", "-"}, kSource);
  EXPECT_EQ(lifted.output.rfind("fn pcap {\n", 0), 0U) << lifted.output;
  const auto inspected =
      RunBpfopt({"optimize", "--print-after=lift", "--stats", "--time-passes", "-"}, kSource);
  EXPECT_EQ(inspected.status, 0);
  for (const char* part : {"; after lift\n", "the program given", "total"}) {
    EXPECT_NE(inspected.errors.find(part), std::string::npos) << part << " in " << inspected.errors;
  }
  const auto unproven = RunBpfopt({"optimize", "-O1", "-"}, kSource);
  EXPECT_EQ(unproven.status, 0);
  EXPECT_NE(unproven.errors.find("not proven"), std::string::npos);
  // What comes back as it was is equal without a proof.
  EXPECT_EQ(RunBpfopt({"optimize", "-O1", "-"}, "(000) ret      #1\n").errors, "");
}

// The examples of docs/bytecode.md: each line that is printed stands in the document, indented.
TEST(OptimizeCommand, PrintsWhatItsDocumentShows) {
  const std::string document = ReadFile(BPFOPT_SOURCE_DIR "/docs/bytecode.md");
  ASSERT_NE(document, "");
  constexpr const char* kOptimizedByLibpcap =
      "13\n40 0 0 12\n21 0 2 2048\n48 0 0 23\n21 7 6 17\n21 0 7 34525\n48 0 0 20\n21 4 0 17\n21 0 2 44\n48 0 "
      "0 54\n"
      "21 1 0 17\n21 0 1 6\n6 0 0 262144\n6 0 0 0\n";
  for (const Words& words : std::vector<Words>{{"optimize", "--stop-after=lift", "-"}, {"optimize", "-"}}) {
    std::string indented;
    std::istringstream lines(RunBpfopt(words, kOptimizedByLibpcap).output);
    for (std::string line; std::getline(lines, line);) indented += "    " + line + "\n";
    EXPECT_NE(document.find(indented), std::string::npos) << indented;
  }
}

}  // namespace
}  // namespace bpfopt
