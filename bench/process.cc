// All streams are temporary files, which need no care about full pipes.
#include "bench/process.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <spawn.h>
#include <sstream>
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

// Which stream becomes which descriptor of a command: that at 0 its standard input, and so on.
using Streams = std::vector<TemporaryFile>;

Expected<Streams> OpenStreams(std::size_t count, const std::string& input) {
  Streams streams;
  for (std::size_t i = 0; i < count; ++i) {
    streams.emplace_back(std::tmpfile());
    if (streams.back() == nullptr) return InvalidInput("cannot make a temporary file");
  }
  if (!Fill(streams[0].get(), input)) return InvalidInput("cannot write a temporary file");
  return streams;
}

// How it ended, as waitpid says.
Expected<int> RunOn(const Streams& streams, std::vector<std::string>& words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (std::size_t fd = 0; fd < streams.size(); ++fd) {
    posix_spawn_file_actions_adddup2(&actions, fileno(streams[fd].get()), static_cast<int>(fd));
  }
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
  return status;
}

ProcessResult ResultOf(int status, const Streams& streams) {
  ProcessResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.output = Contents(streams[1].get());
  result.errors = Contents(streams[2].get());
  return result;
}

}  // namespace

Expected<ProcessResult> RunProcess(std::vector<std::string> words, const std::string& input) {
  const auto streams = OpenStreams(3, input);
  if (!streams) return tl::unexpected(streams.error());
  const auto status = RunOn(*streams, words);
  if (!status) return tl::unexpected(status.error());
  return ResultOf(*status, *streams);
}

Expected<MeasuredProcess> MeasureProcess(std::vector<std::string> words, const std::string& input) {
  const auto streams = OpenStreams(4, input);
  if (!streams) return tl::unexpected(streams.error());
  const std::string name = words.at(0);
  words.insert(words.begin(), BPFOPT_MEASURE_COMMAND);
  const auto ran = RunOn(*streams, words);
  if (!ran) return tl::unexpected(ran.error());

  std::istringstream report(Contents((*streams)[3].get()));
  int status = 0;
  std::chrono::nanoseconds::rep time = 0;
  std::size_t peak_kib = 0;
  if (!(report >> status >> time >> peak_kib)) {
    return InvalidInput("cannot run " + name + ": " + Contents((*streams)[2].get()));
  }
  return MeasuredProcess{ResultOf(status, *streams), std::chrono::nanoseconds(time), peak_kib};
}

}  // namespace bpfopt::bench
