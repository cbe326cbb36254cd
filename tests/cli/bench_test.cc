// bpfopt-bench on small corpora of the test's own.
#include "bench_command.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bpfopt {
namespace {

class BenchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!bench::RunProcess({"tcpdump", "--version"})) GTEST_SKIP() << "no tcpdump to compare with";
  }

  bench::ProcessResult RunBench(std::vector<std::string> words) {
    return RunBenchOn(directory_, std::move(words));
  }

  TemporaryDirectory directory_;
};

TEST_F(BenchTest, ListsRowsByWhatBecameOfThem) {
  directory_.Write("rows.txt",
                   "# id | link type | filter\n"
                   "web | EN10MB | tcp port 80\n"
                   "\n"
                   "bars | EN10MB | len < 0 | 2147483648\n"
                   "wrong | EN10MB | 0 / ether[1] = 0\n"
                   "refused | EN10MB | ip and ip6\n"
                   "missing | NO_SUCH_TYPE | ip\n");
  directory_.Write("hand.txt", "web | 20 | 16 | strict | tcp port 80\n(000) ret #0\n");
  const auto result = RunBench({"--json"});
  EXPECT_EQ(result.status, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  std::map<std::string, nlohmann::json> rows;
  for (const auto& row : document["rows"]) rows[row["id"]] = row;
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows["web"]["status"], "compared");
  EXPECT_EQ(rows["web"]["tcpdump"], 20);
  EXPECT_EQ(rows["web"]["hand"], 16);
  EXPECT_EQ(rows["web"]["proven"], true);
  EXPECT_EQ(rows["web"]["ratio"], rows["web"]["ours"].get<double>() / 20);
  EXPECT_GE(rows["web"]["bound"], 8);
  EXPECT_LE(rows["web"]["bound"], rows["web"]["ours"]);
  EXPECT_EQ(rows["refused"]["bound"], 1);
  EXPECT_EQ(document["to_bound"]["all"]["rows"], 4);
  EXPECT_GE(document["to_bound"]["all"]["met"], 1);
  EXPECT_GE(document["to_bound"]["all"]["geometric_mean"], 1.0);
  EXPECT_EQ(rows["bars"]["filter"], "len < 0 | 2147483648");
  EXPECT_EQ(rows["wrong"]["status"], "tcpdump-wrong");
  EXPECT_EQ(rows["refused"]["status"], "tcpdump-refuses");
  EXPECT_EQ(rows["missing"]["status"], "unsupported");

  const auto table = RunBench({});
  EXPECT_EQ(table.status, 0);
  for (const char* part : {"wrong on this packet", "Rows that tcpdump refuses", "Rows of link types",
                           "rows.txt", "ours / the proven lower bound"}) {
    EXPECT_NE(table.output.find(part), std::string::npos) << part << " in " << table.output;
  }
}

TEST_F(BenchTest, FailsForARowWithoutAProgram) {
  directory_.Write("rows.txt", "broken | EN10MB | nosuchword 1\n");
  const auto result = RunBench({});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("Rows that bpfopt has no program for"), std::string::npos) << result.output;
  EXPECT_NE(result.errors.find("not all is well"), std::string::npos) << result.errors;
  const auto parts = RunBench({"--parts", "sizes,seccomp", "--results", directory_.Path("results.md")});
  EXPECT_EQ(parts.status, 1);
  EXPECT_NE(parts.errors.find("not all is well in sizes:"), std::string::npos) << parts.errors;
}

// A savefile of one Ethernet packet: IPv4 that carries UDP.
std::string SavefileOfOneUdpPacket() {
  std::string file("\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0", 24);
  std::string packet(60, '\0');
  packet[12] = 0x08;
  packet[14] = 0x45;
  packet[23] = 17;
  file += std::string("\0\0\0\0\0\0\0\0", 8);
  file += std::string("\x3c\0\0\0\x3c\0\0\0", 8);
  return file + packet;
}

