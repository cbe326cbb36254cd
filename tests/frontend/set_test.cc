// Sets mean what the same tests joined by `or` mean: the tree is the same. And what is said of lists that are
// none.
#include "frontend/parser.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "frontend/set_entries.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

// Files by name; others are missing.
class Files {
 public:
  Files(std::initializer_list<std::pair<const std::string, std::string>> files) : files_(files) {}
  Expected<std::string> operator()(std::string_view name) const {
    const auto file = files_.find(std::string(name));
    if (file == files_.end()) return InvalidInput("cannot open " + std::string(name));
    return file->second;
  }

 private:
  std::map<std::string, std::string> files_;
};

void ExpectSame(std::string_view set, std::string_view written_out, const FileReader& files = {}) {
  const Expected<Ast> tree = ParseFilter(set, files);
  ASSERT_TRUE(tree) << set << ": " << tree.error().message;
  const Expected<Ast> meant = ParseFilter(written_out);
  ASSERT_TRUE(meant) << written_out << ": " << meant.error().message;
  EXPECT_TRUE(SameFilter(*tree, *meant)) << set << "\n" << PrintFilter(*tree) << "\n" << PrintFilter(*meant);
}

TEST(Set, IsItsTestsJoinedByOr) {
  ExpectSame("host in { 192.0.2.1, 198.51.100.0/24 }", "host 192.0.2.1 or net 198.51.100.0/24");
  ExpectSame("port in { 80, 443, 8000-8100 }", "port 80 or port 443 or portrange 8000-8100");
  ExpectSame("port in {80}", "port 80");
  ExpectSame("port in{80 443\n,\t8,}", "port 80 or port 443 or port 8");
  ExpectSame("src host in { 192.0.2.1, 2001:db8::/32, ::1 }",
             "src host 192.0.2.1 or src net 2001:db8::/32 or src host ::1");
  ExpectSame("dst in { 192.0.2.1, 10.0.0.0/8 }", "dst 192.0.2.1 or dst net 10.0.0.0/8");
  ExpectSame("src or dst net in { 10, 172.16.0.0/12, 192.168 }",
             "src or dst net 10 or src or dst net 172.16.0.0/12 or src or dst net 192.168");
  ExpectSame("tcp dst port in { http, 8080 }", "tcp dst port http or tcp dst port 8080");
  ExpectSame("udp portrange in { 1-2, 3, ftp-ssh }",
             "udp portrange 1-2 or udp portrange 3 or udp portrange ftp-ssh");
  ExpectSame("port in { ftp-data }", "port ftp-data");
  ExpectSame("ip6 host in { ::1, fe80::/10 }", "ip6 host ::1 or ip6 net fe80::/10");
  ExpectSame("arp host in { 10.1.2.3, 10.0.0.0/8 }", "arp host 10.1.2.3 or arp net 10.0.0.0/8");
  ExpectSame("ether host in { 02:00:5e:10:00:01, 02-00-5e-10-00-02, box }",
             "ether host 02:00:5e:10:00:01 or ether host 02:00:5e:10:00:02 or ether host box");
  ExpectSame("wlan ra in { 02:00:5e:10:00:01 }", "wlan ra 02:00:5e:10:00:01");
  ExpectSame("ip proto in { tcp, 17, \\icmp, \"esp\" }",
             "ip proto \\tcp or ip proto 17 or ip proto \\icmp or ip proto \\esp");
  ExpectSame("ether proto in { ip, arp }", "ether proto \\ip or ether proto \\arp");
  ExpectSame("gateway in { box, gateway }", "gateway box or gateway \\gateway");
  ExpectSame("decnet host in { 10.1, 11.2 }", "decnet host 10.1 or decnet host 11.2");
  ExpectSame("host in { in, when, len, \"192.0.2.1\" }",
             "host \\in or host \\when or host \\len or host 192.0.2.1");
}

