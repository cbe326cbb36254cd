// Lines that start with '#' are comments.
#include "bench/corpus.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::string_view kHandFile = "hand.txt";

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// At most `count` fields between bars; the last keeps the bars of the filter.
std::vector<std::string> Fields(std::string_view line, std::size_t count) {
  std::vector<std::string> fields;
  while (fields.size() + 1 < count && line.find('|') != std::string_view::npos) {
    fields.emplace_back(Trim(line.substr(0, line.find('|'))));
    line.remove_prefix(line.find('|') + 1);
  }
  fields.emplace_back(Trim(line));
  return fields;
}

// id | libpcap's | by hand | relation | filter, and a program that is passed over.
void ReadHandWritten(std::istream& in, Corpus& corpus) {
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#' || line[0] == '(') continue;
    const std::vector<std::string> fields = Fields(line, 5);
    std::size_t count = 0;
    if (fields.size() != 5) continue;
    const char* end = fields[2].data() + fields[2].size();
    if (std::from_chars(fields[2].data(), end, count).ptr == end) corpus.hand_written[fields[0]] = count;
  }
}

// To be shown: short, and without what a terminal would obey.
std::string Shown(std::string line) {
  constexpr std::size_t kMost = 80;
  if (line.size() > kMost) line = line.substr(0, kMost) + "...";
  std::ranges::replace_if(
      line, [](unsigned char byte) { return byte < 0x20 || byte >= 0x7f; }, '?');
  return line;
}

Expected<void> ReadRows(std::istream& in, const std::string& file, Corpus& corpus) {
  std::set<std::string> ids;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (Trim(line).empty() || line[0] == '#') continue;
    std::vector<std::string> fields = Fields(line, 3);
    if (fields.size() != 3) {
      return InvalidInput(
          fmt::format("{}:{}: a row is 'id | link type | filter', not '{}'", file, number, Shown(line)));
    }
    if (!ids.insert(fields[0]).second)
      return InvalidInput(fmt::format("{}:{}: a second row is called '{}'", file, number, Shown(fields[0])));
    corpus.rows.push_back({file, std::move(fields[0]), std::move(fields[1]), std::move(fields[2])});
  }
  return {};
}

}  // namespace

Expected<Corpus> ReadCorpus(const std::string& directory) {
  std::error_code failure;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  if (failure) return InvalidInput("cannot read the corpus in " + directory + ": " + failure.message());
  std::sort(paths.begin(), paths.end());

  Corpus corpus;
  for (const auto& path : paths) {
    std::ifstream in(path);
    if (!in) return InvalidInput("cannot read " + path.string());
    const std::string file = path.filename().string();
    if (file == kHandFile) {
      ReadHandWritten(in, corpus);
    } else if (auto read = ReadRows(in, file, corpus); !read) {
      return tl::unexpected(read.error());
    }
  }
  return corpus;
}

}  // namespace bpfopt::bench
