// Which parts of a filter instructions come from, for bpfopt's programs and for libpcap's.
#include "bpfopt/explain.h"

#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

CompileOptions OptionsFor(std::string_view link_type, Target target = Target::kPcap) {
  CompileOptions options;
  options.link_type = link_type;
  options.netmask = 0;
  options.target = target;
  return options;
}

// One instruction a line, before it the letters of its parts.
std::string Show(const Program& program, const std::vector<std::vector<std::size_t>>& parts) {
  std::string text;
  std::string_view lines;
  const std::string assembly = FormatProgram(program, Format::kAssembly);
  lines = assembly;
  for (std::size_t i = 0; i < program.size(); ++i) {
    std::string letters;
    for (const std::size_t part : parts.at(i)) letters += static_cast<char>('A' + part);
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    std::string words;
    for (const char c : line.substr(6)) {
      if (c != ' ' && c != '\t') words += c;
      if ((c == ' ' || c == '\t') && !words.empty() && words.back() != ' ') words += ' ';
    }
    text += fmt::format("{:<3} {}\n", letters, words);
  }
  return text;
}

std::string ShowText(std::string_view filter, std::string_view program, const CompileOptions& options) {
  const auto parsed = ParseProgram(program);
  if (!parsed) return parsed.error().message;
  const auto attribution = AttributeInstructions(filter, options, {&*parsed});
  return attribution ? Show(*parsed, attribution->programs[0]) : attribution.error().message;
}

std::vector<std::string> PartsOf(std::string_view filter) {
  const auto attribution = AttributeInstructions(filter, OptionsFor("EN10MB"), {});
  std::vector<std::string> texts;
  if (!attribution) return {attribution.error().message};
  for (const FilterPart& part : attribution->parts) {
    EXPECT_EQ(part.text, filter.substr(part.range->begin, part.range->end - part.range->begin));
    texts.push_back(part.text);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ExplainTest, PartsAreTheTestsAsTheyWereWritten) {
  EXPECT_EQ(PartsOf("tcp port 80 and (host 192.0.2.17 or not  arp)"),
            (Texts{"tcp port 80", "host 192.0.2.17", "arp"}));
  EXPECT_EQ(PartsOf("port 80 or 443"), (Texts{"port 80", "443"}));
  EXPECT_EQ(PartsOf("tcp[0] + 1 > 2 and len < 3"), (Texts{"tcp[0] + 1 > 2", "len < 3"}));
  EXPECT_EQ(PartsOf("ip"), Texts{"ip"});
  EXPECT_EQ(PartsOf(""), Texts{});
}

TEST(ExplainTest, ALongListIsOnePart) {
  std::string list = "host 10.0.0.0";
  for (int i = 1; i < 100; ++i) list += fmt::format(" or host 10.0.0.{}", i);
  EXPECT_EQ(PartsOf(list), Texts{list});
  EXPECT_EQ(PartsOf("udp and (" + list + ")"), (Texts{"udp", list}));
}

TEST(ExplainTest, TestsThatAskForTheSameBitsAndLoadsThatFeedThem) {
  EXPECT_EQ(ShowText("ip and udp port 53", R"((000) ldh [12]
(001) jeq #0x800 jt 2 jf 9
(002) ld [20]
(003) and #0x1fff00ff
(004) jeq #0x11 jt 5 jf 9
(005) ldxb 4*([14]&0xf)
(006) ldh [x + 14]
(007) jeq #0x35 jt 8 jf 9
(008) ret #1
(009) ret #0
)",
                     OptionsFor("EN10MB")),
            "AB  ldh [12]\n"
            "AB  jeq #0x800 jt 2 jf 9\n"
            "B   ld [20]\n"
            "B   and #0x1fff00ff\n"
            "B   jeq #0x11 jt 5 jf 9\n"
            "B   ldxb 4*([14]&0xf)\n"
            "B   ldh [x + 14]\n"
            "B   jeq #0x35 jt 8 jf 9\n"
            "    ret #1\n"
            "    ret #0\n");
}

TEST(ExplainTest, TheValueTellsPartsApartThatAskForTheSameField) {
  EXPECT_EQ(ShowText("arp or ip6",
                     "(000) ldh [12]\n(001) jeq #0x806 jt 3 jf 2\n(002) jeq #0x86dd jt 3 jf 4\n"
                     "(003) ret #1\n(004) ret #0\n",
                     OptionsFor("EN10MB")),
            "AB  ldh [12]\nA   jeq #0x806 jt 3 jf 2\nB   jeq #0x86dd jt 3 jf 4\n    ret #1\n    ret #0\n");
}

