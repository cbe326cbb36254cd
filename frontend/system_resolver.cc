// Names as the system knows them, asked with the same calls and hints as libpcap's (nametoaddr.c), so that
// both resolve alike.
#include "bpfopt/resolver.h"
#include "frontend/protocol_numbers.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <iterator>
#include <memory>
#include <netdb.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

namespace bpfopt {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressList Lookup(const char* host, const char* service, int type, int protocol) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = type;
  hints.ai_protocol = protocol;
  addrinfo* found = nullptr;
  if (getaddrinfo(host, service, &hints, &found) != 0) found = nullptr;
  return {found, &freeaddrinfo};
}

// Storage is copied out of, never pointed into: a sockaddr may be anything behind its family.
template <typename T>
T CopyOf(const sockaddr* address) {
  T copy{};
  std::memcpy(&copy, address, sizeof(copy));
  return copy;
}

std::optional<std::uint16_t> ServicePort(const std::string& name, int type, int protocol) {
  const AddressList found = Lookup(nullptr, name.c_str(), type, protocol);
  for (const addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
    if (info->ai_addr == nullptr) continue;
    if (info->ai_family == AF_INET) return ntohs(CopyOf<sockaddr_in>(info->ai_addr).sin_port);
    if (info->ai_family == AF_INET6) return ntohs(CopyOf<sockaddr_in6>(info->ai_addr).sin6_port);
  }
  return std::nullopt;
}

// The names that `ether proto` knows: Ethernet types, then LLC service access points.
struct LinkProtocol {
  std::string_view name;
  std::uint32_t number;
};
constexpr LinkProtocol kLinkProtocols[] = {
    {"aarp", frontend::kEtherAarp},     {"arp", frontend::kEtherArp},   {"atalk", frontend::kEtherAppleTalk},
    {"decnet", frontend::kEtherDecnet}, {"ip", frontend::kEtherIp},     {"ip6", frontend::kEtherIp6},
    {"lat", frontend::kEtherLat},       {"loopback", 0x9000},           {"mopdl", frontend::kEtherMopDl},
    {"moprc", frontend::kEtherMopRc},   {"rarp", frontend::kEtherRarp}, {"sca", frontend::kEtherSca},
    {"iso", frontend::kSapOsi},         {"stp", frontend::kSapStp},     {"ipx", frontend::kSapIpx},
    {"netbeui", frontend::kSapNetbeui},
};

class System : public Resolver {
 public:
  std::vector<HostAddress> Host(std::string_view name) const override {
    std::vector<HostAddress> addresses;
    const AddressList found = Lookup(std::string(name).c_str(), nullptr, SOCK_STREAM, IPPROTO_TCP);
    for (const addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
      if (info->ai_family == AF_INET) {
        addresses.emplace_back(ntohl(CopyOf<sockaddr_in>(info->ai_addr).sin_addr.s_addr));
      } else if (info->ai_family == AF_INET6) {
        const auto socket_address = CopyOf<sockaddr_in6>(info->ai_addr);
        Ipv6Address address;
        std::copy_n(std::begin(socket_address.sin6_addr.s6_addr), address.size(), address.begin());
        addresses.emplace_back(address);
      }
    }
    return addresses;
  }

  std::optional<Network> NetworkByName(std::string_view name) const override {
    netent entry{};
    netent* found = nullptr;
    char buffer[kBufferBytes];
    int error = 0;
    if (getnetbyname_r(std::string(name).c_str(), &entry, buffer, sizeof(buffer), &found, &error) != 0 ||
        found == nullptr || found->n_net == 0) {
      return std::nullopt;
    }
    // networks(5) writes 10.1.0.0 as 10.1; the leading octets are what it means.
    Network network{found->n_net, 0xffffffff};
    for (; (network.address & 0xff000000) == 0; network.address <<= 8) network.mask <<= 8;
    return network;
  }

  std::optional<Port> PortByName(std::string_view name) const override {
    const std::string text(name);
    const auto tcp = ServicePort(text, SOCK_STREAM, IPPROTO_TCP);
    const auto udp = ServicePort(text, SOCK_DGRAM, IPPROTO_UDP);
    if (tcp) return Port{*tcp, tcp == udp ? Transport::kEither : Transport::kTcp};
    if (udp) return Port{*udp, Transport::kUdp};
    return std::nullopt;
  }

  std::optional<std::uint32_t> IpProtocol(std::string_view name) const override {
    protoent entry{};
    protoent* found = nullptr;
    char buffer[kBufferBytes];
    if (getprotobyname_r(std::string(name).c_str(), &entry, buffer, sizeof(buffer), &found) != 0 ||
        found == nullptr) {
      return std::nullopt;
    }
    return static_cast<std::uint32_t>(found->p_proto);
  }

  std::optional<std::uint32_t> EtherProtocol(std::string_view name) const override {
    const auto* found = std::find_if(std::begin(kLinkProtocols), std::end(kLinkProtocols),
                                     [&](const LinkProtocol& p) { return p.name == name; });
    if (found == std::end(kLinkProtocols)) return std::nullopt;
    return found->number;
  }

  std::optional<MacAddress> EtherHost(std::string_view name) const override {
    // ether_hostton() copies names into a buffer of this size in some C libraries.
    if (name.size() >= kBufferBytes) return std::nullopt;
    ether_addr address{};
    if (ether_hostton(std::string(name).c_str(), &address) != 0) return std::nullopt;
    MacAddress mac;
    std::copy_n(std::begin(address.ether_addr_octet), mac.size(), mac.begin());
    return mac;
  }

 private:
  static constexpr std::size_t kBufferBytes = 1024;
};

}  // namespace

std::unique_ptr<Resolver> SystemResolver() { return std::make_unique<System>(); }

}  // namespace bpfopt
