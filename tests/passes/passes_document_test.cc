// docs/passes.md shows every pass at work: what stands after a line such as
//
//   <!-- after: guards -->
//
// is what the pass makes of the function before it. BPFOPT_UPDATE_DOCS=1 in the environment writes the new
// text into the file instead.
#include "pass_testing.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace bpfopt::passes {
namespace {

const std::string kDocument = std::string(BPFOPT_SOURCE_DIR) + "/docs/passes.md";
const std::string kFence = "```\n";

// Where the text of the block after a marker begins and ends.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::optional<Place> FindBlock(const std::string& document, const std::string& marker) {
  const std::size_t at = document.find("<!-- " + marker + " -->\n" + kFence);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = document.find(kFence, at) + kFence.size();
  const std::size_t end = document.find(kFence, begin);
  if (end == std::string::npos) return std::nullopt;
  return Place{begin, end};
}

TEST(PassesDocument, ShowsWhatEachPassDoes) {
  std::ifstream in(kDocument);
  ASSERT_TRUE(in) << kDocument;
  std::ostringstream read;
  read << in.rdbuf();
  std::string document = read.str();
  const bool is_update = std::getenv("BPFOPT_UPDATE_DOCS") != nullptr;
  for (const Pass& pass : AllPasses()) {
    const std::string name(pass.name);
    const auto before = FindBlock(document, "before: " + name);
    const auto after = FindBlock(document, "after: " + name);
    ASSERT_TRUE(before && after) << "no example of " << name;
    const std::string input = document.substr(before->begin, before->end - before->begin);
    const std::string made = RunOnText(name, input);
    EXPECT_NE(made, Canonical(input)) << name << " does nothing to its example";
    if (is_update) {
      document.replace(after->begin, after->end - after->begin, made);
      document.replace(before->begin, before->end - before->begin, Canonical(input));
      continue;
    }
    EXPECT_EQ(input, Canonical(input)) << "the example of " << name;
    EXPECT_EQ(document.substr(after->begin, after->end - after->begin), made)
        << "refresh it: BPFOPT_UPDATE_DOCS=1 build/tests/bpfopt_passes_tests "
           "--gtest_filter='PassesDocument.*'";
  }
  if (is_update) std::ofstream(kDocument) << document;
}

}  // namespace
}  // namespace bpfopt::passes
