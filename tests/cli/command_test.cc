// The command from outside, by table: exit status, standard output, standard error.
#include "command.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kIpAndUdp =
    "(000) ldh      [12]\n"
    "(001) jeq      #0x800           jt 2\tjf 5\n"
    "(002) ldb      [23]\n"
    "(003) jeq      #0x11            jt 4\tjf 5\n"
    "(004) ret      #262144\n"
    "(005) ret      #0\n";

TEST(CommandTest, PrintsWhatTcpdumpPrints) {
  for (const Words& words : std::vector<Words>{{"ip and udp"},
                                               {"ip", "and", "udp"},
                                               {"compile", "ip", "and", "udp"},
                                               {"-d", "ip", "and", "udp"},
                                               {"ip", "and", "-d", "udp"},
                                               {"-y", "EN10MB", "--", "ip", "and", "udp"},
                                               {"-y1", "-O3", "--proof=required", "ip and udp"}}) {
    SCOPED_TRACE(testing::PrintToString(words));
    const auto result = RunBpfopt(words);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.output, kIpAndUdp);
    EXPECT_EQ(result.errors, "");
  }
}

TEST(CommandTest, Formats) {
  EXPECT_EQ(RunBpfopt({"-dd", "-yRAW", ""}).output, "{ 0x6, 0, 0, 0x00040000 },\n");
  EXPECT_EQ(RunBpfopt({"-ddd", "-yRAW", ""}).output, "1\n6 0 0 262144\n");
  EXPECT_EQ(RunBpfopt({"-d", "-d", "-d", "-yRAW", ""}).output, "1\n6 0 0 262144\n");
  EXPECT_EQ(RunBpfopt({"--format", "iptables", "-s", "96", ""}).output, "1,6 0 0 96\n");
  EXPECT_EQ(RunBpfopt({"--format", "json", "-s", "0", ""}).output,
            "{\"instructions\": [\n  {\"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 262144}\n]}\n");
}

