// Sets through the whole pipeline: the program of a list is that of its tests written out, against the same
// source.
#include "bpfopt/compiler.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

Expected<std::string> ReadList(std::string_view name) {
  if (name == "hosts") return std::string("192.0.2.1 # one\n198.51.100.0/24\n");
  if (name == "names") return std::string("192.0.2.1\n\nno.such.host.invalid\n");
  return InvalidInput("there is no such list");
}

TEST(SetsTest, CompileAsIfWrittenOut) {
  struct Case {
    const char* set;
    const char* written_out;
  };
  for (const Case& each : std::vector<Case>{
           {"host in { @hosts }", "host 192.0.2.1 or net 198.51.100.0/24"},
           {"tcp dst port in { 80, 443, 8000-8100 }",
            "tcp dst port 80 or tcp dst port 443 or tcp dst portrange 8000-8100"},
           {"not (src net in { 10.0.0.0/8, 172.16.0.0/12 } or ip6 host in { ::1 })",
            "not (src net 10.0.0.0/8 or src net 172.16.0.0/12 or ip6 host ::1)"},
           {"ether host in { 02:00:5e:10:00:01, 02:00:5e:10:00:02 } and ip proto in { tcp, udp }",
            "(ether host 02:00:5e:10:00:01 or ether host 02:00:5e:10:00:02) and (ip proto 6 or ip proto "
            "17)"}}) {
    CompileOptions options;
    options.read_file = ReadList;
    const auto set = Compile(each.set, options);
    ASSERT_TRUE(set) << each.set << ": " << set.error().message;
    const auto written_out = Compile(each.written_out, options);
    ASSERT_TRUE(written_out) << written_out.error().message;
    EXPECT_EQ(set->program, written_out->program) << each.set;
    EXPECT_EQ(set->source, written_out->source) << each.set;
    EXPECT_EQ(set->source_kind, SourceKind::kLibpcap) << set->source_reason;
    EXPECT_TRUE(set->proven);
  }
}

TEST(SetsTest, TheLibraryOpensNoFiles) {
  const auto result = Compile("host in { @/etc/passwd }");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "files are not read here; write the entries themselves");
}

TEST(SetsTest, WhatTheReaderSaysIsTheError) {
  CompileOptions options;
  options.read_file = ReadList;
  const auto result = Compile("tcp and host in { @nosuch }", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "there is no such list");
  EXPECT_EQ(result.error().range, (SourceRange{18, 25}));
}

TEST(SetsTest, UnknownNamesAreToldWithTheirPlace) {
  CompileOptions options;
  options.read_file = ReadList;
  const auto result = Compile("host in { @names }", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "names:3:1: the host 'no.such.host.invalid' is unknown");
}

std::string List(unsigned seed, std::size_t count) {
  std::mt19937 random(seed);
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    list += fmt::format("{}.{}.{}.{} ", 1 + random() % 223, random() % 256, random() % 256, random() % 256);
  }
  return list;
}

CompileOptions Small(std::size_t limit) {
  CompileOptions options;
  options.level = 1;
  options.limit = limit;
  return options;
}

std::string ErrorOf(const std::string& filter, std::size_t limit) {
  const auto result = Compile(filter, Small(limit));
  if (result) return {};
  EXPECT_EQ(result.error().code, ErrorCode::kTooLarge);
  return result.error().message;
}

bool Ends(const std::string& text, std::string_view end) { return std::string_view(text).ends_with(end); }

TEST(SetsTest, SetsThatDoNotFitAreToldApart) {
  const std::string src = "src host in { " + List(1, 60) + "}";
  const std::string dst = "dst host in { " + List(2, 90) + "}";
  // One chain of `or`, two sets.
  std::string message = ErrorOf(src + " or " + dst, 64);
  EXPECT_TRUE(Ends(message,
                   fmt::format("of 150 entries fit; largest: 90 of 'dst host' at column {}, 60 of 'src host' "
                               "at column 15",
                               src.size() + 19)))
      << message;
  // A set of its own has the place of the words before it.
  message = ErrorOf("tcp and\nnot " + src + "\nand " + dst, 64);
  EXPECT_TRUE(Ends(message,
                   "of 150 entries fit; largest: 90 of 'dst host' at line 3, column 5, 60 of 'src host' at "
                   "line 2, column 5"))
      << message;
  // Small ones are not worth a word.
  message = ErrorOf(src + " and tcp port in { 80, 443 }", 64);
  EXPECT_TRUE(Ends(message, "of 62 entries fit; largest: 60 of 'src host' at column 1")) << message;
}

TEST(SetsTest, NegatedAndNestedSetsAreSetsToo) {
  std::mt19937 random(3);
  std::string negated;
  std::string pairs;
  for (int i = 0; i < 40; ++i) {
    const std::string host = fmt::format("10.{}.{}.{}", random() % 256, random() % 256, random() % 256);
    negated += fmt::format("{}not src host {}", i == 0 ? "" : " and ", host);
    pairs += fmt::format("{}(src host {} and tcp dst port {})", i == 0 ? "" : " or ", host, random() % 65536);
  }
  std::string message = ErrorOf("tcp and " + negated, 32);
  EXPECT_TRUE(Ends(message, "of 40 entries fit; largest: 40 of 'src host' at column 9")) << message;
  message = ErrorOf(pairs, 32);
  EXPECT_TRUE(Ends(message, "of 40 entries fit; largest: 40 terms at column 1")) << message;
}

TEST(SetsTest, FiltersWithoutSetsNameTheirLargestPart) {
  const std::string message = ErrorOf("tcp port 80 and (ip[0] = 1 or ip6[6] = 2)", 3);
  EXPECT_NE(message.find("; the largest part, "), std::string::npos) << message;
}

// The estimate is what a user shortens the list to.
TEST(SetsTest, AboutAsManyEntriesFitAsTheErrorSays) {
  constexpr std::size_t kLimit = 300;
  const std::string message = ErrorOf("src host in { " + List(5, 500) + "}", kLimit);
  const std::size_t at = message.find("about ");
  ASSERT_NE(at, std::string::npos) << message;
  const auto fitting = static_cast<std::size_t>(std::stoul(message.substr(at + 6)));
  const auto fits = [&](std::size_t count) {
    return Compile("src host in { " + List(5, count) + "}", Small(kLimit)).has_value();
  };
  EXPECT_TRUE(fits(fitting * 9 / 10)) << message;
  EXPECT_FALSE(fits(fitting * 11 / 10)) << message;
}

}  // namespace
}  // namespace bpfopt
