#include "cli/in_time.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bpfopt::cli {
namespace {

using Clock = std::chrono::steady_clock;

// On a busy machine processor time takes so much longer at most.
constexpr int kWallTimes = 5;

// Reads until the other end is closed; false when the time is over before that.
bool ReadUntil(int pipe, Clock::time_point deadline, std::string& output) {
  std::array<char, 1 << 16> buffer = {};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready = {pipe, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t count = read(pipe, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    output.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// In the child: nothing is flushed or destroyed that is the parent's.
[[noreturn]] void Work(const std::function<std::string()>& work, std::chrono::seconds limit, int pipe) {
  const auto seconds = static_cast<rlim_t>(limit.count());
  const rlimit most = {seconds, seconds};
  setrlimit(RLIMIT_CPU, &most);
  const std::string output = work();
  std::size_t written = 0;
  while (written < output.size()) {
    const ssize_t count = write(pipe, output.data() + written, output.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);
    written += static_cast<std::size_t>(count);
  }
  _exit(0);
}

}  // namespace

std::optional<std::string> RunInTime(const std::function<std::string()>& work, std::chrono::seconds limit) {
  std::array<int, 2> ends = {};
  if (pipe(ends.data()) != 0) return std::nullopt;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    Work(work, limit, ends[1]);
  }
  close(ends[1]);
  std::string output;
  const bool is_complete = child > 0 && ReadUntil(ends[0], Clock::now() + kWallTimes * limit, output);
  close(ends[0]);
  if (child < 0) return std::nullopt;
  if (!is_complete) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!is_complete || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return output;
}

}  // namespace bpfopt::cli
