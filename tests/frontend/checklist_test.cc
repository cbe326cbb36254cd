// The checklist of docs/language.md: its examples are filters of the link types that it names, here and in
// libpcap, every keyword stands in one, and the tests that it names exist.
#include "bpfopt/resolver.h"
#include "frontend/keywords.h"
#include "frontend/link_type.h"
#include "frontend/lower.h"
#include "frontend/parser.h"
#include "frontend/resolve.h"
#include "pcap_program.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::frontend {
namespace {

struct Row {
  std::string example;
  std::string link_type;
  std::string state;
  std::vector<std::string> tests;
};

std::string Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" `");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" `") + 1 - begin));
}

// The cells of "| a | b |"; `\|` stands for a bar.
std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '|') {
      cells.push_back(Trimmed(cell));
      cell.clear();
    } else if (line.substr(i).starts_with("\\|")) {
      cell += line[++i];
    } else {
      cell += line[i];
    }
  }
  return cells;
}

std::vector<Row> Rows() {
  std::ifstream file(BPFOPT_SOURCE_DIR "/docs/language.md");
  EXPECT_TRUE(file);
  std::vector<Row> rows;
  bool in_checklist = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_checklist = line == "## Checklist";
    if (!in_checklist || !line.starts_with("| `")) continue;
    const std::vector<std::string> cells = Cells(line);
    if (cells.size() != 4) {
      ADD_FAILURE() << line;
      continue;
    }
    Row row{cells[0], cells[1], cells[2], {}};
    std::istringstream tests(cells[3]);
    for (std::string test; std::getline(tests, test, ',');) row.tests.push_back(Trimmed(test));
    rows.push_back(std::move(row));
  }
  EXPECT_GT(rows.size(), 150U);
  return rows;
}

std::set<std::string> WordsOf(const std::string& example) {
  std::set<std::string> words;
  std::string word;
  for (const char c : example + " ") {
    if (std::string_view(" ()[]:,/!=<>&|+*%^\\").find(c) == std::string_view::npos) {
      word += c;
    } else {
      words.insert(word);
      word.clear();
    }
  }
  return words;
}

bool IsMadeUp(std::string_view host) { return host == "box" || host == "four" || host == "six"; }

// The system's names, and hosts that need no name server: box has addresses of each kind.
class Names : public ForwardingResolver {
 public:
  Names() : ForwardingResolver(SystemResolver()) {}
  std::vector<HostAddress> Host(std::string_view name) const override {
    if (!IsMadeUp(name)) return ForwardingResolver::Host(name);
    std::vector<HostAddress> addresses;
    if (name != "six") addresses.emplace_back(Ipv4Address{0x0a000001});
    if (name != "four") addresses.emplace_back(Ipv6Address{0x20});
    return addresses;
  }
  std::optional<MacAddress> EtherHost(std::string_view name) const override {
    if (IsMadeUp(name)) return MacAddress{2, 0, 0x5e, 0x10, 0, 1};
    return ForwardingResolver::EtherHost(name);
  }
};

TEST(Checklist, ExamplesCompile) {
  const Names names;
  for (const Row& row : Rows()) {
    SCOPED_TRACE(row.example);
    const auto link_type = FindLinkType(row.link_type);
    ASSERT_TRUE(link_type) << row.link_type;
    const Expected<Ast> tree =
        ParseFilter(row.example).and_then([&](Ast parsed) { return ResolveNames(std::move(parsed), names); });
    ASSERT_TRUE(tree) << tree.error().message;
    LowerOptions options;
    options.link_type = *link_type;
    const auto function = Lower(*tree, options);
    EXPECT_TRUE(function) << function.error().message;
    const std::set<std::string> words = WordsOf(row.example);
    const bool has_made_up = std::any_of(words.begin(), words.end(), IsMadeUp);
    if (has_made_up && row.state == "same") continue;
    EXPECT_TRUE(row.state == "same" || row.state == "here" || row.state == "unrolled") << row.state;
    std::string error;
    const bool libpcap_takes = PcapProgram(row.example, (*link_type)->dlt, &error).has_value();
    EXPECT_EQ(libpcap_takes, row.state != "here") << error;
  }
}

TEST(Checklist, HasEveryWord) {
  std::set<std::string> words;
  for (const Row& row : Rows()) words.merge(WordsOf(row.example));
  for (const Keyword& keyword : Keywords()) {
    EXPECT_TRUE(words.contains(std::string(keyword.text))) << keyword.text;
  }
}

TEST(Checklist, ConstantsAreLibpcaps) {
  for (const Keyword& keyword : Keywords()) {
    if (keyword.kind != TokenKind::kNumber) continue;
    const auto named = PcapProgram(fmt::format("ip[0] = {}", keyword.text), DLT_EN10MB);
    const auto numbered = PcapProgram(fmt::format("ip[0] = {}", keyword.value), DLT_EN10MB);
    ASSERT_TRUE(named && numbered) << keyword.text;
    EXPECT_EQ(*named, *numbered) << keyword.text;
  }
}

TEST(Checklist, NamesTestsThatExist) {
  std::string sources;
  for (const auto& entry : std::filesystem::directory_iterator(BPFOPT_SOURCE_DIR "/tests/frontend")) {
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    sources += text.str();
  }
  std::set<std::string> tests;
  for (const Row& row : Rows()) {
    EXPECT_FALSE(row.tests.empty()) << row.example;
    tests.insert(row.tests.begin(), row.tests.end());
  }
  for (const std::string& test : tests) {
    const std::size_t dot = test.find('.');
    const std::string name = fmt::format("({}, {})", test.substr(0, dot), test.substr(dot + 1));
    EXPECT_NE(sources.find(name), std::string::npos) << test;
  }
}

}  // namespace
}  // namespace bpfopt::frontend