TEST(CommandTest, WarnsOfAFilterThatMatchesNothing) {
  const auto result = RunBpfopt({"ip and ip6"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "(000) ret      #0\n");
  EXPECT_EQ(result.errors, "bpfopt: warning: this filter matches no packet\n");
}

TEST(CommandTest, UnrollsChainsToTheDepthAskedFor) {
  const auto result = RunBpfopt({"-y", "RAW", "--protochain-depth", "2", "ip protochain 6"});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.output, RunBpfopt({"-y", "RAW", "ip protochain 6"}).output);
  EXPECT_NE(result.errors.find("2 headers"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("\n  ip protochain 6\n  ^"), std::string::npos) << result.errors;
}

TEST(CommandTest, SaysWhenNothingWasProven) {
  for (const char* level : {"-O0", "-O1"}) {
    const auto result = RunBpfopt({level, "ip and udp"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.errors.find("not proven"), std::string::npos) << result.errors;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1);
  }
  EXPECT_NE(RunBpfopt({"--proof", "off", "ip"}).errors.find("not proven"), std::string::npos);
  EXPECT_EQ(RunBpfopt({"-O1", "--proof", "on", "ip"}).errors, "");
}

struct BadUse {
  Words words;
  int status;
  std::string part_of_errors;
};

class BadUseTest : public testing::TestWithParam<BadUse> {};

TEST_P(BadUseTest, IsRefusedWithoutOutput) {
  const auto result = RunBpfopt(GetParam().words);
  EXPECT_EQ(result.status, GetParam().status) << result.errors;
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(result.errors.rfind("bpfopt: ", 0), 0U) << result.errors;
  EXPECT_NE(result.errors.find(GetParam().part_of_errors), std::string::npos) << result.errors;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadUseTest,
    testing::Values(
        BadUse{{}, 2, "a filter is missing"}, BadUse{{"--no-such-option", "ip"}, 2, "--no-such-option"},
        BadUse{{"-O4", "ip"}, 2, "-O"}, BadUse{{"-y", "NOSUCH", "ip"}, 2, "NOSUCH"},
        BadUse{{"-y", "99999", "ip"}, 2, "99999"}, BadUse{{"-m", "1.2.3", "ip"}, 2, "netmask"},
        BadUse{{"--equal", "nearly", "ip"}, 2, "nearly"}, BadUse{{"-s", "-1", "ip"}, 2, "-1"},
        BadUse{{"--limit", "0", "ip"}, 2, "--limit"}, BadUse{{"-F", "/nonexistent", ""}, 2, "both"},
        BadUse{{"-F", "/nonexistent"}, 2, "/nonexistent"}, BadUse{{"-F", "/"}, 2, "/"},
        BadUse{{"--hosts", "/nonexistent", "ip"}, 2, "/nonexistent"},
        BadUse{{"--protochain-depth", "0", "ip protochain 6"}, 2, "--protochain-depth"},
        BadUse{{"--protochain-depth", "17", "ip protochain 6"}, 2, "--protochain-depth"},
        BadUse{{"--target", "seccomp", "ip"}, 2, "seccomp"},
        BadUse{{"--print-after", "nosuch", "ip"}, 2, "nosuch"},
        BadUse{{"--stop-after", "nosuch", "ip"}, 2, "nosuch"},
        BadUse{{"--limit", "3", "tcp port 80"}, 4, "instructions"}, BadUse{{"rand(0.1)"}, 2, "linux"},
        BadUse{{"--format", "nosuch", "ip"}, 2, "nosuch"}, BadUse{{"--endian", "middle", "ip"}, 2, "middle"},
        BadUse{{"disasm"}, 2, "one file"}, BadUse{{"disasm", "/nonexistent"}, 2, "/nonexistent"},
        BadUse{{"verify", "-"}, 2, "two"}, BadUse{{"verify", "-", "-"}, 2, "standard input"},
        BadUse{{"verify", "expr:ip", "expr:nosuch"}, 2, "nosuch"}, BadUse{{"run", "ip"}, 2, "-r"},
        BadUse{{"run", "-r", "/nonexistent", "ip"}, 2, "/nonexistent"},
        BadUse{{"run", "-r", "/dev/null", "ip"}, 2, ""}, BadUse{{"graph", "(ip"}, 2, "("},
        BadUse{{"report", "ip"}, 2, "--output"}, BadUse{{"report", "-o", "-"}, 2, "a filter is missing"},
        BadUse{{"report", "ip", "-o", "/nonexistent/x.html"}, 2, "/nonexistent/x.html"},
        BadUse{{"report", "ip", "-o", "/dev/full"}, 2, "cannot write /dev/full"},
        BadUse{{"report", "--limit", "3", "tcp port 80", "-o", "-"}, 4, "instructions"}));

TEST(CommandTest, PutsACaretUnderThePlace) {
  struct Case {
    std::string filter;
    std::string line;    // of the filter that is shown
    std::size_t column;  // of the caret in it
  };
  for (const Case& each : std::vector<Case>{{"ip and nosuchword 1", "ip and nosuchword 1", 7},
                                            {"tcp port 99999", "tcp port 99999", 0},
                                            {"ip)", "ip)", 2}}) {
    SCOPED_TRACE(each.filter);
    const auto result = RunBpfopt({each.filter});
    EXPECT_EQ(result.status, 2);
    const std::string expected = "\n  " + each.line + "\n  " + std::string(each.column, ' ') + "^";
    EXPECT_NE(result.errors.find(expected), std::string::npos) << result.errors;
  }
}

TEST(CommandTest, PlacesInFilesHaveLineAndColumn) {
  const TemporaryDirectory directory;
  const std::string file = directory.Write("filter", "ip and # a comment with a (\n  nosuchword 1\n");
  const auto result = RunBpfopt({"-F", file});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find(file + ":2:3: error: "), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("\n    nosuchword 1\n    ^"), std::string::npos) << result.errors;
}

TEST(CommandTest, FiltersComeFromFilesAndStandardInput) {
  const TemporaryDirectory directory;
  EXPECT_EQ(RunBpfopt({"-F", directory.Write("filter", "ip # version 4\nand udp\n")}).output, kIpAndUdp);
  EXPECT_EQ(RunBpfopt({"-F", "-"}, "ip and udp\n").output, kIpAndUdp);
}

