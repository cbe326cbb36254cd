// bpfopt-measure-command COMMAND WORD...: runs a command on its own streams, and writes to descriptor 3 how
// the command ended (as wait4 says), how long it took (ns) and the most memory that it had resident (KiB).
//
// Linux counts the memory of the process that starts a command as the command's, too. So what starts it has
// to be smaller than any command: this is, as it links with nothing but libc.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char** environ;

namespace {

constexpr int kReport = 3;
constexpr int kCannotRun = 127;

long long Now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

int Fail(int failure) {
  std::fprintf(stderr, "%s", std::strerror(failure));
  return kCannotRun;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return Fail(EINVAL);
  if (fcntl(kReport, F_SETFD, FD_CLOEXEC) != 0) return Fail(errno);
  const long long begin = Now();
  pid_t child = 0;
  if (const int failure = posix_spawnp(&child, argv[1], nullptr, nullptr, argv + 1, environ); failure != 0) {
    return Fail(failure);
  }
  int status = 0;
  rusage used = {};
  while (wait4(child, &status, 0, &used) != child) {
    if (errno != EINTR) return Fail(errno);
  }
  return dprintf(kReport, "%d %lld %ld\n", status, Now() - begin, used.ru_maxrss) > 0 ? 0 : Fail(errno);
}
