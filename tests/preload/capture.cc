#include "capture.h"

#include "../cli/command.h"
#include "bpfopt/savefile.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <utility>

extern char** environ;

namespace bpfopt::preload {

Capture::Capture(std::vector<std::string> words, std::string file) : file_(std::move(file)) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string errors = file_ + ".err";
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (posix_spawnp(&process_, argv[0], &actions, nullptr, argv.data(), environ) != 0) process_ = -1;
  posix_spawn_file_actions_destroy(&actions);
}

Capture::~Capture() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  Wait();
}

bool Capture::IsReady() const {
  const std::string errors = Errors();
  return errors.find("listening on") != std::string::npos ||  // tcpdump
         errors.find("File: ") != std::string::npos;          // dumpcap, tshark
}

bool Capture::IsSettled() {
  if (process_ >= 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
  return process_ < 0 || IsReady();
}

std::string Capture::Errors() const { return ReadFile(file_ + ".err"); }

std::size_t Capture::BytesWritten() const {
  std::error_code failure;
  const auto size = std::filesystem::file_size(file_, failure);
  return failure ? 0 : size;
}

void Capture::Interrupt() const {
  if (process_ >= 0) kill(process_, SIGINT);
}

void Capture::Wait() {
  if (process_ >= 0) waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::vector<std::string> Capture::Packets() const {
  std::vector<std::string> packets;
  auto reader = SavefileReader::Open(file_);
  while (reader) {
    const auto packet = reader->Next();
    if (!packet || !*packet) break;
    packets.push_back(std::to_string((*packet)->wire_length) + ":" +
                      std::string((*packet)->captured.begin(), (*packet)->captured.end()));
  }
  std::sort(packets.begin(), packets.end());
  return packets;
}

}  // namespace bpfopt::preload