TEST(CommandTest, SetsComeFromFiles) {
  const TemporaryDirectory directory;
  const std::string list =
      directory.Write("list", "# two of them\n192.0.2.1\n192.0.2.9, # and\n10.0.0.0/8\n");
  const std::string written_out =
      RunBpfopt({"src host 192.0.2.1 or src host 192.0.2.9 or src net 10.0.0.0/8"}).output;
  EXPECT_NE(written_out, "");
  EXPECT_EQ(RunBpfopt({"src", "host", "in", "{", "@" + list, "}"}).output, written_out);
  // A filter in a file, on as many lines as it likes, may name others.
  const std::string filter =
      directory.Write("filter", "src host in {\n  192.0.2.1  # one {\n  192.0.2.9\n 10.0.0.0/8}\n");
  EXPECT_EQ(RunBpfopt({"-F", filter}).output, written_out);
  EXPECT_EQ(RunBpfopt({"-F", "-"}, "src host in { @" + list + " } # end").output, written_out);
  // What libpcap has no words for, it is asked about in others.
  const auto verdict = RunBpfopt({"verify", "expr:src host in { @" + list + " }",
                                  "expr:src host 192.0.2.1 or src host 192.0.2.9 or src net 10.0.0.0/8"});
  EXPECT_EQ(verdict.status, 0) << verdict.errors;
  EXPECT_NE(RunBpfopt({"compare", "src host in { @" + list + " }"}).output.find("libpcap: "),
            std::string::npos);
}

TEST(CommandTest, ListsAreNotTrusted) {
  const TemporaryDirectory directory;
  struct Bad {
    std::string file;
    std::string message;  // before the filter
  };
  const std::string ports = directory.Write("ports", "192.0.2.1\n  80\n");
  const std::string binary = directory.Write("binary", std::string("\x7f"
                                                                   "ELF\0\1\2",
                                                                   7));
  const std::string spaces(std::size_t{65} << 20, ' ');
  const std::string huge = directory.Write("huge", spaces);
  for (const Bad& bad : std::vector<Bad>{
           {ports, ports + ":2:3: an address, a network or a name is expected in this set, not '80'"},
           {binary, binary + ":1:1: an address, a network or a name is expected in this set, not '?ELF"
                             "??"
                             "?'"},
           {huge, huge + " is larger than 64 MB"},
           {directory.Path("none"), "cannot open " + directory.Path("none") + ": No such file or directory"},
           {directory.Path(""), "cannot read " + directory.Path("") + ": Is a directory"}}) {
    const std::string filter = "ip and host in { @" + bad.file + " }";
    const auto result = RunBpfopt({filter});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.output, "");
    const std::string expected = "bpfopt: error: " + bad.message + "\n  " + filter.substr(0, 40);
    EXPECT_EQ(result.errors.substr(0, expected.size()), expected);
    EXPECT_NE(result.errors.find("\n  " + std::string(17, ' ') + "^~"), std::string::npos) << result.errors;
  }
}

TEST(CommandTest, SaysByHowMuchAFilterDoesNotFit) {
  const TemporaryDirectory directory;
  std::string list;
  for (int i = 0; i < 300; ++i) {
    list += std::to_string(i * 7 % 223 + 1) + "." + std::to_string(i * 31 % 256) + ".2.1\n";
  }
  const auto result =
      RunBpfopt({"-O1", "--limit", "64", "tcp and src host in { @" + directory.Write("list", list) + " }"});
  EXPECT_EQ(result.status, 4);
  EXPECT_EQ(result.output, "");
  for (const char* part :
       {" more than the 64 allowed", " of 300 entries fit", "300 of 'src host' at column 9\n"}) {
    EXPECT_NE(result.errors.find(part), std::string::npos) << part << " in " << result.errors;
  }
}

