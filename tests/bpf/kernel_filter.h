// The running kernel as an oracle: attaches a program to one end of a pair of local sockets and sends
// packets from the other. Needs no privilege.
#ifndef BPFOPT_TESTS_BPF_KERNEL_FILTER_H
#define BPFOPT_TESTS_BPF_KERNEL_FILTER_H

#include "bpfopt/program.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/filter.h>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace bpfopt::bpf {

class KernelFilter {
 public:
  KernelFilter() {
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets_.data()) != 0) sockets_ = {-1, -1};
  }
  ~KernelFilter() {
    for (const int socket : sockets_) {
      if (socket >= 0) close(socket);
    }
  }
  KernelFilter(const KernelFilter&) = delete;
  KernelFilter& operator=(const KernelFilter&) = delete;

  // False where sockets or filters are not to be had; then nothing can be learnt here.
  bool Works() { return sockets_[0] >= 0 && Attach({{BPF_RET | BPF_K, 0, 0, 1}}) == 0; }

  // 0, or errno: EINVAL when the kernel's checker refuses the program, ENOMEM when it takes the program but
  // the socket may not hold one of that size (net.core.optmem_max).
  int Attach(const Program& program) {
    Detach();
    return Replace(program);
  }

  // The same while the program before it is still charged to the socket.
  int Replace(const Program& program) {
    std::vector<sock_filter> code;
    code.reserve(program.size());
    for (const Instruction& instruction : program) {
      code.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
    }
    const sock_fprog argument = {static_cast<unsigned short>(code.size()), code.data()};
    return setsockopt(sockets_[1], SOL_SOCKET, SO_ATTACH_FILTER, &argument, sizeof argument) == 0 ? 0 : errno;
  }

  // Two programs are charged to the socket while one replaces the other, so the old one goes first.
  void Detach() {
    const int unused = 0;
    setsockopt(sockets_[1], SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  }

  // How many bytes of the packet the attached program keeps; nothing when it rejects it.
  std::optional<std::size_t> Send(std::span<const std::uint8_t> packet) {
    if (send(sockets_[0], packet.data(), packet.size(), MSG_DONTWAIT) < 0) return std::nullopt;
    std::vector<std::uint8_t> received(packet.size() + 1);
    const ssize_t bytes = recv(sockets_[1], received.data(), received.size(), MSG_DONTWAIT);
    if (bytes < 0) return std::nullopt;
    return static_cast<std::size_t>(bytes);
  }

 private:
  std::array<int, 2> sockets_ = {-1, -1};
};

}  // namespace bpfopt::bpf

#endif  // BPFOPT_TESTS_BPF_KERNEL_FILTER_H