TEST(Set, StandsWhereAnIdCan) {
  ExpectSame("not host in { a, b } and tcp", "not (host a or host b) and tcp");
  ExpectSame("host not in { a, b }", "not (host a or host b)");
  ExpectSame("tcp and (src host in { a, b } or udp)", "tcp and ((src host a or src host b) or udp)");
  ExpectSame("host x or in { a, b }", "host x or (host a or host b)");
  ExpectSame("tcp port (in { 1, 2 } or 3)", "(tcp port 1 or tcp port 2) or tcp port 3");
  ExpectSame("port in { 1 } & port in { 2, 3 } | udp", "(port 1 and (port 2 or port 3)) or udp");
  ExpectSame("when(port in { 1, 2 }, tcp, udp)", "when(port 1 or port 2, tcp, udp)");
  // What comes behind it inherits the words before it.
  ExpectSame("tcp dst port in { 1, 2-3 } or 4",
             "(tcp dst port 1 or tcp dst portrange 2-3) or tcp dst port 4");
  ExpectSame("host in { 10.0.0.0/8 } and not a", "net 10.0.0.0/8 and (not host a)");
}

TEST(Set, WordsKeepTheirMeaningElsewhere) {
  ExpectSame("host in", "host \\in");
  ExpectSame("host in or host \\a{b", "host \\in or host \"a{b\"");
}

TEST(Set, EntriesComeFromFiles) {
  const Files files{{"hosts", "# a list\n192.0.2.1\r\n198.51.100.0/24, 192.0.2.2 # two\n\n,\n192.0.2.3#end"},
                    {"more hosts", "192.0.2.9"},
                    {"ports", "80 443\n8000-8100\n"},
                    {"names", "tcp\nudp"},
                    {"empty", " \n# nothing\n"}};
  ExpectSame("host in { @hosts }", "host in { 192.0.2.1, 198.51.100.0/24, 192.0.2.2, 192.0.2.3 }", files);
  ExpectSame("host in {10.0.0.1 @hosts,10.0.0.2,@\"more hosts\"}",
             "host in { 10.0.0.1, 192.0.2.1, 198.51.100.0/24, 192.0.2.2, 192.0.2.3, 10.0.0.2, 192.0.2.9 }",
             files);
  ExpectSame("tcp port in {@ports}", "tcp port in { 80, 443, 8000-8100 }", files);
  ExpectSame("ip proto in { @names, 1 }", "ip proto in { tcp, udp, 1 }", files);
  ExpectSame("host in { @empty, a }", "host a", files);
}

struct Wrong {
  std::string_view filter;
  std::string_view message;
  std::string_view place;  // of the filter
};

