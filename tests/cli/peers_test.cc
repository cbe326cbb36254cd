// bpfopt-bench --peers beside compilers of the test's own, which are wrong, crash and do not end.
#include "command.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bpfopt {
namespace {

class PeersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!bench::RunProcess({"tcpdump", "--version"})) GTEST_SKIP() << "no tcpdump to compare with";
    corpus_.Write("rows.txt",
                  "ip | EN10MB | ip\n"
                  "udp | EN10MB | ip and udp\n"
                  "arp | EN10MB | arp\n"
                  "rarp | EN10MB | rarp\n"
                  "ip6 | EN10MB | ip6\n");
  }

  void MakeCommand(const std::string& name, const std::string& script) const {
    std::filesystem::permissions(peers_.Write(name, "#!/bin/sh\n" + script),
                                 std::filesystem::perms::owner_all);
  }
  void MakeSfbpf() const { std::filesystem::copy_file(BPFOPT_ODD_SFBPF, peers_.Path("libsfbpf.so.0")); }

  nlohmann::json Compare(int status) const {
    const std::string path = std::getenv("PATH");
    const auto ran = bench::RunProcess({"env", "PATH=" + peers_.Path("") + ":" + path,
                                        "LD_LIBRARY_PATH=" + peers_.Path(""), BPFOPT_BENCH_COMMAND,
                                        "--corpus", corpus_.Path(""), "--peers", "--json"});
    if (!ran) {
      ADD_FAILURE() << ran.error().message;
      return {};
    }
    EXPECT_EQ(ran->status, status) << ran->errors;
    return nlohmann::json::parse(ran->output);
  }

  // Of the table, by name.
  static std::map<std::string, nlohmann::json> ByName(const nlohmann::json& document) {
    std::map<std::string, nlohmann::json> peers;
    for (const auto& peer : document["peers"]) peers[peer["name"]] = peer;
    return peers;
  }

  TemporaryDirectory corpus_;
  TemporaryDirectory peers_;
};

TEST_F(PeersTest, ComparesWithTheUnoptimizedProgram) {
  const auto document = Compare(0);
  auto peers = ByName(document);
  ASSERT_TRUE(peers.contains("tcpdump -O")) << document.dump();
  EXPECT_EQ(peers["tcpdump -O"]["rows"], 5);
  EXPECT_EQ(peers["tcpdump -O"]["equal"], 5);
  EXPECT_LT(peers["tcpdump -O"]["ours_to_theirs"], 1.0);
  EXPECT_GT(peers["tcpdump -O"]["theirs_to_tcpdump"], 1.0);
}

TEST_F(PeersTest, LivesThroughWhatALibraryDoes) {
  MakeSfbpf();
  const auto document = Compare(0);
  auto peers = ByName(document);
  ASSERT_TRUE(peers.contains("libsfbpf")) << document.dump();
  EXPECT_EQ(peers["libsfbpf"]["rows"], 1);
  EXPECT_EQ(peers["libsfbpf"]["equal"], 1);
  EXPECT_EQ(peers["libsfbpf"]["different"], 1);
  EXPECT_EQ(peers["libsfbpf"]["refused"], 3);
  EXPECT_EQ(peers["libsfbpf"]["ours_to_theirs"], 1.0);
  std::map<std::string, nlohmann::json> rows;
  for (const auto& row : document["rows"]) rows[row["id"]] = row["peers"]["libsfbpf"];
  EXPECT_EQ(rows["ip"]["outcome"], "equal");
  EXPECT_NE(rows["udp"]["message"].get<std::string>().find("packet: "), std::string::npos);
  EXPECT_EQ(rows["arp"]["message"], "it refuses the filter");
  EXPECT_EQ(rows["rarp"]["message"], "it ends in signal 6");
  EXPECT_EQ(rows["ip6"]["message"], "it does not end");
}

TEST_F(PeersTest, ReadsWhatACommandPrints) {
  // Of `ip`, with another snapshot length; the kernel has no meaning for the other program.
  MakeCommand("nfbpf_compile",
              "case \"$1 $2\" in\n"
              "'EN10MB ip') echo '4,40 0 0 12,21 0 1 2048,6 0 0 65535,6 0 0 0';;\n"
              "'EN10MB arp') echo '1,40 0 0 12';;\n"
              "*) echo 'no such filter' >&2; exit 1;;\n"
              "esac\n");
  const auto document = Compare(0);
  auto peers = ByName(document);
  ASSERT_TRUE(peers.contains("nfbpf_compile")) << document.dump();
  EXPECT_EQ(peers["nfbpf_compile"]["equal"], 1);
  EXPECT_EQ(peers["nfbpf_compile"]["different"], 1);
  EXPECT_EQ(peers["nfbpf_compile"]["refused"], 3);
  EXPECT_EQ(document["rows"][1]["peers"]["nfbpf_compile"]["message"], "no such filter");
}

TEST_F(PeersTest, NamesWhatIsNotInstalled) {
  if (bench::RunProcess({"nfbpf_compile"})) GTEST_SKIP() << "nfbpf_compile is installed";
  const auto document = Compare(0);
  bool is_named = false;
  for (const auto& peer : document["missing"]) {
    is_named = is_named || (peer["name"] == "nfbpf_compile" && peer["package"].is_null());
  }
  EXPECT_TRUE(is_named) << document.dump();
}

TEST_F(PeersTest, FailsForARowWithoutAProgram) {
  corpus_.Write("rows.txt", "broken | EN10MB | nosuchword 1\n");
  EXPECT_EQ(Compare(1)["rows"][0]["proven"], false);
}

}  // namespace
}  // namespace bpfopt
