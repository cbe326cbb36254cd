// The line of a filter, and that lines stay whole.
#include "preload/log.h"

#include "../cli/command.h"

#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::preload {
namespace {

Entry ExampleEntry() {
  Entry entry;
  entry.time = std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'042));
  entry.process = 4711;
  entry.program = "tcpdump";
  entry.used = Entry::Used::kBpfopt;
  entry.libpcap_instructions = 24;
  entry.bpfopt_instructions = 17;
  entry.source_instructions = 54;
  entry.proven = Relation::kFaithful;
  entry.level = 2;
  entry.target = Target::kPcap;
  entry.took = std::chrono::microseconds(2345);
  entry.link_type = "EN10MB";
  entry.request = Request{"port 53", 1, 262144, 0xffffff00, PacketOrigin::kSavefile, false};
  entry.filter = "port 53";
  return entry;
}

TEST(LogTest, ALineHasAllThereIsToSay) {
  EXPECT_EQ(FormatEntry(ExampleEntry()),
            "time=2023-11-14T22:13:20.000042Z program=tcpdump pid=4711 used=bpfopt libpcap=24 bpfopt=17 "
            "source=54 proven=faithful level=2 ms=2.345 cache=miss link=EN10MB from=savefile snaplen=262144 "
            "netmask=255.255.255.0 target=pcap bytes=7 filter=\"port 53\"\n");
}

TEST(LogTest, WhatIsNotKnownIsADash) {
  Entry entry;
  entry.program = "my program";
  entry.used = Entry::Used::kNothing;
  entry.reason = "libpcap: syntax error";
  entry.filter = "foo bar";
  EXPECT_EQ(FormatEntry(entry),
            "time=1970-01-01T00:00:00.000000Z program=\"my program\" pid=0 used=none libpcap=- bpfopt=- "
            "source=- proven=no level=- ms=0.000 cache=miss why=\"libpcap: syntax error\" bytes=7 "
            "filter=\"foo bar\"\n");
}

TEST(LogTest, AFilterIsOneLineWhateverIsInIt) {
  Entry entry = ExampleEntry();
  entry.filter = "ip\n and \"tcp\" \\ \t\x01\xc3\xa4";
  const std::string line = FormatEntry(entry);
  EXPECT_TRUE(line.ends_with("filter=\"ip\\n and \\\"tcp\\\" \\\\ \\t\\x01\\xc3\\xa4\"\n")) << line;
}

TEST(LogTest, ALongFilterIsCutWhereTheLineIsFull) {
  for (const std::size_t bytes : {3700U, 3790U, 3800U, 3900U, 30'000U}) {
    Entry entry = ExampleEntry();
    entry.filter = std::string(bytes, 'x');
    const std::string line = FormatEntry(entry);
    EXPECT_LE(line.size(), kMostLineBytes);
    EXPECT_NE(line.find(" bytes=" + std::to_string(bytes) + " "), std::string::npos);
    const bool is_whole = line.find("\"" + entry.filter + "\"") != std::string::npos;
    EXPECT_EQ(is_whole, !line.ends_with("...\"\n")) << bytes;
    if (!is_whole) {
      EXPECT_EQ(line.size(), kMostLineBytes);
    }
  }
  Entry entry = ExampleEntry();
  entry.filter = std::string(10'000, '\n');
  const std::string line = FormatEntry(entry);
  EXPECT_LE(line.size(), kMostLineBytes);
  EXPECT_TRUE(line.ends_with("\\n...\"\n"));  // no half of an escape
}

TEST(LogTest, LinesOfThreadsAndProcessesStayWhole) {
  constexpr int kProcesses = 3;
  constexpr int kThreads = 4;
  constexpr int kLines = 50;
  const TemporaryDirectory directory;
  const std::string path = directory.Path("log");
  const auto write_lines = [&](int process, int thread) {
    for (int i = 0; i < kLines; ++i) {
      const std::string name =
          std::to_string(process) + "/" + std::to_string(thread) + "/" + std::to_string(i);
      AppendLine(path, name + " " + std::string(4000, 'x') + "\n");
    }
  };
  for (int process = 0; process < kProcesses; ++process) {
    if (fork() != 0) continue;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(write_lines, process, thread);
    for (std::thread& thread : threads) thread.join();
    _exit(0);
  }
  for (int process = 0; process < kProcesses; ++process) wait(nullptr);
  std::set<std::string> names;
  std::istringstream lines(ReadFile(path));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    EXPECT_EQ(line.substr(blank + 1), std::string(4000, 'x'));
    names.insert(line.substr(0, blank));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kProcesses * kThreads * kLines));
}

TEST(LogTest, AFileThatCannotBeWrittenIsNobodysConcern) {
  AppendLine("/nowhere/at/all", "line\n");
  AppendLine("/dev/full", "line\n");
}

}  // namespace
}  // namespace bpfopt::preload
