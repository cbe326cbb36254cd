// The random filters: the same on every machine, mostly filters of libpcap's, and of every kind.
#include "bench/filter_generator.h"

#include "bench/findings.h"
#include "bpfopt/libpcap.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

std::string TextAt(std::size_t index, std::uint64_t seed = 1) {
  return ToText(RandomFilterAt({.seed = seed, .profiles = LinkProfiles()}, index));
}

TEST(FilterGeneratorTest, ASeedGivesTheSameFiltersEverywhere) {
  EXPECT_EQ(TextAt(0), "port 443 and tcp portrange 1-1500 and not (3 / 240) >> arp[13] = 0");
  EXPECT_EQ(TextAt(1),
            "((dst port 22 and not len >= link[33:2]) or ip) or ip6 net 2001:db8::/37 or net 2001:db8::/64");
  EXPECT_EQ(TextAt(9), "(-(arp[0:4] & link[0:4])) - 0 != 255 and (-(arp[0:4] & link[0:4])) - 0 != 255");
  EXPECT_NE(TextAt(0, 2), TextAt(0, 1));
}

TEST(FilterGeneratorTest, FiltersAreMadeForTheirLinkType) {
  const auto& profiles = LinkProfiles();
  std::vector<std::size_t> taken(profiles.size());
  constexpr std::size_t kEach = 50;
  for (std::size_t i = 0; i < kEach * profiles.size(); ++i) {
    const LinkProfile& profile = profiles[i % profiles.size()];
    const auto program =
        CompileWithLibpcap(TextAt(i), {.link_type = profile.name, .netmask = 0xffffff00, .optimize = false});
    if (program) ++taken[i % profiles.size()];
  }
  for (std::size_t i = 0; i < profiles.size(); ++i) EXPECT_GT(taken[i], kEach * 6 / 10) << profiles[i].name;
}

TEST(FilterGeneratorTest, ReachesAllThatItIsMadeOf) {
  std::string all;
  for (std::size_t i = 0; i < 2000; ++i) all += TextAt(i) + '\n';
  for (const char* part :
       {" + ",    " - ",       " * ",      " / ",     " % ",         " & ",        " | ",
        " ^ ",    " << ",      " >> ",     " = ",     " != ",        " < ",        " >= ",
        "-(",     "not ",      " and ",    " or ",    "len",         "0x7fffffff", "[1000]",
        "[65535", "vlan",      "mpls",     "pppoes",  "geneve",      "portrange",  "src net ",
        "ip6 ",   "broadcast", "type mgt", "inbound", "ether host ", "less "}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace bpfopt::bench
