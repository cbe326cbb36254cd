// The figures in the documents: those of docs/results.md, and these those of bench/baseline.txt, which a test
// holds to what the compiler does.
#include "command.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

const std::string kSource = BPFOPT_SOURCE_DIR;
constexpr std::string_view kBlockEnds = "<!-- end of bpfopt-bench -->\n";

// What stands in the blocks of a document that `bpfopt-bench --update-documents` writes.
std::vector<std::string> BlocksOf(const std::string& text) {
  std::vector<std::string> blocks;
  for (std::size_t at = 0; (at = text.find("<!-- bpfopt-bench ", at)) != std::string::npos;) {
    const std::size_t begin = text.find('\n', at) + 1;
    const std::size_t end = text.find(kBlockEnds, begin);
    if (end == std::string::npos) break;
    blocks.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return blocks;
}

std::vector<std::filesystem::path> Documents() {
  std::vector<std::filesystem::path> paths = {kSource + "/README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/docs")) {
    if (entry.path().extension() == ".md") paths.push_back(entry.path());
  }
  return paths;
}

TEST(ResultsTest, HaveTheFiguresOfEveryDocument) {
  const std::string results = ReadFile(kSource + "/docs/results.md");
  std::size_t blocks = 0;
  for (const auto& path : Documents()) {
    for (const std::string& block : BlocksOf(ReadFile(path.string()))) {
      EXPECT_FALSE(block.empty()) << path;
      EXPECT_NE(results.find(block), std::string::npos) << path << " has\n" << block;
      ++blocks;
    }
  }
  EXPECT_GE(blocks, 8U);
}

struct Mean {
  std::size_t rows = 0;
  double log_sum = 0;
  void Add(std::size_t ours, std::size_t theirs) {
    ++rows;
    log_sum += std::log(static_cast<double>(ours) / static_cast<double>(theirs));
  }
};

// Of a corpus: instructions, strict, executed, executed for speed.
using Means = std::array<Mean, 4>;

std::map<std::string, Means> MeansOfBaseline() {
  std::map<std::string, Means> means;
  std::istringstream lines(ReadFile(kSource + "/bench/baseline.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string file;
    std::string id;
    words >> file >> id;
    std::array<std::optional<std::size_t>, 8> figures;
    for (auto& figure : figures) {
      std::string word;
      words >> word;
      if (word != "-") figure = std::stoul(word);
    }
    const auto& [ours, executed, speed, speed_executed, strict, theirs, their_executed, theirs_strict] =
        figures;
    for (const std::string& name : {file, std::string("all")}) {
      Means& of = means[name];
      if (theirs) of[0].Add(*ours, *theirs);
      if (theirs_strict) of[1].Add(*strict, *theirs_strict);
      if (their_executed) of[2].Add(*executed, *their_executed);
      if (their_executed) of[3].Add(*speed_executed, *their_executed);
    }
  }
  return means;
}

TEST(ResultsTest, AgreeWithTheBaseline) {
  std::string table;
  for (const auto& [name, means] : MeansOfBaseline()) {
    table += fmt::format("| {} | {} |", name, means[0].rows);
    for (const Mean& mean : means) {
      table += mean.rows == 0
                   ? " |"
                   : fmt::format(" {:.3f} |", std::exp(mean.log_sum / static_cast<double>(mean.rows)));
    }
    table += "\n";
  }
  EXPECT_NE(ReadFile(kSource + "/README.md").find(table), std::string::npos) << table;
  EXPECT_NE(ReadFile(kSource + "/docs/results.md").find(table), std::string::npos) << table;
}

}  // namespace
}  // namespace bpfopt
