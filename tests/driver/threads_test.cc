// The library keeps no state: compiles in several threads give what they give alone.
#include "bpfopt/compiler.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

// Options under each of which a filter takes a way of its own through the compiler.
std::vector<CompileOptions> WaysToCompile() {
  std::vector<CompileOptions> ways;
  for (const Objective objective : {Objective::kSize, Objective::kSpeed, Objective::kBalanced}) {
    for (const int level : {1, 2}) {
      ways.emplace_back();
      ways.back().objective = objective;
      ways.back().level = level;
    }
  }
  return ways;
}

TEST(ThreadsTest, CompilesDoNotDisturbEachOther) {
  const std::vector<std::string> filters = {"tcp port 80", "udp port 53", "host 192.0.2.17",
                                            "ip6 and tcp", "vlan and ip", "net 10.0.0.0/8"};
  const std::vector<CompileOptions> ways = WaysToCompile();
  const auto compile_all = [&](const std::string& filter) {
    std::vector<Program> programs;
    for (const CompileOptions& options : ways) {
      if (const auto result = Compile(filter, options)) programs.push_back(result->program);
    }
    return programs;
  };
  std::vector<std::vector<Program>> alone;
  for (const std::string& filter : filters) {
    alone.push_back(compile_all(filter));
    ASSERT_EQ(alone.back().size(), ways.size()) << filter;
  }
  std::vector<std::vector<Program>> together(filters.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    threads.emplace_back([&, i] { together[i] = compile_all(filters[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, alone);
}

}  // namespace
}  // namespace bpfopt
