// fork, limits on the child, and a pipe that is read until the child closes it.
#include "bench/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bpfopt::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kThrew = 9;
constexpr int kWaitFactor = 10;

void SetLimits(std::chrono::seconds limit) {
  const auto seconds = static_cast<rlim_t>(limit.count());
  const rlimit time = {seconds, seconds + 1};
  setrlimit(RLIMIT_CPU, &time);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
// The address sanitizer reserves far more than it uses.
#ifndef BPFOPT_IS_SANITIZED
  constexpr rlim_t kMemory = rlim_t{4} << 30;
  const rlimit memory = {kMemory, kMemory};
  setrlimit(RLIMIT_AS, &memory);
#endif
}

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(kThrew);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void BeChild(int fd, const std::function<void(const ChildOutput&)>& work,
                          std::chrono::seconds limit) {
  const int null = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, stream);
  SetLimits(limit);
  try {
    work([fd](std::string_view text) { WriteAll(fd, text); });
  } catch (const std::exception&) {
    _exit(kThrew);
  }
  // No destructors and no flushing of buffers that are the parent's.
  _exit(0);
}

// Until the child closes its end; false when `deadline` comes first.
bool ReadUntil(int fd, Clock::time_point deadline, std::string& output) {
  std::array<char, 4096> buffer;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    output.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Expected<ChildResult> RunInChild(const std::function<void(const ChildOutput&)>& work,
                                 std::chrono::seconds limit) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return InvalidInput(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child < 0) {
    const std::string reason = std::strerror(errno);
    for (const int end : ends) close(end);
    return InvalidInput("cannot make a process: " + reason);
  }
  if (child == 0) BeChild(ends[1], work, limit);
  close(ends[1]);
  ChildResult result;
  if (!ReadUntil(ends[0], Clock::now() + kWaitFactor * limit, result.output)) {
    kill(child, SIGKILL);
    result.over_time = true;
  }
  close(ends[0]);
  const int status = WaitFor(child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) result.over_time = true;
  result.finished = !result.over_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (result.finished || result.over_time) return result;
  result.death = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                     : "exit status " + std::to_string(WEXITSTATUS(status));
  return result;
}

}  // namespace bpfopt::bench
