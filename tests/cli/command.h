// Runs the bpfopt that was just built.
#ifndef BPFOPT_TESTS_CLI_COMMAND_H
#define BPFOPT_TESTS_CLI_COMMAND_H

#include "bench/process.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {

inline bench::ProcessResult RunBpfopt(std::vector<std::string> words, const std::string& input = {}) {
  words.insert(words.begin(), BPFOPT_COMMAND);
  auto result = bench::RunProcess(std::move(words), input);
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

// A directory of the test's own, gone at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "bpfopt_cli_test_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make " << pattern;
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::string path_;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_CLI_COMMAND_H
