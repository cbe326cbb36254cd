// A datagram socket drops what its filter rejects, and the sender does not notice.
#include "bench/kernel_rate.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

class FilteredSockets {
 public:
  FilteredSockets() {
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()) != 0)
      ends_ = {-1, -1};
  }
  FilteredSockets(const FilteredSockets&) = delete;
  FilteredSockets& operator=(const FilteredSockets&) = delete;
  ~FilteredSockets() {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }

  bool exist() const { return ends_[0] >= 0; }

  bool Attach(Program program) {
    static_assert(sizeof(sock_filter) == sizeof(Instruction));
    sock_fprog argument{static_cast<unsigned short>(program.size()),
                        reinterpret_cast<sock_filter*>(program.data())};
    return setsockopt(ends_[1], SOL_SOCKET, SO_ATTACH_FILTER, &argument, sizeof argument) == 0;
  }

  // Packets a second; 0 when one is not sent, as after one that was accepted and that nobody takes.
  double Run(const std::vector<std::vector<std::uint8_t>>& frames, std::chrono::milliseconds least) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    std::size_t sent = 0;
    Clock::time_point now = begin;
    while (now - begin < least) {
      for (const auto& frame : frames) {
        if (send(ends_[0], frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size())) return 0;
      }
      sent += frames.size();
      now = Clock::now();
    }
    return static_cast<double>(sent) / std::chrono::duration<double>(now - begin).count();
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

Expected<KernelRate> CompareInKernel(const Program& ours, const Program& theirs,
                                     const std::vector<std::vector<std::uint8_t>>& frames,
                                     const KernelRuns& runs) {
  FilteredSockets first;
  FilteredSockets second;
  const auto refused = [](const char* whose, const Program& program) {
    const int reason = errno;
    return InvalidInput(fmt::format("the kernel does not take {} {} instructions: {}", whose, program.size(),
                                    std::strerror(reason)));
  };
  if (!first.exist() || !second.exist()) return InvalidInput("cannot make a pair of sockets");
  if (!first.Attach(ours)) return refused("our", ours);
  if (!second.Attach(theirs)) return refused("libpcap's", theirs);
  std::array<std::vector<double>, 2> rates;
  std::vector<double> ratios;
  for (int i = 0; i < runs.pairs; ++i) {
    const double a = first.Run(frames, runs.each);
    const double b = second.Run(frames, runs.each);
    if (a == 0 || b == 0) return InvalidInput("a packet that is to be rejected was not taken by the socket");
    rates[0].push_back(a);
    rates[1].push_back(b);
    ratios.push_back(a / b);
  }
  return KernelRate{SpreadOf(rates[0]).median, SpreadOf(rates[1]).median, SpreadOf(ratios)};
}

}  // namespace bpfopt::bench
