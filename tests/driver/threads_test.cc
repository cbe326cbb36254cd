// The library keeps no state: compiles in several threads give what they give alone.
#include "bpfopt/compiler.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

TEST(ThreadsTest, CompilesDoNotDisturbEachOther) {
  const std::vector<std::string> filters = {"tcp port 80", "udp port 53", "host 192.0.2.17",
                                            "ip6 and tcp", "vlan and ip", "net 10.0.0.0/8"};
  std::vector<Program> alone;
  for (const std::string& filter : filters) {
    const auto result = Compile(filter);
    ASSERT_TRUE(result) << result.error().message;
    alone.push_back(result->program);
  }
  std::vector<Program> together(filters.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    threads.emplace_back([&, i] {
      if (const auto result = Compile(filters[i])) together[i] = result->program;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, alone);
}

}  // namespace
}  // namespace bpfopt
