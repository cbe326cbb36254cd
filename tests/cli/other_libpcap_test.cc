// bpfopt-bench --libpcap, where a copy of the installed libpcap stands for another one; and the compiler
// under a libpcap that understands a filter otherwise.
#include "bench/other_libpcap.h"

#include "bench_command.h"
#include "bpfopt/libpcap.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

class OtherLibpcapTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!bench::RunProcess({"tcpdump", "--version"})) GTEST_SKIP() << "no tcpdump to compare with";
#ifdef BPFOPT_IS_SANITIZED
    GTEST_SKIP() << "nothing can be preloaded in front of the sanitizers";
#endif
    directory_.Write("rows.txt", "web | EN10MB | tcp port 80\n");
  }

  bench::ProcessResult RunBench(std::vector<std::string> words) {
    return RunBenchOn(directory_, std::move(words));
  }

  // What it says of a library that it cannot take.
  std::string RefusalOf(const std::string& file) {
    const auto result = RunBench({"--libpcap", file});
    EXPECT_EQ(result.status, 2) << file;
    EXPECT_EQ(result.output, "") << file;
    EXPECT_NE(result.errors.find(file), std::string::npos) << result.errors;
    return result.errors;
  }

  TemporaryDirectory directory_;
};

TEST_F(OtherLibpcapTest, ComparesWithTheFileThatIsNamed) {
  TemporaryDirectory elsewhere;
  const std::string copy = elsewhere.Path("libpcap-of-mine.so");
  std::filesystem::copy_file(bench::LibpcapFile(), copy);
  const auto result = RunBench({"--libpcap", copy});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output.rfind("Compared with " + LibpcapVersion() + ", " + copy + "\n", 0), 0U)
      << result.output;
  EXPECT_NE(result.output.find("tcp port 80"), std::string::npos) << result.output;
  // So does a name relative to where it is run.
  const std::string relative = std::filesystem::relative(copy).string();
  EXPECT_EQ(
      RunBench({"--libpcap", relative}).output.rfind("Compared with " + LibpcapVersion() + ", " + copy, 0),
      0U);
}

TEST_F(OtherLibpcapTest, TakesTheInstalledOneAsWell) {
  const auto result = RunBench({"--libpcap", bench::LibpcapFile()});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output.rfind("Compared with " + bench::DescribeLibpcap() + "\n", 0), 0U) << result.output;
}

TEST_F(OtherLibpcapTest, SaysWhatIsWrongWithAFile) {
  EXPECT_NE(RefusalOf(directory_.Path("none.so")).find("No such file"), std::string::npos);
  RefusalOf(directory_.Path("rows.txt"));
  EXPECT_NE(RefusalOf(BPFOPT_ODD_LIBPCAP).find("it has no function pcap_open_dead"), std::string::npos);
  const std::string spaced = directory_.Path("lib pcap.so");
  std::filesystem::copy_file(bench::LibpcapFile(), spaced);
  EXPECT_NE(RefusalOf(spaced).find("cannot be preloaded"), std::string::npos);
}

bench::ProcessResult RunUnderOddLibpcap(const std::string& version, std::vector<std::string> words) {
  words.insert(words.begin(),
               {"env", std::string("LD_PRELOAD=") + BPFOPT_ODD_LIBPCAP,
                "BPFOPT_TEST_LIBPCAP_VERSION=libpcap version " + version + " (odd)", BPFOPT_COMMAND});
  auto result = bench::RunProcess(std::move(words));
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

TEST(CompileUnderOtherLibpcapTest, MeansWhatThatLibpcapMeans) {
#ifdef BPFOPT_IS_SANITIZED
  GTEST_SKIP() << "nothing can be preloaded in front of the sanitizers";
#endif
  const auto other = RunUnderOddLibpcap("1.10.6", {"ip multicast"});
  EXPECT_EQ(other.status, 0) << other.errors;
  EXPECT_NE(other.errors.find("libpcap 1.10.6 understands this filter otherwise than bpfopt, which follows "
                              "libpcap 1.10.3"),
            std::string::npos)
      << other.errors;
  EXPECT_NE(other.errors.find("packet: "), std::string::npos) << other.errors;
  TemporaryDirectory directory;
  const std::string program = directory.Write("program", other.output);
  EXPECT_EQ(
      RunUnderOddLibpcap("1.10.6", {"verify", "--equal", "faithful", "expr:ip multicast", program}).status,
      0);
  EXPECT_EQ(RunBpfopt({"verify", "--equal", "faithful", "expr:ip multicast", program}).status, 1);

  const auto followed = RunUnderOddLibpcap("1.10.3", {"ip multicast"});
  EXPECT_EQ(followed.status, 5);
  EXPECT_NE(followed.errors.find("this is a bug of bpfopt"), std::string::npos) << followed.errors;

  const auto same = RunUnderOddLibpcap("1.10.6", {"tcp port 80"});
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(same.errors, "");
}

#ifdef BPFOPT_IS_SANITIZED
TEST(SanitizedOtherLibpcapTest, IsRefusedWithTheReason) {
  const auto result = bench::RunProcess({BPFOPT_BENCH_COMMAND, "--libpcap", bench::LibpcapFile()});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 2);
  EXPECT_NE(result->errors.find("sanitizers"), std::string::npos) << result->errors;
}
#endif

}  // namespace
}  // namespace bpfopt