TEST_F(BenchTest, CountsWhatRunsOnTheCapturesGiven) {
  directory_.Write("rows.txt",
                   "udp | EN10MB | ip and udp\n"
                   "refused | EN10MB | ip and ip6\n"
                   "other | RAW | udp\n");
  directory_.Write("one.pcap", SavefileOfOneUdpPacket());
  const auto result = RunBench({"--executed", "--json", "--captures", directory_.Path("")});
  EXPECT_EQ(result.status, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  EXPECT_EQ(document["packets"], 1);
  ASSERT_EQ(document["rows"].size(), 1U) << result.output;
  const auto& row = document["rows"][0];
  EXPECT_EQ(row["id"], "udp");
  // ldh, jeq, ldb, jeq, ret
  EXPECT_EQ(row["tcpdump"], 5.0);
  EXPECT_EQ(row["ours"], 5.0);
  EXPECT_EQ(document["geometric_mean"]["all"], 1.0);
}

TEST_F(BenchTest, WritesAPageWithItsData) {
  directory_.Write("rows.txt", "udp | EN10MB | ip and udp\nweb | EN10MB | tcp port 80\n");
  const std::string path = directory_.Path("page.html");
  const auto result = RunBench({"--html", path, "--kinds", "hosts", "--sizes", "8", "--json"});
  EXPECT_EQ(result.status, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  EXPECT_EQ(document["comparison"]["rows"].size(), 2U);
  EXPECT_EQ(document["executed"]["rows"].size(), 2U);
  ASSERT_EQ(document["sets"]["rows"].size(), 1U);
  const auto& hosts = document["sets"]["rows"][0];
  EXPECT_EQ(hosts["entries"], 8);
  EXPECT_LT(hosts["instructions"], hosts["libpcap"]["instructions"]);
  EXPECT_GT(hosts["megabytes"], 0.0);
#ifndef BPFOPT_IS_SANITIZED
  EXPECT_LT(hosts["megabytes"], 20.0) << "what the measuring process holds is not counted";
#endif
  const std::string page = ReadFile(path);
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0U);
  EXPECT_NE(page.find("\"kind\":\"bench\""), std::string::npos);
  EXPECT_EQ(directory_.Files().size(), 2U) << "nothing but the rows and the page";

  EXPECT_EQ(RunBench({"--html", "/nonexistent/page.html"}).status, 2);
  EXPECT_EQ(RunBench({"--html", "/dev/full", "--parts", "sizes"}).status, 2);
  EXPECT_EQ(RunBench({"--captures", directory_.Path("")}).status, 2);
}

TEST_F(BenchTest, CountsWhatRunsOnTrafficOfItsOwn) {
  directory_.Write("rows.txt", "twice | EN10MB | ip host 192.0.2.17 and ip host 192.0.2.17\n");
  for (const char* objective : {"size", "balanced", "speed"}) {
    const auto result = RunBench({"--executed", "--json", "--objective", objective});
    EXPECT_EQ(result.status, 0) << result.errors;
    const auto document = nlohmann::json::parse(result.output);
    EXPECT_GT(document["packets"], 1000);
    // Both end at the Ethernet type for one packet in four, and test two addresses else.
    EXPECT_GT(document["rows"][0]["tcpdump"], 5.0);
    EXPECT_LT(document["rows"][0]["tcpdump"], 8.0);
  }
  EXPECT_EQ(RunBench({"--executed"}).output, RunBench({"--executed", "--seed", "1"}).output);
  EXPECT_NE(RunBench({"--executed"}).output, RunBench({"--executed", "--seed", "2"}).output);
}

TEST_F(BenchTest, PrintsWhatEachPassIsWorth) {
  directory_.Write("rows.txt",
                   "web | EN10MB | tcp port 80\n"
                   "refused | EN10MB | ip and ip6\n");
  const auto result = RunBench({"--ablation", "--json"});
  EXPECT_EQ(result.status, 0) << result.errors;
  const auto table = nlohmann::json::parse(result.output);
  std::map<std::string, nlohmann::json> without;
  for (const auto& row : table) without[row["without"]] = row;
  const double whole = without[""]["instructions"];
  EXPECT_EQ(without[""]["geometric_mean"], whole / 20);
  ASSERT_TRUE(without.contains("merge-tails")) << result.output;
  EXPECT_GT(without["merge-tails"]["instructions"], whole);
  EXPECT_EQ(without["merge-tails"]["larger"][0]["id"], "web");
  const auto markdown = RunBench({"--ablation", "--markdown"});
  EXPECT_NE(markdown.output.find("| `merge-tails` | "), std::string::npos) << markdown.output;
}

// Series by name, of times and of memory.
std::map<std::string, nlohmann::json> SeriesOf(const nlohmann::json& document) {
  std::map<std::string, nlohmann::json> all;
  for (const char* member : {"series", "memory"}) {
    for (const auto& series : document[member]) all[series["name"]] = series;
  }
  return all;
}

// 0: the series has no such row.
double ValueOf(const nlohmann::json& series, const std::string& id) {
  for (const auto& row : series["rows"]) {
    if (row["id"] == id) return row.value("milliseconds", row.value("kibibytes", 0.0));
  }
  return 0;
}

TEST_F(BenchTest, MeasuresEachWayToCompile) {
  directory_.Write("rows.txt",
                   "udp | EN10MB | ip and udp\n"
                   "refused | EN10MB | ip and ip6\n"
                   "broken | EN10MB | nosuchword 1\n");
  const auto result = RunBench({"--times", "--json", "--command", BPFOPT_COMMAND});
  EXPECT_EQ(result.status, 1) << "a row does not compile";
  const auto document = nlohmann::json::parse(result.output);
  auto series = SeriesOf(document);
  ASSERT_EQ(series.size(), 14U) << result.output;
  for (const auto& [name, each] : series) {
    const bool refuses = name == "in process: libpcap" || name.ends_with("tcpdump -ddd");
    EXPECT_EQ(each["rows"].size(), refuses ? 1U : 2U) << name;
    EXPECT_GT(ValueOf(each, "udp"), 0.0) << name;
    EXPECT_EQ(each["worst"], std::max(ValueOf(each, "udp"), ValueOf(each, "refused"))) << name;
    EXPECT_LE(each["median"], each["ninetieth"]) << name;
    EXPECT_LE(each["ninetieth"], each["worst"]) << name;
    EXPECT_EQ(each["failed"].back()["id"], "broken") << name;
    EXPECT_EQ(each.value("ratio", nlohmann::json{{"rows", 1}})["rows"], 1) << name;
  }
  for (const char* name : {"in process: bpfopt -O1, no proof", "in process: bpfopt -O2, no proof",
                           "in process: bpfopt -O2, proven", "in process: libpcap, not optimized",
                           "whole process: bpfopt -O3", "peak memory: bpfopt -O2"}) {
    ASSERT_TRUE(series.contains(name)) << name;
    EXPECT_TRUE(series[name].contains("ratio")) << name;
  }
  const auto& memory = series["peak memory: bpfopt -O2"];
  EXPECT_DOUBLE_EQ(memory["ratio"]["geometric_mean"].get<double>(),
                   ValueOf(memory, "udp") / ValueOf(series["peak memory: tcpdump -ddd"], "udp"));
  EXPECT_EQ(document["levels"], (nlohmann::json{{"rows", 2}, {"O1", 7}, {"O2", 7}}));
  EXPECT_EQ(RunBench({"--times", "--command", directory_.Path("none")}).status, 2);
}

TEST_F(BenchTest, TellsTimesInATable) {
  directory_.Write("rows.txt", "udp | EN10MB | ip and udp\n");
  const auto result = RunBench({"--times"});
  EXPECT_EQ(result.status, 0) << result.errors;
  for (const char* part : {"in process, processor time (ms)", "whole process, wall time (ms)",
                           "whole process, peak memory (KiB)", "the proof of that alone", "tcpdump -ddd",
                           "-O1 gives up 0 of 6 instructions: -O2 has 6, over 1 rows.\n"}) {
    EXPECT_NE(result.output.find(part), std::string::npos) << part << " in " << result.output;
  }
}

TEST_F(BenchTest, ComparesLevelsAndNamesWhatDoesNotCompile) {
  directory_.Write("rows.txt", "web | EN10MB | tcp port 80\nbroken | EN10MB | nosuchword 1\n");
  const auto result = RunBench({"--levels"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("not compiled: broken\n"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("1 rows: 16 instructions at -O2, 16 at -O3, 0 rows not proven"),
            std::string::npos)
      << result.output;
}

TEST_F(BenchTest, HoldsRowsToTheirBaseline) {
  directory_.Write("rows.txt", "web | EN10MB | tcp port 80\nraw | RAW | udp\n");
  const std::string baseline = directory_.Path("baseline");
  EXPECT_EQ(RunBench({"--baseline", baseline}).status, 2) << "there is none";
  ASSERT_EQ(RunBench({"--baseline", baseline, "--update-baseline"}).status, 0);
  const auto same = RunBench({"--baseline", baseline});
  EXPECT_EQ(same.status, 0) << same.output;

  std::string text = ReadFile(baseline);
  const auto replace = [&text](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " in " << text;
    text.replace(at, from.size(), to);
  };
  replace("rows.txt web 16", "rows.txt web 15");
  replace("rows.txt raw ", "rows.txt raw 10");
  directory_.Write("baseline", text + "rows.txt old 1 - 1 - 1 - - -\n");
  const auto differs = RunBench({"--baseline", baseline});
  EXPECT_EQ(differs.status, 1);
  EXPECT_NE(differs.output.find("worse   rows.txt web: instructions (balanced) 15 -> 16"), std::string::npos)
      << differs.output;
  EXPECT_NE(differs.output.find("better  rows.txt raw: instructions (balanced) 10"), std::string::npos)
      << differs.output;
  EXPECT_NE(differs.output.find("gone    rows.txt old"), std::string::npos) << differs.output;

  directory_.Write("rows.txt", "web | EN10MB | nosuchword 1\n");
  const auto failed = RunBench({"--baseline", baseline, "--update-baseline"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(ReadFile(baseline), text + "rows.txt old 1 - 1 - 1 - - -\n")
      << "a failed row leaves the file alone";
}

TEST_F(BenchTest, ComparesTimesPerPacket) {
  directory_.Write("rows.txt", "web | EN10MB | tcp port 80\nall | EN10MB | len >= 0\nraw | RAW | udp\n");
  const auto result = RunBench({"--rates", "--json"});
  ASSERT_EQ(result.status, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  ASSERT_EQ(document["rows"].size(), 2U);
  for (const auto& row : document["rows"]) {
    EXPECT_GT(row["interpreter"]["median"], 0.0);
    EXPECT_LE(row["interpreter"]["first_quartile"], row["interpreter"]["third_quartile"]);
    EXPECT_NE(row.contains("kernel"), row.contains("no_kernel")) << row;
    EXPECT_EQ(row.value("no_kernel", "") == "accepts all", row["id"] == "all") << row;
  }
  EXPECT_NE(RunBench({"--rates"}).output.find("\naccepts all (1 rows): "), std::string::npos);
}

TEST_F(BenchTest, WritesResultsAsOneDocument) {
  directory_.Write("rows.txt", "web | EN10MB | tcp port 80\n");
  const std::string path = directory_.Path("results.md");
  const auto result = RunBench({"--results", path, "--parts", "sizes,strict,executed-speed,rates,sets",
                                "--kinds", "hosts", "--sizes", "10", "--no-kernel", "--seed", "7"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output, "");
  const std::string text = ReadFile(path);
  for (const char* part :
       {"| libpcap | libpcap version", "| seed | 7 |", "## In short\n", "## Instructions\n",
        "## Instructions, strict", "--objective speed", "## Time per packet", "## Filters of many entries",
        "| 10 hosts | ", "tcp port 80"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_EQ(text.find("## Time and memory"), std::string::npos) << "not asked for";
}

TEST_F(BenchTest, PutsItsFiguresIntoOtherDocuments) {
  directory_.Write("rows.txt", "web | EN10MB | tcp port 80\n");
  const std::string path = directory_.Path("document.md");
  const auto update = [&](const std::string& parts = "sizes,strict,executed,executed-speed") {
    return RunBench({"--parts", parts, "--update-documents", path});
  };
  directory_.Write("document.md",
                   "before\n<!-- bpfopt-bench in-short -->\nold\n<!-- end of bpfopt-bench -->\nbetween\n"
                   "<!-- bpfopt-bench sizes -->\n<!-- end of bpfopt-bench -->\n"
                   "<!-- bpfopt-bench seccomp -->\nkept\n<!-- end of bpfopt-bench -->\nafter");
  const auto result = update();
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(ReadFile(path),
            "before\n<!-- bpfopt-bench in-short -->\n"
            "| corpus | rows | instructions | strict | executed | executed, `--objective speed` |\n"
            "| --- | --- | --- | --- | --- | --- |\n"
            "| all | 1 | 0.800 | 0.800 | 0.942 | 0.919 |\n| rows.txt | 1 | 0.800 | 0.800 | 0.942 | 0.919 |\n"
            "<!-- end of bpfopt-bench -->\nbetween\n<!-- bpfopt-bench sizes -->\n"
            "| corpus | ours / tcpdump's | rows | ours / the lower bound | at the bound |\n"
            "| --- | --- | --- | --- | --- |\n"
            "| all | 0.800 | 1 | 1.60 | 0 of 1 |\n| rows.txt | 0.800 | 1 | 1.60 | 0 of 1 |\n"
            "<!-- end of bpfopt-bench -->\n"
            "<!-- bpfopt-bench seccomp -->\nkept\n<!-- end of bpfopt-bench -->\nafter");

  // A part of the main figures leaves them alone.
  const std::string whole = ReadFile(path);
  ASSERT_EQ(update("sizes").status, 0);
  EXPECT_EQ(ReadFile(path), whole);

  const std::string open = "text\n<!-- bpfopt-bench sizes -->\nno end\n";
  directory_.Write("document.md", open);
  const auto endless = update();
  EXPECT_EQ(endless.status, 2);
  EXPECT_NE(endless.errors.find("document.md: line 2: expected a line"), std::string::npos) << endless.errors;
  directory_.Write("document.md", "<!-- bpfopt-bench nonsense -->\n");
  EXPECT_EQ(update().status, 2);
  EXPECT_EQ(ReadFile(path), "<!-- bpfopt-bench nonsense -->\n");
}

TEST_F(BenchTest, MeasuresSetsNegatedAndClusteredToo) {
  directory_.Write("rows.txt", "udp | EN10MB | udp\n");
  const std::vector<std::string> few = {"--sets",  "--json", "--kinds",    "src-hosts",
                                        "--sizes", "4",      "--no-kernel"};
  const auto count = [&](std::vector<std::string> words) {
    words.insert(words.end(), few.begin(), few.end());
    return nlohmann::json::parse(RunBench(words).output)["rows"].size();
  };
  EXPECT_EQ(count({}), 4U);
  EXPECT_EQ(count({"--plain"}), 1U);
}

TEST_F(BenchTest, SkipsTheBaselineOfAnotherLibpcapAndRefusesWhatIsNone) {
  directory_.Write("rows.txt", "udp | EN10MB | udp\n");
  directory_.Write("baseline", "# figures, with\n# libpcap version 0.9\nrows.txt udp 1 - 1 - 1 - - -\n");
  EXPECT_EQ(RunBench({"--baseline", directory_.Path("baseline")}).status, 77);
  directory_.Write("baseline", "nothing of the kind\n");
  const auto none = RunBench({"--baseline", directory_.Path("baseline")});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.errors.find("is no baseline"), std::string::npos) << none.errors;
}

TEST_F(BenchTest, NamesTheLineOfABadRow) {
  for (const auto& [rows, message] :
       {std::pair("a | EN10MB | udp\n\x1b[31m\n", "rows.txt:2: a row is"),
        {"a | RAW | udp\na | RAW | tcp\n", "rows.txt:2: a second row is called 'a'"},
        {"# nothing\n", "no rows in"}}) {
    directory_.Write("rows.txt", rows);
    const auto result = RunBench({});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.errors.find(message), std::string::npos) << result.errors;
    EXPECT_EQ(result.errors.find('\x1b'), std::string::npos);
  }
}

TEST_F(BenchTest, RefusesWordsThatDoNotGoTogether) {
  directory_.Write("rows.txt", "udp | EN10MB | udp\n");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--parts", "nothing"},
           {"--times", "--rates"},
           {"--sets", "--html", directory_.Path("page.html")},
           {"--kinds", "hosts"},
           {"--json", "--markdown"},
           {"--seed", "-1", "--executed"},
           {"--seed", "99999999999999999999", "--executed"},
           {"--libpcap", ""},
           {"--objective", "beauty"},
           {"--results", "-", "--json"},
           {"--parts", "sizes", "--markdown"},
           {"--baseline", directory_.Path("rows.txt"), "--json"},
           {"--parts", "sizes", "--update-documents", directory_.Path("rows.txt")},
           {"--results", "/nonexistent/results.md"},
           {"--parts", "captures"},
           {"--parts", "sets", "--kinds", "stars"}}) {
    EXPECT_EQ(RunBench(words).status, 2) << words.front();
  }
  EXPECT_EQ(directory_.Files().size(), 1U);
}

TEST_F(BenchTest, RefusesWhatIsNoCorpus) {
  directory_.Write("rows.txt", "this is no row\n");
  EXPECT_EQ(RunBench({}).status, 2);
  EXPECT_EQ(bench::RunProcess({BPFOPT_BENCH_COMMAND, "--corpus", directory_.Path("none")})->status, 2);
  directory_.Write("rows.txt", "udp | EN10MB | udp\n");
  EXPECT_EQ(RunBench({"--executed", "--captures", directory_.Path("")}).status, 2) << "no packets";
}

TEST(BenchSeccompTest, PrintsTheTableOfTheReadme) {
  const auto result = bench::RunProcess({BPFOPT_BENCH_COMMAND, "--seccomp"});
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->status, 0) << result->errors;
  const std::size_t table = result->output.find("| allow-list");
  ASSERT_NE(table, std::string::npos) << result->output;
  const std::string readme = ReadFile(BPFOPT_SOURCE_DIR "/README.md");
  EXPECT_NE(readme.find(result->output.substr(table)), std::string::npos) << result->output;
}
}  // namespace
}  // namespace bpfopt
