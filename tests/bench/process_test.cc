// Running commands, and what they take.
#include "bench/process.h"

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kMiB = 1024;  // in KiB

TEST(MeasureProcessTest, SaysWhatRunProcessDoes) {
  const auto measured = MeasureProcess({"sh", "-c", "cat; echo no >&2; exit 3"}, "some text");
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_EQ(measured->result.status, 3);
  EXPECT_EQ(measured->result.signal, 0);
  EXPECT_EQ(measured->result.output, "some text");
  EXPECT_EQ(measured->result.errors, "no\n");
  EXPECT_GT(measured->time, std::chrono::nanoseconds(0));

  const auto killed = MeasureProcess({"sh", "-c", "kill -TERM $$"});
  ASSERT_TRUE(killed) << killed.error().message;
  EXPECT_EQ(killed->result.status, -1);
  EXPECT_EQ(killed->result.signal, SIGTERM);
}

TEST(MeasureProcessTest, TellsWhatCannotBeStarted) {
  const auto measured = MeasureProcess({"/nonexistent/command"});
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().message, RunProcess({"/nonexistent/command"}).error().message);
}

// The shell holds what it assigns.
TEST(MeasureProcessTest, CountsTheMemoryOfTheCommand) {
  const auto measured = MeasureProcess({"sh", "-c", "x=$(head -c 20000000 /dev/zero | tr '\\0' x)"});
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_GT(measured->peak_kib, 20000000U / 1024);
}

// Neither this process's nor much of what starts the command, which must be smaller than any command.
TEST(MeasureProcessTest, CountsNoMemoryOfOthers) {
  const std::vector<char> large(200 * kMiB * 1024, 'x');
  const auto measured = MeasureProcess({"true"});
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_GT(measured->peak_kib, 0U);
  EXPECT_LT(measured->peak_kib, 4 * kMiB);
  EXPECT_EQ(large.back(), 'x');
}

}  // namespace
}  // namespace bpfopt::bench