TEST(Set, SaysWhatIsWrongAndWhere) {
  const Files files{{"hosts", "192.0.2.1\n  80\n"},
                    {"ports", "80,443\n192.0.2.1"},
                    {"wide", "10.0.0.0/33"},
                    {"bits", "# one\n10.0.0.1/8"},
                    {"binary", std::string("\0\x7f\x45LF\1", 6)},
                    {"nested", "@hosts"},
                    {"braces", "{ 192.0.2.1 }"},
                    {"far", "192.0.2.1 # one }\n192.0.2.2 192.0.2.256"},
                    {"empty", "#\n"}};
  const std::vector<Wrong> cases = {
      {"host in { }", "this set has no entries, so that nothing could match it", "in { }"},
      {"host in { @empty }", "this set has no entries, so that nothing could match it", "in { @empty }"},
      {"host in { a, b", "'{' is never closed", "{"},
      {"host { a }", "'in' is expected before the '{' of a set", "{"},
      {"in { a }",
       "'in' is neither a word of the language nor does it stand after a qualifier such as 'host', 'net' or "
       "'port'",
       "in"},
      {"host in { a } }", "'and', 'or' or the end is expected here, not '}'", "}"},
      {"host in { 80 }", "an address, a network or a name is expected in this set, not '80'", "80"},
      {"net in { 10, 8080 }", "a network is expected in this set, not '8080'", "8080"},
      {"port in { 80 - 90 }", "a port is expected in this set, not '-'", "-"},
      {"port in { 70000 }", "a port is at most 65535", "70000"},
      {"port in { 1-70000 }", "a port is at most 65535", "1-70000"},
      {"host in { a;b }", "an address, a network or a name is expected in this set, not 'a;b'", "a;b"},
      {"host in { 10.0.0.0 mask 255.0.0.0 }",
       "'mask' has no place in a set; write a network with its prefix length, as 10.0.0.0/8", "mask"},
      {"ether host in { 192.0.2.1 }", "'ether' takes an Ethernet address or a name from ethers(5)",
       "192.0.2.1"},
      {"ip host in { ::1 }", "'ip' has no IPv6 addresses", "::1"},
      {"host in { fe80::1%eth0 }",
       "an IPv6 address in a packet has no zone; leave out '%' and what follows it", "fe80::1%eth0"},
      {"host in { { a } }", "an address, a network or a name is expected in this set, not '{'", "{ a"},
      {"host in { @ }", "the name of a file is expected after '@'", "@"},
      {"host in { @nosuch }", "cannot open nosuch", "@nosuch"},
      {"host in { a, @hosts }",
       "hosts:2:3: an address, a network or a name is expected in this set, not '80'", "@hosts"},
      {"port in { @ports }", "ports:2:1: 'port' takes a number or a name, not an address", "@ports"},
      {"host in { @wide }", "wide:1:1: the prefix length of an IPv4 network is at most 32, not 33", "@wide"},
      {"host in { @bits }",
       "bits:2:1: 10.0.0.1 has bits set outside of its network mask; the network is 10.0.0.0", "@bits"},
      {"host in { @binary }",
       "binary:1:1: an address, a network or a name is expected in this set, not '??ELF?'", "@binary"},
      {"host in { @nested }",
       "nested:1:1: an address, a network or a name is expected in this set, not '@hosts'", "@nested"},
      {"host in { @braces }", "braces:1:1: an address, a network or a name is expected in this set, not '{'",
       "@braces"},
      {"host in { @far }", "far:2:11: a part of an IPv4 address is at most 255, '256' is more", "@far"},
  };
  for (const Wrong& wrong : cases) {
    const Expected<Ast> tree = ParseFilter(wrong.filter, files);
    ASSERT_FALSE(tree) << wrong.filter;
    EXPECT_EQ(tree.error().message, wrong.message);
    ASSERT_TRUE(tree.error().range) << wrong.filter;
    const SourceRange range = *tree.error().range;
    EXPECT_EQ(range.begin, wrong.filter.rfind(wrong.place)) << wrong.filter;
    if (wrong.place != "{ a") {
      EXPECT_EQ(wrong.filter.substr(range.begin, range.end - range.begin), wrong.place);
    }
  }
}

TEST(Set, FilesAreReadOnlyWhereTheCallerReadsThem) {
  const Expected<Ast> tree = ParseFilter("host in { @/etc/hosts }");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().message, "files are not read here; write the entries themselves");
}

class NoNames final : public Resolver {
 public:
  std::vector<HostAddress> Host(std::string_view name) const override {
    return name == "box" ? std::vector<HostAddress>{Ipv4Address{1}} : std::vector<HostAddress>{};
  }
  std::optional<Network> NetworkByName(std::string_view) const override { return std::nullopt; }
  std::optional<Port> PortByName(std::string_view) const override { return std::nullopt; }
  std::optional<std::uint32_t> IpProtocol(std::string_view) const override { return std::nullopt; }
  std::optional<std::uint32_t> EtherProtocol(std::string_view) const override { return std::nullopt; }
  std::optional<MacAddress> EtherHost(std::string_view) const override { return std::nullopt; }
};

TEST(Set, UnknownNamesHaveTheirPlaceInTheFile) {
  const Files files{{"hosts", "192.0.2.1 box\n192.0.2.2,  bax\n"}};
  Expected<Ast> tree = ParseFilter("host box or src host in { box, @hosts }", files);
  ASSERT_TRUE(tree) << tree.error().message;
  const Expected<Ast> resolved = ResolveNames(std::move(*tree), NoNames());
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().message, "hosts:2:13: the host 'bax' is unknown");
  EXPECT_EQ(resolved.error().range, (SourceRange{31, 37}));
}

TEST(Set, HasThePlaceOfItsWords) {
  const Expected<Ast> tree = ParseFilter("tcp and src host in { 10.0.0.1, 10.0.0.2, 10.0.0.3 } and udp");
  ASSERT_TRUE(tree);
  const auto set = std::find_if(tree->nodes.rbegin(), tree->nodes.rend(),
                                [](const Node& node) { return std::holds_alternative<Or>(node.kind); });
  EXPECT_EQ(set->range, (SourceRange{8, 52}));
}