TEST(CommandTest, GarbageIsADiagnostic) {
  const TemporaryDirectory directory;
  std::string noise;
  std::uint32_t state = 1;
  for (int i = 0; i < (1 << 20); ++i)
    noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  for (const std::string& text :
       {std::string("ip\0and udp", 10), std::string("\0", 1), noise, std::string(1 << 20, '('),
        std::string(1 << 20, '!'), std::string(1 << 20, 'a'), std::string(1 << 20, '\xff')}) {
    const auto result = RunBpfopt({"-F", directory.Write("filter", text)});
    EXPECT_EQ(result.status, 2) << text.substr(0, 20);
    EXPECT_EQ(result.output, "");
    EXPECT_NE(result.errors.find('^'), std::string::npos) << result.errors.substr(0, 200);
    EXPECT_LT(result.errors.size(), 1000U);
  }
}

TEST(CommandTest, DeepNestingCompiles) {
  const std::string filter = std::string(10000, '(') + "ip and udp" + std::string(10000, ')');
  EXPECT_EQ(RunBpfopt({"-F", "-"}, filter).output, kIpAndUdp);
}

TEST(CommandTest, HostsFileAnswersBeforeTheSystem) {
  const TemporaryDirectory directory;
  const std::string hosts = directory.Write("hosts", "192.0.2.1 box0\n198.51.100.9 box1 # the other\n");
  for (const char* filter : {"ip & udp & host(\"localhost\")", "(udp | tcp) & src(\"box0\") & dst(\"box1\")",
                             "ip & rand(0.1) & icmp"}) {
    const auto result = RunBpfopt({"--hosts", hosts, "--target", "linux", filter});
    EXPECT_EQ(result.status, 0) << filter << ": " << result.errors;
  }
  EXPECT_EQ(RunBpfopt({"--hosts", hosts, "src box0"}).output, RunBpfopt({"src 192.0.2.1"}).output);
  EXPECT_EQ(RunBpfopt({"--hosts", directory.Write("bad", "not-an-address box0\n"), "ip"}).status, 2);
}

