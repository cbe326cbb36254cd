// Handles of libpcap on interfaces of a network namespace of the test's own, where it may open them.
#ifndef BPFOPT_TESTS_DRIVER_LIVE_HANDLE_H
#define BPFOPT_TESTS_DRIVER_LIVE_HANDLE_H

#include <array>
#include <cstring>
#include <memory>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pcap/pcap.h>

namespace bpfopt {

inline constexpr int kLiveSnaplen = 262144;

struct PcapCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using LiveHandle = std::unique_ptr<pcap_t, PcapCloser>;

// A namespace without any traffic but ours, its loopback up; false where the system does not let us.
inline bool EnterNetworkNamespace() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const int control = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(control, SIOCSIFFLAGS, &request) == 0;
  close(control);
  return up;
}

// An activated, non-blocking handle; null where the system has no such device, or none of the link type.
inline LiveHandle OpenLive(const char* device, int link_type) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  LiveHandle handle(pcap_create(device, error.data()));
  if (!handle) return nullptr;
  pcap_set_snaplen(handle.get(), kLiveSnaplen);
  pcap_set_immediate_mode(handle.get(), 1);
  pcap_set_timeout(handle.get(), 10);
  if (pcap_activate(handle.get()) < 0) return nullptr;
  if (pcap_datalink(handle.get()) != link_type && pcap_set_datalink(handle.get(), link_type) != 0) {
    return nullptr;
  }
  pcap_setnonblock(handle.get(), 1, error.data());
  return handle;
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_DRIVER_LIVE_HANDLE_H
