// All three streams are temporary files, which need no care about full pipes.
#include "bench/process.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

namespace bpfopt::bench {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

std::string Contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), size);
  }
  return text;
}

bool Fill(std::FILE* file, const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) return false;
  std::rewind(file);
  return true;
}

}  // namespace

Expected<ProcessResult> RunProcess(std::vector<std::string> words, const std::string& input) {
  const std::array<TemporaryFile, 3> streams = {TemporaryFile(std::tmpfile()), TemporaryFile(std::tmpfile()),
                                                TemporaryFile(std::tmpfile())};
  for (const TemporaryFile& stream : streams) {
    if (stream == nullptr) return InvalidInput("cannot make a temporary file");
  }
  if (!Fill(streams[0].get(), input)) return InvalidInput("cannot write a temporary file");

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) posix_spawn_file_actions_adddup2(&actions, fileno(streams[fd].get()), fd);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return InvalidInput("cannot run " + words[0] + ": " + std::strerror(failure));

  int status = 0;
  if (waitpid(child, &status, 0) != child) return InvalidInput("lost sight of " + words[0]);
  ProcessResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.output = Contents(streams[1].get());
  result.errors = Contents(streams[2].get());
  return result;
}

}  // namespace bpfopt::bench