TEST(CommandTest, InspectionGoesToStandardError) {
  const auto result =
      RunBpfopt({"--print-after=lower", "--print-after=emit", "--stats", "--time-passes", "ip and udp"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, kIpAndUdp);
  for (const char* part : {"; after lower\n", "; after emit\n", "fn ", "source: ", "candidates:", "total",
                           "a net.core.optmem_max of 20480 takes it, one of 131072 takes it\n"}) {
    EXPECT_NE(result.errors.find(part), std::string::npos) << part << " in " << result.errors;
  }
  const auto all = RunBpfopt({"--print-after-all", "ip and udp"});
  EXPECT_NE(all.errors.find("; after parse\n"), std::string::npos);
  const auto parsed = RunBpfopt({"--stop-after=parse", "--time-passes", "tcp port http or 443 and not arp"});
  EXPECT_EQ(parsed.output, "(tcp port http or tcp port 443) and (not arp)\n");
  EXPECT_NE(parsed.errors.find("microseconds  parse"), std::string::npos) << parsed.errors;
  EXPECT_EQ(RunBpfopt({"--stop-after=resolve", "tcp port http"}).output, "tcp port 80\n");

  const auto stopped = RunBpfopt({"--stop-after=lower", "ip and udp"});
  EXPECT_EQ(stopped.status, 0);
  EXPECT_EQ(stopped.output.rfind("fn ", 0), 0U) << stopped.output;
}

TEST(CommandTest, LeavesPassesOut) {
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto whole = RunBpfopt({"tcp port 80"});
  const auto without =
      RunBpfopt({"--disable-pass", "merge-tails", "--disable-pass", "fuse-fields", "tcp port 80"});
  EXPECT_EQ(without.status, 0) << without.errors;
  EXPECT_GT(lines(without.output), lines(whole.output));
  EXPECT_EQ(RunBpfopt({"--disable-pass", "no-such-pass", "tcp"}).status, 2);
}

TEST(CommandTest, ListsAndVersions) {
  EXPECT_NE(RunBpfopt({"-L"}).output.find("EN10MB"), std::string::npos);
  const auto version = RunBpfopt({"--version"});
  EXPECT_EQ(version.output.rfind("bpfopt ", 0), 0U);
  EXPECT_NE(version.output.find("libpcap version"), std::string::npos);
  EXPECT_NE(RunBpfopt({"--help"}).output.find("verify SOURCE RESULT"), std::string::npos);
  EXPECT_NE(RunBpfopt({"--list-passes"}).output.find("simplify"), std::string::npos);
}

TEST(CommandTest, FormatsSayWhatTheyCannotHold) {
  const std::string large = "65" + [] {
    std::string rows;
    for (int i = 0; i < 65; ++i) rows += ",6 0 0 0";
    return rows;
  }();
  const auto iptables = RunBpfopt({"disasm", "--format", "iptables", "-"}, large);
  EXPECT_EQ(iptables.status, 4);
  EXPECT_EQ(iptables.output, "");
  EXPECT_NE(iptables.errors.find("xt_bpf"), std::string::npos) << iptables.errors;
  EXPECT_EQ(RunBpfopt({"disasm", "--format", "bpf_asm", "-"}, "1,99 0 0 0").status, 2);
  const auto cut = RunBpfopt({"disasm", "-"}, std::string("\x06\0\0\0\0\0\0\0\x06", 9));
  EXPECT_EQ(cut.status, 2);
  EXPECT_NE(cut.errors.find("instruction 1 is cut off"), std::string::npos) << cut.errors;
}

TEST(CommandTest, DisasmReadsEveryFormat) {
  for (const char* format : {"asm", "c", "decimal", "json", "iptables", "bpf_asm", "raw"}) {
    const auto compiled = RunBpfopt({"--format", format, "ip and udp"});
    EXPECT_EQ(RunBpfopt({"disasm", "-"}, compiled.output).output, kIpAndUdp) << format;
  }
  const auto big = RunBpfopt({"--format", "raw", "--endian", "big", "ip and udp"});
  EXPECT_EQ(big.output.substr(0, 8), std::string("\0\x28\0\0\0\0\0\x0c", 8));
  EXPECT_EQ(RunBpfopt({"disasm", "--endian", "big", "-"}, big.output).output, kIpAndUdp);
  EXPECT_EQ(
      RunBpfopt({"verify", "--equal", "faithful", "--endian", "big", "expr:ip and udp", "-"}, big.output)
          .output,
      "equal (faithful)\n");
  EXPECT_EQ(RunBpfopt({"optimize", "--endian", "big", "--format", "raw", "-"}, big.output).output,
            big.output);
  const auto bad = RunBpfopt({"disasm", "-"}, "(000) ldh [12]\n(001) nosuch #1\n");
  EXPECT_EQ(bad.status, 2);
  EXPECT_NE(bad.errors.find("standard input:2:"), std::string::npos) << bad.errors;
}

TEST(CommandTest, VerifyAnswersByExitStatus) {
  const std::string ours = RunBpfopt({"--equal", "strict", "tcp port 80"}).output;
  const auto equal = RunBpfopt({"verify", "expr:tcp port 80", "-"}, ours);
  EXPECT_EQ(equal.status, 0) << equal.errors;
  EXPECT_EQ(equal.output, "equal (strict)\n");

  const TemporaryDirectory directory;
  const std::string capture = directory.Path("difference.pcap");
  const auto different =
      RunBpfopt({"verify", "--counterexample", capture, "expr:tcp port 80", "expr:tcp port 81"});
  EXPECT_EQ(different.status, 1) << different.errors;
  EXPECT_EQ(different.output.rfind("different (strict)\npacket: ", 0), 0U) << different.output;
  EXPECT_NE(different.output.find("source verdict"), std::string::npos);
  // The packet tells them apart in a capture as well.
  const std::string first = RunBpfopt({"run", "-r", capture, "--verdicts", "tcp port 80"}).output;
  const std::string second = RunBpfopt({"run", "-r", capture, "--verdicts", "tcp port 81"}).output;
  EXPECT_NE(first, second);
  EXPECT_EQ(directory.Files(), std::vector<std::string>{"difference.pcap"});

  const auto undecided =
      RunBpfopt({"verify", "--steps", "1", "expr:len*len=17 and len%3=1", "expr:len*len=17"});
  EXPECT_EQ(undecided.status, 3) << undecided.output << undecided.errors;
}

TEST(CommandTest, RunCountsWritesAndPrintsVerdicts) {
  const TemporaryDirectory directory;
  const std::string one = directory.Path("one.pcap");
  ASSERT_EQ(RunBpfopt({"verify", "--counterexample", one, "expr:udp port 53", "expr:len < 0"}).status, 1);
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "udp port 53"}).output, "1 of 1 packets match\n");
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "-s", "77", "--verdicts", "udp port 53"}).output, "77\n");
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "not udp port 53"}).output, "0 of 1 packets match\n");

  const std::string kept = directory.Path("kept.pcap");
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "-w", kept, "udp port 53"}).status, 0);
  EXPECT_EQ(RunBpfopt({"run", "-r", kept, ""}).output, "1 of 1 packets match\n");
  const auto piped = RunBpfopt({"run", "-r", "-", "-w", "-", "udp port 53"}, ReadFile(one));
  EXPECT_EQ(piped.output, ReadFile(kept));
  EXPECT_EQ(piped.errors, "1 of 1 packets match\n");

  // What fails leaves what was there.
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "-w", kept, "nosuchword"}).status, 2);
  EXPECT_EQ(RunBpfopt({"run", "-r", kept, ""}).output, "1 of 1 packets match\n");
  EXPECT_EQ(directory.Files().size(), 2U);
  EXPECT_EQ(RunBpfopt({"run", "-r", one, "-w", directory.Path("no/such/directory"), "ip"}).status, 2);
}

