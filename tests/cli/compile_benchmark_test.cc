// bpfopt-compile-benchmark, as somebody who knows Google Benchmark takes it.
#include "command.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bpfopt {
namespace {

class CompileBenchmarkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(BPFOPT_COMPILE_BENCHMARK_COMMAND).empty())
      GTEST_SKIP() << "built without Google Benchmark";
    directory_.Write("rows.txt", "web | EN10MB | tcp port 80\nrefused | EN10MB | ip and ip6\n");
  }

  bench::ProcessResult Run(std::vector<std::string> words) {
    words.insert(words.begin(), {BPFOPT_COMPILE_BENCHMARK_COMMAND, "--corpus", directory_.Path(""),
                                 "--benchmark_min_time=0.001"});
    auto result = bench::RunProcess(std::move(words));
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    return {};
  }

  TemporaryDirectory directory_;
};

TEST_F(CompileBenchmarkTest, TimesEachRowInEachWay) {
  const auto result = Run({"--benchmark_format=json"});
  ASSERT_EQ(result.status, 0) << result.errors;
  std::map<std::string, nlohmann::json> all;
  const auto document = nlohmann::json::parse(result.output);
  for (const auto& each : document["benchmarks"]) all[each["name"]] = each;
  EXPECT_EQ(all.size(), 10U);
  EXPECT_EQ(all["rows.txt/web/bpfopt-O2-proven"]["instructions"], 16);
  EXPECT_EQ(all["rows.txt/web/libpcap"]["instructions"], 20);
  EXPECT_GT(all["rows.txt/web/libpcap-unoptimized"]["cpu_time"], 0.0);
  EXPECT_EQ(all["rows.txt/refused/libpcap"]["error_message"], "expression rejects all packets");
  EXPECT_EQ(all["rows.txt/refused/bpfopt-O1"]["instructions"], 1);
}

TEST_F(CompileBenchmarkTest, FailsWhereThereIsNothingToRun) {
  EXPECT_EQ(Run({"--benchmark_filter=web/bpfopt-O1", "--benchmark_list_tests"}).output,
            "rows.txt/web/bpfopt-O1\n");
  for (const char* word : {"--benchmark_filter=nosuchrow", "--benchmark_filter=(", "--benchmark_flter=web",
                           "web", "--corpus=/none"}) {
    const auto result = Run({word});
    EXPECT_EQ(result.status, 2) << word;
    EXPECT_NE(result.errors, "") << word;
  }
}

TEST_F(CompileBenchmarkTest, FailsForARowWithoutAProgram) {
  directory_.Write("more.txt", "broken | EN10MB | nosuchword 1\n");
  EXPECT_EQ(Run({"--benchmark_filter=broken"}).status, 1);
  EXPECT_EQ(Run({"--benchmark_filter=web/bpfopt-O1"}).status, 0);
}

}  // namespace
}  // namespace bpfopt