TEST(ExplainTest, ARegisterIsFollowedThroughJoinsAndScratchMemory) {
  // X is 40 behind IPv6: the port is that of either protocol.
  EXPECT_EQ(ShowText("tcp dst port 80 and len > 99", R"((000) ld #pktlen
(001) st M[3]
(002) ldh [12]
(003) jeq #0x86dd jt 4 jf 6
(004) ldx #0x28
(005) ja 7
(006) ldxb 4*([14]&0xf)
(007) ldh [x + 16]
(008) jeq #0x50 jt 9 jf 12
(009) ld M[3]
(010) jgt #0x63 jt 11 jf 12
(011) ret #1
(012) ret #0
)",
                     OptionsFor("EN10MB")),
            "B   ld #pktlen\nB   st M[3]\nA   ldh [12]\nA   jeq #0x86dd jt 4 jf 6\nA   ldx #0x28\n"
            "    ja 7\nA   ldxb 4*([14]&0xf)\nA   ldh [x + 16]\nA   jeq #0x50 jt 9 jf 12\nB   ld M[3]\n"
            "B   jgt #0x63 jt 11 jf 12\n    ret #1\n    ret #0\n");
}

TEST(ExplainTest, AncillaryWordsArePartsOfTheirTests) {
  const auto compiled = Compile("ip and rand(0.5)", OptionsFor("EN10MB", Target::kLinux));
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto attribution =
      AttributeInstructions("ip and rand(0.5)", OptionsFor("EN10MB", Target::kLinux), {&compiled->program});
  ASSERT_TRUE(attribution) << attribution.error().message;
  std::vector<std::size_t> used(2, 0);
  for (const auto& parts : attribution->programs[0]) {
    for (const std::size_t part : parts) ++used.at(part);
  }
  EXPECT_GE(used[0], 2U);
  EXPECT_GE(used[1], 2U);
}

// Every conditional jump asks about something that some part of the filter asks about, whoever made the
// program.
TEST(ExplainTest, EveryTestOfEitherCompilerComesFromSomewhere) {
  struct Case {
    const char* link_type;
    const char* filter;
  };
  for (const Case& each :
       std::vector<Case>{{"EN10MB", "port 53"},
                         {"EN10MB", "vlan 7 and ip host 192.0.2.1 or arp"},
                         {"EN10MB", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not net 10.0.0.0/8"},
                         {"EN10MB", "mpls and udp or ip6 proto 17"},
                         {"RAW", "icmp or udp portrange 10-20"},

                         {"LINUX_SLL2", "ip multicast or ether[0] * 3 = 6"},
                         {"EN10MB", "tcp or udp or sctp or icmp or igmp or pim"},
                         {"EN10MB", "ether host 1:2:3:4:5:6 and len > 100"}}) {
    SCOPED_TRACE(each.filter);
    const CompileOptions options = OptionsFor(each.link_type);
    const auto compiled = Compile(each.filter, options);
    ASSERT_TRUE(compiled) << compiled.error().message;
    const auto theirs = CompileWithLibpcap(each.filter, {.link_type = each.link_type, .netmask = 0});
    ASSERT_TRUE(theirs) << theirs.error().message;
    const auto attribution = AttributeInstructions(each.filter, options, {&compiled->program, &*theirs});
    ASSERT_TRUE(attribution) << attribution.error().message;
    const std::vector<const Program*> programs{&compiled->program, &*theirs};
    for (std::size_t p = 0; p < programs.size(); ++p) {
      const std::string shown = Show(*programs[p], attribution->programs[p]);
      for (std::size_t i = 0; i < programs[p]->size(); ++i) {
        const bool is_test = ((*programs[p])[i].code & 7) == 5 && (*programs[p])[i].code != 5;
        const bool is_return = ((*programs[p])[i].code & 7) == 6;
        if (!is_test && !is_return) continue;
        EXPECT_EQ(attribution->programs[p][i].empty(), is_return) << i << "\n" << shown;
      }
    }
  }
}

// Where headers vary in length, tests in front of the filter's own find out how long they are.
TEST(ExplainTest, WhatIsComputedBeforeAllTestsBelongsToThoseThatUseIt) {
  const std::string_view filter = "type mgt subtype beacon or tcp port 80";
  const auto theirs = CompileWithLibpcap(filter, {.link_type = "IEEE802_11_RADIO", .netmask = 0});
  ASSERT_TRUE(theirs) << theirs.error().message;
  const auto attribution = AttributeInstructions(filter, OptionsFor("IEEE802_11_RADIO"), {&*theirs});
  ASSERT_TRUE(attribution) << attribution.error().message;
  const std::string shown = Show(*theirs, attribution->programs[0]);
  for (const char* line :
       {"AB  ldb [3]\n", "B   st M[1]\n", "B   jeq #0x50 ", "AB  jeq #0x80 ", "B   jeq #0x6 "}) {
    EXPECT_NE(shown.find(line), std::string::npos) << line << "in\n" << shown;
  }
}

TEST(ExplainTest, ABadFilterIsAnErrorWithItsPlace) {
  const auto attribution = AttributeInstructions("ip and foo", OptionsFor("EN10MB"), {});
  ASSERT_FALSE(attribution);
  EXPECT_EQ(attribution.error().range, (SourceRange{7, 10}));
}

}  // namespace
}  // namespace bpfopt