TEST(CommandTest, FullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const std::string command = std::string("exec '") + BPFOPT_COMMAND + "' 'ip and udp' >/dev/full";
  const auto result = bench::RunProcess({"sh", "-c", command});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 2);
  EXPECT_NE(result->errors.find("standard output"), std::string::npos) << result->errors;
}

TEST(CommandTest, ComparesSideBySide) {
  const auto result = RunBpfopt({"compare", "tcp port 80"});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output.rfind("bpfopt: ", 0), 0U) << result.output;
  EXPECT_NE(result.output.find("proven faithful"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find(" instructions of at least "), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("libpcap: 20 instructions"), std::string::npos) << result.output;
  EXPECT_NE(RunBpfopt({"compare", "ip and ip6"}).output.find("libpcap refuses:"), std::string::npos);
}

TEST(CommandTest, GraphIsDotOrAnError) {
  const auto dot = RunBpfopt({"graph", "ip and udp"});
  EXPECT_EQ(dot.status, 0) << dot.errors;
  EXPECT_EQ(dot.output.rfind("digraph filter {", 0), 0U) << dot.output;
  const auto svg = RunBpfopt({"graph", "--format", "svg", "ip and udp"});
  if (svg.status == 0) {
    EXPECT_NE(svg.output.find("<svg"), std::string::npos);
  } else {
    EXPECT_EQ(svg.status, 2);
    EXPECT_NE(svg.errors.find("Graphviz"), std::string::npos) << svg.errors;
  }
}

TEST(CommandTest, ReportIsAPageThatHoldsTheFilterAndBothPrograms) {
  const TemporaryDirectory directory;
  const auto result =
      RunBpfopt({"report", "tcp port 80 and host 192.0.2.17", "-o", directory.Path("r.html")});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output + result.errors, "");
  EXPECT_EQ(directory.Files(), std::vector<std::string>{"r.html"});
  const std::string page = ReadFile(directory.Path("r.html"));
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0U);
  for (const char* part : {"\"kind\":\"report\"", "tcp port 80 and host 192.0.2.17",
                           "ldxb     4*([14]\\u00260xf)", "\"proven\":true"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(RunBpfopt({"report", "ip", "-o", "-"}).output.rfind("<!doctype html>", 0), 0U);
}

TEST(CommandTest, ABadFilterLeavesTheReportOfBeforeAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("r.html", "before");
  const auto result = RunBpfopt({"report", "ip and foo", "-o", path});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find("\n  ip and foo\n         ^~~\n"), std::string::npos) << result.errors;
  EXPECT_EQ(ReadFile(path), "before");
  EXPECT_EQ(directory.Files(), std::vector<std::string>{"r.html"});
}

}  // namespace
}  // namespace bpfopt
