// How names in filters become addresses and numbers. Programs can bring their own.
//
//   struct Boxes : bpfopt::ForwardingResolver {
//     using ForwardingResolver::ForwardingResolver;
//     std::vector<bpfopt::HostAddress> Host(std::string_view name) const override {
//       if (name == "box0") return {bpfopt::Ipv4Address{0xc0000201}};
//       return ForwardingResolver::Host(name);
//     }
//   };
//   bpfopt::CompileOptions options;
//   options.resolver = std::make_shared<Boxes>(bpfopt::SystemResolver());
//   const bool known = bpfopt::Compile("host box0", options).has_value();
#ifndef BPFOPT_RESOLVER_H
#define BPFOPT_RESOLVER_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bpfopt {

using Ipv4Address = std::uint32_t;                 // host order
using Ipv6Address = std::array<std::uint8_t, 16>;  // network order
using MacAddress = std::array<std::uint8_t, 6>;
using HostAddress = std::variant<Ipv4Address, Ipv6Address>;

enum class Transport { kTcp, kUdp, kEither };

// Each query answers nothing for an unknown name. Implementations must be safe to call from several threads.
class BPFOPT_API Resolver {
 public:
  virtual ~Resolver() = default;
  // Every address of a host, in the order in which tests are to be made.
  virtual std::vector<HostAddress> Host(std::string_view name) const = 0;
  // networks(5): the network's number, left-aligned to four octets with its mask.
  struct Network {
    Ipv4Address address;
    Ipv4Address mask;
  };
  virtual std::optional<Network> NetworkByName(std::string_view name) const = 0;
  struct Port {
    std::uint16_t number;
    Transport transport;
  };
  virtual std::optional<Port> PortByName(std::string_view name) const = 0;
  virtual std::optional<std::uint32_t> IpProtocol(std::string_view name) const = 0;     // protocols(5)
  virtual std::optional<std::uint32_t> EtherProtocol(std::string_view name) const = 0;  // ip, arp, aarp, ...
  virtual std::optional<MacAddress> EtherHost(std::string_view name) const = 0;         // ethers(5)
};

// Hands everything on to another; a subclass answers what it knows itself, and calls these for the rest.
class BPFOPT_API ForwardingResolver : public Resolver {
 public:
  // Without a `next` nothing is known.
  explicit ForwardingResolver(std::unique_ptr<Resolver> next);
  ~ForwardingResolver() override;
  std::vector<HostAddress> Host(std::string_view name) const override;
  std::optional<Network> NetworkByName(std::string_view name) const override;
  std::optional<Port> PortByName(std::string_view name) const override;
  std::optional<std::uint32_t> IpProtocol(std::string_view name) const override;
  std::optional<std::uint32_t> EtherProtocol(std::string_view name) const override;
  std::optional<MacAddress> EtherHost(std::string_view name) const override;

 private:
  std::unique_ptr<Resolver> next_;
};

// The system's: getaddrinfo, getservbyname, ... as libpcap asks them.
BPFOPT_API std::unique_ptr<Resolver> SystemResolver();

// hosts(5) text before `next`: one address and its names a line, '#' starts a comment. `localhost` is always
// 127.0.0.1 and
// ::1. A malformed line is an error with its place in `text`.
BPFOPT_API Expected<std::unique_ptr<Resolver>> HostsResolver(std::string_view text,
                                                             std::unique_ptr<Resolver> next);

}  // namespace bpfopt

#endif  // BPFOPT_RESOLVER_H
