// docs/how-a-filter-flows.md shows what the compiler really prints: every block after a line such as
//
//   <!-- shows: lower -->
//
// is made anew and compared. BPFOPT_UPDATE_DOCS=1 in the environment writes the new text into the file
// instead.
#include "bpfopt/bpfopt.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr const char* kFilter = "tcp port 80";
const std::string kDocument = std::string(BPFOPT_SOURCE_DIR) + "/docs/how-a-filter-flows.md";
constexpr std::string_view kMarker = "<!-- shows: ";
constexpr std::string_view kFence = "```\n";

std::string Listing(const Program& program) { return FormatProgram(program, Format::kAssembly); }

std::string EndedByLineFeed(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

// What each marker stands for: the text after the first run of each step that changed something, and some
// more.
std::map<std::string, std::string> MakeTexts() {
  std::map<std::string, std::string> texts;
  std::string& runs = texts["runs"];
  CompileOptions options;
  options.observer = [&](const StageReport& report) {
    if (!report.changed) return;
    if (report.text) texts.emplace(std::string(report.name), EndedByLineFeed(report.text()));
    runs += std::string(report.name) + "\n";
  };
  const auto result = Compile(kFilter, options);
  EXPECT_TRUE(result) << result.error().message;
  if (!result) return texts;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->source_kind, SourceKind::kLibpcap);
  texts["source"] = Listing(result->source);
  texts["program"] = Listing(result->program);
  texts["final-ir"] = EndedByLineFeed(CompileToIr(kFilter, {}).value_or("error"));
  texts["libpcap"] = Listing(CompileWithLibpcap(kFilter, {.optimize = true}).value_or(Program{}));
  return texts;
}

// The document with every marked block replaced.
std::string Refresh(const std::string& document, const std::map<std::string, std::string>& texts) {
  std::string fresh;
  std::size_t at = 0;
  while (true) {
    const std::size_t marker = document.find(kMarker, at);
    if (marker == std::string::npos) return fresh + document.substr(at);
    const std::size_t name_begin = marker + kMarker.size();
    const std::string name = document.substr(name_begin, document.find(" -->", name_begin) - name_begin);
    const std::size_t open = document.find(kFence, marker);
    const std::size_t close = open == std::string::npos ? open : document.find(kFence, open + kFence.size());
    const auto text = texts.find(name);
    EXPECT_TRUE(text != texts.end()) << "no step is called " << name;
    EXPECT_NE(close, std::string::npos) << "no block after the marker of " << name;
    if (text == texts.end() || close == std::string::npos) return document;
    fresh += document.substr(at, open + kFence.size() - at) + text->second;
    at = close;
    fresh += kFence;
    at += kFence.size();
  }
}

TEST(WalkthroughTest, DocumentShowsWhatTheCompilerPrints) {
  std::ifstream in(kDocument);
  ASSERT_TRUE(in) << kDocument;
  std::ostringstream read;
  read << in.rdbuf();
  const std::string document = read.str();
  ASSERT_NE(document.find(kMarker), std::string::npos);
  const std::string fresh = Refresh(document, MakeTexts());
  if (std::getenv("BPFOPT_UPDATE_DOCS") != nullptr) {
    std::ofstream(kDocument) << fresh;
    return;
  }
  EXPECT_EQ(document, fresh) << "refresh it: BPFOPT_UPDATE_DOCS=1 build/tests/bpfopt_driver_tests "
                                "--gtest_filter='WalkthroughTest.*'";
}

}  // namespace
}  // namespace bpfopt
