// bpfopt-learn-rules: prints backend/rules.txt, learnt from files of `id | link type | filter`. Exit status 2
// when it cannot read them.
#include "driver/learn_rules.h"

#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using bpfopt::driver::LearnedFrom;

constexpr int kCannotRun = 2;
constexpr std::uint64_t kSteps = 4'000'000'000;

int Fail(const std::string& message) {
  std::fputs(fmt::format("bpfopt-learn-rules: {}\n", message).c_str(), stderr);
  return kCannotRun;
}

std::string Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

bool ReadFilters(const std::string& path, std::vector<LearnedFrom>& filters) {
  std::ifstream in(path);
  if (!in) return false;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find('|');
    const auto second = first == std::string::npos ? first : line.find('|', first + 1);
    if (line.empty() || line[0] == '#' || second == std::string::npos) continue;
    filters.push_back({Trim(std::string_view(line).substr(first + 1, second - first - 1)),
                       Trim(std::string_view(line).substr(second + 1))});
  }
  return true;
}

int Main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  std::uint64_t steps = kSteps;
  if (paths.size() > 1 && paths[0] == "--steps") {
    std::from_chars(paths[1].data(), paths[1].data() + paths[1].size(), steps);
    paths.erase(paths.begin(), paths.begin() + 2);
  }
  if (paths.empty()) {
    for (const char* name : {"common", "redundant", "link-types", "libpcap-bugs", "everyday"}) {
      paths.push_back(fmt::format("{}/bench/corpus/{}.txt", BPFOPT_SOURCE_DIR, name));
    }
    paths.push_back(BPFOPT_SOURCE_DIR "/driver/learn_filters.txt");
  }
  std::vector<LearnedFrom> filters;
  for (const std::string& path : paths) {
    if (!ReadFilters(path, filters)) return Fail("cannot read " + path);
  }
  const auto rules = bpfopt::driver::LearnRules(filters, steps);
  if (!rules) return Fail(rules.error().message);
  std::fputs(bpfopt::driver::FormatRules(*rules).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    return Fail(error.what());
  }
}
