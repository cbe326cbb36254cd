// What becomes of a function in a process of its own.
#include "bench/child.h"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

constexpr std::chrono::seconds kLimit{5};

TEST(ChildTest, GivesWhatTheFunctionWrote) {
  const auto child = RunInChild(
      [](const ChildOutput& output) {
        output("one ");
        output(std::string(100'000, 'x'));
      },
      kLimit);
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->finished);
  EXPECT_EQ(child->output, "one " + std::string(100'000, 'x'));
}

TEST(ChildTest, SurvivesASignal) {
  const auto child = RunInChild(
      [](const ChildOutput& output) {
        output("before");
        std::raise(SIGKILL);
      },
      kLimit);
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->finished);
  EXPECT_FALSE(child->over_time);
  EXPECT_EQ(child->death, "signal 9");
  EXPECT_EQ(child->output, "before");
}

TEST(ChildTest, SurvivesAnException) {
  const auto child =
      RunInChild([](const ChildOutput&) { throw std::runtime_error("no memory, say"); }, kLimit);
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->finished);
  EXPECT_EQ(child->death, "exit status 9");
}

TEST(ChildTest, StopsALoopWithoutEnd) {
  const auto child = RunInChild(
      [](const ChildOutput& output) {
        output("before");
        const volatile bool goes_on = true;
        while (goes_on) {
        }
      },
      std::chrono::seconds(1));
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->finished);
  EXPECT_TRUE(child->over_time);
  EXPECT_EQ(child->output, "before");
}

}  // namespace
}  // namespace bpfopt::bench
