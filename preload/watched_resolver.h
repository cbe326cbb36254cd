// The system's resolver, which remembers whether it was asked for an address.
#ifndef BPFOPT_PRELOAD_WATCHED_RESOLVER_H
#define BPFOPT_PRELOAD_WATCHED_RESOLVER_H

#include "bpfopt/resolver.h"

#include <atomic>

namespace bpfopt::preload {

class WatchedResolver final : public ForwardingResolver {
 public:
  using ForwardingResolver::ForwardingResolver;

  // Addresses of hosts and nets change while a program runs; numbers of ports and protocols do not.
  bool was_asked_for_address() const { return asked_; }

  std::vector<HostAddress> Host(std::string_view name) const override {
    asked_ = true;
    return ForwardingResolver::Host(name);
  }
  std::optional<Network> NetworkByName(std::string_view name) const override {
    asked_ = true;
    return ForwardingResolver::NetworkByName(name);
  }
  std::optional<MacAddress> EtherHost(std::string_view name) const override {
    asked_ = true;
    return ForwardingResolver::EtherHost(name);
  }

 private:
  mutable std::atomic<bool> asked_ = false;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_WATCHED_RESOLVER_H