// Random lists under random words, in braces and in a file, against the same tests written out.
TEST(Set, RandomSetsAreTheirTestsJoinedByOr) {
  std::mt19937_64 random(7);
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const auto octet = [&] { return std::to_string(random() % 256); };
  const auto address = [&] { return octet() + "." + octet() + "." + octet() + "." + octet(); };
  const auto port = [&] { return std::to_string(random() % 65536); };
  struct Sort {
    std::vector<std::string> before;  // protocol and direction
    std::string kind;
    std::string other_kind;  // of networks and ranges
  };
  const std::vector<Sort> sorts = {
      {{"", "ip ", "src ", "dst ", "ip src ", "src or dst ", "src and dst "}, "host", "net"},
      {{"", "tcp ", "udp dst ", "src and dst "}, "port", "portrange"},
      {{"", "src ", "ip dst "}, "net", "net"}};
  for (int round = 0; round < 2000; ++round) {
    const Sort& sort = sorts[random() % sorts.size()];
    const std::string before = pick(sort.before);
    std::string list;
    std::string written_out;
    const std::size_t count = 1 + random() % 12;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_other = random() % 3 == 0;
      std::string entry;
      if (sort.kind == "port") {
        entry = is_other ? port() + "-" + port() : port();
      } else {
        entry = is_other ? octet() + ".0.0.0/" + std::to_string(8 + random() % 25) : address();
      }
      list += entry + pick({" ", ",", ", ", "\n", " , "});
      written_out += (i == 0 ? "" : " or ") + before + (is_other ? sort.other_kind : sort.kind) + " " + entry;
    }
    ExpectSame(before + sort.kind + " in {" + list + "}", written_out);
    ExpectSame(before + sort.kind + " in {@list}", written_out, Files{{"list", list}});
  }
}

TEST(Set, AHundredThousandEntriesNeedNoRecursion) {
  constexpr std::size_t kCount = 100000;
  std::string list;
  for (std::size_t i = 0; i < kCount; ++i)
    list += "10." + std::to_string(i >> 8) + "." + std::to_string(i & 255) + ".1\n";
  const std::size_t bad = list.find("10.300.");
  EXPECT_NE(bad, std::string::npos);
  const Expected<Ast> wrong = ParseFilter("src host in {@list}", Files{{"list", list}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "list:65537:1: a part of an IPv4 address is at most 255, '256' is more");

  list.clear();
  for (std::size_t i = 0; i < kCount; ++i) {
    list +=
        std::to_string(i % 200) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + ".1\n";
  }
  const Expected<Ast> tree = ParseFilter("not src host in {@list}", Files{{"list", list}});
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_EQ(tree->nodes.size(), 2 * kCount);
  EXPECT_TRUE(ParseFilter("src host in {" + list + "}"));

  std::string million;
  for (std::size_t i = 0; i < 1000001; ++i) million += "1 ";
  const Expected<Ast> too_many = ParseFilter("port in {" + million + "}");
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().message, "sets have at most 1000000 entries in all");
}

// Any bytes are a list or an error inside of the filter, in braces as in a file.
TEST(Set, GarbageIsAnError) {
  std::mt19937_64 random(11);
  const std::string_view pieces = "{}@\"\\,# \n\r\t.:/-$%!()[]&|<>=~0123456789abcdefinhost\xff\0";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length) text += pieces[random() % pieces.size()];
    const std::string filter =
        (round % 2 == 0 ? "port in { " : "host in {") + (round % 3 == 0 ? "@f }" : text + "}");
    const Expected<Ast> tree = ParseFilter(filter, [&](std::string_view) { return text; });
    if (tree) {
      const Expected<Ast> again = ParseFilter(PrintFilter(*tree));
      ASSERT_TRUE(again) << filter << "\n" << PrintFilter(*tree) << "\n" << again.error().message;
      EXPECT_TRUE(SameFilter(*tree, *again)) << filter;
    } else {
      ASSERT_TRUE(tree.error().range);
      EXPECT_LE(tree.error().range->begin, tree.error().range->end);
      EXPECT_LE(tree.error().range->end, filter.size());
    }
  }
}

}  // namespace
}  // namespace bpfopt::frontend
